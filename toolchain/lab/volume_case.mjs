// SPDX-License-Identifier: MIT
// The case of the mixer: the loopback has no volume, so the guest gives it one.

import { same } from "./must.mjs";
import { loopback } from "./steps.mjs";

/** @typedef {import("./cases.mjs").Case} Case */
/** @typedef {import("./guest/plan.js").Step} Step */

/** @param {"add" | "get"} what @param {string} id @param {readonly string[]} args @returns {Step[]} */
function mixer(what, id, args) {
    const all = ["mixer", "/dev/snd/controlC0", what, ...args];
    return [{ start: id, program: "init", args: all }, { wait: id }];
}

/**
 * volume() and mute() on the kernel's controls, and the list of devices. The controls stay until the
 * loopback is unplugged.
 * @type {Case}
 */
export const volume = {
    name: "volume-mute-devices",
    steps: [
        ...mixer("add", "add-volume", ["Capture Volume", "0", "24", "12"]),
        ...mixer("add", "add-switch", ["Capture Switch", "0", "1", "1"]),
        { start: "script", program: "maixjs", args: ["/lab/mixer.js"] },
        { wait: "script" },
        ...mixer("get", "volume", ["Capture Volume"]),
        ...mixer("get", "switch", ["Capture Switch"]),
    ],
    check: (outcome) => {
        same(outcome.status("script"), 0, `${outcome.stderr("script")}status`);
        const lines = outcome.stdout("script").trim().split("\n");
        same(
            lines.map((line) => JSON.parse(line)),
            [
                ["Capture Volume", "Capture Switch"],
                [50, false],
                [29, 29, true, true], // the nearest of 25 steps
                [[loopback.capture, "capture", "maixjs"]],
                [null, 5, false], // software: the controls stay as they are
                "hw:0,0",
                [
                    ["hw:0,0", true, 1, null],
                    ["hw:0,1", true, 1, null],
                ],
                [
                    ["Capture Volume", "integer", 0, 24, 2, true],
                    ["Capture Switch", "boolean", 0, 1, 2, true],
                ],
            ],
            "what the script says",
        );
        same([outcome.stdout("volume"), outcome.stdout("switch")], ["7 7\n", "0 0\n"], "controls");
        return 0;
    },
};

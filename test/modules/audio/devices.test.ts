// SPDX-License-Identifier: MIT
// The list of devices as users see it: the command, its JSON, and audio.devices().

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { root } from "../../support/files.ts";
import { maixjs, temporaryFolder, value } from "../../support/run.ts";
import { hasTool } from "../../support/tools.ts";
import { checkSource } from "../../types/tsc.ts";

interface Devices {
    readonly board: string | null;
    readonly defaultDevice: string | null;
    readonly devices: readonly { device: string; direction: string; isDefault: boolean }[];
    readonly cards: readonly { number: number }[];
    readonly notes: readonly string[];
}

// Boards' executables are static; they know no libasound.
const hasAlsa = !process.env.MAIXJS_TEST_EXECUTABLE && hasTool("aplay");

describe("maixjs devices", () => {
    it("prints a table, without a sound card too", async () => {
        const { status, stdout, stderr } = await maixjs(["devices"]);
        expect([status, stderr]).toEqual([0, ""]);
        expect(stdout).toMatch(/^ {2}DEVICE +FOR +NAME$|^There is no sound device\.$/m);
    });

    it("prints the JSON that audio.devices() returns", async () => {
        const { status, stdout, stderr } = await maixjs(["devices", "--json"]);
        expect([status, stderr]).toEqual([0, ""]);
        expect(JSON.parse(stdout)).toEqual(await value<Devices>("out(audio.devices());"));
    });

    it.each([
        ["--mic, before the command", ["--mic", "sim:tone"], {}],
        ["MAIXJS_MIC", [], { MAIXJS_MIC: "sim:tone" }],
    ])("names the default: %s", async (_, options, env) => {
        const { stdout } = await maixjs([...options, "devices", "--json"], { env });
        expect((JSON.parse(stdout) as Devices).defaultDevice).toBe("sim:tone");
        const table = await maixjs([...options, "devices"], { env });
        expect(table.stdout).toContain("Recorded from (*): sim:tone\n");
    });

    it("names the script's default, too", async () => {
        const options = { options: ["--mic", "sim:ramp"] };
        expect((await value<Devices>("out(audio.devices());", options)).defaultDevice).toBe(
            "sim:ramp",
        );
    });

    it.each([["x"], ["--jso"], ["--json", "x"], ["--json", "--json"]])(
        "refuses %s",
        async (...args) => {
            const { status, stdout, stderr } = await maixjs(["devices", ...args]);
            expect([status, stdout]).toEqual([2, ""]);
            expect(stderr).toBe("maixjs: usage: maixjs devices [--json] (see maixjs --help)\n");
        },
    );

    it("says when its output cannot be written", async () => {
        const setup = "exec >/dev/full";
        const { status, stderr } = await maixjs(["devices", "--json"], { setup });
        expect(status).toBe(1);
        expect(stderr).toContain("cannot write to standard output");
    });

    it.skipIf(!hasAlsa)("lists libasound's devices, quietly", async () => {
        const { stdout, stderr } = await maixjs(["devices", "--json"]);
        const { devices } = JSON.parse(stdout) as Devices;
        expect(stderr).toBe("");
        expect(devices).toContainEqual(
            expect.objectContaining({ device: "alsa:null", direction: "both" }),
        );
    });

    it.skipIf(!hasAlsa)("goes on when libasound's configuration is broken", async () => {
        const file = join(temporaryFolder(), "asound.conf");
        writeFileSync(file, "pcm.x {");
        const env = { ALSA_CONFIG_PATH: file };
        const { status, stdout, stderr } = await maixjs(["devices", "--json"], { env });
        const { devices, notes } = JSON.parse(stdout) as Devices;
        expect([status, stderr, devices]).toEqual([0, "", []]);
        expect(notes).toEqual([expect.stringContaining("libasound lists no devices")]);
    });
});

describe("the types", () => {
    // What the C test expects of a machine with cards; this one may have none.
    const json = readFileSync(join(root, "test/modules/audio/devices_json.txt"), "utf8");

    it("fit the JSON", () => {
        expect(checkSource(`const d: import("maix:audio").Devices = ${json}; export { d };`)).toBe(
            "",
        );
    });

    it("do not fit another one", () => {
        const other = json.replace('"isDefault"', '"default"');
        expect(
            checkSource(`const d: import("maix:audio").Devices = ${other}; export { d };`),
        ).toContain(`'"default"'`);
    });
});

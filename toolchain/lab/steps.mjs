// SPDX-License-Identifier: MIT
// The steps that most cases share: load the sound modules, play into the loopback, run a script.

import { basename } from "node:path";

/** @typedef {import("./guest/plan.js").Step} Step */

/** The loopback: what is played into `playback` is captured from `capture`. */
export const loopback = { playback: "/dev/snd/pcmC0D0p", capture: "hw:0,1" };

/** What the loopback's device is called in /sys/bus/platform/drivers/snd_aloop. */
export const loopbackDevice = "snd_aloop.0";

/** Card 0, one substream a device, so that a second opener finds it busy. */
const parameters = "index=0 pcm_substreams=1";

/** @param {readonly string[]} modules their files, in order @returns {Step[]} */
export function loadSteps(modules) {
    return modules.flatMap((file) => {
        const name = basename(file);
        const args = ["load", `/lab/${name}`];
        if (name.startsWith("snd-aloop")) args.push(parameters);
        return [{ start: name, program: /** @type {const} */ ("init"), args }, { wait: name }];
    });
}

/**
 * Starts the player, and waits until it plays; with the option delay=ms until the device is pinned.
 * @param {string} format @param {number} rate @param {number} channels
 * @param {readonly string[]} [options] see play.c @returns {Step[]}
 */
export function playSteps(format, rate, channels, options = []) {
    const args = ["play", loopback.playback, format, `${rate}`, `${channels}`, ...options];
    const says = options.some((option) => option.startsWith("delay=")) ? "OPEN" : "PLAYING";
    return [
        { start: "player", program: "init", args },
        { until: "player", says },
    ];
}

/** Starts test/lab/record.ts on the loopback. @param {object} job @param {object} options */
export function record(job, options, id = "recorder") {
    const all = { ...job, options: { device: loopback.capture, ...options } };
    const program = /** @type {const} */ ("maixjs");
    return { start: id, program, args: ["/lab/record.js", JSON.stringify(all)] };
}

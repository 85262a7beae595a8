// SPDX-License-Identifier: MIT
// The cases in which something goes wrong: overruns, sleep, unplugging, refusals, signals.

import { checkRamp, readWav, sameFormat } from "./frames.mjs";
import { must, same } from "./must.mjs";
import { refused } from "./outcome.mjs";
import { loopbackDevice, playSteps, record } from "./steps.mjs";

/** @typedef {import("./cases.mjs").Case} Case */
/** @typedef {import("./guest/plan.js").Step} Step */
/** @typedef {import("./outcome.mjs").Outcome} Outcome */

const SIGKILL = 9;
const SIGTERM = 15;
const SIGCONT = 18;
const SIGSTOP = 19;

/**
 * What the recorder counted as missing, against what the ramp shows as missing.
 * @param {Outcome} outcome @param {string} cause @param {number} count gaps at least
 */
function gapsAreExact(outcome, cause, count) {
    outcome.playerIsFine();
    const { stats, summary, errors } = outcome.report();
    same(
        errors.filter(({ code }) => code !== "EOVERRUN"),
        [],
        "errors",
    );
    const { gaps } = stats;
    must(gaps.length >= count, `${gaps.length} gaps, fewer than ${count}`);
    for (const gap of gaps) same([gap.cause, gap.exact], [cause, true], "cause, exact");
    const wav = readWav(outcome.file("take.wav"));
    const { frames, lost } = checkRamp(wav, sameFormat(16, false), { gaps });
    same(frames, summary.frames, "frames in the file");
    // Gaps behind the last frame that was read are counted, but not in the file.
    same(
        lost,
        gaps.reduce((sum, gap) => sum + gap.frames, 0),
        "missing in the file",
    );
    must(lost > 0 && stats.lostFrames >= lost, `lost ${lost}, counted ${stats.lostFrames}`);
    return frames;
}

/** @returns {Case[]} */
export function overruns() {
    const slow = { mode: "polling", ms: 1500, busyMs: 300 };
    const small = { bufferMs: 20, block: false };
    // The device's own buffer holds half a second at most.
    const stalled = (/** @type {object} */ options, ms = 1500) => [
        ...playSteps("S16_LE", 48000, 1),
        record({ mode: "blocking", ms, ignore: ["EOVERRUN"] }, options),
        { until: "recorder", says: "RECORDING" },
        { signal: "recorder", number: SIGSTOP },
        { sleepMs: 700 },
        { signal: "recorder", number: SIGCONT },
        { sleepMs: 100 },
        { signal: "recorder", number: SIGSTOP },
        { sleepMs: 1277 },
        { signal: "recorder", number: SIGCONT },
        { wait: "recorder" },
    ];
    return [
        {
            name: "overrun-of-the-ring",
            steps: [
                ...playSteps("S16_LE", 48000, 1),
                record({ ...slow, ms: 200 }, small),
                { wait: "recorder" },
            ],
            check: (outcome) => gapsAreExact(outcome, "overrun", 3),
        },
        {
            name: "overrun-of-the-device",
            steps: stalled({}),
            check: (outcome) => gapsAreExact(outcome, "device", 2),
        },
        {
            name: "overrun-thrown",
            steps: stalled({ onOverrun: "throw" }),
            check: (outcome) => {
                const codes = outcome.report().errors.map(({ code }) => code);
                same(codes, ["EOVERRUN", "EOVERRUN"], "thrown");
                return gapsAreExact(outcome, "device", 2);
            },
        },
        {
            name: "overrun-as-silence",
            steps: stalled({ onOverrun: "silence" }, 3000),
            check: (outcome) => {
                const { stats } = outcome.report();
                const gaps = stats.gaps.map((gap) => ({ ...gap, silence: true }));
                must(gaps.length >= 2, `${gaps.length} gaps`);
                const wav = readWav(outcome.file("take.wav"));
                const { frames, lost } = checkRamp(wav, sameFormat(16, false), { gaps });
                same(lost, stats.silenceFrames, "silence in place of what is missing");
                return frames;
            },
        },
    ];
}

/** @param {string} id @param {string} file @param {string} text @returns {Step[]} */
function write(id, file, text) {
    return [{ start: id, program: "init", args: ["write", file, text] }, { wait: id }];
}

/**
 * The system sleeps for a second: processes are frozen and devices suspended, as always; only the
 * processor stays on (pm_test), since nothing could wake it here.
 * @type {Case}
 */
export const suspended = {
    name: "suspend",
    steps: [
        ...write("delay", "/sys/module/suspend/parameters/pm_test_delay", "1"),
        ...write("test", "/sys/power/pm_test", "devices"),
        ...playSteps("S16_LE", 48000, 1),
        record({ mode: "blocking", ms: 3000 }, {}),
        { until: "recorder", says: "RECORDING" },
        ...write("sleep", "/sys/power/state", "freeze"),
        { wait: "recorder" },
    ],
    check: (outcome) => {
        const statuses = ["delay", "test", "sleep"].map((id) => outcome.status(id));
        same(statuses, [0, 0, 0], "pm_test_delay, pm_test, state");
        outcome.playerIsFine();
        const { errors, summary, stats } = outcome.report();
        same([errors, summary.frames], [[], 144000], "errors, frames");
        const [gap] = stats.gaps;
        must(gap !== undefined && stats.gaps.length === 1, `${stats.gaps.length} gaps`);
        same([gap.cause, gap.exact], ["suspend", false], "cause, exact");
        must(gap.frames >= 48000 && gap.frames < 240000, `a gap of ${gap.frames} frames`);
        const gaps = [{ ...gap, restart: true }];
        return checkRamp(readWav(outcome.file("take.wav")), sameFormat(16, false), { gaps }).frames;
    },
};

/** Takes the loopback away, or gives it back. The kernel does the first only once nobody has it open.
 * @param {"unbind" | "bind"} what @returns {Step} */
function plug(what) {
    const file = `/sys/bus/platform/drivers/snd_aloop/${what}`;
    return { start: what, program: "init", args: ["write", file, loopbackDevice] };
}

/** @returns {Case[]} */
export function unplugging() {
    const start = (/** @type {object} */ options) => [
        ...playSteps("S16_LE", 48000, 1),
        record({ mode: "blocking", ms: 4000 }, options),
        { until: "recorder", says: "RECORDING" },
        plug("unbind"),
    ];
    return [
        {
            name: "unplugged",
            steps: [
                ...start({}),
                { wait: "recorder" },
                { wait: "unbind" },
                plug("bind"),
                { wait: "bind" },
            ],
            check: (outcome) => {
                same([outcome.status("unbind"), outcome.status("bind")], [0, 0], "unbind, bind");
                const { errors, state, summary, stats } = outcome.report();
                same([errors.map(({ code }) => code), state], [["ELOST"], "error"], "error, state");
                same(stats.deliveredFrames, stats.capturedFrames, "captured frames that were kept");
                const wav = readWav(outcome.file("take.wav"));
                const { frames } = checkRamp(wav, sameFormat(16, false), { silentEnd: true });
                same([frames, frames], [summary.frames, stats.capturedFrames], "frames");
                // It says RECORDING after 1000 frames.
                must(frames >= 1000, `${frames} frames`);
                return frames;
            },
        },
        {
            name: "unplugged-and-back",
            steps: [
                ...start({ onLost: "wait" }),
                { wait: "player" },
                { wait: "unbind" },
                { sleepMs: 1000 },
                plug("bind"),
                { wait: "bind" },
                ...playSteps("S16_LE", 48000, 1).map((step) =>
                    "start" in step
                        ? { ...step, start: "again" }
                        : { until: "again", says: "PLAYING" },
                ),
                { wait: "recorder" },
            ],
            check: (outcome) => {
                same([outcome.status("unbind"), outcome.status("bind")], [0, 0], "unbind, bind");
                const { errors, summary, stats } = outcome.report();
                same([errors, summary.frames], [[], 192000], "errors, frames");
                same(stats.gaps.length, 1, "gaps");
                const [gap] = stats.gaps;
                must(gap && !gap.exact, "the gap is no estimate");
                // It was away for a second, and for as long as it took to see that it is back.
                must(gap.frames >= 48000, `a gap of ${gap.frames} frames`);
                const wav = readWav(outcome.file("take.wav"));
                const gaps = [{ ...gap, restart: true }];
                return checkRamp(wav, sameFormat(16, false), { gaps }).frames;
            },
        },
    ];
}

/** @returns {Case[]} */
export function badInput() {
    const short = { mode: "blocking", ms: 100 };
    const node = "/dev/snd/pcmC0D1c";
    const away = "/dev/snd/away";
    return [
        {
            name: "busy",
            steps: [
                record({ mode: "blocking", ms: 3000, path: "holder.wav" }, {}, "holder"),
                { until: "holder", says: "RECORDING" },
                record(short, {}),
                { wait: "recorder" },
            ],
            check: (outcome) => refused(outcome, "EBUSY", /maixjs/),
        },
        {
            name: "no-such-card",
            steps: [record(short, { device: "hw:7,0" }), { wait: "recorder" }],
            check: (outcome) => refused(outcome, "ENODEV", /hw:7,0/),
        },
        {
            name: "no-such-device",
            steps: [record(short, { device: "hw:0,5" }), { wait: "recorder" }],
            check: (outcome) => refused(outcome, "ENODEV", /hw:0,5/),
        },
        {
            name: "playback-only",
            steps: [
                { rename: node, to: away },
                record(short, {}),
                { wait: "recorder" },
                { rename: away, to: node },
            ],
            check: (outcome) => refused(outcome, "ENODEV", /hw:0,1/),
        },
        {
            name: "no-permission",
            steps: [
                { start: "chmod", program: "init", args: ["chmod", "660", node] },
                { wait: "chmod" },
                { ...record(short, {}), user: 1000 },
                { wait: "recorder" },
            ],
            check: (outcome) => refused(outcome, "EACCES", /only the group "root".*pcmC0D1c/),
        },
    ];
}

/** @type {Case} */
export const stopped = {
    name: "sigterm",
    steps: [
        ...playSteps("S16_LE", 44100, 2),
        record({ mode: "save", ms: 60_000 }, { sampleRate: 44100, channel: 2 }),
        { until: "recorder", says: "RECORDING" },
        { sleepMs: 900 },
        { signal: "recorder", number: SIGTERM },
        { wait: "recorder" },
    ],
    check: (outcome) => {
        outcome.playerIsFine();
        same(outcome.report().errors, [], "errors");
        const { frames } = checkRamp(readWav(outcome.file("take.wav")), sameFormat(16, false));
        must(frames >= 44100, `${frames} frames`);
        return frames;
    },
};

/** @type {Case} */
export const killed = {
    name: "sigkill",
    steps: [
        ...playSteps("S16_LE", 48000, 1),
        record({ mode: "save", ms: 60_000 }, {}),
        { until: "recorder", says: "RECORDING" },
        { sleepMs: 900 },
        { signal: "recorder", number: SIGKILL },
        { wait: "recorder" },
    ],
    check: (outcome) => {
        same(outcome.status("recorder"), -SIGKILL, "status");
        // At most one block behind its data: cut off there, it is a file like any other.
        const file = outcome.file("take.wav");
        const named = 44 + file.readUInt32LE(40);
        must(file.length - named <= 4800, `${file.length - named} bytes behind the header's size`);
        const { frames } = checkRamp(readWav(file.subarray(0, named)), sameFormat(16, false));
        must(frames >= 38400, `${frames} frames`);
        return frames;
    },
};

// SPDX-License-Identifier: MIT
// The lab's cases: what the guest does, and what must have come out. Each check gives the number of
// frames that it compared with the ramp, or throws.

import { averageOfS32AsS16, checkRamp, readWav, sameFormat } from "./frames.mjs";
import { must, same } from "./must.mjs";
import { loopback, loopbackDevice, playSteps } from "./steps.mjs";
import { volume } from "./volume_case.mjs";

/** @typedef {import("./guest/plan.js").Step} Step */
/** @typedef {import("./guest/plan.js").CaseResult} CaseResult */
/** @typedef {import("./frames.mjs").Gap} Gap */
/** @typedef {{ name: string, steps: Step[], check: (outcome: Outcome) => number, isLong?: boolean }} Case */

const SIGKILL = 9;
const SIGTERM = 15;
const SIGCONT = 18;
const SIGSTOP = 19;

/**
 * A sample format: the player's name, the recorder's number, what a WAV file has.
 * @typedef {{ player: string, number: number, bits: number, isFloat: boolean }} SampleFormat
 */
/** @type {SampleFormat} */
const s16 = { player: "S16_LE", number: 2, bits: 16, isFloat: false };
/** @type {SampleFormat} */
const s32 = { player: "S32_LE", number: 3, bits: 32, isFloat: false };
const formats = [
    s16,
    { player: "S24_3LE", number: 11, bits: 24, isFloat: false },
    s32,
    { player: "FLOAT_LE", number: 12, bits: 32, isFloat: true },
];
const rates = [8000, 16000, 44100, 48000];
const modes = ["blocking", "polling", "stream"];

/** What test/lab/record.ts prints at its end. */
/**
 * @typedef {object} Report
 * @property {number} delivered
 * @property {{ code: string, frames?: number, message: string }[]} errors
 * @property {string} state
 * @property {{ frames: number, lostFrames: number }} summary
 * @property {{ capturedFrames: number, deliveredFrames: number, discardedFrames: number,
 *     bufferedFrames: number, lostFrames: number, silenceFrames: number, overruns: number,
 *     gaps: (Gap & { cause: string, exact: boolean })[] }} stats
 * @property {{ device: string, format: number, channel: number, sampleRate: number }} hardware
 */

/** What came of a case. */
export class Outcome {
    /** @param {CaseResult} result @param {Map<string, Buffer>} files */
    constructor(result, files) {
        this.result = result;
        this.files = files;
    }

    /** @param {string} id */
    status(id) {
        return this.result.processes[id];
    }

    /** @param {string} name @returns {Buffer} */
    file(name) {
        const data = this.files.get(name);
        must(data !== undefined, `there is no ${name}`);
        return data;
    }

    /** @param {string} id */
    stdout(id) {
        return this.file(`${id}.out`).toString("utf8");
    }

    /** @param {string} id */
    stderr(id) {
        return this.file(`${id}.err`).toString("utf8");
    }

    /** The last line of the recording script, once it ended well. @returns {Report} */
    report(id = "recorder") {
        same(this.status(id), 0, `${id}: ${this.stderr(id)}status`);
        const report = /** @type {Report} */ (
            JSON.parse(this.stdout(id).trim().split("\n").at(-1) ?? "")
        );
        const { stats } = report;
        const captured = stats.deliveredFrames + stats.discardedFrames + stats.bufferedFrames;
        same(stats.capturedFrames, captured, "captured = delivered + discarded + buffered");
        return report;
    }

    /** The player must not have run dry: then the kernel, not the recorder, would miss frames. */
    playerIsFine() {
        const status = this.status("player");
        must(status === null || status === 0, `player: status ${status}, ${this.stdout("player")}`);
    }
}

/** Starts test/lab/record.ts on the loopback. @param {object} job @param {object} options */
function record(job, options, id = "recorder") {
    const all = { ...job, options: { device: loopback.capture, ...options } };
    const program = /** @type {const} */ ("maixjs");
    return { start: id, program, args: ["/lab/record.js", JSON.stringify(all)] };
}

/** All formats, rates, channels; the ways of reading take turns. @returns {Case[]} */
function matrix() {
    const list = [];
    let turn = 0;
    for (const rate of rates) {
        for (const format of formats) {
            for (const channels of [1, 2]) {
                // Each way of reading meets each format, rate and channel count.
                list.push(recording(rate, format, channels, modes[turn++ % modes.length] ?? ""));
            }
        }
    }
    return list;
}

/**
 * @param {number} rate @param {SampleFormat} format @param {number} channels @param {string} mode
 * @returns {Case}
 */
function recording(rate, format, channels, mode) {
    const ms = 600;
    const options = { sampleRate: rate, format: format.number, channel: channels };
    return {
        name: `${rate}-${format.player}-${channels}-${mode}`,
        steps: [
            ...playSteps(format.player, rate, channels),
            record({ mode, ms }, options),
            { wait: "recorder" },
        ],
        check: (outcome) => {
            outcome.playerIsFine();
            const report = outcome.report();
            same(report.errors, [], "errors");
            same(report.stats.lostFrames, 0, "lost frames");
            same(report.hardware.format, format.number, "the device's format");
            same(report.hardware.channel, channels, "the device's channels");
            same(report.hardware.device, loopback.capture, "the device's name");
            const wav = readWav(outcome.file("take.wav"));
            const { bits, isFloat } = format;
            same([wav.rate, wav.channels, wav.bits], [rate, channels, bits], "the file's header");
            same(wav.isFloat, isFloat, "the file holds float");
            const { frames } = checkRamp(wav, sameFormat(bits, isFloat));
            same(frames, report.summary.frames, "frames in the file");
            const wanted = (ms * rate) / 1000;
            if (mode === "stream") must(frames >= wanted, `${frames} frames of ${wanted}`);
            else same(frames, wanted, "frames");
            return frames;
        },
    };
}

/** The player pins what the device offers; the recorder wants something else. @returns {Case[]} */
function conversions() {
    const half = { shift: 15, add: 98304 };
    const whole = { shift: 16, add: 65536 };
    return [
        ...[half, whole].map((ramp) => ({
            name: `stereo-s32-as-mono-s16-shift-${ramp.shift}`,
            steps: [
                ...playSteps("S32_LE", 48000, 2, [
                    `shift=${ramp.shift}`,
                    `add=${ramp.add}`,
                    "delay=100",
                ]),
                record({ mode: "blocking", ms: 3000 }, {}),
                { wait: "recorder" },
            ],
            check: (/** @type {Outcome} */ outcome) => {
                outcome.playerIsFine();
                const { hardware, summary, stats } = outcome.report();
                same([hardware.format, hardware.channel], [s32.number, 2], "the device's form");
                same([summary.frames, stats.lostFrames], [144000, 0], "frames, lost");
                // From the first frame on: elsewhere a wrong rounding could look like another place.
                const expected = averageOfS32AsS16(ramp);
                return checkRamp(readWav(outcome.file("take.wav")), expected, { first: 1 }).frames;
            },
        })),
        {
            name: "mono-s16-as-stereo-s32",
            steps: [
                ...playSteps("S16_LE", 16000, 1),
                record(
                    { mode: "blocking", ms: 1000 },
                    { sampleRate: 16000, channel: 2, format: 3 },
                ),
                { wait: "recorder" },
            ],
            check: (outcome) => {
                const { hardware, summary } = outcome.report();
                same([hardware.format, hardware.channel], [s16.number, 1], "the device's form");
                same(summary.frames, 16000, "frames");
                const mono = sameFormat(16, false);
                const expected = (/** @type {number} */ index) => mono(index, 0) * 65536;
                return checkRamp(readWav(outcome.file("take.wav")), expected).frames;
            },
        },
        {
            name: "a-rate-that-the-device-lacks",
            steps: [
                ...playSteps("S16_LE", 16000, 1),
                record({ mode: "blocking", ms: 100 }, { sampleRate: 48000 }),
                { wait: "recorder" },
            ],
            check: (outcome) => refused(outcome, "EUNSUPPORTED", /16000/),
        },
    ];
}

/** A recorder that could not be opened: status 3, one line that says why, no file.
 * @param {Outcome} outcome @param {string} code @param {RegExp} message */
function refused(outcome, code, message, id = "recorder") {
    same(outcome.status(id), 3, `${id}: ${outcome.stderr(id)}status`);
    const [line = ""] = outcome.stderr(id).split("\n");
    must(line.includes(code) && message.test(line), `it says: ${line}`);
    must(!outcome.files.has("take.wav"), "a file was made");
    return 0;
}

/** @type {Case} */
const tenMinutes = {
    name: "ten-minutes",
    isLong: true,
    steps: [
        ...playSteps("S16_LE", 48000, 1),
        record({ mode: "save", ms: 600_000 }, {}),
        { wait: "recorder" },
    ],
    check: (outcome) => {
        outcome.playerIsFine();
        const { summary, stats } = outcome.report();
        same([stats.lostFrames, stats.overruns, summary.lostFrames], [0, 0, 0], "lost");
        same(summary.frames, 28_800_000, "frames");
        return checkRamp(readWav(outcome.file("take.wav")), sameFormat(16, false)).frames;
    },
};

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
function overruns() {
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
const suspended = {
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
function unplugging() {
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
function badInput() {
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
const stopped = {
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
const killed = {
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

/** @type {Case} */
const example = {
    name: "example-record",
    steps: [
        ...playSteps("S16_LE", 48000, 1),
        {
            start: "recorder",
            program: "maixjs",
            args: ["--mic", loopback.capture, "/lab/example.js"],
        },
        { wait: "recorder" },
    ],
    check: (outcome) => {
        same(outcome.status("recorder"), 0, `${outcome.stderr("recorder")}status`);
        const { frames } = checkRamp(readWav(outcome.file("test.wav")), sameFormat(16, false));
        same(frames, 144000, "frames");
        return frames;
    },
};

/**
 * What every backend promises, on the kernel's: by mmap, with SYNC_PTR, with READI.
 * @type {Case}
 */
const contract = {
    name: "contract-of-all-backends",
    steps: [
        { start: "contract", program: "contract", args: [loopback.capture] },
        { wait: "contract" },
    ],
    check: (outcome) => {
        same(outcome.status("contract"), 0, `${outcome.stderr("contract")}status`);
        return 0;
    },
};

/**
 * The negative control: without the sound module, recording fails, and so does its check.
 * @returns {Case}
 */
function control() {
    const { check } = recording(48000, s16, 1, "blocking");
    return {
        name: "control",
        steps: [record({ mode: "blocking", ms: 100 }, {}), { wait: "recorder" }],
        check: (outcome) => {
            let hasPassed = true;
            try {
                check(outcome);
            } catch {
                hasPassed = false;
            }
            must(!hasPassed, "a recording without a sound card passed");
            return refused(outcome, "ENODEV", /hw:0,1/);
        },
    };
}

/** In the order in which they run; the first one before the sound modules are loaded. */
export function makeCases() {
    return {
        control: control(),
        cases: [
            ...matrix(),
            ...conversions(),
            ...overruns(),
            suspended,
            stopped,
            killed,
            ...badInput(),
            volume,
            ...unplugging(),
            example,
            contract,
            tenMinutes,
        ],
    };
}

/** The scripts that they run, by their names in the guest's /lab. */
export const scripts = {
    "mixer.js": "test/lab/mixer.ts",
    "record.js": "test/lab/record.ts",
    "example.js": "examples/record.ts",
};

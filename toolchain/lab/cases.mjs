// SPDX-License-Identifier: MIT
// The lab's cases: what the guest does, and what must have come out. Each check gives the number of
// frames that it compared with the ramp, or throws.

import { badInput, killed, overruns, stopped, suspended, unplugging } from "./fault_cases.mjs";
import { averageOfS32AsS16, checkRamp, readWav, sameFormat } from "./frames.mjs";
import { must, same } from "./must.mjs";
import { refused } from "./outcome.mjs";
import { loopback, playSteps, record } from "./steps.mjs";
import { volume } from "./volume_case.mjs";

/** @typedef {import("./guest/plan.js").Step} Step */
/** @typedef {import("./outcome.mjs").Outcome} Outcome */
/** @typedef {{ name: string, steps: Step[], check: (outcome: Outcome) => number, isLong?: boolean }} Case */

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

// SPDX-License-Identifier: MIT
// Long runs: a day of recording in constant memory, thousands of recorders without a trace, sizes
// beyond 32 bits. (The core's counters beyond 2^53: test/modules/audio/counters_test.c.)
//
// MAIXJS_FAULTS_FULL=1: the day at 48 kHz and 16 bit (8.3 GB of files), and a .pcm beyond 4 GiB.

import { closeSync, fstatSync, openSync, readdirSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import {
    evaluate,
    results,
    runScript,
    temporaryFolder,
    value,
    withPrelude,
} from "../support/run.ts";
import { hasTool } from "../support/tools.ts";
import { isFull } from "./support/random.ts";

const HOURS = 24;
const RATE = isFull ? 48_000 : 8000;
const FORMAT = isFull ? "FMT_S16_LE" : "FMT_U8";
const FRAME_BYTES = isFull ? 2 : 1;

/** What a script counts of itself. */
const prelude = `
import * as os from "qjs:os";
const rssKib = () => Number(/VmRSS:\\s+(\\d+)/.exec(std.loadFile("/proc/self/status"))[1]);
const entries = (folder) => os.readdir(folder)[0].length;
const open = () => ({ fds: entries("/proc/self/fd"), threads: entries("/proc/self/task") });
const format = Format.${FORMAT};
const sampleRate = ${RATE};
`;

/** Runs `hour` so often, and looks at the memory after each of them. */
const day = (hour: string): string => `${prelude}
const r = new Recorder(path, { sampleRate, format, device: "sim:ramp,pace=fast" });
const used = [];
for (let h = 0; h < ${HOURS}; h++) { ${hour}; used.push(rssKib()); }
const { path: file, ...summary } = r.finish();
const { gaps, ...stats } = r.stats();
out({ used, frames: summary.frames, stats });
`;

interface Day {
    readonly used: readonly number[];
    readonly frames: number;
    readonly stats: Record<string, number>;
}

const MIB = 1024;
/** The allocator's own coming and going. */
const NOISE_KIB = 256;

function checkDay(what: string, { used, frames, stats }: Day): void {
    const [start = 0, middle = 0, end = 0] = [0, HOURS / 2 - 1, HOURS - 1].map((i) => used[i]);
    console.log(`${what}: ${HOURS} h at ${RATE} Hz: RSS ${start}, ${middle}, ${end} KiB`);
    const wanted = HOURS * 3600 * RATE;
    expect([frames, stats.deliveredFrames, stats.lostFrames, stats.overruns]).toEqual([
        ...[wanted, wanted, 0, 0],
    ]);
    expect(Math.max(middle, end) - start).toBeLessThanOrEqual(NOISE_KIB);
    expect(Math.max(...used)).toBeLessThanOrEqual(6 * MIB);
}

/** The files of a take, in order, hold the ramp, as wide as a sample. */
function checkRamp(files: readonly string[], headerBytes: number, bytes: number): void {
    const period = FRAME_BYTES * 256 ** FRAME_BYTES;
    const ramp = Buffer.alloc(8 * period);
    for (let i = 0; i < ramp.length / FRAME_BYTES; i++) {
        ramp.writeUIntLE(i % 256 ** FRAME_BYTES, i * FRAME_BYTES, FRAME_BYTES);
    }
    const data = Buffer.alloc(4 * period);
    let checked = 0;
    for (const file of files) {
        const fd = openSync(file, "r");
        const end = fstatSync(fd).size;
        for (let at = headerBytes; at < end; ) {
            const count = readSync(fd, data, 0, data.length, at);
            const from = checked % period;
            const isRamp = data.subarray(0, count).equals(ramp.subarray(from, from + count));
            if (!isRamp) throw new Error(`${file}: no ramp between ${at} and ${at + count}`);
            at += count;
            checked += count;
        }
        closeSync(fd);
    }
    expect(checked).toBe(bytes);
}

describe("a day of recording", () => {
    it("into a file", async () => {
        const cwd = temporaryFolder();
        const hour = "for (let minute = 0; minute < 60; minute++) r.save(60_000)";
        const code = withPrelude(`const path = "day.wav";${day(hour)}`);
        const ended = await runScript(code, { cwd });
        // Beyond 4 GiB it goes on in the next file, which is said.
        expect(ended.stderr).toMatch(isFull ? /^(maixjs: .* is full .*\n)$/ : /^$/);
        expect(ended.status).toBe(0);
        checkDay("save", results(ended).at(-1) as Day);
        const files = readdirSync(cwd).filter((name) => name.endsWith(".wav"));
        const inOrder = files.sort((a, b) => a.length - b.length || a.localeCompare(b));
        const paths = inOrder.map((name) => join(cwd, name));
        checkRamp(paths, 44, HOURS * 3600 * RATE * FRAME_BYTES);
    });

    it("by record(50)", async () => {
        const hour = "for (let i = 0; i < 72_000; i++) r.record(50)";
        checkDay("record(50)", await value<Day>(`const path = undefined;${day(hour)}`));
    });

    it("by readInto, which allocates nothing", async () => {
        const hour = `
            const frames = sampleRate / 10;
            const target = new Uint8Array(frames * r.frameSize());
            for (let i = 0; i < 36_000; i++) r.readInto(target)`;
        checkDay("readInto", await value<Day>(`const path = undefined;${day(hour)}`));
    });

    it("by a stream", async () => {
        // The loop goes once around for each chunk.
        const frames = isFull ? RATE / 20 : RATE;
        const hour = `let left = 3600 * sampleRate;
            for await (const chunk of r.stream({ frames: ${frames} }))
                if ((left -= chunk.frames) <= 0) break`;
        checkDay("stream", await value<Day>(`const path = undefined;${day(hour)}`));
    });
});

interface Traces {
    readonly before: { fds: number; threads: number };
    readonly after: { fds: number; threads: number };
    readonly used: readonly number[];
}

/** Opens and closes so many recorders; `each` has the recorder's number in i. */
const thousands = (count: number, each: string): string => `${prelude}
const device = "sim:ramp,pace=fast";
const used = [];
const each = (i) => { ${each} };
for (let i = 0; i < 200; i++) each(i); // what is kept for all
std.gc();
const before = open();
for (let i = 0; i < ${count}; i++) {
    each(i);
    if (i % (${count} / 10) === 0) { std.gc(); used.push(rssKib()); }
}
std.gc();
out({ before, after: open(), used });
`;

function checkTraces(what: string, { before, after, used }: Traces, growthKib: number): void {
    console.log(`${what}: ${JSON.stringify({ before, after })}, RSS ${used.join(" ")} KiB`);
    expect(after).toEqual(before);
    expect((used.at(-1) ?? 0) - (used[0] ?? 0)).toBeLessThanOrEqual(growthKib);
}

describe("recorders without a trace", () => {
    // A recorder's ring of 64 KiB counts: what is not given back does not go far in 8 MiB.
    const options = ["--memory-limit", "8M"];
    const make = `new Recorder(i % ${isFull ? 1 : 10} ? undefined : "a.wav",
        { sampleRate: 8000, device })`;

    it("10,000 that record, and are closed", async () => {
        const each = `const r = ${make}; r.record(20); if (i % 2) r.finish(); r.close();`;
        const traces = await value<Traces>(thousands(10_000, each), { options });
        checkTraces("closed", traces, 128);
    });

    it("10,000 that are only opened, in every state, and left to the collector", async () => {
        const each = `{
            const r = new Recorder({ sampleRate: 8000, device });
            if (i % 4 > 0) r.record(20);
            if (i % 4 === 2) r.reset(false);
            if (i % 4 === 3) r.finish();
        }
        if (i % 50 === 0) std.gc();`;
        checkTraces("collected", await value<Traces>(thousands(10_000, each), { options }), 128);
    });

    it("10,000 that cannot be opened", async () => {
        const each = `for (const bad of [() => new Recorder("/nowhere/a.wav", { device }),
            () => new Recorder({ device: "sim:nothing" }), () => new Recorder("a.mp3", { device }),
            () => new Recorder({ device: "sim:tone,rate=8000" })])
            if (!thrown(bad).code) throw new Error("opened");`;
        checkTraces("refused", await value<Traces>(thousands(2500, each), { options }), 128);
    });

    it.skipIf(!hasTool("aplay"))("1,000 of libasound", async () => {
        const cwd = temporaryFolder();
        const config = join(cwd, "asound.conf");
        const slave = "slave.pcm { type null } file /dev/null infile /dev/zero format raw";
        writeFileSync(config, `pcm.zeros { type file ${slave} }\n`);
        const each = `const r = new Recorder({ sampleRate: 8000, device: "alsa:zeros" });
            r.record(20); r.close();`;
        const env = { ALSA_CONFIG_PATH: config };
        checkTraces("libasound", await value<Traces>(thousands(1000, each), { cwd, env }), 128);
    });
});

describe("beyond 32 bits", () => {
    it.each([2 ** 31, 2 ** 32])("device frames near %d", async (near) => {
        const found = await value<unknown>(`
            // What the fault loses brings the device's count near it.
            const device = "sim:ramp,pace=fast,xrun_at=100:${near - 1100},xrun_at=${near - 500}:7,"
                + "xrun_at=${near + 100}:9";
            const r = new Recorder({ sampleRate: 1000, format: Format.FMT_S32_LE, device });
            const chunks = [];
            const samples = [];
            for await (const chunk of r.stream({ frames: 100 })) {
                chunks.push([chunk.frame, chunk.timeMs, chunk.lostFrames]);
                samples.push(...new Uint32Array(chunk.bytes.buffer));
                if (samples.length === 2000) break;
            }
            let frame = 0;
            const losses = { 100: ${near - 1100}, ${near - 500}: 7, ${near + 100}: 9 };
            const bad = samples.findIndex((sample) => {
                frame += losses[frame] ?? 0;
                return sample !== frame++ % 2 ** 32;
            });
            const { gaps, lostFrames, capturedFrames } = r.stats();
            out({ bad, last: chunks.at(-1), lostFrames, gaps: gaps.map((g) => [g.frame, g.at, g.frames]) });
        `);
        const lost = near - 1100 + 7 + 9;
        expect(found).toEqual({
            bad: -1,
            last: [1900 + lost, 1900 + lost, 0],
            lostFrames: lost,
            gaps: [
                [100, 100, near - 1100],
                [near - 500, 600, 7],
                [near + 100, 1193, 9],
            ],
        });
    });

    it.each([2 ** 31, 2 ** 32, 2 ** 53])("lengths near %d as arguments", async (near) => {
        const code = `
            for (const n of [${near} - 3, ${near} - 2, ${near} - 1]) {
                const r = new Recorder("a.pcm", { sampleRate: 1000, device: "sim:ramp,pace=fast,unplug_at=100" });
                const { name } = thrown(() => r.record(n));
                const bytes = thrown(() => r.recordBytes(n - n % 2)).name;
                out([name, bytes, r.stats().capturedFrames]);
                const { code, frames } = thrown(() => r.save(n));
                out([code, frames]);
                r.close();
            }
        `;
        const found = await evaluate(code, { options: ["--memory-limit", "64M"] });
        // More than memory can hold: before anything is recorded. Into a file: whatever comes.
        const each = [
            ["RangeError", "RangeError", 0],
            ["ELOST", 100],
        ];
        expect(found).toEqual([...each, ...each, ...each]);
    });

    it.skipIf(!isFull)("a .pcm beyond 4 GiB has no limit", async () => {
        const cwd = temporaryFolder();
        const frames = 2 ** 32 + 2 ** 20;
        const found = await value<number[]>(
            `const r = new Recorder("a.pcm", { format: Format.FMT_U8, sampleRate: 384_000,
                device: "sim:ramp,pace=fast" });
            for (let left = ${frames}; left > 0; ) left -= r.save(Math.min(left / 384, 60_000));
            const { frames } = r.finish();
            const { deliveredFrames, lostFrames } = r.stats();
            out([frames, deliveredFrames, lostFrames]);`,
            { cwd },
        );
        expect(found).toEqual([frames, frames, 0]);
        const fd = openSync(join(cwd, "a.pcm"), "r");
        const data = Buffer.alloc(512);
        for (const at of [0, 2 ** 31 - 256, 2 ** 32 - 256, frames - 512]) {
            readSync(fd, data, 0, data.length, at);
            const isRamp = data.every((byte, i) => byte === (at + i) % 256);
            expect([at, isRamp]).toEqual([at, true]);
        }
        expect(fstatSync(fd).size).toBe(frames);
        closeSync(fd);
    });
});

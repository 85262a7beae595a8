// SPDX-License-Identifier: MIT
// Random schedules of faults on simulated devices: every frame that is delivered, every gap, and
// what each onOverrun makes of it, compared with what the schedule says.
//
// MAIXJS_FAULTS_SEED: another first seed. MAIXJS_FAULTS_FULL=1: more of them.
//
// Overruns of libasound's devices, and of a ring that is read too slowly, are here, too.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { runScript, temporaryFolder } from "../support/run.ts";
import { hasIoplug } from "./ioplug/ioplug.ts";
import { checkRecording, recordRamp } from "./ioplug/recording.ts";
import {
    type Fault,
    type Gap,
    joined,
    keyOf,
    samplesOf,
    type Timeline,
    timelineOf,
} from "./overruns_oracle.ts";
import { createRandom, isFull, type Random, saySeed, seed } from "./support/random.ts";

const PROCESSES = isFull ? 100 : 16;
const CASES = 50; // a process

interface Case {
    readonly device: string;
    readonly rate: number;
    readonly onOverrun: "mark" | "silence" | "throw";
    readonly options: object;
    readonly method: string;
    /** Frames of each call. */
    readonly calls: readonly number[];
}

interface Result {
    readonly errors: readonly { code: string; frames: number; gap?: Gap }[];
    readonly state: string;
    readonly summary: { frames: number; lostFrames: number };
    readonly stats: Record<string, number> & { gaps: readonly Gap[] };
}

/** Takes a file of cases; each leaves what was returned, its file, and a line of JSON. */
const script = `
import { audio } from "maix";
import * as std from "qjs:std";

/** One call for so many frames: what it gave, also when it failed. */
function read(r, method, frames, got) {
    if (method === "save") return r.save((frames * 1000) / r.sampleRate());
    if (method === "readInto") {
        const target = new Int32Array(frames);
        try {
            const count = r.readInto(target);
            got.write(target.subarray(0, count));
            return count;
        } catch (error) {
            if (error.frames > 0) got.write(target.subarray(0, error.frames));
            throw error;
        }
    }
    try {
        const bytes = method === "record"
            ? r.record((frames * 1000) / r.sampleRate()) : r.recordBytes(4 * frames);
        got.write(bytes);
        return bytes.length / 4;
    } catch (error) {
        if (error.data) got.write(error.data);
        throw error;
    }
}

async function readStream(r, frames, got, take) {
    for await (const chunk of r.stream({ frames })) {
        got.write(chunk.bytes);
        if (take(chunk.frames)) break;
    }
}

async function run(one, index) {
    const options = { ...one.options, device: one.device, sampleRate: one.rate,
        onOverrun: one.onOverrun, format: audio.Format.FMT_S32_LE };
    const r = new audio.Recorder(index + ".pcm", options);
    const got = new audio.WavWriter(index + ".got.pcm",
        { sampleRate: one.rate, format: audio.Format.FMT_S32_LE, channel: 1 });
    const errors = [];
    // False: the device is gone.
    const fail = (error) => {
        if (!["EOVERRUN", "ELOST"].includes(error.code)) throw error;
        errors.push({ code: error.code, frames: error.frames, gap: error.gap });
        return error.code === "EOVERRUN";
    };
    const wanted = one.calls.reduce((sum, frames) => sum + frames, 0);
    let delivered = 0;
    let isThere = true;
    while (isThere && one.method === "stream" && delivered < wanted) {
        try {
            await readStream(r, one.calls[0], got, (frames) => (delivered += frames) >= wanted);
        } catch (error) {
            if (error.data) got.write(error.data);
            delivered += error.frames ?? 0;
            isThere = fail(error);
        }
    }
    for (const frames of one.method === "stream" ? [] : one.calls) {
        for (let left = frames; left > 0 && isThere; ) {
            try {
                left -= read(r, one.method, left, got);
            } catch (error) {
                left -= error.frames;
                isThere = fail(error);
            }
        }
        const s = r.stats();
        if (s.capturedFrames !== s.deliveredFrames + s.discardedFrames + s.bufferedFrames)
            throw new Error("captured: " + JSON.stringify(s));
    }
    const state = r.state;
    const summary = r.finish();
    const stats = r.stats();
    r.close();
    got.finish();
    console.log(JSON.stringify({ errors, state, summary, stats }));
}

const cases = JSON.parse(std.loadFile(process.argv[2]));
for (const [index, one] of cases.entries()) await run(one, index);
`;

/** Up to 250 faults, some of them at the same place or inside of what an earlier one lost. */
function randomFaults(random: Random, isWaiting: boolean): Fault[] {
    const count = random.below(8) === 0 ? random.below(250) : random.below(8);
    const faults: Fault[] = [];
    let frame = 0;
    for (let i = 0; i < count; i++) {
        if (random.below(4) > 0) frame += 1 + random.below(random.below(5) === 0 ? 9000 : 500);
        const kind = random.below(10);
        if (kind < 6) faults.push({ kind: "xrun", frame, amount: 1 + random.below(2000) });
        else if (kind < 8) faults.push({ kind: "suspend", frame });
        else if (kind < 9) faults.push({ kind: "stall", frame, amount: 1 + random.below(2) });
        else if (isWaiting) faults.push({ kind: "unplug", frame, amount: 1 + random.below(500) });
        else if (random.below(6) === 0) faults.push({ kind: "unplug", frame });
    }
    return faults;
}

function randomCase(random: Random): { one: Case; timeline: Timeline } {
    const isWaiting = random.below(2) === 0;
    const rate = random.of([8000, 11025, 16000, 44100, 48000]);
    const faults = randomFaults(random, isWaiting);
    const onOverrun = random.of(["mark", "silence", "throw"] as const);
    const calls = Array.from({ length: 1 + random.below(12) }, () => 1 + random.below(6000));
    const method = random.of(["record", "recordBytes", "readInto", "save", "stream"]);
    const options = {
        bufferMs: 1 + random.below(random.below(2) === 0 ? 40 : 2000),
        periodSize: 10 + random.below(2000),
        block: random.below(4) > 0,
        onLost: isWaiting ? "wait" : "throw",
    };
    const device = ["sim:ramp", "pace=fast", ...faults.map(keyOf)].join(",");
    // A device's name has at most 511 bytes.
    if (device.length > 500) return randomCase(random);
    const one = { device, rate, onOverrun, options, method, calls };
    return { one, timeline: timelineOf(faults, rate) };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

function samplesIn(path: string): Uint32Array {
    const bytes = readFileSync(path);
    return new Uint32Array(new Uint8Array(bytes).buffer);
}

const same = (a: Uint32Array, b: Uint32Array): boolean =>
    Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0;

/** The gaps that were listed: the schedule's, in order; those behind the last frame may be cut. */
function checkGaps(one: Case, timeline: Timeline, result: Result, fileFrames: number): void {
    const isSilent = one.onOverrun === "silence";
    const { lostFrames = 0 } = result.stats;
    const gaps = joined(result.stats.gaps);
    expect(sum(gaps.map((gap) => gap.frames))).toBe(lostFrames);
    let silence = 0;
    for (const [i, gap] of timeline.gaps.entries()) {
        const at = gap.at + (isSilent ? silence : 0);
        silence += gap.frames;
        const listed = gaps[i];
        // The recording ended before it, or right there.
        if (at >= fileFrames && listed === undefined) continue;
        const place = Math.min(at, fileFrames);
        expect([listed?.frame, listed?.at, listed?.cause]).toEqual([gap.frame, place, gap.cause]);
        // Where the recording ended inside of it, it may be only its begin.
        const isWhole = at + (isSilent ? gap.frames : 0) < fileFrames;
        if (isWhole) expect([listed?.frames, listed?.exact]).toEqual([gap.frames, gap.exact]);
        else expect(listed?.frames).toBeLessThanOrEqual(gap.frames);
    }
    expect(gaps.length).toBeLessThanOrEqual(timeline.gaps.length);
}

/** Each gap in front of a delivered frame was thrown once, at its place. */
function checkThrown(one: Case, timeline: Timeline, result: Result, fileFrames: number): void {
    const thrown = result.errors.flatMap(({ gap }) => gap ?? []);
    const isThrown = one.onOverrun === "throw";
    const passed = (isThrown ? timeline.gaps : []).filter((gap) => gap.at < fileFrames);
    expect(isThrown ? [] : thrown).toEqual([]);
    expect(thrown).toEqual(result.stats.gaps.slice(0, thrown.length));
    expect(joined(thrown).slice(0, passed.length)).toEqual(passed);
}

function checkCase(one: Case, timeline: Timeline, result: Result, file: string): void {
    const { stats, summary, errors } = result;
    const samples = samplesIn(`${file}.pcm`);
    const { deliveredFrames = 0, silenceFrames = 0, discardedFrames = 0 } = stats;
    expect(stats.capturedFrames).toBe(deliveredFrames + discardedFrames);
    expect(samples.length).toBe(deliveredFrames + silenceFrames);
    expect([stats.bufferedFrames, stats.unwrittenFrames, summary.frames]).toEqual([
        0,
        0,
        samples.length,
    ]);
    const wanted = sum(one.calls);
    const lost = errors.some(({ code }) => code === "ELOST");
    const end = sum(timeline.stretches.map(({ frames }) => frames));
    if (lost) {
        expect(timeline.isLost).toBe(true);
        expect(result.state).toBe("error");
        // All that the device gave before it went, the silence before it included.
        const silent = one.onOverrun === "silence" ? sum(timeline.gaps.map((g) => g.frames)) : 0;
        expect(samples.length).toBe(end + silent);
    } else if (one.method === "stream") {
        expect(samples.length).toBeGreaterThanOrEqual(wanted);
    } else {
        expect(samples.length).toBe(wanted);
    }
    const expected = samplesOf(timeline, samples.length, one.onOverrun === "silence");
    expect(same(samples, expected)).toBe(true);
    if (one.method !== "save") expect(same(samples, samplesIn(`${file}.got.pcm`))).toBe(true);
    checkGaps(one, timeline, result, samples.length);
    checkThrown(one, timeline, result, samples.length);
}

it(`holds for ${PROCESSES * CASES} schedules`, async () => {
    saySeed("schedules");
    const seen = { exact: 0, estimated: 0, thrown: 0, lost: 0, silence: 0 };
    for (let process = 0; process < PROCESSES; process++) {
        const random = createRandom(seed + process);
        const made = Array.from({ length: CASES }, () => randomCase(random));
        const cwd = temporaryFolder();
        writeFileSync(join(cwd, "cases.json"), JSON.stringify(made.map(({ one }) => one)));
        const ended = await runScript(script, { cwd, args: ["cases.json"] });
        const errors = ended.stderr.replaceAll(/^maixjs: .* of sound are missing .*\n/gm, "");
        expect([seed + process, ended.status, errors]).toEqual([seed + process, 0, ""]);
        const results = ended.stdout.trim().split("\n");
        for (const [i, { one, timeline }] of made.entries()) {
            const result = JSON.parse(results[i] ?? "{}") as Result;
            try {
                checkCase(one, timeline, result, join(cwd, String(i)));
            } catch (error) {
                console.log(JSON.stringify({ seed: seed + process, i, one, timeline, result }));
                throw error;
            }
            for (const gap of result.stats.gaps) seen[gap.exact ? "exact" : "estimated"]++;
            for (const { code } of result.errors) seen[code === "ELOST" ? "lost" : "thrown"]++;
            seen.silence += result.stats.silenceFrames ?? 0;
        }
    }
    console.log(JSON.stringify(seen));
    // The schedules reached what they are meant to reach.
    for (const [what, count] of Object.entries(seen))
        expect([what, count > 0]).toEqual([what, true]);
});

describe.skipIf(!hasIoplug)("libasound", () => {
    const causes = { xrun: "device", overrun: "device" };

    it("overruns at random frames: what is around each gap is right to the frame", async () => {
        saySeed("libasound");
        const random = createRandom(seed);
        let count = 0;
        for (let i = 0; i < (isFull ? 60 : 12); i++) {
            let frame = 0;
            const faults = Array.from({ length: 1 + random.below(20) }, () => {
                frame += 1 + random.below(9000);
                return `xrun@${frame}:${random.below(3000)}`;
            }).join(" ");
            const onOverrun = random.of(["mark", "silence", "throw"] as const);
            const job = {
                faults,
                pace: "fast",
                onOverrun,
                frames: 1 + random.below(99_999),
            } as const;
            count += checkRecording(await recordRamp(job), job, causes).length;
        }
        expect(count).toBeGreaterThan(0);
    });

    it("more gaps than can be listed, or wait to be read: the totals stay right", async () => {
        // 256 gaps wait in front of a reader, 1,024 are listed.
        const count = 2000;
        const faults = Array.from(
            { length: count },
            (_, i) => `xrun@${100 * (i + 1)}:${1 + (i % 50)}`,
        );
        const frames = 100 * count + 5000;
        const job = { faults: faults.join(" "), frames, lateMs: 1000 } as const;
        const { samples, stats, run } = await recordRamp({
            ...job,
            pace: "fast",
            onOverrun: "mark",
        });
        let frame = 0;
        const expected = new Uint32Array(samples.length);
        const lost = new Map(run.losses.map((loss) => [loss.frame, loss.frames]));
        for (let i = 0; i < expected.length; i++) {
            frame += lost.get(frame) ?? 0;
            expected[i] = frame++;
        }
        expect(same(samples, expected)).toBe(true);
        expect([run.losses.length, stats.overruns]).toEqual([count, count]);
        expect([stats.gaps.length, stats.gapsOmitted]).toEqual([1024, count - 1024]);
        const listed = sum(stats.gaps.map((gap) => gap.frames));
        expect(stats.lostFrames).toBeGreaterThanOrEqual(listed + count - 1024);
        expect(stats.capturedFrames).toBe(frames + (stats.discardedFrames ?? 0));
    });

    it.each(["mark", "silence", "throw"] as const)(
        "a card that is not read in time, %s: the estimate is near",
        async (onOverrun) => {
            // The card's buffer holds 200 ms.
            const faults = "late@4800:500 late@30000:700";
            const job = { faults, pace: "real", onOverrun, frames: 60_000 } as const;
            const recording = await recordRamp(job);
            const pairs = checkRecording(recording, job, causes);
            expect(pairs.length).toBeGreaterThanOrEqual(onOverrun === "silence" ? 1 : 2);
            for (const { loss, gap } of pairs) {
                console.log(`${gap.frames} frames told, ${loss.frames} were lost`);
                expect(Math.abs(gap.frames - loss.frames)).toBeLessThan(4800);
            }
        },
    );
});

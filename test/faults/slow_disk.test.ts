// SPDX-License-Identifier: MIT
// A disk that stalls, on a clock that the test moves: up to 3 s cost nothing, more costs exactly what
// stats() says.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { createFolder, run } from "../support/process.ts";
import type { DiskOutcome, Gap } from "./support/disk_outcome.ts";
import { compileInterposer, host } from "./support/interpose.ts";
import { readHeader, storedRamp } from "./support/ramp.ts";
import { createRandom, isFull, saySeed, seed } from "./support/random.ts";

const RATE = 8000;
const LIMIT_S = "60";
const RUNS = isFull ? 300 : 15;

const tools = createFolder();
let preload: string;
beforeAll(() => {
    preload = compileInterposer("slow", tools.work);
});
let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder?.remove();
    folder = createFolder();
});
afterAll(() => {
    folder?.remove();
    tools.remove();
});

interface Stall {
    /** Of the file: 1 is the first header, 2 the first frames, then data and header in turn. */
    readonly write: number;
    readonly ms: number;
}

interface Options {
    readonly calls: number;
    /** Of each call; 50 where it is not said. */
    readonly ms?: number;
    readonly mode?: "record" | "save" | "stream";
    readonly recorder?: Readonly<Record<string, unknown>>;
    readonly syncMs?: number;
}

interface Outcome {
    readonly stats: DiskOutcome["stats"] & { readonly highWaterFrames: number };
    readonly returned: number;
    readonly thrown: Gap[];
    readonly frames: number;
    readonly stderr: string;
    readonly sound: Buffer;
}

let runs = 0;

async function record(stalls: readonly Stall[], options: Options): Promise<Outcome> {
    const cwd = join(folder.work, `${runs++}`);
    mkdirSync(cwd);
    const { ms = 50 } = options;
    const code = `
        import { audio } from "maix";
        const r = new audio.Recorder("a.wav", ${JSON.stringify({ sampleRate: RATE, ...options.recorder })});
        let returned = 0;
        const thrown = [];
        const calls = {
            record: () => r.record(${ms}).length / 2,
            save: () => r.save(${ms}),
            stream: async () => (await (chunks ??= r.stream({ ms: ${ms} })).next()).value.frames,
        };
        let chunks = null;
        for (let i = 0; i < ${options.calls}; i++) {
            try { returned += await calls.${options.mode ?? "record"}(); }
            catch (e) { thrown.push(e.gap); returned += e.frames; chunks = null; }
        }
        await chunks?.return();
        const { frames } = r.finish();
        console.log(JSON.stringify({ stats: r.stats(), returned, thrown, frames }));`;
    // Where the program spins, the clock stands still for ever.
    const limited = [LIMIT_S, "env", `LD_PRELOAD=${preload}`, host];
    const ended = await run([...limited, "--mic", "sim:ramp", "-e", code], {
        cwd,
        command: "timeout",
        env: {
            MAIXJS_SLOW_FOLDER: cwd,
            MAIXJS_SLOW_WRITES: stalls.map(({ write, ms }) => `${write}:${ms}`).join(","),
            MAIXJS_SLOW_SYNC: String(options.syncMs ?? 0),
        },
    });
    expect([ended.status, ended.stdout]).toEqual([0, expect.stringContaining("{")]);
    const path = join(cwd, "a.wav");
    const bytes = readFileSync(path);
    const header = readHeader(path, bytes);
    expect(bytes.length).toBe(header.dataAt + header.dataBytes);
    const outcome = JSON.parse(ended.stdout) as Omit<Outcome, "stderr" | "sound">;
    expect(header.frames).toBe(outcome.frames);
    return { ...outcome, stderr: ended.stderr, sound: bytes.subarray(header.dataAt) };
}

/** The ramp as the gaps say it: without them, or with silence in their place. */
function soundOf(frames: number, gaps: readonly Gap[], hasSilence: boolean): Buffer {
    const pieces: Buffer[] = [];
    let frame = 0;
    let at = 0;
    for (const gap of gaps) {
        pieces.push(storedRamp("FMT_S16_LE", 1, frame, gap.frame - frame));
        at += gap.frame - frame;
        expect(gap).toMatchObject({ at, exact: true, cause: "overrun" });
        if (hasSilence) {
            pieces.push(Buffer.alloc(2 * gap.frames));
            at += gap.frames;
        }
        frame = gap.frame + gap.frames;
    }
    if (at < frames) pieces.push(storedRamp("FMT_S16_LE", 1, frame, frames - at));
    return Buffer.concat(pieces).subarray(0, 2 * frames);
}

/** The equations hold, and the file is what they say. */
function expectExact(outcome: Outcome, hasSilence = false): void {
    const { stats, frames, returned, sound } = outcome;
    expect(stats.capturedFrames).toBe(
        stats.deliveredFrames + stats.discardedFrames + stats.bufferedFrames,
    );
    expect(frames).toBe(stats.deliveredFrames + stats.silenceFrames - stats.unwrittenFrames);
    expect([returned, stats.unwrittenFrames, stats.gapsOmitted]).toEqual([frames, 0, 0]);
    expect(stats.gaps.reduce((sum, gap) => sum + gap.frames, 0)).toBe(stats.lostFrames);
    expect(stats.overruns).toBe(stats.gaps.length);
    expect(sound.equals(soundOf(frames, stats.gaps, hasSilence))).toBe(true);
}

describe("a write that takes up to 3 s", () => {
    it.each([
        ["the first header", [{ write: 1, ms: 3000 }]],
        ["the first frames", [{ write: 2, ms: 3000 }]],
        ["a block", [{ write: 41, ms: 3000 }]],
        ["a header", [{ write: 42, ms: 3000 }]],
        [
            "a short one after the other",
            [10, 11, 12, 13, 14, 15].map((write) => ({ write, ms: 500 })),
        ],
        // 3 s of sound are read in 60 blocks, without any time: then it waits for sound again.
        ["again and again", [20, 150, 280, 410].map((write) => ({ write, ms: 3000 }))],
    ])("loses nothing: %s", async (_, stalls) => {
        for (const mode of ["record", "save", "stream"] as const) {
            const outcome = await record(stalls, { calls: 300, mode });
            expectExact(outcome);
            const { stats } = outcome;
            expect([stats.lostFrames, stats.gaps, outcome.stderr]).toEqual([0, [], ""]);
            expect(outcome.frames).toBe(300 * 400);
            // It was buffered meanwhile: the disk did stall.
            const whole = stalls[0]?.ms === 500 ? 2400 : 3000;
            expect(stats.highWaterFrames).toBeGreaterThanOrEqual((whole * RATE) / 1000);
        }
    });

    it("loses nothing at 48 kHz", async () => {
        const outcome = await record([{ write: 9, ms: 3000 }], {
            calls: 100,
            recorder: { sampleRate: 48000 },
        });
        expectExact(outcome);
        expect(outcome.stats.lostFrames).toBe(0);
    });
});

it.each([50, 70, 500, 2000])("a stream of %i ms does not spin while it waits", async (ms) => {
    const options = { mode: "stream", ms } as const;
    const outcome = await record([{ write: 9, ms: 5000 }], { ...options, calls: 40_000 / ms });
    expectExact(outcome);
    expect(outcome.stats.overruns).toBe(1);
});

describe("a write that takes longer than the buffer", () => {
    it.each([4500, 5000, 10_000, 61_234])("%i ms: loses what stats() says", async (ms) => {
        const stalls = [{ write: 41, ms }];
        const outcome = await record(stalls, { calls: 400 });
        expectExact(outcome);
        const { stats, stderr } = outcome;
        expect(stats.overruns).toBe(1);
        // All that came meanwhile and found no room; at most a block was in the buffer before.
        const lost = (ms * RATE) / 1000 - stats.highWaterFrames;
        expect(stats.highWaterFrames).toBeGreaterThanOrEqual(4 * RATE);
        expect(stats.lostFrames).toBeGreaterThanOrEqual(lost);
        expect(stats.lostFrames).toBeLessThanOrEqual(lost + 800);
        // One line says so, with the place.
        expect(stderr.match(/\n/g)).toHaveLength(1);
        expect(stderr).toContain(`${stats.lostFrames} frames`);
        expect(stderr).toContain(`frame ${stats.gaps[0]?.frame}`);
        // Nothing of it depends on the machine.
        const again = await record(stalls, { calls: 400 });
        const clockless = ({ gaps, ...rest }: Outcome["stats"]) => [
            gaps.map((g) => ({ ...g, timeNs: 0 })),
            rest,
        ];
        expect(clockless(again.stats)).toEqual(clockless(stats));
    });

    it("with a small buffer, several times", async () => {
        const stalls = [5, 21, 60, 61, 101].map((write) => ({ write, ms: 400 }));
        const outcome = await record(stalls, { calls: 200, recorder: { bufferMs: 100 } });
        expectExact(outcome);
        expect(outcome.stats.overruns).toBeGreaterThanOrEqual(4);
        expect(outcome.stderr.match(/\n/g)).toHaveLength(1);
    });

    it("with silence in its place the timeline holds", async () => {
        const outcome = await record([{ write: 41, ms: 9000 }], {
            calls: 400,
            recorder: { onOverrun: "silence" },
        });
        expectExact(outcome, true);
        const { stats, frames } = outcome;
        expect([stats.silenceFrames, frames]).toEqual([stats.lostFrames, 400 * 400]);
        expect(stats.silenceFrames).toBeGreaterThan(4 * RATE);
    });

    it("as an error at its place, and then it goes on", async () => {
        const outcome = await record([{ write: 41, ms: 9000 }], {
            calls: 400,
            recorder: { onOverrun: "throw" },
        });
        expectExact(outcome);
        const { stats, thrown } = outcome;
        expect(thrown).toMatchObject(stats.gaps.map(({ frame, frames }) => ({ frame, frames })));
        expect(thrown).toHaveLength(1);
    });
});

it("syncs that take 20 s each cost nothing", async () => {
    const outcome = await record([], { calls: 1200, syncMs: 20_000 });
    expectExact(outcome);
    expect([outcome.stats.lostFrames, outcome.stderr]).toEqual([0, ""]);
    // The script was never behind.
    expect(outcome.stats.highWaterFrames).toBeLessThanOrEqual(800);
});

it(`stalls of any length at any write, ${RUNS} times`, async () => {
    saySeed("slow disk");
    const random = createRandom(seed);
    let losses = 0;
    for (let i = 0; i < RUNS; i++) {
        const stalls = Array.from({ length: 1 + random.below(8) }, () => ({
            write: 1 + random.below(500),
            ms: random.of([1, 49, 500, 2999, 3000, 4000, 4096, 7001]) + random.below(2),
        }));
        const onOverrun = random.of(["mark", "silence"]);
        const bufferMs = random.of([100, 1000, 4000]);
        const mode = random.of(["record", "save", "stream"] as const);
        // Enough calls behind the last stall to reach the last gap.
        const calls = 260 + 8 * 150;
        const outcome = await record(stalls, { calls, mode, recorder: { onOverrun, bufferMs } });
        try {
            expectExact(outcome, onOverrun === "silence");
        } catch (error) {
            throw new Error(`run ${i}: ${JSON.stringify({ stalls, onOverrun, bufferMs, mode })}`, {
                cause: error,
            });
        }
        losses += outcome.stats.overruns;
    }
    console.log(`${RUNS} runs, ${losses} losses`);
    expect(losses).toBeGreaterThan(0);
});

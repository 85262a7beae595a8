// SPDX-License-Identifier: MIT
// A script that is busy elsewhere: within the buffer nothing is lost; beyond it every frame is
// counted, to the frame, and the user is told once, with the remedy.

import { describe, expect, it } from "vitest";

import { results, runScript, withPrelude } from "../support/run.ts";

/** How the script spends 3 s. */
const pastimes = {
    computes: `
        const end = performance.now() + 3000;
        for (let x = 1; performance.now() < end; ) for (let i = 0; i < 1e5; i++) x = (x * 7 + i) % 1e9;`,
    // Rings, which only the collector frees, until it has run some times.
    collects: `
        const end = performance.now() + 3000;
        while (performance.now() < end) {
            for (let i = 0; i < 20_000; i++) {
                const ring = { a: new Array(20).fill(i) };
                ring.self = ring;
            }
        }
        std.gc();`,
    sleeps: "time.sleepMs(3000);",
};

// (Vitest's own parallel tests share the clean-up of their folders.)
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    await Promise.all(items.map(work));
}

const setUp = (options: string): string => `
    const r = new Recorder({ sampleRate: 48000, format: Format.FMT_S32_LE, device: "sim:ramp",
        ${options} });
`;

describe("3 s between two calls, with the default buffer", () => {
    it("a script that computes, collects, or sleeps", () =>
        inParallel(Object.values(pastimes), async (work) => {
            const ended = await runScript(
                withPrelude(`${setUp("")}
            const read = (ms) => [...new Int32Array(r.record(ms).buffer)];
            const before = read(10);
            const start = performance.now();
            ${work}
            const samples = [...before, ...read(3500)];
            const ms = performance.now() - start;
            const bad = samples.findIndex((sample, i) => sample !== i);
            const { lostFrames, overruns, gaps } = r.stats();
            out({ ms, count: samples.length, bad, lostFrames, overruns, gaps });`),
            );
            expect([ended.status, ended.stderr]).toEqual([0, ""]);
            const [found] = results(ended) as [{ ms: number }];
            const count = 168_480; // 3510 ms
            expect(found).toEqual({
                ms: found.ms,
                count,
                bad: -1,
                lostFrames: 0,
                overruns: 0,
                gaps: [],
            });
        }));

    it("a stream whose reader computes", async () => {
        const ended = await runScript(
            withPrelude(`${setUp("")}
            let next = 0;
            let lost = 0;
            for await (const chunk of r.stream({ ms: 50 })) {
                if (next === 0) { ${pastimes.computes} }
                for (const sample of new Int32Array(chunk.bytes.buffer))
                    if (sample !== next++) throw new Error(sample + " at " + next);
                lost += chunk.lostFrames;
                if (next >= 160_000) break;
            }
            out([lost, r.stats().lostFrames]);`),
        );
        expect([ended.status, ended.stderr]).toEqual([0, ""]);
        expect(results(ended)).toEqual([[0, 0]]);
    });
});

/** Checks in the script that every gap is where the ramp jumps, and as long. */
const check = `
    const isSilent = r.stats().silenceFrames > 0;
    let expected = 0;
    let from = 0;
    const walk = (to) => {
        for (let i = from; i < to; i++, expected++)
            if (samples[i] !== expected) throw new Error(samples[i] + ", not " + expected + ", at " + i);
        from = to;
    };
    r.reset(false);
    const { gaps } = r.stats(); // those that reading has reached
    for (const gap of gaps) {
        walk(Math.min(gap.at, samples.length));
        if (gap.frame !== expected || !gap.exact || gap.cause !== "overrun") throw new Error(JSON.stringify(gap));
        if (isSilent && samples.slice(gap.at, gap.at + gap.frames).some(Boolean)) throw new Error("no silence");
        if (isSilent) from = Math.min(samples.length, from + gap.frames);
        expected += gap.frames;
    }
    walk(samples.length);
    r.finish();
    const s = r.stats();
    const sum = (list) => list.reduce((all, gap) => all + gap.frames, 0);
    out({
        gaps: gaps.length > 1,
        listed: sum(s.gaps) === s.lostFrames && s.gaps.length === s.overruns,
        captured: s.capturedFrames - s.deliveredFrames - s.discardedFrames - s.bufferedFrames,
        delivered: s.deliveredFrames + s.silenceFrames - samples.length,
    });
`;

const good = { gaps: true, listed: true, captured: 0, delivered: 0 };

describe("a loop that reads slower than the microphone", () => {
    const told =
        /^maixjs: \d+ frames \(\d+ ms\) of sound are missing at frame \d+ \([\d.]+ s\): the script read too slowly\. Read more often, or make bufferMs larger\. stats\(\)\.gaps lists all\.\n$/;

    it("is told once, whatever onOverrun is", () =>
        inParallel(["mark", "silence", "throw"], async (onOverrun) => {
            const ended = await runScript(
                withPrelude(`${setUp(`bufferMs: 50, onOverrun: "${onOverrun}"`)}
            const samples = [];
            let caught = 0;
            for (let i = 0; i < 20; i++) {
                try {
                    samples.push(...new Int32Array(r.record(20).buffer));
                } catch (error) {
                    if (error.code !== "EOVERRUN") throw error;
                    caught++;
                    samples.push(...new Int32Array(error.data.buffer));
                }
                time.sleepMs(100);
            }
            out(caught > 0);
            ${check}`),
            );
            expect(ended.stderr).toMatch(told);
            expect(ended.status).toBe(0);
            expect(results(ended)).toEqual([onOverrun === "throw", good]);
        }));

    it("without a file, by a stream, and each recorder tells its own", async () => {
        const ended = await runScript(
            withPrelude(`
            for (let round = 0; round < 2; round++) {
                ${setUp("bufferMs: 30")}
                const samples = [];
                let lost = 0;
                for await (const chunk of r.stream({ ms: 20 })) {
                    samples.push(...new Int32Array(chunk.bytes.buffer));
                    lost += chunk.lostFrames;
                    time.sleepMs(100);
                    if (samples.length > 15_000) break;
                }
                out(lost > 0);
                ${check}
                r.close();
            }`),
        );
        const [first, second, ...rest] = ended.stderr.split(/(?<=\n)/);
        expect([told.test(first ?? ""), told.test(second ?? ""), rest]).toEqual([true, true, []]);
        expect(results(ended)).toEqual([true, good, true, good]);
    });
});

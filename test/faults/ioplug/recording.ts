// SPDX-License-Identifier: MIT
// A recording of the plug-in's ramp, and what must be true of it: every frame in its place, every
// loss told where it was.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

import { type Gap, joined } from "../overruns_oracle.ts";
import { type IoplugRun, runOnIoplug, type TrueLoss } from "./ioplug.ts";

export type OnOverrun = "mark" | "silence" | "throw";

export interface Job {
    readonly faults: string;
    readonly pace: "real" | "fast";
    readonly onOverrun: OnOverrun;
    readonly frames: number;
    /** The script sleeps so long after its first call. */
    readonly lateMs?: number;
}

export interface Recording {
    readonly run: IoplugRun;
    readonly samples: Uint32Array;
    readonly errors: readonly { code: string; frames: number; gap?: Gap }[];
    readonly state: string;
    readonly stats: Record<string, number> & { gaps: readonly Gap[] };
}

/** Records so many frames, whatever is thrown but ELOST; prints what came of it. */
const script = `
import { audio, time } from "maix";
const { onOverrun, frames, lateMs, pace } = JSON.parse(process.argv[2]);
// Whoever finds nothing waits for a period, also where frames come without a clock.
const periodSize = pace === "fast" ? 48 : undefined;
const r = new audio.Recorder("take.pcm",
    { format: audio.Format.FMT_S32_LE, onOverrun, periodSize, periodCount: pace === "fast" ? 200 : undefined });
const errors = [];
let left = frames;
while (left > 0) {
    try {
        left -= r.recordBytes(4 * Math.min(left, 4800)).length / 4;
        if (lateMs && left > frames - 5000) time.sleepMs(lateMs);
    } catch (error) {
        left -= error.frames;
        errors.push({ code: error.code, frames: error.frames, gap: error.gap });
        if (error.code !== "EOVERRUN") break;
    }
}
const state = r.state;
r.finish();
console.log(JSON.stringify({ errors, state, stats: r.stats() }));
`;

export async function recordRamp(job: Job): Promise<Recording> {
    const run = await runOnIoplug(script, { ...job, args: [JSON.stringify(job)] });
    const notices = run.ended.stderr.split("\n").filter(Boolean);
    expect([run.ended.status, notices.filter((line) => !/are missing/.test(line))]).toEqual([
        0,
        [],
    ]);
    expect(notices.length).toBeLessThanOrEqual(1);
    const bytes = readFileSync(join(run.cwd, "take.pcm"));
    const samples = new Uint32Array(new Uint8Array(bytes).buffer);
    return {
        run,
        samples,
        ...(JSON.parse(run.ended.stdout) as Omit<Recording, "run" | "samples">),
    };
}

/** What the file must hold: the device's frames, and silence as long as each gap said. */
function expectedSamples(
    losses: readonly TrueLoss[],
    gaps: readonly Gap[],
    count: number,
    isSilent: boolean,
): Uint32Array {
    const expected = new Uint32Array(count);
    let at = 0;
    let index = 0;
    const copyTo = (end: number): void => {
        while (index < end && at < count) expected[at++] = index++;
    };
    for (const [i, loss] of losses.entries()) {
        copyTo(loss.frame);
        index = loss.frame + loss.frames;
        if (isSilent) at += gaps[i]?.frames ?? 0;
    }
    copyTo(Number.POSITIVE_INFINITY);
    return expected;
}

/** One loss that begins where another ends is the same gap, if the cause is. */
function joinedLosses(recording: Recording, causes: Readonly<Record<string, string>>): TrueLoss[] {
    const list: TrueLoss[] = [];
    for (const loss of recording.run.losses) {
        const last = list.at(-1);
        const follows = last && last.frame + last.frames === loss.frame;
        if (last && follows && causes[last.kind] === causes[loss.kind]) {
            list.splice(-1, 1, { ...last, frames: last.frames + loss.frames });
        } else {
            list.push(loss);
        }
    }
    return list;
}

/** Checks all of it; gives the losses that stand in front of a recorded frame, with their gaps. */
export function checkRecording(
    recording: Recording,
    { onOverrun }: Job,
    causes: Readonly<Record<string, string>>,
): { loss: TrueLoss; gap: Gap }[] {
    const { samples, stats, errors } = recording;
    const { deliveredFrames = 0, silenceFrames = 0, lostFrames } = stats;
    expect(stats.capturedFrames).toBe(deliveredFrames + (stats.discardedFrames ?? 0));
    expect([stats.bufferedFrames, stats.unwrittenFrames]).toEqual([0, 0]);
    expect(samples.length).toBe(deliveredFrames + silenceFrames);
    expect(stats.gaps.reduce((sum, gap) => sum + gap.frames, 0)).toBe(lostFrames);
    const isSilent = onOverrun === "silence";
    const losses = joinedLosses(recording, causes);
    const gaps = joined(stats.gaps);
    const expected = expectedSamples(losses, gaps, samples.length, isSilent);
    expect(Buffer.compare(Buffer.from(samples.buffer), Buffer.from(expected.buffer))).toBe(0);
    let captured = 0;
    let lost = 0;
    let index = 0;
    const pairs: { loss: TrueLoss; gap: Gap }[] = [];
    for (const [i, loss] of losses.entries()) {
        captured += loss.frame - index;
        index = loss.frame + loss.frames;
        const at = captured + (isSilent ? lost : 0);
        if (at >= samples.length) break; // the recording ended before it
        const gap = gaps[i];
        expect(gap).toMatchObject({ at, frame: captured + lost, exact: false });
        expect([loss.kind, gap?.cause]).toEqual([loss.kind, causes[loss.kind]]);
        lost += gap?.frames ?? 0;
        if (gap) pairs.push({ loss, gap });
    }
    const thrown = errors.flatMap(({ gap }) => gap ?? []);
    const isThrown = onOverrun === "throw";
    expect(thrown).toEqual(isThrown ? stats.gaps.slice(0, thrown.length) : []);
    if (isThrown) {
        expect(joined(thrown).slice(0, pairs.length)).toEqual(pairs.map(({ gap }) => gap));
    }
    return pairs;
}

// SPDX-License-Identifier: MIT
// What disk_script.mjs says, and whether its files are just that.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

import { type FormatName, frameBytes, readHeader, storedRamp } from "./ramp.ts";

export interface Gap {
    readonly frame: number;
    readonly at: number;
    readonly frames: number;
    readonly exact: boolean;
    readonly cause: string;
}

export interface DiskOutcome {
    /** Which call, the error's code, its message. */
    readonly errors: readonly [call: number | string, code: string, message: string][];
    /** Calls after which a file was not what the numbers say. */
    readonly inexact: readonly [call: number | string, ...unknown[]][];
    /** Frames that the script got. */
    readonly returned: number;
    readonly takes: readonly {
        readonly name: string;
        /** Its first frame of the device. */
        readonly begin: number;
        /** Frames that were delivered before it. */
        readonly delivered: number;
    }[];
    readonly stats: {
        readonly capturedFrames: number;
        readonly deliveredFrames: number;
        readonly discardedFrames: number;
        readonly bufferedFrames: number;
        readonly lostFrames: number;
        readonly silenceFrames: number;
        readonly unwrittenFrames: number;
        readonly overruns: number;
        readonly gapsOmitted: number;
        readonly gaps: readonly Gap[];
    };
    readonly summary: { readonly path: string; readonly frames: number };
}

/** The ramp without the frames that the gaps name. */
function expectedSound(
    format: FormatName,
    begin: number,
    end: number,
    gaps: readonly Gap[],
): Buffer {
    const pieces: Buffer[] = [];
    let frame = begin;
    let at = 0;
    for (const gap of gaps) {
        pieces.push(storedRamp(format, 1, frame, gap.frame - frame));
        at += gap.frame - frame;
        expect(gap).toMatchObject({ at, cause: "disk", exact: true });
        frame = gap.frame + gap.frames;
    }
    pieces.push(storedRamp(format, 1, frame, end - frame));
    return Buffer.concat(pieces);
}

/** The equations hold; each file is the ramp without what the gaps name, under an exact header. */
export function expectWhole(work: string, outcome: DiskOutcome, format: FormatName): void {
    const { stats, takes, returned, summary } = outcome;
    expect(stats.capturedFrames).toBe(
        stats.deliveredFrames + stats.discardedFrames + stats.bufferedFrames,
    );
    expect([stats.lostFrames, stats.silenceFrames, stats.gapsOmitted]).toEqual([0, 0, 0]);
    // Every frame that was taken from the device reached the script.
    expect(returned).toBe(stats.deliveredFrames);
    const missing = stats.gaps.reduce((sum, gap) => sum + gap.frames, 0);
    expect(missing).toBe(stats.unwrittenFrames);
    let inFiles = 0;
    for (const [i, { name, begin, delivered }] of takes.entries()) {
        const end = begin + (takes[i + 1]?.delivered ?? stats.deliveredFrames) - delivered;
        const path = join(work, name);
        const gaps = stats.gaps.filter(({ frame }) => frame >= begin && frame < end);
        const sound = expectedSound(format, begin, end, gaps);
        inFiles += sound.length / frameBytes(format, 1);
        if (!existsSync(path)) {
            expect([name, sound.length]).toEqual([name, 0]);
            continue;
        }
        const bytes = readFileSync(path);
        const header = readHeader(path, bytes);
        expect([path, header.dataBytes]).toEqual([path, sound.length]);
        const length = header.dataAt + sound.length + (sound.length % 2);
        // What could not be cut off to the end stands behind the header's sizes.
        const hasTail = outcome.inexact.some(([, inFile]) => inFile === name);
        expect(hasTail ? bytes.length >= length : bytes.length === length).toBe(true);
        expect(bytes.subarray(header.dataAt, header.dataAt + sound.length).equals(sound)).toBe(
            true,
        );
        if (i === takes.length - 1) expect(summary.frames).toBe(header.frames);
    }
    expect(inFiles).toBe(stats.deliveredFrames - stats.unwrittenFrames);
    expect(readdirSync(work).filter((name) => name.endsWith(".part"))).toEqual([]);
}

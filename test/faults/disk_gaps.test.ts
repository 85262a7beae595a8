// SPDX-License-Identifier: MIT
// Frames that the device lost, and frames that the disk did not take, in one recording: each is
// counted once, and the file is what the gaps say.

import { mkdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { createFolder, run } from "../support/process.ts";
import type { DiskOutcome, Gap } from "./support/disk_outcome.ts";
import { compileInterposer, host } from "./support/interpose.ts";
import { readHeader, storedRamp } from "./support/ramp.ts";
import { createRandom, isFull, saySeed, seed } from "./support/random.ts";

const RUNS = isFull ? 500 : 40;
const CALLS = 40;
const CALL_FRAMES = 400;

const tools = createFolder();
const folder = createFolder();
let preload: string;
beforeAll(() => {
    preload = compileInterposer("disk", tools.work);
});
afterAll(() => {
    folder.remove();
    tools.remove();
});

interface Outcome {
    readonly stats: DiskOutcome["stats"];
    /** Frames that the script got, silence included. */
    readonly returned: number;
    readonly frames: number;
    readonly codes: readonly string[];
}

/** Each frame of the device from 0 on: in the file, silence in the file, or not in the file. */
function soundOf({ stats, frames: fileFrames }: Outcome, hasSilence: boolean): Buffer {
    const { gaps } = stats;
    const end = stats.capturedFrames + stats.lostFrames;
    const sound = storedRamp("FMT_S16_LE", 1, 0, end);
    const isThere = new Uint8Array(end).fill(1);
    for (const { frame, frames, cause } of gaps) {
        if (cause === "device" && hasSilence) sound.fill(0, 2 * frame, 2 * (frame + frames));
        else isThere.fill(0, frame, frame + frames);
    }
    const pieces: Buffer[] = [];
    const at: number[] = []; // of each frame in the file
    let inFile = 0;
    for (let frame = 0; frame < end; frame++) {
        at.push(inFile);
        if (isThere[frame] === 0) continue;
        pieces.push(sound.subarray(2 * frame, 2 * frame + 2));
        inFile++;
    }
    // A gap that nobody came to is where the file ends.
    for (const gap of gaps) {
        expect([gap, Math.min(at[gap.frame] ?? -1, fileFrames)]).toEqual([gap, gap.at]);
    }
    return Buffer.concat(pieces.slice(0, fileFrames));
}

const sum = (gaps: readonly Gap[], cause: string): number =>
    gaps.filter((gap) => gap.cause === cause).reduce((total, { frames }) => total + frames, 0);

it(`losses of both kinds, ${RUNS} times`, async () => {
    saySeed("gaps");
    const random = createRandom(seed);
    let both = 0;
    for (let i = 0; i < RUNS; i++) {
        const cwd = join(folder.work, `${i}`);
        mkdirSync(cwd);
        let frame = 0;
        const faults = Array.from({ length: random.below(6) }, () => {
            frame += 1 + random.below(4000);
            const lost = 1 + random.below(1500);
            const fault = `,xrun_at=${frame}:${lost}`;
            frame += lost;
            return fault;
        });
        // Behind the start: a start that fails discards what came meanwhile.
        const first = 4 + random.below(40);
        const fail = `${random.of(["write", "any"])} ${first} ${first + random.below(20)} ${constants.errno.ENOSPC}`;
        const onOverrun = random.of(["mark", "silence", "throw"]);
        const mode = random.of(["record", "save"]);
        const code = `
            import { audio } from "maix";
            const r = new audio.Recorder("a.wav", { sampleRate: 8000, onOverrun: "${onOverrun}" });
            let returned = 0;
            const codes = [];
            while (returned < ${CALLS * CALL_FRAMES}) {
                try { returned += ${mode === "save" ? "r.save(50)" : "r.record(50).length / 2"}; }
                catch (e) { returned += e.frames; codes.push(e.code); }
            }
            const { frames } = r.finish();
            console.log(JSON.stringify({ stats: r.stats(), returned, frames, codes }));`;
        const ended = await run(["--mic", `sim:ramp,pace=fast${faults.join("")}`, "-e", code], {
            cwd,
            command: host,
            env: {
                LD_PRELOAD: preload,
                MAIXJS_DISK_FOLDER: cwd,
                MAIXJS_DISK_FAIL: fail,
                MAIXJS_DISK_SHORT: String(random.below(2) * random.below(700)),
            },
        });
        const what = JSON.stringify({ i, faults, fail, onOverrun, mode });
        expect([what, ended.status]).toEqual([what, 0]);
        const outcome = JSON.parse(ended.stdout) as Outcome;
        const { stats, returned, frames } = outcome;
        const hasSilence = onOverrun === "silence";
        try {
            expect(stats.capturedFrames).toBe(
                stats.deliveredFrames + stats.discardedFrames + stats.bufferedFrames,
            );
            expect(frames).toBe(
                stats.deliveredFrames + stats.silenceFrames - stats.unwrittenFrames,
            );
            expect(returned).toBe(stats.deliveredFrames + stats.silenceFrames);
            expect(sum(stats.gaps, "disk")).toBe(stats.unwrittenFrames);
            expect(sum(stats.gaps, "device")).toBe(stats.lostFrames);
            const path = join(cwd, "a.wav");
            const bytes = readFileSync(path);
            const header = readHeader(path, bytes);
            expect(header.frames).toBe(frames);
            const sound = bytes.subarray(header.dataAt, header.dataAt + header.dataBytes);
            expect(sound.equals(soundOf(outcome, hasSilence))).toBe(true);
        } catch (error) {
            throw new Error(`${what} ${ended.stdout}`, { cause: error });
        }
        if (stats.lostFrames > 0 && stats.unwrittenFrames > 0) both++;
    }
    console.log(`${RUNS} runs, ${both} with both kinds of losses`);
    expect(both).toBeGreaterThan(RUNS / 4);
});

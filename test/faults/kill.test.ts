// SPDX-License-Identifier: MIT
// SIGKILL at any instant: at random moments, and at each thing that the program does to the disk.
//
// MAIXJS_FAULTS_KILLS: how many random moments (200; 1,000 with MAIXJS_FAULTS_FULL=1).

import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createFolder } from "../support/process.ts";
import { compileInterposer, host } from "./support/interpose.ts";
import {
    type FormatName,
    formatNames,
    frameBytes,
    readHeader,
    storedRamp,
} from "./support/ramp.ts";
import { createRandom, isFull, type Random, saySeed, seed } from "./support/random.ts";
import { areReadersThere, md5, readMany } from "./support/read_many.ts";

const KILLS = Number(process.env.MAIXJS_FAULTS_KILLS ?? (isFull ? 1000 : 200));
// So many files of a run are given to the other programs; ours reads all.
const READ_MAX = 8;
const BLOCK_MS = 50;
const WRITER_BLOCK_BYTES = 1 << 20;

const script = fileURLToPath(new URL("support/kill_script.mjs", import.meta.url));
const folder = createFolder();
afterAll(() => folder.remove());

interface Case {
    readonly mode: string;
    readonly format: FormatName;
    readonly channels: number;
    readonly rate: number;
    readonly ms: number;
    readonly frames: number;
    readonly periodFrames: number;
    readonly calls: number;
    readonly takes: number;
    readonly names: number;
    readonly pauseMs: number;
    readonly extension: string;
    readonly mic: string;
    readonly bufferMs: number;
}

const modes = ["record", "save", "recordBytes", "readInto", "polling", "stream", "writer"];

function chooseCase(random: Random): Case {
    const rate = random.of([8000, 11025, 16000, 44100, 48000, 192000]);
    const ms = random.of([1, 7, 20, 50, 130, 400]);
    const mode = random.of(modes);
    // At the pace of a microphone blocks are written as the sound comes.
    const isPaced = random.below(4) === 0;
    const bare = mode !== "writer" && random.below(10) === 0;
    return {
        mode,
        // A bare file holds the script's format: one that is the same in a .wav.
        format: bare ? "FMT_S16_LE" : random.of(formatNames),
        channels: random.of([1, 1, 2, 3, 6]),
        rate,
        ms,
        frames: Math.floor((ms * rate) / 1000),
        periodFrames: Math.ceil(rate / random.of([1000, 333, 100, 10])),
        calls: random.of([1, 2, 5, 40, 1000]),
        takes: random.of([1, 2, 5]),
        names: random.of([1, 2, 1_000_000]),
        pauseMs: random.of([0, 0, 1]),
        extension: bare ? "pcm" : "wav",
        mic: isPaced ? "sim:ramp" : "sim:ramp,pace=fast",
        bufferMs: isPaced ? 10_000 : 400,
    };
}

/** What the script said of a file. */
interface Take {
    readonly begin: number;
    frames: number;
    /** The call that makes the file has returned. */
    isThere: boolean;
    isEnded: boolean;
    /** What stood under this name before. */
    readonly former: Take | undefined;
}

function takesOf(said: string): Map<string, Take> {
    const takes = new Map<string, Take>();
    let last: Take | undefined;
    // The last line may be torn.
    for (const line of said.split("\n").slice(0, -1)) {
        const [word, name = "", number] = line.split(" ");
        const take = takes.get(name);
        if (word === "begin") {
            // open() of the next take ends one; that it began is said before.
            last = {
                begin: Number(number),
                frames: 0,
                isThere: false,
                isEnded: false,
                former: take,
            };
            takes.set(name, last);
        } else if (take && word === "have") {
            take.frames = Number(number);
            take.isThere = true;
        } else if (take && word === "end") {
            take.frames = Number(number);
            take.isThere = true;
            take.isEnded = true;
        } else throw new Error(`the script said ${line}`);
    }
    return takes;
}

/** The bytes of sound that the file names; throws where they are not exactly the ramp. */
function soundOf(path: string, bytes: Buffer, options: Case, begin: number): Buffer {
    const width = frameBytes(options.format, options.channels);
    const bare = options.extension === "pcm";
    const header = bare
        ? { dataAt: 0, dataBytes: bytes.length - (bytes.length % width), frameBytes: width }
        : readHeader(path, bytes);
    if (header.frameBytes !== width) throw new Error(`${path}: frames of ${header.frameBytes}`);
    const end = header.dataAt + header.dataBytes;
    if (bytes.length < end) throw new Error(`${path}: ${end} bytes named, ${bytes.length} there`);
    const block = Math.max((BLOCK_MS * options.rate) / 1000, options.periodFrames) * width;
    const behind = bytes.length - end - (header.dataBytes % 2);
    if (behind > (options.mode === "writer" ? WRITER_BLOCK_BYTES : block) + 1) {
        throw new Error(`${path}: ${behind} bytes behind the named ones`);
    }
    // Also what the header does not name yet, as far as it is whole frames.
    const frames = Math.floor((bytes.length - header.dataAt) / width);
    const expected = storedRamp(options.format, options.channels, begin, frames);
    const sound = bytes.subarray(header.dataAt, header.dataAt + expected.length);
    // A pad byte may look like a frame of one byte.
    const padded = width === 1 && header.dataBytes % 2 === 1 && frames === header.dataBytes + 1;
    if (
        !sound
            .subarray(0, padded ? -1 : undefined)
            .equals(expected.subarray(0, padded ? -1 : undefined))
    ) {
        throw new Error(`${path}: not the ramp from ${begin}`);
    }
    return bytes.subarray(header.dataAt, end);
}

interface Checked {
    readonly path: string;
    readonly sound: Buffer;
}

/** One file against what was said of it; null where it need not be, and is not. */
function checkTake(path: string, take: Take, options: Case): Checked | null {
    let bytes: Buffer;
    try {
        bytes = readFileSync(path);
    } catch (error) {
        if (!take.isThere && !take.former) return null;
        throw error;
    }
    const width = frameBytes(options.format, options.channels);
    if (!take.isThere && take.former) {
        // Either of the two, whole.
        try {
            const sound = soundOf(path, bytes, options, take.former.begin);
            if (sound.length / width >= take.former.frames && sound.length > 0)
                return { path, sound };
        } catch {
            // Then it must be the new one.
        }
    }
    const sound = soundOf(path, bytes, options, take.begin);
    const frames = sound.length / width;
    if (take.isEnded ? frames !== take.frames : frames < take.frames) {
        throw new Error(`${path}: ${frames} frames, ${take.frames} were returned`);
    }
    return { path, sound };
}

/** All that a killed run has left. */
function checkRun(work: string, said: string, options: Case): Checked[] {
    const takes = takesOf(said);
    const left = new Set(readdirSync(work));
    const checked: Checked[] = [];
    for (const [name, take] of takes) {
        const file = checkTake(join(work, name), take, options);
        left.delete(name);
        if (file && options.extension === "wav") checked.push(file);
    }
    // Killed before the rename: its temporary file, without a frame.
    for (const name of left) {
        expect(name).toMatch(/^\.maixjs-\d+-\d+\.part$/);
        expect(readFileSync(join(work, name)).length).toBeLessThanOrEqual(80);
    }
    expect(left.size).toBeLessThanOrEqual(1);
    return checked;
}

interface Killing {
    /** After so many milliseconds, of the start or of the first line that it said. */
    readonly afterMs?: number;
    readonly isOfStart?: boolean;
    readonly env?: Readonly<Record<string, string>>;
}

/** Runs the script until it is killed, by us or by what is preloaded; gives what it said. */
function runKilled(work: string, options: Case, killing: Killing): Promise<string> {
    return new Promise((resolve, reject) => {
        const args = ["--mic", options.mic, script, JSON.stringify(options)];
        const child = spawn(host, args, {
            cwd: work,
            env: { HOME: folder.work, PATH: process.env.PATH, ...killing.env },
            stdio: ["ignore", "pipe", "pipe"],
        });
        let said = "";
        let errors = "";
        let timer: NodeJS.Timeout | undefined;
        const arm = (): void => {
            if (killing.afterMs === undefined) return;
            timer ??= setTimeout(() => child.kill("SIGKILL"), killing.afterMs);
        };
        if (killing.isOfStart) arm();
        child.stdout.setEncoding("latin1").on("data", (text: string) => {
            arm();
            said += text;
        });
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
            errors += text;
        });
        child.on("error", reject);
        child.on("close", (status, signal) => {
            clearTimeout(timer);
            if (signal === "SIGKILL" && errors === "") resolve(said);
            else reject(new Error(`status ${status} ${signal}: ${errors}\n${said}`));
        });
    });
}

/** What every reader gets is what the header names, to the byte. Same files are read once. */
function expectReadAlike(all: readonly Checked[]): void {
    const unique = new Map(all.map((file) => [md5(readFileSync(file.path)), file]));
    const files = [...unique.values()];
    const readings = readMany(files.map(({ path }) => path));
    for (const [i, { path, sound }] of files.entries()) {
        const { wave, frames, ...hashes } = readings[i] as (typeof readings)[number];
        const hash = md5(sound);
        expect([path, hashes]).toEqual([path, { sndfile: hash, sox: hash, ffmpeg: hash }]);
        const isPlain = readFileSync(path).readUInt16LE(20) === 1;
        expect([path, wave]).toEqual([path, isPlain ? hash : null]);
        expect(frames).toBe(sound.length / readFileSync(path).readUInt16LE(32));
    }
}

describe.skipIf(!areReadersThere)("a kill leaves files that are good", () => {
    it(`at ${KILLS} random moments`, async () => {
        saySeed("kills");
        const random = createRandom(seed);
        const batch = 50;
        let filesRead = 0;
        for (let first = 0; first < KILLS; first += batch) {
            const files: Checked[] = [];
            const queue = Array.from({ length: Math.min(batch, KILLS - first) }, (_, i) => {
                const isOfStart = random.below(8) === 0;
                const options = chooseCase(random);
                const limitMs = isOfStart ? 60 : options.mic === "sim:ramp" ? 500 : 40;
                return { number: first + i, options, isOfStart, afterMs: random.below(limitMs) };
            });
            const work = async (): Promise<void> => {
                for (let one = queue.shift(); one; one = queue.shift()) {
                    const place = join(folder.work, `run-${one.number}`);
                    mkdirSync(place);
                    const said = await runKilled(place, one.options, one);
                    try {
                        files.push(...checkRun(place, said, one.options).slice(-READ_MAX));
                    } catch (error) {
                        throw new Error(
                            `kill ${one.number}: ${JSON.stringify(one)}\n${said.slice(-500)}`,
                            { cause: error },
                        );
                    }
                }
            };
            await Promise.all([work(), work()]);
            expectReadAlike(files);
            filesRead += files.length;
            for (const name of readdirSync(folder.work)) {
                rmSync(join(folder.work, name), { recursive: true });
            }
        }
        console.log(`${KILLS} kills, ${filesRead} files read by all readers`);
        // Most kills hit a file: else this has tested nothing.
        expect(filesRead).toBeGreaterThan(KILLS / 2);
    });

    describe("at each thing that it does to the disk", () => {
        let preload: string;
        const tools = createFolder();
        beforeAll(() => {
            preload = compileInterposer("disk", tools.work);
        });
        afterAll(() => tools.remove());

        const small = {
            ...{ channels: 1, rate: 48000, ms: 50, frames: 2400, periodFrames: 480 },
            ...{ mic: "sim:ramp,pace=fast", bufferMs: 400 },
        };
        const cases: readonly Case[] = [
            {
                ...small,
                mode: "record",
                format: "FMT_S24_3LE",
                calls: 2,
                takes: 2,
                names: 1,
                pauseMs: 0,
                extension: "wav",
            },
            {
                ...small,
                mode: "writer",
                format: "FMT_S8",
                channels: 3,
                ms: 51,
                frames: 2448,
                calls: 2,
                takes: 1,
                names: 1,
                pauseMs: 0,
                extension: "wav",
            },
        ];
        it.each(cases)("$mode, $format", async (options) => {
            // A session is about 30 things; the second one replaces the files of the first.
            const places = Array.from({ length: 70 }, (_, i) => i + 1).flatMap((thing) =>
                ["before", "half", "after"].map((when) => ({ thing, when })),
            );
            const files: Checked[] = [];
            const runAll = async (): Promise<void> => {
                for (let place = places.shift(); place; place = places.shift()) {
                    const { thing, when } = place;
                    const work = join(folder.work, `${options.mode}-${thing}-${when}`);
                    mkdirSync(work);
                    const env = {
                        LD_PRELOAD: preload,
                        MAIXJS_DISK_FOLDER: work,
                        MAIXJS_DISK_KILL: `${thing} ${when}`,
                    };
                    files.push(...checkRun(work, await runKilled(work, options, { env }), options));
                }
            };
            await Promise.all([runAll(), runAll()]);
            expectReadAlike(files);
            expect(files.length).toBeGreaterThan(200);
        });
    });
});

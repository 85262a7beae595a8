// SPDX-License-Identifier: MIT
// The power fails behind any of the things that a recording does to the disk, and what was not
// synced is there, is not, or is torn.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { createFolder, run } from "../support/process.ts";
import {
    chance,
    cutAfter,
    type Fate,
    fates,
    type Log,
    parseLog,
    sureContent,
} from "./support/disk_model.ts";
import { compileInterposer, host } from "./support/interpose.ts";
import {
    type FormatName,
    frameBytes,
    type Header,
    readHeader,
    storedRamp,
} from "./support/ramp.ts";
import { createRandom, isFull, saySeed, seed } from "./support/random.ts";
import { areReadersThere, md5, readMany } from "./support/read_many.ts";

const CHANCES = isFull ? 40 : 3;
// So many cut files `maixjs wav` is asked about, of each recording.
const CUT_FILES = isFull ? 1000 : 12;

const script = fileURLToPath(new URL("support/kill_script.mjs", import.meta.url));
const tools = createFolder();
let preload: string;
beforeAll(() => {
    preload = compileInterposer("disk", tools.work);
});
let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder?.remove();
    folder = createFolder();
});
afterAll(() => {
    folder.remove();
    tools.remove();
});

interface Case {
    readonly mode: string;
    readonly format: FormatName;
    readonly channels: number;
    readonly extension: string;
    readonly syncEvery: number;
    readonly calls: number;
}

interface Recording {
    readonly log: Log;
    readonly work: string;
    /** The first frame of each file, in the order in which they were made. */
    readonly begins: readonly number[];
}

/** Two sessions of two takes at 8 kHz; the second replaces the files of the first. */
async function record(options: Case, env: Readonly<Record<string, string>>): Promise<Recording> {
    const log = join(tools.work, `log-${Math.random()}`);
    const more = {
        rate: 8000,
        ms: 50,
        frames: 400,
        periodFrames: 80,
        takes: 2,
        names: 1,
        bufferMs: 400,
    };
    const argument = JSON.stringify({ ...options, ...more, sessions: 2, pauseMs: 0 });
    const ended = await run(["--mic", "sim:ramp,pace=fast", script, argument], {
        cwd: folder.work,
        command: host,
        env: {
            LD_PRELOAD: preload,
            MAIXJS_DISK_FOLDER: folder.work,
            MAIXJS_DISK_LOG: log,
            MAIXJS_DISK_SYNC_EVERY: String(options.syncEvery),
            ...env,
        },
    });
    expect([ended.status, ended.stderr]).toEqual([0, ""]);
    const begins = [...ended.stdout.matchAll(/^begin \S+ (\d+)$/gm)].map(([, at]) => Number(at));
    return { log: parseLog(readFileSync(log, "utf8")), work: folder.work, begins };
}

const isBare = (options: Case): boolean => options.extension === "pcm";

/** Facts of what a file names; of a bare one, what it holds. */
function headerOf(path: string, content: Buffer, options: Case): Header {
    if (!isBare(options)) return readHeader(path, content);
    const width = frameBytes(options.format, options.channels);
    const frames = Math.floor(content.length / width);
    return { dataAt: 0, dataBytes: frames * width, frameBytes: width, frames };
}

/** One file after a power cut: throws unless what is sure of it is there. Returns the sure frames. */
function checkFile(
    path: string,
    content: Buffer,
    sure: Buffer,
    begin: number,
    options: Case,
): number {
    const header = headerOf(path, content, options);
    const frames = sure.length > 0 ? headerOf(path, sure, options).frames : 0;
    const expected = storedRamp(options.format, options.channels, begin, frames);
    const sound = content.subarray(header.dataAt, header.dataAt + expected.length);
    if (header.frames < frames) throw new Error(`${path}: ${header.frames} named, ${frames} sure`);
    if (!sound.equals(expected)) throw new Error(`${path}: not the ramp up to frame ${frames}`);
    return frames;
}

/** Every state after every prefix. `use` gets each different content that must be readable. */
function checkAllCuts(recording: Recording, options: Case, use: (content: Buffer) => void): number {
    const { log, begins } = recording;
    const random = createRandom(seed);
    const all: Fate[] = [...fates, ...Array.from({ length: CHANCES }, () => chance)];
    const pathsBefore = new Map<number, Set<string>>();
    let states = 0;
    const seen = new Set<string>();
    for (let until = 0; until <= log.length; until++) {
        for (const fate of all) {
            states++;
            for (const [path, found] of cutAfter(log, until, new Map(), fate, random)) {
                if (path.endsWith(".part")) continue;
                const what = `${fate.name} of ${until} things, ${path}`;
                const replaced = pathsBefore.get(found.file) ?? new Set();
                pathsBefore.set(found.file, replaced.add(path));
                const isFirst = ![...pathsBefore].some(
                    ([file, paths]) => file < found.file && paths.has(path),
                );
                // A new file may be anything until its first sync, an old one is never lost for it.
                if (!found.isSynced && isFirst) continue;
                const sure = sureContent(log, until, found.file);
                const begin = begins[found.file - 1] ?? -1;
                checkFile(what, found.content, sure, begin, options);
                const hash = md5(found.content);
                if (!seen.has(hash)) use(found.content);
                seen.add(hash);
            }
        }
    }
    return states;
}

/** With nothing but what is sure, the file that is finished is there, whole. */
function checkFinished(recording: Recording): void {
    const { log, work } = recording;
    const nothing = fates[0] as Fate;
    const names = readdirSync(work);
    const left = cutAfter(log, log.length, new Map(), nothing, createRandom(seed));
    expect([...left.keys()].sort()).toEqual(names.map((name) => join(work, name)).sort());
    for (const [path, { content }] of left) {
        expect([path, content.equals(readFileSync(path))]).toEqual([path, true]);
    }
}

/** When a take gets its first frame, the one before it is there for ever. */
function checkTakes(recording: Recording, options: Case): void {
    const { log } = recording;
    const paths = log.flatMap((event) => (event.kind === "rename" ? [event.path] : []));
    for (let file = 2; file <= paths.length; file++) {
        const until = log.findIndex(
            (event) => event.kind === "write" && event.file === file && event.data.length > 80,
        );
        const left = cutAfter(log, until, new Map(), fates[0] as Fate, createRandom(seed));
        const former = left.get(paths[file - 2] ?? "");
        expect([file, former?.file]).toEqual([file, file - 1]);
        const frames = headerOf("", former?.content ?? Buffer.alloc(0), options).frames;
        expect(frames).toBe(options.calls * 400);
    }
}

/** All that a reader may make of a file: whole frames, or also the part of one at the end. */
function acceptable(content: Buffer): { hashes: string[]; isEmpty: boolean } {
    const header = readHeader("", content);
    const sound = content.subarray(header.dataAt, header.dataAt + header.dataBytes);
    const whole = sound.subarray(0, sound.length - (sound.length % header.frameBytes));
    return { hashes: [md5(sound), md5(whole)], isEmpty: header.dataBytes === 0 };
}

function expectReadable(contents: readonly Buffer[]): void {
    const place = join(folder.work, "../cut");
    mkdirSync(place);
    const paths = contents.map((content, i) => {
        const path = join(place, `${i}.wav`);
        writeFileSync(path, content);
        return path;
    });
    for (const [i, readings] of readMany(paths).entries()) {
        const content = contents[i] as Buffer;
        const { hashes, isEmpty } = acceptable(content);
        const { sndfile, sox, ffmpeg, wave } = readings;
        for (const [reader, hash] of Object.entries({ sndfile, sox, ffmpeg, wave })) {
            if (hash === null) continue;
            // ffmpeg reads on where a header names nothing: all of it is unsynced.
            if (reader === "ffmpeg" && isEmpty && !hash.startsWith("error")) continue;
            if (!hashes.includes(hash))
                throw new Error(`${paths[i]}: ${reader}: ${hash}, not ${hashes}`);
        }
    }
}

/** A file whose header names more than there is: `maixjs wav check` says so, `repair` keeps each
 * frame that is there, and then all readers agree. Returns how many there were. */
async function expectRepairable(contents: readonly Buffer[]): Promise<number> {
    const place = join(folder.work, "../repaired");
    mkdirSync(place);
    const repaired: { path: string; hash: string; frames: number }[] = [];
    for (const [i, content] of contents.entries()) {
        const header = readHeader("", content);
        const there = content.subarray(header.dataAt).length;
        if (there >= header.dataBytes || repaired.length >= CUT_FILES) continue;
        const path = join(place, `${i}.wav`);
        writeFileSync(path, content);
        const check = await run(["wav", "check", path], { cwd: folder.work });
        expect([check.status, check.stderr]).toEqual([1, ""]);
        expect(check.stdout).toContain(`is ${header.dataBytes} bytes, but only ${there} are there`);
        const whole = there - (there % header.frameBytes);
        // Where no whole frame is left there is no sound to save.
        if (whole === 0) continue;
        const output = join(place, `${i}-repaired.wav`);
        const repair = await run(["wav", "repair", path, "-o", output], { cwd: folder.work });
        expect([path, repair.status, repair.stderr]).toEqual([path, 0, ""]);
        const hash = md5(content.subarray(header.dataAt, header.dataAt + whole));
        repaired.push({ path: output, hash, frames: whole / header.frameBytes });
    }
    for (const [i, { sndfile, sox, ffmpeg, wave, frames }] of readMany(
        repaired.map(({ path }) => path),
    ).entries()) {
        const { path, hash, frames: wanted } = repaired[i] as (typeof repaired)[number];
        const read = [sndfile, sox, ffmpeg, wave ?? hash, frames];
        expect([path, ...read]).toEqual([path, hash, hash, hash, hash, wanted]);
    }
    return repaired.length;
}

describe.skipIf(!areReadersThere)("what was synced is there after a power cut", () => {
    it.each<Case>([
        {
            mode: "record",
            format: "FMT_S16_LE",
            channels: 1,
            extension: "wav",
            syncEvery: 5,
            calls: 5,
        },
        {
            mode: "save",
            format: "FMT_S24_3LE",
            channels: 1,
            extension: "wav",
            syncEvery: 7,
            calls: 6,
        },
        {
            mode: "stream",
            format: "FMT_F32_LE",
            channels: 3,
            extension: "wav",
            syncEvery: 4,
            calls: 4,
        },
        {
            mode: "writer",
            format: "FMT_U16_BE",
            channels: 2,
            extension: "wav",
            syncEvery: 6,
            calls: 5,
        },
        {
            mode: "record",
            format: "FMT_S16_LE",
            channels: 2,
            extension: "pcm",
            syncEvery: 3,
            calls: 5,
        },
    ])("$mode into .$extension, $format", async (options) => {
        saySeed("power cuts");
        const recording = await record(options, {});
        expect(recording.begins).toHaveLength(4);
        // The sync thread came in between, and writes came in between its syncs.
        const syncs = recording.log.filter(({ kind }) => kind === "sync-end").length;
        expect(syncs).toBeGreaterThan(6);
        checkFinished(recording);
        checkTakes(recording, options);
        const contents: Buffer[] = [];
        const states = checkAllCuts(recording, options, (content) => contents.push(content));
        if (!isBare(options)) {
            expectReadable(contents);
            expect(await expectRepairable(contents)).toBeGreaterThan(5);
        }
        console.log(
            `${recording.log.length} things, ${states} power cuts, ${contents.length} files`,
        );
        expect(contents.length).toBeGreaterThan(recording.log.length / 2);
    });

    it("a rename that takes longer than the interval between two syncs", async () => {
        const options = {
            mode: "record",
            format: "FMT_S16_LE",
            channels: 1,
            extension: "wav",
        } as const;
        const recording = await record(
            { ...options, syncEvery: 4, calls: 4 },
            { MAIXJS_DISK_SLOW_RENAME: "1" },
        );
        checkFinished(recording);
    });
});

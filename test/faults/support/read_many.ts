// SPDX-License-Identifier: MIT
// What libsndfile, sox, ffmpeg and Python's wave read from many WAV files: their bytes of sound.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { hasTool } from "../../support/tools.ts";

export const areReadersThere = ["sox", "ffmpeg", "sndfile-info", "python3"].every(hasTool);

const OUTPUT_MAX = 1 << 30;
// So many files one ffmpeg opens.
const BATCH = 40;

/** One file. Hashes are MD5 of all bytes of sound that the reader gets, as they are stored. */
export interface Readings {
    readonly sndfile: string;
    readonly sox: string;
    readonly ffmpeg: string;
    /** Null: not a plain header, which it does not know. */
    readonly wave: string | null;
    /** What libsndfile says. */
    readonly frames: number;
}

export const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

function run(command: string, args: readonly string[], input = ""): string {
    const ended = spawnSync(command, args, { input, encoding: "utf8", maxBuffer: OUTPUT_MAX });
    if (ended.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${ended.stderr}`);
    return ended.stdout;
}

type PythonReading = [number, string] | string | null;

function readWithPython(
    paths: readonly string[],
): { sndfile: PythonReading; wave: PythonReading }[] {
    const script = fileURLToPath(new URL("read_many.py", import.meta.url));
    const lines = run("python3", [script], paths.map((path) => `${path}\n`).join(""));
    return lines
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { sndfile: PythonReading; wave: PythonReading });
}

/** `-c copy`: the bytes of the file, not converted. */
function readWithFfmpeg(paths: readonly string[]): string[] {
    const inputs = paths.flatMap((path) => ["-i", path]);
    const maps = paths.flatMap((_, i) => ["-map", `${i}`]);
    const codec = ["-c", "copy", "-f", "streamhash", "-hash", "md5", "-"];
    const lines = run("ffmpeg", ["-nostdin", "-v", "error", ...inputs, ...maps, ...codec]);
    const hashes = lines.trimEnd().split("\n");
    return paths.map((_, i) => {
        const line = hashes.find((text) => text.startsWith(`${i},a,MD5=`));
        return line?.slice(line.indexOf("=") + 1) ?? "nothing";
    });
}

/** As raw samples of the file's own format, which sox converts without loss. */
function readOneWithSox(path: string): string {
    const ended = spawnSync("sox", [path, "-t", "raw", "-"], { maxBuffer: OUTPUT_MAX });
    if (ended.status !== 0) return `error: ${ended.stderr.toString()}`;
    return md5(ended.stdout);
}

/** Files of one format, one behind the other, cut where another reader says that they end; where
 * that does not come out, each by itself. */
function readWithSox(paths: readonly string[], lengths: readonly number[]): string[] {
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const ended = spawnSync("sox", [...paths, "-t", "raw", "-"], { maxBuffer: OUTPUT_MAX });
    if (ended.status !== 0 || ended.stdout.length !== total) return paths.map(readOneWithSox);
    let at = 0;
    return lengths.map((length) => {
        at += length;
        return md5(ended.stdout.subarray(at - length, at));
    });
}

/** Indices of files, in groups of one format, none too large. */
function groupsOf(heads: readonly Buffer[]): number[][] {
    const groups = new Map<string, number[][]>();
    for (const [i, head] of heads.entries()) {
        const format = head.toString("hex", 20, 20 + head.readUInt32LE(16));
        const [last = [], ...rest] = groups.get(format) ?? [];
        groups.set(format, last.length < BATCH ? [[...last, i], ...rest] : [[i], last, ...rest]);
    }
    return [...groups.values()].flat();
}

function readHead(path: string): Buffer {
    const head = Buffer.alloc(64);
    const file = openSync(path, "r");
    readSync(file, head);
    closeSync(file);
    return head;
}

const hashOf = (reading: PythonReading): string =>
    Array.isArray(reading) ? reading[1] : String(reading);

/** Reads each file with every reader. A file that a reader refuses has its error in place of a hash;
 * only ffmpeg's ends it all, with ffmpeg's words. */
export function readMany(paths: readonly string[]): Readings[] {
    if (paths.length === 0) return [];
    const python = readWithPython(paths);
    const ffmpeg: string[] = [];
    for (let i = 0; i < paths.length; i += BATCH) {
        ffmpeg.push(...readWithFfmpeg(paths.slice(i, i + BATCH)));
    }
    const heads = paths.map(readHead);
    const framesOf = (i: number): number => {
        const reading = python[i]?.sndfile;
        return Array.isArray(reading) ? reading[0] : -1;
    };
    const sox: string[] = [];
    for (const group of groupsOf(heads)) {
        const lengths = group.map((i) => framesOf(i) * (heads[i]?.readUInt16LE(32) ?? 0));
        const hashes = readWithSox(
            group.map((i) => paths[i] ?? ""),
            lengths,
        );
        for (const [k, i] of group.entries()) sox[i] = hashes[k] ?? "nothing";
    }
    return paths.map((_, i) => {
        const { sndfile, wave } = python[i] ?? { sndfile: "nothing", wave: "nothing" };
        return {
            sndfile: hashOf(sndfile),
            wave: wave === null ? null : hashOf(wave),
            sox: sox[i] ?? "nothing",
            ffmpeg: ffmpeg[i] ?? "nothing",
            frames: framesOf(i),
        };
    });
}

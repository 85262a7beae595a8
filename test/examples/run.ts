// SPDX-License-Identifier: MIT
// Runs the built executable in a folder of its own, and stops it when an output was seen.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));
export const executable = join(projectRoot, "zig-out/bin/maixjs");
// Scripts in a temporary folder have no node_modules in which it would be found.
const esbuild = join(projectRoot, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`);

export interface Ended {
    /** Exit status; null: ended by a signal. */
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

export interface RunOptions {
    readonly cwd: string;
    /** Sends SIGINT once this is true of what standard output has so far; asked after each piece. */
    readonly stopWhen?: (stdout: string) => boolean;
    /** Sends SIGINT once this is true; asked again and again. */
    readonly stopOnce?: () => boolean;
    readonly input?: string;
    readonly command?: string;
}

const POLL_MS = 5;

/** A temporary folder that `remove` takes away; `work` and `cache` are in it. */
export function createFolder(): { work: string; remove: () => void } {
    const root = realpathSync(mkdtempSync(join(tmpdir(), "maixjs-run-")));
    const work = join(root, "work");
    mkdirSync(work);
    return { work, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Runs `maixjs <args>`; its bundles are cached beside `cwd`, not in the user's folder. */
export function run(args: readonly string[], options: RunOptions): Promise<Ended> {
    return new Promise((resolve, reject) => {
        const { MAIXJS_MIC: _, ...inherited } = process.env;
        const cache = join(options.cwd, "../cache");
        const env = { ...inherited, XDG_CACHE_HOME: cache, MAIXJS_ESBUILD: esbuild };
        const child = spawn(options.command ?? executable, args, { cwd: options.cwd, env });
        let stdout = "";
        let stderr = "";
        let isStopped = false;
        const stop = (): void => {
            if (isStopped) return;
            isStopped = true;
            child.kill("SIGINT");
        };
        const poll = setInterval(() => {
            if (options.stopOnce?.() === true) stop();
        }, POLL_MS);
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
            stdout += text;
            if (options.stopWhen?.(stdout) === true) stop();
        });
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
            stderr += text;
        });
        child.on("error", (error) => {
            clearInterval(poll);
            reject(error);
        });
        child.on("close", (status) => {
            clearInterval(poll);
            resolve({ status, stdout, stderr });
        });
        // A program that ends early does not read it: that is no failure of the test.
        child.stdin.on("error", () => {});
        child.stdin.end(options.input ?? "");
    });
}

export interface Wav {
    readonly rate: number;
    readonly channels: number;
    readonly bits: number;
    /** The bytes behind the header, as many as it says. */
    readonly data: Buffer;
    readonly frames: number;
}

/** Reads a canonical WAV file; throws unless header and length agree to the byte. */
export function readWav(path: string): Wav {
    const bytes = readFileSync(path);
    const dataBytes = bytes.readUInt32LE(40);
    const tags = [0, 8, 12, 36].map((at) => bytes.toString("latin1", at, at + 4)).join("");
    if (tags !== "RIFFWAVEfmt data") throw new Error(`${path}: the header is ${tags}`);
    if (bytes.readUInt32LE(4) !== 36 + dataBytes || bytes.length !== 44 + dataBytes) {
        throw new Error(`${path}: ${bytes.length} bytes, but the header says ${dataBytes} + 44`);
    }
    const frameBytes = bytes.readUInt16LE(32);
    return {
        rate: bytes.readUInt32LE(24),
        channels: bytes.readUInt16LE(22),
        bits: bytes.readUInt16LE(34),
        data: bytes.subarray(44),
        frames: dataBytes / frameBytes,
    };
}

/**
 * Index of the first frame that is not the one before plus 1 (`sim:ramp`, 16 bits, mono); -1: all
 * are there, in order.
 */
export function firstBreak(data: Buffer): number {
    for (let at = 2; at < data.length; at += 2) {
        const expected = (data.readUInt16LE(at - 2) + 1) & 0xffff;
        if (data.readUInt16LE(at) !== expected) return at / 2;
    }
    return -1;
}

// SPDX-License-Identifier: MIT
// Runs the built executable in a folder of its own, and stops it when an output was seen.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/** MAIXJS_TEST_EXECUTABLE: another build of it, with sanitizers or for a board. */
export const executable =
    process.env.MAIXJS_TEST_EXECUTABLE ?? join(projectRoot, "zig-out/bin/maixjs");

export interface Ended {
    /** Exit status; null: ended by a signal. */
    readonly status: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly stdout: string;
    readonly stderr: string;
}

export interface RunOptions {
    readonly cwd: string;
    /** Added to the environment; undefined takes a variable away. */
    readonly env?: Readonly<Record<string, string | undefined>>;
    /** Sends `signal` once this is true of what standard output has so far. */
    readonly stopWhen?: (stdout: string) => boolean;
    /** Sends `signal` once this is true; asked again and again. */
    readonly stopOnce?: () => boolean;
    /** SIGINT by default. */
    readonly signal?: NodeJS.Signals;
    readonly input?: string;
    /** Another program than the executable. */
    readonly command?: string;
}

const POLL_MS = 5;

/** A temporary folder that `remove` takes away; `work` and the cache are in it. */
export function createFolder(): { work: string; remove: () => void } {
    const root = realpathSync(mkdtempSync(join(tmpdir(), "maixjs-run-")));
    const work = join(root, "work");
    mkdirSync(work);
    return { work, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Writes files below `folder`; folders are made. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
    }
}

/** The environment of a run: nothing of the user's that could change what the program does. */
function environment(options: RunOptions): NodeJS.ProcessEnv {
    return {
        PATH: process.env.PATH,
        HOME: join(options.cwd, "../home"),
        XDG_CACHE_HOME: join(options.cwd, "../cache"),
        MAIXJS_ESBUILD:
            process.env.MAIXJS_TEST_ESBUILD ??
            join(projectRoot, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`),
        ...options.env,
    };
}

/** Runs `maixjs <args>`; its bundles are cached beside `cwd`, not in the user's folder. */
export function run(args: readonly string[], options: RunOptions): Promise<Ended> {
    return new Promise((resolve, reject) => {
        const child = spawn(options.command ?? executable, args, {
            cwd: options.cwd,
            env: environment(options),
        });
        let stdout = "";
        let stderr = "";
        let isStopped = false;
        const stop = (): void => {
            if (isStopped) return;
            isStopped = true;
            child.kill(options.signal ?? "SIGINT");
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
        child.on("close", (status, signal) => {
            clearInterval(poll);
            resolve({ status, signal, stdout, stderr });
        });
        // A program that ends early does not read it: that is no failure of the test.
        child.stdin.on("error", () => {});
        child.stdin.end(options.input ?? "");
    });
}

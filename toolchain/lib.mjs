// SPDX-License-Identifier: MIT
// What the scripts of toolchain/ share: paths, messages, running a program, finding Zig.

import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, constants as osConstants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** An error that is told in its message alone: no stack, status 1. */
export class KnownError extends Error {}

/** @param {string} line */
export function say(line) {
    process.stderr.write(`maixjs: ${line}\n`);
}

/** @param {number} sinceMs */
export function seconds(sinceMs) {
    return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

/** Runs a script's main function: the one place that turns errors into an exit status.
 * @param {() => Promise<void> | void} main */
export async function runMain(main) {
    try {
        await main();
    } catch (error) {
        if (!(error instanceof KnownError)) throw error;
        say(error.message);
        process.exitCode = 1;
    }
}

/**
 * Runs a program to its end. `onOutput` gets what it prints; without it, it prints for itself.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, onOutput?: (text: string) => void }} [options]
 * @returns {Promise<number>} its exit status, 128 + n for a signal, 127 where it cannot be run
 */
export function run(command, args, options = {}) {
    const { onOutput } = options;
    return new Promise((resolve) => {
        const child = spawn(command, args, {
            cwd: options.cwd ?? root,
            env: options.env ?? process.env,
            stdio: onOutput ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
        });
        if (onOutput) {
            child.stdout?.setEncoding("utf8").on("data", onOutput);
            child.stderr?.setEncoding("utf8").on("data", onOutput);
        }
        child.on("error", (error) => {
            const text = `cannot run ${command}: ${error.message}\n`;
            if (onOutput) onOutput(text);
            else process.stderr.write(text);
            resolve(127);
        });
        child.on("close", (code, signal) =>
            resolve(signal ? 128 + signalNumber(signal) : (code ?? 1)),
        );
    });
}

/** @param {NodeJS.Signals} signal */
export function signalNumber(signal) {
    return osConstants.signals[signal] ?? 0;
}

/** The output of a program that must work, or null.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options] */
export function capture(command, args, options = {}) {
    const result = spawnSync(command, args, {
        cwd: options.cwd ?? root,
        env: options.env ?? process.env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        maxBuffer: 64 << 20,
    });
    return result.status === 0 ? result.stdout : null;
}

/** @param {string} path */
export function exists(path) {
    try {
        accessSync(path);
        return true;
    } catch {
        return false;
    }
}

/** @typedef {{ exe: string, env: NodeJS.ProcessEnv, cache: string }} Zig */

/** The native Zig: `$ZIG`, else npm's. Its wrapper in .bin is slow, and hides a death by signal.
 * @returns {Zig} */
export function findZig() {
    const cache = globalCache();
    const env = { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache };
    if (process.env.ZIG) return { exe: process.env.ZIG, env, cache };
    const name = `@zigc/${process.platform}-${process.arch}`;
    try {
        const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
        return { exe: join(dirname(manifest), "bin", "zig"), env, cache };
    } catch {
        throw new KnownError(
            `${name} is not installed, so there is nothing to compile with. ` +
                "Run `npm ci` (without --omit), or set ZIG=<path of zig 0.16>.",
        );
    }
}

/** Zig's own choice where that can be written, else a folder of the project. */
function globalCache() {
    return process.env.ZIG_GLOBAL_CACHE_DIR ?? userCache("zig", "global");
}

/**
 * A folder of that name among the user's caches, else one below the project's .zig-cache.
 * @param {string} name @param {string} own
 */
export function userCache(name, own) {
    const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), name);
    try {
        makeFolders(folder);
        accessSync(folder, constants.W_OK);
        return folder;
    } catch {
        return join(root, ".zig-cache", own);
    }
}

/**
 * mkdir -p. Node's own (`recursive`) never ends below a folder such as /proc, which exists and says
 * ENOENT.
 * @param {string} folder
 */
function makeFolders(folder) {
    if (exists(folder)) return;
    if (dirname(folder) !== folder) makeFolders(dirname(folder));
    mkdirSync(folder);
}

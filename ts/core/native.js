// SPDX-License-Identifier: MIT
// The package's native programs: where they are, and running `maixjs` in place of this process.
//
// Plain JavaScript: ts/cli/maixjs.js needs it before anything is built.

import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants as osConstants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's folder: as seen from ts/core, and from dist/cli, where this file is bundled to. */
export const packageRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What is wrong with the installation or the system, in a line. */
export class NativeError extends Error {}

/**
 * The executable for this machine that `npm run build` made, else the one that the package was
 * published with.
 */
export function findExecutable() {
    if (process.platform !== "linux") {
        throw new NativeError(
            `running scripts on this machine needs Linux, not ${process.platform}`,
        );
    }
    /** @type {Record<string, { host: string | null }>} */
    const targets = JSON.parse(readFileSync(join(packageRoot, "toolchain/targets.json"), "utf8"));
    const shipped = Object.keys(targets)
        .filter((name) => targets[name]?.host === process.arch)
        .map((name) => join(packageRoot, "dist", name, "maixjs"));
    const path = [join(packageRoot, "zig-out/bin/maixjs"), ...shipped].find((file) =>
        existsSync(file),
    );
    if (!path) {
        const where = existsSync(join(packageRoot, "build.zig"))
            ? `\`npm run build\` in ${packageRoot} makes it`
            : `the package has none for ${process.platform} ${process.arch}`;
        throw new NativeError(`the executable is missing; ${where}`);
    }
    try {
        accessSync(path, constants.X_OK);
    } catch {
        throw new NativeError(`${path} cannot be executed`);
    }
    return path;
}

/** The native esbuild: the file in `bin` of the package esbuild is a wrapper that needs Node. */
export function findEsbuild() {
    const name = `@esbuild/${process.platform}-${process.arch}/bin/esbuild`;
    try {
        const esbuild = createRequire(import.meta.url).resolve("esbuild/package.json");
        const path = createRequire(esbuild).resolve(name);
        return existsSync(path) ? path : null;
    } catch {
        return null;
    }
}

/** The environment in which the executable finds this package's esbuild. */
export function nativeEnv() {
    const env = { ...process.env };
    if (!env.MAIXJS_ESBUILD) {
        const esbuild = findEsbuild();
        if (esbuild) env.MAIXJS_ESBUILD = esbuild;
    }
    return env;
}

/**
 * Runs the executable with this process's streams; resolves with its status, 128 + n for a signal.
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export async function runNative(args) {
    const executable = findExecutable();
    // A terminal sends SIGINT and SIGHUP to the whole group, so the child has them already:
    // forwarded, they would count as "again", which ends it by force. SIGTERM comes to this process
    // alone.
    process.on("SIGINT", () => {});
    process.on("SIGHUP", () => {});
    // Before the child is there: it may run for a while until spawn returns.
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    const child = spawn(executable, args, { env: nativeEnv(), stdio: "inherit" });
    return new Promise((resolve, reject) => {
        child.on("error", (error) =>
            reject(new NativeError(`cannot run ${executable}: ${error.message}`)),
        );
        child.on("exit", (code, signal) =>
            resolve(signal ? 128 + (osConstants.signals[signal] ?? 0) : (code ?? 1)),
        );
    });
}

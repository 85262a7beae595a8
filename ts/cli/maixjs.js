#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// The npm package's `maixjs` command: runs the native executable of this package.
//
// Plain JavaScript, because Node 20 runs no TypeScript and npm links this file itself.

import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants as osConstants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @param {string} line @returns {never} */
function fail(line) {
    process.stderr.write(`maixjs: ${line}\n`);
    process.exit(1);
}

/** The executable that `npm run build` made, else the one that the package was published with. */
function findExecutable() {
    /** @type {Record<string, { host: string | null }>} */
    const targets = JSON.parse(readFileSync(join(root, "toolchain/targets.json"), "utf8"));
    const shipped = Object.keys(targets)
        .filter((name) => targets[name]?.host === process.arch)
        .map((name) => join(root, "dist", name, "maixjs"));
    const path = [join(root, "zig-out/bin/maixjs"), ...shipped].find((file) => existsSync(file));
    if (!path) fail(`the executable is missing; \`npm run build\` in ${root} makes it`);
    try {
        accessSync(path, constants.X_OK);
    } catch {
        fail(`${path} cannot be executed`);
    }
    return path;
}

/** The native esbuild: the file in `bin` of the package esbuild is a wrapper that needs Node. */
function findEsbuild() {
    const name = `@esbuild/${process.platform}-${process.arch}/bin/esbuild`;
    try {
        const esbuild = createRequire(import.meta.url).resolve("esbuild/package.json");
        const path = createRequire(esbuild).resolve(name);
        return existsSync(path) ? path : null;
    } catch {
        return null;
    }
}

if (process.platform !== "linux") fail(`runs on Linux, not on ${process.platform}`);

const executable = findExecutable();
const env = { ...process.env };
if (!env.MAIXJS_ESBUILD) {
    const esbuild = findEsbuild();
    if (esbuild) env.MAIXJS_ESBUILD = esbuild;
}

// A terminal sends SIGINT and SIGHUP to the whole group, so the child has them already: forwarded,
// they would count as "again", which ends it by force. SIGTERM comes to this process alone.
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});

const child = spawn(executable, process.argv.slice(2), { env, stdio: "inherit" });
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("error", (error) => fail(`cannot run ${executable}: ${error.message}`));
child.on("exit", (code, signal) => {
    process.exit(signal ? 128 + (osConstants.signals[signal] ?? 0) : (code ?? 1));
});

#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// The npm package's `maixjs` command: the PC's own commands, and for all else the executable.
//
// Plain JavaScript, because Node 20 runs no TypeScript and npm links this file itself.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { NativeError, packageRoot, runNative } from "../core/native.js";

/** Files of ts/cli, in the order of `--help`. The last three ask the executable without --device. */
const commands = [
    ...["init", "check", "run", "dev", "deploy", "doctor"],
    ...["package", "install", "uninstall", "apps", "autostart"],
    ...["devices", "logs", "stop"],
];

/** @param {string} name @returns {Promise<import("./command.ts").Command>} */
async function load(name) {
    const file = join(packageRoot, "dist/cli", `${name}.js`);
    if (!existsSync(file)) {
        throw new NativeError(`${file} is missing; \`npm run build\` in ${packageRoot} makes it`);
    }
    return (await import(pathToFileURL(file).href)).default;
}

async function help() {
    // Where the executable is missing, the commands that do without are still there.
    await runNative(["--help"]).catch(shown);
    process.stdout.write("\nProjects, and boards over ssh (maixjs <command> --help says more):\n");
    for (const name of commands) {
        if (!existsSync(join(packageRoot, "dist/cli", `${name}.js`))) continue;
        process.stdout.write(`  maixjs ${name.padEnd(10)} ${(await load(name)).summary}\n`);
    }
    return 0;
}

/**
 * --device among arguments that go to the executable: it belongs to a command. Returns the right
 * spelling; null: all is well.
 * @param {readonly string[]} args
 */
function misplacedDevice(args) {
    const end = args.indexOf("--");
    const own = end < 0 ? args : args.slice(0, end);
    const at = own.findIndex((arg) => arg === "--device" || arg.startsWith("--device="));
    const script = own.findIndex((arg) => /\.(ts|tsx|js|mjs|jsc)$/.test(arg));
    if (at < 0 || script < 0) return null;
    const option = own.slice(at, own[at] === "--device" ? at + 2 : at + 1);
    return ["maixjs", "run", own[script], ...option].join(" ");
}

/** @param {readonly string[]} args */
async function main(args) {
    const [word = "", ...rest] = args;
    if (word === "--help" || word === "-h") return help();
    if (commands.includes(word)) return (await load(word)).run(rest);
    const spelling = misplacedDevice(args);
    if (spelling) {
        process.stderr.write(`maixjs: --device belongs to a command: ${spelling}\n`);
        return 2;
    }
    return runNative(args);
}

/** @param {unknown} error */
function shown(error) {
    if (!(error instanceof NativeError)) throw error;
    process.stderr.write(`maixjs: ${error.message}\n`);
    return 1;
}

/** Why not all that was said is written; null: it is, or nobody reads it any more. */
let writeFailure = /** @type {Error | null} */ (null);
for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
        if (error.code !== "EPIPE") writeFailure ??= error;
    });
}

/** @param {number} status */
function end(status) {
    if (!writeFailure) process.exit(status);
    process.stderr.write(`maixjs: cannot write: ${writeFailure.message}\n`, () => {
        process.exit(status || 1);
    });
}

const status = await main(process.argv.slice(2)).catch(shown);
// What a command has written may still be on its way into a pipe.
process.stdout.write("", () => process.stderr.write("", () => setImmediate(end, status)));

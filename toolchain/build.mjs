// SPDX-License-Identifier: MIT
// `npm run build`, and what `npm ci` does: fetches the engine's source, and compiles maixjs.
//
// Arguments that begin with -D go to `zig build`; --quickjs=<folder> takes another engine's source.

import { statSync } from "node:fs";
import { join } from "node:path";

import { ensureQuickjs } from "./fetch.mjs";
import { exists, findZig, KnownError, root, run, runMain, say, seconds } from "./lib.mjs";

const progressEveryMs = 10_000;
const executable = "zig-out/bin/maixjs";

/** @param {readonly string[]} args */
function parse(args) {
    const options = { prepare: false, zig: /** @type {string[]} */ ([]) };
    for (const arg of args) {
        if (arg === "--prepare") options.prepare = true;
        else if (arg.startsWith("--quickjs=")) options.zig.push(`-D${arg.slice(2)}`);
        else if (arg.startsWith("-D")) options.zig.push(arg);
        else
            throw new KnownError(`unknown option ${arg}; known: --quickjs=<folder> -D<zig option>`);
    }
    return options;
}

/** Zig draws its own progress on a terminal; elsewhere a line now and then shows that it lives.
 * @param {string} exe @param {string[]} args @param {NodeJS.ProcessEnv} env */
async function compile(exe, args, env) {
    if (process.stderr.isTTY) return run(exe, args, { env });
    const start = performance.now();
    const timer = setInterval(() => say(`still compiling (${seconds(start)})`), progressEveryMs);
    try {
        return await run(exe, args, { env });
    } finally {
        clearInterval(timer);
    }
}

await runMain(async () => {
    const options = parse(process.argv.slice(2));
    // Installed as a package, with executables but without sources: nothing to do.
    if (options.prepare && !exists(join(root, "build.zig"))) return;
    // Only here: it needs esbuild, which need not be there above.
    const { buildCli } = await import("./cli.mjs");
    await buildCli();
    if (process.platform !== "linux") {
        if (options.prepare) return say("not built: maixjs itself runs on Linux only");
        throw new KnownError("maixjs itself is built on Linux only");
    }

    const zig = findZig();
    const engineGiven = options.zig.some((arg) => arg.startsWith("-Dquickjs="));
    const engine = engineGiven ? [] : await ensureQuickjs(zig);
    const start = performance.now();
    const path = join(root, executable);
    const first = exists(path) ? "" : " (the first time about a minute)";
    say(`compiling with Zig${first}…`);
    const status = await compile(zig.exe, ["build", ...engine, ...options.zig], zig.env);
    if (status !== 0) throw new KnownError(`compiling failed: zig ended with status ${status}`);
    if (!exists(path)) return say(`done in ${seconds(start)}`);
    const megabytes = (statSync(path).size / 1e6).toFixed(2);
    say(`${executable}: ${megabytes} MB, in ${seconds(start)}`);
});

// SPDX-License-Identifier: MIT
// What the benchmarks share: compiling, running in turns, what is missing on the machine.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { ensureQuickjs } from "../../toolchain/fetch.mjs";
import { exists, findZig, root, say } from "../../toolchain/lib.mjs";

/** @typedef {import("./table.mjs").Sample} Sample */
/** @typedef {{ wallUs: Sample, cpuUs: Sample, residentKib: Sample }} Measured */

const zig = findZig();

/** The path of a program; undefined where it is missing. @param {string} name */
export function findProgram(name) {
    const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder);
    return folders.map((folder) => join(folder, name)).find((file) => exists(file));
}

/**
 * Compiles as the executable is compiled: same compiler, same libc, same linkage.
 * @param {string} output @param {readonly string[]} args
 */
export function compile(output, args) {
    const target = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu.2.31`;
    const flags = ["-target", target, "-O3", "-s", "-w", "-fno-sanitize=all", "-D_GNU_SOURCE"];
    const all = ["cc", ...flags, "-o", output, ...args, "-lm", "-ldl", "-lpthread"];
    execFileSync(zig.exe, all, { cwd: root, env: zig.env, stdio: "inherit" });
    return output;
}

/** The files of the C core, which needs no engine. */
export function coreSources() {
    const text = readFileSync(join(root, "toolchain/build/sources.zig"), "utf8");
    const list = /pub const core = \[_\]\[\]const u8\{([^}]*)\}/.exec(text)?.[1] ?? "";
    return [...list.matchAll(/"([^"]+\.c)"/g)].map(([, file = ""]) => file);
}

/** `qjs` of the same engine, from the source that the build uses. @param {string} folder */
export async function buildQjs(folder) {
    const engine = await ensureQuickjs(zig);
    const given = engine.find((arg) => arg.startsWith("-Dquickjs="));
    const packages = join(root, "zig-pkg");
    const name = readdirSync(packages).find((file) => exists(join(packages, file, "qjs.c")));
    const source = given ? given.slice("-Dquickjs=".length) : join(packages, String(name));
    if (!exists(join(source, "gen/repl.c"))) return undefined; // Debian's source has no qjs
    const files = ["qjs", "quickjs-libc", "quickjs", "libregexp", "libunicode", "dtoa"];
    const generated = ["repl", "standalone"].map((file) => join(source, `gen/${file}.c`));
    return compile(join(folder, "qjs"), [
        ...["-DQUICKJS_NG_BUILD", "-funsigned-char", "-fomit-frame-pointer", "-I", source],
        ...files.map((file) => join(source, `${file}.c`)),
        ...generated,
    ]);
}

/** @type {string | undefined} */
let measurer;

/**
 * Runs commands in turns (measure.c).
 * @param {string} folder @param {number} rounds @param {readonly (readonly string[])[]} commands
 * @param {NodeJS.ProcessEnv} [env] @returns {Measured[]}
 */
export function measure(folder, rounds, commands, env = process.env) {
    measurer ??= compile(join(folder, "measure"), [join(root, "test/bench/measure.c")]);
    const args = [String(rounds), ...commands.flatMap((command) => ["--", ...command])];
    const output = execFileSync(measurer, args, { env, encoding: "utf8", cwd: folder });
    return output
        .trim()
        .split("\n")
        .map((line) => {
            const values = line.split(" ").map(Number);
            const sample = (/** @type {number} */ at) => ({
                median: values[at] ?? Number.NaN,
                low: values[at + 1] ?? Number.NaN,
                high: values[at + 2] ?? Number.NaN,
            });
            const kib = values[6] ?? Number.NaN;
            return {
                wallUs: sample(0),
                cpuUs: sample(3),
                residentKib: { median: kib, low: kib, high: kib },
            };
        });
}

/**
 * The system calls of a command, threads and children included.
 * @param {string} folder @param {readonly string[]} command @param {NodeJS.ProcessEnv} [env]
 */
export function countCalls(folder, command, env = process.env) {
    const args = ["-f", "-c", "-q", "-o", join(folder, "calls"), "--", ...command];
    const strace = spawnSync("strace", args, { env, cwd: folder, stdio: "ignore" });
    if (strace.status !== 0) return Number.NaN;
    const summary = execFileSync("tail", ["-n", "1", join(folder, "calls")], { encoding: "utf8" });
    return Number(/^\s*100\.00\s+\S+\s+\S*\s+(\d+)\s.*total$/m.exec(summary)?.[1]);
}

/** Says what is not compared, since it is not installed. @param {string} name @param {string} what */
export function sayMissing(name, what) {
    say(`${name} is not installed: ${what} is not compared with it`);
}

/** A folder below another. @param {string} folder @param {string} name */
export function subfolder(folder, name) {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    return path;
}

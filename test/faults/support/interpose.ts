// SPDX-License-Identifier: MIT
// Compiles the C files of test/faults/interpose, which are preloaded into the program.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { findZig } from "../../../toolchain/lib.mjs";
import { executable, projectRoot } from "../../support/process.ts";

const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
const flags = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror"];

function compile(source: string, output: string, more: readonly string[]): string {
    const zig = findZig();
    // An old glibc: the object must go into a program of any later one.
    const target = ["-target", `${machine}-linux-gnu.2.31`];
    const file = join(projectRoot, "test/faults/interpose", source);
    const args = ["cc", ...target, ...flags, ...more, "-o", output, file, "-ldl", "-lpthread"];
    const ended = spawnSync(zig.exe, args, { env: zig.env, encoding: "utf8" });
    if (ended.status !== 0) throw new Error(`${source} does not compile: ${ended.stderr}`);
    return output;
}

/** A shared object in `folder`, for LD_PRELOAD. */
export function compileInterposer(name: string, folder: string): string {
    return compile(`${name}.c`, join(folder, `${name}.so`), ["-shared", "-fPIC"]);
}

/** A program in `folder`. */
export function compileProgram(name: string, folder: string): string {
    return compile(`${name}.c`, join(folder, name), []);
}

/** The program for tests that preload something, which a static one ignores. */
export const host = executable;

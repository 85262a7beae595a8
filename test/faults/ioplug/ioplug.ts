// SPDX-License-Identifier: MIT
// Builds the plug-in with faults (ioplug.c), and runs scripts on PCMs that it makes.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { projectRoot } from "../../support/process.ts";
import { type Ended, runScript, temporaryFolder } from "../../support/run.ts";
import { findZig } from "../../../toolchain/lib.mjs";

const headers = "/usr/include/alsa";

/** libasound itself; undefined: not there. */
const libasound = readdirSync("/usr/lib")
    .map((folder) => join("/usr/lib", folder, "libasound.so.2"))
    .find((file) => existsSync(file));

export const hasIoplug = libasound !== undefined && existsSync(join(headers, "pcm_external.h"));
if (!hasIoplug && process.env.CI === "true") {
    throw new Error("libasound2-dev is missing; toolchain/faults/vitest.mjs installs it");
}

/** A loss as the plug-in knows it. */
export interface TrueLoss {
    readonly kind: string;
    /** Index of the first frame that is missing. */
    readonly frame: number;
    readonly frames: number;
}

export interface IoplugRun {
    /** The folder that the script ran in. */
    readonly cwd: string;
    readonly ended: Ended;
    readonly losses: readonly TrueLoss[];
}

/** Compiles it into a folder (Zig has the result in its cache); gives the library's path. */
function compile(folder: string): string {
    const library = join(folder, "libasound_module_pcm_mjs_faults.so");
    // Only libasound's headers: the system's others are for another libc than Zig's.
    symlinkSync(headers, join(folder, "alsa"));
    const zig = findZig();
    const target = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu.2.31`;
    const flags = ["-target", target, "-shared", "-fPIC", "-DPIC", "-O1", "-std=c11"];
    const warnings = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror"];
    const source = join(projectRoot, "test/faults/ioplug/ioplug.c");
    const all = ["cc", ...flags, "-D_GNU_SOURCE", ...warnings, "-I", folder, source];
    const args = [...all, "-o", library, libasound ?? ""];
    const ended = spawnSync(zig.exe, args, { encoding: "utf8", env: zig.env });
    if (ended.status !== 0) throw new Error(`${source}: ${ended.stderr}`);
    return library;
}

export interface IoplugOptions {
    /** As ioplug.c says: "xrun@4800:960". */
    readonly faults: string;
    readonly pace: "real" | "fast";
    readonly args?: readonly string[];
}

/** Runs a script whose microphone (--mic) is the plug-in. */
export async function runOnIoplug(code: string, options: IoplugOptions): Promise<IoplugRun> {
    const { faults, pace, args = [] } = options;
    const folder = temporaryFolder();
    const log = join(folder, "losses");
    writeFileSync(log, "");
    const config = join(folder, "asound.conf");
    const pcm = `type mjs_faults faults "${faults}" pace "${pace}" log "${log}"`;
    writeFileSync(config, `pcm_type.mjs_faults { lib "${compile(folder)}" }\npcm.mic { ${pcm} }\n`);
    const mic = pace === "fast" ? "alsa:mic,pace=fast" : "alsa:mic";
    const cwd = temporaryFolder();
    const env = { ALSA_CONFIG_PATH: config };
    const ended = await runScript(code, { cwd, env, options: ["--mic", mic], args });
    const lines = readFileSync(log, "utf8").split("\n").filter(Boolean);
    const losses = lines.map((line) => {
        const [kind = "", frame, frames] = line.split(" ");
        return { kind, frame: Number(frame), frames: Number(frames) };
    });
    return { cwd, ended, losses };
}

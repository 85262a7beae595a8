// SPDX-License-Identifier: MIT
// Runs tsc over a file that a test has made, with the types of the package.

import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { projectRoot } from "../support/process.ts";

const typescript = createRequire(import.meta.url).resolve("typescript/package.json");
const tsc = join(dirname(typescript), "bin/tsc");

/** The errors that tsc has for `args`; "" when there are none. */
export function runTsc(args: readonly string[]): string {
    try {
        execFileSync(process.execPath, [tsc, "--pretty", "false", ...args], { encoding: "utf8" });
        return "";
    } catch (error) {
        const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string };
        return `${stdout ?? ""}${stderr ?? ""}` || String(error);
    }
}

/** The errors that tsc has for a script of this source, in a project of a user. */
export function checkSource(source: string): string {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "maixjs-types-")));
    try {
        const compilerOptions = {
            target: "esnext",
            lib: ["esnext"],
            module: "esnext",
            moduleResolution: "bundler",
            types: [],
            strict: true,
            noEmit: true,
        };
        const files = ["script.ts", join(projectRoot, "modules/index.d.ts")];
        writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
        writeFileSync(join(folder, "script.ts"), source);
        return runTsc(["-p", folder]);
    } finally {
        rmSync(folder, { recursive: true });
    }
}

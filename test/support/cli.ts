// SPDX-License-Identifier: MIT
// Runs the npm package's command as a user does, in a folder that is removed after the test.

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach } from "vitest";

import { type Ended, projectRoot, type RunOptions, run, writeFiles } from "./process.ts";

const folders: string[] = [];

afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder with these files, below a folder of its own. */
export function makeFolder(files: Readonly<Record<string, string>> = {}, name = "work"): string {
    const root = realpathSync(mkdtempSync(join(tmpdir(), "maixjs-cli-")));
    folders.push(root);
    writeFiles(join(root, name), { ".keep": "", ...files });
    rmSync(join(root, name, ".keep"));
    return join(root, name);
}

/** `maixjs <args>` of this checkout. */
export function cli(args: readonly string[], options: RunOptions): Promise<Ended> {
    const command = join(projectRoot, "ts/cli/maixjs.js");
    return run([command, ...args], { command: process.execPath, ...options });
}

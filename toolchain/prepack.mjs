// SPDX-License-Identifier: MIT
// What `npm pack` and `npm publish` do first: the executables of all targets, so that no user
// compiles anything, and the licences of what is in them. `prepare` makes dist/cli.

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { copyLicences, engineFolder } from "./boards/licences.mjs";
import { ensureQuickjs } from "./fetch.mjs";
import { findZig, KnownError, root, run, runMain } from "./lib.mjs";

await runMain(async () => {
    const targets = JSON.parse(readFileSync(join(root, "toolchain/targets.json"), "utf8"));
    const builder = join(root, "toolchain/build-boards.mjs");
    const args = [builder, "--no-tarball", ...Object.keys(targets)];
    const status = await run(process.execPath, args);
    if (status !== 0) throw new KnownError("the package is not packed");
    const dist = join(root, "dist");
    rmSync(join(dist, "licences"), { recursive: true, force: true });
    copyLicences(dist, engineFolder(await ensureQuickjs(findZig())), true);
    rmSync(join(dist, "LICENSE")); // the package has it at its top
});

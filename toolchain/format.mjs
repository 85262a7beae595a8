// SPDX-License-Identifier: MIT
// `npm run format`: formats C, Zig, TypeScript, JavaScript and JSON. `--check` only says what differs.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { capture, findZig, KnownError, run, runMain } from "./lib.mjs";

/** clang-format's native file: the package's command starts Node first, once for each call. */
function findClangFormat() {
    const main = createRequire(import.meta.url).resolve("clang-format-node/package.json");
    return join(dirname(main), "bin", `cfn-linux-${process.arch}`, "clang-format");
}

/** Files that git knows, or would take.
 * @param {readonly string[]} patterns */
function ourFiles(patterns) {
    const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...patterns];
    const text = capture("git", args);
    if (text === null) throw new KnownError("git is needed to list the files to format");
    return text.split("\0").filter(Boolean);
}

await runMain(async () => {
    const check = process.argv.includes("--check");
    const zig = findZig();
    const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
    const cFiles = ourFiles(["*.c", "*.h"]);
    const cMode = check ? ["--dry-run", "-Werror"] : ["-i"];
    const statuses = [
        await run(findClangFormat(), [...cMode, ...cFiles]),
        await run(zig.exe, ["fmt", ...(check ? ["--check"] : []), ...ourFiles(["*.zig", "*.zon"])]),
        await run(process.execPath, [biome, "format", ...(check ? [] : ["--write"])]),
    ];
    if (statuses.some((status) => status !== 0)) {
        throw new KnownError(
            check ? "the format differs: `npm run format` repairs it" : "formatting failed",
        );
    }
});

// SPDX-License-Identifier: MIT
// `npm run format`: formats C, Zig, TypeScript, JavaScript and JSON. `--check` only says what differs.

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { exists, findZig, KnownError, root, run, runMain } from "./lib.mjs";

/** clang-format's native file: the package's command starts Node first, once for each call. */
function findClangFormat() {
    const main = createRequire(import.meta.url).resolve("clang-format-node/package.json");
    return join(dirname(main), "bin", `cfn-linux-${process.arch}`, "clang-format");
}

const folders = ["runtime", "modules", "ts", "toolchain", "test", "examples"];

/** Ours: not asked from git, which a fresh machine may lack, or which may distrust the folder.
 * @param {RegExp} pattern */
function ourFiles(pattern) {
    const files = readdirSync(root);
    for (const folder of folders.filter((name) => exists(join(root, name)))) {
        const inside = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
        files.push(...inside.map((name) => join(folder, name)));
    }
    return files.filter((name) => pattern.test(name) && !name.includes("node_modules")).sort();
}

await runMain(async () => {
    const check = process.argv.includes("--check");
    const zig = findZig();
    const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
    const cFiles = ourFiles(/\.[ch]$/);
    const cMode = check ? ["--dry-run", "-Werror"] : ["-i"];
    const statuses = [
        await run(findClangFormat(), [...cMode, ...cFiles]),
        await run(zig.exe, ["fmt", ...(check ? ["--check"] : []), ...ourFiles(/\.(zig|zon)$/)]),
        await run(process.execPath, [biome, "format", ...(check ? [] : ["--write"])]),
    ];
    if (statuses.some((status) => status !== 0)) {
        throw new KnownError(
            check ? "the format differs: `npm run format` repairs it" : "formatting failed",
        );
    }
});

// SPDX-License-Identifier: MIT
// Bundles the npm command's TypeScript: ts/cli/<command>.ts becomes dist/cli/<command>.js.
//
// `node toolchain/cli.mjs` does only this.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

import { build } from "esbuild";

import { lockedEsbuild } from "./boards/platform-esbuild.mjs";
import { KnownError, root, runMain } from "./lib.mjs";

/** One file a command; command.ts is what they share. */
export function commandFiles() {
    return readdirSync(join(root, "ts/cli"))
        .filter((name) => name.endsWith(".ts") && name !== "command.ts")
        .map((name) => join(root, "ts/cli", name));
}

/** Which esbuild belongs on each board: npm does not publish package-lock.json, which says it. */
function boardEsbuilds() {
    /** @type {Record<string, { esbuild: string }>} */
    const targets = JSON.parse(readFileSync(join(root, "toolchain/targets.json"), "utf8"));
    const platforms = new Set(Object.values(targets).map(({ esbuild }) => esbuild));
    const entries = [...platforms].map((platform) => {
        const { version, integrity } = lockedEsbuild(platform);
        return [platform, { version, integrity }];
    });
    return `${JSON.stringify(Object.fromEntries(entries), null, 4)}\n`;
}

/** Makes dist/cli anew; a command that runs meanwhile finds each file whole. */
export async function buildCli() {
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const folder = join(root, "dist/cli");
    const { outputFiles, errors } = await build({
        entryPoints: commandFiles(),
        outdir: folder,
        write: false,
        bundle: true,
        platform: "node",
        format: "esm",
        target: "node20.19",
        // What users install along with the package; development packages are bundled.
        external: Object.keys(dependencies),
        legalComments: "inline",
        logLevel: "warning",
    });
    if (errors.length > 0) throw new KnownError("esbuild could not bundle ts/cli");
    mkdirSync(folder, { recursive: true });
    const lock = { path: join(folder, "esbuild.json"), contents: boardEsbuilds() };
    for (const { path, contents } of [...outputFiles, lock]) {
        const partial = `${path}.${process.pid}`;
        writeFileSync(partial, contents);
        renameSync(partial, path);
    }
    const names = outputFiles.map(({ path }) => basename(path));
    for (const name of readdirSync(folder)) {
        if (name.endsWith(".js") && !names.includes(name)) rmSync(join(folder, name));
    }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
    await runMain(buildCli);
}

// SPDX-License-Identifier: MIT
// `npm run build:boards`: dist/<target>/maixjs and dist/maixjs-<version>-<target>.tar.gz, for every
// board of targets.json or for the targets that are named. The same sources give the same bytes.
// --no-tarball: only the executables.

import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { copyLicences, engineFolder } from "./boards/licences.mjs";
import { fetchEsbuild } from "./boards/platform-esbuild.mjs";
import { packTarball } from "./boards/tarball.mjs";
import { ensureQuickjs } from "./fetch.mjs";
import { findZig, KnownError, root, run, runMain, say, seconds } from "./lib.mjs";

/** @typedef {{ static: boolean, host: string | null, esbuild: string }} Target */

/** @param {string} path */
function readJson(path) {
    return JSON.parse(readFileSync(join(root, path), "utf8"));
}

/** The targets that the arguments name; without any, the boards.
 * @param {readonly string[]} args @param {Readonly<Record<string, Target>>} targets */
function choose(args, targets) {
    const known = Object.keys(targets);
    const unknown = args.find((name) => !known.includes(name));
    if (unknown !== undefined) {
        throw new KnownError(`unknown target "${unknown}"; known: ${known.join(", ")}`);
    }
    return args.length > 0 ? args : known.filter((name) => targets[name]?.host === null);
}

/** The tarball of a target that has been compiled; returns its path.
 * @param {string} name @param {Target} target @param {string} title @param {string} engine */
function pack(name, target, title, engine) {
    const dist = join(root, "dist");
    const scratch = mkdtempSync(join(dist, ".pack-"));
    try {
        const folder = join(scratch, title);
        mkdirSync(folder);
        cpSync(join(dist, name, "maixjs"), join(folder, "maixjs"));
        cpSync(fetchEsbuild(target.esbuild), join(folder, "esbuild"));
        for (const program of ["maixjs", "esbuild"]) chmodSync(join(folder, program), 0o755);
        copyLicences(folder, engine, target.static);
        const file = join(dist, `${title}.tar.gz`);
        packTarball(scratch, title, file);
        return file;
    } finally {
        rmSync(scratch, { recursive: true, force: true });
    }
}

/** @param {string} file */
function megabytes(file) {
    return `${(statSync(join(root, file)).size / 1e6).toFixed(2)} MB`;
}

await runMain(async () => {
    /** @type {Record<string, Target>} */
    const targets = readJson("toolchain/targets.json");
    const options = process.argv.slice(2);
    const wantsTarballs = !options.includes("--no-tarball");
    const given = options.filter((word) => word !== "--no-tarball");
    const names = choose(given, targets);
    const { version } = readJson("package.json");
    const zig = findZig();
    const engine = await ensureQuickjs(zig);
    for (const name of names) {
        const target = /** @type {Target} */ (targets[name]);
        const start = performance.now();
        say(`compiling for ${name}…`);
        const place = ["--prefix", "dist", "--prefix-exe-dir", name];
        const args = ["build", ...engine, `-Dtarget-name=${name}`, ...place];
        const status = await run(zig.exe, args, { env: zig.env });
        if (status !== 0) throw new KnownError(`compiling failed: zig ended with status ${status}`);
        const title = `maixjs-${version}-${name}`;
        const [executable, tarball] = [`dist/${name}/maixjs`, `dist/${title}.tar.gz`];
        say(`${executable}: ${megabytes(executable)}, in ${seconds(start)}`);
        if (!wantsTarballs) continue;
        pack(name, target, title, engineFolder(engine));
        say(`${tarball}: ${megabytes(tarball)}`);
    }
});

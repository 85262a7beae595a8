// SPDX-License-Identifier: MIT
// The licences of everything that is in a tarball, copied from the packages as they are installed.

import {
    chmodSync,
    copyFileSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

import { readPin } from "../fetch.mjs";
import { capture, exists, findZig, KnownError, root } from "../lib.mjs";

/** @param {string} folder */
function licenceIn(folder) {
    const name = readdirSync(folder).find((entry) =>
        /^licen[cs]e(-mit)?(\.(md|txt))?$/i.test(entry),
    );
    if (!name) throw new KnownError(`there is no licence in ${folder}`);
    return join(folder, name);
}

/** The folder of the engine's source that `zig build` takes with these arguments.
 * @param {readonly string[]} engine from `ensureQuickjs` */
export function engineFolder(engine) {
    const given = engine.find((arg) => arg.startsWith("-Dquickjs="));
    return given ? given.slice("-Dquickjs=".length) : join(root, "zig-pkg", readPin().hash);
}

/** @param {string} folder */
function engineLicence(folder) {
    // Debian's qjs-src keeps it beside its documentation.
    const debian = resolve(folder, "../../share/doc/qjs-src/copyright");
    return exists(debian) ? debian : licenceIn(folder);
}

/** Zig's own library, musl's source and headers below it. */
function zigLibrary() {
    const zig = findZig();
    const text = capture(zig.exe, ["env"], { env: zig.env }) ?? "";
    const [, path] = /\.?"?lib_dir"?\s*[=:]\s*"([^"]+)"/.exec(text) ?? [];
    if (!path) throw new KnownError("`zig env` names no lib_dir");
    return resolve(root, path);
}

/** The npm packages whose code is in the executable: asked from the bundler that puts them there. */
export function embeddedPackages() {
    const list = readFileSync(join(root, "toolchain/build/sources.zig"), "utf8");
    const entries = [...list.matchAll(/\.entry = "([^"]+)"/g)].map(([, path = ""]) => path);
    const scratch = mkdtempSync(join(tmpdir(), "maixjs-licences-"));
    try {
        const metafile = join(scratch, "meta.json");
        const platform = `${process.platform}-${process.arch}`;
        const esbuild = join(root, "node_modules/@esbuild", platform, "bin/esbuild");
        const options = ["--bundle", "--format=esm", "--platform=neutral"];
        const alias = `--alias:tr46=${join(root, "ts/runtime/idna.ts")}`;
        const fields = ["--main-fields=module,main", "--log-level=error", alias];
        const output = [`--outdir=${scratch}`, `--metafile=${metafile}`];
        if (capture(esbuild, [...entries, ...options, ...fields, ...output]) === null) {
            throw new KnownError("esbuild could not bundle the embedded TypeScript");
        }
        const { inputs } = JSON.parse(readFileSync(metafile, "utf8"));
        const packages = Object.keys(inputs).flatMap((path) => {
            const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
            return name ? [name] : [];
        });
        return [...new Set(packages)].sort();
    } finally {
        rmSync(scratch, { recursive: true, force: true });
    }
}

/** Puts LICENSE and licences/<what>.txt into `folder`.
 * @param {string} folder @param {string} engine QuickJS-ng's source @param {boolean} isStatic */
export function copyLicences(folder, engine, isStatic) {
    const library = zigLibrary();
    const zigLicences = [join(library, "LICENSE"), join(dirname(library), "LICENSE")];
    const zigLicence = zigLicences.find((path) => exists(path));
    if (!zigLicence) throw new KnownError(`there is no licence of Zig in ${library}`);
    /** @type {[string, string][]} */
    const licences = [
        ["QuickJS-ng", engineLicence(engine)],
        ["esbuild", licenceIn(join(root, "node_modules/esbuild"))],
        ["Zig", zigLicence],
        ...embeddedPackages().map(
            (name) =>
                /** @type {[string, string]} */ ([
                    name,
                    licenceIn(join(root, "node_modules", name)),
                ]),
        ),
    ];
    if (isStatic) licences.push(["musl", join(library, "libc/musl/COPYRIGHT")]);
    licences.push(["maixjs", join(root, "LICENSE")]);
    mkdirSync(join(folder, "licences"));
    for (const [name, path] of licences) {
        const isOurs = name === "maixjs";
        const copy = isOurs ? "LICENSE" : `licences/${name.replaceAll("/", "-")}.txt`;
        copyFileSync(path, join(folder, copy));
        chmodSync(join(folder, copy), 0o644);
    }
}

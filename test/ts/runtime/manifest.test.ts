// SPDX-License-Identifier: MIT
// manifestEntries against the real esbuild: every change that alters the bundle must be noticed,
// and everything that esbuild looked at must be listed.

import { execFileSync, spawnSync } from "node:child_process";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    realpathSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { type Manifest, type ManifestHost, manifestEntries } from "../../../ts/runtime/manifest.ts";
import { cases } from "./manifest_cases.ts";

const ESBUILD = fileURLToPath(new URL("../../../node_modules/.bin/esbuild", import.meta.url));
const OPTIONS = [
    "--bundle",
    "--format=esm",
    "--platform=neutral",
    "--main-fields=module,main",
    "--target=es2023",
    "--sourcemap=external",
    "--sources-content=false",
    "--external:maix",
    "--external:maix:*",
    "--external:qjs:*",
];

let root = "";

beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), "maixjs-manifest-")));
});

afterEach(() => {
    rmSync(root, { recursive: true, force: true });
});

function write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
        const path = join(root, name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
    }
}

const host = (cwd: string): ManifestHost => ({
    cwd,
    exists: existsSync,
    isFile: (path) => existsSync(path) && statSync(path).isFile(),
    readText: (path) => (existsSync(path) ? readFileSync(path, "utf8") : undefined),
    realpath: (path) => (existsSync(path) ? realpathSync(path) : undefined),
});

interface Built {
    readonly bundle: string;
    readonly manifest: Manifest;
    /** Content of every listed file, as the cache would hash it. */
    readonly contents: ReadonlyMap<string, string>;
}

/** Bundles `entry`, out of reach of the manifest, and works the manifest out. */
function build(entry = "src/main.ts"): Built {
    const out = mkdtempSync(join(tmpdir(), "maixjs-out-"));
    try {
        const metafile = join(out, "meta.json");
        const args = [...OPTIONS, `--outfile=${join(out, "b.js")}`, `--metafile=${metafile}`];
        execFileSync(ESBUILD, [join(root, entry), ...args, "--log-level=error"], { cwd: root });
        const path = join(root, entry);
        const text = readFileSync(metafile, "utf8");
        const manifest = manifestEntries(text, host(root), { path, resolveDir: dirname(path) });
        const contents = new Map(manifest.files.map((one) => [one, readFileSync(one, "utf8")]));
        return { bundle: readFileSync(join(out, "b.js"), "utf8"), manifest, contents };
    } finally {
        rmSync(out, { recursive: true });
    }
}

/** What the executable checks before it takes a bundle from the cache. */
function isValid(built: Built): boolean {
    const isSame = (path: string): boolean =>
        existsSync(path) && readFileSync(path, "utf8") === built.contents.get(path);
    return built.manifest.files.every(isSame) && !built.manifest.absent.some(existsSync);
}

/** Everything that esbuild says it looked at, from its verbose log. */
function probed(entry = "src/main.ts"): { looked: string[]; folders: string[] } {
    const args = [join(root, entry), ...OPTIONS, "--outfile=/dev/null", "--log-level=verbose"];
    const run = spawnSync(ESBUILD, args, { cwd: root, encoding: "utf8" });
    expect(run.status).toBe(0);
    const looked: string[] = [];
    const folders: string[] = [];
    let base = "";
    for (const line of run.stderr.split("\n")) {
        const load = /Attempting to load "(.*)" as a file/.exec(line);
        if (load?.[1] !== undefined) base = dirname(load[1]);
        const check = /Checking for file "(.*)"/.exec(line);
        if (check?.[1] !== undefined) looked.push(join(base, check[1]));
        const file = /(?:Failed to find|Found) file "(\/.*)"|The file "(.*)" exists/.exec(line);
        if (file !== null) looked.push(file[1] ?? file[2] ?? "");
        const folder = /Failed to read directory "(.*?)"/.exec(line);
        if (folder?.[1] !== undefined) folders.push(folder[1]);
    }
    return { looked, folders };
}

describe("changes that alter the bundle are noticed", () => {
    it.each(cases)("%s", (_, files, change) => {
        write(files);
        const before = build();
        expect(isValid(before)).toBe(true);
        write(change);
        // The case is one at all only if esbuild now gives something else.
        expect(build().bundle).not.toBe(before.bundle);
        expect(isValid(before)).toBe(false);
    });

    it("a package link gets another target", () => {
        write({
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "one/index.js": "export default 1",
            "two/index.js": "export default 2",
            "node_modules/x/index.js": "",
        });
        symlinkSync(join(root, "one"), join(root, "node_modules/dep"));
        const before = build();
        expect(isValid(before)).toBe(true);
        rmSync(join(root, "node_modules/dep"));
        symlinkSync(join(root, "two"), join(root, "node_modules/dep"));
        expect(build().bundle).not.toBe(before.bundle);
        expect(isValid(before)).toBe(false);
    });

    it("a linked file gets another target", () => {
        write({
            "src/main.ts": 'import a from "./a"; console.log(a)',
            "one.ts": "export default 1",
            "two.ts": "export default 2",
        });
        symlinkSync(join(root, "one.ts"), join(root, "src/a.ts"));
        const before = build();
        expect(isValid(before)).toBe(true);
        rmSync(join(root, "src/a.ts"));
        symlinkSync(join(root, "two.ts"), join(root, "src/a.ts"));
        expect(build().bundle).not.toBe(before.bundle);
        expect(isValid(before)).toBe(false);
    });
});

describe("everything that esbuild looked at is listed", () => {
    it.each(cases)("%s", (_, files) => {
        write(files);
        const { manifest } = build();
        const listed = new Set([...manifest.files, ...manifest.absent]);
        const { looked, folders } = probed();
        const isListed = (path: string): boolean => {
            // A path below something that must stay absent cannot appear.
            for (let at = path; at !== "/"; at = dirname(at)) {
                if (manifest.absent.includes(at)) return true;
            }
            return listed.has(path);
        };
        const isFolder = (path: string): boolean =>
            existsSync(path) && statSync(path).isDirectory();
        expect(looked.filter((path) => !isFolder(path) && !isListed(path))).toEqual([]);
        expect(folders.filter((path) => !isListed(path) && !isCoveredFolder(path, listed))).toEqual(
            [],
        );
    });
});

/** A folder that cannot appear usefully without one of the listed paths in it. */
function isCoveredFolder(folder: string, listed: ReadonlySet<string>): boolean {
    return [...listed].some((path) => path.startsWith(`${folder}/`));
}

describe("what does not matter is left out", () => {
    it("keeps a simple script's lists short and valid when other files change", () => {
        write({
            "src/main.ts": 'import a from "./a"; console.log(a)',
            "src/a.ts": "export default 1",
        });
        const before = build();
        write({ "src/other.ts": "", "readme.md": "", "src/b/index.ts": "" });
        expect(isValid(before)).toBe(true);
        expect(before.manifest.files).toEqual([join(root, "src/a.ts"), join(root, "src/main.ts")]);
        expect(before.manifest.absent.length).toBeLessThan(40);
    });

    it("lists each path once, absolute and tidy", () => {
        write({
            "src/main.ts": 'import "./a"; import "../src/a"; import ".//a"; import "./b/../a"',
            "src/b/x.ts": "",
            "src/a.ts": "console.log(1)",
        });
        const { files, absent } = build().manifest;
        const all = [...files, ...absent];
        expect(new Set(all).size).toBe(all.length);
        expect(all.filter((path) => !path.startsWith("/") || /\/\.{0,2}(\/|$)/.test(path))).toEqual(
            [],
        );
    });

    it("does not ask about modules of the executable", () => {
        write({ "src/main.ts": 'import "maix"; import "maix:audio"; import "qjs:std"' });
        const { absent } = build().manifest;
        expect(
            absent.filter((path) => /maix(:|$)|qjs:|node_modules/.test(path.slice(root.length))),
        ).toEqual([]);
    });
});

describe("code from standard input", () => {
    it("resolves imports from the folder given, and lists no file for the code", () => {
        write({ "src/a.ts": "export default 1", "tsconfig.json": "{}" });
        const metafile = join(root, "meta.json");
        const args = [...OPTIONS, "--loader=ts", "--sourcefile=[eval]", `--metafile=${metafile}`];
        execFileSync(ESBUILD, [...args, `--outfile=${join(root, "b.js")}`, "--log-level=error"], {
            cwd: join(root, "src"),
            input: 'import a from "./a"; console.log(a)',
        });
        const cwd = join(root, "src");
        const entry = { path: "", resolveDir: cwd };
        const { files, absent } = manifestEntries(readFileSync(metafile, "utf8"), host(cwd), entry);
        expect(files).toEqual([join(root, "src/a.ts"), join(root, "tsconfig.json")]);
        expect(absent).toContain(join(root, "src/a.tsx"));
        expect(absent).toContain(join(root, "src/tsconfig.json"));
    });
});

describe("a metafile that cannot be used", () => {
    const entry = { path: "/x/main.ts", resolveDir: "/x" };
    it.each([
        [""],
        ["{"],
        ["null"],
        ["[]"],
        ["{}"],
        ['{"inputs":1}'],
        ['{"inputs":{"a":{"imports":[{}]}}}'],
    ])("throws for %j, so that nothing is cached", (text) => {
        expect(() => manifestEntries(text, host("/x"), entry)).toThrow(/metafile/);
    });
});

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

type Files = Readonly<Record<string, string>>;

/** Each: files, then a change that alters what esbuild gives. */
const cases: readonly (readonly [string, Files, Files])[] = [
    ["the entry changes", { "src/main.ts": "console.log(1)" }, { "src/main.ts": "console.log(2)" }],
    [
        "an import changes",
        { "src/main.ts": 'import a from "./a"; console.log(a)', "src/a.ts": "export default 1" },
        { "src/a.ts": "export default 2" },
    ],
    [
        "a .tsx appears before a .ts",
        { "src/main.ts": 'import a from "./a"; console.log(a)', "src/a.ts": "export default 1" },
        { "src/a.tsx": "export default 2" },
    ],
    [
        "a file without an extension appears",
        { "src/main.ts": 'import "./a.js"', "src/a.js.ts": "console.log(1)" },
        { "src/a.js": "console.log(2)" },
    ],
    [
        "a .js appears where a .ts was taken for it",
        { "src/main.ts": 'import a from "./a.js"; console.log(a)', "src/a.ts": "export default 1" },
        { "src/a.js": "export default 2" },
    ],
    [
        "a file appears before a folder's index",
        {
            "src/main.ts": 'import a from "./a"; console.log(a)',
            "src/a/index.ts": "export default 1",
        },
        { "src/a.json": "{}" },
    ],
    [
        "another index appears in a folder",
        {
            "src/main.ts": 'import a from "./a"; console.log(a)',
            "src/a/index.ts": "export default 1",
        },
        { "src/a/index.tsx": "export default 2" },
    ],
    [
        "a package.json appears in an imported folder",
        {
            "src/main.ts": 'import a from "./a"; console.log(a)',
            "src/a/index.ts": "export default 1",
            "src/a/b.ts": "export default 2",
        },
        { "src/a/package.json": '{ "main": "b" }' },
    ],
    [
        "a folder's package.json changes",
        {
            "src/main.ts": 'import a from "./a"; console.log(a)',
            "src/a/package.json": '{ "main": "b" }',
            "src/a/b.ts": "export default 1",
            "src/a/c.ts": "export default 2",
        },
        { "src/a/package.json": '{ "main": "c" }' },
    ],
    [
        "the parent folder is imported",
        { "src/main.ts": 'import a from ".."; console.log(a)', "index.ts": "export default 1" },
        { "index.tsx": "export default 2" },
    ],
    [
        "a JSON file changes",
        { "src/main.ts": 'import a from "./a.json"; console.log(a)', "src/a.json": '{"x":1}' },
        { "src/a.json": '{"x":2}' },
    ],
    [
        "a package's file changes",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/package.json": '{ "main": "m.js" }',
            "node_modules/dep/m.js": "module.exports = 1",
        },
        { "node_modules/dep/m.js": "module.exports = 2" },
    ],
    [
        "a package's main changes",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/package.json": '{ "main": "m.js" }',
            "node_modules/dep/m.js": "module.exports = 1",
            "node_modules/dep/n.js": "module.exports = 2",
        },
        { "node_modules/dep/package.json": '{ "main": "n.js" }' },
    ],
    [
        "a package's module file appears",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/package.json": '{ "module": "esm", "main": "m.js" }',
            "node_modules/dep/m.js": "module.exports = 1",
        },
        { "node_modules/dep/esm.js": "export default 2" },
    ],
    [
        "a nearer package appears",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/index.js": "module.exports = 1",
        },
        { "src/node_modules/dep/index.js": "module.exports = 2" },
    ],
    [
        "a package appears in a nearer node_modules that was there",
        {
            "src/main.ts": 'import a from "@s/dep/x"; console.log(a)',
            "node_modules/@s/dep/x.js": "module.exports = 1",
            "src/node_modules/other/index.js": "",
        },
        { "src/node_modules/@s/dep/x.js": "module.exports = 2" },
    ],
    [
        "a file appears in a nearer package that lacked it",
        {
            "src/main.ts": 'import a from "dep/x"; console.log(a)',
            "node_modules/dep/x.js": "module.exports = 1",
            "src/node_modules/dep/y.js": "",
        },
        { "src/node_modules/dep/x.js": "module.exports = 2" },
    ],
    [
        "a single file appears in a nearer node_modules",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/index.js": "module.exports = 1",
            "src/node_modules/other/index.js": "",
        },
        { "src/node_modules/dep.js": "module.exports = 2" },
    ],
    [
        "a package gets exports",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/index.js": "module.exports = 1",
            "node_modules/dep/x.js": "module.exports = 2",
        },
        { "node_modules/dep/package.json": '{ "exports": "./x.js" }' },
    ],
    [
        "exports name a file that only now appears",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/package.json": '{ "exports": "./x.js" }',
            "node_modules/dep/x.ts": "export default 1",
        },
        { "node_modules/dep/x.js": "export default 2" },
    ],
    [
        "a package's own dependency gets nearer",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/index.js": 'module.exports = require("sub")',
            "node_modules/sub/index.js": "module.exports = 1",
        },
        { "node_modules/dep/node_modules/sub/index.js": "module.exports = 2" },
    ],
    [
        "sideEffects of a package change",
        {
            "src/main.ts": 'import "dep"',
            "node_modules/dep/package.json": '{ "sideEffects": true }',
            "node_modules/dep/index.js": "console.log(1)",
        },
        { "node_modules/dep/package.json": '{ "sideEffects": false }' },
    ],
    [
        "sideEffects of an unused package change",
        {
            "src/main.ts": 'import "dep"',
            "node_modules/dep/package.json": '{ "sideEffects": false }',
            "node_modules/dep/index.js": "console.log(1)",
        },
        { "node_modules/dep/package.json": "{}" },
    ],
    [
        "a package.json with a type appears above",
        { "src/main.ts": "console.log(1)" },
        { "package.json": '{ "type": "commonjs" }' },
    ],
    [
        "imports of package.json change",
        {
            "package.json": '{ "imports": { "#a": "./a.js" } }',
            "src/main.ts": 'import a from "#a"; console.log(a)',
            "a.js": "export default 1",
            "b.js": "export default 2",
        },
        { "package.json": '{ "imports": { "#a": "./b.js" } }' },
    ],
    [
        "a tsconfig.json appears",
        { "src/main.ts": "class A { x; } console.log(new A())" },
        { "tsconfig.json": '{ "compilerOptions": { "useDefineForClassFields": false } }' },
    ],
    [
        "a nearer tsconfig.json appears",
        { "src/main.ts": "class A { x; } console.log(new A())", "tsconfig.json": "{}" },
        { "src/tsconfig.json": '{ "compilerOptions": { "useDefineForClassFields": false } }' },
    ],
    [
        "a jsconfig.json appears",
        {
            "src/main.js": "console.log(<a/>)",
            "src/main.ts": 'import "./x.jsx"',
            "src/x.jsx": "console.log(<a/>)",
        },
        { "jsconfig.json": '{ "compilerOptions": { "jsxFactory": "h" } }' },
    ],
    [
        "a tsconfig.json appears beside a jsconfig.json",
        {
            "src/main.ts": "class A { x; } console.log(new A())",
            "jsconfig.json": '{ "compilerOptions": { "useDefineForClassFields": true } }',
        },
        { "tsconfig.json": '{ "compilerOptions": { "useDefineForClassFields": false } }' },
    ],
    [
        "an extended tsconfig changes, with comments and commas",
        {
            "src/main.ts": "class A { x; } console.log(new A())",
            "tsconfig.json": '{ // a comment\n "extends": "./conf/base", }',
            "conf/base.json": '{ /* c */ "extends": ["../deep.json"] }',
            "deep.json": "{}",
        },
        { "deep.json": '{ "compilerOptions": { "useDefineForClassFields": false } }' },
    ],
    [
        "an extended tsconfig of a package changes",
        {
            "src/main.ts": "class A { x; } console.log(new A())",
            "tsconfig.json": '{ "extends": "@t/strict/conf.json" }',
            "node_modules/@t/strict/conf.json": "{}",
        },
        {
            "node_modules/@t/strict/conf.json":
                '{ "compilerOptions": { "useDefineForClassFields": false } }',
        },
    ],
    [
        "the tsconfig of a package that is extended by name changes",
        {
            "src/main.ts": "class A { x; } console.log(new A())",
            "tsconfig.json": '{ "extends": "conf" }',
            "node_modules/conf/package.json": '{ "tsconfig": "sub/c.json" }',
            "node_modules/conf/sub/c.json": "{}",
        },
        {
            "node_modules/conf/sub/c.json":
                '{ "compilerOptions": { "useDefineForClassFields": false } }',
        },
    ],
    [
        "the tsconfig behind a package's exports changes",
        {
            "src/main.ts": "class A { x; } console.log(new A())",
            "tsconfig.json": '{ "extends": "conf/strict" }',
            "node_modules/conf/package.json": '{ "exports": { "./strict": "./sub/c.json" } }',
            "node_modules/conf/sub/c.json": "{}",
        },
        {
            "node_modules/conf/sub/c.json":
                '{ "compilerOptions": { "useDefineForClassFields": false } }',
        },
    ],
    [
        "a nearer package with an extended tsconfig appears",
        {
            "p/src/main.ts": "class A { x; } console.log(new A())",
            "src/main.ts": 'import "../p/src/main.ts"',
            "p/tsconfig.json": '{ "extends": "conf/c.json" }',
            "node_modules/conf/c.json": "{}",
        },
        {
            "p/node_modules/conf/c.json":
                '{ "compilerOptions": { "useDefineForClassFields": false } }',
        },
    ],
    [
        "paths change",
        {
            "src/main.ts": 'import a from "@/a"; console.log(a)',
            "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./one/*"] } } }',
            "one/a.ts": "export default 1",
            "two/a.ts": "export default 2",
        },
        { "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./two/*"] } } }' },
    ],
    [
        "a file appears at an earlier target of paths",
        {
            "src/main.ts": 'import a from "@/a"; console.log(a)',
            "tsconfig.json":
                '{ "compilerOptions": { "paths": { "@/*": ["./one/*", "./two/*"] } } }',
            "two/a.ts": "export default 2",
        },
        { "one/a.ts": "export default 1" },
    ],
    [
        "a file appears below the baseUrl of a base config for paths of another",
        {
            "src/main.ts": 'import a from "@/a"; console.log(a)',
            "tsconfig.json":
                '{ "extends": "./c/base.json", "compilerOptions": { "paths": { "@/*": ["one/*", "../two/*"] } } }',
            "c/base.json": '{ "compilerOptions": { "baseUrl": "." } }',
            "two/a.ts": "export default 2",
        },
        { "c/one/a.ts": "export default 1" },
    ],
    [
        "paths of a base config start at the folder of the nearest one",
        {
            "src/main.ts": 'import a from "@/a"; console.log(a)',
            "src/tsconfig.json": '{ "extends": "../c/base" }',
            "c/base.json": JSON.stringify({
                // biome-ignore lint/suspicious/noTemplateCurlyInString: tsconfig's own placeholder.
                compilerOptions: { paths: { "@/*": ["${configDir}/one/*", "../two/*"] } },
            }),
            "two/a.ts": "export default 2",
        },
        { "src/one/a.ts": "export default 1" },
    ],
    [
        "a file appears below baseUrl before a package",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "tsconfig.json": '{ "compilerOptions": { "baseUrl": "./lib" } }',
            "node_modules/dep/index.js": "module.exports = 1",
        },
        { "lib/dep.ts": "export default 2" },
    ],
    [
        "an exact rule of paths for a package",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "tsconfig.json": '{ "compilerOptions": { "paths": { "dep": ["./mock"] } } }',
            "node_modules/dep/index.js": "module.exports = 1",
        },
        { "mock/index.ts": "export default 2" },
    ],
    [
        "an import that a try block may miss appears",
        { "src/main.ts": 'try { console.log(require("./late")) } catch {}' },
        { "src/late.js": "module.exports = 1" },
    ],
    [
        "a package that a try block may miss appears",
        { "src/main.ts": 'try { console.log(require("late")) } catch {}' },
        { "node_modules/late/index.js": "module.exports = 1" },
    ],
    [
        "a dynamic import changes",
        { "src/main.ts": 'console.log(await import("./a"))', "src/a.ts": "export default 1" },
        { "src/a.ts": "export default 2" },
    ],
];

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

// SPDX-License-Identifier: MIT
// TypeScript through esbuild: bundles, the cache and when it is good, what happens without esbuild.

import {
    chmodSync,
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import {
    createFolder,
    type Ended,
    executable,
    projectRoot,
    run,
    writeFiles,
} from "../support/process.ts";

const esbuildFile = join(projectRoot, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`);

let folder: ReturnType<typeof createFolder>;
let cache: string;
let esbuildLog: string;
beforeEach(() => {
    folder = createFolder();
    cache = join(folder.work, "../cache/maixjs");
    esbuildLog = join(folder.work, "../esbuild.log");
    // The real esbuild, with a note of each time it runs.
    const wrapper = join(folder.work, "../esbuild");
    writeFileSync(wrapper, `#!/bin/sh\necho run >>'${esbuildLog}'\nexec '${esbuildFile}' "$@"\n`);
    chmodSync(wrapper, 0o755);
});
afterEach(() => folder.remove());

function runs(): number {
    return existsSync(esbuildLog) ? readFileSync(esbuildLog, "utf8").split("\n").length - 1 : 0;
}

function maixjs(args: readonly string[], env: Record<string, string | undefined> = {}) {
    return run(args, {
        cwd: folder.work,
        env: { MAIXJS_ESBUILD: join(folder.work, "../esbuild"), ...env },
    });
}

/** Runs it behind shell commands that set limits. */
function runIn({ setup }: { readonly setup: string }, args: readonly string[]): Promise<Ended> {
    return run(["-c", `${setup} && exec "$0" "$@"`, executable, ...args], {
        command: "sh",
        cwd: folder.work,
        env: { MAIXJS_ESBUILD: esbuildFile },
    });
}

/** Runs it and expects this output; returns how often esbuild ran. */
async function expectOutput(
    stdout: string,
    args: readonly string[] = ["main.ts"],
): Promise<number> {
    const before = runs();
    const ended = await maixjs(args);
    expect(ended).toEqual({ status: 0, signal: null, stdout, stderr: "" });
    return runs() - before;
}

describe("bundles", () => {
    it("hold what is imported: files, JSON, text, npm packages with only main", async () => {
        writeFiles(folder.work, {
            "main.ts": `import { a } from "./lib/a"; import data from "./data.json";
                import old from "old-package"; import { modern } from "@scope/modern/sub";
                import { aliased } from "@/aliased"; import * as maix from "maix";
                console.log(a, data.n, old.name, modern, aliased, typeof maix.audio.Recorder);`,
            "lib/a.ts": "export const a: string = 'a';",
            "lib/aliased.ts": "export const aliased = 'aliased' as const;",
            "data.json": '{"n": 5}',
            "tsconfig.json": '{ "extends": "./base.json" /* comments are allowed */ }',
            "base.json": '{"compilerOptions": {"paths": {"@/*": ["./lib/*"]}}}',
            "node_modules/old-package/package.json": '{"name":"old-package","main":"index.js"}',
            "node_modules/old-package/index.js": "module.exports = { name: 'old' };",
            "node_modules/@scope/modern/package.json":
                '{"name":"@scope/modern","exports":{"./sub":"./sub.mjs"}}',
            "node_modules/@scope/modern/sub.mjs": "export const modern = 'modern';",
        });
        expect(await expectOutput("a 5 old modern aliased function\n")).toBe(1);
        expect(await expectOutput("a 5 old modern aliased function\n")).toBe(0);
        // Each of the inputs counts, by content.
        writeFiles(folder.work, {
            "base.json": '{"compilerOptions":{"paths":{"@/*":["./l2/*"]}}}',
        });
        writeFiles(folder.work, { "l2/aliased.ts": "export const aliased = 'other';" });
        expect(await expectOutput("a 5 old modern other function\n")).toBe(1);
        writeFiles(folder.work, { "data.json": '{"n": 6}' });
        expect(await expectOutput("a 6 old modern other function\n")).toBe(1);
        writeFiles(folder.work, { "data.json": '{"n": 5}' });
        expect(await expectOutput("a 5 old modern other function\n")).toBe(1);
        expect(await expectOutput("a 5 old modern other function\n")).toBe(0);
    });

    it("are made anew when a file appears that would have been taken", async () => {
        writeFiles(folder.work, {
            "main.ts": 'import { a } from "./a"; console.log(a);',
            "a.js": "export const a = 'js';",
        });
        expect(await expectOutput("js\n")).toBe(1);
        expect(await expectOutput("js\n")).toBe(0);
        writeFiles(folder.work, { "a.ts": "export const a = 'ts';" });
        expect(await expectOutput("ts\n")).toBe(1);
    });

    it("are not made anew when other files change", async () => {
        writeFiles(folder.work, { "main.ts": "console.log('x');" });
        await expectOutput("x\n");
        writeFiles(folder.work, { "other.ts": "1", "take.wav": "" });
        expect(await expectOutput("x\n")).toBe(0);
    });

    it("are found from another folder, and not trusted when damaged", async () => {
        writeFiles(folder.work, { "main.ts": "console.log('good');", "sub/x": "" });
        await expectOutput("good\n");
        const ended = await run(["../main.ts"], {
            cwd: join(folder.work, "sub"),
            env: {
                MAIXJS_ESBUILD: join(folder.work, "../esbuild"),
                XDG_CACHE_HOME: join(cache, ".."),
            },
        });
        expect([ended.stdout, runs()]).toEqual(["good\n", 1]);
        const name = readdirSync(cache).find((file) => file.endsWith(".entry"));
        const entry = join(cache, String(name));
        const text = readFileSync(entry, "latin1");
        for (const damaged of [
            text.replace("good", "evil"),
            text.slice(0, -3),
            text.replace("maixjs-cache 2", "maixjs-cache 1"),
            "",
            "\0",
        ]) {
            expect(damaged).not.toBe(text);
            writeFileSync(entry, damaged, "latin1");
            expect(await expectOutput("good\n")).toBe(1);
        }
    });

    it("are kept in a folder that only the user can write, or not at all", async () => {
        writeFiles(folder.work, { "main.ts": "console.log('x');" });
        await expectOutput("x\n");
        expect(statSync(cache).mode & 0o777).toBe(0o700);
        expect(
            readdirSync(cache).filter((name) => !/^[0-9a-f]{64}\.(entry|map)$/.test(name)),
        ).toEqual([]);
        chmodSync(cache, 0o777);
        expect(await expectOutput("x\n")).toBe(1);
        rmSync(cache, { recursive: true });
        writeFileSync(cache, "a file in its place");
        expect(await expectOutput("x\n")).toBe(1);
        expect(
            (await maixjs(["main.ts"], { XDG_CACHE_HOME: undefined, HOME: undefined })).stdout,
        ).toBe("x\n");
    });

    it("are left alone by --no-cache, and removed by cache clear", async () => {
        writeFiles(folder.work, { "main.ts": "console.log('x');" });
        expect(await expectOutput("x\n", ["--no-cache", "main.ts"])).toBe(1);
        expect(existsSync(cache) ? readdirSync(cache) : []).toEqual([]);
        await expectOutput("x\n");
        writeFileSync(join(cache, "keep.txt"), "not ours");
        const cleared = await maixjs(["cache", "clear"]);
        expect(cleared.stdout).toBe(`removed 1 cached bundle from ${cache}\n`);
        expect(readdirSync(cache)).toEqual(["keep.txt"]);
    });

    it("run from the cache where there is no esbuild any more", async () => {
        writeFiles(folder.work, { "main.ts": "console.log('x');" });
        await expectOutput("x\n");
        const ended = await maixjs(["main.ts"], {
            MAIXJS_ESBUILD: undefined,
            PATH: "/nonexistent",
        });
        expect([ended.status, ended.stdout]).toEqual([0, "x\n"]);
    });
});

describe("esbuild's errors", () => {
    it("are shown as esbuild shows them, status 1", async () => {
        writeFiles(folder.work, { "main.ts": "let x: number = ;\n" });
        const ended = await maixjs(["main.ts"]);
        expect([ended.status, ended.stdout]).toEqual([1, ""]);
        expect(ended.stderr).toMatch(/^✘ \[ERROR\] Unexpected ";"\n\n {4}main\.ts:1:16:/);
        expect(readdirSync(cache)).toEqual([]);
    });

    it("about Node's modules come with advice that fits", async () => {
        writeFiles(folder.work, { "main.ts": 'import fs from "node:fs"; fs;' });
        const ended = await maixjs(["main.ts"]);
        expect(ended.status).toBe(1);
        expect(ended.stderr).toMatch(/maixjs: Node's own modules are not there: use qjs:std/);
    });
});

describe("without esbuild", () => {
    const none = { MAIXJS_ESBUILD: undefined, PATH: "/nonexistent" };

    it("TypeScript is one clear line", async () => {
        writeFiles(folder.work, { "main.ts": "console.log('x');" });
        const ended = await maixjs(["main.ts"], none);
        expect(ended).toEqual({
            status: 1,
            signal: null,
            stdout: "",
            stderr:
                "maixjs: esbuild is needed for TypeScript and was not found: run `npm install " +
                "esbuild` in the project, or set MAIXJS_ESBUILD to its executable\n",
        });
        const wrong = await maixjs(["main.ts"], { MAIXJS_ESBUILD: "/nonexistent/esbuild" });
        expect(wrong.stderr).toBe(
            "maixjs: MAIXJS_ESBUILD is not an executable file: /nonexistent/esbuild\n",
        );
    });

    it("JavaScript that imports no files runs", async () => {
        writeFiles(folder.work, {
            "main.mjs":
                'import { time } from "maix"; import "qjs:std"; console.log(typeof time.sleep);',
        });
        const ended = await maixjs(["main.mjs"], none);
        expect([ended.stdout, ended.stderr]).toEqual(["function\n", ""]);
        const evaluated = await maixjs(["-e", "console.log(1 + 1)"], none);
        expect([evaluated.stdout, evaluated.stderr]).toEqual(["2\n", ""]);
    });

    it("JavaScript that imports files needs it, and runs with it", async () => {
        writeFiles(folder.work, {
            "main.js": 'import { a } from "./a.js"; console.log(a);',
            "a.js": "export const a = 1;",
        });
        const ended = await maixjs(["main.js"], none);
        expect([ended.status, ended.stdout]).toEqual([1, ""]);
        expect(ended.stderr).toMatch(/^maixjs: esbuild is needed/);
        expect(await expectOutput("1\n", ["main.js"])).toBe(1);
    });

    it("a syntax error is the engine's, with its position", async () => {
        writeFiles(folder.work, { "main.js": "let a = 1;\nlet = ;\n" });
        const ended = await maixjs(["main.js"], none);
        expect(ended.status).toBe(1);
        expect(ended.stderr).toMatch(/^SyntaxError: .*\n {4}at main\.js:2:\d+/m);
    });
});

describe("a cache that cannot be written", () => {
    // Files cannot grow, as on a full disk; pipes still take everything.
    const full = { setup: "ulimit -f 0" };

    it("is no reason not to run", async () => {
        writeFiles(folder.work, { "main.ts": "console.log(1 as number);" });
        const ended = await runIn(full, ["main.ts"]);
        expect(ended).toEqual({ status: 0, signal: null, stdout: "1\n", stderr: "" });
        expect(readdirSync(cache)).toEqual([]);
    });

    it("shows esbuild's errors once", async () => {
        writeFiles(folder.work, { "main.ts": "let a = ;" });
        const ended = await runIn(full, ["main.ts"]);
        expect(ended.status).toBe(1);
        expect(ended.stderr.match(/\[ERROR\]/g)).toEqual(["[ERROR]"]);
        expect(ended.stderr).toContain("main.ts:1:8");
    });
});

describe("maixjs build", () => {
    async function build(args: readonly string[]): Promise<Ended> {
        return maixjs(["build", ...args]);
    }

    it("writes one file that runs anywhere and knows its TypeScript positions", async () => {
        writeFiles(folder.work, {
            "src/main.ts": "import { f } from './f.ts';\n\ninterface A {}\nf();\n",
            "src/f.ts": "export function f(): never {\n    throw new Error('built');\n}\n",
            "out/keep": "",
        });
        expect(await build(["src/main.ts", "-o", "out/app.js"])).toEqual({
            status: 0,
            signal: null,
            stdout: "",
            stderr: "",
        });
        expect(readdirSync(join(folder.work, "out")).sort()).toEqual(["app.js", "keep"]);
        const ended = await maixjs(["out/app.js"], { MAIXJS_ESBUILD: undefined, PATH: "/none" });
        expect(ended.stderr).toMatch(
            /^Error: built\n {4}at f \(src\/f\.ts:2:\d+\)\n {4}at .*src\/main\.ts:4:\d+/m,
        );
        const piped = await run(["-"], {
            cwd: folder.work,
            input: readFileSync(join(folder.work, "out/app.js"), "utf8"),
        });
        expect(piped.stderr).toMatch(/^Error: built\n {4}at f \(.*f\.ts:2:\d+\)/m);
    });

    it("leaves an old file as it was when it fails", async () => {
        writeFiles(folder.work, { "bad.ts": "let x = ;", "app.js": "old" });
        const ended = await build(["bad.ts", "-o", "app.js"]);
        expect(ended.status).toBe(1);
        expect(readFileSync(join(folder.work, "app.js"), "utf8")).toBe("old");
        expect(readdirSync(folder.work).sort()).toEqual(["app.js", "bad.ts"]);
    });
});

describe("scripts with strange names", () => {
    it.each([
        "with space.ts",
        'it\'s "quoted".ts',
        "a=b.ts",
        "a*b.ts",
        "-dash.ts",
        "percent%41.ts",
        "ümläut.ts",
        "[brackets].ts",
    ])("%j", async (name) => {
        writeFiles(folder.work, {
            [name]: "import { a } from './a';\nconsole.log(a);\nthrow new Error('x');\n",
            "a.ts": "export const a: number = 1;",
        });
        for (let round = 0; round < 2; round++) {
            const ended = await maixjs([`./${name}`]);
            expect([ended.status, ended.stdout]).toEqual([1, "1\n"]);
            expect(ended.stderr).toContain(`${name}:3:`);
        }
        const built = await maixjs(["build", `./${name}`, "-o", "built.js"]);
        expect([built.status, built.stderr]).toEqual([0, ""]);
        expect((await maixjs(["built.js"])).stdout).toBe("1\n");
    });
});

describe("wrong usage: one line, status 2, nothing written", () => {
    it.each<[string, readonly string[], RegExp]>([
        ["no script", [], /^maixjs: a script is missing/],
        ["a script that is not there", ["nothing.ts"], /^maixjs: there is no script nothing\.ts$/],
        [
            "a command that there is not",
            ["help"],
            /^maixjs: there is no script or command help \(see maixjs --help\)$/,
        ],
        [
            "an app's id that is none",
            ["--app", "Bad", "x.ts"],
            /^maixjs: an app's id is 1 to 64 of a-z, 0-9 and _, as in its app\.yaml; not: Bad/,
        ],
        ["a directory", ["folder"], /^maixjs: folder is a directory, not a script$/],
        ["another kind of file", ["text.txt"], /^maixjs: text\.txt is not a script: its name must/],
        ["a device file", ["/dev/null"], /^maixjs: \/dev\/null is not a regular file/],
        ["an unknown option", ["--bogus", "x.ts"], /^maixjs: unknown option: --bogus/],
        ["an option without its value", ["--mic"], /^maixjs: this option needs a value: --mic/],
        ["options without a script", ["--mic", "sim:tone"], /^maixjs: a script is missing/],
        [
            "a size that is none",
            ["--memory-limit", "1X", "x.ts"],
            /^maixjs: --memory-limit 1X: give/,
        ],
        ["a time that is none", ["--timeout", "soon", "x.ts"], /^maixjs: --timeout soon: give/],
        [
            "--device behind the script",
            ["x.ts", "--device", "cam"],
            /options stand before the script/,
        ],
        ["--mic behind the script", ["x.ts", "--mic=sim:tone"], /options stand before the script/],
        ["-e without code", ["-e"], /^maixjs: this option needs code/],
        ["build without -o", ["build", "x.ts"], /^maixjs: usage: maixjs build/],
        [
            "build to no script",
            ["build", "x.ts", "-o", "y.txt"],
            /^maixjs: the output's name must end/,
        ],
        ["an unknown cache command", ["cache", "eat"], /^maixjs: usage: maixjs cache clear/],
    ])("%s", async (_, args, message) => {
        writeFiles(folder.work, { "text.txt": "", "folder/x": "", "x.ts": "console.log('ran');" });
        mkdirSync(join(folder.work, "../cache"));
        const ended = await maixjs(args);
        expect(ended.stderr.split("\n")).toHaveLength(2);
        expect(ended.stderr.trimEnd()).toMatch(message);
        expect([ended.status, ended.stdout]).toEqual([2, ""]);
        expect(readdirSync(join(folder.work, "../cache"))).toEqual([]);
    });

    it("lets a script have such options of its own behind --", async () => {
        writeFiles(folder.work, { "x.ts": "console.log(process.argv.slice(2).join())" });
        const ended = await maixjs(["x.ts", "--", "--mic", "m"]);
        expect(ended.stdout).toBe("--,--mic,m\n");
    });

    it("has --help and --version", async () => {
        const help = await maixjs(["--help"]);
        expect([help.status, help.stderr]).toEqual([0, ""]);
        expect(help.stdout).toMatch(/--mic <device>[\s\S]*Example:[\s\S]*Exit status/);
        for (const command of ["build", "cache", "devices", "stop", "logs"]) {
            expect(await maixjs([command, "--help"])).toEqual(help);
            expect(await maixjs([command, "-h"])).toEqual(help);
        }
        const version = await maixjs(["--version"]);
        expect(version.stdout).toMatch(/^maixjs \d+\.\d+\.\d+ \(QuickJS-ng \d+\.\d+\.\d+\)\n$/);
    });
});

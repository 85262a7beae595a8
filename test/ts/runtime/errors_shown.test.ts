// SPDX-License-Identifier: MIT
// Errors as the executable shows them: at TypeScript positions, whatever happens.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createFolder, type Ended, run } from "../../support/process.ts";

let folder: ReturnType<typeof createFolder>;

beforeEach(() => {
    folder = createFolder();
});

afterEach(() => {
    folder.remove();
});

function runFiles(files: Readonly<Record<string, string>>, entry: string): Promise<Ended> {
    for (const [name, text] of Object.entries(files)) {
        const path = join(folder.work, name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
    }
    return run([entry], { cwd: folder.work });
}

// The engine's position of a call is its first argument; where that has none in the map (a literal,
// no argument), it is the name that is called: of `new Error()` where `Error` stands, not `new`.
describe("an uncaught error", () => {
    const helper =
        "interface Unused {\n    a: number;\n}\n\nexport function fail(text: string): never {\n    throw new RangeError(text);\n}\n";

    it("is shown at the lines and columns of the TypeScript files", async () => {
        const main =
            'import { fail } from "./lib/helper";\n\nfunction loop(): void {\n    fail("too far");\n}\nloop();\n';
        const ended = await runFiles({ "main.ts": main, "lib/helper.ts": helper }, "main.ts");
        expect(ended).toEqual({
            status: 1,
            signal: null,
            stdout: "",
            stderr:
                "lib/helper.ts:6:26\n" +
                "    throw new RangeError(text);\n" +
                "                         ^\n" +
                "RangeError: too far\n" +
                "    at fail (lib/helper.ts:6:26)\n" +
                "    at loop (main.ts:4:5)\n" +
                "    at main.ts:6:1\n",
        });
    });

    it("has its position in a second run, from the cache", async () => {
        const files = { "main.ts": 'type A = 1;\n\nthrow new Error("x");\n' };
        const first = await runFiles(files, "main.ts");
        const second = await runFiles({}, "main.ts");
        expect(first.stderr).toBe(
            'main.ts:3:11\nthrow new Error("x");\n          ^\nError: x\n    at main.ts:3:11\n',
        );
        expect(second).toEqual(first);
    });

    it("has its position in a script whose path has line ends", async () => {
        const path = "a\nb (1:2)/main\n.ts";
        const files = { [path]: 'type A = 1;\n\nthrow new Error("x");\n' };
        const ended = await runFiles(files, path);
        expect(ended.stderr).toBe(
            "a\\nb (1:2)/main\\n.ts:3:11\n" +
                'throw new Error("x");\n          ^\n' +
                "Error: x\n    at a\\nb (1:2)/main\\n.ts:3:11\n",
        );
    });

    it("shows its causes and its code", async () => {
        const main =
            'const cause = Object.assign(new Error("gone"), { code: "ELOST" });\n' +
            'throw new Error("outer", { cause });\n';
        const ended = await runFiles({ "main.ts": main }, "main.ts");
        expect(ended.status).toBe(1);
        expect(ended.stderr).toBe(
            'main.ts:2:11\nthrow new Error("outer", { cause });\n          ^\n' +
                "Error: outer\n    at main.ts:2:11\n  [cause]: Error [ELOST]: gone\n      at main.ts:1:33\n",
        );
    });

    it("of a plain JavaScript file keeps the file's own lines", async () => {
        const ended = await runFiles({ "main.js": '\n\nthrow new Error("x");\n' }, "main.js");
        expect(ended.status).toBe(1);
        expect(ended.stderr).toMatch(
            /^main\.js:3:11\nthrow new Error\("x"\);\n {10}\^\nError: x\n {4}at main\.js:3:11\n$/,
        );
    });

    it("of the engine has its place: a syntax error that esbuild does not see", async () => {
        const ended = await runFiles({ "main.js": "let a = 1;\nlet b = ;\n" }, "main.js");
        expect(ended.status).toBe(1);
        expect(ended.stderr).toMatch(/main\.js:2:\d+/);
    });

    it("is shown when it is a rejection, or thrown in a timer", async () => {
        const rejected = await runFiles(
            {
                "main.ts":
                    'type A = 1;\nasync function later(): Promise<void> {\n    throw new TypeError("no");\n}\nvoid later();\n',
            },
            "main.ts",
        );
        expect(rejected.status).toBe(1);
        expect(rejected.stderr).toContain("TypeError: no\n    at later (main.ts:3:15)\n");
        const timer = await runFiles(
            {
                "timer.ts":
                    'type A = 1;\nsetTimeout(() => {\n    throw new Error("late");\n}, 1);\n',
            },
            "timer.ts",
        );
        expect(timer.status).toBe(1);
        expect(timer.stderr).toContain("Error: late\n    at timer.ts:3:15\n");
    });

    it.each([
        ["a string", 'throw "text";', "Uncaught: 'text'\n"],
        ["undefined", "throw undefined;", "Uncaught: undefined\n"],
        ["an object", "throw { a: 1, b: [2] };", "Uncaught: { a: 1, b: [ 2 ] }\n"],
        [
            "a hostile proxy",
            "throw new Proxy({}, { get() { throw 1; }, ownKeys() { throw 2; } });",
            "Uncaught: ",
        ],
        [
            "an error with hostile getters",
            'throw Object.defineProperty(new Error("x"), "stack", { get() { throw 1; } });',
            "Error: x",
        ],
    ])("may be %s", async (_, source, text) => {
        const ended = await runFiles({ "main.ts": `${source}\n` }, "main.ts");
        expect(ended.status).toBe(1);
        expect(ended.stderr.startsWith(text)).toBe(true);
    });

    it("does not depend on built-ins that the script has broken", async () => {
        const main =
            'const error = new Error("still shown");\n' +
            "delete (globalThis as { Array?: unknown }).Array;\n" +
            'Object.defineProperty(String.prototype, "split", { value: null });\n' +
            "for (const key of Reflect.ownKeys(Object)) Reflect.deleteProperty(Object, key);\n" +
            "throw error;\n";
        const ended = await runFiles({ "main.ts": main }, "main.ts");
        expect(ended.status).toBe(1);
        expect(ended.stderr).toBe(
            'main.ts:1:19\nconst error = new Error("still shown");\n                  ^\n' +
                "Error: still shown\n    at main.ts:1:19\n",
        );
    });

    it("in a folder with blanks, brackets and percent signs", async () => {
        const name = "a b (1)#%20/ma in.ts";
        const ended = await runFiles(
            { [name]: 'type A = 1;\nfunction f(): never {\n    throw new Error("x");\n}\nf();\n' },
            name,
        );
        expect(ended.status).toBe(1);
        expect(ended.stderr).toBe(
            `${name}:3:15\n    throw new Error("x");\n              ^\n` +
                `Error: x\n    at f (${name}:3:15)\n    at ${name}:5:1\n`,
        );
    });
});

describe("the source line", () => {
    it.each([
        ["a stream callback", 'queueMicrotask(() => {\n    throw new Error("x");\n});\n'],
        ["a timer", 'setTimeout(() => {\n    throw new Error("x");\n}, 1);\n'],
        ["a rejection", 'void (async () => {\n    throw new Error("x");\n})();\n'],
    ])("is shown of %s", async (_, source) => {
        const ended = await runFiles({ "main.ts": source }, "main.ts");
        expect(ended.status).toBe(1);
        expect(ended.stderr).toMatch(
            /^main\.ts:2:15\n {4}throw new Error\("x"\);\n {14}\^\nError: x\n {4}at /,
        );
    });

    it("is shown of a dynamic import", async () => {
        const files = {
            "main.ts": 'await import("./part");\n',
            "part.ts": 'type A = 1;\nthrow new Error("x");\nexport {};\n',
        };
        const ended = await runFiles(files, "main.ts");
        expect(ended.stderr).toMatch(
            /^part\.ts:2:11\nthrow new Error\("x"\);\n {10}\^\nError: x\n/,
        );
    });

    it("is the script's own where a library throws", async () => {
        const files = {
            "main.ts": 'import { fail } from "lib";\n\nfail();\n',
            "node_modules/lib/package.json": '{"name":"lib","main":"index.js"}',
            "node_modules/lib/index.js":
                'exports.fail = function fail() {\n    throw new Error("x");\n};\n',
        };
        const ended = await runFiles(files, "main.ts");
        expect(ended.stderr).toMatch(/^main\.ts:3:\d\nfail\(\);\n/);
        expect(ended.stderr).toContain("node_modules/lib/index.js:2:");
    });

    it("is left out where the file was changed or removed while the program ran", async () => {
        const source = (change: string): string =>
            `import * as std from "qjs:std";\nimport * as os from "qjs:os";\n` +
            `import { time } from "maix";\ntime.sleepMs(200);\n${change}\nthrow new Error("x");\n`;
        const removed = await runFiles({ "main.ts": source('os.remove("main.ts");') }, "main.ts");
        expect(removed.stderr).toMatch(/^Error: x\n {4}at main\.ts:6:11\n$/);
        const write = 'const f = std.open("main.ts", "w")!; f.puts("\\n".repeat(9)); f.close();';
        const changed = await runFiles({ "main.ts": source(write) }, "main.ts");
        expect(changed.stderr).toMatch(/^Error: x\n {4}at main\.ts:6:11\n$/);
    });

    it("is found through a source map of 50 MB, and one that is too large says so", async () => {
        const header = '{"version":3,"sources":["main.ts"],"names":[],"mappings":"';
        const comment = "//# sourceMappingURL=main.js.map\n";
        // 2,500,000 lines of four segments before the one that throws, which maps to 2:5.
        const before = "AAAA,CAAC,CAAC,CAAF;".repeat(2_500_000);
        const code = `${"\n".repeat(2_500_000)}throw new Error("x");\n${comment}`;
        const map = `${header}${before}AACI"}`;
        const files = { "main.ts": "one\n    two\n", "main.js": code, "main.js.map": map };
        const ended = await runFiles(files, "main.js");
        expect(ended.status).toBe(1);
        expect(ended.stderr).toMatch(
            /^main\.ts:2:5\n {4}two\n {4}\^\nError: x\n {4}at main\.ts:2:5\n$/,
        );
        const large = await runFiles(
            { "main.js.map": `${map}${" ".repeat(20_000_000)}` },
            "main.js",
        );
        expect(large.status).toBe(1);
        expect(large.stderr).toContain("    at main.js:2500001:11\n");
        expect(large.stderr).toMatch(/source map is larger than 64 MiB/);
    });

    it.each(["", "{", "null", "[]", '{"version":3}', '{"version":3,"sources":[],"mappings":"!"}'])(
        "and stack stay usable with the broken map %j",
        async (map) => {
            const code = 'throw new Error("x");\n//# sourceMappingURL=main.js.map\n';
            const ended = await runFiles({ "main.js": code, "main.js.map": map }, "main.js");
            expect(ended.status).toBe(1);
            expect(ended.stderr).toMatch(
                /^main\.js:1:11\n.*\n {10}\^\nError: x\n {4}at main\.js:1:11\n$/,
            );
        },
    );
});

describe("console.log", () => {
    it("shows errors and stacks at TypeScript positions, and inspects the rest", async () => {
        const main =
            "interface A {}\n" +
            'const error = new Error("seen");\n' +
            "console.log(error);\n" +
            'console.log("a", 1, { b: [true, null] }, new Map([[1, "x"]]));\n';
        const ended = await runFiles({ "main.ts": main }, "main.ts");
        expect(ended).toEqual({
            status: 0,
            signal: null,
            stdout: "Error: seen\n    at main.ts:2:19\na 1 { b: [ true, null ] } Map(1) { 1 => 'x' }\n",
            stderr: "",
        });
    });
});

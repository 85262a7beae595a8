// SPDX-License-Identifier: MIT
// Bundles made through esbuild's API against those of `maixjs build`; what they depend on.

import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { bundle, findScript } from "../../../ts/core/bundle.ts";
import { UserError } from "../../../ts/core/errors.ts";
import { createFolder, projectRoot, run, writeFiles } from "../../support/process.ts";

let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder = createFolder();
});
afterEach(() => folder.remove());

/** What `maixjs build` makes of it, and what it prints. */
async function native(script: string): Promise<{ code: string; messages: string }> {
    const ended = await run(["build", script, "-o", "native.js"], { cwd: folder.work });
    const code = ended.status === 0 ? readFileSync(join(folder.work, "native.js"), "utf8") : "";
    return { code, messages: ended.stderr };
}

const ours = (script: string) =>
    bundle(findScript(join(folder.work, script)), { cwd: folder.work });

/** Bundles in both ways; they must be the same byte for byte. */
async function expectSame(script = "main.ts"): Promise<string> {
    const wanted = await native(script);
    const { code, messages } = await ours(script);
    expect(wanted.code).not.toBe("");
    expect(code?.toString("utf8")).toBe(wanted.code);
    expect(messages).toBe(wanted.messages);
    return wanted.code;
}

describe("a bundle is what `maixjs build` makes of", () => {
    it("a script alone, with a name full of surprises", async () => {
        const name = "a b'c\"(1) ü.ts";
        const text = 'const x: string = "ä"; console.log(x);';
        writeFiles(folder.work, { [name]: text, "a*b?[c]=d.ts": text, "ab.ts": "other();" });
        expect(await expectSame(name)).toContain('"ä"');
        // To esbuild's command the first would be a pattern.
        expect((await ours("a*b?[c]=d.ts")).code?.toString()).toContain('"ä"');
    });

    it("imports of files, JSON and text, also of such that are typed so", async () => {
        writeFiles(folder.work, {
            "main.ts": `import { a } from "./lib/a"; import data from "./data.json";
                import text from "./words.txt"; import raw from "./raw.bin" with { type: "text" };
                console.log(a, data.n, text, raw, import.meta.url);`,
            "lib/a.ts": "export const a = 1 as number;",
            "data.json": '{"n": 5}',
            "words.txt": "words",
            "raw.bin": "raw",
        });
        await expectSame();
    });

    it("npm packages: only main, module and main, exports, and a link", async () => {
        writeFiles(folder.work, {
            "main.ts": `import old from "old"; import { m } from "both"; import { s } from "@s/p/sub";
                import { l } from "linked"; console.log(old, m, s, l);`,
            "node_modules/old/package.json": '{"main":"index.js"}',
            "node_modules/old/index.js": "module.exports = { name: 'old' };",
            "node_modules/both/package.json": '{"module":"m.mjs","main":"c.js"}',
            "node_modules/both/m.mjs": "export const m = 'module';",
            "node_modules/both/c.js": "exports.m = 'common';",
            "node_modules/@s/p/package.json": '{"exports":{"./sub":"./sub.mjs"}}',
            "node_modules/@s/p/sub.mjs": "export const s = 's';",
            "packages/linked/package.json": '{"main":"l.js","type":"module"}',
            "packages/linked/l.js": "export const l = 'l';",
        });
        symlinkSync(join(folder.work, "packages/linked"), join(folder.work, "node_modules/linked"));
        await expectSame();
    });

    it("tsconfig paths, and compiler options that change the code", async () => {
        writeFiles(folder.work, {
            "main.ts": `import { a } from "@/a"; class C { x = 1; y!: number } console.log(a, new C());`,
            "lib/a.ts": "export const a = 'a';",
            "tsconfig.json": '{ "extends": "./base.json" /* comments */ }',
            "base.json": `{"compilerOptions": {"useDefineForClassFields": false,
                "paths": {"@/*": ["./lib/*"]}}}`,
        });
        await expectSame();
    });

    it("maix, maix:* and qjs:* imports, which stay", async () => {
        writeFiles(folder.work, {
            "main.ts": `import { audio } from "maix"; import * as fs from "maix:fs";
                import * as std from "qjs:std"; console.log(audio, fs, std, import.meta.main);
                const lazy = await import("maix:time"); console.log(lazy);`,
        });
        expect(await expectSame()).toContain('from "maix:fs"');
    });

    it("JavaScript, CommonJS and JSX", async () => {
        writeFiles(folder.work, {
            "main.js": 'import x from "./x.cjs"; console.log(x);',
            "x.cjs": "module.exports = 5;",
        });
        await expectSame("main.js");
    });

    it("warnings", async () => {
        writeFiles(folder.work, { "main.ts": "const x = { a: 1, a: 2 }; console.log(x === -0);" });
        await expectSame();
        expect((await ours("main.ts")).messages).toContain("Duplicate key");
    });

    it("a script somewhere else; there the map names whole paths", async () => {
        writeFiles(folder.work, {
            "sub/main.ts": 'import "../a"; console.log(2);',
            "a.ts": "console.log(1);",
        });
        const { code } = await bundle(findScript(join(folder.work, "sub/main.ts")), {
            cwd: join(folder.work, "sub"),
        });
        const [, map = ""] = /base64,(.*)\n$/.exec(code?.toString("utf8") ?? "") ?? [];
        const { sources } = JSON.parse(Buffer.from(map, "base64").toString()) as {
            sources: string[];
        };
        expect(sources).toEqual([join(folder.work, "a.ts"), "main.ts"]);
    });
});

describe("errors are shown as `maixjs build` shows them", () => {
    const expectSameErrors = async (text: string, wanted: RegExp): Promise<void> => {
        writeFiles(folder.work, { "main.ts": text });
        const { code, messages } = await ours("main.ts");
        expect(code).toBeUndefined();
        expect(messages).toMatch(wanted);
        expect(messages).toBe((await native("main.ts")).messages);
    };

    it("of syntax", () => expectSameErrors("const x = ;", /Unexpected ";"[\s\S]*main\.ts:1:10/));

    it("of names, with advice on Node's modules", () =>
        expectSameErrors('import fs from "fs"; fs.x();', /Could not resolve "fs"[\s\S]*qjs:os/));

    it("of syntax, below a warning", () =>
        expectSameErrors("const x = { a: 1, a: 2 }; const y = ;", /./));

    it("in colours where they are wanted", async () => {
        writeFiles(folder.work, { "main.ts": "const x = ;" });
        const { messages } = await bundle(join(folder.work, "main.ts"), { color: true });
        expect(messages).toContain("\u001b[31m");
    });

    it("but for the number of those that are left out", async () => {
        const text = Array.from({ length: 9 }, (_, i) => `import "./n${i}";`).join("\n");
        writeFiles(folder.work, { "main.ts": text });
        const { messages } = await ours("main.ts");
        const wanted = (await native("main.ts")).messages;
        expect(messages).toMatch(/\n6 of 9 errors shown\n$/);
        expect(wanted.replace(/ \(disable .*\)/, "")).toBe(messages);
    });
});

describe("a script is refused", () => {
    const messageOf = (script: string): string => {
        try {
            findScript(join(folder.work, script));
        } catch (error) {
            expect(error).toBeInstanceOf(UserError);
            expect((error as UserError).status).toBe(2);
            return (error as Error).message;
        }
        return "taken";
    };

    it("as the executable refuses it", async () => {
        writeFiles(folder.work, { "main.py": "", "main.ts": "", "folder.ts/x": "" });
        expect(messageOf("main.ts")).toBe("taken");
        for (const script of ["main.py", "folder.ts", "none.ts"]) {
            const ended = await run([join(folder.work, script)], { cwd: folder.work });
            expect(`maixjs: ${messageOf(script)}\n`).toBe(ended.stderr);
        }
    });
});

describe("inputs", () => {
    it("are all that was read, and all that was looked for", async () => {
        writeFiles(folder.work, {
            "main.ts": 'import "./a"; import "dep";',
            "a.js": "1;",
            "tsconfig.json": '{"extends":"./base.json"}',
            "base.json": "{}",
            "package.json": "{}",
            "node_modules/dep/package.json": "{}",
            "node_modules/dep/index.js": "2;",
        });
        const { files, absent } = (await ours("main.ts")).inputs;
        const names = ["a.js", "base.json", "main.ts", "package.json", "tsconfig.json"];
        expect(files.filter((path) => path.startsWith(`${folder.work}/`)).sort()).toEqual(
            [...names, "node_modules/dep/index.js", "node_modules/dep/package.json"]
                .map((name) => join(folder.work, name))
                .sort(),
        );
        expect(absent).toContain(join(folder.work, "a.ts"));
    });

    it("are known also where a file is missing, or wrong, below one that is good", async () => {
        writeFiles(folder.work, {
            "main.ts": 'import "./a"; import "gone";',
            "a.ts": 'import "./b/c";',
            "b/c.ts": 'import "./missing"; const x = ;',
        });
        const { code, inputs } = await ours("main.ts");
        expect(code).toBeUndefined();
        const at = (name: string): string => join(folder.work, name);
        expect(inputs.files).toEqual(
            expect.arrayContaining([at("main.ts"), at("a.ts"), at("b/c.ts")]),
        );
        // What a file with an error of syntax imports is not known.
        expect(inputs.absent).toContain(at("node_modules"));
        writeFileSync(at("b/c.ts"), 'import "./missing";');
        expect((await ours("main.ts")).inputs.absent).toEqual(
            expect.arrayContaining([at("b/missing"), at("b/missing.ts"), at("b/missing.json")]),
        );
    });

    it("of bytecode are the file itself, which goes as it is", async () => {
        writeFiles(folder.work, { "main.ts": "console.log(1);" });
        await run(["build", "main.ts", "-o", "main.jsc"], { cwd: folder.work });
        const { code, inputs } = await ours("main.jsc");
        expect(code?.equals(readFileSync(join(folder.work, "main.jsc")))).toBe(true);
        expect(inputs.files).toEqual([join(folder.work, "main.jsc")]);
    });
});

it("the project's own examples bundle alike", async () => {
    for (const name of ["record", "level-meter"]) {
        const text = readFileSync(join(projectRoot, `examples/${name}.ts`), "utf8");
        writeFiles(folder.work, { "main.ts": text });
        await expectSame();
    }
});

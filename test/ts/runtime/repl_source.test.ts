// SPDX-License-Identifier: MIT
// What the prompt makes of its input: whether it is whole, and which declarations it rewrites.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code as text is the matter here.

import { describe, expect, it } from "vitest";

import { isUnfinished, persistent } from "../../../ts/runtime/repl_source.ts";

describe("isUnfinished", () => {
    it.each([
        "f(",
        "[1,",
        "{ a",
        "`a",
        "`a ${",
        "`a ${b}",
        "/* a",
        "f(`${g(",
        "x = () => {",
        "(/[)]/",
    ])("is true of %j", (code) => expect(isUnfinished(code)).toBe(true));

    it.each([
        "f()",
        "'{'",
        '"("',
        "`{`",
        "`${`${a}`}`",
        "/[{(]/.test(a)",
        "// {",
        "a / b / c",
        "/* { */",
    ])("is false of %j", (code) => expect(isUnfinished(code)).toBe(false));

    it("leaves what is wrong to the engine", () => {
        expect(isUnfinished("a b")).toBe(false);
        expect(isUnfinished(")")).toBe(false);
        expect(isUnfinished("'abc")).toBe(false);
    });
});

describe("persistent", () => {
    it.each([
        ["const a = 1; let b = 2", "var   a = 1; var b = 2"],
        ["let { a } = b\nconst [c] = d", "var { a } = b\nvar   [c] = d"],
        ["class A extends B<C> { x = {} }\nf()", "var A = class A extends B<C> { x = {} };\nf()"],
        ["import 'm'", "await import('m'); undefined;"],
        ["import a from 'm'", "var { default: a } = await import('m');"],
        ["import * as a from 'm';", "var a = await import('m');;"],
        ["import { a, b as c, type D } from 'm'", "var { a, b: c } = await import('m');"],
        [
            "import a from './a.json' with { type: 'json' }",
            "var { default: a } = await import('./a.json', { with: { type: 'json' } });",
        ],
    ])("makes of %j", (code, expected) => expect(persistent(code)).toBe(expected));

    it.each([
        "for (const a of b) { let c = 1 }",
        "{ const a = 1 }",
        "if (a) { class B {} }",
        "f(() => { const a = 1 })",
        "`\nconst a = 1`",
        "`${a}\nconst b = 1`",
        "'const a'",
        "// const a",
        "/* \nconst a */",
        "const enum E { A }",
        "declare const a: number",
        "import type { A } from 'm'",
        "import('m')",
        "import.meta.url",
        "x =\nclass {}",
        "constant = 1; letter = 2; classes = 3",
        "let",
    ])("leaves %j alone", (code) => expect(persistent(code)).toBe(code));
});

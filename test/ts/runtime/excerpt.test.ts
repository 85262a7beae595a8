// SPDX-License-Identifier: MIT
// The line of source with its caret: tabs, wide characters, long lines, hostile ones.

import { describe, expect, it } from "vitest";

import { excerptLines } from "../../../ts/runtime/excerpt.ts";

describe("an excerpt", () => {
    it("has the caret below the column", () => {
        expect(excerptLines("  fail(1);", 3)).toEqual(["  fail(1);", "  ^"]);
        expect(excerptLines("x\r", 1)).toEqual(["x", "^"]);
        expect(excerptLines("x", 2)).toEqual(["x", " ^"]);
    });

    it("keeps tabs, and is as wide as wide characters are", () => {
        expect(excerptLines("\t\tf()", 3)).toEqual(["\t\tf()", "\t\t^"]);
        expect(excerptLines('"麦克风"; f()', 8)).toEqual(['"麦克风"; f()', `${" ".repeat(10)}^`]);
        expect(excerptLines("/*e\u0301*/f()", 7)).toEqual(["/*e\u0301*/f()", `${" ".repeat(5)}^`]);
    });

    it("is cut around the column of a long line", () => {
        const line = `${"a".repeat(5000)}HERE${"b".repeat(5000)}`;
        const [text = "", caret = ""] = excerptLines(line, 5001) ?? [];
        expect(text.length).toBe(102);
        expect(text.slice(caret.length - 1, caret.length + 3)).toBe("HERE");
        const emoji = "🎤".repeat(500);
        for (let column = 1; column <= 1000; column += 1) {
            const text = excerptLines(emoji, column)?.[0] ?? "";
            expect(() => encodeURIComponent(text)).not.toThrow();
        }
    });

    it("is none where the line has no such column", () => {
        expect(excerptLines("abc", 9)).toBeUndefined();
        expect(excerptLines("abc", 0)).toBeUndefined();
        expect(excerptLines("   ", 1)).toBeUndefined();
    });

    it("cannot command the terminal", () => {
        expect(excerptLines("a\u001b[2J\u009b\u202eb", 1)?.[0]).toBe("a\ufffd[2J\ufffd\ufffdb");
    });
});

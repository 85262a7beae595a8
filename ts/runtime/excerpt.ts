// SPDX-License-Identifier: MIT
// The line of source that an error comes from, with a caret below its column.

import { charWidth, withoutControls } from "./width.ts";

/** Longer lines are cut around the column. */
const LINE_CHARS_MAX = 100;
/** What stays visible on the left of the column of a line that is cut. */
const CHARS_BEFORE = 60;

/** The characters of `line` that are shown, and where `column` (from 0) is among them. */
function cutAround(line: string, column: number): { text: string; column: number } {
    if (line.length <= LINE_CHARS_MAX) return { text: line, column };
    let start = Math.max(0, Math.min(column - CHARS_BEFORE, line.length - LINE_CHARS_MAX));
    let end = Math.min(line.length, start + LINE_CHARS_MAX);
    // Never between the halves of a character.
    if (/[\udc00-\udfff]/.test(line[start] ?? "")) start += 1;
    if (/[\udc00-\udfff]/.test(line[end] ?? "")) end -= 1;
    const before = start > 0 ? "…" : "";
    const after = end < line.length ? "…" : "";
    return {
        text: before + line.slice(start, end) + after,
        column: column - start + before.length,
    };
}

/** The line and the caret's line; `column` counts from 1. Undefined: the line has no such column. */
export function excerptLines(line: string, column: number): string[] | undefined {
    const source = line.replace(/\r$/, "");
    if (source.trim() === "" || column < 1 || column > source.length + 1) return undefined;
    const cut = cutAround(source, column - 1);
    let padding = "";
    for (const char of cut.text.slice(0, cut.column)) {
        // A tab is as wide as the terminal makes it: the caret's line has the same one.
        padding += char === "\t" ? "\t" : " ".repeat(charWidth(char));
    }
    return [withoutControls(cut.text), `${padding}^`];
}

// SPDX-License-Identifier: MIT
// How many columns of a terminal text takes, and text that cannot command a terminal.

/** First and last of the characters that take two columns: East Asian scripts, emoji. */
const WIDE: readonly (readonly [number, number])[] = [
    [0x1100, 0x115f],
    [0x231a, 0x231b],
    [0x2329, 0x232a],
    [0x23e9, 0x23f3],
    [0x25fd, 0x25fe],
    [0x2614, 0x2615],
    [0x26a1, 0x26a1],
    [0x2705, 0x2705],
    [0x2728, 0x2728],
    [0x274c, 0x274e],
    [0x2753, 0x2757],
    [0x2795, 0x2797],
    [0x2b50, 0x2b55],
    [0x2e80, 0x303e],
    [0x3041, 0x33ff],
    [0x3400, 0x4dbf],
    [0x4e00, 0xa4cf],
    [0xa960, 0xa97f],
    [0xac00, 0xd7a3],
    [0xf900, 0xfaff],
    [0xfe30, 0xfe6f],
    [0xff00, 0xff60],
    [0xffe0, 0xffe6],
    [0x1f300, 0x1f64f],
    [0x1f680, 0x1f6ff],
    [0x1f900, 0x1f9ff],
    [0x1fa70, 0x1faff],
    [0x20000, 0x3fffd],
];

const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** Columns of one character (a whole code point): 0, 1 or 2. */
export function charWidth(char: string): number {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x300) return 1;
    if (NO_WIDTH.test(char)) return 0;
    return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

export function textWidth(text: string): number {
    let width = 0;
    for (const char of text) width += charWidth(char);
    return width;
}

/** Control characters as `�`, but tabs: what is shown must not command the terminal. */
export function withoutControls(text: string): string {
    return text.replace(/[^\P{Cc}\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

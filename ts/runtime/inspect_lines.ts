// SPDX-License-Identifier: MIT
// How the entries of an object are laid out on lines, as Node does it: on one when they fit, short
// items of a list in columns, else one a line.

const LINE_CHARS = 80;
const COLUMNS_MAX = 15;
const ROWS_PER_COLUMN = 2.5;
const SEPARATOR_CHARS = 2;

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const colors = /\u001b\[\d+m/g;

function width(text: string, hasColors: boolean): number {
    return hasColors ? text.replace(colors, "").length : text.length;
}

/** Whether the entries are too much for one line; `start` counts what else stands on it. */
export function isWide(entries: readonly string[], start: number, hasColors: boolean): boolean {
    let total = entries.length + start;
    for (const entry of entries) total += width(entry, hasColors);
    return total > LINE_CHARS || entries.some((entry) => entry.includes("\n"));
}

/** An entry a line. */
export function join(
    front: string,
    entries: readonly string[],
    end: string,
    indent: number,
): string {
    const line = `\n${" ".repeat(indent)}`;
    return `${front}${line}  ${entries.join(`,${line}  `)}${line}${end}`;
}

/** Items of a list in columns; the same list, when that makes no sense. */
export function group(entries: string[], indent: number, hasColors: boolean): string[] {
    const hasMore = entries[entries.length - 1]?.startsWith("... ") === true;
    const count = hasMore ? entries.length - 1 : entries.length;
    const widths = entries.slice(0, count).map((entry) => width(entry, hasColors));
    const widest = Math.max(...widths);
    const total = widths.reduce((sum, one) => sum + one + SEPARATOR_CHARS, 0);
    const room = widest + SEPARATOR_CHARS;
    if (room * 3 + indent >= LINE_CHARS || (total / room <= 5 && widest > 6)) return entries;
    const bias = Math.sqrt(room - total / entries.length);
    const biased = Math.max(room - 3 - bias, 1);
    const columns = Math.min(
        Math.round(Math.sqrt(ROWS_PER_COLUMN * biased * count) / biased),
        Math.floor((LINE_CHARS - indent) / room),
        12,
        COLUMNS_MAX,
    );
    if (columns <= 1) return entries;
    const columnWidths: number[] = [];
    for (let column = 0; column < columns; column++) {
        let most = 0;
        for (let i = column; i < count; i += columns) most = Math.max(most, widths[i] ?? 0);
        columnWidths.push(most + SEPARATOR_CHARS);
    }
    const isNumeric = entries
        .slice(0, count)
        .every((one) => /^-?\d|^(-?Infinity|NaN)$/.test(one.replace(colors, "")));
    const lines: string[] = [];
    for (let i = 0; i < count; i += columns) {
        const row = entries.slice(i, Math.min(i + columns, count));
        const cells = row.map((entry, column) => {
            const isLast = column === row.length - 1;
            const text = isLast ? entry : `${entry}, `;
            const missing =
                (columnWidths[column] ?? 0) - (widths[i + column] ?? 0) - SEPARATOR_CHARS;
            const padding = " ".repeat(Math.max(missing, 0));
            return isNumeric ? padding + text : isLast ? text : text + padding;
        });
        lines.push(cells.join(""));
    }
    if (hasMore) lines.push(entries[count] ?? "");
    return lines;
}

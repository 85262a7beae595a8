// SPDX-License-Identifier: MIT
// What the benchmarks give: rows of ours beside a peer's, and how they are shown.

/**
 * Of several runs: the middle one, and between what four fifths of them lie.
 * @typedef {{ median: number, low: number, high: number }} Sample
 */

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {string} unit of both samples, such as "us"
 * @property {Sample} ours
 * @property {string} peer who else did it, or what the limit is
 * @property {Sample} theirs
 * @property {number} [most] ours / theirs is to be at most this
 * @property {number} [least] ours / theirs is to be at least this (where more is better)
 */

/** @param {readonly number[]} values @returns {Sample} */
export function sampleOf(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (/** @type {number} */ part) =>
        sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
    return { median: at(0.5), low: at(0.1), high: at(0.9) };
}

/** A value that was not measured but is a limit. @param {number} value @returns {Sample} */
export function limit(value) {
    return { median: value, low: value, high: value };
}

/** @param {Row} row */
export function ratioOf(row) {
    return row.ours.median / row.theirs.median;
}

/** Whether the row's bar is met; true without a bar. @param {Row} row */
export function isMet(row) {
    const ratio = ratioOf(row);
    return ratio <= (row.most ?? Infinity) && ratio >= (row.least ?? -Infinity);
}

/** Three digits. @param {number} value */
function digits(value) {
    if (!Number.isFinite(value)) return "?";
    if (Math.abs(value) >= 100) return Math.round(value).toString();
    return value === 0 ? "0" : Number(value.toPrecision(3)).toString();
}

/** @param {Sample} sample @param {string} unit */
function sampleText({ median, low, high }, unit) {
    const spread = low === high ? "" : ` (${digits(low)}–${digits(high)})`;
    return `${digits(median)}${spread} ${unit}`;
}

/** @param {Row} row */
function barText(row) {
    if (row.most !== undefined) return `≤ ${digits(row.most)}`;
    return row.least !== undefined ? `≥ ${digits(row.least)}` : "";
}

const HEADS = ["what", "ours", "peer or limit", "theirs", "ours / theirs", "bar", ""];

/** The rows as a table of Markdown. @param {readonly Row[]} rows */
export function tableText(rows) {
    const lines = rows.map((row) => [
        row.what,
        sampleText(row.ours, row.unit),
        row.peer,
        sampleText(row.theirs, row.unit),
        digits(ratioOf(row)),
        barText(row),
        barText(row) === "" ? "" : isMet(row) ? "met" : "MISSED",
    ]);
    const widths = HEADS.map((head, i) =>
        Math.max(head.length, ...lines.map((cells) => cells[i]?.length ?? 0)),
    );
    const line = (/** @type {readonly string[]} */ cells) =>
        `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
    const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
    return [line(HEADS), rule, ...lines.map(line)].join("\n");
}

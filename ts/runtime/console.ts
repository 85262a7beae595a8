// SPDX-License-Identifier: MIT
// The parts of the console that need thought: `%` formats, tables, counters, timers. Embedded as
// bytecode, and loaded when a script prints something that is no plain text.

import { inspect } from "./inspect.ts";

export { inspect } from "./inspect.ts";

const LABELS_MAX = 10_000;
const ROWS_MAX = 1000;
const MS_PER_SECOND = 1000;
const MS_PER_MINUTE = 60_000;

const counts = new Map<string, number>();
const starts = new Map<string, number>();

/** Whether an object says how it looks as text: it or its class has a `toString` of its own. */
function hasOwnText(value: object): boolean {
    for (let at: unknown = value; typeof at === "object" && at !== null; ) {
        const found = Object.getOwnPropertyDescriptor(at, "toString")?.value as unknown;
        if (typeof found === "function")
            return !/\[native code\]/.test(Function.prototype.toString.call(found));
        at = Object.getPrototypeOf(at);
    }
    return false;
}

function asText(value: unknown): string {
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
    if (typeof value !== "object" || value === null) return String(value);
    const isDate = Object.prototype.toString.call(value) === "[object Date]";
    if (
        !isDate &&
        (hasOwnText(value) || Object.prototype.toString.call(value) === "[object Error]")
    )
        return String(value);
    return inspect(value, { depth: 0 });
}

function asNumber(value: unknown, convert: (value: never) => number): string {
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "symbol" || (typeof value === "object" && convert === Number))
        return "NaN";
    const number = convert(value as never);
    return Object.is(number, -0) ? "-0" : String(number);
}

function asJson(value: unknown): string {
    try {
        return String(JSON.stringify(value));
    } catch (error) {
        if (/circular/i.test(String(error))) return "[Circular]";
        throw error;
    }
}

/** The text of one `%` with its letter; undefined for a letter that means nothing. */
function formatOne(letter: string, value: unknown, color: boolean): string | undefined {
    switch (letter) {
        case "s":
            return asText(value);
        case "d":
            return asNumber(value, Number);
        case "i":
            return asNumber(value, Number.parseInt as (value: never) => number);
        case "f":
            return asNumber(value, Number.parseFloat as (value: never) => number);
        case "j":
            return asJson(value);
        case "o":
            return inspect(value, { color, showHidden: true, depth: 4 });
        case "O":
            return inspect(value, { color });
        case "c":
            return "";
        default:
            return undefined;
    }
}

/** The first argument with its formats filled in, and how many arguments that took. */
export function format(color: boolean, text: string, ...values: unknown[]): [string, number] {
    let used = 0;
    const filled = text.replaceAll(/%(.)/g, (all: string, letter: string) => {
        if (letter === "%") return "%";
        if (used >= values.length) return all;
        const one = formatOne(letter, values[used], color);
        if (one === undefined) return all;
        used += 1;
        return one;
    });
    return [filled, used + 1];
}

/** Characters of two cells: East Asian ones, emoji. */
const wide: readonly (readonly [number, number])[] = [
    [0x1100, 0x115f],
    [0x2e80, 0xa4cf],
    [0xac00, 0xd7a3],
    [0xf900, 0xfaff],
    [0xff00, 0xff60],
    [0x1f300, 0x1faff],
];

function width(text: string): number {
    let cells = 0;
    for (const char of text) {
        const code = char.codePointAt(0) ?? 0;
        cells += wide.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
    }
    return cells;
}

function drawTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
    const widths = head.map(
        (name, i) => Math.max(width(name), ...rows.map((row) => width(row[i] ?? ""))) + 2,
    );
    const line = (left: string, middle: string, right: string): string =>
        left + widths.map((cells) => "─".repeat(cells)).join(middle) + right;
    const row = (cells: readonly string[]): string =>
        `│${widths.map((room, i) => ` ${cells[i] ?? ""}${" ".repeat(room - width(cells[i] ?? "") - 1)}`).join("│")}│`;
    return [
        line("┌", "┬", "┐"),
        row(head),
        line("├", "┼", "┤"),
        ...rows.map(row),
        line("└", "┴", "┘"),
    ].join("\n");
}

function cell(value: unknown, color: boolean): string {
    return inspect(value, { color, depth: typeof value === "object" ? 0 : 1, oneLine: true });
}

function table(value: object, columns: readonly unknown[] | undefined): string {
    const show = (one: unknown): string => cell(one, false);
    const tag = Object.prototype.toString.call(value);
    if (tag === "[object Map]" || tag === "[object Set]") {
        const rows: string[][] = [];
        const isMap = tag === "[object Map]";
        const head = isMap
            ? ["(iteration index)", "Key", "Values"]
            : ["(iteration index)", "Values"];
        const entries = [...(value as Map<unknown, unknown>).entries()].slice(0, ROWS_MAX);
        for (const [i, [key, item]] of entries.entries())
            rows.push(isMap ? [String(i), show(key), show(item)] : [String(i), show(item)]);
        return drawTable(head, rows);
    }
    const keys: string[] = columns?.map(String) ?? [];
    const rows: { index: string; cells: Map<string, string>; value: string | undefined }[] = [];
    let hasValues = false;
    for (const index of Object.keys(value).slice(0, ROWS_MAX)) {
        const item: unknown = (value as Record<string, unknown>)[index];
        const cells = new Map<string, string>();
        const isPlain = typeof item === "object" && item !== null;
        if (isPlain) {
            for (const key of Object.keys(item)) {
                if (columns === undefined && !keys.includes(key)) keys.push(key);
                cells.set(key, show((item as Record<string, unknown>)[key]));
            }
        } else hasValues = true;
        rows.push({ index, cells, value: isPlain ? undefined : show(item) });
    }
    const head = ["(index)", ...keys, ...(hasValues ? ["Values"] : [])];
    return drawTable(
        head,
        rows.map((row) => [
            row.index,
            ...keys.map((key) => row.cells.get(key) ?? ""),
            row.value ?? "",
        ]),
    );
}

function duration(ms: number): string {
    if (ms < MS_PER_SECOND) return `${Number(ms.toFixed(3))}ms`;
    if (ms < MS_PER_MINUTE) return `${(ms / MS_PER_SECOND).toFixed(3)}s`;
    const minutes = Math.floor(ms / MS_PER_MINUTE);
    const seconds = ((ms % MS_PER_MINUTE) / MS_PER_SECOND).toFixed(3).padStart(6, "0");
    return `${minutes}:${seconds} (m:ss.mmm)`;
}

function spent(label: string, nowMs: number, rest: readonly unknown[], color: boolean): Line {
    const start = starts.get(label);
    if (start === undefined) return warning(`No such label '${label}' for console.time()`);
    const values = rest.map((one) => (typeof one === "string" ? one : inspect(one, { color })));
    return [false, [`${label}: ${duration(nowMs - start)}`, ...values].join(" ")];
}

/** Whether it is for standard error, and the text. */
type Line = [boolean, string] | undefined;

function warning(text: string): Line {
    return [true, `Warning: ${text}`];
}

/** A method of the console. Undefined: there is nothing to print. */
export function call(name: string, color: boolean, nowMs: number, ...args: unknown[]): Line {
    const [first, ...rest] = args;
    const label = first === undefined ? "default" : String(first);
    switch (name) {
        case "table": {
            const columns = Array.isArray(rest[0]) ? (rest[0] as unknown[]) : undefined;
            if (typeof first !== "object" || first === null)
                return [false, typeof first === "string" ? first : inspect(first, { color })];
            return [false, table(first, columns)];
        }
        case "dir": {
            const options = (rest[0] ?? {}) as {
                readonly depth?: number | null;
                readonly showHidden?: boolean;
            };
            const depth = options.depth === null ? Number.POSITIVE_INFINITY : (options.depth ?? 2);
            const showHidden = options.showHidden === true;
            return [false, inspect(first, { color, depth, showHidden })];
        }
        case "count": {
            const count = (counts.get(label) ?? 0) + 1;
            if (counts.size < LABELS_MAX || counts.has(label)) counts.set(label, count);
            return [false, `${label}: ${count}`];
        }
        case "countReset":
            return counts.delete(label)
                ? undefined
                : warning(`Count for '${label}' does not exist`);
        case "time":
            if (starts.has(label))
                return warning(`Label '${label}' already exists for console.time()`);
            if (starts.size < LABELS_MAX) starts.set(label, nowMs);
            return undefined;
        case "timeLog":
            return spent(label, nowMs, rest, color);
        default: {
            const line = spent(label, nowMs, [], color);
            starts.delete(label);
            return line;
        }
    }
}

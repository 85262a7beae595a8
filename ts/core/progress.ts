// SPDX-License-Identifier: MIT
// What a command says while it works: lines, colours on a terminal only, and bars for copies.

import type { Writable } from "node:stream";
import { styleText } from "node:util";

/** A stream that may be a terminal; standard error in general. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export type Colour = "red" | "green" | "yellow" | "dim" | "bold";

/** `text` in a colour where `output` is a terminal that wants colours, else as it is. */
export function paint(colour: Colour, text: string, output: Output = process.stderr): string {
    const wanted = output.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
    return wanted ? styleText(colour, text, { validateStream: false }) : text;
}

/** `text`, which may be a board's, without what a terminal would obey but for lines and colours. */
export function harmless(text: string): string {
    return text.replace(/(?!\r?\n|\t)\p{Cc}(\[[\d;]*m)?/gu, (all, colour: string | undefined) => {
        if (all.startsWith("\u001b") && colour !== undefined) return all;
        return `\\u{${all.codePointAt(0)?.toString(16)}}${colour ?? ""}`;
    });
}

/** One line about what goes on, on standard error: standard output is for results. */
export function say(line: string, output: Output = process.stderr): void {
    output.write(`maixjs: ${harmless(line)}\n`);
}

/** How much of a copy is done: a bar on a terminal, else a line at its end. */
export interface Progress {
    /** So many bytes are done, of those announced. */
    update(doneBytes: number): void;
    /** Takes the bar away and says this instead; without a text, that it failed nowhere. */
    end(line: string): void;
    /** Takes the bar away and says nothing: an error will. */
    stop(): void;
}

export function formatBytes(bytes: number): string {
    if (bytes < 1000) return `${bytes} B`;
    if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
    return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

const BAR_CELLS = 24;
const CLEAR_LINE = "\r\u001b[K";

export function startProgress(
    label: string,
    totalBytes: number,
    output: Output = process.stderr,
): Progress {
    const isTerminal = output.isTTY === true && process.env.TERM !== "dumb";
    let shown = "";
    const clear = (): void => {
        if (shown !== "") output.write(CLEAR_LINE);
        shown = "";
    };
    if (!isTerminal) say(`${label}…`, output);
    return {
        update(doneBytes) {
            if (!isTerminal) return;
            const part = totalBytes > 0 ? Math.min(1, doneBytes / totalBytes) : 1;
            const cells = Math.floor(part * BAR_CELLS);
            const bar = "#".repeat(cells) + ".".repeat(BAR_CELLS - cells);
            const percent = `${Math.floor(part * 100)}`.padStart(3);
            const line = `maixjs: ${label} [${bar}] ${percent} % of ${formatBytes(totalBytes)}`;
            if (line === shown) return;
            shown = line;
            output.write(`${CLEAR_LINE}${line.slice(0, (output.columns ?? 80) - 1)}`);
        },
        end(line) {
            clear();
            say(line, output);
        },
        stop: clear,
    };
}

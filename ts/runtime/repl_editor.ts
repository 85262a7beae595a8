// SPDX-License-Identifier: MIT
// One line of input on a terminal: keys in, escape sequences out. It may hold several rows.

import { charWidth, withoutControls } from "./width.ts";

export interface Terminal {
    readonly write: (text: string) => void;
    readonly columns: () => number;
}

export interface EditorEvents {
    readonly onLine: (line: string) => void;
    /** Ctrl-D on an empty line. */
    readonly onEnd: () => void;
    /** Ctrl-Z. */
    readonly onSuspend: () => void;
    /** Tab: what may stand for the text before the cursor from `start` (characters) on. */
    readonly complete: (before: string) => { start: number; names: readonly string[] };
    readonly history: () => readonly string[];
}

const ESC = "\u001b";
const NAMES_SHOWN_MAX = 200;

/** Of all names the longest common beginning. */
function commonPrefix(names: readonly string[]): string {
    let prefix = names[0] ?? "";
    for (const name of names) {
        while (!name.startsWith(prefix)) prefix = prefix.slice(0, -1);
    }
    return prefix;
}

export class Editor {
    readonly #terminal: Terminal;
    readonly #events: EditorEvents;
    #prompt = "";
    #chars: string[] = [];
    #cursor = 0;
    /** Where the terminal's cursor is, counted from the prompt's row. */
    #row = 0;
    #isVisible = false;
    /** From the newest, 0: the line that is typed. */
    #historyAt = 0;
    #typed: string[] = [];
    #killed: string[] = [];

    constructor(terminal: Terminal, events: EditorEvents) {
        this.#terminal = terminal;
        this.#events = events;
    }

    get isVisible(): boolean {
        return this.#isVisible;
    }

    get isEmpty(): boolean {
        return this.#chars.length === 0;
    }

    /** Begins a new line. */
    start(prompt: string): void {
        this.#prompt = prompt;
        this.#set([]);
        this.#historyAt = 0;
        this.#row = 0;
        this.show();
    }

    show(): void {
        this.#isVisible = true;
        this.#draw();
    }

    /** Takes the line from the screen, for output in its place. */
    hide(): void {
        if (!this.#isVisible) return;
        this.#terminal.write(this.#toStart());
        this.#isVisible = false;
        this.#row = 0;
    }

    /** Leaves what was typed on the screen, and goes to a new row. */
    leave(mark: string): void {
        if (!this.#isVisible) return;
        this.#cursor = this.#chars.length;
        this.#draw();
        this.#terminal.write(`${mark}\r\n`);
        this.#isVisible = false;
        this.#row = 0;
    }

    /** Keys as the terminal sends them; what is behind the end of a line comes back. */
    feed(keys: string): string {
        let rest = keys;
        while (rest !== "" && this.#isVisible) {
            // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what keys send
            const sequence = /^\x1b(?:[[O][0-9;]*[A-Za-z~]|[bfd\x7f])/.exec(rest)?.[0];
            const key = sequence ?? String.fromCodePoint(rest.codePointAt(0) ?? 0);
            rest = rest.slice(key.length);
            this.#key(key);
        }
        if (this.#isVisible) this.#draw();
        return rest;
    }

    #set(chars: readonly string[]): void {
        this.#chars = [...chars];
        this.#cursor = this.#chars.length;
    }

    #key(key: string): void {
        if (key === "\r" || key === "\n") {
            this.leave("");
            this.#events.onLine(this.#chars.join(""));
            return;
        }
        if (key === "\t") this.#tab();
        else if (key === "\u0004" && this.#chars.length === 0) this.#events.onEnd();
        else if (key === "\u001a") this.#events.onSuspend();
        else if (!this.#move(key) && !this.#remove(key)) this.#insert(key);
    }

    #insert(key: string): void {
        if (key < " " || key.startsWith(ESC) || (key >= "\u007f" && key < "\u00a0")) return;
        this.#chars.splice(this.#cursor, 0, key);
        this.#cursor += 1;
    }

    #wordStart(): number {
        let at = this.#cursor;
        while (at > 0 && !/[\w$]/.test(this.#chars[at - 1] ?? "")) at -= 1;
        while (at > 0 && /[\w$]/.test(this.#chars[at - 1] ?? "")) at -= 1;
        return at;
    }

    #wordEnd(): number {
        let at = this.#cursor;
        const end = this.#chars.length;
        while (at < end && !/[\w$]/.test(this.#chars[at] ?? "")) at += 1;
        while (at < end && /[\w$]/.test(this.#chars[at] ?? "")) at += 1;
        return at;
    }

    #move(key: string): boolean {
        const end = this.#chars.length;
        const places: Readonly<Record<string, () => number>> = {
            "\u0001": () => 0,
            "\u0002": () => this.#cursor - 1,
            "\u0005": () => end,
            "\u0006": () => this.#cursor + 1,
            [`${ESC}b`]: () => this.#wordStart(),
            [`${ESC}f`]: () => this.#wordEnd(),
            "[D": () => this.#cursor - 1,
            "[C": () => this.#cursor + 1,
            "[H": () => 0,
            "[1~": () => 0,
            "[F": () => end,
            "[4~": () => end,
            "[1;5D": () => this.#wordStart(),
            "[1;5C": () => this.#wordEnd(),
        };
        const name =
            key.startsWith(`${ESC}[`) || key.startsWith(`${ESC}O`) ? `[${key.slice(2)}` : key;
        if (name === "[A" || key === "\u0010") this.#recall(1);
        else if (name === "[B" || key === "\u000e") this.#recall(-1);
        else if (places[name] !== undefined) {
            this.#cursor = Math.max(0, Math.min(end, places[name]()));
        } else return false;
        return true;
    }

    #cut(from: number, to: number, isKept: boolean): void {
        const cut = this.#chars.splice(from, to - from);
        if (isKept && cut.length > 0) this.#killed = cut;
        this.#cursor = Math.min(from, this.#chars.length);
    }

    #remove(key: string): boolean {
        const at = this.#cursor;
        switch (key) {
            case "\u007f":
            case "\b":
                if (at > 0) this.#cut(at - 1, at, false);
                return true;
            case "\u0004":
            case `${ESC}[3~`:
                this.#cut(at, Math.min(at + 1, this.#chars.length), false);
                return true;
            case "\u000b":
                this.#cut(at, this.#chars.length, true);
                return true;
            case "\u0015":
                this.#cut(0, at, true);
                return true;
            case "\u0017":
            case `${ESC}\u007f`:
                this.#cut(this.#wordStart(), at, true);
                return true;
            case `${ESC}d`:
                this.#cut(at, this.#wordEnd(), true);
                return true;
            case "\u0019":
                this.#chars.splice(at, 0, ...this.#killed);
                this.#cursor += this.#killed.length;
                return true;
            case "\u000c":
                this.#terminal.write(`${ESC}[H${ESC}[2J`);
                this.#row = 0;
                return true;
            default:
                return false;
        }
    }

    #recall(by: number): void {
        const lines = this.#events.history();
        const to = this.#historyAt + by;
        if (to < 0 || to > lines.length) return;
        if (this.#historyAt === 0) this.#typed = [...this.#chars];
        this.#historyAt = to;
        this.#set(to === 0 ? this.#typed : [...(lines[lines.length - to] ?? "")]);
    }

    #tab(): void {
        const before = this.#chars.slice(0, this.#cursor).join("");
        const { start, names } = this.#events.complete(before);
        const typed = before.slice(start);
        const common = commonPrefix(names);
        if (common.length > typed.length) {
            const more = [...common.slice(typed.length)];
            this.#chars.splice(this.#cursor, 0, ...more);
            this.#cursor += more.length;
        } else if (names.length > 1) {
            const shown = names.slice(0, NAMES_SHOWN_MAX).map(withoutControls);
            const more = names.length - shown.length;
            this.hide();
            this.#terminal.write(`${shown.join("  ")}${more > 0 ? `  … ${more} more` : ""}\r\n`);
            this.show();
        }
    }

    #toStart(): string {
        return `${this.#row > 0 ? `${ESC}[${this.#row}A` : ""}\r${ESC}[J`;
    }

    #draw(): void {
        const columns = Math.max(2, this.#terminal.columns());
        let row = 0;
        let column = 0;
        let text = "";
        let at = { row: 0, column: 0 };
        const put = (char: string): void => {
            if (char === "\n") {
                text += "\r\n";
                row += 1;
                column = 0;
                return;
            }
            const width = charWidth(char);
            if (column + width > columns) {
                row += 1;
                column = 0;
            }
            text += char;
            column += width;
        };
        for (const char of this.#prompt) put(char);
        for (const [i, char] of this.#chars.entries()) {
            if (i === this.#cursor) at = { row, column };
            put(char);
        }
        // A full row: the terminal wraps only with the next character.
        if (column >= columns) {
            text += "\r\n";
            row += 1;
            column = 0;
        }
        if (this.#cursor === this.#chars.length) at = { row, column };
        if (at.column >= columns) at = { row: at.row + 1, column: 0 };
        const up = row > at.row ? `${ESC}[${row - at.row}A` : "";
        const right = at.column > 0 ? `${ESC}[${at.column}C` : "";
        this.#terminal.write(`${this.#toStart()}${text}${up}\r${right}`);
        this.#row = at.row;
    }
}

// SPDX-License-Identifier: MIT
// The session at a terminal: `maixjs` without arguments. Compiled to bytecode, embedded, loaded only
// for it, and run in a context of its own: what is typed cannot break it. repl.c calls in.

import { complete } from "./repl_complete.ts";
import { Editor } from "./repl_editor.ts";
import { isUnfinished, persistent } from "./repl_source.ts";

/** What repl.c has for us. */
interface Host {
    readonly banner: string;
    /** No escape sequences: the terminal itself edits lines. */
    readonly isDumb: boolean;
    readonly global: object;
    readonly modules: readonly string[];
    readonly write: (text: string) => void;
    readonly columns: () => number;
    readonly isProxy: (value: unknown) => boolean;
    /** Compiles as JavaScript; an error's text, or undefined. */
    readonly compile: (code: string, name: string) => string | undefined;
    /** Runs what was compiled: `settled` is called, now or later. */
    readonly run: () => void;
    /** TypeScript to JavaScript with an inline map; undefined: there is no esbuild. */
    readonly transform: (
        code: string,
        name: string,
    ) => { code: string; messages: string } | undefined;
    readonly setMap: (name: string, map: string) => void;
    /** A value or an error as text; sets `_`. */
    readonly describe: (value: unknown, isError: boolean) => string;
    readonly readHistory: () => string;
    readonly writeHistory: (text: string) => void;
    readonly suspend: () => void;
    readonly exit: () => void;
}

const PROMPT = "> ";
const MORE = "... ";
const HISTORY_LINES_MAX = 1000;
const HISTORY_ENTRY_CHARS_MAX = 10_000;
const PENDING_CHARS_MAX = 1_000_000;
const MAP_COMMENT = "//# sourceMappingURL=data:application/json;base64,";
/** How an engine and a compiler say that code ends too early. */
const ENGINE_END = /unexpected token in expression: ''|Unexpected end of input/;
const COMPILER_END = /Unexpected end of file|found end of file/;

function parseHistory(text: string): string[] {
    const lines: string[] = [];
    for (const line of text.split("\n")) {
        try {
            const entry = JSON.parse(line) as unknown;
            if (typeof entry === "string" && entry !== "") lines.push(entry);
        } catch {
            // A damaged line is left out.
        }
    }
    return lines.slice(-HISTORY_LINES_MAX);
}

function decodeBase64(text: string): string {
    const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let escaped = "";
    for (let i = 0; i + 3 < text.length; i += 4) {
        const four = [0, 1, 2, 3].map((j) => digits.indexOf(text[i + j] ?? ""));
        const count = 4 - four.filter((one) => one < 0).length;
        const bits = four.reduce((sum, one) => sum * 64 + Math.max(one, 0), 0);
        for (let j = 0; j < count - 1; j += 1) {
            escaped += `%${((bits >> (16 - 8 * j)) & 255).toString(16).padStart(2, "0")}`;
        }
    }
    return decodeURIComponent(escaped);
}

class Session {
    readonly #host: Host;
    readonly #editor: Editor;
    #history: string[];
    /** Lines of input that is not whole yet. */
    #lines: string[] = [];
    #count = 0;
    /** Awaits: what was typed meanwhile. */
    #isBusy = false;
    #pending = "";
    #hinted = false;

    constructor(host: Host) {
        this.#host = host;
        this.#history = parseHistory(host.readHistory());
        this.#editor = new Editor(host, {
            onLine: (line) => this.#onLine(line),
            onEnd: () => this.end(),
            onSuspend: () => {
                this.#editor.hide();
                host.suspend();
                this.#editor.show();
            },
            complete: (before) => complete(before, host.global, host.modules, host.isProxy),
            history: () => this.#history,
        });
        host.write(host.banner);
        this.#ask();
    }

    #ask(): void {
        const prompt = this.#lines.length > 0 ? MORE : PROMPT;
        if (this.#host.isDumb) this.#host.write(prompt);
        else this.#editor.start(prompt);
    }

    input(text: string): void {
        this.#pending = (this.#pending + text).slice(0, PENDING_CHARS_MAX);
        this.#work();
    }

    /** Hands over what was typed, as far as it goes. */
    #work(): void {
        while (!this.#isBusy && this.#pending !== "") {
            if (!this.#host.isDumb) {
                // A key's sequence may arrive in parts.
                // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what keys send
                if (/^\x1b(?:[[O][0-9;]*)?$/.test(this.#pending)) return;
                const keys = this.#pending;
                this.#pending = "";
                this.#pending = this.#editor.feed(keys) + this.#pending;
                continue;
            }
            const end = this.#pending.indexOf("\n");
            if (end < 0) return;
            const line = this.#pending.slice(0, end);
            this.#pending = this.#pending.slice(end + 1);
            this.#onLine(line);
        }
    }

    end(): void {
        this.#editor.leave("");
        if (this.#host.isDumb) this.#host.write("\n");
        this.#host.exit();
    }

    /** Ctrl-C. */
    interrupt(): void {
        const isIdle = !this.#isBusy && this.#lines.length === 0;
        this.#pending = "";
        if (this.#isBusy) this.#host.write("(not waited for any longer)\n");
        this.#isBusy = false;
        const isHint = isIdle && (this.#host.isDumb || this.#editor.isEmpty);
        this.#editor.leave("^C");
        if (this.#host.isDumb) this.#host.write("\n");
        if (isHint && !this.#hinted) this.#host.write("(Ctrl-D leaves)\n");
        this.#hinted = isHint;
        this.#lines = [];
        this.#ask();
    }

    hide(): void {
        if (!this.#host.isDumb) this.#editor.hide();
    }

    show(): void {
        if (!this.#isBusy && !this.#host.isDumb) this.#editor.show();
    }

    redraw(): void {
        if (this.#editor.isVisible) this.#editor.show();
    }

    #onLine(line: string): void {
        this.#lines.push(line);
        const source = this.#lines.join("\n");
        this.#hinted = false;
        if (source.trim() === "") {
            this.#lines = [];
            this.#ask();
            return;
        }
        const result = isUnfinished(source) ? "more" : this.#compile(source);
        if (result !== "more") {
            this.#lines = [];
            this.#remember(source);
        }
        if (result === "ready") {
            this.#isBusy = true;
            this.#host.run();
            return;
        }
        if (result !== "more") this.#host.write(`${result}\n`);
        this.#ask();
    }

    /** "ready", "more", or why it cannot run. */
    #compile(source: string): string {
        this.#count += 1;
        const name = `REPL${this.#count}`;
        const code = persistent(source);
        // What begins with a brace is an object, where it can be one.
        const variants = /^\s*\{/.test(code) ? [`(${code}\n)`, code] : [code];
        this.#host.setMap(name, "");
        let failure: string | undefined;
        for (const variant of variants) {
            failure = this.#host.compile(variant, name);
            if (failure === undefined) return "ready";
        }
        const isCut = ENGINE_END.test(failure ?? "");
        let messages: string | undefined;
        for (const variant of variants) {
            const made = this.#host.transform(variant, name);
            if (made === undefined) return isCut ? "more" : (failure ?? "");
            messages = made.messages.trim();
            if (messages !== "" && made.code === "") continue;
            const cut = made.code.lastIndexOf(MAP_COMMENT);
            if (cut >= 0) {
                this.#host.setMap(
                    name,
                    decodeBase64(made.code.slice(cut + MAP_COMMENT.length).trim()),
                );
            }
            const failed = this.#host.compile(made.code, name);
            return failed ?? "ready";
        }
        if (COMPILER_END.test(messages ?? "")) return "more";
        // The message is to show what was typed.
        const typed = this.#host.transform(source, name);
        return typed?.code === "" ? typed.messages.trim() : (messages ?? "");
    }

    #remember(source: string): void {
        if (source.length > HISTORY_ENTRY_CHARS_MAX) return;
        // Another session may have written meanwhile.
        const stored = parseHistory(this.#host.readHistory());
        if (this.#history.at(-1) !== source) {
            this.#history = [...this.#history, source].slice(-HISTORY_LINES_MAX);
        }
        if (stored.at(-1) === source) return;
        const lines = [...stored, source].slice(-HISTORY_LINES_MAX);
        this.#host.writeHistory(`${lines.map((one) => JSON.stringify(one)).join("\n")}\n`);
    }

    /** An evaluation has come to its end. */
    settled(isError: boolean, value: unknown): void {
        if (!this.#isBusy) return; // it was not waited for any longer
        this.#isBusy = false;
        const text = this.#host.describe(value, isError);
        if (text !== "") this.#host.write(`${text}\n`);
        this.#ask();
        this.#work();
    }
}

let session: Session | undefined;

export function start(host: Host): void {
    session = new Session(host);
}

export function input(text: string): void {
    session?.input(text);
}

export function interrupt(): void {
    session?.interrupt();
}

export function settled(isError: boolean, value: unknown): void {
    session?.settled(isError, value);
}

export function hide(): void {
    session?.hide();
}

/** The terminal has gone. */
export function end(): void {
    session?.end();
}

export function show(): void {
    session?.show();
}

export function redraw(): void {
    session?.redraw();
}

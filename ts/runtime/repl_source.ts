// SPDX-License-Identifier: MIT
// What is typed at the prompt, before it is run: whether it is whole, and with its declarations
// rewritten so that they stay, and can be made again.

/** A run of code that is neither string, comment nor regular expression. */
interface Scan {
    /** Brackets, a template or a comment are open at the end. */
    readonly isOpen: boolean;
    /** Where statements begin at the top level. */
    readonly starts: readonly number[];
    /** Ends (behind the brace) of the first braces at the top level after each start. */
    readonly braceEnds: ReadonlyMap<number, number>;
}

// Before a slash: what makes it the beginning of a regular expression.
const BEFORE_REGEXP =
    /(?:^|[=(,;:!&|?{}[\]+\-*%<>~^\n]|\b(?:return|typeof|case|in|of|do|else|void|await))\s*$/;
/** At a line's end: the statement goes on. */
const GOES_ON = /(?:[=(,:&|?[+\-*/%<>^.]|=>|\b(?:extends|from|of|in))\s*$/;

/** Behind the quoted text that begins at `at`; the length of `code` where it does not end. */
function skipQuoted(code: string, at: number): number {
    const mark = code[at];
    let inClass = false;
    for (let i = at + 1; i < code.length; i += 1) {
        const char = code[i];
        if (char === "\\") i += 1;
        else if (mark === "/" && char === "[") inClass = true;
        else if (mark === "/" && char === "]") inClass = false;
        else if (char === mark && !inClass) return i + 1;
        else if (char === "\n") return i;
    }
    return code.length;
}

class Scanner {
    readonly #code: string;
    readonly #open: string[] = [];
    readonly starts: number[] = [];
    readonly braceEnds = new Map<number, number>();
    #isCut = false;
    #isStart = true;
    /** What stood before, without comments. */
    #before = "";

    constructor(code: string) {
        this.#code = code;
    }

    get isOpen(): boolean {
        return this.#open.length > 0 || this.#isCut;
    }

    run(): this {
        let at = 0;
        while (at < this.#code.length) at = this.#step(at);
        return this;
    }

    #step(at: number): number {
        const code = this.#code;
        const char = code[at] ?? "";
        if (this.#open.at(-1) === "`") return this.#template(at);
        if (code.startsWith("//", at)) {
            const end = code.indexOf("\n", at);
            return end < 0 ? code.length : end;
        }
        if (code.startsWith("/*", at)) {
            const end = code.indexOf("*/", at + 2);
            this.#isCut = end < 0;
            return end < 0 ? code.length : end + 2;
        }
        if (char === "\n" && this.#open.length === 0 && !GOES_ON.test(this.#before)) {
            this.#isStart = true;
        }
        if (!/[\s;]/.test(char) && this.#isStart) {
            this.starts.push(at);
            this.#isStart = false;
        }
        const isQuote = char === '"' || char === "'";
        const end =
            isQuote || (char === "/" && BEFORE_REGEXP.test(this.#before))
                ? skipQuoted(code, at)
                : at + 1;
        if (end === at + 1) this.#bracket(char, at);
        // Only its end is looked at.
        this.#before = (this.#before + (isQuote ? "''" : code.slice(at, end))).slice(-32);
        return end;
    }

    #template(at: number): number {
        const char = this.#code[at];
        if (char === "\\") return at + 2;
        if (char === "`") {
            this.#open.pop();
            this.#before = "''";
        } else if (this.#code.startsWith("${", at)) {
            this.#open.push("{");
            return at + 2;
        }
        return at + 1;
    }

    #bracket(char: string, at: number): void {
        if ("([{`".includes(char)) this.#open.push(char);
        if (")]}".includes(char)) {
            this.#open.pop();
            const start = this.starts.at(-1);
            if (char === "}" && this.#open.length === 0 && start !== undefined) {
                if (!this.braceEnds.has(start)) this.braceEnds.set(start, at + 1);
            }
        }
        if (char === ";" && this.#open.length === 0) this.#isStart = true;
    }
}

function scan(code: string): Scan {
    return new Scanner(code).run();
}

/** More lines are needed, whatever they say. */
export function isUnfinished(code: string): boolean {
    return scan(code).isOpen;
}

interface Edit {
    readonly at: number;
    readonly end: number;
    readonly text: string;
}

/** `{ a, b as c }` of an import as a pattern. */
function importPattern(names: string): string {
    const parts = names
        .split(",")
        .map((one) => one.trim())
        .filter((one) => one !== "" && !one.startsWith("type "));
    return `{ ${parts.map((one) => one.replace(/\s+as\s+/, ": ")).join(", ")} }`;
}

const IMPORT =
    /^import\s*(?:([\w$]+)\s*,?\s*)?(?:\*\s*as\s+([\w$]+)\s*|\{([^}]*)\}\s*)?(?:\bfrom\s*)?("[^"\n]*"|'[^'\n]*')(?:\s*with\s*(\{[^}]*\}))?/;

function rewriteImport(rest: string, at: number): Edit | undefined {
    if (/^import\s+type\b(?!\s*(?:from\b|,))/.test(rest)) return undefined;
    const match = IMPORT.exec(rest);
    if (match === null) return undefined;
    const [whole, first, all, names, module, attributes] = match;
    const call = `await import(${module}${attributes === undefined ? "" : `, { with: ${attributes} }`})`;
    const targets: string[] = [];
    if (first !== undefined) targets.push(`{ default: ${first} } = ${call}`);
    if (all !== undefined) targets.push(`${all} = ${call}`);
    if (names !== undefined) targets.push(`${importPattern(names)} = ${call}`);
    const text = targets.length === 0 ? `${call}; undefined` : `var ${targets.join(", ")}`;
    return { at, end: at + whole.length, text: `${text};` };
}

function rewriteStatement(code: string, at: number, found: Scan): Edit[] {
    const rest = code.slice(at);
    if (/^import\b(?!\s*[.(])/.test(rest)) {
        const edit = rewriteImport(rest, at);
        return edit === undefined ? [] : [edit];
    }
    // As long as before, so that columns stay.
    const variable = /^(?:const(?!\s+enum\b)|let)(?=[\s[{])/.exec(rest)?.[0];
    if (variable !== undefined) {
        return [{ at, end: at + variable.length, text: "var".padEnd(variable.length) }];
    }
    const name = /^class\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(rest)?.[1];
    const end = found.braceEnds.get(at);
    if (name === undefined || end === undefined) return [];
    return [
        { at, end: at, text: `var ${name} = ` },
        { at: end, end, text: ";" },
    ];
}

/** Declarations and imports as assignments to variables of the session. */
export function persistent(code: string): string {
    const found = scan(code);
    let out = "";
    let done = 0;
    for (const { at, end, text } of found.starts.flatMap((one) =>
        rewriteStatement(code, one, found),
    )) {
        if (at < done) continue;
        out += code.slice(done, at) + text;
        done = end;
    }
    return out + code.slice(done);
}

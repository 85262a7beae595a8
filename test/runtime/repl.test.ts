// SPDX-License-Identifier: MIT
// The session at a terminal, through a real pseudo-terminal (test/support/terminal.py).

import { execFile } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createFolder, executable, projectRoot, run, writeFiles } from "../support/process.ts";
import { hasTool } from "../support/tools.ts";

let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder = createFolder();
});
afterEach(() => folder.remove());

type Step = readonly [kind: string, value?: string | number];

interface Outcome {
    readonly failure: string | null;
    readonly status: number | null;
    readonly signal: string | null;
    readonly restored: boolean | null;
    readonly text: string;
}

interface Options {
    readonly args?: readonly string[];
    readonly columns?: number;
    readonly command?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    /** The steps alone: no prompt at first, no Ctrl-D at the end. */
    readonly bare?: boolean;
}

const prompt: Step = ["expect", "> "];

/** Types a line once the prompt is there, and waits for what follows. */
function line(text: string, ...expected: string[]): Step[] {
    const waits = expected.map((one): Step => ["expect", one]);
    return [["send", `${text}\r`], ["expect", "\n"], ...waits, prompt];
}

function session(steps: readonly (Step | Step[])[], options: Options = {}): Promise<Outcome> {
    const inner = steps.flatMap((one) => (Array.isArray(one[0]) ? (one as Step[]) : [one as Step]));
    const job = {
        cwd: folder.work,
        columns: options.columns ?? 80,
        command: options.command ?? [executable, ...(options.args ?? [])],
        env: {
            PATH: process.env.PATH,
            HOME: folder.work,
            TERM: "xterm",
            NO_COLOR: "1",
            MAIXJS_ESBUILD:
                process.env.MAIXJS_TEST_ESBUILD ??
                join(projectRoot, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`),
            ...options.env,
        },
        steps: options.bare ? inner : [prompt, ...inner, ["send", "\u0004"], ["end", 0]],
    };
    return new Promise((resolve, reject) => {
        const child = execFile(
            "python3",
            [join(projectRoot, "test/support/terminal.py")],
            (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout) as Outcome)),
        );
        child.stdin?.end(JSON.stringify(job));
    });
}

async function whole(steps: readonly (Step | Step[])[], options: Options = {}): Promise<string> {
    const { text, ...outcome } = await session(steps, options);
    expect(outcome, text).toMatchObject({ failure: null, status: 0, signal: null });
    return text;
}

describe.skipIf(!hasTool("python3"))("a session", () => {
    it("evaluates, shows results, keeps the last one in _", async () => {
        await whole([
            line("1 + 1", "2\r\n"),
            line("_ * 21", "42\r\n"),
            line("{ a: 1, b: 'x' }", "{ a: 1, b: 'x' }"),
            line("undefined"),
            line("'a' + 'b'", "'ab'"),
        ]);
    });

    it("takes TypeScript; declarations stay and can be made again", async () => {
        await whole([
            line("const a: number = 40"),
            line("let { b, c }: { b: number; c: number } = { b: 1, c: 1 }"),
            line("a + b + c", "42\r\n"),
            line("const a = 'ag' + 'ain'"),
            line("a", "'again'"),
            line("interface I { x: number }"),
            line("function f<T>(x: T): T { return x }"),
            line("class C<T> { constructor(readonly x: T) {} }"),
            line("f(new C(7).x) * 2", "14\r\n"),
            line("enum E { A = 5 }"),
            line("E.A + 1", "6\r\n"),
        ]);
    });

    it("awaits, imports, and lets timers run while the prompt waits", async () => {
        await whole([
            line("const late = await new Promise(r => setTimeout(r, 5, 'la' + 'te'))"),
            line("late", "'late'"),
            line("import { audio, type app as x } from 'maix'"),
            line("import * as t from 'maix:time'"),
            line("typeof audio.Recorder + typeof t.sleepMs", "'functionfunction'"),
            line("(await import('maix:app')).appId.name", "'appId'"),
            line("setTimeout(() => console.log('ti' + 'mer'), 1); 0", "0\r\n"),
            ["expect", "timer"],
            prompt,
        ]);
    });

    it("imports JavaScript files", async () => {
        writeFiles(folder.work, { "part.js": "export const seven = 7; export default 'def';\n" });
        await whole([
            line("import def, { seven as s } from './part.js'"),
            line("def + s", "'def7'"),
            line("import { nothing } from './absent.js'", "absent.js"),
            line("1 + 1", "2\r\n"),
        ]);
    });

    it("imports TypeScript files and npm packages, with errors at their positions", async () => {
        writeFiles(folder.work, {
            "part.ts":
                "interface Unused {}\nexport const n: number = 20;\nexport function bad(): never {\n    throw new Error('oh no');\n}\n",
            "node_modules/cjs.js/package.json": '{ "main": "lib.js" }',
            "node_modules/cjs.js/lib.js": "exports.two = 2;\n",
            "entry.js":
                "import cjs from 'cjs.js';\nexport const { two } = cjs;\nexport * from './part.ts';\n",
        });
        await whole([
            line("import { n, bad } from './part'"),
            line("import cjs from 'cjs.js'"),
            line("n + cjs.two", "22\r\n"),
            line("(await import('./entry.js')).two + 1", "3\r\n"),
            line("bad()", "oh no", "part.ts:4:15"),
            line("await import('./ab' + 'sent')", "Could not resolve"),
            line("await import('--version')", "cannot be imported in a session"),
            line("1 + 1", "2\r\n"),
        ]);
    });

    it("waits for the rest of what is not whole", async () => {
        await whole([
            ["send", "function g() {\r"],
            ["expect", "... "],
            ["send", "return `a\r"],
            ["expect", "... "],
            line("b`.length }"),
            line("g() + 10", "13\r\n"),
            ["send", "type T =\r"],
            ["expect", "... "],
            line("string"),
            ["send", "1 +\r"],
            ["expect", "... "],
            line("6", "7\r\n"),
        ]);
    });

    it("shows errors at the positions of what was typed, and goes on", async () => {
        const text = await whole([
            line("null.x", "TypeError"),
            line("let z: number = 1; throw new Error('thr' + 'own')", "Error: thrown"),
            line("setTimeout(() => { throw new Error('ba' + 'ck') }, 1); 0"),
            ["expect", "Error: back"],
            prompt,
            line("Promise.reject(new Error('re' + 'jected')); 0"),
            ["expect", "Error: rejected"],
            prompt,
            line("const 1", "xpected", "const 1"),
            line("1 + 1", "2\r\n"),
        ]);
        expect(text).toMatch(/at REPL2:1:30\r\n/);
    });

    it("clears the line with Ctrl-C, hints, and interrupts what runs", async () => {
        await whole([
            ["send", "some text"],
            ["expect", "some text"],
            ["send", "\u0003"],
            ["expect", "^C"],
            prompt,
            ["send", "\u0003"],
            ["expect", "Ctrl-D leaves"],
            prompt,
            ["send", "function x() {\r"],
            ["expect", "... "],
            ["send", "\u0003"],
            ["expect", "\n"],
            prompt,
            ["send", "console.log('u' + 'p'); while (true) {}\r"],
            ["expect", "up\r\n"],
            ["send", "\u0003"],
            ["expect", "interrupted"],
            prompt,
            ["send", "console.log('u' + 'p'); await new Promise(() => {})\r"],
            ["expect", "up\r\n"],
            ["send", "\u0003"],
            ["expect", "not waited for"],
            prompt,
            ["send", "await 1; console.log('u' + 'p'); while (true) {}\r"],
            ["expect", "up\r\n"],
            ["send", "\u0003"],
            ["expect", "interrupted"],
            ["expect", "not waited for"],
            prompt,
            ["send", "(await import('maix')).time; console.log('u' + 'p')\r"],
            ["expect", "up\r\n"],
            prompt,
            line("import { time } from 'maix'"),
            ["send", "console.log('u' + 'p'); time.sleep(1000); 'aw' + 'ake'\r"],
            ["expect", "up\r\n"],
            ["send", "\u0003"],
            prompt,
            line("20 + 3", "23\r\n"),
        ]);
    });

    it("edits lines of any characters", async () => {
        await whole([
            ["send", "'麦克x🎤'.length"],
            ["send", "\u001b[D\u001b[D\u0001\u001b[C"],
            ["hex", "e9"],
            ["hex", "a3"],
            ["hex", "8e"],
            ["send", "\u0005 + 10\u007f\u007f100\r"],
            ["expect", "106\r\n"],
            prompt,
            ["send", "40 + 3junk\u001b[D\u001b[D\u001b[D\u001b[D\u000b\r"],
            ["expect", "43\r\n"],
            prompt,
            ["send", "\u001b[A\u001b[A\u001b[B\u007f9\r"],
            ["expect", "49\r\n"],
            prompt,
        ]);
    });

    it("draws lines that are longer than the window, also when its size changes", async () => {
        const steps: (Step | Step[])[] = [
            ["send", "'abcdefghijklmnopqrstuvwxyz'"],
            ["expect", "xyz'"],
            ["send", "\u0001"],
            ["expect", "\u001b[2A"], // 2 + 28 characters are three rows of 12
            ["columns", 60],
            ["expect", "xyz'"],
            ["send", "\u0005"],
            line(".length", "26\r\n"),
        ];
        await whole(steps, { columns: 12 });
    });

    it("completes names without running getters or proxies", async () => {
        await whole([
            line(
                "var o = { get alpha() { console.log('RAN'); return {} }, alphabet: { deep: 1 } }",
            ),
            ["send", "o.alph\t"],
            ["expect", "o.alpha"],
            ["send", "\t"],
            ["expect", "alpha  alphabet"],
            ["send", "bet.d\t + 4\r"],
            ["expect", "\n5\r\n"],
            prompt,
            line("var p = new Proxy({}, { ownKeys() { console.log('RAN'); return [] } })"),
            ["send", "p.\t\u0015o.alpha.\t\u0015"],
            ["send", "typeof structuredClo\t\r"],
            prompt,
            ["send", "(await import('maix:ti\t')).sleepMs.name\r"],
            ["expect", "'sleepMs'"],
            prompt,
        ]).then((text) => expect(text.replaceAll("'RAN'", "")).not.toContain("RAN"));
    });

    it("keeps its history across sessions, for nobody else to read", async () => {
        const env = { MAIXJS_HISTORY: join(folder.work, "deep/history") };
        await whole(
            [line("'fir' + 'st'", "'first'"), line("function m() {\r  return 'multi' + 1 }")],
            {
                env,
            },
        );
        expect(statSync(env.MAIXJS_HISTORY).mode & 0o777).toBe(0o600);
        await whole(
            [
                ["send", "\u001b[A\u001b[A\r"],
                ["expect", "'first'"],
                prompt,
                ["send", "\u001b[A\u001b[A\r"],
                ["expect", "\n"],
                prompt,
                line("m()", "'multi1'"),
            ],
            { env },
        );
        expect(readFileSync(env.MAIXJS_HISTORY, "utf8")).toContain('"m()"');
    });

    it("survives a damaged history, and one that cannot be written", async () => {
        writeFiles(folder.work, { h: '"good"\n{bad\n\u0000\n' });
        await whole([line("2 + 3", "5\r\n")], { env: { MAIXJS_HISTORY: join(folder.work, "h") } });
        await whole([line("2 + 3", "5\r\n")], { env: { MAIXJS_HISTORY: "/proc/none/h" } });
        await whole([line("2 + 3", "5\r\n")], { env: { MAIXJS_HISTORY: "" } });
    });

    it("sends no escape sequences to a dumb terminal", async () => {
        const text = await whole(
            [line("1 + 1", "2\r\n"), ["send", "function f() {\r"], ["expect", "... "], line("}")],
            { env: { TERM: "dumb" } },
        );
        expect(text).not.toContain("\u001b");
    });

    it("is JavaScript where there is no esbuild", async () => {
        await whole(
            [
                line("const a = await 20", ""),
                line("a + 1", "21\r\n"),
                line("let b: number = 1", "SyntaxError"),
                ["send", "1 +\r"],
                ["expect", "... "],
                line("1", "2\r\n"),
            ],
            { env: { MAIXJS_ESBUILD: "/nothing" } },
        );
    });

    it("finalises a recording that was made in it", async () => {
        await whole(
            [
                line("import { audio } from 'maix'"),
                line("const r = new audio.Recorder('a.wav', { sampleRate: 8000 })"),
                line("r.record(100).length", "1600\r\n"),
            ],
            { args: ["--mic", "sim:ramp,pace=fast"] },
        );
        expect(statSync(join(folder.work, "a.wav")).size).toBe(44 + 1600);
    });

    it("ends the streams that are waited for with Ctrl-C, and leaves the rest alone", async () => {
        await whole(
            [
                line("import { audio } from 'maix'; let n = 0, ticks = 0"),
                line("const r = new audio.Recorder({ sampleRate: 8000 })"),
                line("const every = setInterval(() => (ticks += 1), 1)"),
                [
                    "send",
                    "for await (const c of r.stream({ ms: 10 })) if (n++ === 2) console.log('u' + 'p')\r",
                ],
                ["expect", "up\r\n"],
                ["send", "\u0003"],
                ["expect", "not waited for"],
                prompt,
                line("r.state", "'stopped'"),
                line(
                    "const then = ticks; await new Promise(r => setTimeout(r, 5)); ticks > then",
                    "true",
                ),
            ],
            { args: ["--mic", "sim:ramp"] },
        );
    });

    it.each([
        ["Ctrl-D", [["send", "\u0004"]]],
        ["process.exit", [["send", "process.exit(0)\r"]]],
        ["process.exit in a timer", [["send", "setTimeout(() => process.exit(0), 1)\r"]]],
    ] as const)("gives the terminal back after %s", async (_, steps) => {
        const shell = `stty -g > before; "$0"; echo left:$?; stty -g | cmp before - && echo sa''me`;
        const outcome = await session(
            [prompt, ...steps, ["expect", "left:0"], ["expect", "same"], ["end", 0]],
            { bare: true, command: ["sh", "-c", shell, executable] },
        );
        expect(outcome.failure, outcome.text).toBeNull();
    });

    it("stops with Ctrl-Z like any program, and goes on", async () => {
        const shell = `stty -g > before; set -m; "$0"; stty -g | cmp before - && echo sa''me; fg`;
        const outcome = await session(
            [
                prompt,
                ["send", "1 + 2"],
                ["expect", "1 + 2"],
                ["send", "\u001a"],
                ["expect", "same"],
                ["expect", "1 + 2"],
                ["send", "\r"],
                ["expect", "\n3\r\n"],
                prompt,
                ["send", "\u0004"],
                ["end", 0],
            ],
            { bare: true, command: ["bash", "-c", shell, executable] },
        );
        expect(outcome.failure, outcome.text).toBeNull();
    });

    it.each(["TERM", "HUP", "SEGV", "QUIT"])("gives it back after SIG%s", async (name) => {
        const shell = `stty -g > before; "$0"; stty -g | cmp before - && echo sa''me`;
        const kill = `(await import("qjs:os")).exec(["sh", "-c", "kill -${name} $PPID"])`;
        const outcome = await session(
            [
                prompt,
                ["send", `setTimeout(async () => ${kill}, 1)\r`],
                ["expect", "same"],
                ["end", 0],
            ],
            { bare: true, command: ["sh", "-c", shell, executable] },
        );
        expect(outcome.failure, outcome.text).toBeNull();
    });
});

it("without a terminal a script is missing", async () => {
    const ended = await run([], { cwd: folder.work });
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/^maixjs: a script is missing/);
});

// SPDX-License-Identifier: MIT
// Running scripts: modules, promises, timers, console, errors at TypeScript positions, statuses.

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import {
    createFolder,
    type Ended,
    executable,
    type RunOptions,
    run,
    writeFiles,
} from "../support/process.ts";

let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder = createFolder();
});
afterEach(() => folder.remove());

/** Writes script.ts and runs it. */
function script(
    text: string,
    args: readonly string[] = [],
    options: Partial<RunOptions> = {},
): Promise<Ended> {
    writeFiles(folder.work, { "script.ts": text });
    return run(["script.ts", ...args], { cwd: folder.work, ...options });
}

describe("scripts", () => {
    it("are modules with top-level await and types", async () => {
        const ended = await script(`
            const later: Promise<number> = new Promise((r) => setTimeout(() => r(42), 1));
            enum Color { Red = 3 }
            console.log(await later, Color.Red, import.meta.main);
            console.log(import.meta.url, import.meta.dirname, import.meta.filename);
        `);
        expect(ended.stderr).toBe("");
        expect(ended.stdout).toBe(
            `42 3 true\nfile://${folder.work}/script.ts ${folder.work} ${folder.work}/script.ts\n`,
        );
        expect(ended.status).toBe(0);
    });

    it("that are JavaScript know where they are, too", async () => {
        writeFiles(folder.work, {
            "a b.mjs":
                "const { main, url, dirname, filename } = import.meta;" +
                "console.log(main, url, dirname, filename);",
        });
        const ended = await run(["a b.mjs"], { cwd: folder.work });
        expect(ended.stdout).toBe(
            `true file://${folder.work}/a%20b.mjs ${folder.work} ${folder.work}/a b.mjs\n`,
        );
    });

    it("get their arguments and environment", async () => {
        const ended = await script(
            "console.log(JSON.stringify(process.argv.slice(1)), process.env.MARK, process.platform)",
            ["a b", "--timeout", "", "ü"],
            { env: { MARK: "x=y" } },
        );
        expect(ended.stdout).toBe(
            `${JSON.stringify([`${folder.work}/script.ts`, "a b", "--timeout", "", "ü"])} x=y linux\n`,
        );
    });

    it("leave with process.exit and std.exit", async () => {
        expect((await script("process.exit(7)")).status).toBe(7);
        expect((await script("process.exit()")).status).toBe(0);
        expect((await script('import * as std from "qjs:std"; std.exit(9)')).status).toBe(9);
        const wrong = await script("process.exit(256)");
        expect([wrong.status, wrong.stderr]).toEqual([
            1,
            expect.stringMatching(/^RangeError: process.exit: the status must be from 0 to 255/m),
        ]);
    });

    it("run timers by due time, then by age, with promise jobs in between", async () => {
        const ended = await script(`
            const log: string[] = [];
            setTimeout(() => log.push("30"), 30);
            setTimeout(() => { log.push("10a"); Promise.resolve().then(() => log.push("job")); }, 10);
            setTimeout((x: string) => log.push(x), 10, "10b");
            const end = Date.now() + 40;
            while (Date.now() < end);
            setTimeout(() => log.push("1"), 1);
            const cleared = setTimeout(() => log.push("never"), 1);
            clearTimeout(cleared);
            let ticks = 0;
            const id = setInterval(() => { if (++ticks === 3) { clearInterval(id); log.push("3 ticks"); } }, 1);
            await new Promise((r) => setTimeout(r, 60));
            console.log(log.join(" "));
        `);
        expect(ended.stdout).toBe("10a job 10b 30 1 3 ticks\n");
    });

    it("run all timers that are due in one turn of the loop", async () => {
        const ended = await script(`
            import * as os from "qjs:os";
            let fired = 0;
            for (let i = 0; i < 50; i++) setTimeout(() => fired++, 1);
            os.setTimeout(() => console.log(fired), 1); // has its turn right behind the first wake
            const end = Date.now() + 5;
            while (Date.now() < end);
        `);
        expect([ended.stdout, ended.stderr]).toEqual(["50\n", ""]);
    });

    it("run what a timer sets in a later turn", async () => {
        const ended = await script(`
            import * as os from "qjs:os";
            let fired = 0;
            const again = () => { fired++; setTimeout(again, 1); };
            again();
            os.setTimeout(() => { console.log(fired > 0); process.exit(); }, 20);
        `);
        expect([ended.stdout, ended.stderr]).toEqual(["true\n", ""]);
    });

    it("write to the console: log, info, debug to stdout, warn, error to stderr", async () => {
        const ended = await script(`
            console.log("a", 1, true, null, undefined, 10n, Symbol("s"), -0);
            console.info({ a: [1, "x"] }, new Uint8Array([1, 2]), new Map([[1, { b: 2 }]]));
            console.debug(); console.warn("w"); console.error("e");
            const circle: { self?: object } = {}; circle.self = circle; console.log(circle);
        `);
        expect(ended.stderr).toBe("w\ne\n");
        expect(ended.stdout).toContain("a 1 true null undefined 10n Symbol(s) -0\n");
        expect(ended.stdout).toContain(
            "{ a: [ 1, 'x' ] } Uint8Array(2) [ 1, 2 ] Map(1) { 1 => { b: 2 } }\n\n",
        );
        expect(ended.stdout).toMatch(/Circular/);
        expect(ended.status).toBe(0);
    });

    it("run from -e with TypeScript, and from standard input", async () => {
        const evaluated = await run(
            ["-e", "const n: number = 6; console.log(n * 7, process.argv.slice(1))", "x"],
            { cwd: folder.work },
        );
        expect([evaluated.stdout, evaluated.stderr]).toEqual(["42 [ 'x' ]\n", ""]);
        const piped = await run(["-", "x"], {
            cwd: folder.work,
            input: 'import * as os from "qjs:os"; console.log(os.getcwd()[0], process.argv.slice(1))',
        });
        expect([piped.stdout, piped.stderr]).toEqual([`${folder.work} [ '-', 'x' ]\n`, ""]);
    });

    it("know when they began: performance.timeOrigin is Unix time", async () => {
        // A minute of slack: what would be wrong is decades.
        const ended = await script(`
            const now = performance.timeOrigin + performance.now();
            console.log(Math.abs(now - Date.now()) < 60_000, performance.timeOrigin <= Date.now());
        `);
        expect([ended.stdout, ended.stderr]).toEqual(["true true\n", ""]);
    });

    it("of 20 MB run, and so do their errors", async () => {
        const filler = `// ${"x".repeat(997)}\n`.repeat(10_000);
        const data = `const data = "${"y".repeat(10_000_000)}";\n`;
        const ended = await script(
            `${filler}${data}console.log(data.length);\nthrow new Error("end");`,
        );
        expect([ended.status, ended.stdout]).toEqual([1, "10000000\n"]);
        expect(ended.stderr).toContain("at script.ts:10003:");
    });

    it("may start with #! and be named by a symbolic link", async () => {
        const ended = await script("#!/usr/bin/env maixjs\nconsole.log('hash bang')");
        expect(ended.stdout).toBe("hash bang\n");
    });

    it("end quietly when their reader has gone", async () => {
        writeFiles(folder.work, {
            "script.ts": `
                import { app } from "maix";
                let n = 0;
                while (!app.needExit()) console.log(n++);
            `,
        });
        const ended = await run(
            ["-c", `"$0" script.ts | head -n 2; echo "status \${PIPESTATUS[0]}"`, executable],
            { cwd: folder.work, command: "bash" },
        );
        expect([ended.stdout, ended.stderr]).toEqual(["0\n1\nstatus 0\n", ""]);
    });

    it.each([
        ["console", 1, "console.log('a'); console.log('b');"],
        ["qjs:std", 1, "import * as std from 'qjs:std'; std.out.puts('a');"],
        ["process.exit", 0, "import * as std from 'qjs:std'; std.out.puts('a'); process.exit();"],
    ])("that cannot write their output say so once (%s)", async (_, status, text) => {
        writeFiles(folder.work, { "script.ts": text });
        const ended = await run(["-c", '"$0" script.ts >/dev/full', executable], {
            cwd: folder.work,
            command: "bash",
        });
        expect(ended.stderr).toBe(
            "maixjs: cannot write to standard output: No space left on device\n",
        );
        expect(ended.status).toBe(status);
    });
});

describe("the stack", () => {
    const deep =
        "const f = (n) => f(n + 1) + 1; try { f(0); } catch (e) { console.log(e.message); }";

    it.each([
        ["the default", 8192, []],
        ["more", 8192, ["--stack-size", "6M"]],
        ["the default, where there is less", 512, []],
    ])("overflows as an error: %s", async (_, limit, options) => {
        const ended = await run(
            ["-c", `ulimit -s ${limit}; exec "$0" "$@"`, executable, ...options, "-e", deep],
            { cwd: folder.work, command: "sh", env: { MAIXJS_ESBUILD: "/none" } },
        );
        expect(ended.stdout).toMatch(/stack/i);
        expect(ended.status).toBe(0);
    });

    it("cannot be larger than the system's", async () => {
        const ended = await run(
            ["-c", 'ulimit -s 8192; exec "$0" --stack-size 8M -e 1', executable],
            { cwd: folder.work, command: "sh" },
        );
        expect(ended.stderr).toMatch(
            /^maixjs: the stack size can be at most 7340032 bytes here .*\n$/,
        );
        expect(ended.status).toBe(2);
    });
});

describe("errors", () => {
    it("that are not caught are shown at TypeScript positions", async () => {
        writeFiles(folder.work, {
            "lib/thrower.ts":
                "interface Unused { a: number }\n\nexport function thrower(): never {\n" +
                "    throw new TypeError('broken');\n}\n",
        });
        const ended = await script(
            "import { thrower } from './lib/thrower.ts';\n\nfunction loop(): void {\n    thrower();\n}\nloop();\n",
        );
        expect(ended.stderr).toMatch(
            /^TypeError: broken\n {4}at thrower \(lib\/thrower\.ts:4:\d+\)\n {4}at loop \(script\.ts:4:\d+\)\n/m,
        );
        expect([ended.status, ended.stdout]).toEqual([1, ""]);
    });

    it("in timers, jobs and rejections end the script too", async () => {
        const cases = [
            "setTimeout(() => { throw new Error('x'); }, 1); setInterval(() => {}, 1000);",
            "Promise.resolve().then(() => { throw new Error('x'); }); setInterval(() => {}, 1000);",
            "void Promise.reject(new Error('x')); setInterval(() => {}, 1000);",
            "await Promise.reject(new Error('x'));",
            "async function f() { await null; throw new Error('x'); }\nawait f();",
            "queueMicrotask(() => { throw new Error('x'); }); setInterval(() => {}, 1000);",
        ];
        for (const text of cases) {
            const ended = await script(text);
            expect([text, ended.status]).toEqual([text, 1]);
            expect(ended.stderr).toMatch(/^Error: x\n {4}at .*script\.ts:\d+:\d+/m);
        }
    });

    it("that are handled late, but before the loop idles, are no errors", async () => {
        const ended = await script(`
            const p = Promise.reject(new Error("x"));
            Promise.resolve().then(() => p.catch(() => console.log("handled")));
        `);
        expect([ended.status, ended.stdout, ended.stderr]).toEqual([0, "handled\n", ""]);
    });

    it("with a device's or a file's code mean status 3", async () => {
        const code = (name: string) => `throw Object.assign(new Error("m"), { code: "${name}" });`;
        expect((await script(code("ENODEV"))).status).toBe(3);
        expect((await script(code("ENOSPC"))).status).toBe(3);
        expect((await script(code("ECLOSED"))).status).toBe(1);
        expect((await script("throw { get code() { throw 1; } };")).status).toBe(1);
    });

    it("are shown with their TypeScript stack by the console too", async () => {
        const ended = await script("\n\nconst e = new Error('seen');\nconsole.log(e);\n");
        expect(ended.stdout).toMatch(/^Error: seen\n {4}at .*script\.ts:3:\d+/);
    });

    it("survive built-ins that the script broke", async () => {
        const ended = await script(`
            Array.prototype.map = String.prototype.split = JSON.parse = () => { throw 1; };
            Object.prototype.toString = () => { throw 2; };
            throw new Error("still shown");
        `);
        expect(ended.stderr).toMatch(/^Error: still shown\n {4}at .*script\.ts:4:\d+/m);
    });

    it("of values that are no errors say what was thrown", async () => {
        const ended = await script("throw { a: 1 };");
        expect([ended.status, ended.stderr]).toEqual([1, "Uncaught: { a: 1 }\n"]);
    });

    it("tell of an await that nothing ends", async () => {
        const ended = await script("await new Promise(() => {});");
        expect([ended.status, ended.stderr]).toEqual([
            1,
            "maixjs: the script waits (top-level await) for something that never comes\n",
        ]);
    });

    it("catch deep recursion", async () => {
        const ended = await script(`
            function f(n: number): number { return f(n + 1) + 1; }
            try { f(0); } catch (e) { console.log((e as Error).name); }
        `);
        expect([ended.status, ended.stdout]).toEqual([0, "RangeError\n"]);
    });

    it("in a worker: native modules say that they belong to the first thread", async () => {
        writeFiles(folder.work, {
            "worker.js": `import { Worker } from "qjs:os";
                let code = "none";
                try { await import("maix:audio"); } catch (e) { code = e.code; }
                console.log("in the worker", code);
                Worker.parent.postMessage(code);`,
            "script.mjs": `import { Worker } from "qjs:os";
                const worker = new Worker("./worker.js");
                worker.onmessage = (e) => { console.log(e.data); worker.onmessage = null; };`,
        });
        const ended = await run(["script.mjs"], { cwd: folder.work });
        expect([ended.stdout, ended.stderr]).toEqual([
            "in the worker EUNSUPPORTED\nEUNSUPPORTED\n",
            "",
        ]);
    });

    it("name modules that are not there", async () => {
        const missing = await script('import "maix:nothing";');
        expect(missing.stderr).toMatch(
            /there is no module "maix:nothing" \(there are: .*maix:audio/,
        );
        expect(missing.status).toBe(1);
    });
});

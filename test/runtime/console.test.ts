// SPDX-License-Identifier: MIT
// The console against Node's: the same calls print the same.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { executable, runScript, temporaryFolder } from "../support/run.ts";

/** Runs `code` here and in Node; standard output and error must be the same. */
async function agree(code: string): Promise<string> {
    const here = await runScript(code);
    const args = ["--no-warnings", "--input-type=module", "--eval", code];
    const node = spawnSync(process.execPath, args, {
        encoding: "utf8",
        env: { ...process.env, FORCE_COLOR: undefined },
    });
    expect(here.stdout).toBe(node.stdout);
    expect(here.stderr).toBe(node.stderr);
    expect(here.stdout + here.stderr).not.toBe("");
    return here.stdout;
}

describe("formats", () => {
    it("are filled in as in Node", async () => {
        await agree(`
            console.log("%s %s", "a", "b", "c", 4);
            console.log("%s|%s|%s|%s|%s", -0, 5n, Symbol("a"), null, undefined);
            console.log("%s %s", { a: { b: 1 } }, [1, [2, [3]]]);
            console.log("%s|%s", { toString() { return "mine"; } }, new Date(0));
            console.log("%d|%d|%d|%d|%d", "42.5", 5n, {}, Symbol("x"), "x");
            console.log("%i|%i|%f|%f|%i", "42.9", 7.9, "1.5x", "x", 3n);
            console.log("%j|%j", { a: 1 }, "text");
            const circle = {}; circle.self = circle; console.log("%j", circle);
            console.log("%O", { a: { b: { c: { d: 1 } } } });
            console.log("%o", [1, { a: 1 }]);
            console.log("%c styled", "color: red");
            console.log("100%", 5, "%% %s", "x");
            console.log("%% %x %s", "a"); console.log("%%"); console.log("%s"); console.log(5, "%s", "a");
            console.warn("%s to stderr", 1);
        `);
    });

    it("are no formats in a line of one argument, or behind another value", async () => {
        expect(await agree('console.log("%d %s"); console.log({}, "%s", 1);')).toBe(
            "%d %s\n{} %s 1\n",
        );
    });
});

describe("values", () => {
    it("are shown as in Node", async () => {
        await agree(`
            console.log(1, "a", null, undefined, true, 5n, Symbol("s"), -0);
            console.log([1, "a", [2, { b: 3 }]], new Map([["k", { v: 1 }]]), new Set(["x"]));
            console.log({ f() {}, g: class A {}, h: async () => {} }, new (class Point { x = 1; })());
            console.log(Array.from({ length: 30 }, (_, i) => i * 7));
            console.log({ alpha: "a long text that fills", beta: "another long text", gamma: [1, 2, 3], delta: { e: 1 } });
            const circle = { name: "c" }; circle.self = circle; console.log(circle);
            console.log(new URL("http://u:p@h:1/p?a=1#f").searchParams, new ArrayBuffer(2));
            console.log(new URL("http://u:p@h:1/p?a=1#f"));
            console.log(new AbortController().signal);
        `);
    });

    it("of many bytes are shortened", async () => {
        const ended = await runScript("console.log(new Uint8Array(48000))");
        expect(ended.stdout.length).toBeLessThan(250);
        expect(ended.stdout).toContain("Uint8Array(48000) [");
        expect(ended.stdout).toContain("... 47980 more items");
    });

    it("have colours on a terminal only, and never with NO_COLOR", () => {
        const folder = temporaryFolder();
        writeFileSync(join(folder, "c.mjs"), 'console.log({ a: 1 }, "x", 5);');
        const inTerminal = (noColor: string): string => {
            const code = "import pty, sys; pty.spawn(sys.argv[1:])";
            const env = { PATH: process.env.PATH, HOME: folder, NO_COLOR: noColor };
            const args = ["-c", code, executable, join(folder, "c.mjs")];
            return spawnSync("python3", args, { encoding: "utf8", env, input: "" }).stdout;
        };
        expect(inTerminal("")).toBe("{ a: \u001b[33m1\u001b[39m } x \u001b[33m5\u001b[39m\r\n");
        expect(inTerminal("1")).toBe("{ a: 1 } x 5\r\n");
        // As `maixjs run --device` sets it: the terminal is elsewhere.
        const inPipe = (env: Record<string, string>): string =>
            spawnSync(executable, [join(folder, "c.mjs")], { encoding: "utf8", env }).stdout;
        expect(inPipe({ FORCE_COLOR: "1" })).toContain("\u001b[33m5\u001b[39m");
        expect(inPipe({ FORCE_COLOR: "1", NO_COLOR: "1" })).toBe("{ a: 1 } x 5\n");
        expect(inPipe({ FORCE_COLOR: "0" })).toBe("{ a: 1 } x 5\n");
    });
});

describe("tables", () => {
    it("are Node's", async () => {
        await agree(`
            console.table([{ a: 1, b: "x" }, { a: 2, c: true }]);
            console.table([[1, 2], [3, [4]]]);
            console.table([1, "two", { three: 3 }]);
            console.table(new Map([["k", 1], [{ o: 1 }, [2]]]));
            console.table(new Set([1, "a"]));
            console.table([{ a: 1, b: 2 }, { a: 3, b: 4 }], ["b"]);
            console.table({ x: { v: 1 }, y: { v: { deep: 1 } } });
            console.table([]); console.table(5); console.table("text"); console.table([{ name: "日本" }]);
        `);
    });
});

describe("groups", () => {
    it("indent both streams, line by line", async () => {
        await agree(`
            console.group("one"); console.log("a\\nb"); console.error("e");
            console.groupCollapsed(); console.log({ a: 1 }); console.groupEnd(); console.info("back");
            console.groupEnd(); console.groupEnd(); console.log("out");
        `);
    });
});

describe("counters, assertions, dir", () => {
    it("are Node's", async () => {
        await agree(`
            console.count(); console.count("x"); console.count(); console.countReset(); console.count();
            console.assert(true, "no"); console.assert(false); console.assert(0, "say %s", 1);
            console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 }); console.dir({ a: { b: { c: { d: 1 } } } }, { depth: null });
            console.debug("d"); console.info("i");
        `);
    });

    it("say it when a label is not known", async () => {
        const ended = await runScript('console.countReset("x"); console.timeEnd("y");');
        expect(ended.stderr).toBe(
            "Warning: Count for 'x' does not exist\nWarning: No such label 'y' for console.time()\n",
        );
    });
});

describe("timers", () => {
    it("tell how long it took", async () => {
        const ended = await runScript(`
            console.time(); console.time("b"); console.timeLog("b", "so far", { a: 1 });
            console.timeEnd("b"); console.timeEnd(); console.time(); console.timeEnd();
        `);
        expect(ended.stderr).toBe("");
        expect(ended.stdout).toMatch(
            /^b: [\d.]+m?s so far \{ a: 1 \}\nb: [\d.]+m?s\ndefault: [\d.]+m?s\ndefault: [\d.]+m?s\n$/,
        );
    });
});

describe("trace", () => {
    it("says where, in TypeScript's lines", async () => {
        const ended = await runScript(
            'function f() { console.trace("at %s", 1, { a: 1 }); }\nf();\n',
        );
        expect(ended.stdout).toBe("");
        expect(ended.stderr).toMatch(
            /^Trace: at 1 \{ a: 1 \}\n {4}at f \(.*script\.mjs:1:.*\n.*script\.mjs:2/s,
        );
        expect((await runScript("console.trace();")).stderr).toMatch(/^Trace\n {4}at /);
    });
});

describe("whatever is printed", () => {
    it("does not make the console throw", async () => {
        const ended = await runScript(`
            const hostile = new Proxy({}, { ownKeys() { throw 1; }, getPrototypeOf() { throw 2; }, get() { throw 3; } });
            console.log(hostile); console.log("%s %o %j", hostile, hostile, 1); console.table(hostile); console.dir(hostile);
            console.table([hostile]); console.count("x"); console.group(hostile);
            console.log(Object.create(hostile)); console.log({ [Symbol.for("nodejs.util.inspect.custom")]() { throw 4; } });
            console.groupEnd(); console.log("end");
        `);
        expect(ended.stderr).toBe("");
        expect(ended.stdout.endsWith("end\n")).toBe(true);
        expect(ended.status).toBe(0);
    });
});

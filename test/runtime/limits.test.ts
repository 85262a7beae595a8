// SPDX-License-Identifier: MIT
// Limits of memory, stack and time: from the command line and from package.json, and that each of
// them holds. Nothing here measures time: a limit that does not hold lets the test run out of its.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { maixjs, runScript, temporaryFolder } from "../support/run.ts";

const grow = "const all = []; for (;;) all.push(new Array(1e5).fill(0));";

describe("the time limit ends", () => {
    // The engine asks for interrupts in none of the first six.
    it.each([
        ["one long native call", "new Array(3e8) + '';"],
        ["a sparse reverse()", "const a = []; a[4e9] = 1; a.reverse();"],
        [
            "indexOf over 200 MB",
            "const s = 'a'.repeat(2e8); for (;;) s.indexOf('a'.repeat(1e5) + 'b');",
        ],
        ["a catastrophic regular expression", "for (;;) /^(a+)+$/.test('a'.repeat(32) + 'b');"],
        ["a sort that compares nothing", "for (;;) new Float64Array(2e7).map(Math.random).sort();"],
        ["numbers without end", "let n = 3n; for (;;) n = n * n;"],
        ["endless microtasks", "const f = () => { Promise.resolve().then(f); }; f();"],
        ["a loop that catches everything", "for (;;) { try { for (;;); } catch {} }"],
        ["finally blocks", "const f = () => { try { for (;;); } finally { f(); } }; f();"],
        ["a sleeping script", "import { time } from 'maix'; time.sleep(1e6);"],
        ["an idle event loop", "setInterval(() => {}, 1e9);"],
    ])("%s", async (_, text) => {
        const ended = await runScript(text, { options: ["--timeout", "100"] });
        expect([ended.status, ended.stdout]).toEqual([124, ""]);
    });

    it("a recording, whose file is good", async () => {
        const cwd = temporaryFolder();
        const ended = await runScript(
            `import { audio } from "maix";
             const r = new audio.Recorder("take.wav", { device: "sim:ramp" });
             r.record(100);
             new Array(3e8) + "";`,
            { cwd, options: ["--timeout", "400"] },
        );
        expect(ended.status).toBe(124);
        const file = readFileSync(join(cwd, "take.wav"));
        expect(file.readUInt32LE(40)).toBe(file.length - 44);
        expect(file.readUInt32LE(4)).toBe(file.length - 8);
        expect(file.length - 44).toBeGreaterThanOrEqual(9600);
    });
});

describe("the memory limit", () => {
    const options = ["--memory-limit", "32M"];

    it.each([
        ["arrays", grow],
        ["objects", "const all = []; for (;;) all.push({ x: 1 });"],
        ["array buffers", "const all = []; for (;;) all.push(new ArrayBuffer(1e6));"],
        ["a string", "let s = 'x'; for (;;) s += s;"],
        ["a map", "const m = new Map(); for (let i = 0; ; i++) m.set(i, 'v' + i);"],
        ["closures", "let f = () => 0; for (;;) { const g = f; f = () => g; }"],
    ])("ends a script that fills it with %s, unless it catches that", async (_, text) => {
        const ended = await runScript(text, { options });
        expect([ended.status, ended.stdout]).toEqual([
            text.includes("s += s") ? expect.any(Number) : 125,
            "",
        ]);
        expect(ended.status).not.toBe(0);
        const caught = await runScript(
            `function fill() { ${text} } try { fill(); } catch (e) { console.log(e.name); }`,
            { options },
        );
        expect([caught.status, caught.stderr]).toEqual([0, ""]);
        expect(caught.stdout).toMatch(/^(InternalError|RangeError)\n$/);
    });

    it("counts the recorder's ring", async () => {
        const text = `
            import { audio } from "maix";
            const open = (bufferMs) => {
                try {
                    new audio.Recorder({ device: "sim:tone,pace=fast", bufferMs }).close();
                    return "fits";
                } catch (error) { return error.code; }
            };
            console.log(open(1000), open(600_000), open(1000));`;
        const ended = await runScript(text, { options });
        expect([ended.stdout, ended.stderr]).toEqual(["fits ENOMEM fits\n", ""]);
        const unlimited = await runScript(text, { options: ["--memory-limit", "none"] });
        expect(unlimited.stdout).toBe("fits fits fits\n");
    });

    it("counts the bytes that a recording returns", async () => {
        const ended = await runScript(
            `import { audio } from "maix";
             const r = new audio.Recorder({ device: "sim:tone,pace=fast" });
             try { r.record(600_000); } catch (error) { console.log(error.name); }
             console.log(r.record(100).length, r.stats().lostFrames);`,
            { options },
        );
        expect([ended.stdout, ended.stderr]).toEqual(["RangeError\n9600 0\n", ""]);
    });
});

describe("the stack limit", () => {
    const deep = [
        ["calls", "const f = (n) => f(n + 1) + 1; f(0);"],
        ["a getter", "const o = { get x() { return this.x; } }; o.x;"],
        ["a proxy", "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.x;"],
        ["toString", "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; String(a);"],
        ["JSON.stringify", "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a);"],
        ["JSON.parse", "JSON.parse('['.repeat(1e6));"],
        ["the parser", "new Function('('.repeat(1e6));"],
        ["a class chain", "let C = class {}; for (;;) { C = class extends C {}; new C(); }"],
        ["sort", "const f = () => [2, 1].sort(f); f();"],
        ["a regular expression", "new RegExp('('.repeat(1e5) + ')'.repeat(1e5)).test('a');"],
    ] as const;

    it.each([2048, 512])("under ulimit -s %d makes deep recursion an error", async (kib) => {
        for (const [what, text] of deep) {
            const ended = await runScript(
                `try { ${text} console.log("done"); } catch (e) { console.log(e.name); }`,
                { setup: `ulimit -s ${kib}` },
            );
            expect([what, ended.status, ended.signal]).toEqual([what, 0, null]);
            expect(ended.stdout).toMatch(/^(RangeError|InternalError|SyntaxError|done)\n$/);
        }
        const first = deep[0];
        const ended = await runScript(first[1], { setup: `ulimit -s ${kib}` });
        expect(ended.status).toBe(1);
        expect(ended.stderr).toMatch(/call stack|stack overflow/i);
    });

    it("decides how deep it goes", async () => {
        const depth = `let depth = 0; const f = () => { depth += 1; f(); };
                       try { f(); } catch {} console.log(depth);`;
        const small = await runScript(depth, { options: ["--stack-size", "128K"] });
        const large = await runScript(depth, { options: ["--stack-size", "2M"] });
        expect(Number(large.stdout)).toBeGreaterThan(8 * Number(small.stdout));
    });

    it("cannot be more than the system's", async () => {
        const ended = await runScript("console.log('ran');", {
            options: ["--stack-size", "4M"],
            setup: "ulimit -s 2048",
        });
        expect([ended.status, ended.stdout]).toEqual([2, ""]);
        expect(ended.stderr).toMatch(/^maixjs: .*at most 1048576 bytes .*ulimit -s\)\n$/);
    });
});

describe("limits in package.json", () => {
    async function inProject(config: unknown, text: string, options: readonly string[] = []) {
        const cwd = temporaryFolder();
        const content = typeof config === "string" ? config : JSON.stringify({ maixjs: config });
        writeFileSync(join(cwd, "package.json"), content);
        writeFileSync(join(cwd, "script.mjs"), text);
        return maixjs([...options, "script.mjs"], { cwd });
    }

    it("hold", async () => {
        expect((await inProject({ timeoutMs: 100 }, "for (;;);")).status).toBe(124);
        expect((await inProject({ memoryLimit: "16M" }, grow)).status).toBe(125);
        expect((await inProject({ memoryLimit: 16 << 20 }, grow)).status).toBe(125);
        const depth = `let depth = 0; const f = () => { depth += 1; f(); };
                       try { f(); } catch {} console.log(depth > 500);`;
        expect((await inProject({ stackSize: "64K" }, depth)).stdout).toBe("false\n");
        expect((await inProject({}, depth)).stdout).toBe("true\n");
    });

    it("are those of the nearest one, also for -e", async () => {
        const cwd = temporaryFolder();
        writeFileSync(join(cwd, "package.json"), '{ "maixjs": { "timeoutMs": 100 } }');
        expect((await maixjs(["-e", "for (;;);"], { cwd })).status).toBe(124);
    });

    it("give way to the command line", async () => {
        const text = "const a = new Uint8Array(24 << 20); console.log(a.length >> 20);";
        const options = ["--memory-limit", "64M"];
        expect((await inProject({ memoryLimit: "16M" }, text, options)).stdout).toBe("24\n");
        expect((await inProject({ memoryLimit: "16M" }, text)).stdout).toBe("");
    });

    it.each([
        ["an unknown key", { timeout: 5 }, /package\.json: maixjs\.timeout: unknown \(there are: /],
        ["no size", { memoryLimit: "big" }, /maixjs\.memoryLimit big: give a size/],
        ["a size too small", { stackSize: "1K" }, /maixjs\.stackSize 1K: at least 65536 bytes/],
        ["a size of another type", { stackSize: true }, /maixjs\.stackSize: give a size/],
        ["no time", { timeoutMs: "5s" }, /maixjs\.timeoutMs: give whole milliseconds/],
        ["a negative time", { timeoutMs: -1 }, /maixjs\.timeoutMs: give whole milliseconds/],
        ["no object", 5, /package\.json: maixjs is not an object/],
        ["no JSON", '{ "maixjs": ', /package\.json is not valid JSON/],
    ])("are refused in one line: %s", async (_, config, message) => {
        const ended = await inProject(config, "console.log('ran');");
        expect([ended.status, ended.stdout]).toEqual([2, ""]);
        expect(ended.stderr).toMatch(message);
        expect(ended.stderr.split("\n")).toHaveLength(2);
    });

    it("may be absent", async () => {
        const config = '{ "name": "x", "dependencies": { "maixjs": "*" } }';
        const ended = await inProject(config, "console.log('ran');");
        expect([ended.stdout, ended.stderr]).toEqual(["ran\n", ""]);
    });
});

// SPDX-License-Identifier: MIT
// The channel between PC and board, as runtime/control.h describes it. Nothing here measures time:
// what came out tells which way a run took.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { describe, expect, it } from "vitest";

import { maixjs, temporaryFolder } from "../support/run.ts";
import {
    eventually,
    finished,
    isRunning,
    printedPid,
    runBundle,
    sha256,
    start,
    waiting,
} from "./control_client.ts";

describe("a run", () => {
    it("passes on both streams, the arguments, the name, the environment, the status", async () => {
        const folder = temporaryFolder();
        const ended = await runBundle(
            `console.log(JSON.stringify([process.argv.slice(1), process.env.A, process.env.B, process.cwd()]));
             console.error("to stderr"); process.exitCode = 7;`,
            {
                folder,
                args: [
                    ...["--name", "my café.ts", "--env", "A=1=2 3", "--env", "B="],
                    ...["--", "one", "--control", "--", "two words"],
                ],
            },
        );
        const work = join(folder, "home/maixjs");
        expect(JSON.parse(String(ended.stdout))).toEqual([
            ["my café.ts", "one", "--control", "--", "two words"],
            "1=2 3",
            "",
            work,
        ]);
        expect(String(ended.stderr)).toBe("to stderr\n");
        expect([ended.status, ended.exit, ended.plain]).toEqual([7, 7, ""]);
        expect(ended.notices).toEqual([`working folder: ${work}`]);
    });

    it("keeps its working folder, which --cwd changes", async () => {
        const folder = temporaryFolder();
        const write = `import * as std from "qjs:std";
            const file = std.open("took.txt", "a"); file.puts("x"); file.close();`;
        await runBundle(write, { folder });
        await runBundle(write, { folder });
        expect(readFileSync(join(folder, "home/maixjs/took.txt"), "utf8")).toBe("xx");
        const other = join(folder, "a 'b' \"c\" $d");
        expect(
            (await maixjs(["-e", `import { fs } from "maix"; fs.mkdir(${JSON.stringify(other)})`]))
                .status,
        ).toBe(0);
        const ended = await runBundle(write, { folder, args: ["--cwd", "a 'b' \"c\" $d"] });
        expect(ended.notices).toEqual([`working folder: ${other}`]);
        expect(readFileSync(join(other, "took.txt"), "utf8")).toBe("x");
    });

    it("is refused where its working folder is missing", async () => {
        const ended = await runBundle("console.log(1)", { args: ["--cwd", "not\nthere"] });
        expect([ended.status, ended.exit, String(ended.stdout)]).toEqual([2, 2, ""]);
        expect(ended.notices).toEqual([
            "cannot use the working folder not?there: No such file or directory",
        ]);
    });

    it.each([
        ["", "console.log(1)", 0],
        ["", "throw new Error('x')", 1],
        ["", "await new Promise(() => {})", 1],
        ["", "process.exit(200)", 200],
        ["", "new (await import('maix:audio')).Recorder({ device: 'hw:97,0' }).record(1)", 3],
        ["--timeout=50", "for (;;);", 124],
        ["--memory-limit=32M", "const all = []; for (;;) all.push(new Array(1e5).fill(0));", 125],
    ])("%s %s ends with its own status", async (option, code, status) => {
        const ended = await runBundle(code, { options: option === "" ? [] : [option] });
        expect([ended.status, ended.exit]).toEqual([status, status]);
    });

    it.each([
        ["SIGKILL", 137, "the script was ended by signal 9 (has the memory run out?)"],
        ["SIGUSR1", 138, "the script was ended by signal 10"],
    ])("that was ended by %s says so", async (_, status, notice) => {
        const ended = await runBundle(
            `import * as os from "qjs:os"; console.log("up"); os.kill(process.pid, ${status - 128});`,
        );
        expect([ended.status, ended.exit, String(ended.stdout)]).toEqual([status, status, "up\n"]);
        expect(ended.notices[1]).toBe(notice);
    });

    it("takes a microphone from the options before it", async () => {
        const ended = await runBundle(
            `import { audio } from "maix"; const r = new audio.Recorder({ device: undefined });
             console.log(r.record(100).length);`,
            { options: ["--mic", "sim:ramp,pace=fast"] },
        );
        expect([String(ended.stderr), String(ended.stdout), ended.status]).toEqual([
            "",
            "9600\n",
            0,
        ]);
    });

    it("shows errors at TypeScript positions", async () => {
        const folder = temporaryFolder();
        writeFileSync(
            join(folder, "lib.ts"),
            `export const fail = (): never => {\n    throw new TypeError("no");\n};\n`,
        );
        writeFileSync(
            join(folder, "main.ts"),
            `import { fail } from "./lib.ts";\n\nfunction inner(): void {\n  fail();\n}\ninner();\n`,
        );
        const built = buildSync({
            absWorkingDir: folder,
            entryPoints: ["main.ts"],
            bundle: true,
            format: "esm",
            sourcemap: "inline",
            write: false,
        });
        const bundle = built.outputFiles[0]?.contents ?? new Uint8Array();
        // On the board a file of that name is another one: no line of it must be shown.
        mkdirSync(join(folder, "home/maixjs"), { recursive: true });
        writeFileSync(join(folder, "home/maixjs/lib.ts"), `old();\n${"old(); ".repeat(9)}\n`);
        const ended = await runBundle(bundle, { folder });
        expect(String(ended.stderr)).not.toContain("old");
        expect(ended.status).toBe(1);
        expect(String(ended.stderr)).toMatch(
            /^TypeError: no\n {4}at fail \(lib\.ts:2:\d+\)\n {4}at inner \(main\.ts:4:\d+\)\n {4}at main\.ts:6:\d+\n/m,
        );
    });

    it("runs bytecode", async () => {
        const folder = temporaryFolder();
        writeFileSync(join(folder, "a.js"), "console.log('from bytecode', process.argv[1]);");
        expect((await maixjs(["build", "a.js", "-o", "a.jsc"], { cwd: folder })).status).toBe(0);
        const ended = await runBundle(readFileSync(join(folder, "a.jsc")), { folder });
        expect([ended.status, String(ended.stdout)]).toEqual([0, "from bytecode -\n"]);
    });

    it("is as large as its megabytes: 4 MiB of each stream, bit for bit, apart", async () => {
        const ended = await runBundle(`
            import * as std from "qjs:std";
            const bytes = new Uint8Array(4 << 20);
            for (let i = 0, x = 1; i < bytes.length; i++) { x = (x * 69069 + 1) | 0; bytes[i] = x >>> 24; }
            for (let at = 0; at < bytes.length; at += 65536) {
                std.out.write(bytes.buffer, at, 65536);
                std.err.write(bytes.buffer, bytes.length - 65536 - at, 65536);
            }`);
        const bytes = new Uint8Array(4 << 20);
        for (let i = 0, x = 1; i < bytes.length; i++) {
            x = (Math.imul(x, 69069) + 1) | 0;
            bytes[i] = x >>> 24;
        }
        const blocks = Array.from({ length: 64 }, (_, i) => bytes.subarray(i << 16, (i + 1) << 16));
        expect(sha256(ended.stdout)).toBe(sha256(bytes));
        expect(sha256(ended.stderr)).toBe(sha256(Buffer.concat(blocks.reverse())));
        expect(ended.status).toBe(0);
    });

    it("needs no more memory the longer it is", async () => {
        const control = start(
            waiting(
                `const block = new Uint8Array(1 << 20);
                 const print = (mebibytes) => {
                     for (let i = 0; i < mebibytes; i++) std.out.write(block.buffer, 0, block.length);
                     std.out.flush();
                 };
                 print(2);
                 console.log("begun");
                 std.in.getline();
                 print(64);`,
            ),
        );
        const peakKib = (): number => {
            const status = readFileSync(`/proc/${control.child.pid}/status`, "utf8");
            return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
        };
        await control.untilPrinted("begun");
        const before = peakKib();
        control.send("i", "\n");
        await control.untilPrinted("up");
        expect(peakKib() - before).toBeLessThan(8 << 10); // of 64 MiB
        control.send("s");
        expect((await control.ended()).status).toBe(0);
    });

    it("loses nothing of its last output, also where a program holds its streams open", async () => {
        const folder = temporaryFolder();
        const control = start(
            `import { fs, time } from "maix";
             import * as os from "qjs:os";
             import * as std from "qjs:std";
             console.log("up", process.pid, os.exec(["sleep", "1000"], { block: false }));
             while (!fs.exists("go")) time.sleepMs(5);
             std.out.puts("x".repeat(60_000)); std.out.flush();
             std.err.puts("y".repeat(60_000));`,
            { folder },
        );
        await control.untilPrinted("up");
        const pid = printedPid(control);
        // Everything is in the pipes, and the end has come, before the supervisor looks.
        control.child.kill("SIGSTOP");
        writeFileSync(join(folder, "home/maixjs/go"), "");
        await eventually(() => !isRunning(pid));
        control.child.kill("SIGCONT");
        const ended = await control.ended();
        process.kill(Number(/up \d+ (\d+)/.exec(String(ended.stdout))?.[1]));
        expect(String(ended.stdout).replace(/^up .*\n/, "")).toBe("x".repeat(60_000));
        expect(String(ended.stderr)).toBe("y".repeat(60_000));
        expect(ended.status).toBe(0);
    });

    it("does not wait for what it has started", async () => {
        const control = start(`
            import * as os from "qjs:os";
            console.log("up", os.exec(["sleep", "1000"], { block: false }));`);
        const ended = await control.ended();
        const pid = printedPid(control);
        expect(isRunning(pid)).toBe(true);
        process.kill(pid);
        expect([ended.status, String(ended.stdout)]).toEqual([0, `up ${pid}\n`]);
    });
});

describe("a command line that is wrong", () => {
    it.each([
        [["-", "--control"]],
        [["-", "--control", "0"]],
        [["-", "--control", "12x"]],
        [["-", "--control", "-1"]],
        [["-", "--control", "67108865"]],
        [["-", "--control", "99999999999999999999"]],
        [["-", "--control", "1", "--control", "1"]],
        [["-", "--control", "1", "--cwd"]],
        [["-", "--control", "1", "--cwd", ""]],
        [["-", "--control", "1", "--name", ""]],
        [["-", "--control", "1", "--name", "a\nb"]],
        [["-", "--control", "1", "--name", "a\u001b[2J"]],
        [["-", "--control", "1", "--name", "a\u009b2J"]],
        [["-", "--control", "1", "--name", "x".repeat(256)]],
        [["-", "--control", "1", "--env", "A"]],
        [["-", "--control", "1", "--env", "=x"]],
        [["-", "--control", "1", "--env", "1A=x"]],
        [["-", "--control", "1", "--unknown", "x"]],
        [["-", "--control", "1", "script.js"]],
        [["--app", "rec", "-", "--control", "1"]],
    ])("%j is told in one line", async (args) => {
        const ended = await maixjs(args, { input: "1" });
        expect([ended.status, ended.stdout]).toEqual([2, ""]);
        expect(ended.stderr).toMatch(/^maixjs: .*see maixjs --help\)\n$/);
    });

    it("is not one where --control is the script's own", async () => {
        const input = "console.log(JSON.stringify(process.argv.slice(1)))";
        const first = await maixjs(["-", "x", "--control", "1"], { input });
        expect(JSON.parse(first.stdout)).toEqual(["-", "x", "--control", "1"]);
        const second = await maixjs(["-", "--", "--control"], { input });
        expect(JSON.parse(second.stdout)).toEqual(["-", "--", "--control"]);
    });
});

describe("the bundle", () => {
    const touch = `import * as std from "qjs:std"; std.open("ran", "w").close();`;

    it("may come in pieces", async () => {
        const control = start(touch.slice(0, 10), { bytes: touch.length });
        control.raw(touch.slice(10, 11));
        control.raw(touch.slice(11));
        control.send("k");
        expect((await control.ended()).status).toBe(0);
    });

    it("that ends early is not run", async () => {
        const folder = temporaryFolder();
        const control = start(touch, { folder, bytes: touch.length + 1 });
        control.child.stdin.end();
        const ended = await control.ended();
        expect([ended.status, ended.exit, ended.notices]).toEqual([
            1,
            1,
            ["the connection has ended in the middle of the bundle: nothing is run"],
        ]);
        expect(existsSync(join(folder, "home"))).toBe(true);
        expect(existsSync(join(folder, "home/maixjs"))).toBe(false);
    });
});

describe("the script's standard input", () => {
    const echo = `
        import * as std from "qjs:std";
        const block = new Uint8Array(10_000);
        for (let n; (n = std.in.read(block.buffer, 0, block.length)) > 0; ) std.out.write(block.buffer, 0, n);
        std.err.puts("end\\n");`;

    it("arrives bit for bit, and ends", async () => {
        const data = randomBytes(1_500_000);
        const control = start(echo);
        await control.input(data);
        control.send("e");
        control.send("e");
        const ended = await control.ended();
        expect(sha256(ended.stdout)).toBe(sha256(data));
        expect([ended.status, String(ended.stderr)]).toEqual([0, "end\n"]);
    });

    it("may be empty", async () => {
        const control = start(echo);
        control.send("i");
        control.send("e");
        const ended = await control.ended();
        expect([ended.status, ended.stdout.length, String(ended.stderr)]).toEqual([0, 0, "end\n"]);
    });

    it("waits for a script that does not read yet", async () => {
        const folder = temporaryFolder();
        const data = randomBytes(1_000_000);
        const control = start(
            `import { fs, time } from "maix";
             while (!fs.exists("go")) time.sleepMs(5);
             ${echo}`,
            { folder },
        );
        const sent = control.input(data);
        await eventually(() => control.credit === 0 && control.notices.length > 0);
        writeFileSync(join(folder, "home/maixjs/go"), "");
        await sent;
        control.send("e");
        expect(sha256((await control.ended()).stdout)).toBe(sha256(data));
    });

    it("that a script has closed is taken and dropped", async () => {
        const control = start(waiting("os.close(0);"));
        await control.untilPrinted("up");
        await control.input(randomBytes(1_000_000));
        control.send("s");
        expect((await control.ended()).status).toBe(0);
    });

    it("ends where the connection does", async () => {
        const control = start(`
            import * as std from "qjs:std";
            console.log("up");
            let text = "";
            for (let byte; ; ) {
                // The signal interrupts a read.
                while ((byte = std.in.getByte()) < 0 && !std.in.eof()) std.in.clearerr();
                if (byte < 0) break;
                text += String.fromCharCode(byte);
            }
            console.log("end", text);`);
        await control.untilPrinted("up");
        await control.input(Buffer.from("abc"));
        control.child.stdin.end();
        const ended = await control.ended();
        expect([ended.status, String(ended.stdout)]).toEqual([0, "up\nend abc\n"]);
    });
});

describe("a protocol error", () => {
    const head = (type: string, bytes: number): Buffer =>
        Buffer.from([type.charCodeAt(0), bytes >>> 24, bytes >>> 16, bytes >>> 8, bytes]);

    it.each([
        ["an unknown type", [Buffer.from("hello, world")], "there is no frame of this type"],
        ["a payload where none is", [head("s", 1)], "a frame without payload has some"],
        ["a frame that is too long", [head("i", 65537)], "a frame is too long"],
        [
            "more input than there is credit",
            [head("i", 65536), Buffer.alloc(65536), head("i", 65536)],
            "there is more input than was asked for",
        ],
        [
            "input behind its end",
            [head("e", 0), head("i", 1)],
            "there is input behind the end of the input",
        ],
    ])("%s stops the script and is told", async (_, pieces, text) => {
        const control = start(waiting());
        await control.untilPrinted("up");
        // At once: the script reads nothing, so at most a pipe of it is taken.
        control.raw(Buffer.concat(pieces));
        control.raw(Buffer.concat(pieces));
        const ended = await control.ended();
        expect([ended.status, ended.exit]).toEqual([0, 0]);
        expect(ended.notices.slice(1)).toEqual([
            `protocol error: ${text}`,
            "the channel is broken: the script is asked to stop",
        ]);
        expect(String(ended.stdout)).toMatch(finished);
    });
});

describe("what stays on the board", () => {
    it("is a private folder with the log, nothing else", async () => {
        const folder = temporaryFolder();
        await runBundle("console.log('out'); console.error('err')", { folder });
        const state = join(folder, "home/.local/state/maixjs");
        expect(statSync(state).mode & 0o777).toBe(0o700);
        expect(readdirSync(state)).toEqual(["last.log"]);
        expect(readdirSync(join(folder, "home")).sort()).toEqual([".local", "maixjs"]);
        const log = readFileSync(join(state, "last.log"), "utf8").split("\n");
        const head = `maixjs: working folder: ${join(folder, "home/maixjs")}`;
        expect(log.sort()).toEqual(["", "err", head, "out"]);
        expect(statSync(join(state, "last.log")).mode & 0o777).toBe(0o600);
    });
});

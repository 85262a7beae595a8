// SPDX-License-Identifier: MIT
// `maixjs dev` on a board behind a real sshd; and `run` and `dev` at a real terminal.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { makeFolder } from "../../support/cli.ts";
import { Live } from "../../support/live.ts";
import { projectRoot, writeFiles } from "../../support/process.ts";
import { readAlike } from "../../support/readers.ts";
import { appears, manyLines, recording } from "../../support/session.ts";
import { type Board, boardsCanRun, startBoard } from "../../support/sshd.ts";

interface TerminalOutcome {
    readonly failure: string | null;
    readonly status: number | null;
    readonly signal: string | null;
    readonly text: string;
}

/** `maixjs <args>` on a pseudo-terminal; steps as test/support/terminal.py has them. */
async function atTerminal(
    args: readonly string[],
    cwd: string,
    env: NodeJS.ProcessEnv,
    steps: readonly (readonly [string, string])[],
): Promise<TerminalOutcome> {
    const child = spawn("python3", [join(projectRoot, "test/support/terminal.py")], {
        stdio: ["pipe", "pipe", "inherit"],
    });
    const command = [process.execPath, join(projectRoot, "ts/cli/maixjs.js"), ...args];
    const { PATH } = process.env;
    const beside = dirname(cwd);
    const own = { PATH, HOME: join(beside, "home"), TMPDIR: beside, TERM: "xterm", ...env };
    child.stdin.end(JSON.stringify({ cwd, command, env: own, steps: [...steps, ["end", ""]] }));
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
        text += part;
    });
    await once(child, "close");
    return JSON.parse(text) as TerminalOutcome;
}

/** Gives a command a terminal, which it reads only as far as it is read itself. */
const terminalProgram = ["sh", "-c", `exec script -qec "$(printf "'%s' " "$@")" /dev/null`, "sh"];

const CTRL_C = "\u0003";

const script = (name: string): string =>
    `import { app, time } from "maix"; {
        console.log("begin ${name}", { a: 1 });
        while (!app.needExit()) time.sleepMs(10);
        console.log("end ${name}");
    }\n`;

describe.skipIf(!boardsCanRun)("a board", () => {
    let board: Board;
    let env: NodeJS.ProcessEnv;
    beforeAll(async () => {
        board = await startBoard({ executable: true });
        env = { MAIXJS_SSH_CONFIG: board.sshConfig };
    });
    afterAll(() => board.stop());

    it("gets each good version, in one connection; the old one finishes its recording", async () => {
        const cwd = makeFolder({ "main.ts": recording("one") });
        const before = board.connections();
        const live = new Live(["dev", "main.ts", "--device", "board", "--mic", "sim:tone"], {
            cwd,
            env,
        });
        await live.sees("recording one");
        writeFiles(cwd, { "main.ts": "const x = ;\n" });
        await live.says("not built; what was good runs on");
        writeFiles(cwd, { "main.ts": recording("two") });
        await live.sees("recording two");
        live.kill();
        expect(await live.ended).toEqual({ status: 0, signal: null });
        expect(live.stdout).toMatch(/finished one\n[\s\S]*finished two\n$/);
        for (const name of ["one", "two"]) {
            const frames = Number(await appears(board, `root/maixjs/${name}.done`));
            expect(readAlike(join(board.root, `root/maixjs/${name}.wav`)).frames).toBe(frames);
        }
        expect(live.stderr.match(/working folder/g)).toHaveLength(1);
        expect(board.connections() - before).toBe(1);
    });

    it("that was lost is connected to anew for the next change", async () => {
        const cwd = makeFolder({ "main.ts": script("1") });
        const live = new Live(["dev", "main.ts", "--device", "board"], { cwd, env });
        await live.sees("begin 1");
        board.cut();
        await live.says("the connection to board was lost");
        writeFiles(cwd, { "main.ts": script("2") });
        await live.sees("begin 2");
        live.kill();
        expect(await live.ended).toEqual({ status: 0, signal: null });
        expect(live.stdout).toContain("end 2\n");
    });

    it("without maixjs ends dev, with the remedy", async () => {
        const cwd = makeFolder({
            "main.ts": script("1"),
            "maixjs.config.ts": 'export default { device: "board", executable: "/gone/maixjs" };',
        });
        const live = new Live(["dev", "main.ts"], { cwd, env });
        expect((await live.ended).status).toBe(1);
        expect(live.stderr).toContain("there is no maixjs on board (/gone/maixjs)\n");
        expect(live.stderr.match(/no maixjs/g)).toHaveLength(1);
    });

    describe("at a terminal", () => {
        const device = ["--device", "board"];

        it("has colours, and Ctrl-C asks the script there", async () => {
            const cwd = makeFolder({ "main.ts": script("1") });
            const { failure, status, text } = await atTerminal(
                ["run", "main.ts", ...device],
                cwd,
                env,
                [
                    ["expect", "begin 1"],
                    ["send", CTRL_C],
                    ["expect", "maixjs: stopping (once more: at once)"],
                    ["expect", "end 1"],
                ],
            );
            expect({ failure, status }).toEqual({ failure: null, status: 0 });
            expect(text).toContain("\u001b[33m1\u001b[39m");
        });

        it("takes lines, and Ctrl-D as their end", async () => {
            const cwd = makeFolder({
                "main.ts": `import * as std from "qjs:std";
                    console.log("ready");
                    for (let l; (l = std.in.getline()) !== null; ) console.log("got", l);
                    console.log("over");`,
            });
            const { failure, status } = await atTerminal(["run", "main.ts", ...device], cwd, env, [
                ["expect", "ready"],
                ["send", "a line\n"],
                ["expect", "got a line"],
                ["send", "\u0004"],
                ["expect", "over"],
            ]);
            expect({ failure, status }).toEqual({ failure: null, status: 0 });
        });

        it("may be halted, as with Ctrl-S, and is not taken for lost", async () => {
            const count = 50_000;
            const text = manyLines(count);
            const cwd = makeFolder({ "main.ts": text });
            // It reads the terminal only as far as it is read itself.
            const live = new Live(["run", "main.ts", ...device], {
                cwd,
                env,
                prefix: terminalProgram,
            });
            await live.sees("working folder");
            live.child.stdout.pause();
            // The board takes 6 s without a word from here for a broken connection.
            await new Promise((resolve) => setTimeout(resolve, 10_000));
            live.child.stdout.resume();
            expect(await live.ended).toEqual({ status: 0, signal: null });
            expect(live.stdout.split("\n")).toHaveLength(count + 2);
            expect(live.stdout.endsWith(`x     ${count}\r\n`)).toBe(true);
        });

        it("that goes away stops the script, which finishes its recording", async () => {
            const cwd = makeFolder({ "main.ts": recording("hangup") });
            const args = ["run", "main.ts", ...device, "--mic", "sim:tone"];
            const live = new Live(args, { cwd, env, prefix: terminalProgram });
            await live.sees("recording hangup");
            live.kill("SIGKILL");
            const frames = Number(await appears(board, "root/maixjs/hangup.done"));
            expect(readAlike(join(board.root, "root/maixjs/hangup.wav")).frames).toBe(frames);
        });

        it("has dev stop the script, then itself", async () => {
            const cwd = makeFolder({ "main.ts": script("1") });
            const { failure, status } = await atTerminal(["dev", "main.ts", ...device], cwd, env, [
                ["expect", "begin 1"],
                ["send", CTRL_C],
                ["expect", "end 1"],
            ]);
            expect({ failure, status }).toEqual({ failure: null, status: 0 });
        });
    });
});

describe("this PC at a terminal", () => {
    it("is the same to dev: colours, Ctrl-C for the script first", async () => {
        const cwd = makeFolder({ "main.ts": script("1") });
        const { failure, status, text } = await atTerminal(["dev", "main.ts"], cwd, {}, [
            ["expect", "begin 1"],
            ["send", CTRL_C],
            ["expect", "stopping"],
            ["expect", "end 1"],
        ]);
        expect({ failure, status }).toEqual({ failure: null, status: 0 });
        expect(text).toContain("\u001b[33m1\u001b[39m");
    });

    it("has no colours where they are not wanted", async () => {
        const cwd = makeFolder({ "main.ts": script("1") });
        const { text } = await atTerminal(["dev", "main.ts"], cwd, { NO_COLOR: "1" }, [
            ["expect", "begin 1"],
            ["send", CTRL_C],
            ["expect", "end 1"],
        ]);
        expect(text).not.toContain("\u001b[");
    });
});

// SPDX-License-Identifier: MIT
// `maixjs stop`, `maixjs logs` and `--app`: what was started is found, and nothing else.

import { type ChildProcess, spawn } from "node:child_process";
import {
    existsSync,
    readdirSync,
    readFileSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";

import { executable, maixjs, type RunOptions, temporaryFolder } from "../support/run.ts";
import { boardEnvironment, eventually, isRunning, start, waiting } from "./control_client.ts";

interface Program {
    readonly child: ChildProcess;
    readonly output: { stdout: string; stderr: string };
    readonly ended: Promise<number | null>;
}

const programs: Program[] = [];
afterEach(() => {
    for (const { child } of programs.splice(0)) child.kill("SIGKILL"); // of a test that failed
});

/** Starts `maixjs <args>` with the home of `folder`, and lets it run. */
function launch(folder: string, args: readonly string[], command = executable): Program {
    const child = spawn(command, args, { cwd: folder, env: boardEnvironment(folder) });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        output.stderr += text;
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const program = { child, output, ended };
    programs.push(program);
    return program;
}

function writeScript(folder: string, code: string): string {
    const path = join(folder, "main.js");
    writeFileSync(path, code);
    return path;
}

function app(folder: string, code: string, id = "hello"): Program {
    return launch(folder, ["--app", id, writeScript(folder, code)]);
}

function maixjsIn(folder: string, args: readonly string[], options: RunOptions = {}) {
    const home = join(folder, "home");
    return maixjs(args, { cwd: folder, ...options, env: { HOME: home, ...options.env } });
}

function state(folder: string): string {
    return join(folder, "home/.local/state/maixjs");
}

function pidOf(program: Program): number {
    return Number(/up (\d+)/.exec(program.output.stdout)?.[1]);
}

describe("maixjs stop", () => {
    it("says that nothing runs", async () => {
        const folder = temporaryFolder();
        const ended = await maixjsIn(folder, ["stop"]);
        expect(ended).toMatchObject({ status: 0, stdout: "nothing is running\n", stderr: "" });
        expect(statSync(state(folder)).mode & 0o777).toBe(0o700);
    });

    it("stops everything that was started, and nothing else", async () => {
        const folder = temporaryFolder();
        const control = start(waiting(), { folder, args: ["--name", "from pc.ts"] });
        const launched = app(folder, waiting());
        const own = launch(folder, [writeScript(folder, waiting())]);
        const other = launch(temporaryFolder(), ["--app", "hello", join(folder, "main.js")]);
        await control.untilPrinted("up");
        const all = [launched, own, other];
        await eventually(() => all.every(({ output }) => output.stdout.includes("up")));
        expect(readdirSync(state(folder)).filter((name) => name.startsWith("run-"))).toHaveLength(
            2,
        );

        const ended = await maixjsIn(folder, ["stop"]);
        expect([ended.status, ended.stderr]).toEqual([0, ""]);
        expect(ended.stdout.trim().split("\n").sort()).toEqual([
            expect.stringMatching(/^stopped from pc\.ts \(process \d+\)$/),
            `stopped hello (process ${pidOf(launched)})`,
        ]);
        expect(isRunning(pidOf(launched))).toBe(false);
        expect(isRunning(pidOf(own))).toBe(true);
        expect(isRunning(pidOf(other))).toBe(true);
        expect((await control.ended()).status).toBe(0);
        expect(await launched.ended).toBe(0);
        expect(launched.output.stdout).toMatch(/^up \d+\nfinish!\n$/);
        own.child.kill();
        other.child.kill();
        expect([await own.ended, await other.ended]).toEqual([0, 0]);
        expect(readdirSync(state(folder)).filter((name) => name.startsWith("run-"))).toEqual([]);
        expect((await maixjsIn(folder, ["stop"])).stdout).toBe("nothing is running\n");
    });

    it("does not believe a record of a process that is another one by now", async () => {
        const folder = temporaryFolder();
        const first = app(folder, waiting());
        await eventually(() => first.output.stdout.includes("up"));
        const bystander = launch(folder, ["-c", "echo up $$; exec sleep 1000"], "sh");
        await eventually(() => bystander.output.stdout.includes("up"));
        const record = readFileSync(join(state(folder), `run-${pidOf(first)}`));
        const forged = join(state(folder), `run-${pidOf(bystander)}`);
        // As after a crash: the number was given to somebody else.
        writeFileSync(forged, record);
        const ended = await maixjsIn(folder, ["stop"]);
        expect(ended.stdout).toBe(`stopped hello (process ${pidOf(first)})\n`);
        expect(isRunning(pidOf(bystander))).toBe(true);
        expect(existsSync(forged)).toBe(false);
        bystander.child.kill();
        await bystander.ended;
    });

    it("forgets what was killed", async () => {
        const folder = temporaryFolder();
        const killed = app(folder, waiting());
        await eventually(() => killed.output.stdout.includes("up"));
        const pid = pidOf(killed);
        killed.child.kill("SIGKILL"); // nobody is left to remove the record
        await killed.ended;
        await eventually(() => !isRunning(pid));
        expect(existsSync(join(state(folder), `run-${pid}`))).toBe(true);
        const next = app(folder, "console.log(1)"); // any run tidies up
        expect(await next.ended).toBe(0);
        expect(existsSync(join(state(folder), `run-${pid}`))).toBe(false);
        expect((await maixjsIn(folder, ["stop"])).stdout).toBe("nothing is running\n");
    });

    it("also ends a script that takes the request back", async () => {
        const folder = temporaryFolder();
        const stubborn = app(
            folder,
            `import { app } from "maix";
             console.log("up", process.pid);
             while (!app.needExit());
             app.setExitFlag(false);
             for (;;);`,
        );
        await eventually(() => stubborn.output.stdout.includes("up"));
        const ended = await maixjsIn(folder, ["stop"]);
        expect(ended.stdout).toBe(`stopped hello (process ${pidOf(stubborn)})\n`);
        expect(await stubborn.ended).toBe(143);
    });

    it.each([
        ["stop", "x"],
        ["logs", "x"],
        ["logs", "-f", "x"],
    ])("takes no %s %s", async (...args) => {
        const ended = await maixjs(args);
        expect([ended.status, ended.stdout]).toEqual([2, ""]);
        expect(ended.stderr).toMatch(/^maixjs: usage: maixjs (stop|logs)/);
    });
});

describe("maixjs logs", () => {
    it("says that there is none", async () => {
        const ended = await maixjsIn(temporaryFolder(), ["logs"]);
        expect(ended).toMatchObject({ status: 0, stdout: "" });
        expect(ended.stderr).toMatch(/^maixjs: there is no log: .*\n$/);
    });

    it("shows what the last run printed, both streams", async () => {
        const folder = temporaryFolder();
        await app(folder, "console.log('first')").ended;
        await app(folder, "console.log('second'); console.error('error')").ended;
        const ended = await maixjsIn(folder, ["logs"]);
        expect(ended.stdout.split("\n").sort()).toEqual(["", "error", "second"]);
        const followed = await maixjsIn(folder, ["logs", "-f"]); // it has ended
        expect(followed.stdout).toBe(ended.stdout);
    });

    it("keeps the newest megabyte", async () => {
        const folder = temporaryFolder();
        await app(
            folder,
            `import * as std from "qjs:std";
             for (let i = 0; i < 100_000; i++) std.out.puts(String(i).padStart(31, "0") + "\\n");`,
        ).ended;
        const { stdout } = await maixjsIn(folder, ["logs"]);
        expect(stdout.length).toBeLessThanOrEqual(1 << 20);
        expect(stdout.length).toBeGreaterThanOrEqual(1 << 19);
        expect(stdout.length % 32).toBe(0);
        const first = 100_000 - stdout.length / 32;
        const wanted = Array.from(
            { length: stdout.length / 32 },
            (_, i) => `${String(first + i).padStart(31, "0")}\n`,
        );
        expect(stdout === wanted.join("")).toBe(true);
        const sizes = ["last.log", "last.log.1"].map(
            (name) => statSync(join(state(folder), name)).size,
        );
        expect((sizes[0] ?? 0) + (sizes[1] ?? 0)).toBe(stdout.length);
    });

    it("-f follows a run until it ends, across the log's two parts", async () => {
        const folder = temporaryFolder();
        const run = app(
            folder,
            `import { fs, time } from "maix";
             import * as std from "qjs:std";
             console.log("up", process.pid);
             while (!fs.exists("go")) time.sleepMs(5);
             for (let i = 0; i < 40_000; i++) std.out.puts(String(i).padStart(31, "0") + "\\n");
             console.log("the end");`,
        );
        await eventually(() => run.output.stdout.includes("up"));
        const follower = launch(folder, ["logs", "-f"]);
        await eventually(() => follower.output.stdout.includes("up"));
        writeFileSync(join(folder, "go"), "");
        expect(await run.ended).toBe(0);
        expect(await follower.ended).toBe(0);
        const { stdout, stderr } = follower.output;
        // A follower that was too slow for a part of it says so.
        if (stderr === "") expect(stdout === run.output.stdout).toBe(true);
        else expect(stderr).toMatch(/^maixjs: a part of the output is missing here: .*\n$/);
        expect(run.output.stdout.endsWith(stdout.slice(-100_000))).toBe(true);
        expect(stdout.endsWith("the end\n")).toBe(true);
    });

    it("-f ends although the run was killed", async () => {
        const folder = temporaryFolder();
        const run = app(folder, waiting());
        await eventually(() => run.output.stdout.includes("up"));
        const follower = launch(folder, ["logs", "-f"]);
        await eventually(() => follower.output.stdout.includes("up"));
        run.child.kill("SIGKILL");
        expect(await follower.ended).toBe(0);
        await eventually(() => !isRunning(pidOf(run)));
    });

    it("is the log of the run that began last, of two at once", async () => {
        const folder = temporaryFolder();
        const first = app(folder, waiting("", "console.log('of the first');"));
        await eventually(() => first.output.stdout.includes("up"));
        const second = app(folder, waiting("", "console.log('of the second');"));
        await eventually(() => second.output.stdout.includes("up"));
        first.child.kill();
        expect(await first.ended).toBe(0);
        expect((await maixjsIn(folder, ["logs"])).stdout).toBe(`up ${pidOf(second)}\n`);
        second.child.kill();
        expect(await second.ended).toBe(0);
        expect((await maixjsIn(folder, ["logs"])).stdout).toBe(
            `up ${pidOf(second)}\nof the second\nfinish!\n`,
        );
    });

    it("that cannot be written is told once, and the script runs on", async () => {
        const folder = temporaryFolder();
        const ended = await maixjsIn(
            folder,
            [
                "--app",
                "hello",
                writeScript(folder, "for (let i = 0; i < 5000; i++) console.log('0123456789');"),
            ],
            { setup: "ulimit -f 8" }, // as good as a full disk
        );
        expect([ended.status, ended.stdout.length]).toEqual([0, 55_000]);
        expect(ended.stderr).toBe(
            "maixjs: cannot write the log: File too large: the script goes on without it\n",
        );
    });

    it("and a record that cannot be written are told, and the script runs", async () => {
        const folder = temporaryFolder();
        const script = writeScript(folder, "console.log(1)");
        const ended = await maixjsIn(folder, ["--app", "x", script], { setup: "ulimit -f 0" });
        expect([ended.status, ended.stdout]).toEqual([0, "1\n"]);
        expect(ended.stderr.trim().split("\n")).toEqual([
            expect.stringMatching(
                /^maixjs: cannot write into .*: File too large: `maixjs stop` does/,
            ),
            expect.stringMatching(/^maixjs: cannot write the log: File too large: /),
        ]);
    });

    it("follows no links out of its folder", async () => {
        const folder = temporaryFolder();
        const victim = join(folder, "victim");
        writeFileSync(victim, "untouched");
        await mkdir(state(folder), { recursive: true });
        for (const name of ["last.log", "last.log.1"])
            symlinkSync(victim, join(state(folder), name));
        expect((await maixjsIn(folder, ["logs"])).stdout).toBe("");
        await app(folder, "console.log('x')").ended;
        expect(readFileSync(victim, "utf8")).toBe("untouched");
        expect((await maixjsIn(folder, ["logs"])).stdout).toBe("x\n");
    });
});

describe("--app", () => {
    it("passes everything through, and the script knows its id", async () => {
        const folder = temporaryFolder();
        const script = writeScript(
            folder,
            `import { app } from "maix";
             import * as std from "qjs:std";
             std.out.puts(std.in.readAsString() + process.argv.slice(2) + app.appId() + process.cwd());
             std.err.puts("error");
             process.exitCode = 7;`,
        );
        const ended = await maixjsIn(folder, ["--app", "my_app2", script, "a", "--app"], {
            input: "in ",
        });
        expect(ended).toEqual({
            status: 7,
            signal: null,
            stdout: `in a,--appmy_app2${folder}`,
            stderr: "error",
        });
    });

    it("takes code, and a bundle, too", async () => {
        const ended = await maixjsIn(temporaryFolder(), ["--app=x", "-e", "console.log(1)"]);
        expect(ended).toMatchObject({ status: 0, stdout: "1\n", stderr: "" });
        const piped = await maixjsIn(temporaryFolder(), ["--app", "x", "-"], {
            input: "console.log(2)",
        });
        expect(piped).toMatchObject({ status: 0, stdout: "2\n", stderr: "" });
    });

    it.each(["", "A", "a b", "../x", "a\n", "a-b", "x".repeat(65)])(
        "refuses the id %j",
        async (id) => {
            const ended = await maixjs(["--app", id, "-e", "1"]);
            expect([ended.status, ended.stdout]).toEqual([2, ""]);
            expect(ended.stderr).toMatch(/^maixjs: .*\n$/);
        },
    );

    it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("stops as usual: %s", async (signal) => {
        const run = app(temporaryFolder(), waiting());
        await eventually(() => run.output.stdout.includes("up"));
        run.child.kill(signal);
        expect(await run.ended).toBe(0);
        expect(run.output.stdout).toMatch(/^up \d+\nfinish!\n$/);
    });

    it("stops as usual: by force, at the second signal", async () => {
        const run = app(
            temporaryFolder(),
            `import { app, time } from "maix";
             console.log("up");
             while (!app.needExit()) time.sleepMs(1000);
             const end = time.ticksMs() + 300; while (time.ticksMs() < end);
             console.log("late"); for (;;);`,
        );
        await eventually(() => run.output.stdout.includes("up"));
        run.child.kill("SIGTERM");
        await eventually(() => run.output.stdout.includes("late"));
        run.child.kill("SIGINT");
        expect(await run.ended).toBe(143); // the first one's
    });

    it.each([
        ["INT", "SIGINT"],
        ["TERM", "SIGTERM"],
    ] as const)("stops although SIG%s was ignored when it was started", async (name, signal) => {
        const folder = temporaryFolder();
        const script = writeScript(folder, waiting());
        const shell = `trap '' ${name}; exec "$0" --app x ${script}`;
        const run = launch(folder, ["-c", shell, executable], "bash");
        await eventually(() => run.output.stdout.includes("up"));
        run.child.kill(signal);
        expect(await run.ended).toBe(0);
    });

    it("survives its terminal under nohup", async () => {
        const folder = temporaryFolder();
        const script = writeScript(folder, waiting());
        const shell = `trap '' HUP; exec "$0" --app x ${script}`;
        const run = launch(folder, ["-c", shell, executable], "bash");
        await eventually(() => run.output.stdout.includes("up"));
        // Had the hangup counted, to the supervisor or the script, the next would be the second.
        run.child.kill("SIGHUP");
        process.kill(pidOf(run), "SIGHUP");
        run.child.kill("SIGTERM");
        expect(await run.ended).toBe(0);
        expect(run.output.stdout).toMatch(/^up \d+\nfinish!\n$/);
    });

    it("knows the status although SIGCHLD was ignored", async () => {
        const folder = temporaryFolder();
        const shell = `trap '' CHLD; exec "$0" --app x -e 'process.exit(7)'`;
        expect(await launch(folder, ["-c", shell, executable], "bash").ended).toBe(7);
    });

    it("stops when nobody reads its output any more", async () => {
        const folder = temporaryFolder();
        const script = writeScript(
            folder,
            `import { app } from "maix";
             while (!app.needExit()) console.log("y");
             console.error("seen");`,
        );
        const piped = launch(folder, ["-c", `"$0" --app x ${script} | head -1`, executable], "sh");
        expect(await piped.ended).toBe(0);
        expect(piped.output).toEqual({ stdout: "y\n", stderr: "seen\n" });
    });

    it("runs without a log where there is no place for one", async () => {
        const folder = temporaryFolder();
        writeFileSync(join(folder, "file"), "");
        const ended = await maixjsIn(folder, ["--app", "x", "-e", "console.log(1)"], {
            env: { XDG_STATE_HOME: join(folder, "file") },
        });
        expect([ended.status, ended.stdout]).toEqual([0, "1\n"]);
        expect(ended.stderr).toMatch(/^maixjs: cannot make the folder .*: there is no log, .*\n$/);
    });
});

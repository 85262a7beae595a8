// SPDX-License-Identifier: MIT
// `maixjs devices`, `logs` and `stop` with --device: the board's own commands, as if they ran here.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { cli, makeFolder } from "../../support/cli.ts";
import { projectRoot } from "../../support/process.ts";
import { type Board, boardsCanRun, startBoard } from "../../support/sshd.ts";

const command = join(projectRoot, "ts/cli/maixjs.js");

// Says that it runs, then each line of a file that the test writes.
const script = `
import * as std from "qjs:std";
import { app, time } from "maix";
console.log("begin");
console.error("an error's line");
while (!app.needExit()) {
    if (std.loadFile("/tmp/say")) { console.log(std.loadFile("/tmp/say").trim()); break; }
    time.sleepMs(20);
}
while (!app.needExit()) time.sleepMs(20);
console.log("end");
`;

interface Running {
    readonly child: ChildProcessWithoutNullStreams;
    readonly output: () => string;
    readonly until: (text: string) => Promise<void>;
    readonly ended: Promise<number | NodeJS.Signals | null>;
}

describe.skipIf(!boardsCanRun)("with --device", () => {
    let board: Board;

    beforeAll(async () => {
        board = await startBoard({ executable: true });
        writeFileSync(join(board.root, "root/app.js"), script);
    });
    afterEach(async () => {
        await board.sh("maixjs stop");
        rmSync(join(board.root, "tmp/say"), { force: true });
    });
    afterAll(() => board.stop());

    function maixjs(...args: string[]): ReturnType<typeof cli> {
        return cli([...args, "--device", "board"], {
            cwd: makeFolder(),
            env: { MAIXJS_SSH_CONFIG: board.sshConfig },
        });
    }

    function start(program: string, args: readonly string[]): Running {
        // What is killed leaves its private folder behind: below one that goes away.
        const temporary = makeFolder();
        const env = { ...board.env, TMPDIR: temporary, XDG_RUNTIME_DIR: temporary };
        const child = spawn(program, args, { env, cwd: makeFolder() });
        let output = "";
        const waiting: (() => void)[] = [];
        for (const stream of [child.stdout, child.stderr]) {
            stream.setEncoding("utf8").on("data", (text: string) => {
                output += text;
                for (const look of waiting) look();
            });
        }
        return {
            child,
            output: () => output,
            until: (text) =>
                new Promise((resolve) => {
                    const look = (): void => {
                        if (output.includes(text)) resolve();
                    };
                    waiting.push(look);
                    look();
                }),
            ended: new Promise((resolve) => {
                child.on("close", (status, signal) => resolve(status ?? signal));
            }),
        };
    }

    /** The script on the board, as the launcher starts it; it says "begin" first. */
    async function startApp(): Promise<void> {
        // Its own standard streams must not be the ones that the test waits for.
        const line = "cd /root && maixjs --app recorder app.js > /tmp/out 2>&1 < /dev/null &";
        await board.sh(`: > /tmp/out; ${line} while ! grep -q begin /tmp/out; do :; done`);
    }

    it("devices lists the board's", async () => {
        const { status, stdout, stderr } = await maixjs("devices", "--json");
        expect(stderr).toBe("");
        expect(status).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ devices: expect.any(Array) });
    });

    it("stop says what it has stopped, and that nothing runs", async () => {
        await startApp();
        const first = await maixjs("stop");
        expect(first.stdout + first.stderr).toContain("recorder");
        expect(first.status).toBe(0);
        expect(readFileSync(join(board.root, "tmp/out"), "utf8")).toContain("end\n");
        const second = await maixjs("stop");
        expect(second.stdout + second.stderr).toContain("nothing is running");
        expect(second.status).toBe(0);
    });

    it("logs shows what the last one has printed, streams and all", async () => {
        await startApp();
        await board.sh("maixjs stop");
        const { status, stdout } = await maixjs("logs");
        expect(stdout).toContain("begin\nan error's line\nend\n");
        expect(status).toBe(0);
    });

    it("logs -f goes on until it ends", async () => {
        await startApp();
        const logs = start(process.execPath, [command, "logs", "-f", "--device", "board"]);
        await logs.until("begin");
        expect(logs.output()).not.toContain("something new");
        writeFileSync(join(board.root, "tmp/say"), "something new\n");
        await logs.until("something new");
        await board.sh("maixjs stop");
        expect(await logs.ended).toBe(0);
        expect(logs.output()).toContain("something new\nend\n");
    });

    it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
        "logs -f that is left by %s leaves nothing on the board, and the script runs on",
        async (signal) => {
            await startApp();
            const logs = start(process.execPath, [command, "logs", "-f", "--device", "board"]);
            await logs.until("begin");
            logs.child.kill(signal);
            const statuses = { SIGINT: 130, SIGTERM: 143, SIGKILL: "SIGKILL" };
            expect(await logs.ended).toBe(statuses[signal]);
            // The board's own processes notice in their own time.
            while ((await board.sh("ps")).stdout.includes("maixjs logs")) {
                await new Promise((resolve) => setTimeout(resolve, 20));
            }
            expect((await board.sh("ps")).stdout).toContain("maixjs --app recorder");
        },
    );

    it("logs into a pipe that is closed ends", async () => {
        await startApp();
        const line = `"$0" "$1" logs -f --device board | head -n 1`;
        const ended = start("sh", ["-c", line, process.execPath, command]);
        await ended.until("begin");
        writeFileSync(join(board.root, "tmp/say"), "more\n");
        expect(await ended.ended).toBe(0);
    });

    it("an executable that is missing is said, with what brings it", async () => {
        const ended = await cli(["stop", "--device", "maker@board"], {
            cwd: makeFolder(),
            env: { MAIXJS_SSH_CONFIG: board.sshConfig },
        });
        expect(ended.stderr).toBe(
            "maixjs: there is no maixjs on maker@board\n    maixjs deploy --device maker@board\n",
        );
        expect(ended.status).toBe(1);
    });

    it("the config's executable and board are taken", async () => {
        const config = 'export default { device: "board", executable: "/usr/bin/../bin/maixjs" };';
        const cwd = makeFolder({ "package.json": "{}", "maixjs.config.ts": config });
        const env = { MAIXJS_SSH_CONFIG: board.sshConfig };
        const there = await cli(["stop"], { cwd, env });
        expect(there.stdout + there.stderr).toContain("nothing is running");
        const wrong = config.replace("/usr/bin/../bin", "/opt");
        writeFileSync(join(cwd, "maixjs.config.ts"), wrong);
        expect((await cli(["stop"], { cwd, env })).stderr).toContain("there is no maixjs on board");
        expect((await cli(["stop", "--local"], { cwd, env })).stderr).not.toContain("board");
    });
});

describe("without a board", () => {
    it.each([
        ["devices", /sound card|DEVICE/],
        ["logs", /log/],
        ["stop", /nothing is running/],
    ])("%s is this PC's", async (name, text) => {
        const { status, stdout, stderr } = await cli([name], { cwd: makeFolder() });
        expect(stdout + stderr).toMatch(text);
        expect(status).toBe(0);
    });

    it("a board that is needed and not named is a usage error", async () => {
        const { status, stderr } = await cli(["deploy"], { cwd: makeFolder() });
        expect(stderr).toContain("maixjs: which board?\n    say --device root@");
        expect(status).toBe(2);
    });
});

it.each([
    [["apps", "--nope"], "unknown option --nope"],
    [["logs", "-x"], "unknown option -x"],
    [["apps", "--device"], "--device needs a value"],
    [["deploy", "--device", "--to", "/x"], "--device needs a value"],
    [["run", "main.ts", "--mic"], "--mic needs a value"],
    [["logs", "--follow=1"], "--follow takes no value"],
])("%j: %s", async (args, message) => {
    const [command = ""] = args;
    const { status, stderr } = await cli(args, { cwd: makeFolder() });
    expect(stderr).toBe(`maixjs: ${message}\n    see \`maixjs ${command} --help\`\n`);
    expect(status).toBe(2);
});

describe("--help of", () => {
    const commands = [
        ...["init", "check", "run", "dev", "deploy", "doctor", "package", "install"],
        ...["uninstall", "apps", "autostart", "devices", "logs", "stop"],
    ];

    it.each(commands)("%s has its usage and an example", async (name) => {
        const { status, stdout } = await cli([name, "--help"], { cwd: makeFolder() });
        expect(stdout).toMatch(new RegExp(`^Usage: maixjs ${name}`));
        expect(stdout).toMatch(new RegExp(`^Examples?:\\n( {2}.*\\n)* {2}maixjs ${name}`, "m"));
        expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
        expect(status).toBe(0);
    });

    it("maixjs is the executable's, then one list of these", async () => {
        const { status, stdout } = await cli(["--help"], { cwd: makeFolder() });
        expect(stdout).toMatch(/^maixjs \d/);
        const listed = [...stdout.matchAll(/^ {2}maixjs (\w+) {2,}\S/gm)].map(([, name]) => name);
        expect(listed).toEqual(expect.arrayContaining(commands));
        expect(status).toBe(0);
    });
});

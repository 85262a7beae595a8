// SPDX-License-Identifier: MIT
// `maixjs run` on a board behind a real sshd: its streams, its status, its end.

import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { cli, makeFolder } from "../../support/cli.ts";
import { Live } from "../../support/live.ts";
import { type Ended, projectRoot, writeFiles } from "../../support/process.ts";
import { readAlike } from "../../support/readers.ts";
import { appears, manyLines, recording } from "../../support/session.ts";
import { type Board, boardsCanRun, startBoard } from "../../support/sshd.ts";

describe.skipIf(!boardsCanRun)("run on a board", () => {
    let board: Board;
    let env: NodeJS.ProcessEnv;
    beforeAll(async () => {
        board = await startBoard({ executable: true, tmpfs: { "/mnt/small": "192k" } });
        env = { MAIXJS_SSH_CONFIG: board.sshConfig };
    });
    afterAll(() => board.stop());

    const live = (text: string, ...args: string[]): Live => {
        const cwd = makeFolder({ "main.ts": text });
        return new Live(["run", "main.ts", "--device", "board", ...args], { cwd, env });
    };
    const run = (text: string, ...args: string[]): Promise<Ended> => {
        const cwd = makeFolder({ "main.ts": text });
        return cli(["run", "main.ts", "--device", "board", ...args], { cwd, env });
    };

    it("has its streams apart, its status, and says where it works", async () => {
        const before = board.connections();
        const ended = await run('console.log("out"); console.error("err"); process.exit(7);');
        expect(board.connections() - before).toBe(1);
        expect(ended).toEqual({
            status: 7,
            signal: null,
            stdout: "out\n",
            stderr: "maixjs: working folder: /root/maixjs\nerr\n",
        });
    });

    it("has the status of every end, also that which ssh would have", async () => {
        const statuses: [string, number, ...string[]][] = [
            ["", 0],
            ["throw new Error('bad');", 1],
            [`import { fs } from "maix"; fs.open("/gone/file", "r");`, 3],
            ["for (;;) {}", 124, "--timeout", "300"],
            [
                "const a = []; for (;;) a.push(new Array(1000).fill(a.length));",
                125,
                "--memory-limit=8M",
            ],
            ["process.exit(255);", 255],
        ];
        for (const [text, status, ...args] of statuses) {
            const ended = await run(text, ...args);
            expect([text, ended.status, ended.stdout]).toEqual([text, status, ""]);
            expect(ended.stderr).not.toContain("connection");
        }
    });

    it("shows errors at the place in the PC's file", async () => {
        const cwd = makeFolder({
            "src/main.ts": 'import { f } from "../lib/a";\n\nf();\n',
            "lib/a.ts": 'export function f() {\n    throw new Error("bad");\n}\n',
        });
        const ended = await cli(["run", "src/main.ts", "--device", "board"], { cwd, env });
        expect(ended.stderr).toContain("Error: bad");
        expect(ended.stderr).toContain("at f (lib/a.ts:2:15)");
        expect(ended.stderr).toContain("src/main.ts:3:1");
    });

    it("gets its arguments, and the executable's options theirs", async () => {
        const text = `import { audio } from "maix";
            console.log(JSON.stringify(process.argv.slice(1)), process.env.MAIXJS_MIC ?? "",
                new audio.Recorder().hardware().device);`;
        const args = ["a b", "--mic", "sim:tone,hz=200", "it's", "--", "--mic", "", "$HOME", "ü\n"];
        const { stdout, stderr } = await run(text, ...args);
        expect(stderr).toBe("maixjs: working folder: /root/maixjs\n");
        const own = ["main.ts", "a b", "it's", "--mic", "", "$HOME", "ü\n"];
        expect(stdout).toContain(JSON.stringify(own));
        expect(stdout).toContain("sim:tone,hz=200");
    });

    it("may be called anything, and be anywhere", async () => {
        const name = `it's a "test" $(x) -- ü.ts`;
        const cwd = makeFolder({ [`-a b/${name}`]: "console.log(process.argv[1]);" });
        const args = ["run", "--device", "board", `./-a b/${name}`];
        const { status, stdout } = await cli(args, { cwd, env });
        expect({ status, stdout }).toEqual({ status: 0, stdout: `./-a b/${name}\n` });
    });

    it("passes 4 MiB of any bytes, in both directions", async () => {
        const copy = `import * as os from "qjs:os";
            const buffer = new ArrayBuffer(65536);
            for (let n; (n = os.read(0, buffer, 0, 65536)) > 0; )
                for (let at = 0; at < n; ) at += os.write(1, buffer, at, n - at);
            console.error("end of input");`;
        const input = Buffer.alloc(4 << 20);
        for (let at = 0; at < input.length; at += 4)
            input.writeUInt32LE((at * 2654435761) >>> 0, at);
        const copying = live(copy);
        copying.child.stdin.end(input);
        expect(await copying.ended).toEqual({ status: 0, signal: null });
        const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
        expect(copying.output.length).toBe(input.length);
        expect(hash(copying.output)).toBe(hash(input));
        expect(copying.stderr).toContain("end of input\n");
    });

    it("gives standard input line by line, and its end", async () => {
        const text = `import * as std from "qjs:std";
            console.log("ready");
            for (let line; (line = std.in.getline()) !== null; ) console.log("got", line);
            console.log("end");`;
        const asking = live(text);
        await asking.sees("ready\n");
        asking.child.stdin.write("one\n");
        await asking.sees("got one\n");
        asking.child.stdin.end("two\n");
        await asking.sees("got two\nend\n");
        expect((await asking.ended).status).toBe(0);
    });

    it("ends when nobody reads its output any more, as at home", async () => {
        const cwd = makeFolder({ "main.ts": 'setInterval(() => console.log("line"), 1);' });
        const prefix = ["sh", "-c", '{ "$@"; echo "status $?" >&2; } | head -n 3', "sh"];
        const piped = new Live(["run", "main.ts", "--device", "board"], { cwd, env, prefix });
        await piped.ended;
        expect(piped.stdout).toBe("line\nline\nline\n");
        expect(piped.stderr).toMatch(/status 0\n$/);
    });

    it("fails when its output cannot be written here; the script is stopped", async () => {
        const cwd = makeFolder({ "main.ts": recording("nowhere") });
        const prefix = ["sh", "-c", '"$@" > /dev/full', "sh"];
        const args = ["run", "main.ts", "--device", "board", "--mic", "sim:tone"];
        const one = new Live(args, { cwd, env, prefix });
        expect((await one.ended).status).toBe(1);
        expect(one.stderr).toMatch(/maixjs: cannot write to standard output: ENOSPC/);
        const frames = Number(await appears(board, "root/maixjs/nowhere.done"));
        expect(readAlike(join(board.root, "root/maixjs/nowhere.wav")).frames).toBe(frames);
    });

    it("waits for who reads slowly, and is not taken for lost meanwhile", async () => {
        const count = 50_000;
        const slow = live(`${manyLines(count)} console.error("all written");`);
        await slow.says("working folder");
        slow.child.stdout.pause();
        // The board takes 6 s without a word from here for a broken connection.
        await new Promise((resolve) => setTimeout(resolve, 10_000));
        expect(slow.stderr).not.toContain("all written");
        slow.child.stdout.resume();
        expect(await slow.ended).toEqual({ status: 0, signal: null });
        const lines = slow.stdout.split("\n");
        expect(lines).toHaveLength(count + 1);
        expect(lines.at(-2)).toMatch(/^x+ +50000$/);
    });

    it("that does not build is not run", async () => {
        const ended = await run("const x = ;");
        expect([ended.status, ended.stdout]).toEqual([1, ""]);
        expect(ended.stderr).toMatch(/Unexpected ";"[\s\S]*main\.ts:1:10/);
    });

    describe("stopped", () => {
        it("by Ctrl-C, finishes its recording, with status 0", async () => {
            const one = live(recording("asked"), "--mic", "sim:tone");
            await one.sees("recording asked");
            one.kill();
            expect(await one.ended).toEqual({ status: 0, signal: null });
            expect(one.stdout).toContain("finished asked\n");
            const frames = Number(await appears(board, "root/maixjs/asked.done"));
            const reading = readAlike(join(board.root, "root/maixjs/asked.wav"));
            expect(reading).toEqual({ frames, rate: 16000, channels: 1 });
        });

        it("by a second Ctrl-C where it does not listen, at once", async () => {
            const one = live('console.log("go"); for (;;) {}');
            await one.sees("go\n");
            one.kill();
            // A second one that comes so soon is the same one, from npx.
            await new Promise((resolve) => setTimeout(resolve, 300));
            one.kill();
            expect(await one.ended).toEqual({ status: 130, signal: null });
        });

        it("by a third one at last, whatever the network does", async () => {
            const one = live(recording("left"), "--mic", "sim:tone");
            await one.sees("recording left");
            board.freeze();
            try {
                for (let i = 0; i < 3; i++) {
                    one.kill();
                    if (i < 2) await new Promise((resolve) => setTimeout(resolve, 300));
                }
                expect(await one.ended).toEqual({ status: null, signal: "SIGINT" });
            } finally {
                board.thaw();
            }
            const frames = Number(await appears(board, "root/maixjs/left.done"));
            expect(readAlike(join(board.root, "root/maixjs/left.wav")).frames).toBe(frames);
        });

        it("by SIGTERM, and by the end of the client itself", async () => {
            const one = live(recording("term"), "--mic", "sim:tone");
            await one.sees("recording term");
            one.kill("SIGTERM");
            expect((await one.ended).status).toBe(0);
            const two = live(recording("killed"), "--mic", "sim:tone");
            await two.sees("recording killed");
            two.kill("SIGKILL");
            await two.ended;
            const frames = Number(await appears(board, "root/maixjs/killed.done"));
            expect(readAlike(join(board.root, "root/maixjs/killed.wav")).frames).toBe(frames);
        });

        it("by a connection that breaks: its recording is finished, and both sides know", async () => {
            const one = live(recording("cut"), "--mic", "sim:tone");
            await one.sees("recording cut");
            board.cut();
            expect((await one.ended).status).toBe(1);
            expect(one.stderr).toContain("maixjs: the connection to board was lost\n");
            expect(one.stderr).toContain("maixjs logs --device board");
            const frames = Number(await appears(board, "root/maixjs/cut.done"));
            const reading = readAlike(join(board.root, "root/maixjs/cut.wav"));
            expect(reading).toEqual({ frames, rate: 16000, channels: 1 });
            expect(frames).toBeGreaterThanOrEqual(1600);
        });
    });

    describe("a full disk there", () => {
        it("is an error with status 3, and the recording is good as far as it goes", async () => {
            const text = `import { audio } from "maix";
                const r = new audio.Recorder("full.wav", { sampleRate: 48000 });
                for (;;) r.record(100);`;
            const cwd = ["--cwd", "/mnt/small"];
            const ended = await run(text, ...cwd, "--mic", "sim:tone,pace=fast");
            expect(ended.status).toBe(3);
            expect(ended.stderr).toContain("working folder: /mnt/small\n");
            expect(ended.stderr).toMatch(/ENOSPC|No space left/);
            const { frames } = readAlike(join(board.root, "mnt/small/full.wav"));
            expect(frames).toBeGreaterThan(50_000);
        });
    });

    describe("the working folder", () => {
        const text = 'import * as os from "qjs:os"; console.log(os.getcwd()[0]);';

        it("is what --cwd or the config says, below the home folder where it is relative", async () => {
            mkdirSync(join(board.root, "root/takes dir"), { recursive: true });
            expect((await run(text, "--cwd", "takes dir")).stdout).toBe("/root/takes dir\n");
            expect((await run(text, "--cwd=/tmp")).stdout).toBe("/tmp\n");
            const config = 'export default { device: "board", cwd: "/maixapp/tmp" };';
            const cwd = makeFolder({ "main.ts": text, "maixjs.config.ts": config });
            expect((await cli(["run", "main.ts"], { cwd, env })).stdout).toBe("/maixapp/tmp\n");
        });

        it("that is not there is told", async () => {
            const { status, stderr } = await run(text, "--cwd", "/gone");
            expect(status).toBe(2);
            expect(stderr).toMatch(/^maixjs: .*\/gone.*\n$/);
        });
    });

    describe("--fetch", () => {
        it("brings back what the script wrote, also after Ctrl-C", async () => {
            mkdirSync(join(board.root, "root/maixjs"), { recursive: true });
            writeFileSync(join(board.root, "root/maixjs/old.wav"), "old");
            const cwd = makeFolder({ "main.ts": recording("it's a take") });
            const options = ["--mic", "sim:tone", "--fetch", "*.wav", "--into", "new folder"];
            const args = ["run", "main.ts", "--device", "board", ...options];
            const one = new Live(args, { cwd, env });
            await one.sees("recording it's a take");
            one.kill();
            expect(await one.ended).toEqual({ status: 0, signal: null });
            expect(one.stderr).toContain("fetching 1 file…");
            expect(one.stderr).toMatch(/fetched .*new folder\/it's a take\.wav \(.* kB\)\n/);
            const frames = Number(await appears(board, "root/maixjs/it's a take.done"));
            const reading = readAlike(join(cwd, "new folder/it's a take.wav"));
            expect(reading).toEqual({ frames, rate: 16000, channels: 1 });
            expect(existsSync(join(cwd, "new folder/old.wav"))).toBe(false);
        });

        it("says that there is nothing; the status stays the script's", async () => {
            const { status, stderr } = await run("process.exit(5);", "--fetch", "*.wav");
            expect(status).toBe(5);
            expect(stderr).toContain(
                "nothing to fetch: the script wrote no file that matches *.wav",
            );
        });

        it("is refused where it leads elsewhere, or there is no board", async () => {
            expect(await run("", "--fetch", "../*")).toMatchObject({ status: 2 });
            const cwd = makeFolder({ "main.ts": "" });
            const ended = await cli(["run", "main.ts", "--fetch", "*"], { cwd });
            expect(ended.status).toBe(2);
            expect(ended.stderr).toContain("--device is missing");
        });
    });

    describe("the executable there", () => {
        const path = (): string => join(board.root, "usr/bin/maixjs");
        const restore = (): void => {
            rmSync(path(), { force: true });
            copyFileSync(join(projectRoot, "dist/maixcam/maixjs"), path());
            chmodSync(path(), 0o755);
        };

        it("is missing, of another version, or none: each names the remedy", async () => {
            try {
                rmSync(path());
                const missing = await run("");
                expect(missing.status).toBe(1);
                expect(missing.stderr).toBe(
                    "maixjs: there is no maixjs on board (/usr/bin/maixjs)\n" +
                        "    maixjs deploy --device board\n",
                );
                expect((await run("", "--fetch", "*")).stderr).toBe(missing.stderr);
                const other = '#!/bin/sh\necho "maixjs 0.0.9 (QuickJS-ng 0.16.2)"\n';
                writeFileSync(path(), other, { mode: 0o755 });
                const old = await run("");
                expect(old.status).toBe(1);
                expect(old.stderr).toMatch(/board has maixjs 0\.0\.9 .*, this is maixjs 0\.1\.0\n/);
                expect(old.stderr).toContain("    maixjs deploy --device board\n");
                writeFileSync(path(), "no executable", { mode: 0o755 });
                const broken = await run("");
                expect(broken.stderr).toContain("maixjs does not run on board");
            } finally {
                restore();
            }
        });

        it("may be elsewhere; a shell may talk; a user need not be root", async () => {
            const elsewhere = join(board.root, "home/maker/.local/bin");
            mkdirSync(elsewhere, { recursive: true });
            copyFileSync(path(), join(elsewhere, "maixjs"));
            chmodSync(join(elsewhere, "maixjs"), 0o755);
            await board.sh("chown -R maker /home/maker");
            const cwd = makeFolder({ "main.ts": 'console.log("hi");' });
            const args = ["run", "main.ts", "--device", "maker@board"];
            const { status, stdout, stderr } = await cli(args, { cwd, env });
            expect({ status, stdout, stderr }).toEqual({
                status: 0,
                stdout: "hi\n",
                stderr: "maixjs: working folder: /home/maker/maixjs\n",
            });
            const talking =
                '#!/bin/sh\n[ "$1" = --version ] || echo "Welcome!"\nexec /usr/bin/maixjs "$@"\n';
            writeFileSync(join(board.root, "mnt/talking"), talking, { mode: 0o755 });
            const config = 'export default { device: "board", executable: "/mnt/talking" };';
            writeFiles(cwd, { "maixjs.config.ts": config });
            expect((await cli(["run", "main.ts"], { cwd, env })).stdout).toBe("hi\n");
        });
    });
});

describe.skipIf(!boardsCanRun)("a network that has gone silent", () => {
    let board: Board;
    beforeAll(async () => {
        const sshOptions = ["ServerAliveInterval 1", "ServerAliveCountMax 2"];
        board = await startBoard({ executable: true, sshOptions });
    });
    afterAll(() => board.stop());

    it("stops the script on the board, and the client here", async () => {
        const cwd = makeFolder({ "main.ts": recording("silent") });
        const env = { MAIXJS_SSH_CONFIG: board.sshConfig };
        const args = ["run", "main.ts", "--device", "board", "--mic", "sim:tone"];
        const one = new Live(args, { cwd, env });
        await one.sees("recording silent");
        board.freeze();
        expect((await one.ended).status).toBe(1);
        expect(one.stderr).toContain("the connection to board was lost\n");
        const frames = Number(await appears(board, "root/maixjs/silent.done"));
        expect(readAlike(join(board.root, "root/maixjs/silent.wav")).frames).toBe(frames);
        // It heard nothing of us for 6 s, and recorded all the time.
        expect(frames).toBeGreaterThan(16000 * 3);
    });
});

describe("run on this PC", () => {
    it("is what `maixjs <script>` is", async () => {
        const cwd = makeFolder({
            "main.ts": `import * as os from "qjs:os";
                console.log(process.argv.slice(2), os.getcwd()[0]); process.exit(9);`,
            "there/x": "",
        });
        const ended = await cli(["run", "main.ts", "a", "--", "--b"], { cwd });
        expect(ended).toMatchObject({ status: 9, stdout: `[ 'a', '--b' ] ${cwd}\n`, stderr: "" });
        const moved = await cli(["run", "--cwd", "there", "main.ts"], { cwd });
        expect(moved.stdout).toBe(`[] ${join(cwd, "there")}\n`);
    });

    it("tells what it does not understand", async () => {
        const cwd = makeFolder({ "main.ts": "" });
        const unknown = await cli(["run", "main.ts", "--verbose"], { cwd });
        expect(unknown.status).toBe(2);
        expect(unknown.stderr).toContain("maixjs run <script> -- --verbose");
        expect((await cli(["run"], { cwd })).stderr).toContain("a script is missing");
        expect((await cli(["run", "--help"], { cwd })).stdout).toMatch(
            /Examples:\n {2}maixjs run /,
        );
    });
});

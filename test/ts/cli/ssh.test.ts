// SPDX-License-Identifier: MIT
// A connection to a board through the system's ssh: programs on it, and each way to fail.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
    appendFileSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { UserError } from "../../../ts/core/errors.ts";
import { checkTarget, Device } from "../../../ts/core/ssh.ts";
import { fitsSocket, SshFolder } from "../../../ts/core/ssh_folder.ts";
import { type Board, boardsCanRun, startBoard } from "../../support/sshd.ts";

/** What a promise was rejected with; it must be one line and a hint for the user. */
async function failure(promise: Promise<unknown>): Promise<UserError> {
    const error = await promise.then(
        () => new Error("it worked"),
        (reason: unknown) => reason,
    );
    if (!(error instanceof UserError)) throw error;
    return error;
}

describe.skipIf(!boardsCanRun)("a board", () => {
    let board: Board;
    let device: Device | null = null;

    beforeAll(async () => {
        board = await startBoard();
        process.env.MAIXJS_SSH_CONFIG = board.sshConfig;
    });
    afterEach(async () => {
        await device?.close();
        device = null;
    });
    afterAll(async () => {
        delete process.env.MAIXJS_SSH_CONFIG;
        await board.stop();
    });

    it("runs a program: its status, its streams apart, byte for byte", async () => {
        device = await Device.connect("board");
        const bytes = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));
        const ended = await device.exec(["sh", "-c", "cat; echo bad >&2; exit 7"], {
            input: bytes,
        });
        expect(ended.stdout.equals(bytes)).toBe(true);
        expect(ended).toMatchObject({ status: 7, stderr: "bad\n" });
    });

    it("gets each word of a command as it is", async () => {
        device = await Device.connect("board");
        const words = ["", " ", "a b", "it's", '"', "$HOME", "`id`", "\\", "*", "a\nb", "-n", "é"];
        const { stdout } = await device.script('for x; do printf "[%s]" "$x"; done', words);
        expect(stdout.toString()).toBe(words.map((word) => `[${word}]`).join(""));
    });

    it("is connected to once, for programs at the same time, too", async () => {
        const before = board.connections();
        device = await Device.connect("board");
        const ran = ["1", "2", "3"].map((word) => device?.exec(["echo", word]));
        const all = (await Promise.all(ran)).map((ended) => ended?.stdout.toString());
        expect(all).toEqual(["1\n", "2\n", "3\n"]);
        expect(board.connections() - before).toBe(1);
    });

    it("says what is its own status 255, and what is ssh's", async () => {
        device = await Device.connect("board");
        expect((await device.exec(["sh", "-c", "exit 255"])).status).toBe(255);
    });
});

function end(child: ChildProcess): Promise<number | null> {
    return new Promise((resolve) => child.on("exit", resolve));
}

/** What can go wrong, each on a board of its own, as it is left broken. */
describe.skipIf(!boardsCanRun)("a connection", () => {
    let board: Board;
    const file = (name: string): string => join(board.folder, name);

    /** Boards whose client waits for a silent board 1 s twice. */
    async function start(...sshOptions: string[]): Promise<void> {
        board = await startBoard({ sshOptions });
        process.env.MAIXJS_SSH_CONFIG = board.sshConfig;
    }
    afterEach(async () => {
        delete process.env.MAIXJS_SSH_CONFIG;
        await board.stop();
    });

    it("with the wrong key is denied, and ssh-copy-id named", async () => {
        await start();
        writeFileSync(file("authorized_keys"), "");
        const error = await failure(Device.connect("board"));
        expect(error.message).toBe("board lets ssh not in (it takes: publickey)");
        expect(error.hint).toContain("ssh-copy-id board");
    });

    it("to an unknown host is not made, and known_hosts stays as it is", async () => {
        await start();
        writeFileSync(file("known_hosts"), "");
        const error = await failure(Device.connect("board"));
        expect(error.message).toBe("ssh does not know the host key of board yet");
        expect(error.hint).toContain("`ssh board`");
        expect(readFileSync(file("known_hosts"), "utf8")).toBe("");
    });

    it("to an unknown host that the user's configuration accepts is not silent", async () => {
        await start("StrictHostKeyChecking accept-new");
        writeFileSync(file("known_hosts"), "");
        const said: string[] = [];
        const device = await Device.connect("board", { onNotice: (line) => said.push(line) });
        await device.close();
        expect(said.join("\n")).toMatch(/^Warning: Permanently added '\[127\.0\.0\.1\]:\d+'/);
    });

    it("to a host with another key is not made; the line that forgets it works", async () => {
        await start();
        await board.changeHostKey();
        const error = await failure(Device.connect("board"));
        expect(error.message).toBe("the host key of board is not the one that ssh knows");
        const line = /^ {4}(ssh-keygen .*)$/m.exec(error.hint ?? "")?.[1] ?? "";
        expect(line).toBe(`ssh-keygen -f ${file("known_hosts")} -R "[127.0.0.1]:${board.port}"`);
        const { status } = spawnSync("sh", ["-c", line]);
        expect(status).toBe(0);
        expect((await failure(Device.connect("board"))).message).toContain("does not know");
    });

    it("to a host that is not there says so", async () => {
        await start();
        const error = await failure(Device.connect("no-such-host.invalid"));
        expect(error.message).toBe("there is no host no-such-host.invalid");
    });

    it("to a port where nobody listens says so", async () => {
        await start();
        appendFileSync(board.sshConfig, "Host closed\n    HostName 127.0.0.1\n    Port 1\n");
        const error = await failure(Device.connect("closed"));
        expect(error.message).toBe("closed has no ssh server there (connection refused)");
    });

    it("to a host that is silent from the start ends with a time-out", async () => {
        await start("ConnectTimeout 1");
        board.freeze();
        const error = await failure(Device.connect("board"));
        expect(error.message).toBe("board does not answer (time-out)");
    });

    it("that falls silent ends with a time-out", async () => {
        await start("ServerAliveInterval 1", "ServerAliveCountMax 2");
        const device = await Device.connect("board");
        const child = device.spawn(["sh", "-c", "echo on; read x"]);
        await new Promise((resolve) => child.stdout.once("data", resolve));
        const running = failure(device.exec(["sh", "-c", "sleep 1000"]));
        board.freeze();
        await new Promise((resolve) => child.on("close", resolve));
        const text = "board does not answer any more (time-out)";
        expect(device.connectionError(child)?.message).toBe(text);
        expect((await running).message).toBe(text);
        await device.close();
    });

    it("that is cut ends what runs on it", async () => {
        await start();
        const device = await Device.connect("board");
        const child = device.spawn(["sh", "-c", "echo on; read x"]);
        await new Promise((resolve) => child.stdout.once("data", resolve));
        board.cut();
        await new Promise((resolve) => child.on("close", resolve));
        const error = device.connectionError(child);
        expect(error?.message).toBe("the connection to board broke");
        await device.close();
    });

    it("leaves neither a process nor a folder behind", async () => {
        await start();
        const device = await Device.connect("board");
        const { path } = SshFolder.get();
        expect(statSync(path).mode & 0o777).toBe(0o700);
        const sockets = (): string[] => readdirSync(path).filter((name) => name.startsWith("c"));
        expect(sockets()).toHaveLength(1);
        await device.close();
        // The master has been told, and ends in its own time; else this waits for ever.
        while (sockets().length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    });

    it("is the one that the user shares already, where there is one", async () => {
        const folder = mkdtempSync(join(tmpdir(), "maixjs-own-"));
        await start(`ControlPath ${folder}/own`);
        const own = ["-F", board.sshConfig];
        try {
            // Without such a connection, the configuration alone keeps nobody from connecting.
            const first = await Device.connect("board");
            expect((await first.exec(["echo", "1"])).stdout.toString()).toBe("1\n");
            await first.close();
            await end(spawn("ssh", [...own, "-M", "-f", "-N", "board"], { stdio: "ignore" }));
            const before = board.connections();
            const device = await Device.connect("board");
            expect((await device.exec(["echo", "2"])).stdout.toString()).toBe("2\n");
            await device.close();
            expect(board.connections() - before).toBe(0);
            // It is the user's: still there.
            expect(await end(spawn("ssh", [...own, "-O", "check", "board"]))).toBe(0);
        } finally {
            await end(spawn("ssh", [...own, "-O", "exit", "board"]));
            rmSync(folder, { recursive: true });
        }
    });

    it("goes through an alias, a port and a jump host of the user's configuration", async () => {
        await start();
        appendFileSync(
            board.sshConfig,
            "Host cam\n    HostName 127.0.0.1\n    ProxyJump board\n    HostKeyAlias board\n" +
                `    Port ${board.serverPort()}\n    User maker\n    IdentityFile ${file("user_key")}\n` +
                `    UserKnownHostsFile ${file("known_hosts")}\n`,
        );
        const [, key = ""] = /^\S+ (.*)$/m.exec(readFileSync(file("known_hosts"), "utf8")) ?? [];
        appendFileSync(file("known_hosts"), `board ${key}\n`);
        const before = board.connections();
        const device = await Device.connect("cam");
        const { stdout } = await device.exec(["id", "-un"]);
        await device.close();
        expect(stdout.toString()).toBe("maker\n");
        expect(board.connections() - before).toBe(1);
    });
});

describe("a target", () => {
    it.each(["root:secret@cam", "ssh://root:secret@cam:22"])("%s shows no password", (target) => {
        expect(() => checkTarget(target)).toThrow(/^a password does not belong into --device/);
    });

    it.each(["", "-oProxyCommand=sh", "a b", "a\nb", "\tcam"])("%j is refused", (target) => {
        expect(() => checkTarget(target)).toThrow(UserError);
    });

    it.each(["cam", "root@maixcam-1234.local", "ssh://root@cam:2222", "root@[fe80::1%eth0]"])(
        "%j is taken",
        (target) => {
            expect(() => checkTarget(target)).not.toThrow();
        },
    );
});

describe("the private folder", () => {
    it("holds sockets only where their path is short enough", () => {
        expect(fitsSocket("/tmp/maixjs-abcdef")).toBe(true);
        expect(fitsSocket(`/tmp/${"x".repeat(90)}`)).toBe(false);
    });
});

// SPDX-License-Identifier: MIT
// `maixjs deploy` to emulated boards behind a real sshd; what a broken copy leaves, above all.

import { spawn, spawnSync } from "node:child_process";
import {
    chmodSync,
    lstatSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { cksum } from "../../../ts/core/checksum.ts";
import { copyProgram } from "../../../ts/core/deploy.ts";
import { UserError } from "../../../ts/core/errors.ts";
import { Device } from "../../../ts/core/ssh.ts";
import { ownVersion } from "../../../ts/core/targets.ts";
import { cli, makeFolder } from "../../support/cli.ts";
import { root } from "../../support/files.ts";
import type { Ended } from "../../support/process.ts";
import { type Board, type BoardOptions, boardsCanRun, startBoard } from "../../support/sshd.ts";

const built = boardsCanRun ? readFileSync(join(root, "dist/maixcam/maixjs")) : Buffer.alloc(0);
const version = `maixjs ${ownVersion()}`;
const usual = "usr/bin/maixjs";

let board: Board;
const path = (name: string): string => join(board.root, name);
const read = (name: string): Buffer => readFileSync(path(name));

function deploy(...args: string[]): Promise<Ended> {
    return deployTo(board.target, ...args);
}

function deployTo(target: string, ...args: string[]): Promise<Ended> {
    return cli(["deploy", "--device", target, ...args], {
        cwd: makeFolder(),
        env: { MAIXJS_SSH_CONFIG: board.sshConfig },
    });
}

/** What a copy that did not arrive may leave beside the file. */
function parts(folder = "usr/bin"): string[] {
    return readdirSync(path(folder)).filter((name) => name.includes(".part"));
}

/** Some program that is not ours, so that what happens to it shows. */
function putOld(name = usual): void {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), "#!/bin/sh\necho maixjs 0.0.1\n");
    chmodSync(path(name), 0o755);
}

const isOld = (name = usual): boolean => read(name).toString().includes("0.0.1");

/** Waits for the board's own processes to have cleaned up after a broken connection. */
async function untilNoParts(): Promise<void> {
    while (parts().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

afterAll(() => {
    delete process.env.MAIXJS_SSH_CONFIG;
});

describe.skipIf(!boardsCanRun)("deploy", () => {
    beforeAll(async () => {
        board = await startBoard();
    });
    beforeEach(() => rmSync(path(usual), { force: true }));
    afterAll(() => board.stop());

    it("puts the executable for the board onto it, and runs it there", async () => {
        const { status, stdout, stderr } = await deploy();
        const image = "maixcam-2025-01-24-maixpy-v4.9.0";
        expect(stderr).toContain(`maixjs: board: MaixCAM-Pro, riscv64, ${image}, `);
        expect(stderr).toMatch(/, \d+\.\d [MG]B free\n/);
        expect(stderr).toMatch(/maixjs \(1\.\d MB\) is at \/usr\/bin\/maixjs\n$/);
        expect(stdout.startsWith(version)).toBe(true);
        expect(status).toBe(0);
        expect(read(usual).equals(built)).toBe(true);
        expect(statSync(path(usual)).mode & 0o777).toBe(0o755);
        expect(parts()).toEqual([]);
    });

    it("leaves one that is the same alone", async () => {
        await deploy();
        const before = statSync(path(usual));
        const { status, stderr } = await deploy();
        expect(status).toBe(0);
        expect(stderr).toMatch(/maixjs is there already, at \/usr\/bin\/maixjs\n$/);
        expect(statSync(path(usual)).ino).toBe(before.ino);
    });

    it("replaces one that runs, and that one runs on", async () => {
        writeFileSync(path(usual), Buffer.concat([built, Buffer.from("\n")]), { mode: 0o755 });
        const device = await startOn([
            "/usr/bin/maixjs",
            "-e",
            "console.log(1); await new Promise((r) => setTimeout(r, 1e6))",
        ]);
        expect((await deploy()).status).toBe(0);
        expect(read(usual).equals(built)).toBe(true);
        const { stdout } = await board.sh("ps");
        expect(stdout).toContain("setTimeout");
        await device.close();
        await board.sh("killall maixjs");
    });

    it("of a user who is not root goes into the home folder", async () => {
        const { status, stderr } = await deployTo("maker@board");
        expect(stderr).toContain("is at /home/maker/.local/bin/maixjs");
        expect(status).toBe(0);
        expect(read("home/maker/.local/bin/maixjs").equals(built)).toBe(true);
    });

    it("takes --to with spaces and quotes", async () => {
        const to = `/mnt/it's a "card" $HOME/maixjs`;
        const { status, stderr } = await deploy("--to", to);
        expect(stderr).toContain(`is at ${to}\n`);
        expect(stderr).toContain(`executable: "${to}"`);
        expect(status).toBe(0);
        expect(read(to).equals(built)).toBe(true);
    });

    it("takes --to in the home folder there", async () => {
        const { status, stderr } = await deploy("--to", "~/my bin/maixjs");
        expect(stderr).toContain('executable: "/root/my bin/maixjs"');
        expect(status).toBe(0);
        expect(read("root/my bin/maixjs").equals(built)).toBe(true);
    });

    it("follows a link, and does not replace it", async () => {
        symlinkSync("/mnt/real-maixjs", path(usual));
        expect((await deploy()).status).toBe(0);
        expect(lstatSync(path(usual)).isSymbolicLink()).toBe(true);
        expect(readlinkSync(path(usual))).toBe("/mnt/real-maixjs");
        expect(read("mnt/real-maixjs").equals(built)).toBe(true);
    });

    it.each([["bin/maixjs"], ["/mnt/"], ["/a\nb"]])("refuses --to %j", async (to) => {
        expect((await deploy("--to", to)).status).toBe(2);
    });

    it("says that --to is a folder", async () => {
        const { status, stderr } = await deploy("--to", "/mnt");
        expect(stderr).toContain(
            "/mnt is a folder; what was there is unchanged\n    say --to /mnt/maixjs",
        );
        expect(status).toBe(1);
    });

    it("says that a place cannot be written", async () => {
        const { status, stderr } = await deployTo("maker@board", "--to", "/usr/bin/maixjs");
        expect(stderr).toMatch(/\/usr\/bin\/maixjs cannot be written; what was there is unchanged/);
        expect(stderr).toContain("log in as root");
        expect(status).toBe(1);
    });

    it("copies nothing that does not run there", async () => {
        putOld();
        const device = await connect();
        const wrong = readFileSync("/proc/self/exe").subarray(0, 5000);
        const program = { name: "maixjs", bytes: wrong, path: "/usr/bin/maixjs", version };
        await expect(copyProgram(device, program, null)).rejects.toThrow(
            "maixjs does not run on the board; what was there is unchanged",
        );
        const other = { ...program, bytes: Buffer.from("#!/bin/sh\necho maixjs 0.1.00\n") };
        await expect(copyProgram(device, other, null)).rejects.toThrow("does not run on the board");
        await device.close();
        expect(isOld()).toBe(true);
        expect(parts()).toEqual([]);
    });

    it("removes what an older, broken copy left", async () => {
        writeFileSync(path("usr/bin/maixjs.part-123"), "half");
        await deploy();
        expect(parts()).toEqual([]);
    });

    it("says where the board's own esbuild is", async () => {
        const { status, stderr } = await deploy("--with-esbuild");
        expect(stderr).toMatch(/esbuild \(\d+\.\d MB\) is at \/usr\/bin\/esbuild\n/);
        expect(status).toBe(0);
        writeFileSync(path("root/typed.ts"), "const text: string = 'typed'; console.log(text);");
        const { stdout } = await board.sh("cd /root && maixjs typed.ts");
        expect(stdout).toBe("typed\n");
    });
});

/** For what the command's own checks keep from happening. */
function connect(): Promise<Device> {
    process.env.MAIXJS_SSH_CONFIG = board.sshConfig;
    return Device.connect("board");
}

/** Starts a program that prints a line once it runs. */
async function startOn(command: readonly string[]): Promise<Device> {
    const device = await connect();
    const child = device.spawn(command);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    return device;
}

describe.skipIf(!boardsCanRun)("deploy, when something is wrong:", () => {
    async function start(options: BoardOptions = {}): Promise<void> {
        board = await startBoard(options);
        putOld();
    }
    afterEach(() => board.stop());

    it("a connection that breaks in the middle leaves the old executable, and no half one", async () => {
        await start();
        for (const bytes of [300_000, 1_000_000]) {
            board.cutAfter(bytes);
            const { status, stderr } = await deploy();
            expect(stderr).toContain("the connection to board broke");
            expect(status).toBe(1);
            expect(isOld()).toBe(true);
            await untilNoParts();
        }
        expect((await deploy()).status).toBe(0);
        expect(read(usual).equals(built)).toBe(true);
    });

    it("a network that freezes in the middle ends with a time-out", async () => {
        await start({ sshOptions: ["ServerAliveInterval 1", "ServerAliveCountMax 2"] });
        board.freezeAfter(500_000);
        const { status, stderr } = await deploy();
        expect(stderr).toContain("board does not answer any more (time-out)");
        expect(status).toBe(1);
        expect(isOld()).toBe(true);
        board.thaw();
        expect((await deploy()).status).toBe(0);
        expect(parts()).toEqual([]);
    });

    it("a command that is killed in the middle leaves the old executable", async () => {
        await start();
        const frozen = board.freezeAfter(500_000);
        const command = join(root, "ts/cli/maixjs.js");
        // What is killed leaves its private folder behind: below one that goes away.
        const temporary = makeFolder();
        const child = spawn(process.execPath, [command, "deploy", "--device", "board"], {
            env: { ...board.env, TMPDIR: temporary, XDG_RUNTIME_DIR: temporary },
            stdio: "ignore",
        });
        const ended = new Promise((resolve) => child.on("close", (_, signal) => resolve(signal)));
        await frozen;
        child.kill("SIGKILL");
        expect(await ended).toBe("SIGKILL");
        board.thaw();
        await untilNoParts();
        expect(isOld()).toBe(true);
    });

    it("a disk with too little room is said before anything is copied", async () => {
        await start({ tmpfs: { "/small": "300k" } });
        const { status, stderr } = await deploy("--to", "/small/maixjs");
        expect(stderr).toMatch(/board has 307\.2 kB free, and maixjs needs 1\.\d MB\n/);
        expect(status).toBe(1);
        expect(readdirSync(path("small"))).toEqual([]);
    });

    it("a disk that fills up while it is copied leaves the old executable", async () => {
        await start({ tmpfs: { "/small": "600k" } });
        putOld("small/maixjs");
        const device = await connect();
        const program = { name: "maixjs", bytes: built, path: "/small/maixjs", version };
        const error = await copyProgram(device, program, null).catch((reason: unknown) => reason);
        await device.close();
        if (!(error instanceof UserError)) throw new Error("it was copied");
        expect(error.message).toContain("/small/maixjs cannot be written");
        expect(error.hint).toContain("No space left on device");
        expect(isOld("small/maixjs")).toBe(true);
        expect(parts("small")).toEqual([]);
    });

    it("another architecture is said, with those that there are", async () => {
        await start({ without: ["uname"] });
        writeFileSync(path("usr/bin/uname"), "#!/bin/sh\necho armv7l\n", { mode: 0o755 });
        const { status, stderr } = await deploy();
        expect(stderr).toContain("board is a armv7l, and maixjs has no executable for that");
        expect(stderr).toContain("riscv64 and aarch64");
        expect(status).toBe(1);
        expect(isOld()).toBe(true);
    });

    it("a busybox without sha256sum and readlink is enough", async () => {
        await start({ without: ["sha256sum", "readlink"] });
        const { stderr } = await board.sh("sha256sum; readlink");
        expect(stderr).toMatch(/sha256sum: not found\n.*readlink: not found\n/);
        const ended = await deploy();
        expect(ended.status).toBe(0);
        expect(read(usual).equals(built)).toBe(true);
        expect((await deploy()).stderr).toContain("is there already");
    });
});

describe.skipIf(!boardsCanRun)("a MaixCAM2", () => {
    it("gets the executable for its own core", async () => {
        board = await startBoard({ machine: "maixcam2" });
        try {
            const { status, stderr } = await deploy();
            expect(stderr).toContain("maixjs: board: MaixCAM2, aarch64, ");
            expect(status).toBe(0);
            expect(read(usual).equals(readFileSync(join(root, "dist/maixcam2/maixjs")))).toBe(true);
        } finally {
            await board.stop();
        }
    });
});

describe("cksum", () => {
    it.each([0, 1, 255, 256, 70_000])("of %i bytes is that of the system", (length) => {
        const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 7) % 251));
        const { stdout } = spawnSync("cksum", { input: bytes, encoding: "utf8" });
        expect(cksum(bytes)).toBe(stdout.split(" ")[0]);
    });
});

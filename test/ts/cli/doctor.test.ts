// SPDX-License-Identifier: MIT
// `maixjs doctor`: all well, and each line that can be made to fail, with what mends it.

import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import {
    checkClock,
    checkMicrophone,
    checkRoom,
    type Finding,
    MICROPHONE_SCRIPT,
} from "../../../ts/core/doctor.ts";
import { ownVersion } from "../../../ts/core/targets.ts";
import { cli, makeFolder } from "../../support/cli.ts";
import type { Ended } from "../../support/process.ts";
import { executable } from "../../support/run.ts";
import { type Board, type BoardOptions, boardsCanRun, startBoard } from "../../support/sshd.ts";

/** The line of a finding, and those of its fix. */
function lineOf(ended: Ended, what: string): string {
    const lines = ended.stdout.split("\n");
    const at = lines.findIndex(
        (line) => line.slice(6).startsWith(`${what} `) || line.slice(6) === what,
    );
    if (at < 0) throw new Error(`no line "${what}" in:\n${ended.stdout}${ended.stderr}`);
    const next = lines.slice(at + 1).findIndex((line) => !line.startsWith("      "));
    return lines.slice(at, at + 1 + next).join("\n");
}

function marks(ended: Ended): string {
    return [...ended.stdout.matchAll(/^(ok|FAIL|-) +([a-z]+ ?[a-z]*[a-z])/gm)]
        .map(([, mark, what]) => `${mark} ${what}`)
        .join(", ");
}

describe.skipIf(!boardsCanRun)("doctor --device", () => {
    let board: Board;

    async function start(options: BoardOptions = {}): Promise<void> {
        board = await startBoard({ executable: true, ...options });
    }
    function doctor(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
        return cli(["doctor", "--device", "board", "--mic", "sim:tone", ...args], {
            cwd: makeFolder(),
            env: { MAIXJS_SSH_CONFIG: board.sshConfig, ...env },
        });
    }
    afterEach(() => board.stop());

    const before = "ok ssh, ok ssh config, ok network";
    const unseen = [..."architecture,executable,clock,disk,memory,microphone".split(",")]
        .map((what) => `- ${what}`)
        .join(", ");

    it("says ok to everything, with status 0", async () => {
        await start();
        const ended = await doctor();
        expect(marks(ended)).toBe(
            `${before}, ok host key, ok key, ok architecture, ok executable, ok clock, ok disk, ok memory, ok microphone`,
        );
        expect(lineOf(ended, "ssh")).toMatch(/OpenSSH/);
        expect(lineOf(ended, "network")).toBe(`ok    network        127.0.0.1 port ${board.port}`);
        expect(lineOf(ended, "architecture")).toContain("riscv64, MaixCAM-Pro, maixcam-2025");
        expect(lineOf(ended, "executable")).toContain(`maixjs ${ownVersion()}`);
        expect(lineOf(ended, "microphone")).toMatch(/-15 dBFS \(peak -12\)/);
        expect(ended.stderr).toBe("");
        expect(ended.status).toBe(0);
        // No colours where there is no terminal.
        expect(ended.stdout).not.toContain("\u001b");
    });

    it("names a missing ssh", async () => {
        await start();
        const ended = await doctor([], { MAIXJS_SSH: "/no/ssh" });
        expect(marks(ended)).toBe(
            `FAIL ssh, - ssh config, - network, - host key, - key, ${unseen}`,
        );
        expect(lineOf(ended, "ssh")).toContain("/no/ssh is not installed");
        expect(ended.status).toBe(1);
    });

    it("shows what ssh says of its configuration", async () => {
        await start();
        appendFileSync(board.sshConfig, "    NoSuchOption yes\n");
        const ended = await doctor();
        expect(marks(ended)).toContain("FAIL ssh config, - network");
        expect(lineOf(ended, "ssh config").toLowerCase()).toContain("nosuchoption");
    });

    it("says that nobody listens", async () => {
        await start();
        const text = readFileSync(board.sshConfig, "utf8");
        writeFileSync(board.sshConfig, text.replace(/Port \d+/, "Port 1"));
        const ended = await doctor();
        expect(marks(ended)).toBe(
            `ok ssh, ok ssh config, FAIL network, - host key, - key, ${unseen}`,
        );
        expect(lineOf(ended, "network")).toContain("connection refused");
    });

    it("has the exact line for a changed host key", async () => {
        await start();
        await board.changeHostKey();
        const ended = await doctor();
        expect(marks(ended)).toBe(`${before}, FAIL host key, - key, ${unseen}`);
        expect(lineOf(ended, "host key")).toContain(
            `ssh-keygen -f ${board.folder}/known_hosts -R "[127.0.0.1]:${board.port}"\n`,
        );
    });

    it("says how to get to know a host key", async () => {
        await start();
        writeFileSync(join(board.folder, "known_hosts"), "");
        const ended = await doctor();
        expect(lineOf(ended, "host key")).toMatch(/^FAIL .*\n +`ssh board` shows its fingerprint/);
    });

    it("says how to give the board a key", async () => {
        await start();
        writeFileSync(join(board.folder, "authorized_keys"), "");
        const ended = await doctor();
        expect(marks(ended)).toBe(`${before}, ok host key, FAIL key, ${unseen}`);
        expect(lineOf(ended, "key")).toContain("ssh-copy-id board");
    });

    it("fails for an architecture without an executable", async () => {
        await start({ without: ["uname"] });
        writeFileSync(join(board.root, "usr/bin/uname"), "#!/bin/sh\necho armv7l\n", {
            mode: 0o755,
        });
        const ended = await doctor();
        expect(lineOf(ended, "architecture")).toMatch(/^FAIL .*armv7l.*\n.*riscv64 and aarch64/);
        expect(ended.status).toBe(1);
    });

    it("fails for an executable that is missing, old, or does not run", async () => {
        await start();
        const path = join(board.root, "usr/bin/maixjs");
        const fix = "\n      maixjs deploy --device board";
        writeFileSync(path, "#!/bin/sh\necho maixjs 0.0.1\n");
        expect(lineOf(await doctor(), "executable")).toBe(
            `FAIL  executable     /usr/bin/maixjs is maixjs 0.0.1, and this is maixjs ${ownVersion()}${fix}`,
        );
        writeFileSync(path, "#!/bin/sh\necho broken; exit 1\n");
        expect(lineOf(await doctor(), "executable")).toBe(
            `FAIL  executable     /usr/bin/maixjs does not run: broken${fix}`,
        );
        rmSync(path);
        const ended = await doctor();
        expect(lineOf(ended, "executable")).toBe(
            `FAIL  executable     there is no /usr/bin/maixjs${fix}`,
        );
        expect(lineOf(ended, "microphone")).toBe("-     microphone     not looked at");
    });

    it("fails for a wrong clock, and a full disk, at once", async () => {
        await start({ without: ["date"], tmpfs: { "/root": "1m" } });
        writeFileSync(join(board.root, "usr/bin/date"), "#!/bin/sh\necho 86400\n", { mode: 0o755 });
        const ended = await doctor();
        expect(lineOf(ended, "clock")).toMatch(
            /^FAIL +clock +\d+ days behind.*\n +ssh board date -s @\d{10}$/,
        );
        expect(lineOf(ended, "disk")).toMatch(/^FAIL +disk +1\.0 MB free, at least 20\.0 MB/);
        expect(ended.status).toBe(1);
    });

    it("fails for a microphone that is not there", async () => {
        await start();
        const ended = await cli(["doctor", "--device", "board"], {
            cwd: makeFolder(),
            env: { MAIXJS_SSH_CONFIG: board.sshConfig },
        });
        expect(lineOf(ended, "microphone")).toMatch(
            /^FAIL +microphone +.*hw:0,0.*\n +`maixjs devices --device board` lists/,
        );
        expect(ended.status).toBe(1);
    });
});

describe("doctor", () => {
    let cwd: string;
    beforeEach(() => {
        cwd = makeFolder();
    });

    it("looks at this PC", async () => {
        const ended = await cli(["doctor", "--mic", "sim:tone"], { cwd });
        expect(marks(ended)).toBe("ok executable, ok esbuild, ok libasound, ok microphone");
        expect(ended.status).toBe(0);
    });

    it("says that esbuild does not run", async () => {
        const ended = await cli(["doctor", "--mic", "sim:tone"], {
            cwd,
            env: { MAIXJS_ESBUILD: "/no/esbuild" },
        });
        expect(lineOf(ended, "esbuild")).toMatch(/^FAIL .*\/no\/esbuild does not run/);
        expect(ended.status).toBe(1);
    });

    it("says that libasound is missing", async () => {
        // The name that the executable loads, in a file that is no library.
        writeFileSync(join(cwd, "libasound.so.2"), "none");
        const ended = await cli(["doctor", "--mic", "sim:tone"], {
            cwd,
            env: { LD_LIBRARY_PATH: cwd },
        });
        expect(lineOf(ended, "libasound")).toMatch(
            /^FAIL .*\n +on Debian and Ubuntu: apt-get install/,
        );
    });

    it("says that there is no microphone", async () => {
        const ended = await cli(["doctor", "--mic", "hw:77,0"], { cwd });
        expect(lineOf(ended, "microphone")).toMatch(/^FAIL +microphone +.*hw:77,0/);
        expect(ended.status).toBe(1);
    });

    it("takes options only", async () => {
        const ended = await cli(["doctor", "cam"], { cwd });
        expect(ended.stderr).toBe(
            'maixjs: doctor takes no "cam"\n    see `maixjs doctor --help`\n',
        );
        expect(ended.status).toBe(2);
    });
});

describe("a finding", () => {
    const isWell = ({ isWell }: Finding): boolean | null => isWell;

    it("of the clock is about a minute", () => {
        expect(isWell(checkClock(0, ""))).toBe(true);
        expect(isWell(checkClock(-60, ""))).toBe(true);
        expect(checkClock(61, "set").detail).toBe("61 s ahead: files get wrong dates");
        expect(isWell(checkClock(null, ""))).toBe(false);
    });

    it("of room is about what a recording needs", () => {
        expect(isWell(checkRoom("memory", 16e6, String))).toBe(true);
        expect(isWell(checkRoom("memory", 16e6 - 1, String))).toBe(false);
        expect(isWell(checkRoom("disk", 19e6, String))).toBe(false);
        expect(isWell(checkRoom("disk", null, String))).toBe(true);
    });

    function hear(mic: string): Finding {
        const { stdout, stderr } = spawnSync(executable, ["--mic", mic, "-"], {
            input: MICROPHONE_SCRIPT,
            encoding: "utf8",
        });
        return checkMicrophone(stdout, stderr, "maixjs devices");
    }

    it("of the microphone knows silence, and sound that clips", () => {
        expect(hear("sim:tone,dbfs=-40")).toMatchObject({ isWell: true });
        expect(hear("sim:tone,dbfs=0").detail).toContain("too loud");
        expect(hear("sim:tone,dbfs=-200").detail).toContain("gives only zeros");
        expect(hear("sim:tone,unplug_at=100").isWell).toBe(false);
        expect(checkMicrophone("", "a\nterminated\n", "maixjs devices").detail).toBe("terminated");
    });
});

// SPDX-License-Identifier: MIT
// A board that means harm, or is broken: what it says is shown, but a terminal does not obey it, no
// answer keeps a command from ending, and none fills this machine's memory. A program stands for
// ssh: it answers what a test has written, whatever it is asked.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { harmless } from "../../../ts/core/progress.ts";
import { Device } from "../../../ts/core/ssh.ts";
import { cli, makeFolder } from "../../support/cli.ts";
import { type Ended, projectRoot, run } from "../../support/process.ts";

const CONTROL = /(?!\n)\p{Cc}/u;

let folder: string;
let ssh: string;

beforeEach(() => {
    folder = makeFolder();
    mkdirSync(join(folder, "../home"));
    ssh = join(folder, "../ssh");
    delete process.env.MAIXJS_SSH;
});

afterEach(() => {
    delete process.env.MAIXJS_SSH;
});

/** `program`: lines of sh that make the answer. */
function boardThat(program: string): void {
    const text = `#!/bin/sh
case "$* " in
"-G "* | *" -f -N "* | *" -O exit "*) exit 0 ;;
esac
${program}
`;
    writeFileSync(ssh, text, { mode: 0o755 });
}

/** `answer`: its standard output. */
function boardThatSays(answer: string): void {
    const file = join(folder, "../answer");
    writeFileSync(file, answer);
    boardThat(`cat > /dev/null; exec cat '${file}'`);
}

function maixjs(...args: string[]): Promise<Ended> {
    const env = { MAIXJS_SSH: ssh, TMPDIR: join(folder, "..") };
    return cli([...args, "--device", "board"], { cwd: folder, env });
}

/** The lines of `maixjs apps`. */
function appAnswer(name: string, yaml: string, length = `${Buffer.byteLength(yaml)}`): string {
    return `maixjs-apps:app ${length} ${name}\n${yaml}\n`;
}

const none = "maixjs-apps:autostart \n";
const good = "id: good\nname: Good\nversion: 1.0.0\n";

describe("what a terminal would obey", () => {
    it("is shown for what it is in the list of apps", async () => {
        const yaml = 'id: evil\nname: "\\e]52;c;ZXZpbA==\\a\\e[2J\\x9b2J"\nversion: 1.0.0\n';
        boardThatSays(`${none}${appAnswer("evil", yaml)}${appAnswer("\u001b[2Jfolder", "")}`);
        const { status, stdout, stderr } = await maixjs("apps");
        expect(status).toBe(0);
        expect(stdout).toContain("evil  1.0.0  \\u{1b}]52;c;ZXZpbA==\\u{7}\\u{1b}[2J\\u{9b}2J\n");
        expect(stderr).toContain("\\u{1b}[2Jfolder is no app");
        expect(stdout + stderr).not.toMatch(CONTROL);
    });

    it("is not a line's end, whichever that is, nor a colour", () => {
        const fine = "one\r\ntwo\tthree\n\u001b[31mred\u001b[39m";
        expect(harmless(fine)).toBe(fine);
        expect(harmless("a\rb\u001b[31")).toBe("a\\u{d}b\\u{1b}[31");
    });

    it("is shown for what it is in names, errors and hints", async () => {
        boardThatSays("maixjs-apps:autostart \u001b[2Jx\n");
        const autostart = await maixjs("autostart");
        expect(autostart.stdout).toBe("\\u{1b}[2Jx starts at boot\n");
        boardThatSays(
            "@machine riscv64\n@name \u001b]0;x\u0007\n@executable /x\n@broken \u001bc\n",
        );
        const deploy = await maixjs("deploy");
        const doctor = await maixjs("doctor");
        expect(deploy.stderr).toContain("\\u{1b}]0;x\\u{7}");
        expect(doctor.stdout).toContain("\\u{1b}]0;x\\u{7}");
        for (const { stdout, stderr } of [deploy, doctor]) {
            expect(stdout + stderr).not.toMatch(CONTROL);
        }
    });
});

describe("an answer", () => {
    it.each([
        ["that is cut", `${none}maixjs-apps:app 5`],
        ["with a length below zero", none + appAnswer("x", "y", "-40")],
        ["with a length that is none", none + appAnswer("x", "y", "x")],
        ["with a length beyond its end", none + appAnswer("x", "y", "999999")],
    ])("%s ends the list of apps", async (_, answer) => {
        boardThatSays(answer);
        const { status, stderr } = await maixjs("apps");
        expect(stderr).toBe("maixjs: the board's list of apps makes no sense\n");
        expect(status).toBe(1);
    });

    it("is ours, not one that an app's app.yaml imitates", async () => {
        const yaml = `${good}desc: |\n  x\nmaixjs-apps:error none: 1\n`;
        boardThatSays(`${none}${appAnswer("good", yaml)}`);
        const { status, stdout } = await maixjs("apps");
        expect(stdout).toBe("good  1.0.0  Good\n");
        expect(status).toBe(0);
    });

    it("that nobody reads to its end is no reason to stay", async () => {
        boardThat("head -c 5000000 /dev/zero | tr '\\0' x");
        const maixjs = `'${process.execPath}' '${join(projectRoot, "ts/cli/maixjs.js")}'`;
        const script = `{ ${maixjs} logs --device board; echo "status $?" >&2; } | head -c 3`;
        const env = { MAIXJS_SSH: ssh, TMPDIR: join(folder, "..") };
        const ended = await run(["-c", script], { command: "sh", cwd: folder, env });
        expect(ended.stdout).toBe("xxx");
        expect(ended.stderr).toBe("status 0\n");
    });

    it("that nobody reads at all, or no disk has room for, is no bug of ours", async () => {
        const answer = join(folder, "answer");
        writeFileSync(answer, none + appAnswer("good", good));
        boardThat(`until [ -e gone ]; do sleep 0.01; done; cat '${answer}'`);
        const maixjs = `'${process.execPath}' '${join(projectRoot, "ts/cli/maixjs.js")}'`;
        const apps = `${maixjs} apps --device board`;
        const env = { MAIXJS_SSH: ssh, TMPDIR: join(folder, "..") };
        const shell = (script: string) => run(["-c", script], { command: "sh", cwd: folder, env });
        const unread = await shell(
            `{ ${apps}; echo "status $?" >&2; } | { exec 0<&-; touch gone; }`,
        );
        expect(unread.stderr).toBe("status 0\n");
        const full = await shell(`${apps} > /dev/full`);
        expect(full.stderr).toBe("maixjs: cannot write: ENOSPC: no space left on device, write\n");
        expect(full.status).toBe(1);
    });

    it("without an end is not kept", async () => {
        process.env.MAIXJS_SSH = ssh;
        boardThat("head -c 20000000 /dev/zero >&2; echo end >&2");
        const device = await Device.connect("board");
        const { stderr } = await device.exec(["true"]);
        await device.close();
        expect(stderr.length).toBeLessThan(100_000);
        expect(stderr.endsWith("end\n")).toBe(true);
    });
});

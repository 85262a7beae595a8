// SPDX-License-Identifier: MIT
// What ssh and the commands do on a terminal: questions, passwords, bars, colours, Ctrl-C.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { makeFolder } from "../../support/cli.ts";
import { type Board, type BoardOptions, boardsCanRun, startBoard } from "../../support/sshd.ts";
import { cliAtTerminal, type Step, type TerminalEnded } from "../../support/terminal.ts";
import { hasTool } from "../../support/tools.ts";

const ESC = "\u001b";
const CTRL_C = "\u0003";

describe.skipIf(!boardsCanRun || !hasTool("python3"))("on a terminal", () => {
    let board: Board;

    async function start(options: BoardOptions = {}): Promise<void> {
        board = await startBoard({ executable: true, ...options });
    }
    function maixjs(
        args: readonly string[],
        steps: readonly Step[],
        env: NodeJS.ProcessEnv = {},
    ): Promise<TerminalEnded> {
        const own = { MAIXJS_SSH_CONFIG: board.sshConfig, MAIXJS_DEVICE: "board", ...env };
        return cliAtTerminal(args, makeFolder(), own, steps);
    }
    afterEach(() => board.stop());

    it("an unknown host key is shown and asked about, once; yes is remembered", async () => {
        await start();
        const knownHosts = join(board.folder, "known_hosts");
        const key = readFileSync(knownHosts, "utf8").split(" ")[2]?.trim();
        writeFileSync(knownHosts, "");
        const question = "Are you sure you want to continue connecting";
        const ended = await maixjs(
            ["stop"],
            [
                ["expect", "key fingerprint is SHA256:"],
                ["expect", question],
                ["send", "yes\n"],
            ],
        );
        expect(ended.failure).toBeNull();
        expect(ended.text).toContain("nothing is running");
        expect(ended.text.split(question)).toHaveLength(2);
        expect(ended.status).toBe(0);
        expect(readFileSync(knownHosts, "utf8")).toContain(key);
    });

    it("an unknown host key that is not the board's is refused by no", async () => {
        await start();
        writeFileSync(join(board.folder, "known_hosts"), "");
        const ended = await maixjs(
            ["stop"],
            [
                ["expect", "continue connecting"],
                ["send", "no\n"],
            ],
        );
        expect(ended.text).toContain("ssh does not know the host key of board yet");
        expect(ended.status).toBe(1);
        expect(readFileSync(join(board.folder, "known_hosts"), "utf8")).toBe("");
    });

    it("a password is asked for once, and shown nowhere", async () => {
        await start({ password: true, sshOptions: ["PubkeyAuthentication no"] });
        const ended = await maixjs(
            ["doctor", "--mic", "sim:tone"],
            [
                ["expect", "password:"],
                ["send", "root\n"],
            ],
        );
        expect(ended.failure).toBeNull();
        expect(ended.text.split("password:")).toHaveLength(2);
        expect(ended.text.slice(ended.text.indexOf("password:"))).not.toMatch(/^[^\n]*root/);
        expect(ended.text).not.toContain("FAIL");
        expect(ended.status).toBe(0);
    });

    it("a wrong password is no endless question", async () => {
        await start({ password: true, sshOptions: ["PubkeyAuthentication no"] });
        const wrong: Step[] = [
            ["expect", "password:"],
            ["send", "wrong\n"],
        ];
        const ended = await maixjs(["stop"], [...wrong, ...wrong, ...wrong]);
        expect(ended.failure).toBeNull();
        expect(ended.text).toContain("board lets ssh not in (it takes: publickey,password)");
        expect(ended.status).toBe(1);
    });

    it("a copy has a bar that goes away", async () => {
        await start({ executable: false });
        const ended = await maixjs(["deploy"], [["expect", "] 100 %"]]);
        expect(ended.failure).toBeNull();
        const bar = `${ESC}[Kmaixjs: maixjs to board [####`;
        expect(ended.text).toContain(bar);
        const [, last = ""] = /\r([^\r]*) is at \/usr\/bin\/maixjs\r\n/.exec(ended.text) ?? [];
        expect(last.startsWith(`${ESC}[K`)).toBe(true);
        expect(last).toMatch(/maixjs: maixjs \(1\.\d MB\)$/);
        expect(ended.status).toBe(0);
    });

    it("a checklist has colours, and none where they are not wanted", async () => {
        await start();
        const args = ["doctor", "--mic", "sim:tone"];
        expect((await maixjs(args, [])).text).toContain(`${ESC}[32mok  ${ESC}[39m  ssh`);
        expect((await maixjs(args, [], { NO_COLOR: "1" })).text).not.toContain(ESC);
        expect((await maixjs(args, [], { TERM: "dumb" })).text).not.toContain(ESC);
    });

    it("Ctrl-C ends a copy, its connection, and leaves nothing in the temporary folder", async () => {
        await start({ executable: false });
        const temporary = makeFolder();
        // It cannot end before the key is pressed.
        void board.freezeAfter(600_000);
        const ended = await maixjs(
            ["deploy"],
            [
                ["expect", " %"],
                ["send", CTRL_C],
            ],
            { TMPDIR: temporary, XDG_RUNTIME_DIR: temporary },
        );
        expect(ended.status).toBe(130);
        board.thaw();
        expect(readdirSync(temporary)).toEqual([]);
        // The board's own processes end in their own time.
        const rest = "ps | grep '[s]shd: root' || ls /usr/bin/maixjs*";
        while ((await board.sh(rest)).status === 0) {
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
    });
});

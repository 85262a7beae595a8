// SPDX-License-Identifier: MIT
// An app on a board as its launcher runs it: packed and installed from the PC, started by its stub,
// its output read and the app stopped from the PC.
//
// The launcher itself is vendors' and not there: this test does what it does. It starts the
// executable <id> in the app's folder, with APP_START_PARAM, standard output to a file.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { cli, makeFolder } from "../../support/cli.ts";
import type { Ended } from "../../support/process.ts";
import { type Board, boardsCanRun, startBoard } from "../../support/sshd.ts";

const yaml = "id: my_app\nname: My App\nversion: 1.0.0\nauthor: Me\ndesc: It records\n";
const script = `
import { app, audio } from "maix";
console.log(app.appId(), "started with", app.getStartParam());
console.error("to standard error");
const r = new audio.Recorder("take.wav", { device: "sim:ramp", sampleRate: 16000 });
for await (const chunk of r.stream({ ms: 50 })) {
    if (chunk.frame === 0) console.log("recording");
}
console.log("stopped,", r.finish().frames > 0);
`;

let board: Board;

const at = (path: string): string => join(board.root, path);
const log = "/maixapp/tmp/last_run.log";

function on(args: readonly string[], cwd = makeFolder()): Promise<Ended> {
    return cli([...args, "--device", board.target], {
        cwd,
        env: { MAIXJS_SSH_CONFIG: board.sshConfig },
    });
}

/** Starts an app; `ended` resolves with its exit status. */
function launch(id: string): Promise<{ readonly status: number | null }> {
    return board.sh(
        `cd /maixapp/apps/${id} && HOME=/ APP_START_PARAM="a b" ./${id} >${log} 2>/dev/null`,
    );
}

/** Resolves once the app has printed this. */
async function untilLogged(words: string): Promise<void> {
    while (!existsSync(at(log)) || !readFileSync(at(log), "utf8").includes(words)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

describe.skipIf(!boardsCanRun)("an app", () => {
    beforeAll(async () => {
        board = await startBoard({ executable: true });
    });
    afterAll(async () => {
        await board?.stop(); // undefined: it did not start
    });

    it("is packed, installed, launched, read, stopped, started at boot, removed", async () => {
        const project = makeFolder({ "app.yaml": yaml, "main.ts": script });
        expect(await on(["install"], project)).toMatchObject({ status: 0 });
        const ended = launch("my_app");
        await untilLogged("recording\n");

        const running = await on(["logs"]);
        expect(running.stdout).toContain("my_app started with a b\n");
        expect(running.stdout).toContain("to standard error\n");

        expect((await on(["install"], project)).stderr).toContain("my_app is in use: process ");
        const stopped = await on(["stop"]);
        expect(stopped.status).toBe(0);
        expect(stopped.stdout + stopped.stderr).toContain("my_app");
        expect((await ended).status).toBe(0);
        expect(readFileSync(at(log), "utf8")).toBe(
            "my_app started with a b\nrecording\nstopped, true\n",
        );
        expect((await on(["logs"])).stdout).toContain("stopped, true\n");
        const take = readFileSync(at("/maixapp/apps/my_app/take.wav"));
        expect(take.readUInt32LE(40)).toBe(take.length - 44);

        expect((await on(["autostart", "my_app"])).status).toBe(0);
        // What the board's init does with the file.
        expect(readFileSync(at("/maixapp/auto_start.txt"), "utf8")).toBe("my_app");
        expect((await on(["install"], project)).stdout).toContain("updated my_app");
        expect(readFileSync(at("/maixapp/apps/my_app/take.wav")).equals(take)).toBe(true);

        expect((await on(["uninstall", "my_app"])).status).toBe(0);
        expect(existsSync(at("/maixapp/apps/my_app"))).toBe(false);
        expect(existsSync(at("/maixapp/auto_start.txt"))).toBe(false);
    });

    it("shows errors at TypeScript positions, and ends with the script's status", async () => {
        const bad = 'const word: string = "x";\nthrow new Error(word);\n';
        const project = makeFolder({ "app.yaml": yaml, "main.ts": bad });
        expect((await on(["install"], project)).status).toBe(0);
        expect((await launch("my_app")).status).toBe(1);
        expect((await on(["logs"])).stdout).toMatch(/Error: x[\s\S]*main\.ts:2:\d/);
    });

    it("tells the launcher where maixjs is missing", async () => {
        await board.sh("mv /usr/bin/maixjs /usr/bin/elsewhere");
        try {
            expect((await launch("my_app")).status).toBe(1);
            const text = readFileSync(at(log), "utf8");
            expect(text).toMatch(/^maixjs is not installed on this board; .*maixjs deploy.*\n$/);
            const message = readFileSync(at("/maixapp/tmp/app_exit_msg.txt"), "utf8");
            expect(message).toBe(`my_app\n15\n${text}`);
            // Where `deploy` puts it for a user who is not root.
            await board.sh("mkdir -p /.local/bin && ln -s /usr/bin/elsewhere /.local/bin/maixjs");
            expect((await launch("my_app")).status).toBe(1);
            expect(readFileSync(at(log), "utf8")).toBe("");
        } finally {
            await board.sh("mv /usr/bin/elsewhere /usr/bin/maixjs; rm -rf /.local");
        }
    });
});

// SPDX-License-Identifier: MIT
// dist/cli: a bundle for each command, of which nothing depends on this machine or on Linux.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { buildCli, commandFiles } from "../../toolchain/cli.mjs";
import { makeFolder } from "../support/cli.ts";
import { root } from "../support/files.ts";
import type { Ended } from "../support/process.ts";
import { boardsCanRun, startBoard } from "../support/sshd.ts";

beforeAll(() => buildCli());

const names = (): string[] =>
    commandFiles().map((path) => path.slice(path.lastIndexOf("/") + 1, -".ts".length));

describe("dist/cli", () => {
    it("has a file for each command, and of what every target's esbuild is", () => {
        const files = readdirSync(join(root, "dist/cli")).sort();
        expect(files).toEqual([...names().map((name) => `${name}.js`), "esbuild.json"].sort());
        const locked: unknown = JSON.parse(
            readFileSync(join(root, "dist/cli/esbuild.json"), "utf8"),
        );
        expect(locked).toMatchObject({
            "linux-riscv64": { integrity: expect.stringMatching(/^sha512-/) },
        });
    });

    it("has the commands that maixjs.js knows, named as their files", async () => {
        const text = readFileSync(join(root, "ts/cli/maixjs.js"), "utf8");
        const list = /const commands = \[([\s\S]*?)\n\];/.exec(text)?.[1] ?? "";
        const known = [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name);
        expect(known.sort()).toEqual(names().sort());
        for (const name of names()) {
            const { default: command } = await import(join(root, `dist/cli/${name}.js`));
            expect(command.name).toBe(name);
        }
    });

    it("holds nothing of the machine that built it", () => {
        for (const name of names()) {
            expect(readFileSync(join(root, `dist/cli/${name}.js`), "utf8")).not.toContain(root);
        }
    });
});

/** The command, in a process that takes itself to be on another system. */
function elsewhere(
    platform: NodeJS.Platform,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    command = join(root, "ts/cli/maixjs.js"),
): Promise<Ended> {
    const lie = `Object.defineProperty(process, "platform", { value: "${platform}" })`;
    const first = ["--import", `data:text/javascript,${encodeURIComponent(lie)}`];
    const child = spawn(process.execPath, [...first, command, ...args], {
        cwd: makeFolder(),
        env: { ...process.env, TEMP: tmpdir(), ...env }, // Windows' name of it
        stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
    });
    return new Promise((resolve) => {
        child.on("close", (status, signal) => resolve({ status, signal, stdout, stderr }));
    });
}

describe.each(["darwin", "win32"] as const)("on %s", (platform) => {
    it("scripts on the PC itself are said to need Linux", async () => {
        for (const args of [["record.ts"], ["run", "record.ts"], ["devices"], []]) {
            const { status, stderr } = await elsewhere(platform, args);
            expect(stderr).toContain("needs Linux");
            expect(stderr).not.toContain("    at ");
            expect(status).toBe(1);
        }
    });

    it("--help lists the commands", async () => {
        const { status, stdout } = await elsewhere(platform, ["--help"]);
        expect(stdout).toContain("maixjs deploy");
        expect(status).toBe(0);
    });

    it("doctor says the same, and points to boards", async () => {
        const { status, stdout } = await elsewhere(platform, ["doctor"]);
        expect(stdout).toMatch(/^FAIL +executable +.*needs Linux.*\n +a board needs none of this/);
        expect(status).toBe(1);
    });

    it.skipIf(!boardsCanRun)("deploy, doctor, logs and stop work with a board", async () => {
        const board = await startBoard();
        try {
            const env = { MAIXJS_SSH_CONFIG: board.sshConfig, MAIXJS_DEVICE: "board" };
            expect((await elsewhere(platform, ["deploy"], env)).stderr).toContain("is at /usr/bin");
            const doctor = await elsewhere(platform, ["doctor", "--mic", "sim:tone"], env);
            expect(doctor.stdout).not.toContain("FAIL");
            expect(doctor.status).toBe(0);
            const stop = await elsewhere(platform, ["stop"], env);
            expect(stop.stdout + stop.stderr).toContain("nothing is running");
        } finally {
            await board.stop();
        }
    });
});

describe("a checkout", () => {
    function makeCheckout(...without: string[]): string {
        const folder = makeFolder({ "build.zig": "" });
        for (const path of ["ts", "toolchain/targets.json", "package.json", "dist/cli"]) {
            if (!without.includes(path)) {
                cpSync(join(root, path), join(folder, path), { recursive: true });
            }
        }
        symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
        return folder;
    }

    it("without built commands says what builds them", async () => {
        const command = join(makeCheckout("dist/cli"), "ts/cli/maixjs.js");
        const { status, stderr } = await elsewhere("linux", ["deploy"], {}, command);
        expect(stderr).toMatch(
            /^maixjs: .*deploy\.js is missing; `npm run build` in .* makes it\n$/,
        );
        expect(status).toBe(1);
    });

    it.skipIf(!boardsCanRun)("without boards' executables says what builds them", async () => {
        const board = await startBoard();
        try {
            const folder = makeCheckout();
            const env = { MAIXJS_SSH_CONFIG: board.sshConfig };
            const args = ["deploy", "--device", "board"];
            const command = join(folder, "ts/cli/maixjs.js");
            const { status, stderr } = await elsewhere("linux", args, env, command);
            expect(stderr).toContain(`    \`npm run build:boards\` in ${folder} makes it\n`);
            expect(status).toBe(1);
            mkdirSync(join(folder, "dist/maixcam"), { recursive: true });
            writeFileSync(join(folder, "dist/maixcam/maixjs"), "#!/bin/sh\necho no\n");
            const broken = await elsewhere("linux", args, env, command);
            expect(broken.stderr).toContain("maixjs does not run on the board; what was there");
        } finally {
            await board.stop();
        }
    });
});

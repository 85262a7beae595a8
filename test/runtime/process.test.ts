// SPDX-License-Identifier: MIT
// The global `process`: signals, exit code, working folder.

import { describe, expect, it } from "vitest";

import { runScript, temporaryFolder } from "../support/run.ts";

describe("process.on", () => {
    it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("is told of %s", async (signal) => {
        const code = `
            import { app } from "maix";
            process.on("${signal}", (name, number) => {
                console.log(name, number, app.needExit());
                setTimeout(() => console.log("too late"), 1);
                Promise.resolve().then(() => console.log("job"));
            });
            process.once("${signal}", () => console.log("once"));
            const gone = () => console.log("never");
            console.log(process.on("${signal}", gone).off("${signal}", gone) === process);
            setInterval(() => {}, 1000);
            console.log("ready");
        `;
        const kill = { signal, when: (text: string) => text.includes("ready") };
        const ended = await runScript(code, { kill });
        const number = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }[signal];
        expect(ended.stdout).toBe(`true\nready\n${signal} ${number} true\nonce\njob\n`);
        expect([ended.stderr, ended.status]).toEqual(["", 0]);
    });

    it("does not keep a program running, nor is it told of other ends", async () => {
        const ended = await runScript(`
            import { app } from "maix";
            process.on("SIGINT", () => console.log("never"));
            app.setExitFlag(true);
            console.log("end");
        `);
        expect([ended.stdout, ended.stderr, ended.status]).toEqual(["end\n", "", 0]);
    });

    it("shows a listener's error as uncaught", async () => {
        const code =
            'process.on("SIGINT", () => { throw new Error("in it"); }); setInterval(() => {}, 1000); console.log("ready");';
        const kill = { signal: "SIGINT", when: (text: string) => text.includes("ready") } as const;
        const ended = await runScript(code, { kill });
        expect(ended.stderr).toContain("Error: in it");
        expect(ended.status).toBe(1);
    });

    it.each([
        [
            'process.on("exit", () => {})',
            'RangeError: process.on knows SIGINT, SIGTERM and SIGHUP, not "exit"',
        ],
        ["process.on(5, () => {})", "TypeError: process.on: the event"],
        ['process.on("SIGINT", 5)', "TypeError: process.on: the listener must be a function"],
    ])("refuses %s", async (code, message) => {
        const ended = await runScript(code);
        expect(ended.stderr).toContain(message);
    });
});

describe("process", () => {
    it("has an exit code, which exit() takes", async () => {
        expect((await runScript("process.exitCode = 7;")).status).toBe(7);
        expect((await runScript("process.exitCode = 7; process.exit();")).status).toBe(7);
        expect((await runScript("process.exitCode = 7; process.exit(2);")).status).toBe(2);
        expect(
            (await runScript("process.exitCode = 7; process.exitCode = undefined;")).status,
        ).toBe(0);
        expect((await runScript('process.exitCode = 7; throw new Error("x");')).status).toBe(1);
        expect((await runScript("process.exitCode = 256;")).stderr).toContain("RangeError");
    });

    it("knows its folder and its number", async () => {
        const cwd = temporaryFolder();
        const ended = await runScript(
            'import * as os from "qjs:os"; console.log(process.cwd(), process.pid === os.getpid());',
            { cwd },
        );
        expect(ended.stdout).toBe(`${cwd} true\n`);
    });
});

// SPDX-License-Identifier: MIT
// How programs stop: the first signal asks, a second one or time forces. Nothing here measures time:
// programs print when they are ready, and how they ended tells which way they took.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createFolder, type Ended, executable, run, writeFiles } from "../support/process.ts";

let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder = createFolder();
});
afterEach(() => folder.remove());

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const numbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 };

/** Runs a script in a folder of its own, and sends the signal once it printed "up". */
async function stopped(text: string, signal: NodeJS.Signals = "SIGINT"): Promise<Ended> {
    const own = createFolder();
    try {
        writeFiles(own.work, { "script.ts": text });
        return await run(["script.ts"], {
            cwd: own.work,
            signal,
            stopWhen: (stdout) => stdout.includes("up\n"),
        });
    } finally {
        own.remove();
    }
}

describe("the first signal", () => {
    it.each(signals)("%s sets the exit flag of a loop that looks at it", async (signal) => {
        const ended = await stopped(
            `import { app, time } from "maix";
             console.log("up");
             while (!app.needExit()) time.sleepMs(60_000);
             console.log("finish!", app.needExit(), app.running());`,
            signal,
        );
        expect(ended).toEqual({
            status: 0,
            signal: null,
            stdout: "up\nfinish! true false\n",
            stderr: "",
        });
    });

    it.each(signals)("%s ends an idle event loop", async (signal) => {
        const ended = await stopped(
            "setInterval(() => {}, 1e9); setTimeout(() => console.log('never'), 1e6);" +
                "console.log('up');",
            signal,
        );
        expect(ended).toEqual({ status: 0, signal: null, stdout: "up\n", stderr: "" });
    });

    it("of a closed standard output ends a script that goes on, too", async () => {
        writeFiles(folder.work, { "yes.js": "for (;;) console.log('y');" });
        const ended = await run(["-c", '{ "$0" yes.js; echo $? >&2; } | head -n 1', executable], {
            cwd: folder.work,
            command: "sh",
        });
        expect(ended).toEqual({ status: 0, signal: null, stdout: "y\n", stderr: "141\n" });
    });

    it("ends a loop that waits only through qjs:os", async () => {
        const ended = await stopped(
            `import * as os from "qjs:os"; os.setTimeout(() => {}, 1e8); console.log("up");`,
        );
        expect([ended.status, ended.stdout]).toEqual([0, "up\n"]);
    });

    it("lets a short timer that was started before come to its end", async () => {
        const ended = await stopped(`
            import { app } from "maix";
            console.log("up");
            while (!app.needExit()) await new Promise((r) => setTimeout(r, 50));
            console.log("finish!");
        `);
        expect([ended.status, ended.stdout]).toEqual([0, "up\nfinish!\n"]);
    });

    it("interrupts what the script's thread waits in", async () => {
        const ended = await stopped(`
            import * as std from "qjs:std";
            import * as os from "qjs:os";
            console.log("up");
            const [read, write] = os.pipe()!;
            os.read(read, new ArrayBuffer(1), 0, 1);
            console.log("back");
            void std; void write;
        `);
        expect([ended.status, ended.stdout]).toEqual([0, "up\nback\n"]);
    });

    it("can be taken back", async () => {
        const ended = await stopped(`
            import { app, time } from "maix";
            console.log("up");
            while (!app.needExit()) time.sleepMs(10_000);
            app.setExitFlag(false);
            await new Promise((r) => setTimeout(r, 5));
            console.log(app.needExit());
        `);
        expect([ended.status, ended.stdout]).toEqual([0, "up\nfalse\n"]);
    });
});

describe("scripts that ignore the flag", () => {
    // Each waits three seconds for the force, so they wait together.
    it.concurrent.each([
        ["a loop", "while (true) {}"],
        ["a loop that catches everything", "for (;;) { try { while (true) {} } catch {} }"],
        ["a loop in an async function", "async function f() { await null; while (true) {} } f();"],
        ["endless promise jobs", "const f = () => { Promise.resolve().then(f); }; f();"],
        ["a generator", "function* g() { for (;;) yield 1; } for (const x of g()) void x;"],
    ])("%s: are interrupted, and their status tells the signal", async (_, text) => {
        const both = ["SIGINT", "SIGTERM"] as const;
        const ended = await Promise.all(
            both.map((signal) => stopped(`console.log("up"); ${text}`, signal)),
        );
        for (const [i, signal] of both.entries()) {
            expect([ended[i]?.status, ended[i]?.stdout]).toEqual([128 + numbers[signal], "up\n"]);
        }
    });

    it.concurrent("are ended by the watchdog where the engine cannot be interrupted", async () => {
        const ended = await stopped(`
            console.log("up");
            const long = "a".repeat(28) + "b";
            for (;;) /^(a+)+$/.test(long);
        `);
        expect([ended.status, ended.stdout]).toEqual([130, "up\n"]);
    });

    it("end with 124 after --timeout", async () => {
        const ended = await run(["--timeout", "50", "-e", "for (;;);"], { cwd: folder.work });
        expect([ended.status, ended.stdout]).toEqual([124, ""]);
    });

    it("end with 125 beyond --memory-limit, which they can catch", async () => {
        const text = "const all = []; for (;;) all.push(new Array(1e5).fill(0));";
        const ended = await run(["--memory-limit", "32M", "-e", text], { cwd: folder.work });
        expect([ended.status, ended.stderr]).toEqual([
            125,
            expect.stringMatching(/^InternalError: out of memory/m),
        ]);
        const caught = await run(
            ["--memory-limit", "32M", "-e", `try { ${text} } catch { console.log("caught"); }`],
            { cwd: folder.work },
        );
        expect([caught.status, caught.stdout]).toEqual([0, "caught\n"]);
    });
});

describe("signals that were ignored when the program started", () => {
    /** Starts the script from a shell that ignores `ignored`, and sends `sent`. */
    function ignoring(ignored: string, sent: NodeJS.Signals, text: string): Promise<Ended> {
        writeFiles(folder.work, { "script.ts": text });
        return run(["-c", `trap '' ${ignored}; exec "$0" script.ts`, executable], {
            cwd: folder.work,
            command: "bash",
            signal: sent,
            stopWhen: (stdout) => stdout.includes("up\n"),
        });
    }

    it("stop it all the same: a script started with & ignores SIGINT", async () => {
        const ended = await ignoring(
            "INT",
            "SIGINT",
            "setInterval(() => {}, 1e9);console.log('up')",
        );
        expect([ended.status, ended.signal]).toEqual([0, null]);
    });

    it("but not SIGHUP under nohup", async () => {
        writeFiles(folder.work, {
            "script.ts": `
                import { app, time } from "maix";
                console.log("up");
                while (!app.needExit()) time.sleepMs(1);
                console.log("stopped");`,
        });
        const child = spawn("bash", ["-c", `trap '' HUP; exec "$0" script.ts`, executable], {
            cwd: folder.work,
            env: { ...process.env, XDG_CACHE_HOME: join(folder.work, "../cache") },
        });
        let stdout = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
            stdout += text;
            // The hangup is delivered before the termination: had it counted, SIGTERM would force.
            if (stdout === "up\n") {
                child.kill("SIGHUP");
                child.kill("SIGTERM");
            }
        });
        const status = await new Promise((resolve) => child.on("close", resolve));
        expect([status, stdout]).toEqual([0, "up\nstopped\n"]);
    });
});

// SPDX-License-Identifier: MIT
// How what runs through the channel is stopped: asked, forced, or left alone by its client. Nothing
// here measures time: what came out tells which way a run took.

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { createFolder } from "../support/process.ts";
import { maixjs, temporaryFolder } from "../support/run.ts";
import {
    eventually,
    finished,
    isRunning,
    logIn,
    printedPid,
    runBundle,
    start,
    waiting,
} from "./control_client.ts";

describe("a stop", () => {
    it("sets the exit flag, once", async () => {
        const control = start(
            waiting(
                "",
                // Longer than the time in which a second signal is overlooked.
                `console.log("stopping");
                 const end = time.ticksMs() + 600; while (time.ticksMs() < end);`,
            ),
        );
        await control.untilPrinted("up");
        control.send("s");
        await control.untilPrinted("stopping");
        for (let i = 0; i < 20; i++) control.send("s");
        const ended = await control.ended();
        expect([ended.status, String(ended.stderr)]).toEqual([0, ""]);
        expect(String(ended.stdout)).toMatch(/^up \d+\nstopping\nfinish!\n$/);
    });

    it("that comes before the script has begun is a stop, not a kill", async () => {
        const control = start("for (;;) await new Promise((r) => setTimeout(r, 1e9));");
        control.send("s");
        expect((await control.ended()).status).toBe(0);
    });

    it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
        "is also %s to the supervisor",
        async (signal) => {
            const control = start(waiting());
            await control.untilPrinted("up");
            control.child.kill(signal);
            const ended = await control.ended();
            expect([ended.status, ended.exit]).toEqual([0, 0]);
            expect(String(ended.stdout)).toMatch(finished);
        },
    );

    it("reaches what the script has started, as a terminal's would", async () => {
        const control = start(`
            import * as os from "qjs:os";
            console.log("up");
            console.log(os.exec(["sh", "-c", "echo child; exec sleep 1000"]));`);
        await control.untilPrinted("child");
        control.send("s");
        const ended = await control.ended();
        expect(String(ended.stdout)).toBe("up\nchild\n-2\n");
    });
});

describe("a force", () => {
    it.each([
        ["by itself", ["f"]],
        ["right behind a stop", ["s", "f"]],
        ["and another", ["f", "f", "s"]],
    ])("%s interrupts a script that goes on", async (_, frames) => {
        const control = start(`console.log("up"); for (;;);`);
        await control.untilPrinted("up");
        for (const type of frames) control.send(type);
        const ended = await control.ended();
        expect([ended.status, ended.exit, String(ended.stdout)]).toEqual([130, 130, "up\n"]);
    });

    it("closes recordings", async () => {
        const folder = temporaryFolder();
        const control = start(
            `import { audio } from "maix";
             const r = new audio.Recorder("a.wav");
             for (let i = 0; ; i++) { r.save(50); if (i === 3) console.log("up"); }`,
            { folder, options: ["--mic", "sim:ramp"] },
        );
        await control.untilPrinted("up");
        control.send("f");
        expect((await control.ended()).status).toBe(130);
        checkWav(join(folder, "home/maixjs/a.wav"));
    });
});

/** A file that was closed as it must be; returns its frames (mono, 16 bit). */
function checkWav(path: string): number {
    const bytes = readFileSync(path);
    expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8);
    expect(bytes.readUInt32LE(40)).toBe(bytes.length - 44);
    for (let i = 0; i < (bytes.length - 44) / 2; i++) {
        if (bytes.readUInt16LE(44 + 2 * i) !== (i & 0xffff)) throw new Error(`frame ${i} is wrong`);
    }
    expect(bytes.length).toBeGreaterThan(44);
    return (bytes.length - 44) / 2;
}

describe("a connection", () => {
    const recording = `
        import { app, audio } from "maix";
        const r = new audio.Recorder("a.wav");
        let frames = 0;
        for (let i = 0; !app.needExit(); i++) { frames += r.save(50); if (i === 3) console.log("up", process.pid); }
        console.log("frames", frames);
        r.finish();`;
    const options = ["--mic", "sim:ramp"];

    it("that ends in the middle of a recording closes it, whole", async () => {
        const folder = temporaryFolder();
        const control = start(recording, { folder, options });
        await control.untilPrinted("up");
        control.child.stdin.end();
        const ended = await control.ended();
        expect([ended.status, ended.exit]).toEqual([0, 0]);
        expect(ended.notices[1]).toBe("the connection has ended: the script is asked to stop");
        const frames = checkWav(join(folder, "home/maixjs/a.wav"));
        expect(String(ended.stdout)).toMatch(new RegExp(`^up \\d+\nframes ${frames}\n$`));
    });

    it("that is cut, both ways at once, too; the log has the rest", async () => {
        const folder = temporaryFolder();
        const control = start(recording, { folder, options });
        await control.untilPrinted("up");
        control.child.stdout.destroy();
        control.child.stdin.destroy();
        expect((await control.ended()).exit).toBe(0);
        const frames = checkWav(join(folder, "home/maixjs/a.wav"));
        const log = readFileSync(logIn(folder), "utf8");
        expect(log).toMatch(new RegExp(`\nframes ${frames}\n$`));
    });

    it("whose reader is gone stops the script, also an idle one", async () => {
        const control = start(waiting());
        await control.untilPrinted("up");
        control.child.stdout.destroy();
        expect((await control.ended()).exit).toBe(0);
    });

    it("that nobody reads from the start is an end like any other", async () => {
        const input = "for (;;) await new Promise((r) => setTimeout(r, 1e9));";
        // A pipe that had a reader until now.
        const setup = "mkfifo pipe && exec 3<>pipe 4>pipe 3<&- >&4";
        const ended = await maixjs(["-", "--control", String(input.length)], { input, setup });
        expect([ended.status, ended.signal, ended.stderr]).toEqual([0, null, ""]);
    });

    it("that only has its supervisor killed stops it as well", async () => {
        const folder = temporaryFolder();
        const control = start(recording, { folder, options });
        await control.untilPrinted("up");
        control.child.kill("SIGKILL");
        const pid = printedPid(control);
        await eventually(() => !isRunning(pid));
        checkWav(join(folder, "home/maixjs/a.wav"));
        expect((await control.ended()).status).toBeUndefined();
    });
});

// These wait for seconds, so they wait together.
describe.concurrent("in the end", () => {
    /** Folders of tests that run at once must not go away with the first of them. */
    function inOwnFolder(name: string, test: (folder: string) => Promise<void>): void {
        it(name, async () => {
            const own = createFolder();
            try {
                await test(own.work);
            } finally {
                own.remove();
            }
        });
    }

    inOwnFolder("a bundle that does not come is not waited for", async (folder) => {
        const ended = await runBundle("1", { folder, bytes: 2, silent: true });
        expect([ended.status, ended.notices]).toEqual([
            1,
            ["nothing was heard from the other side for 6 s: nothing is run"],
        ]);
    });

    inOwnFolder("a force ends what the engine cannot be interrupted in", async (folder) => {
        const control = start(
            `
            console.log("up");
            const long = "a".repeat(28) + "b";
            for (;;) /^(a+)+$/.test(long);`,
            { folder },
        );
        await control.untilPrinted("up");
        control.send("f");
        expect((await control.ended()).status).toBe(130);
    });

    inOwnFolder("a force kills, at last, what does not even take signals", async (folder) => {
        const control = start(
            `
            import * as os from "qjs:os";
            console.log("up");
            os.kill(process.pid, os.SIGSTOP);`,
            { folder },
        );
        await control.untilPrinted("up");
        control.send("f");
        const ended = await control.ended();
        expect(ended.status).toBe(137);
        expect(ended.notices.slice(1)).toEqual([
            "the script did not end, and was killed",
            "the script was ended by signal 9",
        ]);
    });

    inOwnFolder("a connection that falls silent stops the script", async (folder) => {
        const control = start(waiting(), { folder, silent: true });
        const ended = await control.ended();
        expect([ended.status, ended.notices.slice(1)]).toEqual([
            0,
            ["nothing was heard from the other side for 6 s: the script is asked to stop"],
        ]);
        expect(String(ended.stdout)).toMatch(finished);
    });

    inOwnFolder(
        "a connection that is gone for good also ends a script that takes the stop back",
        async (folder) => {
            const control = start(
                `
            import { app } from "maix";
            console.log("up");
            while (!app.needExit());
            app.setExitFlag(false);
            for (;;);`,
                { folder },
            );
            await control.untilPrinted("up");
            control.child.stdin.end();
            expect((await control.ended()).status).toBe(130);
        },
    );
});

describe("a client that does not read", () => {
    const flood = `
        import * as std from "qjs:std";
        import { app } from "maix";
        const file = std.open("pid", "w"); file.puts(process.pid + "\\n"); file.close();
        const line = "x".repeat(999) + "\\n";
        while (!app.needExit()) std.err.puts(line);`;
    const pidIn = (folder: string): number => {
        const path = join(folder, "home/maixjs/pid");
        return existsSync(path)
            ? Number(readFileSync(path, "utf8").match(/^(\d+)\n/)?.[1] ?? 0)
            : 0;
    };

    it("can still stop the script", async () => {
        const folder = temporaryFolder();
        const control = start(flood, { folder, paused: true });
        // Less than what is on its way fits into pipes and queues, so this much is seen.
        await eventually(() => pidIn(folder) > 0 && statSync(logIn(folder)).size > 100_000);
        const pid = pidIn(folder);
        control.send("f");
        await eventually(() => !isRunning(pid));
        control.resume();
        const ended = await control.ended();
        // Whether it was interrupted, or saw the flag first.
        expect([0, 130]).toContain(ended.status);
        expect(ended.stderr.length).toBeGreaterThan(100_000);
        expect(new Set(String(ended.stderr)).size).toBe(2);
    });

    it("does not hold up the end of a script once its connection has ended", async () => {
        const folder = temporaryFolder();
        const control = start(
            `${flood}
             for (let i = 0; i < 500; i++) std.out.puts(line);
             std.out.puts("the last line\\n"); std.out.flush();
             std.open("done", "w").close();`,
            { folder, paused: true },
        );
        await eventually(() => pidIn(folder) > 0);
        control.child.stdin.end();
        expect(await control.exited()).toBe(0);
        expect(existsSync(join(folder, "home/maixjs/done"))).toBe(true);
        expect(readFileSync(logIn(folder), "utf8")).toMatch(/\nthe last line\n$/);
    });
});

// SPDX-License-Identifier: MIT
// However a program ends, its recording is a file that every reader reads alike, with every frame
// that a call returned.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createFolder, type Ended, run, writeFiles } from "../support/process.ts";
import { readAlike, readersAreThere } from "../support/readers.ts";

let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder = createFolder();
});
afterEach(() => folder.remove());

const head = `
    import { app, audio, time } from "maix";
    import * as std from "qjs:std";
    const r = new audio.Recorder("take.wav", { sampleRate: 16000, periodSize: 160 });
    let frames = 0;
    // Says what was returned, before anything else happens.
    const block = () => { frames += r.record(50).length / 2; console.log(frames); };
`;

/** Records from a paced device until `blocks` calls returned, then sends the signal. */
function record(text: string, signal?: NodeJS.Signals, blocks = 6): Promise<Ended> {
    writeFiles(folder.work, { "script.ts": head + text });
    return run(["--mic", "sim:ramp", "script.ts"], {
        cwd: folder.work,
        ...(signal && {
            signal,
            stopWhen: (stdout) => stdout.split("\n").length > blocks,
        }),
    });
}

/** Checks the file; returns its frames. */
function checkTake(): number {
    const path = join(folder.work, "take.wav");
    const bytes = readFileSync(path);
    const reading = readAlike(path);
    expect([reading.rate, reading.channels]).toEqual([16000, 1]);
    const frames = reading.frames;
    for (let i = 0; i < frames; i++) {
        if (bytes.readUInt16LE(44 + 2 * i) !== (i & 0xffff)) throw new Error(`frame ${i} is wrong`);
    }
    expect(readdirSync(folder.work).sort()).toEqual(["script.ts", "take.wav"]);
    return frames;
}

/** The frames that the script said it had. */
function returned(ended: Ended): number {
    const lines = ended.stdout.split("\n").filter((line) => /^\d+$/.test(line));
    return Number(lines.at(-1));
}

describe.skipIf(!readersAreThere)("a recording is whole after", () => {
    it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
        "%s to a script that looks at the exit flag",
        async (signal) => {
            const ended = await record(
                "while (!app.needExit()) block(); console.log('end');",
                signal,
            );
            expect([ended.status, ended.stderr]).toEqual([0, ""]);
            expect(ended.stdout).toMatch(/end\n$/);
            expect(checkTake()).toBe(returned(ended));
        },
    );

    it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
        "%s to a script that ignores it",
        async (signal) => {
            const ended = await record("for (let i = 0; i < 8; i++) block(); for (;;);", signal);
            expect(ended.status).toBeGreaterThan(128);
            expect(checkTake()).toBe(returned(ended));
        },
    );

    it("SIGINT to a script of the event loop", async () => {
        const ended = await record("setInterval(block, 10);", "SIGINT");
        expect([ended.status, ended.stderr]).toEqual([0, ""]);
        expect(checkTake()).toBe(returned(ended));
    });

    it("SIGINT to a stream", async () => {
        const ended = await record(
            `for await (const c of r.stream({ ms: 50 })) { frames += c.frames; console.log(frames); }
             console.log("end");`,
            "SIGINT",
        );
        expect([ended.status, ended.stderr]).toEqual([0, ""]);
        expect(ended.stdout).toMatch(/end\n$/);
        expect(checkTake()).toBe(returned(ended));
    });

    it.each<[string, string, number]>([
        ["an uncaught error", "block(); throw new Error('x');", 1],
        ["a rejection", "block(); await Promise.reject(new Error('x'));", 1],
        [
            "an error in a timer",
            "block(); setTimeout(() => { block(); throw new Error('x'); });",
            1,
        ],
        ["process.exit", "block(); block(); process.exit(5);", 5],
        ["process.exit in a timer", "setTimeout(() => { block(); process.exit(6); });", 6],
        ["std.exit", "block(); std.exit(7);", 7],
        ["the end of the script", "block();", 0],
        ["finish", "block(); r.finish();", 0],
    ])("%s", async (_, text, status) => {
        const ended = await record(text);
        expect(ended.status).toBe(status);
        expect(checkTake()).toBe(returned(ended));
    });

    it("the time limit", async () => {
        writeFiles(folder.work, { "script.ts": `${head} for (;;) block();` });
        const ended = await run(["--timeout", "400", "--mic", "sim:ramp", "script.ts"], {
            cwd: folder.work,
        });
        expect(ended.status).toBe(124);
        expect(checkTake()).toBeGreaterThanOrEqual(returned(ended));
    });

    it("a forced end while the script is in a call that cannot be interrupted", async () => {
        const ended = await record(
            "for (let i = 0; i < 8; i++) block(); const s = 'a'.repeat(28) + 'b'; for (;;) /^(a+)+$/.test(s);",
            "SIGTERM",
        );
        expect(ended.status).toBe(143);
        expect(checkTake()).toBe(returned(ended));
    });

    it.each([1, 3, 7, 12])("SIGKILL behind block %i", async (blocks) => {
        const ended = await record("for (;;) block();", "SIGKILL", blocks);
        expect(ended.signal).toBe("SIGKILL");
        const frames = checkTake();
        expect(frames).toBeGreaterThanOrEqual(returned(ended));
        // The header is at most one block behind the data.
        const dataFrames = (statSync(join(folder.work, "take.wav")).size - 44) / 2;
        expect(dataFrames - frames).toBeLessThanOrEqual(800);
    });
});

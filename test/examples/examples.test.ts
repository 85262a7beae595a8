// SPDX-License-Identifier: MIT
// Every example, run by the executable as a user would run it, checked to the frame.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import {
    createFolder,
    type Ended,
    executable,
    projectRoot,
    type RunOptions,
    run,
} from "../support/process.ts";
import { firstBreak, readWav } from "./wav.ts";

const RATE = 48_000;
const RAMP = "sim:ramp,pace=fast";
const TONE = "sim:tone,hz=440,dbfs=-12,pace=fast";

let folder: ReturnType<typeof createFolder>;

beforeEach(() => {
    folder = createFolder();
});

afterEach(() => {
    folder.remove();
});

const inFolder = (name: string): string => join(folder.work, name);

function example(
    name: string,
    mic: string,
    args: readonly string[] = [],
    options: Omit<RunOptions, "cwd"> = {},
): Promise<Ended> {
    const script = join(projectRoot, "examples", name);
    return run(["--mic", mic, script, ...args], { cwd: folder.work, ...options });
}

it("has a test for every example", () => {
    const scripts = readdirSync(join(projectRoot, "examples")).filter((one) => one.endsWith(".ts"));
    const tests = readFileSync(join(projectRoot, "test/examples/examples.test.ts"), "utf8");
    expect(scripts.filter((one) => !tests.includes(`example("${one}"`))).toEqual([]);
});

describe("record.ts", () => {
    it("records 3 seconds and says where they are", async () => {
        const { status, stdout, stderr } = await example("record.ts", RAMP);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        expect(stdout).toBe(`${inFolder("test.wav")}: 144000 frames, 3 s\n`);
        const wav = readWav(inFolder("test.wav"));
        expect([wav.rate, wav.channels, wav.bits, wav.frames]).toEqual([RATE, 1, 16, 144_000]);
        expect(firstBreak(wav.data)).toBe(-1);
        expect(readdirSync(folder.work)).toEqual(["test.wav"]);
    });
});

describe("record-nonblocking.ts", () => {
    it("records as long as it is told", async () => {
        const { status, stdout, stderr } = await example("record-nonblocking.ts", RAMP, ["2"]);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        const wav = readWav(inFolder("test.wav"));
        expect(stdout).toBe(`finish! test.wav: ${wav.frames} frames, 0 lost\n`);
        expect(wav.frames).toBeGreaterThanOrEqual(2 * RATE);
        expect(firstBreak(wav.data)).toBe(-1);
    });

    it("ends with a good file when it is stopped", async () => {
        const hasSound = (): boolean =>
            (statSync(inFolder("test.wav"), { throwIfNoEntry: false })?.size ?? 0) > 44;
        const ended = await example("record-nonblocking.ts", RAMP, [], { stopOnce: hasSound });
        expect(ended.status).toBe(0);
        const wav = readWav(inFolder("test.wav"));
        expect(ended.stdout).toBe(`finish! test.wav: ${wav.frames} frames, 0 lost\n`);
        expect(wav.frames).toBeGreaterThan(0);
        expect(firstBreak(wav.data)).toBe(-1);
    });
});

describe("record-exact.ts", () => {
    it("records exactly 3 seconds", async () => {
        const { status, stdout, stderr } = await example("record-exact.ts", RAMP);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        expect(stdout).toBe("test.wav: 144000 frames\n");
        const wav = readWav(inFolder("test.wav"));
        expect(wav.frames).toBe(144_000);
        expect(firstBreak(wav.data)).toBe(-1);
    });
});

describe("pcm-stream.ts", () => {
    it("prints the bytes of each chunk", async () => {
        const { status, stdout, stderr } = await example("pcm-stream.ts", RAMP, ["4"]);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        const lines = [0, 50, 100, 150].map((ms) => `${ms} ms: 1600 bytes\n`);
        expect(stdout).toBe(`${lines.join("")}4 chunks\n`);
        expect(readdirSync(folder.work)).toEqual([]);
    });

    it("ends when it is stopped", async () => {
        const stopWhen = (stdout: string): boolean => stdout.includes("\n500 ms: 1600 bytes\n");
        const { status, stdout } = await example("pcm-stream.ts", RAMP, [], { stopWhen });
        expect(status).toBe(0);
        const chunks = stdout.match(/^\d+ ms: \d+ bytes$/gm)?.length ?? 0;
        expect(chunks).toBeGreaterThan(10);
        expect(stdout.endsWith(`\n${chunks} chunks\n`)).toBe(true);
    });
});

describe("save-manually.ts", () => {
    it("writes the same sound as WAV and as PCM", async () => {
        const { status, stdout, stderr } = await example("save-manually.ts", TONE);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        expect(stdout).toBe("kept.wav: 96000 frames\nkept.pcm: 192000 bytes, peak -12.0 dBFS\n");
        const wav = readWav(inFolder("kept.wav"));
        expect(wav.frames).toBe(96_000);
        expect(readFileSync(inFolder("kept.pcm")).equals(wav.data)).toBe(true);
        expect(readdirSync(folder.work).sort()).toEqual(["kept.pcm", "kept.wav"]);
    });
});

describe("level-meter.ts", () => {
    const line = "rms -15.0 dBFS, peak -12.0 dBFS";

    it("prints plain lines when standard output is no terminal", async () => {
        const stopWhen = (stdout: string): boolean => stdout.split("\n").length > 4;
        const { status, stdout, stderr } = await example("level-meter.ts", TONE, [], { stopWhen });
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        // The last chunk may be a short one.
        const lines = stdout.trimEnd().split("\n").slice(0, -1);
        expect(new Set(lines)).toEqual(new Set([line]));
    });

    it("draws a bar on a terminal", async () => {
        const script = join(projectRoot, "examples/level-meter.ts");
        const parts = [executable, "--mic", TONE, script];
        const shell = parts.map((part) => `'${part}'`).join(" ");
        const ended = await run(["-qec", `stty cols 60 rows 24; exec ${shell}`, "/dev/null"], {
            cwd: folder.work,
            command: "script",
            stopWhen: (stdout) => stdout.split("\r").length > 5,
        });
        // 60 columns leave 25 characters for the bar; -15 dBFS of 60 dB are three quarters.
        expect(ended.stdout).toContain(`\r[${"#".repeat(19)}${"-".repeat(6)}] ${line}\u001b[K`);
    });
});

describe("takes.ts", () => {
    it("goes on in the next file without losing a frame", async () => {
        const { status, stdout, stderr } = await example("takes.ts", RAMP, ["1.5", "3"]);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        const names = readdirSync(folder.work).sort();
        expect(names.map((name) => name.slice(0, 9))).toEqual([
            "take-001_",
            "take-002_",
            "take-003_",
        ]);
        expect(stdout).toBe(
            `${names.map((name) => `${name}: 72000 frames\n`).join("")}0 frames lost\n`,
        );
        const takes = names.map((name) => readWav(inFolder(name)));
        expect(takes.map((take) => take.frames)).toEqual([72_000, 72_000, 72_000]);
        expect(firstBreak(Buffer.concat(takes.map((take) => take.data)))).toBe(-1);
    });

    it("makes files of 15 minutes by default", async () => {
        const hasSecond = (): boolean => {
            const name = readdirSync(folder.work).find((one) => one.startsWith("take-002"));
            return name !== undefined && statSync(inFolder(name)).size > 44;
        };
        const { status, stdout } = await example("takes.ts", RAMP, [], { stopOnce: hasSecond });
        expect(status).toBe(0);
        const names = readdirSync(folder.work).sort();
        expect(stdout.split("\n")[0]).toBe(`${names[0]}: 43200000 frames`);
        const first = readWav(inFolder(names[0] ?? ""));
        expect(first.frames).toBe(15 * 60 * RATE);
        const second = readWav(inFolder(names[1] ?? ""));
        const seam = Buffer.concat([first.data.subarray(-2), second.data.subarray(0, 2)]);
        expect(firstBreak(seam)).toBe(-1);
    });

    it("refuses what makes no sense", async () => {
        const { status, stderr } = await example("takes.ts", RAMP, ["soon"]);
        expect(status).toBe(2);
        expect(stderr).toMatch(/^usage: /);
        expect(readdirSync(folder.work)).toEqual([]);
    });
});

// SPDX-License-Identifier: MIT
// Recordings that pass 4 GiB, by the real program. The middle of the large files is a hole: writes
// there are left out by test/faults/interpose/sparse.c. Both ends are looked at.

import { spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

import { compileInterposer } from "../faults/support/interpose.ts";
import { readAlike } from "../support/readers.ts";
import { executable } from "../support/process.ts";
import { runScript, temporaryFolder } from "../support/run.ts";

const GIB = 2 ** 30;
const RAMP_FRAMES = 65536;
/** A test writes 4 GiB into nowhere. */
const TIMEOUT_MS = 120_000;

function run(code: string, cwd: string) {
    const preload = compileInterposer("sparse", temporaryFolder());
    const env = { LD_PRELOAD: preload, MAIXJS_SPARSE_UNTIL: String(4 * GIB - 2 ** 22) };
    return runScript(code, { cwd, env });
}

// As root, else as a user who may be root in a name space.
const unshare = [["-m"], ["-rm"]].find(
    (options) =>
        spawnSync("unshare", [...options, "mount", "-t", "tmpfs", "x", "/mnt"]).status === 0,
);

/** Runs a script in a tmpfs that has room for 3 files, of which it may remove `ballast`. */
function runWithoutRoom(code: string): unknown {
    const preload = compileInterposer("sparse", temporaryFolder());
    const ended = spawnSync(
        "unshare",
        [
            ...(unshare ?? []),
            "sh",
            "-c",
            `mount -t tmpfs -o nr_inodes=4 tmpfs . && cd "$PWD" && echo >ballast && echo >other &&
             export LD_PRELOAD="$1" && exec "$0" -`,
            executable,
            preload,
        ],
        {
            cwd: temporaryFolder(),
            env: { ...process.env, MAIXJS_SPARSE_UNTIL: String(4 * GIB - 2 ** 22) },
            input: code,
            encoding: "utf8",
            timeout: TIMEOUT_MS,
        },
    );
    expect([ended.status, ended.stderr.split("\n")]).toEqual([0, [expect.any(String), ""]]);
    return JSON.parse(ended.stdout);
}

/** `count` bytes of a file from `at` on; from its end where that is negative. */
function bytesOf(path: string, at: number, count: number): Buffer {
    const bytes = Buffer.alloc(count);
    const file = openSync(path, "r");
    readSync(file, bytes, 0, count, at < 0 ? statSync(path).size + at : at);
    closeSync(file);
    return bytes;
}

/** Frames of 16-bit samples, all channels alike, that must be the ramp from `first` on. */
function expectRamp(bytes: Buffer, channels: number, first: number): void {
    const samples = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    const wrong = samples.findIndex(
        (sample, i) => sample !== (first + Math.floor(i / channels)) % RAMP_FRAMES,
    );
    expect(wrong).toBe(-1);
}

/** A microphone of 8 channels at 384 kHz that is the ramp: 4 GiB in 12 minutes of sound. */
function writeRamp(path: string): void {
    const bytes = Buffer.alloc(44 + RAMP_FRAMES * 16);
    const riff = [0x46464952, bytes.length - 8, 0x45564157, 0x20746d66, 16, 0x80001, 384000];
    [...riff, 384000 * 16, 0x100010, 0x61746164, bytes.length - 44].forEach((value, i) => {
        bytes.writeUInt32LE(value, 4 * i);
    });
    for (let i = 0; i < RAMP_FRAMES * 8; i++) bytes.writeUInt16LE(Math.floor(i / 8), 44 + 2 * i);
    writeFileSync(path, bytes);
}

it(
    "a recorder goes on in the next free name, no frame lost, and says so",
    async () => {
        const cwd = temporaryFolder();
        writeRamp(join(cwd, "ramp.wav"));
        writeFileSync(join(cwd, "take-2.wav"), "somebody's");
        // Extensible: 68 bytes of header, 16 a frame.
        const full = 268435451;
        const ended = await run(
            `import { audio } from "maix";
             const device = "sim:file,pace=fast,end=loop,path=ramp.wav";
             const options = { device, sampleRate: 384000, channel: 8, bufferMs: 500 };
             const r = new audio.Recorder("take.wav", options);
             const before = r.stats().files;
             let frames = r.save(1000);
             const early = r.stats().files;
             frames += r.save(${full / 384} | 0);
             const { files, unwrittenFrames, lostFrames, deliveredFrames } = r.stats();
             const end = r.finish();
             console.log(JSON.stringify({
                 before, early, files, frames, unwrittenFrames, lostFrames, deliveredFrames,
                 end: [end.path, end.files, end.frames], after: r.stats().files,
             }));`,
            cwd,
        );
        const frames = 384000 + Math.floor((Math.floor(full / 384) * 384000) / 1000);
        const files = ["take.wav", "take-3.wav"];
        expect(ended).toMatchObject({ status: 0 });
        expect(ended.stderr).toBe(
            "maixjs: take.wav is full (a WAV file ends before 4 GiB); the recording goes on in " +
                "take-3.wav, no frame is lost\n",
        );
        expect(JSON.parse(ended.stdout)).toEqual({
            before: [],
            early: ["take.wav"],
            files,
            frames,
            unwrittenFrames: 0,
            lostFrames: 0,
            deliveredFrames: frames,
            end: ["take.wav", files, frames],
            after: files,
        });
        expect(
            readdirSync(cwd)
                .filter((name) => !name.startsWith("."))
                .sort(),
        ).toEqual(["ramp.wav", "take-2.wav", "take-3.wav", "take.wav"]);
        const format = { rate: 384000, channels: 8 };
        expect(readAlike(join(cwd, "take.wav"))).toEqual({ ...format, frames: full });
        expect(readAlike(join(cwd, "take-3.wav"))).toEqual({ ...format, frames: frames - full });
        expect(statSync(join(cwd, "take.wav")).size).toBe(68 + full * 16);
        expectRamp(bytesOf(join(cwd, "take.wav"), 68, 2 ** 19), 8, 0);
        expectRamp(bytesOf(join(cwd, "take.wav"), -(2 ** 21), 2 ** 21), 8, full - 2 ** 17);
        expectRamp(bytesOf(join(cwd, "take-3.wav"), 68, 2 ** 19), 8, full);
        expect(bytesOf(join(cwd, "take-2.wav"), 0, 10).toString()).toBe("somebody's");
    },
    TIMEOUT_MS,
);

it(
    "a WavWriter goes on, too, twice; bare PCM has no limit",
    async () => {
        const cwd = temporaryFolder();
        const full = 2147483625; // (2 ** 32 - 1 - 44) rounded down to an even number, / 2
        const ended = await run(
            `import { audio } from "maix";
             const ramp = new Uint16Array(2 ** 22).map((_, i) => i);
             const answer = {};
             for (const [path, times] of [["kept.wav", 1032], ["kept.pcm", 516]]) {
                 const w = new audio.WavWriter(path);
                 let frames = 0;
                 for (let i = 0; i < times; i++) frames += w.write(ramp);
                 const summary = w.finish();
                 if (summary.frames !== frames || frames !== times * 2 ** 22) throw new Error(path);
                 answer[path] = summary.files;
             }
             console.log(JSON.stringify(answer));`,
            cwd,
        );
        const files = ["kept.wav", "kept-2.wav", "kept-3.wav"];
        expect(ended.stdout).toBe(
            `${JSON.stringify({ "kept.wav": files, "kept.pcm": ["kept.pcm"] })}\n`,
        );
        expect(ended.stderr.split("\n").map((line) => /in (kept\S+),/.exec(line)?.[1])).toEqual([
            "kept-2.wav",
            "kept-3.wav",
            undefined,
        ]);
        const last = 1032 * 2 ** 22 - 2 * full;
        expect(statSync(join(cwd, "kept.pcm")).size).toBe(516 * 2 ** 23);
        for (const [i, file] of files.entries()) {
            const path = join(cwd, file);
            expect(readAlike(path)).toMatchObject({ frames: i < 2 ? full : last });
            expectRamp(bytesOf(path, 44, 2 ** 16), 1, i * full);
        }
        expectRamp(bytesOf(join(cwd, "kept-2.wav"), -(2 ** 20), 2 ** 20), 1, 2 * full - 2 ** 19);
    },
    TIMEOUT_MS,
);

it.skipIf(!unshare)(
    "no room for the next file: an error that says so, then it goes on at the very frame",
    () => {
        const answer = runWithoutRoom(
            `import { audio } from "maix";
             import * as os from "qjs:os";
             import * as std from "qjs:std";
             const ramp = new Uint16Array(2 ** 22).map((_, i) => i);
             const w = new audio.WavWriter("kept.wav");
             for (let i = 0; i < 511; i++) w.write(ramp);
             const errors = [];
             let done = 0;
             while (done < ramp.length) {
                 try {
                     done += w.write(ramp.subarray(done));
                 } catch (error) {
                     done += error.frames;
                     errors.push(error.code, error.frames, /kept-2.wav/.test(error.message));
                     if (errors.length > 3) os.remove("ballast");
                 }
             }
             const { files, frames } = w.finish();
             const file = std.open("kept-2.wav", "rb");
             const bytes = new Uint8Array(44 + 46);
             file.read(bytes.buffer, 0, 90);
             file.close();
             const names = os.readdir(".")[0].sort();
             console.log(JSON.stringify({ errors, files, frames, names,
                 last: [...new Uint16Array(bytes.buffer, 44)], count: os.stat("kept-2.wav")[0].size }));`,
        );
        const full = 2147483625;
        expect(answer).toEqual({
            errors: ["ENOSPC", 2 ** 22 - 23, true, "ENOSPC", 0, true],
            files: ["kept.wav", "kept-2.wav"],
            frames: 2 ** 31,
            names: [".", "..", "kept-2.wav", "kept.wav", "other"],
            last: Array.from({ length: 23 }, (_, i) => (full + i) % RAMP_FRAMES),
            count: 44 + 46,
        });
    },
    TIMEOUT_MS,
);

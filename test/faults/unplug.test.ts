// SPDX-License-Identifier: MIT
// The device goes while it records: all that it gave is in the file, the error has its code, nothing
// spins, and the recording can go on with it when it is back.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { runScript, temporaryFolder, value } from "../support/run.ts";
import { hasIoplug, runOnIoplug } from "./ioplug/ioplug.ts";
import { checkRecording, recordRamp } from "./ioplug/recording.ts";

const causes = { xrun: "device", stuck: "device", dead: "device", unplug: "device" };

describe.skipIf(!hasIoplug)("libasound", () => {
    it.each(["unplug", "dead", "stuck"])("%s: what came before is kept", async (fault) => {
        const job = { pace: "real", onOverrun: "mark", frames: 48_000 } as const;
        const faults = `xrun@2400:0 ${fault}@9600:0`;
        const recording = await recordRamp({ ...job, faults });
        expect(recording.errors.map(({ code }) => code)).toEqual(["ELOST"]);
        expect(recording.state).toBe("error");
        checkRecording(recording, { ...job, faults }, causes);
        // The ramp up to the fault, but for what the overrun took.
        expect(recording.samples.at(-1)).toBe(9599);
        expect(recording.stats.discardedFrames).toBe(0);
    });

    it("uncaught it is status 3, and the file is whole", async () => {
        const { ended, cwd } = await runOnIoplug(
            `import { audio } from "maix";
             new audio.Recorder("a.wav", { format: audio.Format.FMT_S32_LE }).save(60_000);`,
            { faults: "unplug@12345:0", pace: "real" },
        );
        expect(ended.stderr).toMatch(/Error \[ELOST\]: alsa:mic: the device is gone/);
        expect(ended.status).toBe(3);
        const file = readFileSync(join(cwd, "a.wav"));
        const data = file.subarray(file.indexOf("data") + 8);
        expect([data.length, file.readUInt32LE(file.indexOf("data") + 4)]).toEqual([
            49_380, 49_380,
        ]);
        expect(data.readUInt32LE(4 * 12_344)).toBe(12_344);
    });

    it("does not spin while the script does not look", async () => {
        const { ended } = await runOnIoplug(
            `import { audio, time } from "maix";
             import * as std from "qjs:std";
             const r = new audio.Recorder();
             r.record(10);
             const ticks = () => {
                 const [user, system] = std.loadFile("/proc/self/stat").split(" ").slice(13, 15);
                 return Number(user) + Number(system);
             };
             const before = ticks();
             time.sleepMs(1000);
             console.log(ticks() - before, r.state);`,
            { faults: "stuck@4800:0", pace: "real" },
        );
        expect([ended.stderr, ended.status]).toEqual(["", 0]);
        const [used = "", state] = ended.stdout.trim().split(" ");
        expect(state).toBe("recording"); // until a read meets it
        expect(Number(used)).toBeLessThan(50); // of 100 in a second
    });

    it("opens it anew with reset(true), and goes on in the same file", async () => {
        const { ended, cwd } = await runOnIoplug(
            `import { audio } from "maix";
             const r = new audio.Recorder("a.pcm", { format: audio.Format.FMT_S32_LE });
             const codes = [];
             for (let i = 0; i < 3; i++) {
                 try { r.record(1000); } catch (error) { codes.push(error.code, error.frames); }
                 r.reset(true);
             }
             const { frames } = r.finish();
             const { gaps, ...stats } = r.stats();
             console.log(JSON.stringify([codes, frames, gaps.length, stats.deliveredFrames]));`,
            { faults: "unplug@4800:0", pace: "fast" },
        );
        expect([ended.stderr, ended.status]).toEqual(["", 0]);
        const codes = ["ELOST", 4800, "ELOST", 4800, "ELOST", 4800];
        expect(JSON.parse(ended.stdout)).toEqual([codes, 14_400, 0, 14_400]);
        const file = readFileSync(join(cwd, "a.pcm"));
        const starts = [0, 4800, 9600].map((frame) => file.readUInt32LE(4 * frame));
        expect([file.length, starts]).toEqual([57_600, [0, 0, 0]]);
    });
});

describe("simulated", () => {
    it.each(["record", "stream"])("%s has what came before, then fails", async (method) => {
        const cwd = temporaryFolder();
        const code = `
            const r = new Recorder("a.pcm", { sampleRate: 8000, format: Format.FMT_S32_LE,
                device: "sim:ramp,unplug_at=1234" });
            let frames = 0;
            try {
                if (${method === "record"}) r.record(1000);
                else for await (const chunk of r.stream({ frames: 100 })) frames += chunk.frames;
            } catch (error) {
                out([error.code, frames + error.frames, r.state]);
            }
        `;
        expect(await value(code, { cwd })).toEqual(["ELOST", 1234, "error"]);
        const file = readFileSync(join(cwd, "a.pcm"));
        expect([file.length, file.readUInt32LE(4 * 1233)]).toEqual([4936, 1233]);
    });

    it("comes back by itself with onLost: wait, in every mode", async () => {
        const ended = await runScript(`
            import { audio } from "maix";
            for (const onOverrun of ["mark", "silence", "throw"]) {
                const r = new audio.Recorder({ sampleRate: 8000, format: audio.Format.FMT_S32_LE,
                    device: "sim:ramp,unplug_at=800:50", onLost: "wait", onOverrun });
                const samples = [];
                while (samples.length < 1600) {
                    let bytes;
                    try {
                        bytes = r.recordBytes(4 * (1600 - samples.length));
                    } catch (error) {
                        if (error.code !== "EOVERRUN") throw error;
                        console.log(error.code, samples.length + error.frames);
                        bytes = error.data;
                    }
                    samples.push(...new Int32Array(bytes.buffer));
                }
                const { frames, at, exact, cause } = r.stats().gaps[0];
                const behind = at + (onOverrun === "silence" ? frames : 0);
                console.log(onOverrun, frames, at, exact, cause, samples[at - 1], samples[behind]);
                r.close();
            }
        `);
        // 50 ms away: 400 frames.
        expect(ended.stdout.split("\n")).toEqual([
            "mark 400 800 false device 799 1200",
            "silence 400 800 false device 799 1200",
            "EOVERRUN 800",
            "throw 400 800 false device 799 1200",
            "",
        ]);
        expect(ended.status).toBe(0);
    });

    it("a day away, as silence, comes in parts that fit into memory", async () => {
        const code = `
            const r = new Recorder({ sampleRate: 1000, onOverrun: "silence", onLost: "wait",
                device: "sim:ramp,pace=fast,unplug_at=1000:86400000" });
            let frames = 0;
            let longest = 0;
            r.record(10);
            for (let bytes; frames < 86_401_000; frames += bytes.length / 2) {
                bytes = r.record();
                longest = Math.max(longest, bytes.length / 2);
            }
            out([longest <= 8192, r.stats().silenceFrames]);
        `;
        const options = ["--memory-limit", "4M"];
        expect(await value(code, { options })).toEqual([true, 86_400_000]);
    });
});

// SPDX-License-Identifier: MIT
// The system sleeps while it records: through libasound, and simulated. (On the kernel's interface:
// the lab's case "suspend".)

import { describe, expect, it } from "vitest";

import { runScript, value } from "../support/run.ts";
import { hasIoplug } from "./ioplug/ioplug.ts";
import { checkRecording, recordRamp } from "./ioplug/recording.ts";
import { createRandom, saySeed, seed } from "./support/random.ts";

const modes = ["mark", "silence", "throw"] as const;
const causes = { suspend: "suspend", asleep: "suspend", xrun: "device" };

describe.skipIf(!hasIoplug)("libasound", () => {
    it.each(modes)("that resumes, and that must be prepared again: %s", async (onOverrun) => {
        const faults = "suspend@4800:0 asleep@9600:0 suspend@14400:0";
        const job = { faults, pace: "real", onOverrun, frames: 24_000 } as const;
        const recording = await recordRamp(job);
        const pairs = checkRecording(recording, job, causes);
        expect(pairs.map(({ loss }) => loss.kind)).toEqual(["suspend", "asleep", "suspend"]);
        expect(recording.state).toBe("recording");
    });

    it("at random frames, between overruns", async () => {
        saySeed("suspend");
        const random = createRandom(seed);
        let count = 0;
        for (let i = 0; i < 9; i++) {
            let frame = 0;
            const faults = Array.from({ length: 1 + random.below(20) }, () => {
                frame += 1 + random.below(5000);
                return `${random.of(Object.keys(causes))}@${frame}:${random.below(3000)}`;
            }).join(" ");
            const job = {
                faults,
                pace: "fast",
                onOverrun: random.of(modes),
                frames: 60_000,
            } as const;
            count += checkRecording(await recordRamp(job), job, causes).length;
        }
        expect(count).toBeGreaterThan(0);
    });
});

describe("simulated", () => {
    it("keeps the time line with silence, at real time", async () => {
        const samples = await value<{ bad: number[]; gaps: object[] }>(`
            const r = new Recorder("a.wav", { sampleRate: 8000, onOverrun: "silence",
                format: Format.FMT_S32_LE,
                device: "sim:ramp,suspend_at=400,suspend_at=1600" });
            const samples = new Int32Array(r.record(400).buffer);
            // A sleep is 100 ms: 800 frames.
            const sleeps = (i) => (i >= 400 && i < 1200) || (i >= 1600 && i < 2400);
            const bad = [...samples.keys()].filter((i) => samples[i] !== (sleeps(i) ? 0 : i));
            const gaps = r.stats().gaps.map(({ timeNs, ...gap }) => gap);
            out({ bad, gaps });
        `);
        const gap = { frames: 800, exact: false, cause: "suspend" };
        expect(samples).toEqual({
            bad: [],
            gaps: [
                { frame: 400, at: 400, ...gap },
                { frame: 1600, at: 1600, ...gap },
            ],
        });
    });

    it("is told once, with its reason", async () => {
        const ended = await runScript(`
            import { audio } from "maix";
            const device = "sim:ramp,pace=fast,suspend_at=400,suspend_at=8000,xrun_at=20000:5";
            new audio.Recorder("a.wav", { device }).record(1000);
        `);
        expect(ended.status).toBe(0);
        expect(ended.stderr.trim().split("\n")).toHaveLength(1);
        expect(ended.stderr).toMatch(/about 4800 frames .* the system was suspended/);
    });
});

// SPDX-License-Identifier: MIT
// record, save, recordBytes and readInto: how much they return, and that every frame is counted.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { evaluate, runScript, type Thrown, temporaryFolder, value } from "../../support/run.ts";

/** The 16-bit frames of `sim:ramp` from `first` on. */
function ramp(first: number, frames: number): Buffer {
    const bytes = Buffer.alloc(frames * 2);
    for (let i = 0; i < frames; i++) bytes.writeUInt16LE((first + i) & 0xffff, i * 2);
    return bytes;
}

const tools = `
    // The first frame that does not follow the one before, from \`first\` on; -1: all do.
    const breakAt = (bytes, first) => {
        const frames = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
        return frames.findIndex((frame, index) => frame !== ((first + index) & 0xffff));
    };
    // What does not hold of the accounting: nothing, hopefully.
    const imbalance = (r) => {
        const s = r.stats();
        const rest = s.deliveredFrames + s.discardedFrames + s.bufferedFrames;
        return s.capturedFrames - rest;
    };
`;

describe("record", () => {
    it("waits for exactly floor(ms * rate / 1000) frames, contiguous over calls", async () => {
        const [lengths, breaks, offsets] = (await evaluate(`${tools}
            const r = new Recorder({ device: "sim:ramp,pace=fast", sampleRate: 44100 });
            const all = [0, 1, 0.5, 10, 33.3, 1000].map((ms) => r.record(ms));
            out(all.map((bytes) => bytes.byteLength / 2));
            let first = 0;
            out(all.map((bytes) => [breakAt(bytes, first), first += bytes.byteLength / 2][0]));
            out(all.map((bytes) => [bytes.byteOffset, bytes.buffer.byteLength - bytes.byteLength]));
        `)) as number[][];
        expect(lengths).toEqual([0, 44, 22, 441, 1468, 44100]);
        expect(breaks).toEqual([-1, -1, -1, -1, -1, -1]);
        expect(offsets?.flat()).toEqual(Array(12).fill(0));
    });

    it("gives 144000 frames for 3 s, and 4320000 for 90 s", async () => {
        const frames = await value<number[]>(`
            const r = new Recorder({ device: "sim:ramp,pace=fast" });
            out([3000, 90000].map((ms) => r.record(ms).byteLength / r.frameSize()));
        `);
        expect(frames).toEqual([144000, 4320000]);
    });

    it("returns what is there, at most what is asked for, when it does not block", async () => {
        const answer = await value<{ first: number; some: number; ok: boolean }>(`${tools}
            const r = new Recorder({ device: "sim:ramp,pace=fast", block: false, bufferMs: 100 });
            const first = r.record(1e6).byteLength;
            r.reset(true);
            while (r.getRemainingFrames() < 480) time.sleepMs(1);
            const some = r.record(10).byteLength / 2;
            out({ first, some, ok: imbalance(r) === 0 });
        `);
        expect(answer.some).toBe(480);
        expect(answer.ok).toBe(true);
        // A first call starts capture, and may meet a period of it already.
        expect(answer.first).toBeLessThanOrEqual(960);
    });

    it("never waits without an argument, in both modes", async () => {
        const answers = await evaluate(`${tools}
            for (const block of [true, false]) {
                const r = new Recorder({ device: "sim:ramp,stall_at=960:100000", block });
                r.record(20);
                const start = time.ticksMs();
                while (r.getRemainingFrames() > 0) r.record();
                const bytes = r.record();
                out([bytes.byteLength, time.ticksMs() - start < 50000, imbalance(r)]);
            }
        `);
        expect(answers).toEqual([
            [0, true, 0],
            [0, true, 0],
        ]);
    });

    it("goes on after reset(false) with what is buffered, and then is empty", async () => {
        const answer = await value<number[]>(`${tools}
            const r = new Recorder({ device: "sim:ramp,pace=fast", bufferMs: 100 });
            r.record(10);
            while (r.getRemainingFrames() === 0) time.sleepMs(1);
            r.reset(false);
            const left = r.getRemainingFrames();
            const bytes = r.record(100000);
            out([left - bytes.byteLength / 2, breakAt(bytes, 480), r.record(10).byteLength,
                imbalance(r), r.state === "stopped" ? 0 : 1]);
        `);
        expect(answer).toEqual([0, -1, 0, 0, 0]);
    });

    it("drops what is buffered at reset(true), and counts it", async () => {
        const answer = await value<{ discarded: number; delivered: number; imbalance: number }>(`
            ${tools}
            const r = new Recorder({ device: "sim:ramp,pace=fast", bufferMs: 100 });
            r.record(10);
            while (r.getRemainingFrames() === 0) time.sleepMs(1);
            r.reset(true);
            r.record(10);
            const s = r.stats();
            out({ discarded: s.discardedFrames, delivered: s.deliveredFrames,
                imbalance: imbalance(r) });
        `);
        expect(answer.discarded).toBeGreaterThan(0);
        expect(answer).toMatchObject({ delivered: 960, imbalance: 0 });
    });

    it("refuses more than the memory limit before anything is recorded", async () => {
        const cwd = temporaryFolder();
        const [error, stats] = (await evaluate(
            `
            const r = new Recorder("a.wav", { device: "sim:ramp,pace=fast" });
            out(thrown(() => r.record(600000)));
            out([r.state, r.stats().capturedFrames, r.record(10).byteLength]);
            `,
            { cwd, options: ["--memory-limit", "16M"] },
        )) as [Thrown, unknown[]];
        expect(error).toMatchObject({ name: "RangeError" });
        expect(error.message).toContain("save()");
        expect(stats).toEqual(["prepared", 0, 960]);
    });
});

describe("the other readers", () => {
    it("recordBytes counts bytes", async () => {
        const answer = await value<number[]>(`${tools}
            const r = new Recorder({ device: "sim:ramp,pace=fast" });
            const bytes = r.recordBytes(1000);
            out([bytes.byteLength, breakAt(bytes, 0), r.recordBytes(0).byteLength,
                breakAt(r.recordBytes(), 500)]);
        `);
        expect(answer).toEqual([1000, -1, 0, -1]);
    });

    it("readInto fills the script's own memory, and only that", async () => {
        const [views, detached] = (await evaluate(`${tools}
            const r = new Recorder({ device: "sim:ramp,pace=fast" });
            const memory = new Uint8Array(12).fill(255);
            const frames = r.readInto(memory.subarray(2, 8));
            const whole = new ArrayBuffer(4);
            const float = new Float32Array(2);
            out([frames, [...memory], r.readInto(whole), [...new Uint8Array(whole)],
                r.readInto(float), r.readInto(new Int16Array(0))]);
            const gone = new Uint8Array(4);
            gone.buffer.transfer();
            const shrunk = new ArrayBuffer(8, { maxByteLength: 16 });
            const outside = new Uint8Array(shrunk, 4, 4);
            const following = new Uint8Array(shrunk, 2);
            shrunk.resize(6);
            out([thrown(() => r.readInto(gone)).name, thrown(() => r.readInto(outside)).name,
                r.readInto(following), (shrunk.resize(16), r.readInto(following)),
                [...new Uint8Array(shrunk)]]);
        `)) as [unknown[], unknown[]];
        const rest = [255, 255, 255, 255];
        expect(views).toEqual([3, [255, 255, 0, 0, 1, 0, 2, 0, ...rest], 2, [3, 0, 4, 0], 4, 0]);
        const filled = Array.from({ length: 14 }, (_, i) => (i % 2 ? 0 : 11 + i / 2));
        expect(detached).toEqual(["TypeError", "TypeError", 2, 7, [0, 0, ...filled]]);
    });

    it("readInto refuses immutable memory, and survives a lying byteLength", async () => {
        const answer = await value<string[]>(`
            const r = new Recorder({ device: "sim:ramp,pace=fast" });
            const liar = new Uint8Array(4);
            Object.defineProperty(liar, "byteLength", { value: 1000000 });
            const thief = new Uint8Array(4);
            Object.defineProperty(thief, "byteLength", {
                get() { thief.buffer.transfer(); return 4; },
            });
            const fixed = new Uint8Array(4).buffer.transferToImmutable();
            out([liar, thief, fixed, new Uint8Array(fixed)].map(
                (target) => thrown(() => r.readInto(target)).name,
            ));
        `);
        expect(answer).toEqual(Array(4).fill("TypeError"));
    });

    it("save writes without returning bytes; the file has all frames once", async () => {
        const cwd = temporaryFolder();
        const frames = await value<number[]>(
            `
            const r = new Recorder("a.pcm", { device: "sim:ramp,pace=fast" });
            out([r.save(100), r.record(10).byteLength / 2, r.save(1000), r.finish().frames]);
            `,
            { cwd },
        );
        expect(frames).toEqual([4800, 480, 48000, 53280]);
        expect(readFileSync(join(cwd, "a.pcm")).equals(ramp(0, 53280))).toBe(true);
    });

    it("open goes on in another file without losing a frame", async () => {
        const cwd = temporaryFolder();
        const summaries = (await evaluate(
            `
            const r = new Recorder({ path: "a.pcm", device: "sim:ramp,pace=fast" });
            r.save(10);
            r.open("b.pcm");
            r.save(10);
            r.open();
            r.record(10);
            out(thrown(() => r.save(10)).code);
            r.open("c.pcm");
            r.save(10);
            out(r.finish());
            r.open("d.pcm");
            r.save(10);
            const last = r.finish();
            out([last.path, last.frames, r.finish().frames]);
            `,
            { cwd },
        )) as unknown[];
        expect(summaries[0]).toBe("EINVAL");
        expect(summaries[1]).toMatchObject({ path: "c.pcm", frames: 480, lostFrames: 0 });
        expect(summaries[2]).toEqual(["d.pcm", 480, 480]);
        expect(readdirSync(cwd).sort()).toEqual(["a.pcm", "b.pcm", "c.pcm", "d.pcm"]);
        expect(readFileSync(join(cwd, "a.pcm")).equals(ramp(0, 480))).toBe(true);
        expect(readFileSync(join(cwd, "b.pcm")).equals(ramp(480, 480))).toBe(true);
        expect(readFileSync(join(cwd, "c.pcm")).equals(ramp(1440, 480))).toBe(true);
    });
});

describe("losses", () => {
    const device = "sim:ramp,pace=fast,xrun_at=100:50,xrun_at=1000:7";
    const gaps = [
        { frame: 100, at: 100, frames: 50, exact: true, cause: "device" },
        { frame: 1000, at: 950, frames: 7, exact: true, cause: "device" },
    ];

    it("mark: goes on behind the gap, says so once, lists all", async () => {
        const ended = await runScript(
            `
            import { Recorder } from "maix:audio";
            const r = new Recorder({ device: "${device}" });
            const frames = new Uint16Array(r.record(50).buffer);
            console.log(JSON.stringify([frames[99], frames[100], frames[949], frames[950]]));
            console.log(JSON.stringify(r.stats()));
            `,
        );
        const [frames, stats] = ended.stdout
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line));
        expect(frames).toEqual([99, 150, 999, 1007]);
        expect(stats.gaps).toMatchObject(gaps);
        expect(stats).toMatchObject({ lostFrames: 57, overruns: 2, gapsOmitted: 0 });
        expect(stats.gaps[0].timeNs).toBeGreaterThan(0);
        const lines = ended.stderr.trim().split("\n");
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain("50 frames");
        expect(lines[0]).toContain("frame 100");
        expect(ended.status).toBe(0);
    });

    it("silence: keeps the time line", async () => {
        const [answer, stats] = (await evaluate(`
            const r = new Recorder("a.pcm", { device: "${device}", onOverrun: "silence" });
            const frames = new Uint16Array(r.record(50).buffer);
            out([99, 100, 149, 150, 999, 1000, 1006, 1007].map((index) => frames[index]));
            const { deliveredFrames, silenceFrames } = r.stats();
            out([deliveredFrames, silenceFrames, r.finish().frames]);
        `)) as number[][];
        expect(answer).toEqual([99, 0, 0, 150, 999, 0, 0, 1007]);
        expect(stats).toEqual([2343, 57, 2400]);
    });

    it("throw: the frames before the gap are in err.data, then it goes on behind", async () => {
        const [error, next] = (await evaluate(`
            const r = new Recorder({ device: "${device}", onOverrun: "throw" });
            out(thrown(() => r.record(50)));
            out(new Uint16Array(r.record(1).buffer)[0]);
        `)) as [Thrown, number];
        expect(error).toMatchObject({ name: "Error", code: "EOVERRUN", frames: 100, gap: gaps[0] });
        expect(Buffer.from(error.data ?? []).equals(ramp(0, 100))).toBe(true);
        expect(next).toBe(150);
    });

    it("a device that is gone: what it gave is in err.data and in the file", async () => {
        const cwd = temporaryFolder();
        const [error, state, into] = (await evaluate(
            `
            const device = "sim:ramp,pace=fast,unplug_at=700";
            const r = new Recorder("a.pcm", { device });
            out(thrown(() => r.record(1000)));
            out([r.state, thrown(() => r.record()).code, r.finish().frames, r.state]);
            const target = new Uint8Array(2000);
            const error = (() => {
                try { new Recorder({ device }).readInto(target); } catch (e) { return e; }
            })();
            out([error.code, error.frames, error.data.buffer === target.buffer,
                error.data.byteLength]);
            `,
            { cwd },
        )) as [Thrown, unknown[], unknown[]];
        expect(error).toMatchObject({ code: "ELOST", frames: 700 });
        expect(error.data).toHaveLength(1400);
        expect(state).toEqual(["error", "ELOST", 700, "finished"]);
        expect(into).toEqual(["ELOST", 700, true, 1400]);
        expect(readFileSync(join(cwd, "a.pcm")).equals(ramp(0, 700))).toBe(true);
    });
});

describe('onLost: "wait"', () => {
    it("goes on behind the gap when the device is there again", async () => {
        const cwd = temporaryFolder();
        const [pcm, state, gaps, summary] = (await evaluate(
            `
            const device = "sim:ramp,pace=fast,unplug_at=700:250";
            const r = new Recorder("a.pcm", { device, sampleRate: 8000, onLost: "wait" });
            out([...new Int16Array(r.record(125).buffer)]);
            out(r.state);
            out(r.stats().gaps);
            out(r.finish());
            `,
            { cwd },
        )) as [number[], string, unknown[], unknown];
        expect(pcm).toEqual(
            Array.from({ length: 1000 }, (_, index) => (index < 700 ? index : index + 2000)),
        );
        expect(state).toBe("recording");
        expect(gaps).toMatchObject([
            { frame: 700, at: 700, frames: 2000, exact: false, cause: "device" },
        ]);
        expect(summary).toMatchObject({ frames: 1000, lostFrames: 2000 });
        expect(readFileSync(join(cwd, "a.pcm"))).toHaveLength(2000);
    });

    it("ends on the exit flag while the device is away", async () => {
        const lengths = await value<number[]>(`
            const r = new Recorder({ device: "sim:ramp,pace=fast,unplug_at=300", onLost: "wait" });
            const first = r.record(5).length;
            app.setExitFlag(true);
            const second = r.record(1000).length;
            out([first, second]);
        `);
        expect(lengths).toEqual([480, 120]);
    });
});

describe("volume and mute", () => {
    it("are software gain on delivery; getters change nothing", async () => {
        const answer = await value<unknown[]>(`
            const r = new Recorder({ device: "sim:ramp,pace=fast" });
            const at = () => new Int16Array(r.record(1).buffer)[47];
            const list = [r.volume(), r.mute(), at()];
            list.push(r.volume(50), at(), r.volume(), r.mute(true), at(), r.mute(), r.volume());
            list.push(r.mute(false), at(), r.volume(0), at(), r.volume(100), at());
            out(list);
        `);
        expect(answer).toEqual([
            ...[100, false, 47],
            ...[50, 48, 50, true, 0, true, 50],
            ...[false, 96, 0, 0, 100, 287],
        ]);
    });
});

describe("what it says of itself", () => {
    it("has MaixPy's defaults, and the device's own values", async () => {
        const [defaults, other, hardware] = (await evaluate(`
            const say = (r) => [r.sampleRate(), r.format(), r.channel(), r.frameSize(),
                r.frameSize(10), r.periodCount(), r.periodSize(), r.state];
            const device = "sim:ramp,pace=fast,channels=1,format=S16_LE";
            const r = new Recorder({ device });
            out(say(r));
            const other = new Recorder({ device, channel: 2, format: Format.FMT_S32_LE,
                sampleRate: 16000, periodSize: 100, periodCount: 8 });
            out(say(other));
            out(other.hardware());
        `)) as [number[], number[], Record<string, unknown>];
        expect(defaults).toEqual([48000, 2, 1, 2, 20, 4, 480, "prepared"]);
        expect(other).toEqual([16000, 3, 2, 8, 80, 8, 100, "prepared"]);
        expect(hardware).toMatchObject({
            device: "sim:ramp,pace=fast,channels=1,format=S16_LE",
            sampleRate: 16000,
            format: 2,
            channel: 1,
            periodSize: 100,
            periodCount: 8,
            paced: false,
        });
    });

    it("changes periods only while it does not record", async () => {
        const answer = await value<unknown[]>(`
            const r = new Recorder({ device: "sim:ramp,pace=fast" });
            const set = [r.periodSize(240), r.periodCount(6), r.periodSize(), r.periodCount()];
            r.record(1);
            out([...set, thrown(() => r.periodSize(100)).code, r.periodSize()]);
        `);
        expect(answer).toEqual([240, 6, 240, 6, "EBUSY", 240]);
    });

    it("takes the microphone from the option, else --mic, else MAIXJS_MIC", async () => {
        const code = "out(new Recorder().hardware().device);";
        const env = { MAIXJS_MIC: "sim:ramp" };
        expect(await value(code, { env })).toBe("sim:ramp");
        const options = ["--mic", "sim:tone"];
        expect(await value(code, { env, options })).toBe("sim:tone");
        const given = 'out(new Recorder({ device: "sim:ramp,seed=1" }).hardware().device);';
        expect(await value(given, { env, options })).toBe("sim:ramp,seed=1");
    });
});

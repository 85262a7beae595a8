// SPDX-License-Identifier: MIT
// Recorder.stream(): chunks in the event loop, and every way in which a stream ends.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import {
    evaluate,
    results,
    runScript,
    type Thrown,
    temporaryFolder,
    value,
    withPrelude,
} from "../../support/run.ts";

const fast = "sim:ramp,pace=fast";

/** Frames of a `sim:ramp` recording of 16 bits, mono, that do not follow the one before. */
function breaks(path: string): number {
    const bytes = readFileSync(path);
    let count = 0;
    for (let at = 2; at < bytes.length; at += 2) {
        if (bytes.readUInt16LE(at) !== ((bytes.readUInt16LE(at - 2) + 1) & 0xffff)) count++;
    }
    return count;
}

describe("chunks", () => {
    it("are exactly as long as asked for, in order, and know where they stand", async () => {
        const chunks = await value<unknown[]>(`
            const r = new Recorder({ device: "${fast}", sampleRate: 8000 });
            const chunks = [];
            for await (const c of r.stream({ frames: 100 })) {
                chunks.push([c.frame, c.frames, c.lostFrames, c.timeMs, c.bytes.byteLength,
                    c.bytes.byteOffset, c.i16()[0], c.i16().at(-1)]);
                if (chunks.length === 3) break;
            }
            out(chunks);
        `);
        expect(chunks).toEqual([
            [0, 100, 0, 0, 200, 0, 0, 99],
            [100, 100, 0, 12.5, 200, 0, 100, 199],
            [200, 100, 0, 25, 200, 0, 200, 299],
        ]);
    });

    it("are 50 ms without an option, and as long as ms says", async () => {
        const frames = await value<number[]>(`
            const frames = [];
            for (const options of [undefined, {}, { ms: 50 }, { ms: 0.1 }, { ms: 3000 }]) {
                const stream = new Recorder({ device: "${fast}" }).stream(options);
                frames.push((await stream.next()).value.frames);
            }
            out(frames);
        `);
        expect(frames).toEqual([2400, 2400, 2400, 4, 144000]);
    });

    it("longer than the buffer are put together from blocks", async () => {
        const answer = await value<number[]>(`
            const r = new Recorder({ device: "${fast}", bufferMs: 20 });
            const { value: chunk } = await r.stream({ ms: 1000 }).next();
            const frames = chunk.i16();
            out([chunk.frames, frames.findIndex((f, i) => f !== ((i << 16) >> 16))]);
        `);
        expect(answer).toEqual([48000, -1]);
    });

    it("count what was lost in front of them and inside", async () => {
        const chunks = await value<number[][]>(`
            const device = "${fast},xrun_at=150:50,xrun_at=250:10,xrun_at=320:5";
            const r = new Recorder({ device });
            const chunks = [];
            for await (const c of r.stream({ frames: 100 })) {
                chunks.push([c.frame, c.lostFrames]);
                if (chunks.length === 5) break;
            }
            chunks.push([r.stats().lostFrames]);
            out(chunks);
        `);
        // Missing are 150 to 199, inside; 250 to 259, between two chunks; 320 to 324, inside.
        expect(chunks).toEqual([[0, 0], [100, 50], [260, 15], [365, 0], [465, 0], [65]]);
    });

    it("give their samples as 16-bit integers and floats, and their level", async () => {
        const [views, converted, level] = (await evaluate(`
            const next = async (format, channel = 1) => {
                const r = new Recorder({ device: "sim:ramp,pace=fast", format, channel });
                return (await r.stream({ frames: 4 }).next()).value;
            };
            const s16 = await next(Format.FMT_S16_LE);
            const f32 = await next(Format.FMT_F32_LE);
            out([s16.i16().buffer === s16.bytes.buffer, f32.f32().buffer === f32.bytes.buffer,
                s16.f32().buffer === s16.bytes.buffer, s16.i16().byteOffset]);
            const s32 = await next(Format.FMT_S32_LE, 2);
            s32.bytes.fill(0);
            s32.bytes[3] = 64; // the first sample: half of full scale
            out([[...s16.f32()].map((f) => f * 32768), [...s32.i16()], [...s32.f32()]]);
            out([s32.level().peakDbfs, thrown(() => { s32.bytes = 1; }).name,
                (s32.bytes.buffer.transfer(), thrown(() => s32.i16()).name)]);
        `)) as unknown[][];
        expect(views).toEqual([true, true, false, 0]);
        expect(converted).toEqual([
            [0, 1, 2, 3],
            [16384, 0, 0, 0, 0, 0, 0, 0],
            [0.5, 0, 0, 0, 0, 0, 0, 0],
        ]);
        expect(level).toEqual([expect.closeTo(-6.0206, 3), "TypeError", "TypeError"]);
    });

    it("stand in the file, too", async () => {
        const cwd = temporaryFolder();
        const frames = await value<number>(
            `
            const r = new Recorder("a.pcm", { device: "${fast}" });
            let n = 0;
            for await (const c of r.stream({ ms: 20 })) if (++n === 10) break;
            out(r.finish().frames);
            `,
            { cwd },
        );
        expect(frames).toBe(9600);
        expect(breaks(join(cwd, "a.pcm"))).toBe(0);
    });
});

describe("next", () => {
    it("answers several calls in order", async () => {
        const frames = await value<number[]>(`
            const stream = new Recorder({ device: "${fast}" }).stream({ frames: 10 });
            const calls = Array.from({ length: 20 }, () => stream.next());
            out((await Promise.all(calls)).map(({ value }) => value.frame));
        `);
        expect(frames).toEqual(Array.from({ length: 20 }, (_, i) => i * 10));
    });

    it("refuses more than 1024 calls that wait", async () => {
        const answer = await value<[number, string]>(`
            const r = new Recorder({ device: "sim:ramp,stall_at=0:100000" });
            const stream = r.stream();
            let calls = 0;
            const error = thrown(() => { for (;;) { stream.next(); calls++; } });
            r.close();
            out([calls, error.name]);
        `);
        expect(answer).toEqual([1024, "RangeError"]);
    });

    it("lets timers run however much is buffered", async () => {
        const answer = await value<boolean>(`
            const r = new Recorder({ device: "${fast}" });
            setTimeout(() => r.finish(), 5);
            for await (const c of r.stream({ frames: 1 })) if (r.state === "finished") break;
            out(r.state === "finished");
        `);
        expect(answer).toBe(true);
    });

    it("keeps the program alive only while somebody waits", async () => {
        const ended = await runScript(
            withPrelude(`
                const stream = new Recorder({ device: "${fast}" }).stream();
                await stream.next();
                out("end");
            `),
        );
        expect(ended).toMatchObject({ status: 0, stderr: "" });
        expect(results(ended)).toEqual(["end"]);
    });
});

describe("a stream ends", () => {
    it("at break: capture stops, what is buffered stays for record", async () => {
        const answer = await value<unknown[]>(`
            const r = new Recorder({ device: "${fast}", bufferMs: 100 });
            for await (const c of r.stream({ frames: 480 })) {
                while (r.getRemainingFrames() < 480) time.sleepMs(1);
                break;
            }
            const left = r.getRemainingFrames();
            const bytes = r.record();
            out([r.state, left > 0, bytes.byteLength / 2 === left,
                new Int16Array(bytes.buffer)[0], r.record(10).byteLength]);
        `);
        expect(answer).toEqual(["stopped", true, true, 480, 0]);
    });

    it("at finish inside of the loop, and at finish while next waits", async () => {
        const answer = await value<unknown[]>(`
            const r = new Recorder("a.wav", { device: "${fast}" });
            let n = 0;
            for await (const c of r.stream({ frames: 100 })) if (++n === 3) r.finish();
            const slow = new Recorder({ device: "sim:ramp,stall_at=0:100000" });
            const stream = slow.stream();
            const waiting = [stream.next(), stream.next()];
            slow.finish();
            out([n, r.finish().frames, await Promise.all(waiting), await stream.next(),
                thrown(() => slow.stream()).code]);
        `);
        const done = { done: true };
        expect(answer).toEqual([3, 300, [done, done], done, "EFINISHED"]);
    });

    it("at close, and at reset(false)", async () => {
        const answer = await value<unknown[]>(`
            const states = [];
            for (const end of ["close", "reset"]) {
                const r = new Recorder({ device: "sim:ramp,stall_at=0:100000" });
                const stream = r.stream();
                const waiting = stream.next();
                r[end](...(end === "reset" ? [false] : []));
                states.push(r.state, (await waiting).done, (await stream.next()).done);
            }
            out(states);
        `);
        expect(answer).toEqual(["released", true, true, "stopped", true, true]);
    });

    it("at return and asyncDispose, which give what they should", async () => {
        const answer = await value<unknown[]>(`
            const r = new Recorder({ device: "${fast}" });
            const first = r.stream();
            const value = await first.return(7);
            const again = r.stream();
            const disposed = await again[Symbol.asyncDispose]();
            const twice = await again.return();
            out([value, r.state, typeof disposed, twice.done, (await first.next()).done]);
        `);
        expect(answer).toEqual([{ value: 7, done: true }, "stopped", "object", true, true]);
    });

    it("on the exit flag, with what is buffered, the last chunk short", async () => {
        const cwd = temporaryFolder();
        const answer = await value<{ frames: number[]; state: string; delivered: number }>(
            `
            const r = new Recorder("a.pcm", { device: "${fast}", bufferMs: 200 });
            const frames = [];
            for await (const c of r.stream({ frames: 1000 })) {
                frames.push(c.frames);
                if (frames.length !== 2) continue;
                while (r.getRemainingFrames() < 1500) time.sleepMs(1);
                app.setExitFlag(true);
            }
            out({ frames, state: r.state, delivered: r.stats().deliveredFrames });
            `,
            { cwd },
        );
        const { frames, state, delivered } = answer;
        expect(state).toBe("stopped");
        expect(frames.slice(0, -1).every((n) => n === 1000)).toBe(true);
        expect(frames.length).toBeGreaterThan(2);
        expect(frames.at(-1)).toBeLessThanOrEqual(1000);
        expect(frames.reduce((sum, n) => sum + n)).toBe(delivered);
        expect(readFileSync(join(cwd, "a.pcm")).length).toBe(delivered * 2);
        expect(breaks(join(cwd, "a.pcm"))).toBe(0);
    });

    it("on a signal, also while nothing comes", async () => {
        const cwd = temporaryFolder();
        const ended = await runScript(
            withPrelude(`
                const r = new Recorder("a.wav", { device: "sim:ramp,stall_at=2400:100000" });
                const stream = r.stream({ frames: 2400 });
                out((await stream.next()).value.frames);
                const next = stream.next();
                out("waiting");
                out((await next).done);
                out([(await stream.next()).done, r.finish().frames]);
            `),
            { cwd, kill: { signal: "SIGTERM", when: (text) => text.includes("waiting") } },
        );
        expect(results(ended)).toEqual([2400, "waiting", true, [true, 2400]]);
        expect(ended.status).toBe(0);
    });

    it("at once when the exit flag was set before", async () => {
        const answer = await value<unknown[]>(`
            app.setExitFlag(true);
            const r = new Recorder({ device: "${fast}" });
            let n = 0;
            for await (const c of r.stream()) n++;
            out([n, r.state]);
        `);
        expect(answer).toEqual([0, "prepared"]);
    });
});

describe("errors", () => {
    it("ELOST comes behind the frames before it, and ends the stream", async () => {
        const answer = await value<unknown[]>(`
            const r = new Recorder({ device: "${fast},unplug_at=250" });
            const frames = [];
            let error;
            const stream = r.stream({ frames: 100 });
            try { for await (const c of stream) frames.push(c.frames); } catch (e) { error = e; }
            out([frames, error.code, error instanceof Error, (await stream.next()).done, r.state]);
        `);
        expect(answer).toEqual([[100, 100, 50], "ELOST", true, true, "error"]);
    });

    it("EOVERRUN has its gap; another stream goes on behind it", async () => {
        const [frames, error, next] = (await evaluate(`
            const r = new Recorder({ device: "${fast},xrun_at=150:50", onOverrun: "throw" });
            const frames = [];
            try {
                for await (const c of r.stream({ frames: 100 })) frames.push([c.frames, c.lostFrames]);
            } catch (e) { out(frames); out(facts(e)); }
            for await (const c of r.stream({ frames: 100 })) { out([c.frame, c.frames]); break; }
        `)) as [unknown, Thrown, unknown];
        expect(frames).toEqual([
            [100, 0],
            [50, 0],
        ]);
        expect(error).toMatchObject({ code: "EOVERRUN", gap: { frame: 150, at: 150, frames: 50 } });
        expect(next).toEqual([200, 100]);
    });

    it("a file's error carries the frames that were read, and ends the stream", async () => {
        const cwd = temporaryFolder();
        const [error, after] = (await evaluate(
            `
            const r = new Recorder("a.pcm", { device: "${fast}" });
            let n = 0;
            let error;
            try {
                for await (const c of r.stream({ frames: 100 })) n++;
            } catch (e) { error = e; }
            out([n > 10, error.code, error.frames, new Uint16Array(error.data.buffer)[0] === n * 100]);
            r.open("b.pcm");
            const { value: next } = await r.stream({ frames: 10 }).next();
            out([r.state, next.frame === (n + 1) * 100, r.stats().gaps.map(({ cause }) => cause)]);
            `,
            { cwd, setup: "ulimit -f 8" },
        )) as unknown[];
        expect(error).toEqual([true, "EFBIG", 100, true]);
        expect(after).toEqual(["recording", true, ["disk"]]);
        const size = readFileSync(join(cwd, "a.pcm")).length;
        expect(size % 2).toBe(0);
        expect(breaks(join(cwd, "a.pcm"))).toBe(0);
    });

    it("only one reads at a time", async () => {
        const codes = await value<string[]>(`
            const r = new Recorder("a.wav", { device: "${fast}" });
            const stream = r.stream();
            const calls = [() => r.record(), () => r.record(5), () => r.save(5),
                () => r.recordBytes(2), () => r.readInto(new Uint8Array(2)), () => r.stream()];
            const codes = calls.map((call) => thrown(call).code);
            await stream.return();
            r.reset(true);
            out([...codes, r.record(1).byteLength]);
        `);
        expect(codes).toEqual([...Array(6).fill("EBUSY"), 96]);
    });

    it("a rejected next that nobody handles ends the program with status 3", async () => {
        const ended = await runScript(
            withPrelude(`
                const r = new Recorder({ device: "${fast},unplug_at=0" });
                for await (const c of r.stream()) out("chunk");
            `),
        );
        expect(ended.status).toBe(3);
        expect(ended.stderr).toContain("ELOST");
    });
});

describe("streams and the rest of the program", () => {
    it("two at once have their turns", async () => {
        const answer = await value<number[]>(`
            const read = async (frames) => {
                const r = new Recorder({ device: "${fast}" });
                let n = 0;
                for await (const c of r.stream({ frames })) if (++n === 50) break;
                return n;
            };
            out(await Promise.all([read(10), read(1000)]));
        `);
        expect(answer).toEqual([50, 50]);
    });

    it("open() goes on in another file inside of a stream", async () => {
        const cwd = temporaryFolder();
        await evaluate(
            `
            const r = new Recorder("a.pcm", { device: "${fast}" });
            let n = 0;
            for await (const c of r.stream({ frames: 100 })) {
                if (++n === 3) r.open("b.pcm");
                if (n === 5) break;
            }
            r.finish();
            `,
            { cwd },
        );
        expect(readFileSync(join(cwd, "a.pcm")).length).toBe(600);
        expect(readFileSync(join(cwd, "b.pcm")).length).toBe(400);
        expect(readFileSync(join(cwd, "b.pcm")).readUInt16LE(0)).toBe(300);
    });

    it("survive garbage collection, and a then of the script's", async () => {
        const answer = await value<unknown[]>(`
            let r = new Recorder("a.wav", { device: "${fast}" });
            let stream = r.stream({ frames: 10 });
            r = undefined;
            std.gc();
            const first = (await stream.next()).value.frames;
            // Promise resolution asks every result for a then: here it meddles with the stream.
            let meddled = 0;
            Object.defineProperty(Object.prototype, "then", {
                configurable: true,
                get() {
                    if (this.done === false && meddled++ === 0) { stream.return(); stream.next(); }
                    return undefined;
                },
            });
            const pending = [stream.next(), stream.next()];
            const settled = (await Promise.all(pending)).map(({ done }) => done);
            delete Object.prototype.then;
            // A stream and a recorder that only know each other, with nobody waiting.
            const dropped = new Recorder("b.wav", { device: "${fast}" });
            const cycle = { stream: dropped.stream() };
            await cycle.stream.next();
            dropped.cycle = cycle;
            cycle.stream.cycle = cycle;
            out([first, settled, meddled > 0]);
        `);
        expect(answer).toEqual([10, [false, true], true]);
    });

    it("may be waited for when the program is ended from elsewhere", async () => {
        const cwd = temporaryFolder();
        const ended = await runScript(
            withPrelude(`
                const r = new Recorder("a.wav", { device: "sim:ramp,stall_at=2400:100000" });
                const stream = r.stream({ frames: 2400 });
                await stream.next();
                stream.next();
                std.exit(7);
            `),
            { cwd },
        );
        expect(ended).toMatchObject({ status: 7, stderr: "" });
        expect(readFileSync(join(cwd, "a.wav")).length).toBe(44 + 4800);
    });
});

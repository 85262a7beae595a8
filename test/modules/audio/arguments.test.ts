// SPDX-License-Identifier: MIT
// Bad arguments of maix:audio: the right error, and nothing has happened.

import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { evaluate, type Thrown, temporaryFolder, value } from "../../support/run.ts";

/** What each expression throws, in one program: `r` is a recorder, `w` a writer. */
async function errorsOf(calls: readonly string[], cwd = temporaryFolder()): Promise<Thrown[]> {
    const list = calls.map((call) => `() => { ${call}; }`).join(",\n");
    const code = `
        const device = "sim:ramp,pace=fast";
        const r = new Recorder({ device });
        const r2 = new Recorder({ device, channel: 2, sampleRate: 8000 });
        for (const call of [${list}]) out(thrown(call));
    `;
    return (await evaluate(code, { cwd })) as Thrown[];
}

/** One row a call: the error's name or code, and what its message must hold. */
function table(rows: readonly (readonly [call: string, kind: string, text: string])[]) {
    it("throws the right error for each call", async () => {
        const cwd = temporaryFolder();
        const errors = await errorsOf(
            rows.map(([call]) => call),
            cwd,
        );
        const found = errors.map((error, index) => {
            const [call, , text] = rows[index] ?? ["", "", ""];
            const holds = typeof error.message === "string" && error.message.includes(text);
            return [call, error.code ?? error.name, holds ? text : error.message];
        });
        expect(found).toEqual(rows.map((row) => [...row]));
        // Lines of one, and nothing left behind.
        for (const error of errors) expect(error.message).not.toContain("\n");
        expect(readdirSync(cwd)).toEqual([]);
    });
}

describe("new Recorder", () => {
    table([
        ["new Recorder(1)", "TypeError", "path must be a string"],
        ["new Recorder(null)", "TypeError", "path must be a string"],
        ["new Recorder('a.wav', { path: 'b.wav' })", "TypeError", "path is given twice"],
        ["new Recorder({ path: 'b.wav' }, {})", "TypeError", "path must be a string"],
        ["new Recorder('a.wav', 5)", "TypeError", "must be an object"],
        ["new Recorder('a\\0.wav')", "RangeError", "NUL"],
        ["new Recorder({ samplerate: 8000 })", "TypeError", '"samplerate"'],
        ["new Recorder({ samplerate: 8000 })", "TypeError", "sampleRate"],
        ["new Recorder({ ['path\\0']: 'a.wav' })", "TypeError", "unknown option"],
        ["new Recorder({ device, sampleRate: '8000' })", "TypeError", "sampleRate"],
        ["new Recorder({ device, sampleRate: 0 })", "RangeError", "sampleRate"],
        ["new Recorder({ device, sampleRate: 8000.5 })", "RangeError", "whole"],
        ["new Recorder({ device, channel: 1.1 })", "RangeError", "a whole number, not 1.1"],
        ["new Recorder({ device, channel: Infinity })", "RangeError", "from 1 to 8, not Infinity"],
        ["new Recorder({ device, sampleRate: -1 })", "RangeError", "leave it out"],
        ["new Recorder({ device, format: 'S16' })", "TypeError", "format"],
        ["new Recorder({ device, format: 0 })", "RangeError", "format"],
        ["new Recorder({ device, format: 13 })", "RangeError", "format"],
        ["new Recorder({ device, channel: 0 })", "RangeError", "channel"],
        ["new Recorder({ device, channel: 9 })", "RangeError", "channel"],
        ["new Recorder({ device, block: 1 })", "TypeError", "block"],
        ["new Recorder({ device, bufferMs: 0 })", "RangeError", "bufferMs"],
        ["new Recorder({ device, bufferMs: 600001 })", "RangeError", "bufferMs"],
        ["new Recorder({ device, periodSize: 0 })", "RangeError", "periodSize"],
        ["new Recorder({ device, periodCount: 1 })", "RangeError", "periodCount"],
        ["new Recorder({ device, onOverrun: 'ignore' })", "RangeError", '"mark"'],
        ["new Recorder({ device, onOverrun: 1 })", "TypeError", "onOverrun"],
        ["new Recorder({ device, onLost: 'retry' })", "RangeError", '"wait"'],
        ["new Recorder({ device, onLost: true })", "TypeError", "onLost"],
        ["new Recorder({ device, mixer: 1 })", "TypeError", "mixer"],
        ["new Recorder({ device, mixer: true })", "EUNSUPPORTED", "mixer"],
        ["new Recorder({ device: 5 })", "TypeError", "device"],
        ["new Recorder({ device: 'sim:ramp,colour=red' })", "EINVAL", "colour"],
        ["new Recorder({ device: 'sim:piano' })", "EINVAL", "piano"],
        ["new Recorder({ device: 'mic' })", "EINVAL", "mic"],
        ["new Recorder({ device: 'sim:tone,rate=16000' })", "EUNSUPPORTED", "16000"],
        ["new Recorder('none/a.wav', { device })", "ENOENT", "none"],
        ["new Recorder('a.mp3', { device })", "EINVAL", ".wav"],
        ["new Recorder('a', { device })", "EINVAL", ".wav"],
        ["Recorder('a.wav')", "TypeError", "new"],
    ]);

    it("refuses a folder, a device and a path that is being recorded", async () => {
        const cwd = temporaryFolder();
        mkdirSync(join(cwd, "folder.wav"));
        const errors = await evaluate(
            `
            import * as os from "qjs:os";
            const device = "sim:ramp,pace=fast";
            os.symlink("/dev/null", "null.wav");
            const r = new Recorder("a.wav", { device });
            r.record(1);
            out(thrown(() => new Recorder("folder.wav", { device })));
            out(thrown(() => new Recorder("null.wav", { device })));
            out(thrown(() => new Recorder("a.wav", { device })));
            out(thrown(() => new WavWriter("a.wav")));
            `,
            { cwd },
        );
        const codes = (errors as Thrown[]).map(({ code }) => code);
        expect(codes).toEqual(["EINVAL", "EINVAL", "EBUSY", "EBUSY"]);
        expect(readdirSync(cwd).sort()).toEqual(["a.wav", "folder.wav", "null.wav"]);
    });

    it("reads every option before it validates one, and calls nothing back", async () => {
        const order = await value<string[]>(`
            const order = [];
            const options = {};
            for (const name of ["channel", "device", "format", "path"]) {
                Object.defineProperty(options, name, {
                    enumerable: true,
                    get: () => (order.push(name), { valueOf: () => order.push("called") }),
                });
            }
            order.push(thrown(() => new Recorder(options)).name);
            out(order);
        `);
        expect(order.slice(0, -1).sort()).toEqual(["channel", "device", "format", "path"]);
        expect(order.at(-1)).toBe("TypeError");
    });

    it("passes an error of a getter on", async () => {
        const error = await value<Thrown>(`
            out(thrown(() => new Recorder({ get path() { throw new Error("mine"); } })));
        `);
        expect(error.message).toBe("mine");
    });
});

describe("members of Recorder", () => {
    table([
        ["r.record('x')", "TypeError", "ms must be a number"],
        ["r.record(null)", "TypeError", "ms must be a number"],
        ["r.record({ valueOf: () => 1 })", "TypeError", "ms must be a number"],
        ["r.record(-5)", "RangeError", "ms"],
        ["r.record(-1)", "RangeError", "leave it out"],
        ["r.record(NaN)", "RangeError", "NaN"],
        ["r.record(Infinity)", "RangeError", "ms"],
        ["r.record(1e9)", "RangeError", "save()"],
        ["r.record(Number.MAX_SAFE_INTEGER)", "RangeError", "save()"],
        ["r.save('x')", "TypeError", "ms"],
        ["r.save(-1)", "RangeError", "leave it out"],
        ["r.save(50)", "EINVAL", "path"],
        ["r.recordBytes(3)", "RangeError", "whole frames of 2 bytes"],
        ["r2.recordBytes(6)", "RangeError", "whole frames of 4 bytes"],
        ["r.recordBytes(-1)", "RangeError", "leave it out"],
        ["r.recordBytes(1.5)", "RangeError", "whole"],
        ["r.recordBytes('4')", "TypeError", "bytes"],
        ["r.readInto()", "TypeError", "typed array"],
        ["r.readInto([1, 2])", "TypeError", "typed array"],
        ["r.readInto(4)", "TypeError", "typed array"],
        ["r.readInto(new DataView(new ArrayBuffer(4)))", "TypeError", "typed array"],
        ["r.readInto(new Uint8Array(3))", "RangeError", "whole frames"],
        ["r.readInto(new Uint8Array(new SharedArrayBuffer(4)))", "TypeError", "shared"],
        ["r.reset(1)", "TypeError", "start"],
        ["r.open(1)", "TypeError", "path"],
        ["r.open('none/a.wav')", "ENOENT", "none"],
        ["r.volume(101)", "RangeError", "volume"],
        ["r.volume(-1)", "RangeError", "leave it out"],
        ["r.volume('50')", "TypeError", "volume"],
        ["r.volume(NaN)", "RangeError", "volume"],
        ["r.volume(0.5)", "RangeError", "whole"],
        ["r.mute(1)", "TypeError", "mute"],
        ["r.frameSize(-1)", "RangeError", "leave it out"],
        ["r.frameSize('1')", "TypeError", "n"],
        ["r.periodSize(0)", "RangeError", "periodSize"],
        ["r.periodCount(1)", "RangeError", "periodCount"],
        ["r.stream(5)", "TypeError", "object"],
        ["r.stream({ ms: 50, frames: 100 })", "TypeError", "not both"],
        ["r.stream({ seconds: 1 })", "TypeError", '"seconds"'],
        ["r.stream({ ms: 0 })", "RangeError", "one frame"],
        ["r.stream({ ms: -1 })", "RangeError", "leave it out"],
        ["r.stream({ frames: 0 })", "RangeError", "frames"],
        ["r.stream({ frames: 1.5 })", "RangeError", "whole"],
        ["r.stream({ ms: 1e9 })", "RangeError", "2 GiB"],
        [
            "if (r.state !== 'prepared') throw new Error(r.state); throw new Error('ok')",
            "Error",
            "ok",
        ],
    ]);

    it("throws TypeError for a wrong this", async () => {
        const names = await value<string[]>(`
            const wrong = [];
            const check = (prototype, others) => {
                for (const key of Reflect.ownKeys(prototype)) {
                    if (key === "constructor" || key === Symbol.toStringTag) continue;
                    const { value, get } = Object.getOwnPropertyDescriptor(prototype, key);
                    for (const other of others) {
                        const error = thrown(() => (value ?? get).call(other));
                        if (error.name !== "TypeError") wrong.push(String(key) + " " + error.name);
                    }
                }
            };
            const r = new Recorder({ device: "sim:ramp,pace=fast" });
            const stream = r.stream();
            const { value: chunk } = await stream.next();
            const w = new WavWriter("a.wav");
            check(Recorder.prototype, [{}, undefined, w, Object.create(Recorder.prototype)]);
            check(WavWriter.prototype, [{}, null, r, Object.create(WavWriter.prototype)]);
            check(Object.getPrototypeOf(chunk), [{}, 1, stream]);
            const streams = { ...Object.getOwnPropertyDescriptors(Object.getPrototypeOf(stream)) };
            delete streams[Symbol.asyncIterator]; // returns this, whatever it is
            check(Object.create({}, streams), [{}, "x", chunk]);
            out(wrong);
        `);
        expect(names).toEqual([]);
    });

    it("throws ECLOSED after close, but for state, stats, finish and close", async () => {
        const codes = await value<Record<string, string>>(`
            const r = new Recorder({ device: "sim:ramp,pace=fast" });
            r.record(10);
            r.close();
            const calls = {
                record: [], save: [], recordBytes: [], readInto: [new Uint8Array(2)], reset: [],
                open: [], volume: [], mute: [], getRemainingFrames: [], frameSize: [],
                periodSize: [], periodCount: [], sampleRate: [], format: [], channel: [],
                hardware: [], stream: [], stats: [], finish: [], close: [],
                [Symbol.dispose]: [],
            };
            const codes = { state: r.state };
            for (const name of Reflect.ownKeys(calls)) {
                codes[String(name)] = thrown(() => r[name](...calls[name])).code ?? "nothing";
            }
            out(codes);
        `);
        const { state, stats, finish, close, ...others } = codes;
        expect([state, stats, finish, close]).toEqual([
            "released",
            "nothing",
            "nothing",
            "nothing",
        ]);
        expect(others["Symbol(Symbol.dispose)"]).toBe("nothing");
        delete others["Symbol(Symbol.dispose)"];
        expect(Object.keys(others)).toHaveLength(17);
        expect(new Set(Object.values(others))).toEqual(new Set(["ECLOSED"]));
    });

    it("throws EFINISHED after finish in readers, stream and reset(true)", async () => {
        const codes = await value<string[]>(`
            const r = new Recorder("a.wav", { device: "sim:ramp,pace=fast" });
            r.record(10);
            r.finish();
            const calls = [() => r.record(), () => r.record(5), () => r.save(5),
                () => r.recordBytes(2), () => r.readInto(new Uint8Array(2)), () => r.stream(),
                () => r.reset(true), () => r.reset(false), () => r.volume(50), () => r.finish()];
            out(calls.map((call) => thrown(call).code ?? "nothing"));
        `);
        expect(codes).toEqual([...Array(7).fill("EFINISHED"), "nothing", "nothing", "nothing"]);
    });
});

describe("level, fmtBits, Format", () => {
    table([
        ["level()", "TypeError", "typed array"],
        ["level('x')", "TypeError", "typed array"],
        ["level(new Uint8Array(3))", "RangeError", "whole samples"],
        ["level(new Uint8Array(4), 0)", "RangeError", "format"],
        ["level(new Uint8Array(4), '2')", "TypeError", "format"],
        ["fmtBits()", "TypeError", "format"],
        ["fmtBits(99)", "RangeError", "format"],
        ["fmtBits(1.5)", "RangeError", "whole"],
        ["Format.FMT_S8 = 9", "TypeError", "read-only"],
    ]);

    it("has MaixPy's numbers and bits", async () => {
        const bits = await value<[string, number, number][]>(`
            out(Object.entries(Format).map(([name, n]) => [name, n, fmtBits(n)]));
        `);
        const names =
            "NONE S8 S16_LE S32_LE S16_BE S32_BE U8 U16_LE U32_LE U16_BE U32_BE S24_3LE F32_LE";
        const expected = [0, 8, 16, 32, 16, 32, 8, 16, 32, 16, 32, 24, 32];
        expect(bits).toEqual(
            names.split(" ").map((name, index) => [`FMT_${name}`, index, expected[index]]),
        );
    });

    it("measures every kind of bytes", async () => {
        const levels = await evaluate(`
            out(level(new Int16Array([16384, -16384])));
            out(level(new Int16Array([0, 0])).peakDbfs === -Infinity);
            out(level(new ArrayBuffer(0)).rmsDbfs === -Infinity);
            out(level(new Float32Array([0.5, -0.5]), Format.FMT_F32_LE));
            out(level(new Int16Array([32767, 16384, 1]).subarray(1, 2)));
        `);
        const half = { peakDbfs: expect.closeTo(-6.0206, 3), rmsDbfs: expect.closeTo(-6.0206, 3) };
        expect(levels).toEqual([half, true, true, half, half]);
    });
});

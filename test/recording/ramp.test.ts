// SPDX-License-Identifier: MIT
// Every frame once and in order: all formats, channels and rates, blocking, not blocking and as a
// stream, with a file and without, across open(). sim:ramp makes each sample the frame's index.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createFolder, run, writeFiles } from "../support/process.ts";
import { readAlike, readersAreThere } from "../support/readers.ts";

let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder = createFolder();
});
afterEach(() => folder.remove());

/** How a format's sample is written, and what it is for the ramp's frame `index`. */
interface Sample {
    readonly bytes: number;
    /** In a WAV file: little-endian, 8 bit unsigned, wider ones signed. */
    readonly stored: (index: number) => number;
    readonly readStored: (file: Buffer, at: number) => number;
}

const mask = (bits: number) => (index: number) => Number(BigInt.asUintN(bits, BigInt(index)));
const flipped = (bits: number) => (index: number) =>
    Number(BigInt.asUintN(bits, BigInt(index) + (1n << BigInt(bits - 1))));
const u8 = (file: Buffer, at: number) => file.readUInt8(at);
const u16 = (file: Buffer, at: number) => file.readUInt16LE(at);
const u24 = (file: Buffer, at: number) => file.readUIntLE(at, 3);
const u32 = (file: Buffer, at: number) => file.readUInt32LE(at);

const formats: Readonly<Record<string, Sample>> = {
    FMT_S8: { bytes: 1, stored: flipped(8), readStored: u8 },
    FMT_U8: { bytes: 1, stored: mask(8), readStored: u8 },
    FMT_S16_LE: { bytes: 2, stored: mask(16), readStored: u16 },
    FMT_S16_BE: { bytes: 2, stored: mask(16), readStored: u16 },
    FMT_U16_LE: { bytes: 2, stored: flipped(16), readStored: u16 },
    FMT_U16_BE: { bytes: 2, stored: flipped(16), readStored: u16 },
    FMT_S24_3LE: { bytes: 3, stored: mask(24), readStored: u24 },
    FMT_S32_LE: { bytes: 4, stored: mask(32), readStored: u32 },
    FMT_S32_BE: { bytes: 4, stored: mask(32), readStored: u32 },
    FMT_U32_LE: { bytes: 4, stored: flipped(32), readStored: u32 },
    FMT_U32_BE: { bytes: 4, stored: flipped(32), readStored: u32 },
    FMT_F32_LE: {
        bytes: 4,
        stored: (index) => (index % 2 ** 24) / 2 ** 24,
        readStored: (file, at) => file.readFloatLE(at),
    },
};

const rates = [8000, 11025, 16000, 22050, 32000, 44100, 48000];

// Runs in maixjs: records each case into a .wav and, by the same kind of calls, into a .pcm that
// must be the returned bytes.
const recordAll = `
    import { audio, app } from "maix";
    import * as std from "qjs:std";
    const write = (path, chunks) => {
        const file = std.open(path, "wb");
        for (const c of chunks) if (c.length) file.write(c.buffer, 0, c.byteLength);
        file.close();
    };
    const frames = 1 + Number(process.argv[2]);
    const modes = {
        blocking: (r) => { const out = []; for (let n = 0; n < frames;) {
            const c = r.recordBytes(r.frameSize(Math.min(1000, frames - n))); n += c.length / r.frameSize(); out.push(c); }
            return out; },
        polling: (r) => { const out = []; r.reset(true); for (let n = 0; n < frames;) {
            const c = r.recordBytes(r.frameSize(frames - n)); n += c.length / r.frameSize(); out.push(c); }
            return out; },
        streaming: async (r) => { const out = []; let n = 0; for await (const c of r.stream({ frames: 777 })) {
            out.push(c.bytes); n += c.frames; if (n >= frames) break; } return out; },
    };
    for (const [mode, read] of Object.entries(modes)) {
        for (const format of process.argv[3].split(",")) for (const channel of [1, 2]) {
            for (const extension of ["wav", "pcm"]) {
                const name = [mode, format, channel].join("-");
                const r = new audio.Recorder(name + "." + extension, {
                    format: audio.Format[format], channel, sampleRate: 48000, block: mode !== "polling",
                    bufferMs: 100,
                });
                const chunks = await read(r);
                const { frames: written } = r.finish();
                write(name + "." + extension + ".returned", chunks);
                const s = r.stats();
                if (s.capturedFrames !== s.deliveredFrames + s.discardedFrames || s.lostFrames) throw new Error(JSON.stringify(s));
                if (written !== s.deliveredFrames) throw new Error(written + " " + s.deliveredFrames);
                r.close();
            }
        }
    }
`;

describe("every frame, once and in order", () => {
    it.each(Object.keys(formats))("%s: 1 and 2 channels, three ways of reading", async (format) => {
        writeFiles(folder.work, { "script.mjs": recordAll });
        const ended = await run(["--mic", "sim:ramp,pace=fast", "script.mjs", "70000", format], {
            cwd: folder.work,
        });
        expect([ended.status, ended.stderr]).toEqual([0, ""]);
        const sample = formats[format] as Sample;
        for (const mode of ["blocking", "polling", "streaming"]) {
            for (const channels of [1, 2]) {
                const wav = join(folder.work, `${mode}-${format}-${channels}.wav`);
                const pcm = readFileSync(join(folder.work, `${mode}-${format}-${channels}.pcm`));
                expect(
                    pcm.equals(
                        readFileSync(
                            `${join(folder.work, `${mode}-${format}-${channels}.pcm`)}.returned`,
                        ),
                    ),
                ).toBe(true);
                expect(pcm.length).toBeGreaterThanOrEqual(70_001 * channels * sample.bytes);
                const bytes = readFileSync(wav);
                const data = bytes.subarray(bytes.indexOf("data") + 8);
                const frames = pcm.length / channels / sample.bytes;
                for (let i = 0; i < frames * channels; i++) {
                    const index = Math.floor(i / channels);
                    if (sample.readStored(data, i * sample.bytes) !== sample.stored(index)) {
                        throw new Error(`${wav}: sample ${i} is not that of frame ${index}`);
                    }
                }
                if (readersAreThere) {
                    expect(readAlike(wav)).toEqual({ frames, rate: 48000, channels });
                }
            }
        }
    });

    it.each(rates)("at %i Hz", async (rate) => {
        writeFiles(folder.work, {
            "script.mjs": `
                import { audio } from "maix";
                const r = new audio.Recorder("a.wav", { sampleRate: ${rate} });
                console.log(r.record(1500).length / 2, r.save(1), r.save(333));
                r.close();`,
        });
        const ended = await run(["--mic", "sim:ramp,pace=fast", "script.mjs"], {
            cwd: folder.work,
        });
        const counts = [1500, 1, 333].map((ms) => Math.floor((ms * rate) / 1000));
        expect([ended.stdout, ended.stderr]).toEqual([`${counts.join(" ")}\n`, ""]);
        const bytes = readFileSync(join(folder.work, "a.wav"));
        const frames = counts.reduce((sum, count) => sum + count);
        expect(bytes.length).toBe(44 + 2 * frames);
        for (let i = 0; i < frames; i++) expect(bytes.readUInt16LE(44 + 2 * i)).toBe(i & 0xffff);
        if (readersAreThere) {
            expect(readAlike(join(folder.work, "a.wav"))).toEqual({ frames, rate, channels: 1 });
        }
    });

    it("across open(): takes follow each other without a frame between", async () => {
        writeFiles(folder.work, {
            "script.mjs": `
                import { audio } from "maix";
                const r = new audio.Recorder("take0.wav", { channel: 2 });
                for (let take = 1; take <= 4; take++) {
                    if (take === 4) r.record(400);
                    else r.save(100 * take);
                    r.open(take === 3 ? undefined : "take" + take + ".wav");
                }
                r.record(10);
                console.log(JSON.stringify(r.finish()), r.stats().lostFrames);
            `,
        });
        const ended = await run(["--mic", "sim:ramp,pace=fast", "script.mjs"], {
            cwd: folder.work,
        });
        expect([ended.status, ended.stderr]).toEqual([0, ""]);
        // Take 3 goes nowhere: its 400 ms are passed over in the files, not in the count.
        let index = 0;
        for (const [take, ms] of [100, 200, 300, 400, 10].entries()) {
            const path = join(folder.work, `take${take}.wav`);
            const frames = 48 * ms;
            if (take === 3) {
                expect(existsSync(path)).toBe(false);
            } else {
                const bytes = readFileSync(path);
                expect(bytes.length).toBe(44 + 4 * frames);
                for (let i = 0; i < 2 * frames; i++) {
                    const expected = (index + Math.floor(i / 2)) & 0xffff;
                    if (bytes.readUInt16LE(44 + 2 * i) !== expected)
                        throw new Error(`${path}: ${i}`);
                }
            }
            index += frames;
        }
        expect(JSON.parse(ended.stdout.replace(/ \d+\n$/, ""))).toMatchObject({ frames: 480 });
    });
});

describe("a relative path", () => {
    it("means the folder of the moment in which it was given", async () => {
        writeFiles(folder.work, {
            "one/x": "",
            "two/x": "",
            "script.mjs": `
                import { audio } from "maix";
                import * as os from "qjs:os";
                os.chdir("one");
                const r = new audio.Recorder("a.wav");
                os.chdir("../two");
                r.record(10);
                r.open("b.wav");
                os.chdir("..");
                r.record(10);
                console.log(r.finish().path);`,
        });
        const ended = await run(["--mic", "sim:ramp,pace=fast", "script.mjs"], {
            cwd: folder.work,
        });
        expect([ended.stdout, ended.stderr]).toEqual(["b.wav\n", ""]);
        for (const path of ["one/a.wav", "two/b.wav"]) {
            expect(readFileSync(join(folder.work, path)).length).toBe(44 + 960);
        }
    });
});

describe("buffered sound", () => {
    it("is not dropped by another period: EBUSY until it is read", async () => {
        writeFiles(folder.work, {
            "script.mjs": `
                import { audio } from "maix";
                const r = new audio.Recorder({ periodSize: 480 });
                r.record(10); r.reset(false);
                const buffered = r.getRemainingFrames();
                let code = "none";
                try { r.periodSize(240); } catch (e) { code = e.code; }
                const kept = r.record().length / 2;
                console.log(buffered > 0, code, kept === buffered, r.periodSize(240), r.periodSize());`,
        });
        const ended = await run(["--mic", "sim:ramp,pace=fast", "script.mjs"], {
            cwd: folder.work,
        });
        expect([ended.stdout, ended.stderr]).toEqual(["true EBUSY true 240 240\n", ""]);
    });
});

describe("lengths", () => {
    it("record(3000) is 144000 frames and record(90000) 4320000 at 48 kHz", async () => {
        writeFiles(folder.work, {
            "script.mjs": `
                import { audio } from "maix";
                const r = new audio.Recorder("a.wav");
                console.log(r.record(3000).length / 2, r.record(90000).length / 2, r.finish().frames);`,
        });
        const ended = await run(["--mic", "sim:ramp,pace=fast", "script.mjs"], {
            cwd: folder.work,
        });
        expect([ended.stdout, ended.stderr]).toEqual(["144000 4320000 4464000\n", ""]);
        const bytes = readFileSync(join(folder.work, "a.wav"));
        expect([bytes.length, bytes.readUInt32LE(40)]).toEqual([44 + 8928000, 8928000]);
        for (let i = 0; i < 4464000; i++) {
            if (bytes.readUInt16LE(44 + 2 * i) !== (i & 0xffff)) throw new Error(`frame ${i}`);
        }
    });

    it("the article's example: 44100 Hz, mono, 16 bit, 317520 bytes", async () => {
        writeFiles(folder.work, {
            "script.mjs": `
                import { audio } from "maix";
                const r = new audio.Recorder("a.wav", { sampleRate: 44100 });
                r.save(3600); r.close();`,
        });
        const ended = await run(["--mic", "sim:ramp,pace=fast", "script.mjs"], {
            cwd: folder.work,
        });
        expect(ended.stderr).toBe("");
        const bytes = readFileSync(join(folder.work, "a.wav"));
        expect(bytes.length).toBe(317564);
        expect(bytes.subarray(0, 44).toString("hex")).toBe(
            "5249464674d8040057415645666d7420100000000100010044ac00008858010002001000" +
                "6461746150d80400",
        );
    });

    it("no frames: a header alone; a shorter take over a longer file leaves nothing of it", async () => {
        writeFiles(folder.work, {
            "a.wav": "x".repeat(100_000),
            "script.mjs": `
                import { audio } from "maix";
                let r = new audio.Recorder("empty.wav");
                r.reset(true); r.close();
                r = new audio.Recorder("never.wav");
                r.close();
                r = new audio.Recorder("a.wav");
                r.record(1); r.close();`,
        });
        const ended = await run(["--mic", "sim:ramp,pace=fast", "script.mjs"], {
            cwd: folder.work,
        });
        expect([ended.status, ended.stderr]).toEqual([0, ""]);
        expect(readFileSync(join(folder.work, "empty.wav")).length).toBe(44);
        expect(existsSync(join(folder.work, "never.wav"))).toBe(false);
        expect(readFileSync(join(folder.work, "a.wav")).length).toBe(44 + 96);
        if (readersAreThere) {
            const none = { frames: 0, rate: 48000, channels: 1 };
            expect(readAlike(join(folder.work, "empty.wav"))).toEqual(none);
        }
    });
});

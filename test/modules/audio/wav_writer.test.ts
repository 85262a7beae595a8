// SPDX-License-Identifier: MIT
// WavWriter: PCM that a script made, in a file that is good after every write.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { evaluate, type Thrown, temporaryFolder, value } from "../../support/run.ts";

describe("WavWriter", () => {
    it("writes every kind of bytes, and says what it wrote", async () => {
        const cwd = temporaryFolder();
        const answer = await value<unknown[]>(
            `
            const w = new WavWriter("a.wav");
            const counts = [w.write(new Int16Array([1, 2])), w.write(new Uint8Array([3, 0])),
                w.write(new Uint8Array([9, 9, 4, 0, 9]).subarray(2, 4)),
                w.write(new Uint16Array([5]).buffer), w.write(new ArrayBuffer(0))];
            out([counts, w.finish(), w.finish(), (w.close(), w.finish())]);
            `,
            { cwd },
        );
        const summary = { path: "a.wav", files: ["a.wav"], frames: 5 };
        expect(answer).toEqual([[2, 1, 1, 1, 0], summary, summary, summary]);
        const bytes = readFileSync(join(cwd, "a.wav"));
        expect(bytes.subarray(44).toString("hex")).toBe("01000200030004000500");
    });

    it("has the article's header for its numbers", async () => {
        const cwd = temporaryFolder();
        await evaluate(
            `
            const w = new WavWriter("a.wav", { sampleRate: 44100 });
            w.write(new Uint8Array(317520));
            w.finish();
            `,
            { cwd },
        );
        const bytes = readFileSync(join(cwd, "a.wav"));
        expect(bytes.length).toBe(317564);
        expect(bytes.subarray(0, 44).toString("hex")).toBe(
            "5249464674d8040057415645666d7420100000000100010044ac00008858010002001000" +
                "6461746150d80400",
        );
    });

    it("is good after every write, before finish", async () => {
        const cwd = temporaryFolder();
        const sizes = await value<number[]>(
            `
            const w = new WavWriter("a.wav", { channel: 2, sampleRate: 16000 });
            const sizes = [];
            for (const frames of [0, 1, 1000]) {
                w.write(new Int16Array(frames * 2));
                const f = std.open("a.wav", "rb");
                const header = new DataView(new ArrayBuffer(44));
                f.read(header.buffer, 0, 44);
                f.close();
                sizes.push(header.getUint32(40, true));
            }
            out(sizes);
            `,
            { cwd },
        );
        expect(sizes).toEqual([0, 4, 4004]);
    });

    it("writes what a recorder gave, also larger than one block", async () => {
        const cwd = temporaryFolder();
        const answer = await value<unknown[]>(
            `
            const r = new Recorder("a.wav", { device: "sim:ramp,pace=fast" });
            const data = r.record(30000);
            const w = new WavWriter("b.wav", { sampleRate: r.sampleRate(), format: r.format() });
            out([w.write(data), r.finish().frames, w.finish().frames]);
            `,
            { cwd },
        );
        expect(answer).toEqual([1440000, 1440000, 1440000]);
        const [a, b] = ["a.wav", "b.wav"].map((name) => readFileSync(join(cwd, name)));
        expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true);
    });

    it("refuses bad arguments, and touches nothing then", async () => {
        const cwd = temporaryFolder();
        writeFileSync(join(cwd, "old.wav"), "old");
        const errors = (await evaluate(
            `
            const w = new WavWriter("good.wav", { channel: 2 });
            for (const call of [
                () => new WavWriter(),
                () => new WavWriter({ path: "a.wav" }),
                () => new WavWriter("old.wav", { rate: 1 }),
                () => new WavWriter("old.wav", { sampleRate: 10 }),
                () => new WavWriter("old.wav", { format: Format.FMT_NONE }),
                () => new WavWriter("old.wav", { channel: 0 }),
                () => new WavWriter("a.txt"),
                () => new WavWriter("none/a.wav"),
                () => w.write(),
                () => w.write("abcd"),
                () => w.write([0, 0, 0, 0]),
                () => w.write(new Uint8Array(6)),
                () => w.write(new Uint8Array(new SharedArrayBuffer(4))),
                () => { const b = new Uint8Array(4); b.buffer.transfer(); w.write(b); },
                () => WavWriter("a.wav"),
            ]) out(thrown(call));
            w.finish();
            out(thrown(() => w.write(new Uint8Array(4))));
            w.close();
            out(thrown(() => w.write(new Uint8Array(4))));
            `,
            { cwd },
        )) as Thrown[];
        expect(errors.map(({ code, name }) => code ?? name)).toEqual([
            ...["TypeError", "TypeError", "TypeError", "RangeError", "RangeError", "RangeError"],
            ...["EINVAL", "ENOENT", "TypeError", "TypeError", "TypeError", "RangeError"],
            ...["TypeError", "TypeError", "TypeError", "EFINISHED", "ECLOSED"],
        ]);
        expect(readFileSync(join(cwd, "old.wav"), "utf8")).toBe("old");
        expect(readdirSync(cwd).sort()).toEqual(["good.wav", "old.wav"]);
    });

    it("tells how much is in the file when the disk refuses", async () => {
        const cwd = temporaryFolder();
        const [error, after] = (await evaluate(
            `
            const w = new WavWriter("a.pcm");
            out(thrown(() => w.write(new Uint8Array(100000))));
            out(w.finish().frames);
            `,
            { cwd, setup: "ulimit -f 8" },
        )) as [Thrown, number];
        expect(error).toMatchObject({ name: "Error", code: "EFBIG" });
        expect(error.frames).toBeGreaterThan(0);
        expect(error.frames).toBe(after);
        expect(readFileSync(join(cwd, "a.pcm")).length).toBe(after * 2);
    });

    it("creates no file for a name that is being recorded", async () => {
        const cwd = temporaryFolder();
        const codes = await value<(string | undefined)[]>(
            `
            const w = new WavWriter("a.wav");
            const codes = [thrown(() => new WavWriter("./a.wav")).code];
            w.close();
            codes.push(thrown(() => new WavWriter("a.wav")).code);
            out(codes);
            `,
            { cwd },
        );
        expect(codes).toEqual(["EBUSY", null]);
        expect(existsSync(join(cwd, "a.wav"))).toBe(true);
    });
});

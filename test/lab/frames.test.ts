// SPDX-License-Identifier: MIT
// The kernel lab's judge: it must see every lost, repeated, changed and misplaced frame.

import { describe, expect, it } from "vitest";

import { averageOfS32AsS16, checkRamp, readWav, sameFormat } from "../../toolchain/lab/frames.mjs";

const RATE = 8000;

interface Made {
    readonly bits?: number;
    readonly isFloat?: boolean;
    readonly channels?: number;
    readonly rate?: number;
}

/** A WAV file whose frames are the ramp's of these indices; 0 is silence. */
function wavOf(indices: readonly number[], made: Made = {}): Buffer {
    const { bits = 16, isFloat = false, channels = 1, rate = RATE } = made;
    const expected = sameFormat(bits, isFloat);
    const data = Buffer.alloc((indices.length * channels * bits) / 8);
    indices.forEach((index, frame) => {
        for (let channel = 0; channel < channels && index > 0; channel++) {
            const at = ((frame * channels + channel) * bits) / 8;
            if (isFloat) data.writeFloatLE(expected(index, channel), at);
            else data.writeIntLE(expected(index, channel), at, bits / 8);
        }
    });
    const isWide = bits > 16;
    const header = Buffer.alloc(isWide ? 68 : 44);
    header.write("RIFF", 0);
    header.writeUInt32LE(header.length - 8 + data.length, 4);
    header.write("WAVEfmt ", 8);
    header.writeUInt32LE(isWide ? 40 : 16, 16);
    header.writeUInt16LE(isWide ? 0xfffe : 1, 20);
    header.writeUInt16LE(channels, 22);
    header.writeUInt32LE(rate, 24);
    header.writeUInt32LE((rate * channels * bits) / 8, 28);
    header.writeUInt16LE((channels * bits) / 8, 32);
    header.writeUInt16LE(bits, 34);
    if (isWide) header.writeUInt16LE(isFloat ? 3 : 1, 44);
    header.write("data", header.length - 8);
    header.writeUInt32LE(data.length, header.length - 4);
    return Buffer.concat([header, data]);
}

const range = (first: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => first + i);
const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
const s16 = sameFormat(16, false);
const check = (indices: readonly number[], options = {}) =>
    checkRamp(readWav(wavOf(indices)), s16, options);

describe("checkRamp", () => {
    it.each([{ bits: 16 }, { bits: 24 }, { bits: 32 }, { bits: 32, isFloat: true }])(
        "takes a whole ramp of $bits bits, float: $isFloat",
        ({ bits, isFloat = false }) => {
            for (const channels of [1, 2]) {
                const file = wavOf([...zeros(100), ...range(70_000, 5000)], {
                    ...{ bits, isFloat, channels },
                });
                const checked = checkRamp(readWav(file), sameFormat(bits, isFloat));
                expect(checked).toEqual({ frames: 5100, lost: 0 });
            }
        },
    );

    it("sees a lost, a repeated, a silent frame, and one of another place", () => {
        const good = range(1, 1000);
        expect(check(good)).toEqual({ frames: 1000, lost: 0 });
        expect(() => check(good.filter((index) => index !== 500))).toThrow("frame 499");
        expect(() => check(good.flatMap((i) => (i === 500 ? [i, i] : [i])))).toThrow("frame 500");
        expect(() => check(good.with(499, 0))).toThrow("frame 499");
        expect(() => check(good.with(999, 5))).toThrow("frame 999");
        expect(() => check([])).toThrow("nothing but silence");
        expect(() => check(zeros(100))).toThrow("nothing but silence");
        expect(() => check([...zeros(RATE), ...good])).toThrow("silent frames");
        expect(() => check([...good, ...zeros(5)])).toThrow("frame 1000");
        expect(check([...good, ...zeros(5)], { silentEnd: true }).frames).toBe(1005);
    });

    it("takes a ramp from its first frame on where that is asked for", () => {
        const late = range(3, 1000);
        expect(check(late).frames).toBe(1000);
        expect(check([...zeros(9), ...late], { first: 3 }).frames).toBe(1009);
        expect(() => check(late, { first: 1 })).toThrow("frame 0");
    });

    it("sees channels that changed places", () => {
        const file = wavOf(range(1, 100), { channels: 2 });
        const left = file.readInt16LE(44 + 50 * 4);
        file.copyWithin(44 + 50 * 4, 44 + 50 * 4 + 2, 44 + 50 * 4 + 4);
        file.writeInt16LE(left, 44 + 50 * 4 + 2);
        expect(() => checkRamp(readWav(file), s16)).toThrow("frame 50");
    });

    it("compares gaps with what is missing", () => {
        const cut = [...range(1, 500), ...range(601, 400)];
        expect(check(cut, { gaps: [{ at: 500, frames: 100 }] })).toEqual({
            frames: 900,
            lost: 100,
        });
        expect(() => check(cut, { gaps: [{ at: 500, frames: 99 }] })).toThrow("frame 500");
        expect(() => check(cut, { gaps: [{ at: 499, frames: 100 }] })).toThrow("frame 499");
        expect(() => check(cut, { gaps: [{ at: 501, frames: 100 }] })).toThrow("frame 500");
        const silent = [...range(1, 500), ...zeros(100), ...range(601, 400)];
        const gap = { at: 500, frames: 100, silence: true };
        expect(check(silent, { gaps: [gap] })).toEqual({ frames: 1000, lost: 100 });
        expect(() => check(silent, { gaps: [{ ...gap, frames: 99 }] })).toThrow("frame 599");
        expect(() => check(silent, { gaps: [{ ...gap, frames: 101 }] })).toThrow("no silence");
        const again = [...range(1, 500), ...zeros(100), ...range(1, 400)];
        const restart = { at: 500, frames: 12345, restart: true };
        expect(check(again, { gaps: [restart] })).toEqual({ frames: 1000, lost: 0 });
        expect(() => check(again, { gaps: [{ ...restart, at: 499 }] })).toThrow();
    });

    it("knows the average of two channels", () => {
        // (0x00018000 + 0x00008000) / 2 = 0x00010000, and half a unit goes up.
        expect(averageOfS32AsS16({ shift: 15, add: -65536 })(3, 0)).toBe(1);
        expect(averageOfS32AsS16({ shift: 16, add: 65536 })(7, 0)).toBe(8);
        expect(averageOfS32AsS16({ shift: 16, add: 65534 })(7, 0)).toBe(7);
        expect(averageOfS32AsS16({ shift: 16, add: 0 })(65535, 0)).toBe(-1);
    });
});

describe("readWav", () => {
    it("refuses sizes that are not exact", () => {
        const file = wavOf(range(1, 10));
        expect(readWav(file)).toMatchObject({ rate: RATE, channels: 1, bits: 16, isFloat: false });
        expect(() => readWav(file.subarray(0, -2))).toThrow("RIFF's size");
        expect(() => readWav(Buffer.concat([file, Buffer.alloc(2)]))).toThrow("RIFF's size");
        const short = Buffer.from(file);
        short.writeUInt32LE(18, 40);
        expect(() => readWav(short)).toThrow("data does not end");
        expect(() => readWav(Buffer.alloc(3))).toThrow("3 bytes");
    });
});

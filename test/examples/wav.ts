// SPDX-License-Identifier: MIT
// Reads what the examples recorded.

import { readFileSync } from "node:fs";

export interface Wav {
    readonly rate: number;
    readonly channels: number;
    readonly bits: number;
    /** The bytes behind the header, as many as it says. */
    readonly data: Buffer;
    readonly frames: number;
}

/** Reads a canonical WAV file; throws unless header and length agree to the byte. */
export function readWav(path: string): Wav {
    const bytes = readFileSync(path);
    const dataBytes = bytes.readUInt32LE(40);
    const tags = [0, 8, 12, 36].map((at) => bytes.toString("latin1", at, at + 4)).join("");
    if (tags !== "RIFFWAVEfmt data") throw new Error(`${path}: the header is ${tags}`);
    if (bytes.readUInt32LE(4) !== 36 + dataBytes || bytes.length !== 44 + dataBytes) {
        throw new Error(`${path}: ${bytes.length} bytes, but the header says ${dataBytes} + 44`);
    }
    const frameBytes = bytes.readUInt16LE(32);
    return {
        rate: bytes.readUInt32LE(24),
        channels: bytes.readUInt16LE(22),
        bits: bytes.readUInt16LE(34),
        data: bytes.subarray(44),
        frames: dataBytes / frameBytes,
    };
}

/**
 * Index of the first frame that is not the one before plus 1 (`sim:ramp`, 16 bits, mono); -1: all
 * are there, in order.
 */
export function firstBreak(data: Buffer): number {
    for (let at = 2; at < data.length; at += 2) {
        const expected = (data.readUInt16LE(at - 2) + 1) & 0xffff;
        if (data.readUInt16LE(at) !== expected) return at / 2;
    }
    return -1;
}

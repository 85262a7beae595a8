// SPDX-License-Identifier: MIT
// `sim:ramp` as a WAV or a PCM file stores it, and a WAV header's facts.

/** How a format is stored in a .wav: the width, and what is added to the frame's index. */
interface Stored {
    readonly bytes: 1 | 2 | 3 | 4;
    /** Signed to unsigned (8 bit) or unsigned to signed: the highest bit is turned. */
    readonly isFlipped: boolean;
    readonly isFloat?: boolean;
}

export const formats = {
    FMT_S8: { bytes: 1, isFlipped: true },
    FMT_U8: { bytes: 1, isFlipped: false },
    FMT_S16_LE: { bytes: 2, isFlipped: false },
    FMT_S16_BE: { bytes: 2, isFlipped: false },
    FMT_U16_LE: { bytes: 2, isFlipped: true },
    FMT_U16_BE: { bytes: 2, isFlipped: true },
    FMT_S24_3LE: { bytes: 3, isFlipped: false },
    FMT_S32_LE: { bytes: 4, isFlipped: false },
    FMT_S32_BE: { bytes: 4, isFlipped: false },
    FMT_U32_LE: { bytes: 4, isFlipped: true },
    FMT_U32_BE: { bytes: 4, isFlipped: true },
    FMT_F32_LE: { bytes: 4, isFlipped: false, isFloat: true },
} as const satisfies Record<string, Stored>;

export type FormatName = keyof typeof formats;
export const formatNames = Object.keys(formats) as FormatName[];

export const frameBytes = (format: FormatName, channels: number): number =>
    formats[format].bytes * channels;

/** The ramp from frame `start` on, as a .wav has it. */
export function storedRamp(
    format: FormatName,
    channels: number,
    start: number,
    frames: number,
): Buffer {
    const { bytes, isFlipped, isFloat }: Stored = formats[format];
    const flip = isFlipped ? 2 ** (8 * bytes - 1) : 0;
    const samples = frames * channels;
    if (bytes === 3) {
        const data = Buffer.alloc(3 * samples);
        for (let i = 0; i < samples; i++) {
            data.writeUIntLE((start + Math.floor(i / channels)) & 0xffffff, 3 * i, 3);
        }
        return data;
    }
    const arrays = { 1: Uint8Array, 2: Uint16Array, 4: isFloat ? Float32Array : Uint32Array };
    const data = new arrays[bytes](samples);
    for (let i = 0, frame = start; i < samples; frame++) {
        // Typed arrays take integers modulo their width.
        const value = isFloat ? (frame % 2 ** 24) / 2 ** 24 : frame + flip;
        for (let channel = 0; channel < channels; channel++) data[i++] = value;
    }
    return Buffer.from(data.buffer);
}

export interface Header {
    /** Where the sound begins. */
    readonly dataAt: number;
    /** As the header says. */
    readonly dataBytes: number;
    readonly frameBytes: number;
    readonly frames: number;
}

/** Reads a header of ours; throws where it is not exactly as it must be. */
export function readHeader(path: string, bytes: Buffer): Header {
    const fail = (what: string): never => {
        throw new Error(`${path}: ${what}: ${bytes.subarray(0, 80).toString("hex")}`);
    };
    if (bytes.length < 44) fail(`${bytes.length} bytes`);
    const fmtBytes = bytes.readUInt32LE(16);
    if (bytes.toString("latin1", 0, 4) + bytes.toString("latin1", 8, 16) !== "RIFFWAVEfmt ") {
        fail("no RIFF, WAVE, fmt");
    }
    let at = 20 + fmtBytes;
    const hasFact = bytes.toString("latin1", at, at + 4) === "fact";
    const factFrames = hasFact ? bytes.readUInt32LE(at + 8) : -1;
    if (hasFact) at += 12;
    if (bytes.toString("latin1", at, at + 4) !== "data") fail("no data chunk");
    const dataBytes = bytes.readUInt32LE(at + 4);
    const dataAt = at + 8;
    const width = bytes.readUInt16LE(32);
    if (dataBytes % width !== 0) fail("not whole frames");
    if (hasFact && factFrames !== dataBytes / width) fail("fact and data differ");
    if (bytes.readUInt32LE(4) !== dataAt - 8 + dataBytes + (dataBytes % 2)) {
        fail("the RIFF size and the data's differ");
    }
    return { dataAt, dataBytes, frameBytes: width, frames: dataBytes / width };
}

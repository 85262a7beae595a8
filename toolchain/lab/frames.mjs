// SPDX-License-Identifier: MIT
// Reads a WAV file strictly, and compares each of its samples with the ramp that was played.

/**
 * @typedef {object} Wav
 * @property {number} rate
 * @property {number} channels
 * @property {number} bits
 * @property {boolean} isFloat
 * @property {Buffer} data whole frames
 */

/** @param {boolean} condition @param {string} problem @returns {asserts condition} */
function must(condition, problem) {
    if (!condition) throw new Error(problem);
}

/** A file that is at its end: sizes must be exact. @param {Buffer} file @returns {Wav} */
export function readWav(file) {
    must(file.length >= 44, `a WAV file of ${file.length} bytes`);
    must(file.toString("latin1", 0, 4) === "RIFF", "no RIFF");
    must(file.readUInt32LE(4) === file.length - 8, "RIFF's size is not the file's");
    must(file.toString("latin1", 8, 16) === "WAVEfmt ", "no fmt chunk in front");
    const fmt = file.subarray(20, 20 + file.readUInt32LE(16));
    const isExtensible = fmt.readUInt16LE(0) === 0xfffe;
    const tag = isExtensible ? fmt.readUInt16LE(24) : fmt.readUInt16LE(0);
    must(tag === 1 || tag === 3, `format tag ${tag}`);
    const [channels, bits] = [fmt.readUInt16LE(2), fmt.readUInt16LE(14)];
    const frameBytes = (channels * bits) / 8;
    must(isExtensible === bits > 16, "plain and extensible headers are mixed up");
    must(fmt.readUInt16LE(12) === frameBytes, "block align");
    must(fmt.readUInt32LE(8) === fmt.readUInt32LE(4) * frameBytes, "bytes a second");
    for (let at = 20 + fmt.length; at + 8 <= file.length; ) {
        const size = file.readUInt32LE(at + 4);
        if (file.toString("latin1", at, at + 4) === "data") {
            must(at + 8 + size + (size % 2) === file.length, "data does not end with the file");
            must(size % frameBytes === 0, "data ends inside of a frame");
            const data = file.subarray(at + 8, at + 8 + size);
            return { rate: fmt.readUInt32LE(4), channels, bits, isFloat: tag === 3, data };
        }
        at += 8 + size + (size % 2);
    }
    throw new Error("no data chunk");
}

/** The ramp's sample, as 32 bits: what play.c computes. @typedef {{ shift: number, add: number }} Ramp */

/** @type {Ramp} */
export const plainRamp = { shift: 0, add: 4096 };

/**
 * Gives a sample of the file for a frame's index and channel.
 * @typedef {(index: number, channel: number) => number} Expected
 */

/** The same format on both sides: the ramp's low bits. @param {number} bits @param {boolean} isFloat @returns {Expected} */
export function sameFormat(bits, isFloat) {
    // Numbers stay below 2^53: no 64-bit arithmetic is needed.
    const modulus = isFloat ? 2 ** 24 : 2 ** bits;
    const half = isFloat ? Number.POSITIVE_INFINITY : modulus / 2;
    const scale = isFloat ? 2 ** -24 : 1;
    return (index, channel) => {
        const value = (index + channel * plainRamp.add) % modulus;
        return (value >= half ? value - modulus : value) * scale;
    };
}

/** Stereo of 32 bits as mono of 16: the average, rounded, halves up. @param {Ramp} ramp @returns {Expected} */
export function averageOfS32AsS16({ shift, add }) {
    return (index) => {
        const left = ((index * 2 ** shift) % 2 ** 32) | 0;
        const right = ((index * 2 ** shift + add) % 2 ** 32) | 0;
        return Math.min(Math.floor((left + right) / 2 / 65536 + 0.5), 32767);
    };
}

/** @param {Wav} wav @returns {(sample: number) => number} */
function reader({ bits, isFloat, data }) {
    if (isFloat) return (sample) => data.readFloatLE(sample * 4);
    if (bits === 16) return (sample) => data.readInt16LE(sample * 2);
    if (bits === 24) return (sample) => data.readIntLE(sample * 3, 3);
    must(bits === 32, `${bits} bits`);
    return (sample) => data.readInt32LE(sample * 4);
}

/**
 * @typedef {object} Gap where frames are missing, as the recorder says
 * @property {number} at index in the file
 * @property {number} frames
 * @property {boolean} [exact] false: only an estimate; the ramp may go on anywhere
 * @property {boolean} [silence] zeros stand in the file
 * @property {boolean} [restart] the ramp begins anew behind it, after some silence
 */

/** Frames of silence before the ramp: the loopback's buffers, a player that begins later. @param {Wav} wav */
const leadInMax = (wav) => Math.floor(wav.rate / 5);
/** How far the ramp may be where a recording begins. */
const indexMax = 1 << 20;
/** So many frames must fit before a place is taken for the right one. */
const probeFrames = 24;

/** A pass over a file. */
class Walk {
    /** @param {Wav} wav @param {Expected} expected */
    constructor(wav, expected) {
        this.wav = wav;
        this.expected = expected;
        this.read = reader(wav);
        this.frames = wav.data.length / ((wav.channels * wav.bits) / 8);
        this.at = 0;
        this.index = 0;
        this.lost = 0;
    }

    /** @param {number} frame */
    isSilent(frame) {
        for (let channel = 0; channel < this.wav.channels; channel++) {
            if (this.read(frame * this.wav.channels + channel) !== 0) return false;
        }
        return true;
    }

    /** @param {number} frame @param {number} index */
    fits(frame, index) {
        const { channels } = this.wav;
        for (let channel = 0; channel < channels; channel++) {
            if (this.read(frame * channels + channel) !== this.expected(index, channel))
                return false;
        }
        return true;
    }

    /** Passes over silence. @param {number} max */
    skipSilence(max) {
        const first = this.at;
        while (this.at < this.frames && this.isSilent(this.at)) this.at++;
        must(this.at - first <= max, `${this.at - first} silent frames at ${first}`);
    }

    /** Finds the ramp's place, from `first` on. @param {number} first @param {number} end */
    align(first, end) {
        const probe = Math.min(probeFrames, end - this.at);
        for (let index = first; index < first + indexMax; index++) {
            let fit = 0;
            while (fit < probe && this.fits(this.at + fit, index + fit)) fit++;
            if (fit === probe) {
                this.lost += this.index > 0 ? index - this.index : 0;
                this.index = index;
                return;
            }
        }
        throw new Error(`what stands at frame ${this.at} is no part of the ramp`);
    }

    /** @param {number} end */
    walkTo(end) {
        for (; this.at < end; this.at++, this.index++) {
            if (!this.fits(this.at, this.index)) {
                throw new Error(`frame ${this.at} is not the ramp's frame ${this.index}`);
            }
        }
    }

    /** @param {Gap} gap */
    pass({ frames, exact = true, silence = false, restart = false }) {
        if (silence) {
            // A recording may end inside of it.
            const end = Math.min(this.at + frames, this.frames);
            this.lost += end - this.at;
            this.index += frames;
            for (; this.at < end; this.at++) {
                must(this.isSilent(this.at), `frame ${this.at} is no silence`);
            }
        } else if (restart) {
            this.index = 0;
            this.skipSilence(leadInMax(this.wav));
            this.align(1, this.frames);
        } else if (exact) {
            this.index += frames;
            this.lost += frames;
        } else {
            this.align(this.index, this.frames);
        }
    }
}

/**
 * Every frame once and in order, but for the gaps.
 * @param {Wav} wav @param {Expected} expected
 * @param {{ gaps?: readonly Gap[], silentEnd?: boolean, first?: number }} [options] `silentEnd`: the
 *     player ended first; `first`: where the ramp begins (default: wherever it fits)
 * @returns {{ frames: number, lost: number }} how many were looked at; how many the ramp shows missing
 */
export function checkRamp(wav, expected, { gaps = [], silentEnd = false, first } = {}) {
    const walk = new Walk(wav, expected);
    walk.skipSilence(leadInMax(wav));
    must(walk.at < walk.frames, "nothing but silence");
    if (first === undefined) walk.align(1, gaps[0]?.at ?? walk.frames);
    else walk.index = first;
    for (const gap of gaps) {
        must(gap.at >= walk.at, `a gap at frame ${gap.at}, before the ramp at ${walk.at}`);
        walk.walkTo(gap.at);
        walk.pass(gap);
    }
    let end = walk.frames;
    while (silentEnd && end > walk.at && walk.isSilent(end - 1)) end--;
    walk.walkTo(end);
    return { frames: walk.frames, lost: walk.lost };
}

// SPDX-License-Identifier: MIT
// Makes options objects and calls out of bytes (fuzz_options.c calls the function at the end).
// Whatever comes in, a call returns or throws an error that the types promise.

// @ts-nocheck: these modules are not there for tsc, and wrong types are the point.
import { audio } from "maix";
import { fuzz } from "maix:fuzz";

const { Recorder, WavWriter, Format, level, fmtBits } = audio;

/** Takes the input apart; behind its end everything is 0. */
class Input {
    #bytes;
    #at = 0;
    constructor(buffer) {
        this.#bytes = new Uint8Array(buffer);
    }
    get left() {
        return this.#bytes.length - this.#at;
    }
    byte() {
        return this.#bytes[this.#at++] ?? 0;
    }
    of(list) {
        return list[this.byte() % list.length];
    }
    number() {
        const view = new DataView(new ArrayBuffer(8));
        for (let i = 0; i < 8; i++) view.setUint8(i, this.byte());
        return view.getFloat64(0);
    }
    text() {
        const length = this.byte() % 40;
        let text = "";
        for (let i = 0; i < length; i++) text += String.fromCharCode(this.byte());
        return text;
    }
}

const numbers = [
    0,
    1,
    2,
    8,
    9,
    16,
    44,
    100,
    101,
    255,
    256,
    1000,
    8000,
    16000,
    44100,
    48000,
    192000,
    384000,
    384001,
    65535,
    65536,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53,
    1e300,
    5e-324,
    0.5,
    -0,
    -1,
    -2,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
];
const devices = [
    "sim:ramp,pace=fast",
    "sim:tone,pace=fast",
    "sim:ramp,pace=fast,rate=16000,channels=2",
    "sim:ramp,pace=fast,format=s24_3le",
    "sim:ramp,pace=fast,xrun_at=100:50,xrun_at=2000:1",
    "sim:tone,pace=fast,unplug_at=1000",
    "sim:tone,pace=fast,unplug_at=1000:1",
    "sim:tone,pace=fast,suspend_at=500",
    "sim:file,end=loop,pace=fast,path=a.wav",
    "sim:",
    "sim:tone,hz=",
    "hw:0,0",
    "nothing",
];
const paths = ["a.wav", "b.raw", "a.WAV", "b.pcm.raw", "", ".wav", "x/y.wav", "a\0.wav", "."];

/** Anything at all. @param {Input} input @param {number} depth */
function anything(input, depth = 0) {
    switch (input.byte() % 16) {
        case 0:
            return undefined;
        case 1:
            return null;
        case 2:
            return true;
        case 3:
            return false;
        case 4:
            return input.number();
        case 5:
            return BigInt(input.byte()) << BigInt(input.byte());
        case 6:
            return input.text();
        case 7:
            return Symbol(input.text());
        case 8:
            return () => input.byte();
        case 9:
            return { valueOf: () => input.of(numbers), toString: () => input.text() };
        case 10:
            return {
                [Symbol.toPrimitive]() {
                    throw new RangeError("asked");
                },
            };
        case 11:
            return bytes(input);
        case 12:
            return depth < 2 ? [anything(input, depth + 1), anything(input, depth + 1)] : [];
        case 13:
            return new Proxy({}, { get: () => input.of(numbers), ownKeys: () => [] });
        case 14:
            return Object.create(null);
        default:
            return input.of(numbers);
    }
}

/** A typed array, sometimes over memory that is shared, grows, or is gone. @param {Input} input */
function bytes(input) {
    const length = input.byte() * 8;
    const buffer = new ArrayBuffer(length, { maxByteLength: 4096 });
    const Kind = input.of([
        Uint8Array,
        Int16Array,
        Int32Array,
        Float32Array,
        DataView,
        Float64Array,
    ]);
    const view = new Kind(buffer, 0);
    if (input.byte() % 8 === 0) buffer.resize(input.byte());
    if (input.byte() % 16 === 0) buffer.transfer(0);
    return view;
}

const sensible = {
    path: (input) => input.of(paths),
    sampleRate: (input) => input.of([8000, 16000, 44100, 48000, 1000, 384000]),
    format: (input) => input.byte() % 14,
    channel: (input) => (input.byte() % 9) + 1,
    block: (input) => input.byte() % 2 === 0,
    device: (input) => input.of(devices),
    bufferMs: (input) => input.of([1, 10, 100, 1000, 4000]),
    periodSize: (input) => input.of([1, 7, 64, 480, 4096]),
    periodCount: (input) => input.of([2, 3, 4, 16]),
    mixer: () => false,
    onOverrun: (input) => input.of(["mark", "silence", "throw", "other"]),
    onLost: (input) => input.of(["throw", "other"]),
    other: (input) => input.byte(),
};
const keys = Object.keys(sensible);

/** @param {Input} input */
function options(input) {
    // Never the machine's own devices, and never one that is paced.
    const result = { device: devices[0] };
    for (let count = input.byte() % 6; count > 0; count--) {
        const key = input.of(keys);
        const usual = input.byte() % 4 !== 0;
        const value = usual ? sensible[key](input) : anything(input);
        if (key === "device" && typeof value !== "string") continue;
        if (key === "device" && !devices.includes(value)) continue;
        // Would wait for a device that never comes back.
        if (value === "wait") continue;
        // Defined: an accessor of the same name may be there already.
        const shape = input.byte() % 16 === 0 ? { get: () => value } : { value, writable: true };
        Object.defineProperty(result, key, { enumerable: true, configurable: true, ...shape });
    }
    return result;
}

/** An amount that does not take long. @param {Input} input */
function amount(input) {
    const usual = input.byte() % 2 === 0;
    const value = usual ? input.byte() % 21 : anything(input);
    // Of many frames: what is wrong with the number shows all the same, by how it is refused.
    return typeof value === "number" && value > 20 && value < 1e15 ? value % 20 : value;
}

const recorderCalls = {
    record: (r, input) => r.record(amount(input)),
    recordAll: (r) => r.record(),
    save: (r, input) => r.save(amount(input)),
    recordBytes: (r, input) => r.recordBytes(amount(input)),
    readInto: (r, input) => r.readInto(input.byte() % 2 === 0 ? bytes(input) : anything(input)),
    reset: (r, input) => r.reset(anything(input)),
    open: (r, input) => r.open(input.byte() % 2 === 0 ? input.of(paths) : anything(input)),
    finish: (r) => r.finish(),
    volume: (r, input) => r.volume(anything(input), anything(input)),
    mute: (r, input) => r.mute(anything(input)),
    getRemainingFrames: (r) => r.getRemainingFrames(),
    frameSize: (r, input) => r.frameSize(anything(input)),
    periodSize: (r, input) => r.periodSize(anything(input)),
    periodCount: (r, input) => r.periodCount(anything(input)),
    info: (r) => [r.sampleRate(), r.format(), r.channel(), r.hardware(), r.state],
    stream: (r, input) => {
        const stream = r.stream(anything(input));
        stream[Symbol.asyncIterator]().return?.();
    },
    close: (r) => r.close(),
    other: (_r, input) => Recorder.prototype.record.call(anything(input), 1),
};

/** What a call may throw: what the types say, or what a value of ours has thrown. */
function check(error) {
    const known =
        error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
    if (known || (error instanceof Error && /^E[A-Z]+$/.test(error.code))) return;
    throw error;
}

function attempt(call) {
    try {
        return call();
    } catch (error) {
        check(error);
        return undefined;
    }
}

/** @param {Input} input */
function fuzzRecorder(input) {
    const kind = input.byte() % 8;
    const recorder = attempt(() =>
        kind === 0
            ? new Recorder(anything(input), options(input))
            : kind === 1
              ? new Recorder(input.of(paths), options(input))
              : new Recorder(options(input)),
    );
    if (recorder === undefined) return;
    for (let count = 0; count < 12 && input.left > 0; count++) {
        const name = input.of(Object.keys(recorderCalls));
        attempt(() => recorderCalls[name](recorder, input));
    }
    const { capturedFrames, deliveredFrames, discardedFrames, bufferedFrames } = recorder.stats();
    if (capturedFrames < deliveredFrames + discardedFrames) throw new Error("accounting");
    recorder.finish();
    recorder.close();
    const after = recorder.stats();
    if (
        after.capturedFrames !==
        after.deliveredFrames + after.discardedFrames + after.bufferedFrames
    ) {
        throw new Error(`accounting: ${JSON.stringify(after)} ${bufferedFrames}`);
    }
    if (recorder.state !== "released") throw new Error(recorder.state);
}

/** @param {Input} input */
function fuzzWriter(input) {
    const { sampleRate, format, channel, other } = options(input);
    const usual = { sampleRate, format, channel, ...(other !== undefined && { other }) };
    const wanted = input.byte() % 8 === 0 ? anything(input) : usual;
    const writer = attempt(() => new WavWriter(input.of(paths), wanted));
    if (writer === undefined) return;
    for (let count = input.byte() % 4; count > 0; count--) {
        attempt(() => writer.write(input.byte() % 4 === 0 ? anything(input) : bytes(input)));
    }
    writer.finish();
}

fuzz((buffer) => {
    const input = new Input(buffer);
    switch (input.byte() % 8) {
        case 0:
            return fuzzWriter(input);
        case 1:
            attempt(() =>
                level(input.byte() % 2 === 0 ? bytes(input) : anything(input), anything(input)),
            );
            attempt(() => fmtBits(anything(input)));
            attempt(() => Format[anything(input)]);
            return undefined;
        default:
            return fuzzRecorder(input);
    }
});

// SPDX-License-Identifier: MIT
// The types of `maix:audio`: record a microphone, write WAV files, measure levels.

/// <reference path="devices.d.ts" />

/**
 * Records sound, and writes it into files that are good at every instant.
 *
 * ```ts
 * import { Recorder } from "maix:audio";
 *
 * const r = new Recorder("test.wav");
 * r.record(3000);                       // waits for 3 s of sound; it is in the file, too
 * const { path, frames } = r.finish();
 * console.log(`${path}: ${frames} frames`);
 * ```
 *
 * ## Words
 * A *sample* is one number; a *frame* is one sample of every channel. Counts are in frames, byte
 * counts say so. At 48 000 Hz one second is 48 000 frames.
 *
 * ## Errors
 * A value of the wrong type is a `TypeError`, one out of range a `RangeError`; nothing has
 * happened then. What the machine refuses is an `Error` with a string `code` ({@link AudioError}):
 *
 * | code | means | exit status if uncaught |
 * |---|---|---|
 * | `ENODEV` | there is no such device, or no microphone at all | 3 |
 * | `EBUSY` | somebody else has the device or the file; a stream is open | 3 |
 * | `EACCES` | no permission, a read-only file system | 3 |
 * | `ENOENT` | the folder does not exist | 3 |
 * | `EINVAL` | a device name, a path or an extension that makes no sense | 3 |
 * | `ENOSPC` | the disk is full | 3 |
 * | `EIO` | the disk or the device failed | 3 |
 * | `EFBIG` | a size limit of the file system or of the process (`ulimit -f`) | 3 |
 * | `EUNSUPPORTED` | makes sense, but not here (a rate that the device lacks, a worker, …) | 3 |
 * | `ECLOSED` | used after `close()` | 1 |
 * | `EFINISHED` | used after `finish()` | 1 |
 * | `ELOST` | the device is gone | 3 |
 * | `EOVERRUN` | frames were lost (`onOverrun: "throw"`) | 3 |
 * | `EEXIST`, `ENOTEMPTY` | of `maix:fs`: something is there already | 3 |
 * | `EMFILE` | too many open files | 3 |
 * | `ENOMEM` | out of memory | 1 |
 *
 * A file that cannot be ended well while no call is there to throw it (the program ends, a recorder
 * is garbage) is said on stderr, and the exit status is 3, too.
 *
 * Importing this module in a worker throws `EUNSUPPORTED`.
 */
declare module "maix:audio" {
    /**
     * How a sample is stored. The numbers 0 to 10 are MaixPy's.
     * `LE`/`BE`: byte order; `S`: signed; `U`: unsigned, silence is the middle of the range.
     */
    export const Format: {
        /** No format. */
        readonly FMT_NONE: 0;
        /** Signed 8 bit (a WAV file stores it unsigned). */
        readonly FMT_S8: 1;
        /** Signed 16 bit, little-endian: the default everywhere. */
        readonly FMT_S16_LE: 2;
        /** Signed 32 bit, little-endian. */
        readonly FMT_S32_LE: 3;
        /** Signed 16 bit, big-endian (a WAV file stores it little-endian). */
        readonly FMT_S16_BE: 4;
        /** Signed 32 bit, big-endian (a WAV file stores it little-endian). */
        readonly FMT_S32_BE: 5;
        /** Unsigned 8 bit. */
        readonly FMT_U8: 6;
        /** Unsigned 16 bit, little-endian (a WAV file stores it signed). */
        readonly FMT_U16_LE: 7;
        /** Unsigned 32 bit, little-endian (a WAV file stores it signed). */
        readonly FMT_U32_LE: 8;
        /** Unsigned 16 bit, big-endian (a WAV file stores it signed, little-endian). */
        readonly FMT_U16_BE: 9;
        /** Unsigned 32 bit, big-endian (a WAV file stores it signed, little-endian). */
        readonly FMT_U32_BE: 10;
        /** Signed 24 bit, packed into 3 bytes, little-endian. */
        readonly FMT_S24_3LE: 11;
        /** 32-bit float from -1 to 1, little-endian. */
        readonly FMT_F32_LE: 12;
    };
    export type Format = (typeof Format)[keyof typeof Format];

    /**
     * Bits of one sample: 0 for `FMT_NONE`, else 8, 16, 24 or 32.
     * @throws TypeError if it is not a number, RangeError if it is no format
     */
    export function fmtBits(format: Format): number;

    /** Bytes of PCM that a script hands in. They stay the script's and are only read. */
    export type PcmData =
        | ArrayBuffer
        | Uint8Array
        | Uint8ClampedArray
        | Int8Array
        | Int16Array
        | Uint16Array
        | Int32Array
        | Uint32Array
        | Float32Array
        | Float64Array;

    /** Loudness in dB below full scale: 0 is the loudest, digital silence is `-Infinity`. */
    export interface Level {
        /** The highest sample (dBFS). */
        peakDbfs: number;
        /** The root of the mean square of all samples (dBFS); a full-scale sine has -3.01. */
        rmsDbfs: number;
    }

    /**
     * Measures PCM, all channels together. Native and fast.
     *
     * ```ts
     * const { peakDbfs } = level(r.record(50));
     * ```
     * @param data whole samples; not detached, not shared
     * @param format how the samples are stored; default `FMT_S16_LE`
     * @throws TypeError for something else than bytes; RangeError for a part of a sample
     */
    export function level(data: PcmData, format?: Format): Level;

    /** What the errors of this module carry. */
    export interface AudioError extends Error {
        /** Why, for programs: one of the table above. */
        readonly code: string;
        /**
         * What a failed `record`, `recordBytes` or stream had read before it failed: fresh bytes, the
         * script's. For `readInto` a view of the script's own buffer. Not there where the call
         * cannot have read anything.
         */
        readonly data?: Uint8Array<ArrayBuffer>;
        /** The frames that a failed reading or writing call delivered (or wrote). */
        readonly frames?: number;
        /** `EOVERRUN`: what is missing. */
        readonly gap?: Gap;
        /** A failed `finish()`: what it would have returned; the file holds at least that. */
        readonly summary?: RecorderSummary | WavWriterSummary;
    }

    /** A place where frames are missing. */
    export interface Gap {
        /** Index, counted by the device, of the first missing frame. */
        frame: number;
        /** Index in the take, all its files together (without a file: in what was delivered of it). */
        at: number;
        /** How many are missing. */
        frames: number;
        /** `false`: estimated from clocks. */
        exact: boolean;
        /**
         * `"overrun"`: the script read too slowly; `"device"`: the device lost them itself;
         * `"suspend"`: the system slept; `"disk"`: delivered, but not written to the file.
         */
        cause: "overrun" | "device" | "suspend" | "disk";
        /** When it was noticed: the monotonic clock, in nanoseconds. */
        timeNs: number;
    }

    export interface RecorderOptions {
        /**
         * The file. Its extension, in any case, decides the kind: `.wav .wave` with a header,
         * `.pcm .raw` exactly the bytes that `record` returns. An old file is replaced when
         * capture first starts. Default: no file.
         *
         * A WAV file ends before 4 GiB. A take that is longer goes on in `take-2.wav`,
         * `take-3.wav`, … beside it, at the next frame, none lost between; a name that exists is
         * never used. One line on stderr says so, and `stats().files` lists all.
         */
        path?: string;
        /** Hz, 1000 to 384000. A rate that the device lacks is `EUNSUPPORTED`. Default 48000. */
        sampleRate?: number;
        /** Default `Format.FMT_S16_LE`. */
        format?: Format;
        /** Channels, 1 to 8. Converted where the device has others. Default 1. */
        channel?: number;
        /** Do reading calls wait for all that was asked for? Default `true`. */
        block?: boolean;
        /**
         * `hw:<card>,<device>`, `alsa:<name>`, `sim:tone,hz=440,dbfs=-12`, `sim:ramp`,
         * `sim:file,end=loop,path=<file>`. Default: `--mic`, else `MAIXJS_MIC`, else the board's
         * microphone or `alsa:default`.
         */
        device?: string;
        /**
         * How long the script may be busy elsewhere before frames are lost: ms of sound that are
         * kept, 1 to 600000. Default 4000.
         */
        bufferMs?: number;
        /** Frames that the device hands over at once, 1 to 1048576. Default at most 10 ms. */
        periodSize?: number;
        /** Periods in the device's own buffer, 2 to 1024. Default: half a second, where it has so much. */
        periodCount?: number;
        /**
         * What `volume` and `mute` act on. `true`: the device's mixer, else `EUNSUPPORTED`;
         * `false`: software, on delivery. Default: the mixer of `hw:` devices, where it has a
         * capture volume, software for all others, so that a script never turns a PC's microphone
         * up. `hardware()` tells which it is.
         */
        mixer?: boolean;
        /**
         * What becomes of lost frames. `"mark"` (default): reading goes on behind the gap;
         * `"silence"`: silence of the same length stands in data and file, so that the time line
         * holds; `"throw"`: the frames before the gap are delivered, then one `EOVERRUN` with
         * `err.gap` is thrown, then reading goes on behind it. All are counted in `stats()`.
         */
        onOverrun?: "mark" | "silence" | "throw";
        /**
         * What becomes of a recording whose device disappears (a USB microphone is pulled out).
         * `"throw"` (default): what was captured is delivered, then `ELOST` is thrown and `state` is
         * `"error"`; `reset(true)` opens the device anew. `"wait"`: `state` stays `"recording"`, and
         * recording goes on as soon as the same device is there again; what is missing is one gap
         * with cause `"device"`, its length by the clock, and `onOverrun` says what becomes of it.
         * Waiting calls wait meanwhile; the exit flag ends them. `"wait"` is for `hw:` and `sim:`;
         * `alsa:` throws `EUNSUPPORTED`.
         */
        onLost?: "throw" | "wait";
    }

    /** What `finish()` returns. */
    export interface RecorderSummary {
        /** The take's (first) file as it was given; `undefined`: there was none. */
        path: string | undefined;
        /** All its files in order: none, one, or more where the take passed 4 GiB. */
        files: string[];
        /** Frames of the take: in all its files, or delivered where there was none. */
        frames: number;
        /** Frames that are missing in it. */
        lostFrames: number;
        /** When its capture began: ms since 1970; 0: it never did. */
        startMs: number;
    }

    /**
     * Frames, since construction. At every moment: device frames = captured + lost;
     * captured = delivered + discarded + buffered; frames in the files = delivered + silence -
     * unwritten.
     */
    export interface RecorderStats {
        capturedFrames: number;
        deliveredFrames: number;
        discardedFrames: number;
        bufferedFrames: number;
        lostFrames: number;
        silenceFrames: number;
        unwrittenFrames: number;
        /** How often frames were lost. */
        overruns: number;
        /**
         * The files of the take (after `finish()`: of the last one) in order: none, one, or more
         * where it passed 4 GiB. All else here counts since construction.
         */
        files: string[];
        /** Where: those that reading has reached, at most 1,024. `lostFrames` counts all. */
        gaps: Gap[];
        /** How many more there were. */
        gapsOmitted: number;
        /** The most that ever was buffered. */
        highWaterFrames: number;
    }

    /** What the device really runs at. */
    export interface RecorderHardware {
        /** Its full name, e.g. `"hw:0,0"`. */
        device: string;
        /** For people. */
        name: string;
        /** Hz; always the recorder's. */
        sampleRate: number;
        format: Format;
        channel: number;
        /** Frames. */
        periodSize: number;
        periodCount: number;
        /** `false`: data is there as fast as it is read (`sim:…,pace=fast`). */
        paced: boolean;
        /** The mixer's control that `volume` sets; `undefined`: a software gain. */
        volumeControl: string | undefined;
        /** The mixer's control that `mute` sets; `undefined`: silence on delivery. */
        muteControl: string | undefined;
    }

    export interface VolumeOptions {
        /**
         * Also writes the volume into the board's settings (`maix_audio_input_volume` in
         * `/boot/configs`), as MaixPy does with every volume; a recorder that is made later starts
         * with it. Only MaixCAM2 keeps one; `EUNSUPPORTED` elsewhere, and nothing is set.
         */
        persist?: boolean;
    }

    /** A piece of a {@link Recorder.stream}. */
    export interface AudioChunk {
        /** The PCM as `format()` says; fresh, the script's. */
        readonly bytes: Uint8Array<ArrayBuffer>;
        /** Index of its first frame, counted by the device (lost frames count). */
        readonly frame: number;
        /** Frames in it. */
        readonly frames: number;
        /** Frames lost since the chunk before: in front of this one or inside it. */
        readonly lostFrames: number;
        /** Recording time of its first frame: ms since the device started, `frame * 1000 / rate`. */
        readonly timeMs: number;
        /** All samples as 16-bit integers: a view of `bytes` for `FMT_S16_LE`, else converted. */
        i16(): Int16Array<ArrayBuffer>;
        /** All samples from -1 to 1: a view of `bytes` for `FMT_F32_LE`, else converted. */
        f32(): Float32Array<ArrayBuffer>;
        /** How loud it is. */
        level(): Level;
    }

    /** How long the chunks of a stream are: exactly one of the two. */
    export type StreamOptions =
        | {
              /** Milliseconds, more than 0; default 50. */
              ms?: number;
              frames?: undefined;
          }
        | {
              /** Frames, at least 1. */
              frames: number;
              ms?: undefined;
          };

    /** What {@link Recorder.stream} returns. */
    export interface AudioStream extends AsyncIterableIterator<AudioChunk, undefined> {
        /** The next chunk. Several calls without waiting are answered in order (at most 1024). */
        next(): Promise<IteratorResult<AudioChunk, undefined>>;
        /** Ends the stream and stops capture; what is buffered stays for `record()`. */
        return(value?: undefined): Promise<IteratorResult<AudioChunk, undefined>>;
        [Symbol.asyncIterator](): this;
        /** The same as `return()`. */
        [Symbol.asyncDispose](): Promise<void>;
    }

    /**
     * A microphone, and optionally the file that it is recorded into.
     *
     * ```ts
     * import { audio, app, time } from "maix";
     *
     * const r = new audio.Recorder("test.wav", { block: false });
     * r.volume(100);
     * r.reset(true);
     * while (!app.needExit()) {
     *     const data = r.record();
     *     // your application
     *     time.sleepMs(50);
     * }
     * console.log("finish!");
     * ```
     *
     * Capture runs on a thread of its own: nothing is lost while the script does something else,
     * up to `bufferMs`. Every member but `state`, `stats()`, `finish()` and `close()` throws
     * `ECLOSED` after `close()`. All throw TypeError for a wrong `this`.
     */
    export class Recorder {
        /**
         * Opens and negotiates the device, checks extension, folder and writability. No file is
         * touched yet: it appears when capture first starts.
         *
         * The path may stand in front or in the options, not in both (TypeError).
         * @throws TypeError, RangeError; `ENODEV EBUSY EACCES ENOENT EINVAL EUNSUPPORTED`
         */
        constructor(path?: string, options?: RecorderOptions);
        constructor(options?: RecorderOptions);

        /**
         * PCM as `format()` says; with a path the same frames are in the file before it returns.
         * Starts capture, unless `reset(false)` stopped it.
         *
         * Blocking: waits for exactly floor(ms x rate / 1000) frames; calls that follow one
         * another are contiguous. Non-blocking: what is there, at most that many, maybe nothing.
         * Without `ms`: all that is buffered, never waits, in both modes; a silence that is longer
         * than the buffer (`onOverrun: "silence"`) comes in parts. Once the program is asked to
         * stop, it returns what is there, short.
         * @param ms milliseconds, 0 or more. More than fits into memory: RangeError, use `save`
         * @returns fresh bytes, the script's, `byteOffset` 0
         * @throws `EBUSY` (a stream is open) `EFINISHED ELOST EOVERRUN ENOSPC EIO EFBIG …`, with
         * what was read in `err.data`
         */
        record(ms?: number): Uint8Array<ArrayBuffer>;

        /**
         * As `record`, but only into the file, in constant memory.
         * @returns frames written
         * @throws as `record` (`err.frames`); `EINVAL` where there is no file
         */
        save(ms?: number): number;

        /**
         * As `record`, counted in bytes.
         * @param bytes whole frames, 0 or more; else RangeError
         */
        recordBytes(bytes?: number): Uint8Array<ArrayBuffer>;

        /**
         * As `record`, into memory of the script: allocates nothing.
         * @param data whole frames (else RangeError), not detached, shared or immutable. In blocking
         * mode it is filled to the end
         * @returns frames read
         */
        readInto(data: PcmData): number;

        /**
         * `true` (default): drops what is buffered (it counts as discarded) and starts or goes on
         * "from now on", into the same file; brings a lost device back if it is there again.
         * `false`: stops; what is buffered stays for `record`.
         * @throws `EFINISHED` (for `true`); `ENODEV EBUSY ELOST EIO`, and the file's errors
         */
        reset(start?: boolean): void;

        /**
         * While recording: ends the current file and goes on in a new one at the next undelivered
         * frame; nothing is lost between. Before: changes the path. After `finish()`: starts
         * again, from now. Without a path: goes on without a file. If the new file cannot be
         * made, the old one goes on.
         */
        open(path?: string): void;

        /**
         * Stops, discards what was not read (counted), and closes the file. Idempotent. From then
         * on readers, `stream` and `reset(true)` throw `EFINISHED` until `open()`; the take is
         * never touched again.
         * @throws `ENOSPC EIO`; `err.summary` has what it would have returned
         */
        finish(): RecorderSummary;

        /**
         * Sets the volume, 0 to 100 (a whole number, else RangeError), and returns what it is now.
         * Without an argument it changes nothing.
         *
         * **Software** (`hardware().volumeControl` is `undefined`): a gain for what is delivered
         * from now on. 100 is unity and bit-exact, 0 silence, linear between. Default 100.
         *
         * **Mixer**: linear in the control's range and rounded to its nearest step, so that a
         * control of 25 steps (MaixCAM) answers 29 to `volume(30)`. All channels are set alike; the
         * answer is their average. What the mixer was at stays until `volume` is called, and what
         * it is set to stays after the program.
         *
         * | card | control | |
         * |---|---|---|
         * | MaixCAM, MaixCAM Pro | `ADC Capture Volume` (analogue, 0 to 24) | as MaixPy |
         * | MaixCAM2 | `RX LEFT/RIGHT DIG GAIN` (digital, 0 to 120) | MaixPy multiplies in software instead, 50 being unity |
         * | others | `Capture Volume`, `Mic Capture Volume`, … | |
         *
         * The boards' settings in `/boot/configs` count: `maix_audio_input_volume_scale` (0.01 to
         * 1.0) is the part of the range that 100 stands for; on MaixCAM2
         * `maix_audio_input_volume` is set whenever a recorder is made, as MaixPy does.
         * @throws `ENODEV ELOST EACCES EIO` of the mixer, and the file's errors (`persist`)
         */
        volume(value?: number, options?: VolumeOptions): number;

        /**
         * Mutes or not, and says whether it is muted. Without an argument it changes nothing.
         * The mixer's switch where there is one (`hardware().muteControl`), else frames are
         * delivered as silence.
         * @throws as `volume`
         */
        mute(value?: boolean): boolean;

        /** Frames that can be read without waiting; of a silence, at most as many as the buffer has. */
        getRemainingFrames(): number;

        /** Bytes of `n` frames. `n`: a whole number, 0 or more; default 1. */
        frameSize(n?: number): number;

        /**
         * Frames that the device hands over at once. Setting it renegotiates: the answer is what
         * the device took.
         * @param n 1 to 1048576
         * @throws `EBUSY` while recording, and while sound is buffered
         */
        periodSize(n?: number): number;

        /** Periods in the device's own buffer. As `periodSize`; `n`: 2 to 1024. */
        periodCount(n?: number): number;

        /** Hz. */
        sampleRate(): number;
        format(): Format;
        /** How many channels. */
        channel(): number;
        /** What the device really runs at. */
        hardware(): RecorderHardware;
        /** A snapshot. Works always. */
        stats(): RecorderStats;

        /** `"error"`: the device is gone: `reset(true)` or `close()`. `"released"`: closed. */
        readonly state: "prepared" | "recording" | "stopped" | "finished" | "error" | "released";

        /** `finish()`, and gives the device back. Idempotent. Garbage collection closes, too. */
        close(): void;
        [Symbol.dispose](): void;

        /**
         * Chunks of exactly that length (but the last), in the event loop.
         *
         * ```ts
         * for await (const c of r.stream({ ms: 50 })) {
         *     console.log(c.timeMs, c.level().peakDbfs);
         * }
         * ```
         * Starts capture itself (a stopped recorder: from now on, as `reset(true)`), and writes the
         * file. Ends on the exit flag (after what is buffered), on `finish()`, `close()` and
         * `reset(false)`; `break` stops capture, what is buffered stays for `record()`.
         * While it is open, other readers and another stream throw `EBUSY`.
         *
         * An error (`ELOST EOVERRUN ENOSPC …`) rejects `next()` and ends the stream, as with an
         * async generator; frames before it are delivered first, or are in `err.data`. A new
         * stream goes on behind it.
         * @throws at the call: TypeError, RangeError, `EBUSY EFINISHED`, and what starting throws
         */
        stream(options?: StreamOptions): AudioStream;
    }

    export interface WavWriterOptions {
        /** Hz, 1000 to 384000; default 48000. */
        sampleRate?: number;
        /** Default `Format.FMT_S16_LE`. */
        format?: Format;
        /** Channels, 1 to 8; default 1. */
        channel?: number;
    }

    export interface WavWriterSummary {
        /** The first file, as it was given. */
        path: string;
        /** All files in order: one, or more where a WAV file would have passed 4 GiB. */
        files: string[];
        /** Frames in all of them. */
        frames: number;
    }

    /**
     * Writes PCM that the script made or kept. The same promises as for a recorder's file: it is
     * good after every `write`, also when the program is killed; beyond 4 GiB it goes on in
     * `kept-2.wav`.
     *
     * ```ts
     * const w = new WavWriter("kept.wav", { sampleRate: r.sampleRate() });
     * w.write(r.record(1000));
     * w.finish();
     * ```
     */
    export class WavWriter {
        /**
         * Creates the file, without frames; an old one is replaced. Extensions as for a recorder.
         * @throws TypeError, RangeError; `ENOENT EACCES EINVAL EBUSY ENOSPC EIO`
         */
        constructor(path: string, options?: WavWriterOptions);

        /**
         * Appends PCM in the writer's format.
         * @param data whole frames (else RangeError), not detached or shared; only read
         * @returns frames written
         * @throws `ENOSPC EIO EFBIG` (`err.frames` of this call are in the file), `EFINISHED`,
         * `ECLOSED`
         */
        write(data: PcmData): number;

        /** Makes the header final, syncs, closes the file. Idempotent; works after `close()`. */
        finish(): WavWriterSummary;

        /** `finish()`; from then on `write` throws `ECLOSED`. Idempotent. */
        close(): void;
        [Symbol.dispose](): void;
    }
}

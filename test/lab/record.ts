// SPDX-License-Identifier: MIT
// Runs in the guest: records as its argument, one line of JSON, says; prints what came of it.

/// <reference path="../../modules/maix.d.ts" />

import { app, audio, time } from "maix";

interface Job {
    readonly mode: "blocking" | "polling" | "stream" | "save";
    readonly ms: number;
    readonly path?: string;
    readonly options: audio.RecorderOptions;
    /** Polling: how long the script does something else between two calls. */
    readonly busyMs?: number;
    /** Goes on after errors with one of these codes. */
    readonly ignore?: readonly string[];
}

const job = JSON.parse(process.argv[2] ?? "{}") as Job;
const recorder = new audio.Recorder(job.path ?? "take.wav", job.options);
const wanted = Math.floor((job.ms * recorder.sampleRate()) / 1000);
const errors: { code: string; frames: number | undefined; message: string }[] = [];
let delivered = 0;
let hasSaid = false;

function count(frames: number): void {
    delivered += frames;
    // Those who wait for this line know that the recording is on its way.
    if (frames > 0 && !hasSaid) console.log("RECORDING");
    hasSaid ||= frames > 0;
}

/** Calls until all is there; true: it may go on. */
function attempt(read: () => number): boolean {
    try {
        count(read());
        return true;
    } catch (error) {
        const { code, frames, message } = error as audio.AudioError;
        count(frames ?? 0);
        errors.push({ code, frames, message });
        return job.ignore?.includes(code) === true;
    }
}

const framesOf = (bytes: Uint8Array): number => bytes.length / recorder.frameSize();
// None once it is asked to stop: calls then return what is there.
const left = (): number => (app.needExit() ? 0 : wanted - delivered);

if (job.mode === "stream") {
    try {
        for await (const chunk of recorder.stream({ ms: 20 })) {
            count(chunk.frames);
            if (left() <= 0) break;
        }
    } catch (error) {
        const { code, frames, message } = error as audio.AudioError;
        count(frames ?? 0);
        errors.push({ code, frames, message });
    }
} else if (job.mode === "save") {
    attempt(() => recorder.save(100));
    while (left() > 0 && attempt(() => recorder.save((left() * 1000) / recorder.sampleRate())));
} else {
    const bytes = (): number => recorder.frameSize(Math.max(0, left()));
    while (left() > 0) {
        const part =
            job.mode === "blocking" ? Math.min(bytes(), recorder.frameSize(1000)) : bytes();
        if (!attempt(() => framesOf(recorder.recordBytes(part)))) break;
        if (job.mode === "polling") time.sleepMs(job.busyMs ?? 20);
    }
}
const state = recorder.state;
const summary = recorder.finish();
const stats = recorder.stats();
const hardware = recorder.hardware();
console.log(JSON.stringify({ delivered, errors, state, summary, stats, hardware }));
recorder.close();

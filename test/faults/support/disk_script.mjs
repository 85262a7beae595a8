// SPDX-License-Identifier: MIT
// Runs in maixjs: records two takes on a disk that fails, goes on after each error, and says what
// happened: one line of JSON.
import * as os from "qjs:os";
import * as std from "qjs:std";
import { audio } from "maix";

const o = JSON.parse(process.argv[2]);
const ms = o.ms ?? 50;
const r = new audio.Recorder({
    sampleRate: o.rate ?? 8000,
    format: audio.Format[o.format],
    path: "a.wav",
});
// `begin`: its first frame of the device. The others: what was counted before it.
const takes = [{ name: "a.wav", begin: 0, delivered: 0, unwritten: 0 }];
const errors = [];
const inexact = [];

// Frames that the header names, and that are there.
const framesOf = (name) => {
    const file = std.open(name, "rb");
    if (!file) return null;
    const head = new Uint8Array(80);
    file.read(head.buffer, 0, 80);
    file.close();
    const view = new DataView(head.buffer);
    const at = 20 + view.getUint32(16, true);
    const bytes = view.getUint32(at + 4, true);
    const size = os.stat(name)[0].size;
    const tag = String.fromCharCode(...head.subarray(at, at + 4));
    const isExact = tag === "data" && size === at + 8 + bytes + (bytes % 2);
    return isExact ? bytes / r.frameSize() : `${tag} ${bytes} of ${size}`;
};

// The file is exact for what the numbers say is in it, also after an error.
const look = (call) => {
    const { name, delivered, unwritten } = takes.at(-1);
    const s = r.stats();
    // A start that failed has discarded what came meanwhile.
    if (s.deliveredFrames === delivered) takes.at(-1).begin = delivered + s.discardedFrames;
    if (s.capturedFrames !== s.deliveredFrames + s.discardedFrames + s.bufferedFrames) {
        throw new Error(`captured ${JSON.stringify(s)}`);
    }
    const expected = s.deliveredFrames - delivered - (s.unwrittenFrames - unwritten);
    const frames = framesOf(name);
    // Before the first frame the file may not be there yet.
    if (frames !== expected && !(frames === null && expected === 0)) {
        inexact.push([call, name, frames, expected]);
    }
};

let returned = 0;
const buffer = new Uint8Array(r.frameSize((ms * r.sampleRate()) / 1000));
let chunks = null;
const reading = {
    record: () => r.record(ms).length / r.frameSize(),
    recordBytes: () => r.recordBytes(buffer.length).length / r.frameSize(),
    readInto: () => r.readInto(buffer),
    save: () => r.save(ms),
    stream: async () => {
        chunks ??= r.stream({ ms })[Symbol.asyncIterator]();
        return (await chunks.next()).value.frames;
    },
};
const attempt = async (call) => {
    try {
        returned += await reading[o.mode ?? "record"]();
    } catch (error) {
        if (!error.code) throw error;
        chunks = null;
        returned += error.frames ?? 0;
        errors.push([call, error.code, error.message]);
        // What it had read is there, too.
        if (error.data && error.data.length !== error.frames * r.frameSize()) {
            throw new Error(`${error.data.length} bytes, ${error.frames} frames`);
        }
    }
    look(call);
};

for (let i = 0; i < o.calls; i++) {
    if (i === o.calls >> 1) {
        const s = r.stats();
        const next = { name: "b.wav", delivered: s.deliveredFrames, unwritten: s.unwrittenFrames };
        try {
            r.open("b.wav");
            takes.push(next);
        } catch (error) {
            errors.push(["open", error.code, error.message]);
            // Where only the old file's end failed, the new one is on.
            if (os.stat("b.wav")[1] === 0) takes.push(next);
        }
        look("open");
    }
    for (const { call, command } of o.commands ?? []) {
        if (call === i && os.exec(["sh", "-c", command]) !== 0) throw new Error(command);
    }
    await attempt(i);
}
await chunks?.return();
let summary;
try {
    summary = r.finish();
} catch (error) {
    errors.push(["finish", error.code, error.message]);
    summary = error.summary ?? r.finish();
}
r.close();
const { timeNs, ...stats } = r.stats();
console.log(JSON.stringify({ errors, inexact, returned, takes, stats, summary }));

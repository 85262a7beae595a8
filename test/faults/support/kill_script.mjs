// SPDX-License-Identifier: MIT
// Runs in maixjs: records take after take, and says on standard output what has returned.
//
// "begin <file> <frame>": a call that makes the file follows; it begins with that frame of the ramp.
// "have <file> <frames>": a call returned with so many frames in the file. "end <file> <frames>".
import * as std from "qjs:std";
import { audio, time } from "maix";

const o = JSON.parse(process.argv[2]);
const say = (...words) => {
    std.out.puts(`${words.join(" ")}\n`);
    std.out.flush();
};
const spec = { sampleRate: o.rate, format: audio.Format[o.format], channel: o.channels };
const open = (path) =>
    new audio.Recorder({
        ...spec,
        ...(path && { path }),
        block: o.mode !== "polling",
        periodSize: o.periodFrames,
        bufferMs: o.bufferMs,
    });

// One call; how many frames it gave.
const calls = {
    record: (r) => r.record(o.ms).length / r.frameSize(),
    save: (r) => r.save(o.ms),
    recordBytes: (r) => r.recordBytes(r.frameSize(o.frames)).length / r.frameSize(),
    readInto: (r) => r.readInto(new Uint8Array(r.frameSize(o.frames))),
    polling: (r) => r.record().length / r.frameSize(),
    writer: (r, writer) => writer.write(r.record(o.ms)),
};

let name;
let frames; // in the file
let frame; // of the ramp
const begin = (session, take) => {
    name = `${session % o.names}-${take}.${o.extension}`;
    frames = 0;
    say("begin", name, frame);
    return name;
};
const have = (more) => {
    frames += more;
    frame += more;
    say("have", name, frames);
    if (o.pauseMs) time.sleepMs(o.pauseMs);
};

async function stream(session) {
    const r = open(begin(session, 0));
    let chunks = 0;
    for await (const chunk of r.stream({ ms: o.ms })) {
        have(chunk.frames);
        chunks++;
        if (chunks === o.calls * o.takes) break;
        if (chunks % o.calls === 0) r.open(begin(session, chunks / o.calls));
    }
    return r;
}

function read(session) {
    const r = open(o.mode === "writer" ? undefined : begin(session, 0));
    if (o.mode === "polling") r.reset(true);
    for (let take = 0; take < o.takes; take++) {
        let writer;
        if (o.mode === "writer") writer = new audio.WavWriter(begin(session, take), spec);
        else if (take > 0) r.open(begin(session, take));
        for (let i = 0; i < o.calls; i++) have(calls[o.mode](r, writer));
        writer?.finish();
    }
    return r;
}

for (let session = 0; session < (o.sessions ?? Infinity); session++) {
    frame = 0;
    const r = o.mode === "stream" ? await stream(session) : read(session);
    r.finish();
    say("end", name, frames);
    r.close();
}

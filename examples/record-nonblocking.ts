// SPDX-License-Identifier: MIT
// Records into test.wav until it is stopped (Ctrl-C), while the script does something else.
//
//     maixjs examples/record-nonblocking.ts [seconds]

import { app, audio, time } from "maix";

const seconds = Number(process.argv[2] ?? Infinity);

const r = new audio.Recorder("test.wav", { block: false });
r.volume(100);
r.reset(true); // from now on
const wanted = seconds * r.sampleRate();
let frames = 0;
while (!app.needExit() && frames < wanted) {
    const data = r.record(); // all that has arrived; maybe nothing
    frames += data.length / r.frameSize();
    // Your application: draw, listen to buttons, …
    time.sleepMs(50);
}
const take = r.finish();
console.log(`finish! ${take.path}: ${take.frames} frames, ${take.lostFrames} lost`);

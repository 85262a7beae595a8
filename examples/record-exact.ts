// SPDX-License-Identifier: MIT
// Records exactly 3 seconds into test.wav, without ever waiting in record().
//
//     maixjs examples/record-exact.ts

import { app, audio, time } from "maix";

const r = new audio.Recorder("test.wav", { block: false });
r.reset(true);
let missing = 3 * r.sampleRate();
while (missing > 0 && !app.needExit()) {
    const ready = Math.min(r.getRemainingFrames(), missing);
    // In bytes of whole frames: not one frame more than is missing.
    const data = r.recordBytes(r.frameSize(ready));
    missing -= data.length / r.frameSize();
    if (missing > 0) time.sleepMs(10);
}
const { path, frames } = r.finish();
console.log(`${path}: ${frames} frames`);

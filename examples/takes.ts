// SPDX-License-Identifier: MIT
// Records into one file after the other, none of the sound lost between. Ctrl-C stops it.
//
//     maixjs examples/takes.ts [seconds a file = 900] [files = without end]

import { app, audio } from "maix";

const seconds = Number(process.argv[2] ?? 15 * 60);
const files = Number(process.argv[3] ?? Infinity);
if (!(seconds > 0 && files > 0)) {
    console.error("usage: maixjs takes.ts [seconds a file] [files]");
    process.exit(2);
}

/** take-001_2026-11-20_09-30-00.wav: by number first, as a board's clock may be wrong. */
function nameOf(take: number): string {
    const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-").replace("T", "_");
    return `take-${String(take).padStart(3, "0")}_${time}.wav`;
}

let name = nameOf(1);
const r = new audio.Recorder(name);
for (let take = 1; take <= files && !app.needExit(); take++) {
    if (take > 1) {
        name = nameOf(take);
        r.open(name); // goes on at the very next frame
    }
    let frames = 0;
    let leftMs = Math.round(seconds * 1000);
    while (leftMs > 0 && !app.needExit()) {
        const ms = Math.min(leftMs, 1000);
        frames += r.save(ms); // straight into the file, in constant memory
        leftMs -= ms;
    }
    console.log(`${name}: ${frames} frames`);
}
const { lostFrames } = r.stats();
r.close();
console.log(`${lostFrames} frames lost`);

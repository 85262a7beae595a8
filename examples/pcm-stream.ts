// SPDX-License-Identifier: MIT
// Gets PCM in chunks of 50 ms in the event loop, for speech recognition, a network, …
// Prints how many bytes each chunk has. Ctrl-C stops it.
//
//     maixjs examples/pcm-stream.ts [chunks]

import { audio } from "maix";

const limit = Number(process.argv[2] ?? Infinity);

const r = new audio.Recorder({ sampleRate: 16000 });
let count = 0;
for await (const chunk of r.stream({ ms: 50 })) {
    console.log(`${chunk.timeMs} ms: ${chunk.bytes.length} bytes`);
    if (chunk.lostFrames > 0) console.log(`${chunk.lostFrames} frames were lost before it`);
    count += 1;
    if (count >= limit) break;
}
r.close();
console.log(`${count} chunks`);

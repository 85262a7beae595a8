// SPDX-License-Identifier: MIT
// Records without a file, and saves what is worth keeping: as WAV, and as bare PCM.
//
//     maixjs examples/save-manually.ts

import * as std from "qjs:std";
import { audio } from "maix";

const r = new audio.Recorder();
const data = r.record(2000);
r.finish();

const format = { sampleRate: r.sampleRate(), format: r.format(), channel: r.channel() };
const w = new audio.WavWriter("kept.wav", format);
w.write(data);
const { path, frames } = w.finish();
console.log(`${path}: ${frames} frames`);

std.writeFile("kept.pcm", data); // exactly the bytes that record() returned
console.log(`kept.pcm: ${data.length} bytes, peak ${audio.level(data).peakDbfs.toFixed(1)} dBFS`);

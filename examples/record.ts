// SPDX-License-Identifier: MIT
// Records 3 seconds into test.wav and says where it is.
//
//     maixjs examples/record.ts                    from the microphone
//     maixjs --mic sim:tone examples/record.ts     without one

import * as os from "qjs:os";
import { audio } from "maix";

const r = new audio.Recorder("test.wav");
r.volume(100);
r.record(3000); // waits for it; the file is good at every instant
const { path = "", frames } = r.finish();

const [file] = os.realpath(path);
console.log(`${file}: ${frames} frames, ${frames / r.sampleRate()} s`);

// SPDX-License-Identifier: MIT
// Everything that a recording allocates for: files, takes, streams, gaps, a file as microphone.
import { audio } from "maix";

const r = new audio.Recorder("a.wav", { sampleRate: 16000, channel: 2, bufferMs: 100 });
console.log(r.record(20).length, r.save(20), r.recordBytes(64).length);
r.open("b.raw");
r.record(10);
r.readInto(new Uint8Array(640));
console.log(r.finish().frames, r.hardware().device);
r.open();
r.record(5);
r.reset(false);
r.record();
r.periodSize(100);
r.reset(true);
r.close();
const lossy = new audio.Recorder({
    device: "sim:ramp,pace=fast,xrun_at=100:50",
    onOverrun: "silence",
});
console.log(lossy.record(20).length, lossy.stats().gaps.length, lossy.volume());
lossy.volume(50);
for await (const chunk of lossy.stream({ frames: 480 })) {
    if (chunk.frame > 1000) break;
}
lossy.close();
const again = new audio.Recorder("c.wav", {
    device: "sim:file,pace=fast,path=a.wav",
    sampleRate: 16000,
});
console.log(again.record(10).length, audio.level(again.record(10)).peakDbfs);
again.close();
const writer = new audio.WavWriter("d.wav", { sampleRate: 16000, format: 2, channel: 1 });
writer.write(new Int16Array(100));
console.log(writer.finish().frames);
// libasound's own allocations do not fail here.
const alsa = new audio.Recorder({ device: "alsa:null", sampleRate: 16000 });
console.log(alsa.record(10).length, alsa.hardware().device);
alsa.close();

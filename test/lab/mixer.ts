// SPDX-License-Identifier: MIT
// What the lab's mixer cases run: the list of devices, volume and mute on the kernel's controls.

import { audio } from "maix";

/** `out` of the host's check: one line of JSON each. */
function out(value: unknown): void {
    console.log(JSON.stringify(value));
}

const device = "hw:0,1";
const recorder = new audio.Recorder({ device });
const { volumeControl, muteControl } = recorder.hardware();
out([volumeControl, muteControl]);
// Getters first: they change nothing, which the host checks through the order of the values.
out([recorder.volume(), recorder.mute()]);
out([recorder.volume(30), recorder.volume(), recorder.mute(true), recorder.mute()]);
recorder.record(20);
out(
    audio
        .devices()
        .devices.filter(({ busy }) => busy !== null)
        .map(({ device: name, direction, busy }) => [name, direction, busy?.program]),
);
recorder.close();
const software = new audio.Recorder({ device, mixer: false });
out([software.hardware().volumeControl ?? null, software.volume(5), software.mute(false)]);
software.close();
const list = audio.devices();
out(list.defaultDevice);
out(
    list.devices
        .filter(({ direction }) => direction === "capture")
        .map(({ device: name, formats, channels, busy }) => [
            name,
            formats?.includes("S16_LE"),
            channels?.min,
            busy,
        ]),
);
out(
    list.cards[0]?.controls
        .filter(({ name }) => name.startsWith("Capture"))
        .map(({ name, type, min, max, values, writable }) => [
            ...[name, type, min, max, values, writable],
        ]),
);

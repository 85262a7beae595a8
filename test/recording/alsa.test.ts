// SPDX-License-Identifier: MIT
// Recording through the real libasound: its `file` PCM gives exact data, as fast as it is asked.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createFolder, type Ended, run, writeFiles } from "../support/process.ts";
import { hasTool } from "../support/tools.ts";

const hasAlsa = hasTool("aplay") || hasTool("pulseaudio"); // both bring libasound

let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder = createFolder();
});
afterEach(() => folder.remove());

/** A PCM named `input` that reads `frames` frames (a ramp, S16, `channels`) from a file. */
function writeConfig(frames: number, channels: number): Buffer {
    const data = Buffer.alloc(frames * channels * 2);
    for (let i = 0; i < frames * channels; i++) {
        data.writeUInt16LE(Math.floor(i / channels) & 0xffff, 2 * i);
    }
    writeFileSync(join(folder.work, "input.raw"), data);
    writeFiles(folder.work, {
        "asound.conf": `
            pcm.input {
                type file
                slave.pcm { type null }
                file "/dev/null"
                infile "${join(folder.work, "input.raw")}"
                format "raw"
            }
            pcm.empty { type null }
            pcm.only8k { type rate slave { pcm input rate 8000 } }
        `,
    });
    return data;
}

function script(text: string, mic: string): Promise<Ended> {
    writeFiles(folder.work, { "script.mjs": `import { audio } from "maix";\n${text}` });
    return run(["--mic", mic, "script.mjs"], {
        cwd: folder.work,
        env: { ALSA_CONFIG_PATH: join(folder.work, "asound.conf") },
    });
}

describe.skipIf(!hasAlsa)("alsa:", () => {
    it.each([1, 2])("is bit-exact, %i channels", async (channels) => {
        const data = writeConfig(100_000, channels);
        const ended = await script(
            `const r = new audio.Recorder("a.wav", { sampleRate: 16000, channel: ${channels} });
             const bytes = r.record(5000);
             console.log(bytes.length, JSON.stringify(r.hardware()), JSON.stringify(r.stats()));
             r.close();`,
            "alsa:input",
        );
        expect([ended.status, ended.stderr]).toEqual([0, ""]);
        const recorded = readFileSync(join(folder.work, "a.wav")).subarray(44);
        expect(recorded.length).toBe(80_000 * channels * 2);
        expect(recorded.equals(data.subarray(0, recorded.length))).toBe(true);
        expect(ended.stdout).toContain('"lostFrames":0');
    });

    it("says what it runs at, and turns the microphone's volume never", async () => {
        writeConfig(10_000, 1);
        const ended = await script(
            `const r = new audio.Recorder({ sampleRate: 8000 });
             r.volume(0); const silent = r.record(10); r.volume(50); const half = r.record(10);
             console.log(r.volume(), silent.every((b) => b === 0), half.some((b) => b !== 0));
             const h = r.hardware(); console.log(h.device, h.sampleRate, h.channel);`,
            "alsa:input",
        );
        expect([ended.stdout, ended.stderr]).toEqual(["50 true true\nalsa:input 8000 1\n", ""]);
    });

    it.each<[string, string, string]>([
        ["no such PCM", "alsa:nothing", "ENODEV"],
        ["no such card", "hw:7,0", "ENODEV"],
        ["no card number", "hw:x,0", "EINVAL"],
        ["no scheme", "microphone", "EINVAL"],
        ["no name", "alsa:", "EINVAL"],
    ])("%s is one clear error with its code", async (_, mic, code) => {
        writeConfig(10, 1);
        const ended = await script('new audio.Recorder("a.wav");', mic);
        expect(ended.stderr).toMatch(new RegExp(`^Error \\[${code}\\]: .*${mic}`, "m"));
        expect(ended.stderr.split("\n")[0]).not.toMatch(/ALSA lib/);
        expect([ended.status, ended.stdout]).toEqual([3, ""]);
    });

    it("without any capture device says what was tried and what to do", async () => {
        writeFiles(folder.work, { "asound.conf": "" });
        writeFiles(folder.work, {
            "script.mjs": 'import { audio } from "maix"; new audio.Recorder();',
        });
        const ended = await run(["script.mjs"], {
            cwd: folder.work,
            env: { ALSA_CONFIG_PATH: join(folder.work, "asound.conf") },
        });
        expect(ended.status).toBe(3);
        expect(ended.stderr).toMatch(/^Error \[ENODEV\]: .*alsa:default.*hw:0,0.*--mic sim:tone/m);
    });
});

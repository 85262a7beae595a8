// SPDX-License-Identifier: MIT
// Recording from PulseAudio in real time: a tone that is played comes back as it was.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createFolder, run } from "../support/process.ts";
import { hasTool } from "../support/tools.ts";

const hasPulse = [hasTool("pulseaudio"), hasTool("pactl"), hasTool("aplay")].every(Boolean);

const rate = 16_000;
const hz = 1000;
const peakDbfs = -12;
/** Longer than anything here takes; it is stopped when the recording is there. */
const toneSeconds = 60;
const limitMs = 20_000;

let folder: ReturnType<typeof createFolder>;
let env: Record<string, string>;
const children: ChildProcess[] = [];
let problem = "";

function start(command: string, args: readonly string[]): ChildProcess {
    const child = spawn(command, args, {
        env: { PATH: process.env.PATH, ...env },
        stdio: ["ignore", "ignore", "pipe"],
    });
    children.push(child);
    return child;
}

async function stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
}

/** A server of our own: its sink is a memory, whose monitor is the microphone. */
const serverScript = `
load-module module-native-protocol-unix
load-module module-null-sink sink_name=loop format=s16le rate=${rate} channels=1 channel_map=mono
set-default-sink loop
set-default-source loop.monitor
`;

function writeTone(path: string): void {
    const amplitude = 32768 * 10 ** (peakDbfs / 20);
    const samples = Int16Array.from({ length: rate * toneSeconds }, (_, index) =>
        Math.round(amplitude * Math.sin((2 * Math.PI * hz * index) / rate)),
    );
    writeFileSync(path, new Uint8Array(samples.buffer));
}

async function startServer(): Promise<void> {
    const runtime = join(folder.work, "runtime");
    mkdirSync(runtime, { mode: 0o700 });
    env = { HOME: folder.work, XDG_RUNTIME_DIR: runtime };
    writeFileSync(join(folder.work, "server.pa"), serverScript);
    const args = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--realtime=no"];
    const more = ["--high-priority=no", "-F", join(folder.work, "server.pa")];
    const server = start("pulseaudio", [...args, ...more]);
    let errors = "";
    server.stderr?.on("data", (data) => (errors += data));
    const until = Date.now() + limitMs;
    const source = async (): Promise<string> =>
        (await run(["get-default-source"], { cwd: folder.work, env, command: "pactl" })).stdout;
    while (!existsSync(join(runtime, "pulse/native")) || !(await source()).includes("loop")) {
        if (server.exitCode !== null || Date.now() > until) {
            throw new Error(`pulseaudio does not start: ${errors}`);
        }
        await new Promise(setImmediate);
    }
}

/** Frequency and peak of the sine in it: the phase of its second half against its first. */
function measure(samples: Int16Array): { hz: number; peakDbfs: number } {
    const half = samples.length / 2;
    const parts = [0, half].map((from) => {
        let re = 0;
        let im = 0;
        for (let i = from; i < from + half; i++) {
            const phase = (2 * Math.PI * hz * i) / rate;
            re += (samples[i] ?? 0) * Math.cos(phase);
            im -= (samples[i] ?? 0) * Math.sin(phase);
        }
        return { phase: Math.atan2(im, re), amplitude: (2 * Math.hypot(re, im)) / half / 32768 };
    });
    const [first, second] = parts;
    if (!first || !second) throw new Error("there are two");
    const turn = Math.atan2(
        Math.sin(second.phase - first.phase),
        Math.cos(second.phase - first.phase),
    );
    const offset = (turn / (2 * Math.PI)) * (rate / half);
    return { hz: hz + offset, peakDbfs: 20 * Math.log10((first.amplitude + second.amplitude) / 2) };
}

describe.skipIf(!hasPulse)("alsa:pulse", () => {
    beforeAll(async () => {
        folder = createFolder();
        try {
            await startServer();
        } catch (error) {
            // Here it may be forbidden (containers, other users); where tests must not be skipped
            // it is a failure.
            if (process.env.CI === "true") throw error;
            problem = String(error);
        }
    }, 2 * limitMs);
    afterAll(async () => {
        for (const child of children.reverse()) await stop(child);
        folder.remove();
    });

    it("records a played tone with its frequency and level, and loses nothing", {
        timeout: 2 * limitMs,
    }, async ({ skip }) => {
        skip(problem !== "", problem);
        writeTone(join(folder.work, "tone.raw"));
        writeFileSync(
            join(folder.work, "script.mjs"),
            `import { audio } from "maix";
                 const r = new audio.Recorder({ sampleRate: ${rate} });
                 let heard = false;
                 for (let i = 0; i < 300 && !heard; i++)
                     heard = audio.level(r.record(50)).rmsDbfs > -30;
                 r.record(200);
                 r.open("heard.pcm");
                 r.save(2000);
                 const { paced } = r.hardware();
                 r.finish();
                 console.log(JSON.stringify([heard, paced, r.stats().lostFrames]));`,
        );
        const raw = ["-t", "raw", "-f", "S16_LE", "-r", `${rate}`, "-c", "1"];
        const player = start("aplay", ["-q", "-D", "pulse", ...raw, join(folder.work, "tone.raw")]);
        const ended = await run(["--mic", "alsa:pulse", "script.mjs"], {
            cwd: folder.work,
            env,
        });
        await stop(player);
        expect([ended.stdout, ended.stderr]).toEqual(["[true,true,0]\n", ""]);
        const pcm = readFileSync(join(folder.work, "heard.pcm"));
        const samples = new Int16Array(new Uint8Array(pcm).buffer);
        expect(samples).toHaveLength(2 * rate);
        const tone = measure(samples);
        expect(Math.abs(tone.hz - hz)).toBeLessThan(0.01);
        expect(Math.abs(tone.peakDbfs - peakDbfs)).toBeLessThan(0.05);
    });
});

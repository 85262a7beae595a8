// SPDX-License-Identifier: MIT
// A PulseAudio server of our own, whose microphone is the monitor of a sink that goes nowhere.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { findProgram, sayMissing } from "./tools.mjs";

const TRIES_MAX = 200;
const TRY_MS = 50;

/** Starts it; undefined where it is not installed. @param {string} folder @param {number} rateHz */
export async function startPulse(folder, rateHz) {
    const missing = ["pulseaudio", "pactl", "aplay"].filter((name) => !findProgram(name));
    if (missing.length > 0) {
        sayMissing(missing.join(", "), "recording from PulseAudio");
        return undefined;
    }
    const home = join(folder, "pulse");
    const runtime = join(home, "run");
    mkdirSync(runtime, { recursive: true, mode: 0o700 });
    const script = join(home, "server.pa");
    writeFileSync(
        script,
        `load-module module-native-protocol-unix
load-module module-null-sink sink_name=loop format=s16le rate=${rateHz} channels=1 channel_map=mono
set-default-sink loop
set-default-source loop.monitor
`,
    );
    const env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: runtime };
    const flags = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--realtime=no"];
    const server = spawn("pulseaudio", [...flags, "--high-priority=no", "-F", script], {
        env,
        stdio: "ignore",
    });
    const stop = async () => {
        if (server.exitCode !== null || server.signalCode !== null) return;
        const ended = once(server, "exit");
        server.kill("SIGKILL");
        await ended;
    };
    for (let i = 0; i < TRIES_MAX; i++) {
        const source = spawnSync("pactl", ["get-default-source"], { env, encoding: "utf8" });
        if (source.stdout.includes("loop")) {
            return { env: { HOME: home, XDG_RUNTIME_DIR: runtime }, stop };
        }
        await sleep(TRY_MS);
    }
    await stop();
    throw new Error("pulseaudio does not start");
}

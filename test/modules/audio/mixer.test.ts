// SPDX-License-Identifier: MIT
// volume() and mute() from scripts: software by default, and the mixer of a real sound server.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { evaluate, value } from "../../support/run.ts";
import { hasTool } from "../../support/tools.ts";

const sim = 'device: "sim:ramp,pace=fast"';

describe("without a mixer", () => {
    it("is software, and hardware() says so", async () => {
        const script = `
            const r = new Recorder({ ${sim} });
            const { volumeControl, muteControl } = r.hardware();
            out([volumeControl === undefined, muteControl === undefined]);
            out([r.volume(), r.mute(), r.volume(40), r.volume(), r.mute(true), r.volume()]);
            out(new Recorder({ ${sim}, mixer: false }).volume(7));
        `;
        expect(await evaluate(script)).toEqual([[true, true], [100, false, 40, 40, true, 40], 7]);
    });

    it("refuses the mixer, naming the device", async () => {
        expect(
            await value(`out(thrown(() => new Recorder({ ${sim}, mixer: true })));`),
        ).toMatchObject({
            code: "EUNSUPPORTED",
            message: expect.stringContaining("sim:ramp,pace=fast"),
        });
    });

    it("persists nothing, and changes nothing then", async () => {
        const script = `
            const r = new Recorder({ ${sim} });
            out(thrown(() => r.volume(3, { persist: true })));
            out(r.volume(4, { persist: false }));
            out(r.volume(undefined, {}));
        `;
        expect(await evaluate(script)).toEqual([
            expect.objectContaining({ code: "EUNSUPPORTED" }),
            4,
            4,
        ]);
    });

    it.each([
        ["r.volume(1, { persist: 1 })", "TypeError", "persist"],
        ["r.volume(1, { keep: true })", "TypeError", "keep"],
        ["r.volume(1, 2)", "TypeError", "options"],
        ["r.volume(101)", "RangeError", "volume"],
        ["r.volume(-1)", "RangeError", "volume"],
        ["r.volume(1.5)", "RangeError", "volume"],
        ["r.volume('1')", "TypeError", "volume"],
        ["r.mute(1)", "TypeError", "mute"],
    ])("%s is a %s", async (call, name, named) => {
        const script = `const r = new Recorder({ ${sim} }); out([thrown(() => ${call}), r.volume()]);`;
        expect(await value(script)).toEqual([
            expect.objectContaining({ name, message: expect.stringContaining(named) }),
            100,
        ]);
    });

    it("survives options that close the recorder", async () => {
        const script = `
            const r = new Recorder({ ${sim} });
            out(thrown(() => r.volume(1, { get persist() { r.close(); return false; } })));
        `;
        expect(await value(script)).toMatchObject({ code: "ECLOSED" });
    });
});

const hasPulse = !process.env.MAIXJS_TEST_EXECUTABLE && hasTool("pulseaudio") && hasTool("pactl");

describe.skipIf(!hasPulse)("PulseAudio's mixer", () => {
    let folder: string;
    let server: ChildProcess;
    const env = (): Record<string, string> => ({
        HOME: folder,
        XDG_RUNTIME_DIR: folder,
        PULSE_SERVER: `unix:${folder}/socket`,
    });
    const pactl = (...args: string[]): string =>
        execFileSync("pactl", args, {
            encoding: "utf8",
            env: { ...env(), PATH: process.env.PATH, LC_ALL: "C" },
            stdio: ["ignore", "pipe", "ignore"],
        });
    /** Left and right, in percent of the server's scale. */
    const volumes = (): string[] =>
        [...pactl("get-source-volume", "loop.monitor").matchAll(/(\d+)%/g)].map(([, n = ""]) => n);

    beforeAll(() => {
        folder = mkdtempSync(join(tmpdir(), "maixjs-pulse-"));
        writeFileSync(
            join(folder, "start.pa"),
            [
                `load-module module-native-protocol-unix socket=${folder}/socket auth-anonymous=1`,
                "load-module module-null-sink sink_name=loop format=s16le rate=16000 channels=2",
                "set-default-sink loop",
                "set-default-source loop.monitor",
            ].join("\n"),
        );
        const args = "-n --daemonize=no --exit-idle-time=-1 --realtime=no --high-priority=no -F";
        server = spawn("pulseaudio", [...args.split(" "), join(folder, "start.pa")], {
            env: { ...env(), PATH: process.env.PATH },
            stdio: "ignore",
        });
        for (let tries = 0; ; tries++) {
            try {
                if (pactl("get-default-source").includes("loop.monitor")) break;
            } catch (error) {
                if (tries === 500 || server.exitCode !== null) throw error;
            }
        }
    });

    afterAll(async () => {
        const ended = new Promise((resolve) => server.on("close", resolve));
        server.kill();
        await ended;
        rmSync(folder, { recursive: true, force: true });
    });

    const recorder = (mixer: string): string =>
        `const r = new Recorder({ device: "alsa:pulse", sampleRate: 16000, mixer: ${mixer} });`;

    it("is left alone by default", async () => {
        pactl("set-source-volume", "loop.monitor", "77%");
        const script = `${recorder("undefined")} out([r.volume(20), r.mute(true), r.volume()]);`;
        expect(await evaluate(script, { env: env() })).toEqual([[20, true, 20]]);
        expect(volumes()).toEqual(["77", "77"]);
        expect(pactl("get-source-mute", "loop.monitor")).toBe("Mute: no\n");
    });

    it("is set on both sides, and read, with mixer: true", async () => {
        pactl("set-source-volume", "loop.monitor", "80%", "20%");
        const script = `
            ${recorder("true")}
            out(r.hardware().volumeControl);
            out(r.volume()); // the average
            out([r.volume(30), r.volume(), r.mute(), r.mute(true), r.mute()]);
        `;
        expect(await evaluate(script, { env: env() })).toEqual([
            "Capture",
            50,
            [30, 30, false, true, true],
        ]);
        expect(volumes()).toEqual(["30", "30"]);
        expect(pactl("get-source-mute", "loop.monitor")).toBe("Mute: yes\n");
        const back = `${recorder("true")} out([r.mute(false), r.volume(100)]);`;
        expect(await evaluate(back, { env: env() })).toEqual([[false, 100]]);
        expect(volumes()).toEqual(["100", "100"]);
    });
});

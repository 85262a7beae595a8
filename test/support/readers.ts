// SPDX-License-Identifier: MIT
// What real programs read from a WAV file. They are independent of each other and of us.

import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync, statSync } from "node:fs";

import { hasTool } from "./tools.ts";

export interface Reading {
    readonly frames: number;
    readonly rate: number;
    readonly channels: number;
}

function output(command: string, args: readonly string[]): string {
    const ended = spawnSync(command, args, { encoding: "utf8" });
    if (ended.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${ended.stderr}`);
    return ended.stdout;
}

function soxi(path: string): Reading {
    const [frames, rate, channels] = ["-s", "-r", "-c"].map((option) =>
        Number(output("soxi", [option, path])),
    ) as [number, number, number];
    return { frames, rate, channels };
}

function ffprobe(path: string): Reading {
    const fields = "stream=duration_ts,sample_rate,channels";
    const args = ["-v", "error", "-show_entries", fields, "-of", "json", path];
    const { streams } = JSON.parse(output("ffprobe", args)) as {
        streams: [{ duration_ts?: number; sample_rate: string; channels: number }];
    };
    const [stream] = streams;
    return {
        frames: stream.duration_ts ?? 0, // left out where there are none
        rate: Number(stream.sample_rate),
        channels: stream.channels,
    };
}

function sndfileInfo(path: string): Reading {
    const text = output("sndfile-info", [path]);
    const field = (name: string): number =>
        Number(new RegExp(`^${name}\\s*:\\s*(\\d+)`, "m").exec(text)?.[1]);
    return { frames: field("Frames"), rate: field("Sample Rate"), channels: field("Channels") };
}

function pythonWave(path: string): Reading {
    const code =
        "import sys,wave\nw=wave.open(sys.argv[1])\n" +
        "print(w.getnframes(),w.getframerate(),w.getnchannels(),len(w.readframes(1<<30)))";
    const [frames, rate, channels] = output("python3", ["-c", code, path])
        .trim()
        .split(" ")
        .map(Number) as [number, number, number];
    return { frames, rate, channels };
}

/** Python's module knows only the plain 44-byte header; and it reads all of the file. */
function isForPython(path: string): boolean {
    const head = Buffer.alloc(22);
    const file = openSync(path, "r");
    readSync(file, head, 0, head.length, 0);
    closeSync(file);
    return head.readUInt16LE(20) === 1 && statSync(path).size < 2 ** 31;
}

export const readersAreThere = ["soxi", "ffprobe", "sndfile-info", "python3"].every(hasTool);

/** What every reader says; an error names the reader that fails. */
export function readWithAll(path: string): Record<string, Reading> {
    const readings: Record<string, Reading> = {
        soxi: soxi(path),
        ffprobe: ffprobe(path),
        "sndfile-info": sndfileInfo(path),
    };
    if (isForPython(path)) readings.python = pythonWave(path);
    return readings;
}

/** The one answer of all readers; throws where they differ. */
export function readAlike(path: string): Reading {
    const readings = readWithAll(path);
    const answers = new Set(Object.values(readings).map((reading) => JSON.stringify(reading)));
    if (answers.size !== 1) {
        throw new Error(`${path} is read differently: ${JSON.stringify(readings)}`);
    }
    return JSON.parse([...answers].join("")) as Reading;
}

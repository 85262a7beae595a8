// SPDX-License-Identifier: MIT
// What a second of sound costs, and the memory that it takes, when a recording lasts a second, a
// minute, an hour: it must not grow. The device is simulated and unpaced.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { measure, subfolder } from "./tools.mjs";

const ROUNDS = 5;
const LENGTHS = [
    { name: "1 s", seconds: 1 },
    { name: "1 min", seconds: 60 },
    { name: "1 h", seconds: 3600 },
];
/** Of two runs of the same length, too. */
const CPU_MOST = 1.25;
const RSS_MOST = 1.05;

const script = `import { audio } from "maix";
const [how, seconds, path] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const device = "sim:ramp,pace=fast";
const r = new audio.Recorder({ device, path: how === "save" ? path : undefined });
const frames = 48000 * seconds;
if (how === "save") for (let s = 0; s < seconds; s++) r.save(1000);
if (how === "record") for (let i = 0; i < seconds * 20; i++) r.record(50);
if (how === "stream") {
    let got = 0;
    for await (const chunk of r.stream({ ms: 50 })) if ((got += chunk.frames) >= frames) break;
}
if (r.stats().deliveredFrames !== frames || r.stats().lostFrames !== 0) throw new Error("frames");
r.close();
`;

/** @typedef {import("./table.mjs").Row} Row */

/** @param {import("./table.mjs").Sample} sample @param {number} by */
function divided({ median, low, high }, by) {
    return { median: median / by, low: low / by, high: high / by };
}

/** @param {import("./start.mjs").Bench} bench @param {string} how @param {string} name */
function rowsOf(bench, how, name) {
    const folder = subfolder(bench.folder, "growth");
    const file = join(folder, "growth.js");
    writeFileSync(file, script);
    const commands = LENGTHS.map(({ seconds }) => {
        // A file each: to throw an hour's away takes longer than to write a second's.
        const wav = join(folder, `${seconds}.wav`);
        return [bench.executable, file, how, `${seconds}`, wav];
    });
    const runs = measure(folder, ROUNDS, commands, bench.env);
    const [, minute] = runs;
    if (minute === undefined) throw new Error("nothing was measured");
    return LENGTHS.flatMap(({ name: length, seconds }, i) => {
        const run = runs[i];
        // Most of the first second is the start of the program.
        const isShort = seconds < 60;
        if (run === undefined || seconds === 60) return [];
        const cpu = {
            what: `growth: ${name}, ${length}: CPU for a second of sound`,
            unit: "us",
            ours: divided(run.cpuUs, seconds),
            peer: "1 min of it",
            theirs: divided(minute.cpuUs, 60),
            ...(!isShort && { most: CPU_MOST }),
        };
        const memory = {
            what: `growth: ${name}, ${length}: peak RSS`,
            unit: "KiB",
            ours: run.residentKib,
            peer: "1 min of it",
            theirs: minute.residentKib,
            most: RSS_MOST,
        };
        return [cpu, memory];
    });
}

/** @param {import("./start.mjs").Bench} bench @returns {Row[]} */
export function growthRows(bench) {
    return [
        ...rowsOf(bench, "save", "save()"),
        ...rowsOf(bench, "record", "record(50)"),
        ...rowsOf(bench, "stream", "stream, 50 ms"),
    ];
}

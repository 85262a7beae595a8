// SPDX-License-Identifier: MIT
// What a call from a script costs, against copying the same bytes. The device is simulated and
// unpaced, and what a call takes is there already.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { sampleOf } from "./table.mjs";
import { subfolder } from "./tools.mjs";

const ROUNDS = 15;

const script = (/** @type {string} */ wav) => `import { audio } from "maix";
const BYTES = 4800; // 50 ms
const options = { sampleRate: 48000, device: "sim:ramp,pace=fast" };
const source = new Uint8Array(BYTES);
const target = new Uint8Array(BYTES);
// Calls a burst, so that all frames are in the ring before the first: 4 s fit.
const CALLS = 40;
const BURSTS = 50;
function time(prepare, call) {
    let us = 0;
    for (let burst = 0; burst < BURSTS; burst++) {
        prepare();
        const start = performance.now();
        for (let i = 0; i < CALLS; i++) call();
        us += (performance.now() - start) * 1000;
    }
    return us / (BURSTS * CALLS);
}
const memory = new audio.Recorder(options);
const file = new audio.Recorder({ ...options, path: ${JSON.stringify(wav)} });
const fill = (r) => () => {
    r.record(0);
    while (r.getRemainingFrames() < (CALLS * BYTES) / 2);
};
memory.reset(true);
file.reset(true);
const result = {
    copy: time(() => {}, () => target.set(source)),
    record: time(fill(memory), () => memory.record(50)),
    readInto: time(fill(memory), () => memory.readInto(target)),
    save: time(fill(file), () => file.save(50)),
};
console.log(JSON.stringify(result));
memory.close();
file.close();
`;

/** @typedef {import("./table.mjs").Row} Row */

/** @param {import("./start.mjs").Bench} bench @returns {Row[]} */
export function callRows(bench) {
    const folder = subfolder(bench.folder, "calls");
    const file = join(folder, "calls.js");
    writeFileSync(file, script(join(folder, "calls.wav")));
    /** @type {Record<string, number>[]} */
    const runs = [];
    for (let i = 0; i < ROUNDS; i++) {
        const output = execFileSync(bench.executable, [file], { env: bench.env, encoding: "utf8" });
        runs.push(JSON.parse(output));
    }
    const sample = (/** @type {string} */ name) => sampleOf(runs.map((run) => run[name] ?? NaN));
    return [
        ["record", "record(50)"],
        ["readInto", "readInto() of 50 ms"],
        ["save", "save(50)"],
    ].map(([name = "", call = ""]) => ({
        what: `call: ${call}, 4800 bytes`,
        unit: "us",
        ours: sample(name),
        peer: "TypedArray.set",
        theirs: sample("copy"),
    }));
}

// SPDX-License-Identifier: MIT
// How long after its arrival a script sees a frame: PulseAudio plays clicks into a sink whose monitor
// is recorded by us, by arecord with the same periods, and by parec in the smallest pieces: when it
// has a click is when the click arrived.

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { startPulse } from "./pulse.mjs";
import { sampleOf } from "./table.mjs";
import { findProgram, sayMissing, subfolder } from "./tools.mjs";

const RATE = 48_000;
const PERIODS_MS = [5, 10, 20];
const CLICKS = 24;
// Between two clicks, and no multiple of a period: they come in all phases of it.
const CLICK_FRAMES = 10_417;
const LEAD_IN_FRAMES = RATE;
/** The sample of click i is (i + 1) times that. */
const CLICK_STEP = 1000;

/** Says of each click when it was seen. `next` gives the next piece of sound. */
const watch = `
const seen = new Set();
function look(samples) {
    const ms = performance.timeOrigin + performance.now();
    for (const sample of samples) {
        if (sample === 0 || seen.has(sample)) continue;
        seen.add(sample);
        console.log(sample, ms);
    }
}`;

const ours = `import { audio, app } from "maix";
${watch}
const frames = Number(process.argv[2]);
const r = new audio.Recorder({ device: "alsa:pulse", sampleRate: ${RATE}, periodSize: frames });
while (!app.needExit()) look(new Int16Array(r.recordBytes(2 * frames).buffer));
`;

const piped = `import * as os from "qjs:os";
${watch}
const bytes = new ArrayBuffer(1 << 16);
let odd = 0; // a byte of half a sample
for (let count; (count = os.read(0, bytes, odd, (1 << 16) - odd)) > 0; ) {
    const whole = (count + odd) >> 1;
    look(new Int16Array(bytes, 0, whole));
    odd = (count + odd) & 1;
    if (odd) new Uint8Array(bytes)[0] = new Uint8Array(bytes)[2 * whole];
}
`;

/** @param {string} file */
function writeClicks(file) {
    const frames = LEAD_IN_FRAMES + (CLICKS + 2) * CLICK_FRAMES;
    const data = Buffer.alloc(2 * frames);
    for (let i = 0; i < CLICKS; i++) {
        data.writeInt16LE((i + 1) * CLICK_STEP, 2 * (LEAD_IN_FRAMES + i * CLICK_FRAMES));
    }
    writeFileSync(file, data);
}

/** @typedef {{ done: Promise<Map<number, number>>, stop: () => void }} Watcher */

/** What a command says of the clicks. @param {string} command @param {NodeJS.ProcessEnv} env
 * @returns {Watcher} */
function start(command, env) {
    // A group of its own: a pipe has several processes.
    const child = spawn("sh", ["-c", command], { env, detached: true });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more) => {
        text += more;
    });
    /** @type {Promise<Map<number, number>>} */
    const done = new Promise((resolve) => {
        child.on("close", () => {
            const lines = text.split("\n").map((line) => line.split(" ").map(Number));
            resolve(new Map(lines.flatMap(([click, ms]) => (click && ms ? [[click, ms]] : []))));
        });
    });
    const stop = () => {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    };
    return { done, stop };
}

/** @param {string} command @param {readonly string[]} args @param {NodeJS.ProcessEnv} env */
function run(command, args, env) {
    return new Promise((resolve) => {
        spawn(command, args, { env, stdio: "ignore" }).on("close", resolve);
    });
}

/** @typedef {import("./table.mjs").Row} Row */

/** @param {import("./start.mjs").Bench} bench @returns {Promise<Row[]>} */
export async function delayRows(bench) {
    const missing = ["parec", "arecord"].filter((name) => !findProgram(name));
    if (missing.length > 0) {
        sayMissing(missing.join(", "), "the delay");
        return [];
    }
    const folder = subfolder(bench.folder, "delay");
    const pulse = await startPulse(folder, RATE);
    if (pulse === undefined) return [];
    const env = { ...bench.env, ...pulse.env };
    const clicks = join(folder, "clicks.raw");
    writeClicks(clicks);
    writeFileSync(join(folder, "ours.js"), ours);
    writeFileSync(join(folder, "piped.js"), piped);
    const pipe = `| '${bench.executable}' '${join(folder, "piped.js")}'`;
    const form = "-f S16_LE -c 1 -t raw -q";
    try {
        /** @type {Row[]} */
        const rows = [];
        for (const ms of PERIODS_MS) {
            const frames = (ms * RATE) / 1000;
            const arecord = `-D pulse -r ${RATE} --period-size=${frames} ${form}`;
            const watchers = [
                `exec '${bench.executable}' '${join(folder, "ours.js")}' ${frames}`,
                `arecord ${arecord} ${pipe}`,
                `parec --latency-msec=1 --format=s16le --rate=${RATE} --channels=1 --raw ${pipe}`,
            ].map((command) => start(command, env));
            const player = ["--format=s16le", `--rate=${RATE}`, "--channels=1", "--raw", clicks];
            await run("pacat", player, env);
            for (const watcher of watchers) watcher.stop();
            const [mine, theirs, arrival] = await Promise.all(watchers.map(({ done }) => done));
            rows.push(rowOf(ms, mine, theirs, arrival));
        }
        return rows;
    } finally {
        await pulse.stop();
    }
}

/** @param {number} ms @param {...Map<number, number> | undefined} seen @returns {Row} */
function rowOf(ms, ...seen) {
    const [mine, theirs, arrival] = seen;
    const delays = (/** @type {Map<number, number> | undefined} */ watcher) =>
        [...(arrival ?? [])].flatMap(([click, at]) => {
            const then = watcher?.get(click);
            return then === undefined ? [] : [then - at];
        });
    const [a, b] = [delays(mine), delays(theirs)];
    if (a.length < CLICKS / 2 || b.length < CLICKS / 2) {
        throw new Error(`of ${CLICKS} clicks we saw ${a.length}, arecord ${b.length}`);
    }
    return {
        what: `delay of a frame until the script has it, periods of ${ms} ms (Pulse)`,
        unit: "ms",
        ours: sampleOf(a),
        peer: "arecord, piped into a script",
        theirs: sampleOf(b),
    };
}

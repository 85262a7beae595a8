// SPDX-License-Identifier: MIT
// What recording costs: CPU time, memory and system calls for the same frames from the same device,
// with the same periods, into a WAV file; ours and other recorders'.

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { startPulse } from "./pulse.mjs";
import { limit } from "./table.mjs";
import { countCalls, findProgram, measure, sayMissing, subfolder } from "./tools.mjs";

/** @typedef {import("./table.mjs").Row} Row */
/** @typedef {import("./start.mjs").Bench} Bench */

const RATE_HZ = 48_000;
const PERIOD_FRAMES = 480;
const BUFFER_FRAMES = 4800;
const FILE_SECONDS = 600;
const FILE_ROUNDS = 7;
const COUNT_SECONDS = 60;
const PULSE_SECONDS = 10;
const PULSE_ROUNDS = 3;
const RESIDENT_LIMIT_KIB = 6 * 1024;

const recorderOptions = `{ sampleRate: ${RATE_HZ}, periodSize: ${PERIOD_FRAMES},
    periodCount: ${BUFFER_FRAMES / PERIOD_FRAMES} }`;

/** Scripts that record so many seconds. @param {number} seconds */
const scripts = (seconds) => ({
    save: `r.save(${seconds * 1000});`,
    "save-10": `for (let n = 0; n < ${seconds * RATE_HZ};) n += r.save(10);`,
    "record-50": `for (let n = 0; n < ${seconds * RATE_HZ * 2};) n += r.record(50).byteLength;`,
});

/** @typedef {{ name: string, command: readonly string[] }} Program */

/** Ours. @param {Bench} bench @param {keyof ReturnType<typeof scripts>} kind
 * @param {string} device @param {number} seconds @returns {readonly string[]} */
function ours(bench, kind, device, seconds) {
    const script = join(bench.folder, `${kind}-${seconds}.js`);
    const wav = JSON.stringify(join(bench.folder, `${kind}.wav`));
    writeFileSync(
        script,
        `import { audio } from "maix";
const r = new audio.Recorder(${wav}, ${recorderOptions});
${scripts(seconds)[kind]}
r.close();
`,
    );
    return [bench.executable, "--mic", `alsa:${device}`, script];
}

/** Other recorders. @param {string} folder @param {string} device @param {number} seconds
 * @returns {Program[]} */
function peers(folder, device, seconds) {
    const wav = (/** @type {string} */ name) => join(folder, `${name}.wav`);
    const sizes = [`--period-size=${PERIOD_FRAMES}`, `--buffer-size=${BUFFER_FRAMES}`];
    const length = String(seconds);
    const rate = String(RATE_HZ);
    const form = ["-f", "S16_LE", "-r", rate, "-c", "1"];
    /** @type {Program[]} */
    const all = [
        {
            name: "arecord",
            command: ["-q", "-D", device, ...form, ...sizes, "-d", length, wav("arecord")],
        },
        {
            name: "sox",
            command: [
                ...["-q", "-t", "alsa", "-r", rate, "-c", "1", "-b", "16", device],
                ...[wav("sox"), "trim", "0", length],
            ],
        },
        {
            name: "ffmpeg",
            command: [
                ...["-nostdin", "-v", "error", "-y", "-f", "alsa", "-ar", rate, "-channels", "1"],
                ...["-i", device, "-t", length, wav("ffmpeg")],
            ],
        },
    ];
    return all.flatMap(({ name, command }) => {
        const program = findProgram(name);
        if (program) return [{ name, command: [program, ...command] }];
        sayMissing(name, "recording");
        return [];
    });
}

/** libasound's configuration: an unpaced PCM that reads a file. @param {string} folder */
function fileDevice(folder) {
    const input = join(folder, "input.raw");
    const samples = Int16Array.from({ length: RATE_HZ }, (_, i) => i);
    writeFileSync(input, new Uint8Array(samples.buffer));
    const file = join(folder, "asound.conf");
    writeFileSync(
        file,
        `pcm.nothing { type null }
pcm.benchfile { type file slave.pcm "nothing" file "/dev/null" infile "${input}" format "raw" }
`,
    );
    return { ALSA_CONFIG_PATH: file };
}

/** Without ffmpeg, which waits for the clock, and polls, where a device has no pace.
 * @param {string} folder @param {number} seconds */
function filePeers(folder, seconds) {
    return peers(folder, "benchfile", seconds).filter(({ name }) => name !== "ffmpeg");
}

/** @param {Bench} bench @returns {Row[]} */
function fileRows(bench) {
    const env = { ...bench.env, ...fileDevice(bench.folder) };
    const others = filePeers(bench.folder, FILE_SECONDS);
    /** @type {("save" | "save-10" | "record-50")[]} */
    const kinds = ["save", "save-10", "record-50"];
    const commands = kinds.map((kind) => ours(bench, kind, "benchfile", FILE_SECONDS));
    const all = [...commands, ...others.map(({ command }) => command)];
    const results = measure(bench.folder, FILE_ROUNDS, all, env);
    const names = {
        save: "save()",
        "save-10": "save(10), a header every 10 ms",
        "record-50": "record(50)",
    };
    /** @type {Row[]} */
    const rows = [];
    kinds.forEach((kind, i) => {
        const mine = results[i];
        if (!mine) throw new Error("a command was not measured");
        others.forEach(({ name }, j) => {
            const theirs = results[kinds.length + j];
            if (!theirs || (kind !== "save" && name !== "arecord")) return;
            rows.push({
                what: `CPU, ${FILE_SECONDS} s from a file: ${names[kind]}`,
                ...{ unit: "us", ours: mine.cpuUs, peer: name, theirs: theirs.cpuUs },
                // Exact sizes every 10 ms are a promise that arecord does not make.
                ...(name === "arecord" && kind !== "save-10" && { most: 1 }),
            });
        });
        if (kind === "save-10") return;
        rows.push({
            what: `peak RSS: ${names[kind]}`,
            ...{ unit: "KiB", ours: mine.residentKib, peer: "limit" },
            ...{ theirs: limit(RESIDENT_LIMIT_KIB), most: 1 },
        });
    });
    others.forEach(({ name }, j) => {
        const [mine, theirs] = [results[0], results[kinds.length + j]];
        if (!mine || !theirs) return;
        const peer = { peer: name, theirs: theirs.residentKib };
        rows.push({ what: "peak RSS: save()", unit: "KiB", ours: mine.residentKib, ...peer });
    });
    return [...rows, ...callRows(bench, env)];
}

/** @param {Bench} bench @param {NodeJS.ProcessEnv} env @returns {Row[]} */
function callRows(bench, env) {
    if (!findProgram("strace")) {
        sayMissing("strace", "the number of system calls");
        return [];
    }
    const perSecond = (/** @type {readonly string[]} */ command) =>
        limit(countCalls(bench.folder, command, env) / COUNT_SECONDS);
    const mine = perSecond(ours(bench, "save", "benchfile", COUNT_SECONDS));
    return filePeers(bench.folder, COUNT_SECONDS).map(({ name, command }) => ({
        what: "system calls a second of audio: save()",
        ...{ unit: "", ours: mine, peer: name, theirs: perSecond(command) },
    }));
}

/** In real time, from PulseAudio. @param {Bench} bench @returns {Promise<Row[]>} */
async function pulseRows(bench) {
    const pulse = await startPulse(bench.folder, RATE_HZ);
    if (!pulse) return [];
    const env = { ...bench.env, ...pulse.env };
    const player = spawn(
        "aplay",
        ["-q", "-D", "pulse", "-t", "raw", "-f", "S16_LE", "-r", "48000"],
        {
            env,
            stdio: ["pipe", "ignore", "ignore"],
        },
    );
    // Zeros until it is killed: a monitor without a player may sleep.
    const zeros = Buffer.alloc(RATE_HZ);
    const feed = () => {
        while (player.stdin.write(zeros));
    };
    player.stdin.on("drain", feed).on("error", () => {});
    feed();
    try {
        const others = peers(bench.folder, "pulse", PULSE_SECONDS);
        const commands = [
            ours(bench, "save", "pulse", PULSE_SECONDS),
            ...others.map(({ command }) => command),
        ];
        const results = measure(bench.folder, PULSE_ROUNDS, commands, env);
        return others.flatMap(({ name }, i) => {
            const [mine, theirs] = [results[0], results[i + 1]];
            if (!mine || !theirs) return [];
            const row = {
                what: `CPU, ${PULSE_SECONDS} s from PulseAudio: save()`,
                ...{ unit: "us", ours: mine.cpuUs, peer: name, theirs: theirs.cpuUs },
            };
            return [name === "arecord" ? { ...row, most: 1 } : row];
        });
    } finally {
        player.kill("SIGKILL");
        await pulse.stop();
    }
}

/** @param {Bench} bench @returns {Promise<Row[]>} */
export async function recordRows(bench) {
    const inFolder = { ...bench, folder: subfolder(bench.folder, "record") };
    return [...fileRows(inFolder), ...(await pulseRows(inFolder))];
}

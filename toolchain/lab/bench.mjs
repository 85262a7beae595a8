// SPDX-License-Identifier: MIT
// What recording takes on the boards' architectures, ours and arecord's: the same frames from the
// same device with the same periods, on the lab's machines, whose clock counts instructions.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { KnownError, say } from "../lib.mjs";
import { ensurePeers } from "./bench_peers.mjs";
import { checkRamp, readWav, sameFormat } from "./frames.mjs";
import { ensureKernel } from "./kernel.mjs";
import { architectures, boot, readResults, writeImage } from "./machine.mjs";
import { same } from "./must.mjs";
import { Outcome } from "./outcome.mjs";
import { bundle, prepare } from "./prepare.mjs";
import { loadSteps, loopback, playSteps } from "./steps.mjs";

/** @typedef {import("./guest/plan.js").Step} Step */
/** @typedef {import("./machine.mjs").Architecture} Architecture */

const SUITE = "trixie";
const RATE_HZ = 48_000;
const PERIOD_FRAMES = 480;
const BUFFER_FRAMES = 4800;
const SECONDS = 60;
/** Counting system calls slows what is counted, but not what is recorded. */
const COUNT_SECONDS = 10;
const FILE = "take.wav";
const LIMIT_MS = 270_000;
/** So much time passes there with each instruction (see -icount in machine.mjs). */
const INSTRUCTION_NS = 2;

const script = `import { audio } from "maix";
const [kind, seconds] = process.argv.slice(2);
const r = new audio.Recorder(${JSON.stringify(FILE)}, {
    device: ${JSON.stringify(loopback.capture)},
    sampleRate: ${RATE_HZ},
    periodSize: ${PERIOD_FRAMES},
    periodCount: ${BUFFER_FRAMES / PERIOD_FRAMES},
});
const frames = seconds * ${RATE_HZ};
if (kind === "save") r.save(seconds * 1000);
if (kind === "save-10") for (let n = 0; n < frames; ) n += r.save(10);
if (kind === "record-50") for (let n = 0; n < frames * 2; ) n += r.record(50).byteLength;
r.close();
`;

/** What records, by the names of the results. @type {Record<string, (seconds: number) => string[]>} */
const recorders = {
    ...Object.fromEntries(
        ["save", "save-10", "record-50"].map((kind) => [
            kind,
            (/** @type {number} */ seconds) => ["/bin/maixjs", "/lab/bench.js", kind, `${seconds}`],
        ]),
    ),
    arecord: (seconds) => [
        ...["/usr/bin/arecord", "-q", "-D", loopback.capture],
        ...["-f", "S16_LE", "-r", `${RATE_HZ}`, "-c", "1"],
        ...[`--period-size=${PERIOD_FRAMES}`, `--buffer-size=${BUFFER_FRAMES}`],
        ...["-d", `${seconds}`, FILE],
    ],
};

/** @param {string} name @param {readonly string[]} command */
function caseOf(name, command) {
    /** @type {Step[]} */
    const steps = [
        ...playSteps("S16_LE", RATE_HZ, 1),
        { start: "recorder", program: "init", args: ["measure", ...command] },
        { wait: "recorder" },
    ];
    return { name, steps };
}

const strace = ["/usr/bin/strace", "-f", "-c", "-q", "-o", "calls"];

const cases = Object.entries(recorders).flatMap(([name, command]) => [
    caseOf(name, command(SECONDS)),
    caseOf(`${name}-calls`, [...strace, ...command(COUNT_SECONDS)]),
]);

/**
 * Of a second of audio, but for the memory.
 * @typedef {object} Taken
 * @property {number} instructions of all threads, the kernel's part included
 * @property {number} residentKib at most
 * @property {number} calls of the system
 * @property {number} sleeps
 */

/** What a recorder took, once it is sure that it recorded every frame.
 * @param {Outcome} whole @param {Outcome} counted @returns {Taken} */
function takenOf(whole, counted) {
    for (const [outcome, seconds] of /** @type {const} */ ([
        [whole, SECONDS],
        [counted, COUNT_SECONDS],
    ])) {
        if (outcome.result.problem) throw new Error(outcome.result.problem);
        outcome.playerIsFine();
        same(outcome.status("recorder"), 0, `${outcome.stderr("recorder")}status`);
        const { frames } = checkRamp(readWav(outcome.file(FILE)), sameFormat(16, false));
        same(frames, seconds * RATE_HZ, "frames");
    }
    const usage = JSON.parse(whole.stdout("recorder").trim().split("\n").at(-1) ?? "");
    // The kernel knows the sum exactly, but guesses at its parts by looking at each tick.
    const cpuUs = usage.userUs + usage.systemUs;
    const summary = counted.file("calls").toString("utf8");
    return {
        instructions: (cpuUs * 1000) / INSTRUCTION_NS / SECONDS,
        residentKib: usage.residentKib,
        calls:
            Number(/^\s*100\.00\s+\S+\s+\S*\s+(\d+)\s.*total$/m.exec(summary)?.[1]) / COUNT_SECONDS,
        sleeps: usage.sleeps / SECONDS,
    };
}

/** @param {Architecture} architecture @param {Record<string, string>} scripts @param {string} folder */
async function measureOn(architecture, scripts, folder) {
    const kernel = await ensureKernel(SUITE, architecture.name, say);
    const extra = ensurePeers(SUITE, architecture.name, say);
    if (kernel === null || extra === null) return null;
    const place = join(folder, architecture.name);
    mkdirSync(place);
    const plan = [{ name: "load", steps: loadSteps(kernel.modules) }, ...cases];
    const image = writeImage(architecture, place, { kernel, plan, scripts, extra });
    const results = join(place, "results");
    const ended = await boot(architecture, kernel, image, results, {
        limitMs: LIMIT_MS,
        onLine: () => {},
    });
    if (ended.verdict !== 0) {
        const tail = ended.console.trimEnd().split("\n").slice(-10).join("\n    ");
        throw new KnownError(`lab: ${architecture.name}: ${ended.problem ?? ""}\n    ${tail}`);
    }
    const sent = readResults(results);
    const outcomeOf = (/** @type {string} */ name) => {
        const { result, files } = sent.get(name) ?? {};
        if (!result || !files) throw new KnownError(`lab: ${name}: no result`);
        return new Outcome(result, files);
    };
    /** @type {Record<string, Taken>} */
    const taken = {};
    for (const name of Object.keys(recorders)) {
        taken[name] = takenOf(outcomeOf(name), outcomeOf(`${name}-calls`));
    }
    return taken;
}

/**
 * What each recorder took: of one run, since each is like the other. Null: a machine's kernel or
 * arecord cannot be had, which is said.
 * @param {string} folder
 * @returns {Promise<{ architecture: string, taken: Record<string, Taken> | null }[]>}
 */
export async function measureRecorders(folder) {
    await prepare(architectures.map(({ target }) => target));
    const file = join(folder, "bench-recorder.js");
    writeFileSync(file, script);
    const scripts = await bundle({ "bench.js": file }, folder);
    return Promise.all(
        architectures.map(async (architecture) => ({
            architecture: architecture.name,
            taken: await measureOn(architecture, scripts, folder),
        })),
    );
}

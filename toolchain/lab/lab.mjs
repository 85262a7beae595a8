// SPDX-License-Identifier: MIT
// `npm run test:lab`: real kernels of the boards' architectures in virtual machines; see README.md.
//
//     --machine <text>          only machines whose name holds it (also --arch)
//     --only <text>             only cases whose name holds it
//     --keep                    keep what the guests sent, and say where it is
//     --run <script> [args…]    no cases: runs one script in the guest, and shows what it says
//     --play <format,rate,channels>      with --run: a ramp plays into hw:0,0 meanwhile

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { KnownError, runMain, say, seconds } from "../lib.mjs";
import { makeCases, scripts } from "./cases.mjs";
import { ensureKernel } from "./kernel.mjs";
import { architectures, boot, readResults, writeImage } from "./machine.mjs";
import { Outcome } from "./outcome.mjs";
import { bundle, prepare } from "./prepare.mjs";
import { loadSteps, playSteps } from "./steps.mjs";

/** @typedef {import("./cases.mjs").Case} Case */
/** @typedef {import("./guest/plan.js").CasePlan} CasePlan */
/** @typedef {import("./kernel.mjs").Kernel} Kernel */

/** Of the host's time, for a whole boot: a limit for hangs. */
const limitMs = 270_000;
const consoleTailLines = 25;

/**
 * @typedef {object} Machine
 * @property {string} name
 * @property {import("./machine.mjs").Architecture} architecture
 * @property {string} suite Debian's, whose kernel it boots
 * @property {boolean} isExtra not there any more: reported, no failure
 */

/** @type {readonly Machine[]} */
const machines = [
    ...architectures.map((architecture) => ({
        name: architecture.name,
        architecture,
        suite: "trixie",
        isExtra: false,
    })),
    // Kernel 5.10, the boards' generation.
    ...architectures
        .filter(({ name }) => name === "arm64")
        .map((architecture) => ({
            name: "arm64-5.10",
            architecture,
            suite: "bullseye",
            isExtra: true,
        })),
];

/** @typedef {ReturnType<typeof parse>} Options */

/** @param {readonly string[]} args */
function parse(args) {
    // What stands behind --run's script is the script's.
    const end = args.indexOf("--run") < 0 ? args.length : args.indexOf("--run") + 2;
    const { values } = parseArgs({
        args: args.slice(0, end),
        options: {
            arch: { type: "string" },
            machine: { type: "string" },
            only: { type: "string", default: "" },
            keep: { type: "boolean", default: false },
            run: { type: "string" },
            play: { type: "string" },
        },
    });
    const wanted = values.machine ?? values.arch ?? "";
    const chosen = machines.filter(({ name }) => name.includes(wanted));
    if (chosen.length === 0) throw new KnownError(`no machine's name holds "${wanted}"`);
    return { ...values, machines: chosen, args: args.slice(end) };
}

/**
 * Boots a machine with a plan; gives what it sent.
 * @param {Machine} machine @param {Kernel} kernel @param {readonly CasePlan[]} plan
 * @param {Record<string, string>} files @param {string} folder
 */
async function start(machine, kernel, plan, files, folder) {
    const { name, architecture } = machine;
    const begin = performance.now();
    const place = join(folder, name);
    mkdirSync(place);
    const image = writeImage(architecture, place, { kernel, plan, scripts: files });
    const results = join(place, "results");
    let last = "";
    let isFirst = true;
    const onLine = (/** @type {string} */ line) => {
        last = /^CASE (.*)/.exec(line)?.[1] ?? last;
        if (isFirst && last) say(`lab: ${name}: up in ${seconds(begin)} (${kernel.version})`);
        if (last) isFirst = false;
    };
    const timer = setInterval(() => say(`lab: ${name}: at ${last || "boot"}`), 15_000);
    const ended = await boot(architecture, kernel, image, results, { limitMs, onLine });
    clearInterval(timer);
    if (ended.verdict !== 0) {
        const tail = ended.console.trimEnd().split("\n").slice(-consoleTailLines).join("\n    ");
        const why = ended.problem ?? `the guest ended with ${ended.verdict ?? "no verdict"}`;
        say(`lab: ${name}: ${why}, at ${last || "boot"}; its console:\n    ${tail}`);
    }
    say(`lab: ${name}: off after ${seconds(begin)}`);
    return { isWhole: ended.verdict === 0, sent: readResults(results) };
}

/** @typedef {{ passed: number, failed: number }} Count */

/** @param {Machine} machine @param {Options} options @param {Record<string, string>} files @param {string} folder
 * @returns {Promise<Count>} */
async function runCases(machine, options, files, folder) {
    const { name } = machine;
    const count = { passed: 0, failed: 0 };
    const kernel = await ensureKernel(machine.suite, machine.architecture.name, say);
    if (kernel === null) {
        say(`lab: ${name}: NOT RUN: its kernel cannot be had`);
        return machine.isExtra ? count : { passed: 0, failed: 1 };
    }
    const { control, cases } = makeCases();
    // The long ones take their time, and an old kernel has nothing to add to them.
    const chosen = cases.filter(
        (one) => one.name.includes(options.only) && !(one.isLong && machine.isExtra),
    );
    const plan = [control, { name: "load", steps: loadSteps(kernel.modules) }, ...chosen].map(
        ({ name, steps }) => ({ name, steps }),
    );
    const { isWhole, sent } = await start(machine, kernel, plan, files, folder);
    if (!isWhole) count.failed++;
    let frames = 0;
    let recordings = 0;
    for (const one of [control, ...chosen]) {
        const { result, files } = sent.get(one.name) ?? {};
        try {
            if (!result || !files) throw new Error("the guest did not come so far");
            const outcome = new Outcome(result, files);
            const checked = result.problem ? problem(outcome, result.problem) : one.check(outcome);
            frames += checked;
            if (checked > 0) recordings++;
            count.passed++;
            const text = checked > 0 ? `${checked} frames` : "as it must";
            say(`lab: ${name}: ok ${one.name}: ${text} (${result.ms} ms there)`);
        } catch (error) {
            count.failed++;
            say(`lab: ${name}: FAILED ${one.name}: ${/** @type {Error} */ (error).message}`);
        }
    }
    say(
        `lab: ${name}: ${frames} frames checked in ${recordings} files, ` +
            `${count.passed} cases passed, ${count.failed} failed`,
    );
    return count;
}

/** @param {Outcome} outcome @param {string} text @returns {never} */
function problem(outcome, text) {
    const said = [...outcome.files]
        .filter(([name, data]) => name.endsWith(".err") && data.length > 0)
        .map(([name, data]) => `\n    ${name}: ${data.toString("utf8").trimEnd()}`);
    throw new Error(`${text}${said.join("")}`);
}

/** --run: for whoever works on a backend. @param {Options} options @param {string} folder */
async function runOne(options, folder) {
    const [format = "S16_LE", rate = "48000", channels = "1"] = (options.play ?? "").split(",");
    const files = await bundle({ "script.js": options.run ?? "" }, folder);
    for (const machine of options.machines) {
        const kernel = await ensureKernel(machine.suite, machine.architecture.name, say);
        if (kernel === null) throw new KnownError(`lab: no kernel for ${machine.name}`);
        const args = ["/lab/script.js", ...options.args];
        const plan = [
            { name: "load", steps: loadSteps(kernel.modules) },
            {
                name: "run",
                steps: [
                    ...(options.play ? playSteps(format, Number(rate), Number(channels)) : []),
                    { start: "script", program: /** @type {const} */ ("maixjs"), args },
                    { wait: "script" },
                ],
            },
        ];
        const { sent } = await start(machine, kernel, plan, files, folder);
        const one = sent.get("run");
        process.stdout.write(`${machine.name}: ${JSON.stringify(one?.result)}\n`);
        for (const [name, data] of one?.files ?? []) {
            writeFileSync(join(folder, machine.name, name), data);
            if (/\.(out|err)$/.test(name)) process.stdout.write(`-- ${name}\n${data}`);
            else process.stdout.write(`-- ${name}: ${data.length} bytes\n`);
        }
    }
}

/** As many machines at a time as there are cores: each needs one.
 * @param {Options} options @param {string} folder @returns {Promise<Count>} */
async function runAll(options, folder) {
    const files = await bundle(scripts, folder);
    const left = [...options.machines];
    const count = { passed: 0, failed: 0 };
    const worker = async () => {
        for (let machine = left.shift(); machine; machine = left.shift()) {
            const { passed, failed } = await runCases(machine, options, files, folder);
            count.passed += passed;
            count.failed += failed;
        }
    };
    await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, worker));
    return count;
}

await runMain(async () => {
    const options = parse(process.argv.slice(2));
    const begin = performance.now();
    const folder = mkdtempSync(join(tmpdir(), "maixjs-lab-"));
    let count = { passed: 0, failed: 1 };
    try {
        const targets = options.machines.map(({ architecture }) => architecture.target);
        await prepare([...new Set(targets)]);
        if (options.run !== undefined) return await runOne(options, folder);
        count = await runAll(options, folder);
    } catch (error) {
        if (options.run !== undefined || !(error instanceof KnownError)) throw error;
        // Said here: the last line has the counts.
        say(error.message);
    } finally {
        if (options.keep) say(`lab: what the guests sent is in ${folder}`);
        else rmSync(folder, { recursive: true, force: true });
        if (options.run === undefined) {
            say(`lab: ${seconds(begin)}`);
            if (count.failed > 0) process.exitCode = 1;
            process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
        }
    }
});

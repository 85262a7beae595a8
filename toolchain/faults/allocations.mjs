// SPDX-License-Identifier: MIT
// Each allocation of ours fails once, in runs of the whole executable with ASan, UBSan and LSan: it
// ends by itself, with an error that says something or as if nothing had been, and leaks nothing.

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

import { exists, KnownError, root, run, say } from "../lib.mjs";
import { inParallel } from "./context.mjs";
import { reportsIn } from "./sanitizers.mjs";

/** @typedef {import("./context.mjs").Faults} Faults */
/** @typedef {import("./sanitized.mjs").Sanitized} Sanitized */

const RUN_SECONDS_MAX = 60;
/** Fewer would mean that they are not seen. */
const ALLOCATIONS_MIN = 4;
/** Done, an error of the script, of usage, of the environment, out of memory. */
const statuses = [0, 1, 2, 3, 125];

/** What is run, in a folder that holds a copy of test/sanitized/scripts; and what it says at least
 * when memory is out. @type {readonly { name: string, args: string[], says?: RegExp }[]} */
const scenarios = [
    { name: "record", args: ["--no-cache", "record.mjs"] },
    { name: "modules", args: ["--no-cache", "modules.mjs"] },
    // Shown in any case, if not at its TypeScript position.
    { name: "error", args: ["--no-cache", "error.ts"], says: /as wanted|memory/ },
    { name: "typescript", args: ["typescript.ts", "an argument"] },
    { name: "build", args: ["build", "typescript.ts", "-o", "out.jsc"] },
    { name: "eval", args: ["-e", "console.log({ a: [1, 'x'] })"] },
    {
        name: "devices",
        args: ["devices", "--json"],
        says: /more devices than can be listed|memory/,
    },
];

const forced = ["-include", join(root, "test/sanitized/fail_allocation.h")];

/** What scripts do not reach. @param {Faults} faults @param {Sanitized} programs
 * @param {ReturnType<typeof reportsIn>} reports */
async function runCore(faults, programs, reports) {
    const plain = /runtime_memory\.c\.o$/;
    const objects = [
        ...(await programs.ours("core", forced)).filter((file) => !plain.test(file)),
        ...(await programs.ours("core")).filter((file) => plain.test(file)),
        await programs.object("test/sanitized/fail_allocation.c"),
        await programs.object("test/sanitized/options.c", [reports.define]),
    ];
    const exe = await programs.program("core", ["test/sanitized/allocations.c"], objects, forced);
    let output = "";
    const folder = join(faults.scratch, "allocations");
    const options = { cwd: folder, onOutput: (/** @type {string} */ text) => (output += text) };
    const status = await run("timeout", ["-s", "KILL", String(RUN_SECONDS_MAX), exe], options);
    const found = reports.read();
    if (status === 0 && found.length === 0) faults.passed(output.trim().replaceAll("\n", "; "));
    else faults.failed(`allocations of the core: ${status}`, `${output}\n${found.join("\n")}`);
    for (const file of reports.files()) rmSync(file);
}

/** @param {Sanitized} programs @param {string} define */
async function build(programs, define) {
    // Below the engine's allocations, which are not ours.
    const plain = /runtime_(memory|limits)\.c\.o$/;
    const objects = [
        ...(await programs.engine()),
        ...(await programs.ours("core", forced)).filter((file) => !plain.test(file)),
        ...(await programs.ours("host", forced)).filter((file) => !plain.test(file)),
        ...(await programs.ours("core")).filter((file) => plain.test(file)),
        ...(await programs.ours("host")).filter((file) => plain.test(file)),
    ];
    const files = ["test/sanitized/fail_allocation.c", "test/sanitized/options.c"];
    return programs.program("allocations", ["runtime/main.c", ...files], objects, [define]);
}

/** One run in a folder of its own. @param {string} exe @param {readonly string[]} args
 * @param {string} folder @param {number} failing */
async function runOnce(exe, args, folder, failing) {
    rmSync(folder, { recursive: true, force: true });
    cpSync(join(root, "test/sanitized/scripts"), folder, { recursive: true });
    const counted = join(folder, "allocations");
    const env = {
        PATH: process.env.PATH ?? "",
        HOME: folder,
        MAIXJS_ESBUILD: join(root, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`),
        MAIXJS_MIC: "sim:ramp,pace=fast",
        MAIXJS_FAIL_ALLOCATION: String(failing),
        MAIXJS_ALLOCATIONS: counted,
    };
    let output = "";
    const status = await run("timeout", ["-s", "KILL", String(RUN_SECONDS_MAX), exe, ...args], {
        env,
        cwd: folder,
        onOutput: (text) => (output += text),
    });
    const count = exists(counted) ? Number(readFileSync(counted, "utf8")) : 0;
    // Temporary files are gone, whatever has failed.
    const left = readdirSync(folder).filter((name) => /\.tmp|making/.test(name));
    return { status, output, count, left };
}

/** In any order: stdout and stderr are two pipes. @param {string} text */
function lines(text) {
    return text.split("\n").sort().join("\n");
}

/** @param {Faults} faults @param {string} exe @param {(typeof scenarios)[number]} scenario
 * @param {ReturnType<typeof reportsIn>} reports */
async function failEach(faults, exe, { name, args, says = /memory|ENOMEM/i }, reports) {
    const folder = join(faults.scratch, "allocations", name);
    const whole = await runOnce(exe, args, folder, 0);
    if (whole.count < ALLOCATIONS_MIN) {
        throw new KnownError(`${name}: ${whole.count} allocations\n${whole.output}`);
    }
    const numbers = Array.from({ length: whole.count }, (_, i) => i + 1);
    /** @type {Map<string, string>} */
    const wrong = new Map();
    let unharmed = 0;
    await inParallel(numbers, async (failing) => {
        const { status, output, left } = await runOnce(exe, args, `${folder}-${failing}`, failing);
        rmSync(`${folder}-${failing}`, { recursive: true, force: true });
        const same = status === whole.status && lines(output) === lines(whole.output);
        if (same) unharmed += 1;
        if (!statuses.includes(status)) wrong.set(`${failing}: status ${status}`, output);
        else if (!same && !says.test(output)) wrong.set(`${failing}: silent`, output);
        if (left.length > 0) wrong.set(`${failing}: left ${left.join(", ")}`, output);
    });
    const found = reports.read();
    if (wrong.size === 0 && found.length === 0) {
        faults.passed(`${name}: each of ${whole.count} allocations fails, ${unharmed} unnoticed`);
        return;
    }
    const problems = [...wrong].map(
        ([what, output]) => `allocation ${what}\n${output.slice(0, 600)}`,
    );
    const kinds = new Map(found.map((text) => [text.replaceAll(/0x\w+|==\d+==/g, ""), text]));
    for (const text of kinds.values()) problems.push(text.slice(0, 3000));
    faults.failed(
        `${name}: ${wrong.size} of ${whole.count}, ${found.length} reports`,
        problems.join("\n"),
    );
}

/** @param {Faults} faults @param {Sanitized} programs */
export async function allocations(faults, programs) {
    const wanted = scenarios.filter(
        ({ name }) => !faults.args.length || faults.args.includes(name),
    );
    mkdirSync(join(faults.scratch, "allocations"), { recursive: true });
    const reports = reportsIn(join(faults.scratch, "reports-allocations"));
    if (wanted.length === scenarios.length) await runCore(faults, programs, reports);
    const exe = await build(programs, reports.define);
    for (const scenario of wanted) {
        const start = performance.now();
        await failEach(faults, exe, scenario, reports);
        for (const file of reports.files()) rmSync(file);
        say(
            `${basename(exe)} ${scenario.name}: ${((performance.now() - start) / 1000).toFixed(0)} s`,
        );
    }
}

// SPDX-License-Identifier: MIT
// ThreadSanitizer on everything with threads; and on the ring with each acquire and release relaxed
// in turn: a mutant that it does not report would mean that the test cannot see such a mistake.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { KnownError, root, run } from "../lib.mjs";
import { inParallel } from "./context.mjs";
import { compile, ensureClang, sourceList, unitTests, zigParts } from "./sanitized.mjs";

/** @typedef {import("./context.mjs").Faults} Faults */

const TSAN_STATUS = 66;
// Optimised as ours: a compiler may move plain loads over relaxed ones, never over acquire.
const flags = ["-O1", "-g1", "-std=gnu11", "-D_GNU_SOURCE", "-w", "-fsanitize=thread"];
const libraries = ["-lm", "-ldl", "-lpthread"];
const order = /memory_order_(acquire|release|acq_rel|seq_cst)/g;
/** Orders of the ring, so that a new one that the pattern misses shows. */
const SITES_MIN = 5;
/** A test that waits forever because of a mutation. */
const LIMIT_SECONDS = 120;

/** @param {string} exe */
async function runTest(exe) {
    let output = "";
    const env = { ...process.env, TSAN_OPTIONS: `halt_on_error=1:exitcode=${TSAN_STATUS}` };
    const status = await run("timeout", [String(LIMIT_SECONDS), exe], {
        env,
        onOutput: (text) => (output += text),
    });
    return { status, output };
}

/** The ring with one order relaxed: a text for each. */
function mutants() {
    const text = readFileSync(join(root, "modules/audio/ring.c"), "utf8");
    return [...text.matchAll(order)].map((match) => ({
        what: `line ${text.slice(0, match.index).split("\n").length}: ${match[1]}`,
        text:
            text.slice(0, match.index) +
            "memory_order_relaxed" +
            text.slice(match.index + match[0].length),
    }));
}

/** @param {Faults} faults @param {string} folder */
async function runMutants(faults, folder) {
    const sites = mutants();
    if (sites.length < SITES_MIN) throw new KnownError(`only ${sites.length} orders in the ring`);
    const audio = join(root, "modules/audio");
    const rest = ["test/modules/audio/ring_threads_test.c", "runtime/result.c"].map((file) =>
        join(root, file),
    );
    await inParallel([...sites.entries()], async ([index, { what, text }]) => {
        const file = join(folder, `ring-${index}.c`);
        writeFileSync(file, text);
        const exe = join(folder, `mutant-${index}`);
        const args = [...flags, "-I", audio, file, ...rest, ...libraries, "-o", exe];
        if ((await run("clang", args)) !== 0) throw new KnownError(`${what} does not compile`);
        const { status, output } = await runTest(exe);
        const reported = status === TSAN_STATUS && output.includes("data race");
        if (reported) faults.passed(`ring, relaxed at ${what}: reported`);
        else faults.failed(`ring, relaxed at ${what}: status ${status}, no report`, output);
    });
}

/** @param {Faults} faults */
export async function tsanMutants(faults) {
    const folder = join(faults.scratch, "tsan");
    mkdirSync(folder);
    await ensureClang();
    const core = sourceList("core").map((file) => ({ file: join(root, file), flags }));
    const objects = [...(await compile(core, join(folder, "core"))), ...(await zigParts())];
    const tests = unitTests().filter(({ threads }) => threads);
    await inParallel(tests, async ({ file }) => {
        const exe = join(folder, file.replaceAll("/", "_"));
        const args = [...flags, join(root, file), ...objects, ...libraries, "-o", exe];
        if ((await run("clang", args)) !== 0) throw new KnownError(`${file} does not compile`);
        const { status, output } = await runTest(exe);
        if (status === 0) faults.passed(`${file}: silent`);
        else faults.failed(`${file}: status ${status}`, output.slice(0, 4000));
    });
    await runMutants(faults, folder);
}

// SPDX-License-Identifier: MIT
// Changed scripts and changed bytecode in the whole program with sanitizers. Bounded: so many
// cases, 300 ms a script.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { exists, KnownError, root, run, say } from "../lib.mjs";
import { inParallel } from "./context.mjs";
import { knownBugs } from "./known-bugs.mjs";
import { SANITIZER_STATUS } from "./sanitized.mjs";

/** @typedef {import("./context.mjs").Faults} Faults */

const CASES = 10_000;
const SLICE = 500;

/** Scripts that start no programs and touch no files by themselves. @param {string} source */
export function scriptCorpus(source) {
    const folders = [join(source, "tests"), join(root, "examples")];
    return folders
        .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
        .filter((file) => /\.(m?js|ts)$/.test(file))
        .filter((file) => !/qjs:|\bos\.|\bstd\./.test(readFileSync(file, "utf8")));
}

/** @param {string} scratch @param {readonly string[]} scripts */
function bytecodeCorpus(scratch, scripts) {
    const exe = join(root, "zig-out/bin/maixjs");
    const env = {
        ...process.env,
        MAIXJS_ESBUILD: join(root, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`),
    };
    return scripts.flatMap((script, i) => {
        const output = join(scratch, `${i}.jsc`);
        const built = spawnSync(exe, ["build", script, "-o", output], { env });
        return built.status === 0 ? [output] : [];
    });
}

/** @param {string} folder */
function environment(folder) {
    return {
        PATH: process.env.PATH ?? "",
        HOME: folder,
        MAIXJS_MIC: "sim:tone,pace=fast",
        // Leaks of a process that was interrupted are none; too large allocations are refused.
        ASAN_OPTIONS: `exitcode=${SANITIZER_STATUS}:detect_leaks=0:allocator_may_return_null=1:handle_abort=0`,
        UBSAN_OPTIONS: `exitcode=${SANITIZER_STATUS}:print_stacktrace=1`,
    };
}

/** That a bug of memory and undefined behaviour would be seen.
 * @param {string} exe @param {string} corpus @param {string} folder */
function checkSanitizers(exe, corpus, folder) {
    const args = ["control", "1", "0", "2", folder, corpus];
    const { stdout } = spawnSync(exe, args, { env: environment(folder), encoding: "utf8" });
    if (!stdout.includes("2 failed")) throw new KnownError(`the sanitizers see nothing: ${stdout}`);
}

/** @param {Faults} faults @param {string} exe @param {string} kind
 * @param {readonly string[]} corpus @param {string} folder */
async function runCases(faults, exe, kind, corpus, folder) {
    const env = environment(folder);
    let known = 0;
    let endedWell = 0;
    let failed = 0;
    const fail = (/** @type {string} */ what, /** @type {string} */ why) => {
        failed += 1;
        faults.failed(what, why);
    };
    const firsts = Array.from({ length: Math.ceil(CASES / SLICE) }, (_, i) => i * SLICE);
    await inParallel(firsts, async (first) => {
        let output = "";
        const count = Math.min(SLICE, CASES - first);
        const args = [kind, String(faults.seed), String(first), String(count), folder, ...corpus];
        const status = await run(exe, args, { env, onOutput: (text) => (output += text) });
        if (!output.includes(`${count} cases`)) fail(`${kind} from ${first} on`, output);
        endedWell += Number(/(\d+) ended well/.exec(output)?.[1] ?? 0);
        if (status === 0) return;
        for (const [line, number] of output.matchAll(/^\w+ case (\d+) .*$/gm)) {
            const ending = kind === "scripts" ? "mjs" : "jsc";
            const input = join(folder, `case-${kind}-${number}.${ending}`);
            const report = exists(`${input}.log`) ? readFileSync(`${input}.log`, "utf8") : "";
            const text = exists(input) ? readFileSync(input, "latin1") : "";
            if (knownBugs.some((bug) => bug.report.test(report) && bug.input.test(text)))
                known += 1;
            else fail(line, report.slice(0, 4000));
        }
    });
    if (endedWell === 0) fail(kind, "not one ended well");
    const counts = `${CASES} ${kind}, ${endedWell} ended well, ${known} met known bugs`;
    if (failed === 0) faults.passed(counts);
    else say(`${counts}, ${failed} failed`);
}

/** @param {Faults} faults @param {import("./sanitized.mjs").Sanitized} programs */
export async function badInput(faults, programs) {
    const folder = join(faults.scratch, "cases");
    mkdirSync(folder);
    const exe = await programs.whole("bad_input", ["test/fuzz/bad_input.c"]);
    const { source } = await programs.parts();
    const scripts = scriptCorpus(source);
    checkSanitizers(exe, scripts[0] ?? "", folder);
    await runCases(faults, exe, "scripts", scripts, folder);
    const containers = bytecodeCorpus(folder, scripts);
    await runCases(faults, exe, "containers", containers, folder);
    for (const { what, report } of knownBugs) say(`known: ${what} (${report.source})`);
}

// SPDX-License-Identifier: MIT
// libFuzzer on whatever reads what others wrote: one program a target, from the kept corpus on, with
// ASan and UBSan. Bounded by time, so what it reaches differs between machines; the seed is printed,
// and a finding is kept as a file.
//
//     npm run test:faults fuzz -- -- wav device     only these targets

import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { capture, exists, KnownError, root, run, say } from "../lib.mjs";
import { inParallel } from "./context.mjs";
import { ensureClang } from "./sanitized.mjs";

/** @typedef {import("./context.mjs").Faults} Faults */
/** @typedef {import("./sanitized.mjs").Sanitized} Sanitized */

const SECONDS = 60;
const SECONDS_FULL = 600;
const INPUT_SECONDS_MAX = 20;
const RSS_MIB_MAX = 2048;

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {boolean} [engine] it needs the engine, and our code that knows it
 * @property {number} bytes the longest input
 * @property {readonly string[]} [seeds] that must be in the corpus
 */

/** @type {readonly Target[]} */
const targets = [
    { name: "wav", bytes: 4096, seeds: ["fmt-of-size-0", "adpcm-block-align-0"] },
    { name: "device", bytes: 512 },
    { name: "config", bytes: 2048, engine: true },
    { name: "options", bytes: 512, engine: true },
    { name: "control", bytes: 4096 },
    { name: "bytecode", bytes: 2048, engine: true },
];

/** What libFuzzer's main has; the one of `options` is called from inside of the engine. */
function withoutMain() {
    const folder = (capture("clang", ["-print-runtime-dir"]) ?? "").trim();
    const names = readdirSync(folder).filter((name) => /fuzzer_no_main.*\.a$/.test(name));
    const name = names.find((each) => !each.includes("i386")) ?? "";
    return [join(folder, name), "-lstdc++"];
}

/** @param {Target} target @param {Sanitized} programs */
async function build({ name, engine }, programs) {
    const coverage = ["-fsanitize=fuzzer-no-link"];
    const objects = await programs.ours("core", coverage);
    if (engine) {
        objects.push(...(await programs.ours("host", coverage)), ...(await programs.engine()));
    }
    const file = `test/fuzz/fuzz_${name}.c`;
    const script = join(root, `test/fuzz/fuzz_${name}.mjs`);
    const extra = exists(script)
        ? [...coverage, `-DMJS_FUZZ_SCRIPT="${script}"`, ...withoutMain()]
        : ["-fsanitize=fuzzer"];
    return programs.program(`fuzz_${name}`, [file], objects, extra);
}

/** @param {Target} target @param {string} exe @param {Faults} faults */
async function fuzzOne(target, exe, faults) {
    const { name } = target;
    const kept = join(root, "test/fuzz/corpus", name);
    const folder = join(faults.scratch, "fuzz", name);
    const corpus = join(folder, "corpus");
    mkdirSync(folder, { recursive: true });
    cpSync(kept, corpus, { recursive: true });
    const missing = (target.seeds ?? []).filter((seed) => !exists(join(corpus, seed)));
    if (missing.length > 0) throw new KnownError(`${kept} lacks ${missing.join(", ")}`);
    const seconds = faults.full ? SECONDS_FULL : SECONDS;
    const args = [
        `-max_total_time=${seconds}`,
        `-seed=${faults.seed}`,
        `-max_len=${target.bytes}`,
        `-timeout=${INPUT_SECONDS_MAX}`,
        `-rss_limit_mb=${RSS_MIB_MAX}`,
        // At the end of the process; in between the engine's garbage would be taken for a leak.
        "-detect_leaks=0",
        "-print_final_stats=1",
        "-verbosity=1",
        `-artifact_prefix=${folder}/`,
        corpus,
    ];
    let output = "";
    const env = {
        PATH: process.env.PATH ?? "",
        HOME: folder,
        ASAN_OPTIONS: "allocator_may_return_null=1:detect_stack_use_after_return=0",
        UBSAN_OPTIONS: "print_stacktrace=1",
    };
    const status = await run(exe, args, {
        env,
        cwd: folder,
        onOutput: (text) => (output = (output + text).slice(-100_000)),
    });
    const runs = Number(/stat::number_of_executed_units: (\d+)/.exec(output)?.[1] ?? 0);
    const found = readdirSync(folder).filter((file) => /^(crash|timeout|oom|leak)-/.test(file));
    const [, coverage = ""] = [
        ...(/cov: (\d+)/.exec(output.slice(output.lastIndexOf("cov: "))) ?? []),
    ];
    if (status === 0 && found.length === 0 && runs > 0) {
        faults.passed(`fuzz ${name}: ${runs} inputs in ${seconds} s, ${coverage} places reached`);
    } else {
        const inputs = found.map(
            (file) => `${file}: ${readFileSync(join(folder, file)).toString("base64")}`,
        );
        const from = output.search(/==\d+==|runtime error|fuzz_\w+\.[cm]/);
        const text = output.slice(from < 0 ? -6000 : Math.max(0, from - 400)).slice(0, 8000);
        faults.failed(`fuzz ${name}: status ${status}`, `${text}\n${inputs.join("\n")}`);
    }
}

/** @param {Faults} faults @param {Sanitized} programs */
export async function fuzz(faults, programs) {
    await ensureClang();
    const unknown = faults.args.find((arg) => !targets.some(({ name }) => name === arg));
    if (unknown) throw new KnownError(`no target "${unknown}"`);
    const wanted = targets.filter(({ name }) => !faults.args.length || faults.args.includes(name));
    /** @type {Map<Target, string>} */
    const programsOf = new Map();
    for (const target of wanted) programsOf.set(target, await build(target, programs));
    say(`fuzzing ${wanted.map(({ name }) => name).join(", ")}, seed ${faults.seed}`);
    await inParallel(wanted, async (target) => {
        await fuzzOne(target, programsOf.get(target) ?? "", faults);
    });
}

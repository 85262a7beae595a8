// SPDX-License-Identifier: MIT
// `npm run test:faults [stage…]`: attacks on the program, stage by stage; bounded, and from seeds
// that are printed.
//
//     --full        the long form: more cases, longer runs
//     --seed <n>    of everything random (default: a fixed one; with --full too)
//     -- <args…>    for the stage's own program (vitest: which files)
//
// The last line is `N passed, N failed`.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { KnownError, runMain, say, seconds } from "../lib.mjs";
import { allocations } from "./allocations.mjs";
import { badInput } from "./bad-input.mjs";
import { Count } from "./context.mjs";
import { fuzz } from "./fuzz.mjs";
import { Sanitized } from "./sanitized.mjs";
import { sanitizers } from "./sanitizers.mjs";
import { spin } from "./spin.mjs";
import { tsanMutants } from "./tsan-mutants.mjs";
import { vitest } from "./vitest.mjs";

/** @typedef {import("./context.mjs").Faults} Faults */

/** In the order in which they run.
 * @type {Record<string, (faults: Faults, programs: Sanitized) => Promise<void>>} */
const stages = {
    spin,
    "tsan-mutants": tsanMutants,
    vitest,
    sanitizers,
    "bad-input": badInput,
    allocations,
    fuzz,
};

function parse() {
    const { values, positionals, tokens } = parseArgs({
        options: {
            full: { type: "boolean", default: false },
            seed: { type: "string", default: "20261120" },
        },
        allowPositionals: true,
        tokens: true,
    });
    const end = tokens.find(({ kind }) => kind === "option-terminator")?.index ?? Infinity;
    const behind = tokens.filter(({ kind, index }) => kind === "positional" && index > end).length;
    const names = positionals.slice(0, positionals.length - behind);
    const unknown = names.find((name) => !(name in stages));
    if (unknown) {
        throw new KnownError(`no stage "${unknown}": ${Object.keys(stages).join(", ")}`);
    }
    const seed = Number(values.seed);
    if (!Number.isSafeInteger(seed) || seed < 0) throw new KnownError(`--seed ${values.seed}`);
    return {
        names: names.length > 0 ? names : Object.keys(stages),
        full: values.full,
        seed,
        args: positionals.slice(names.length),
    };
}

await runMain(async () => {
    const { names, ...options } = parse();
    const scratch = mkdtempSync(join(tmpdir(), "maixjs-faults-"));
    const count = new Count();
    const programs = new Sanitized(scratch);
    const faults = {
        ...options,
        scratch,
        passed: count.pass.bind(count),
        failed: count.fail.bind(count),
    };
    const begin = performance.now();
    try {
        for (const name of names) {
            say(`== ${name}, seed ${options.seed}`);
            const start = performance.now();
            try {
                await stages[name]?.(faults, programs);
            } catch (error) {
                // Not the end of the other stages; the last line has the counts.
                const known = error instanceof KnownError;
                const text = known ? error.message : error instanceof Error ? error.stack : error;
                count.fail(name, String(text));
            }
            say(`== ${name}: ${seconds(start)}`);
        }
    } finally {
        if (count.failed === 0) rmSync(scratch, { recursive: true, force: true });
        else say(`what failed is in ${scratch}`);
        say(`faults: ${seconds(begin)}`);
        if (count.failed > 0) process.exitCode = 1;
        process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
    }
});

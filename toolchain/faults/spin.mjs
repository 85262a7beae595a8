// SPDX-License-Identifier: MIT
// The model of the rings (test/modules/audio/ring.pml), searched in full by spin; and broken in each
// way that it names: there spin must find what is wrong.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { KnownError, root, run } from "../lib.mjs";
import { ensureTestTools } from "../test-tools.mjs";
import { inParallel } from "./context.mjs";
import { ensureClang } from "./sanitized.mjs";

/** @typedef {import("./context.mjs").Faults} Faults */

const model = join(root, "test/modules/audio/ring.pml");
const DEPTH_MAX = 100_000;
/** Fewer would mean that the model does nothing. */
const STATES_MIN = 1_000_000;

/** What pan says of one variant. @param {string} folder @param {readonly string[]} defines */
async function search(folder, defines) {
    mkdirSync(folder);
    let output = "";
    const step = async (/** @type {string} */ command, /** @type {readonly string[]} */ args) => {
        output = "";
        const options = { cwd: folder, onOutput: (/** @type {string} */ text) => (output += text) };
        const status = await run(command, args, options);
        if (status !== 0) throw new KnownError(`${command} ${args.join(" ")}: ${output}`);
    };
    // Its own choice, gcc, may not be there.
    await step("spin", ["-Pclang -E -x c", ...defines.map((define) => `-D${define}`), "-a", model]);
    await step("clang", ["-O2", "-w", "-DSAFETY", "pan.c", "-o", "pan"]);
    await step(join(folder, "pan"), [`-m${DEPTH_MAX}`]);
    const errors = Number(/errors: (\d+)/.exec(output)?.[1] ?? Number.NaN);
    const states = Number(/(\d+) states, stored/.exec(output)?.[1] ?? 0);
    if (Number.isNaN(errors) || output.includes("max search depth")) throw new KnownError(output);
    return { errors, states, output };
}

/** @param {Faults} faults */
export async function spin(faults) {
    await ensureTestTools([{ command: "spin", packages: ["spin"] }]);
    await ensureClang();
    const folder = join(faults.scratch, "spin");
    mkdirSync(folder);
    const broken = [...readFileSync(model, "utf8").matchAll(/^\/\/ {3}([A-Z_]+) /gm)];
    if (broken.length === 0) throw new KnownError("the model names no broken variants");
    const sizes = faults.full ? ["TOTAL=10"] : [];
    const variants = ["", ...broken.map(([, name = ""]) => name)];
    await inParallel(variants, async (name) => {
        const defines = name === "" ? sizes : [name];
        const { errors, states, output } = await search(join(folder, `of${name}`), defines);
        if (name === "") {
            if (errors === 0 && states >= STATES_MIN) faults.passed(`the rings: ${states} states`);
            else faults.failed("the rings", output);
        } else if (errors > 0) faults.passed(`the rings with ${name}: found`);
        else faults.failed(`the rings with ${name}: spin finds nothing wrong`, output);
    });
}

// SPDX-License-Identifier: MIT
// How long a start takes, ours and our peers'.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { buildQjs, findProgram, measure, sayMissing, subfolder } from "./tools.mjs";

const ROUNDS = 200;
const LINES = 2000;

/** A script of some size, of which nothing can be left out. */
function largeScript() {
    const lines = ["let sum = 0;"];
    for (let i = 0; i < LINES; i++) {
        lines.push(`function f${i}(a: number, b: { c: string }): number {`);
        lines.push(`    return a > ${i} ? a * ${i} : b.c.length + ${i};`, "}");
    }
    const names = Array.from({ length: LINES }, (_, i) => `f${i}`);
    lines.push(`for (const f of [${names}]) sum += f(1, { c: "x" });`, "console.log(sum);");
    return lines.join("\n");
}

/** @typedef {import("./table.mjs").Row} Row */
/** @typedef {{ folder: string, executable: string, env: NodeJS.ProcessEnv }} Bench */

/** Cached and as bytecode, against the bundle. @param {Bench} bench @param {string} name
 * @param {string} text @returns {Row[]} */
function scriptRows({ folder, executable, env }, name, text) {
    const script = join(folder, `${name}.ts`);
    writeFileSync(script, text);
    const built = [join(folder, `${name}.js`), join(folder, `${name}.jsc`)];
    for (const output of built) execFileSync(executable, ["build", script, "-o", output]);
    execFileSync(executable, [script], { env }); // now it is cached
    const [cached, bundle, bytecode] = measure(
        folder,
        ROUNDS,
        [[executable, script], ...built.map((file) => [executable, file])],
        env,
    ).map((one) => one.wallUs);
    if (!cached || !bundle || !bytecode) throw new Error("a command was not measured");
    const common = { unit: "us", peer: "its bundle", theirs: bundle, most: 1.1 };
    return [
        { what: `start: ${name}.ts, cached`, ours: cached, ...common },
        { what: `start: ${name}.jsc`, ours: bytecode, ...common },
    ];
}

/** @param {Bench} bench @returns {Promise<Row[]>} */
export async function startRows(bench) {
    const folder = subfolder(bench.folder, "start");
    const inFolder = { ...bench, folder };
    const rows = scriptRows(inFolder, "hello", 'console.log("hello");\n');
    rows.push(...scriptRows(inFolder, "large", largeScript()));
    const script = join(folder, "hello.ts");
    const bundle = join(folder, "hello.js");
    const python = join(folder, "hello.py");
    writeFileSync(python, 'print("hello")\n');
    const qjs = await buildQjs(folder);
    const python3 = findProgram("python3");
    /** @type {{ name: string, command: readonly string[] | undefined, most?: number }[]} */
    const peers = [
        { name: "qjs", command: qjs && [qjs, "--module", bundle], most: 1.2 },
        { name: "node", command: [process.execPath, bundle], most: 1 / 20 },
        { name: "python3", command: python3 && [python3, python] },
        { name: "/bin/true", command: ["/bin/true"] },
    ];
    for (const { name, command, most } of peers) {
        if (!command) {
            sayMissing(name, "the start");
            continue;
        }
        const rounds = name === "node" ? ROUNDS / 4 : ROUNDS;
        const [ours, theirs] = measure(
            folder,
            rounds,
            [[bench.executable, script], command],
            bench.env,
        ).map((one) => one.wallUs);
        if (!ours || !theirs) throw new Error("a command was not measured");
        const row = { what: "start: hello.ts, cached", unit: "us", ours, peer: name, theirs };
        rows.push(most === undefined ? row : { ...row, most });
    }
    return rows;
}

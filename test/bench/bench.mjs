// SPDX-License-Identifier: MIT
// `npm run bench [-- <group>…] [-- --json <file>]`: ours beside a peer's or a limit, in turns on the
// same machine. Status 1 where a bar is missed.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { exists, KnownError, root, runMain, say, seconds } from "../../toolchain/lib.mjs";
import { ensureTestTools } from "../../toolchain/test-tools.mjs";
import { callRows } from "./calls.mjs";
import { delayRows } from "./delay.mjs";
import { editRows } from "./edit.mjs";
import { fileRows } from "./files.mjs";
import { growthRows } from "./growth.mjs";
import { labRows } from "./lab.mjs";
import { recordRows } from "./record.mjs";
import { ringRows } from "./ring.mjs";
import { sizeRows } from "./size.mjs";
import { startRows } from "./start.mjs";
import { isMet, tableText } from "./table.mjs";

/** @typedef {import("./table.mjs").Row} Row */

/** @type {Record<string, (bench: import("./start.mjs").Bench) => Promise<Row[]> | Row[]>} */
const groups = {
    start: startRows,
    record: recordRows,
    lab: labRows,
    files: fileRows,
    ring: ringRows,
    calls: callRows,
    delay: delayRows,
    growth: growthRows,
    edit: editRows,
    size: sizeRows,
};

function machine() {
    const model = cpus()[0]?.model ?? "unknown processor";
    return `${availableParallelism()} × ${model}, Linux ${release()}, Node ${process.version}`;
}

await runMain(async () => {
    const { values, positionals } = parseArgs({
        options: { json: { type: "string" } },
        allowPositionals: true,
    });
    const names = positionals.length > 0 ? positionals : Object.keys(groups);
    for (const name of names) {
        if (!groups[name]) {
            throw new KnownError(`no group ${name} (there are ${Object.keys(groups).join(", ")})`);
        }
    }
    await ensureTestTools();
    const folder = mkdtempSync(join(tmpdir(), "maixjs-bench-"));
    try {
        const executable = join(folder, "maixjs"); // no package.json in the folders above it
        if (!exists(join(root, "zig-out/bin/maixjs"))) throw new KnownError("run `npm run build`");
        cpSync(join(root, "zig-out/bin/maixjs"), executable);
        const esbuild = join(root, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`);
        const env = {
            ...process.env,
            XDG_CACHE_HOME: join(folder, "cache"),
            MAIXJS_ESBUILD: process.env.MAIXJS_ESBUILD ?? esbuild,
        };
        process.env.MAIXJS_ESBUILD = env.MAIXJS_ESBUILD;
        /** @type {Row[]} */
        const rows = [];
        for (const name of names) {
            const start = performance.now();
            say(`measuring: ${name}…`);
            rows.push(...((await groups[name]?.({ folder, executable, env })) ?? []));
            say(`measured: ${name} (${seconds(start)})`);
        }
        console.log(`${machine()}\n\n${tableText(rows)}`);
        const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
        if (values.json) {
            const text = JSON.stringify({ version, machine: machine(), rows }, null, 4);
            writeFileSync(values.json, `${text}\n`);
        }
        const missed = rows.filter((row) => !isMet(row));
        if (missed.length > 0) throw new KnownError(`${missed.length} of the bars missed`);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
});

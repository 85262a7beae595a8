// SPDX-License-Identifier: MIT
// What a block costs in a WAV file.

import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { sampleOf } from "./table.mjs";
import { compile, coreSources, sayMissing, subfolder } from "./tools.mjs";

const ROUNDS = 21;
const BLOCKS_BYTES = [960, 4800];

/** @typedef {import("./table.mjs").Row} Row */

/** @param {import("./start.mjs").Bench} bench @returns {Row[]} */
export function fileRows(bench) {
    const folder = subfolder(bench.folder, "files");
    const program = compile(join(folder, "wav_write"), [
        "test/bench/wav_write.c",
        ...coreSources(),
    ]);
    return BLOCKS_BYTES.flatMap((bytes) => {
        const args = [folder, String(ROUNDS), String(bytes)];
        const lines = execFileSync(program, args, { encoding: "utf8" }).trim().split("\n");
        const column = (/** @type {number} */ at) =>
            sampleOf(lines.map((line) => Number(line.split(" ")[at])));
        const what = `WAV file: a block of ${bytes} bytes`;
        const common = { what, unit: "ns", ours: column(0) };
        /** @type {Row[]} */
        const rows = [
            // 0.9 of its speed.
            { ...common, peer: "write + pwrite", theirs: column(1), most: 1 / 0.9 },
        ];
        if (column(2).median === 0) sayMissing("libsndfile", "writing WAV files");
        else rows.push({ ...common, peer: "libsndfile", theirs: column(2) });
        return rows;
    });
}

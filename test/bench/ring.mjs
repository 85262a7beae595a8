// SPDX-License-Identifier: MIT
// The ring's speed.

import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { limit, sampleOf } from "./table.mjs";
import { compile, sayMissing, subfolder } from "./tools.mjs";

const ROUNDS = 15;
const CHUNKS_BYTES = [64, 512, 4096, 16_384];
const BAR_CHUNK_BYTES = 4096;

/** @typedef {import("./table.mjs").Row} Row */

/** @param {import("./start.mjs").Bench} bench @returns {Row[]} */
export function ringRows(bench) {
    const folder = subfolder(bench.folder, "ring");
    const sources = ["test/bench/ring_speed.c", "modules/audio/ring.c", "runtime/result.c"];
    const program = compile(join(folder, "ring_speed"), sources);
    return CHUNKS_BYTES.flatMap((bytes) => {
        const args = [String(ROUNDS), String(bytes)];
        const lines = execFileSync(program, args, { encoding: "utf8" }).trim().split("\n");
        const stopped = (lines.pop() ?? "").split(" ").slice(1).map(Number);
        const column = (/** @type {number} */ at) =>
            sampleOf(lines.map((line) => Number(line.split(" ")[at])));
        const theirs = column(1);
        if (theirs.median === 0) {
            sayMissing("JACK's library", "the ring");
            return [];
        }
        const speed = { what: `ring: ${bytes} bytes a call, two threads`, unit: "MB/s" };
        const row = { ...speed, ours: column(0), peer: "JACK's ring", theirs };
        if (bytes !== BAR_CHUNK_BYTES) return [row];
        /** @type {Row[]} */
        const rows = [{ ...row, least: 1 }];
        ["99.99 % of", "worst of"].forEach((which, i) => {
            const [mine, other] = [stopped[i + 1], stopped[i + 4]];
            if (mine === undefined || other === undefined) return;
            rows.push({
                what: `ring, nobody reads: ${which} the producer's calls`,
                unit: "ns",
                ours: limit(mine),
                peer: "JACK's ring",
                theirs: limit(other),
            });
        });
        return rows;
    });
}

// SPDX-License-Identifier: MIT
// What recording costs on the boards' architectures, against arecord on the same kernel: virtual
// machines whose clock counts instructions, so each number is of one run.

import { measureRecorders } from "../../toolchain/lab/bench.mjs";
import { limit } from "./table.mjs";
import { findProgram, sayMissing, subfolder } from "./tools.mjs";

/** @typedef {import("./table.mjs").Row} Row */
/** @typedef {import("../../toolchain/lab/bench.mjs").Taken} Taken */

const RESIDENT_LIMIT_KIB = 6 * 1024;
const PEER = "arecord";
const kinds = {
    save: "save()",
    "save-10": "save(10), a header every 10 ms",
    "record-50": "record(50)",
};

/** @param {string} where @param {Record<string, Taken>} taken @returns {Row[]} */
function rowsOf(where, taken) {
    const theirs = taken[PEER];
    return Object.entries(kinds).flatMap(([kind, name]) => {
        const ours = taken[kind];
        if (!ours || !theirs) throw new Error(`${kind} was not measured`);
        /** @type {Row} */
        const cpu = {
            what: `${where}: instructions a second of audio: ${name}`,
            ...{ unit: "k", ours: limit(ours.instructions / 1000) },
            ...{ peer: PEER, theirs: limit(theirs.instructions / 1000) },
            // arecord writes its header once, save(10) a hundred times a second.
            ...(kind !== "save-10" && { most: 1 }),
        };
        /** @type {Row} */
        const calls = {
            what: `${where}: system calls a second of audio: ${name}`,
            ...{ unit: "", ours: limit(ours.calls), peer: PEER, theirs: limit(theirs.calls) },
        };
        /** @type {Row} */
        const resident = {
            what: `${where}: peak RSS: ${name}`,
            ...{ unit: "KiB", ours: limit(ours.residentKib) },
            ...{ peer: "limit", theirs: limit(RESIDENT_LIMIT_KIB), most: 1 },
        };
        return [cpu, calls, resident];
    });
}

/** @param {import("./start.mjs").Bench} bench @returns {Promise<Row[]>} */
export async function labRows(bench) {
    const missing = ["qemu-system-riscv64", "qemu-system-aarch64", "cpio"].filter(
        (name) => !findProgram(name),
    );
    if (missing.length > 0) {
        sayMissing(missing.join(", "), "recording on a board's kernel");
        return [];
    }
    const machines = await measureRecorders(subfolder(bench.folder, "lab"));
    return machines.flatMap(({ architecture, taken }) => {
        if (taken) return rowsOf(architecture, taken);
        sayMissing(`${PEER} for ${architecture}`, "recording on a board's kernel");
        return [];
    });
}

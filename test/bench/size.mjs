// SPDX-License-Identifier: MIT
// How large the executables are.

import { statSync } from "node:fs";
import { join } from "node:path";

import { exists, root, say } from "../../toolchain/lib.mjs";
import { limit } from "./table.mjs";

const LIMIT_MB = 1.3;

/** @returns {import("./table.mjs").Row[]} */
export function sizeRows() {
    return ["maixcam", "maixcam2"].flatMap((board) => {
        const file = join(root, "dist", board, "maixjs");
        if (!exists(file)) {
            say(`${file} is missing: \`npm run build:boards\` makes it`);
            return [];
        }
        const ours = limit(statSync(file).size / 1e6);
        const what = `executable for ${board}`;
        const row = { what, unit: "MB", ours, peer: "limit", theirs: limit(LIMIT_MB) };
        // The MaixCAM has the least memory: the limit is for its executable.
        return [board === "maixcam" ? { ...row, most: 1 } : row];
    });
}

// SPDX-License-Identifier: MIT
// For tests that need a program of the system: `it.skipIf(!hasTool("soxi"))(…)`.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Whether it is in PATH. With CI=true a missing one is an error: nothing is skipped silently. */
export function hasTool(name: string): boolean {
    const folders = (process.env.PATH ?? "").split(delimiter);
    const found = folders.some((folder) => folder && existsSync(join(folder, name)));
    if (!found && process.env.CI === "true") {
        throw new Error(`${name} is missing; toolchain/test-tools.mjs installs it`);
    }
    return found;
}

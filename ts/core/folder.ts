// SPDX-License-Identifier: MIT
// Making folders.

import { lstatSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

import { UserError } from "./errors.ts";

/** Like mkdir -p; Node's own never ends below a folder such as /proc. */
export async function makeFolder(path: string): Promise<void> {
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status?.isDirectory() || status?.isSymbolicLink()) return;
    if (status) throw new UserError(`${path} is there, and is no folder`);
    await makeFolder(dirname(path));
    try {
        await mkdir(path);
    } catch (cause) {
        throw new UserError(`cannot make the folder ${path}: ${(cause as Error).message}`, {
            cause,
        });
    }
}

// SPDX-License-Identifier: MIT
// What must be there before a machine boots: QEMU, executables, bundled scripts.

import { join } from "node:path";

import { ensureQuickjs } from "../fetch.mjs";
import { findZig, KnownError, root, run } from "../lib.mjs";
import { ensureTestTools } from "../test-tools.mjs";

/** What the lab itself needs from the system. */
const tools = [
    { command: "qemu-system-riscv64", packages: ["qemu-system-riscv", "qemu-system-misc"] },
    { command: "qemu-system-aarch64", packages: ["qemu-system-arm"] },
    { command: "cpio", packages: ["cpio"] },
];

/** Installs the tools, and builds maixjs for this machine, which bundles, and for the boards.
 * @param {readonly string[]} targets */
export async function prepare(targets) {
    await ensureTestTools(tools);
    const zig = findZig();
    const engine = await ensureQuickjs(zig);
    const boards = targets.map((target) => ["install", "lab", `-Dtarget-name=${target}`]);
    for (const options of [[], ...boards]) {
        const status = await run(zig.exe, ["build", ...engine, ...options], { env: zig.env });
        if (status !== 0) throw new KnownError(`lab: zig build ${options.join(" ")} failed`);
    }
}

/**
 * One module a script, so that the guest needs no esbuild.
 * @param {Readonly<Record<string, string>>} scripts by the names that they get @param {string} folder
 * @returns {Promise<Record<string, string>>} the files
 */
export async function bundle(scripts, folder) {
    const esbuild = join(root, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`);
    const env = { ...process.env, MAIXJS_ESBUILD: esbuild };
    /** @type {Record<string, string>} */
    const files = {};
    for (const [name, script] of Object.entries({ "driver.js": driver, ...scripts })) {
        const file = join(folder, name);
        const args = ["build", script, "-o", file];
        const status = await run(join(root, "zig-out/bin/maixjs"), args, { env });
        if (status !== 0) throw new KnownError(`lab: ${script} cannot be bundled`);
        files[name] = file;
    }
    return files;
}

const driver = "toolchain/lab/guest/driver.ts";

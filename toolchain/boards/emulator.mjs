// SPDX-License-Identifier: MIT
// Runs a board's executable, and its esbuild, under qemu-user: as programs that the tests can start.

import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { exists, KnownError, root } from "../lib.mjs";
import { fetchEsbuild } from "./platform-esbuild.mjs";

/**
 * The emulator of each board, and the oldest core that it stands for: QEMU's default would also run
 * instructions that the board lacks.
 * @type {Readonly<Record<string, { command: string, cpu: string }>>}
 */
export const emulators = {
    maixcam: { command: "qemu-riscv64-static", cpu: "sifive-u54" },
    maixcam2: { command: "qemu-aarch64-static", cpu: "cortex-a53" },
};

/** The emulator's path; null where it is not installed. @param {string} target */
export function findEmulator(target) {
    const command = emulators[target]?.command ?? "";
    const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder);
    return folders.map((folder) => join(folder, command)).find((path) => exists(path)) ?? null;
}

/**
 * What the tests' environment needs to take the board's programs. The wrappers go into `folder`:
 * without binfmt_misc the kernel starts no foreign program, not even for an emulated one.
 * @param {string} target @param {string} esbuild its platform, such as "linux-riscv64"
 * @param {string} folder
 */
export function emulatedPrograms(target, esbuild, folder) {
    const emulator = findEmulator(target);
    if (!emulator) throw new KnownError(`${emulators[target]?.command} is not installed`);
    /** @param {string} name @param {string} program */
    const wrap = (name, program) => {
        const file = join(folder, `${target}-${name}`);
        const line = `exec '${emulator}' -cpu ${emulators[target]?.cpu} '${program}' "$@"`;
        writeFileSync(file, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
        return file;
    };
    return {
        MAIXJS_TEST_EXECUTABLE: wrap("maixjs", join(root, "dist", target, "maixjs")),
        MAIXJS_TEST_ESBUILD: wrap("esbuild", fetchEsbuild(esbuild)),
    };
}

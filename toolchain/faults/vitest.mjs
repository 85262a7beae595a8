// SPDX-License-Identifier: MIT
// The tests of test/faults: kills, power cuts, disks that fail, long runs.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { exists, root, run } from "../lib.mjs";
import { ensureTestTools } from "../test-tools.mjs";

/** @typedef {import("./context.mjs").Faults} Faults */

/** Runs vitest with a configuration, and counts its tests.
 * @param {Faults} faults @param {string} config @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env */
export async function countVitest(faults, config, args, env) {
    const manifest = createRequire(import.meta.url).resolve("vitest/package.json");
    const report = join(faults.scratch, `${config.replaceAll("/", "_")}.json`);
    const status = await run(
        process.execPath,
        [
            join(dirname(manifest), "vitest.mjs"),
            "run",
            ...["--config", config, "--root", root],
            ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
            ...args,
        ],
        { env },
    );
    if (!exists(report)) return faults.failed(config, `vitest has ended with ${status}`);
    /** @type {{ testResults: { name: string, status: string, message: string,
     *     assertionResults: { status: string, fullName: string, failureMessages: string[] }[]
     * }[] }} */
    const result = JSON.parse(readFileSync(report, "utf8"));
    let failed = 0;
    for (const { name, status: whole, message, assertionResults } of result.testResults) {
        const wrong = assertionResults.filter((test) => test.status === "failed");
        for (const test of assertionResults) {
            if (test.status === "passed") faults.passed(test.fullName);
        }
        for (const test of wrong) faults.failed(test.fullName, test.failureMessages.join("\n"));
        // For vitest, a file that cannot be loaded has no failed test.
        const unloaded = whole === "failed" && wrong.length === 0;
        if (unloaded) faults.failed(name, message);
        failed += wrong.length + (unloaded ? 1 : 0);
    }
    if (status !== 0 && failed === 0) faults.failed(config, `vitest has ended with ${status}`);
}

/** File systems that fail; libasound's headers. @type {import("../test-tools.mjs").Tool[]} */
const tools = [
    { file: "/usr/sbin/mkfs.ext4", packages: ["e2fsprogs"] },
    { file: "/usr/sbin/mkfs.btrfs", packages: ["btrfs-progs"] },
    { file: "/usr/include/alsa/pcm_external.h", packages: ["libasound2-dev"] },
];

/** @param {Faults} faults */
export async function vitest(faults) {
    await ensureTestTools();
    await ensureTestTools(tools);
    const env = {
        ...process.env,
        MAIXJS_FAULTS_SEED: String(faults.seed),
        MAIXJS_FAULTS_FULL: faults.full ? "1" : "",
    };
    await countVitest(faults, "test/faults/vitest.config.ts", faults.args, env);
}

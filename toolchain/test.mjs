// SPDX-License-Identifier: MIT
// `npm test`: every stage in turn; the first that fails ends it. Arguments go to vitest.
//
// MAIXJS_TEST_REPORT=<file> gets {"passed", "failed"}: C test programs and vitest's tests.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { emulatedPrograms, emulators, findEmulator } from "./boards/emulator.mjs";
import { ensureQuickjs } from "./fetch.mjs";
import { exists, findZig, KnownError, root, run, runMain, say, seconds } from "./lib.mjs";
import { ensureTestTools } from "./test-tools.mjs";

/** @type {Record<string, { host: string | null, esbuild: string }>} */
const targets = JSON.parse(readFileSync(join(root, "toolchain/targets.json"), "utf8"));

// What the boards' executables run of the tests: what a script sees.
const emulatedSuite = [
    "test/examples",
    "test/modules",
    "test/recording",
    "test/runtime",
    "test/ts/runtime/errors_shown.test.ts",
];

const count = { passed: 0, failed: 0 };
const scratch = mkdtempSync(join(tmpdir(), "maixjs-test-"));

/** @param {string} file @param {readonly string[]} [args] @param {NodeJS.ProcessEnv} [env] */
function node(file, args = [], env = process.env) {
    return run(process.execPath, [file, ...args], { env });
}

/** The file of a package's command. @param {string} name @param {string} file */
function packageFile(name, file) {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return join(dirname(manifest), file);
}

/** @param {string} title @param {() => Promise<number | undefined | void>} work */
async function stage(title, work) {
    say(`== ${title}`);
    const start = performance.now();
    const status = (await work()) ?? 0;
    if (status !== 0) throw new KnownError(`== ${title}: failed (${seconds(start)})`);
    say(`== ${title}: ok (${seconds(start)})`);
}

/** The programs of test/**_test.c, those with threads a second time under ThreadSanitizer. */
async function cTests() {
    const zig = findZig();
    const engine = await ensureQuickjs(zig);
    let output = "";
    const args = ["build", "test", "tsan", "--summary", "all", ...engine];
    const status = await run(zig.exe, args, {
        env: zig.env,
        onOutput: (text) => {
            output += text;
        },
    });
    const lines = output.matchAll(/^[^\w]*(test\/\S+_test\.c \(\w+\)) (.*)$/gm);
    const results = new Map([...lines].map(([, name, result]) => [name, result ?? ""]));
    const passed = [...results.values()].filter((result) => result.startsWith("success")).length;
    count.passed += passed;
    count.failed += results.size - passed;
    if (status !== 0) process.stderr.write(output);
    else if (passed === 0) throw new KnownError("no C test has run");
    say(`C tests: ${passed} passed, ${results.size - passed} failed`);
    return status;
}

/** @param {readonly string[]} args @param {NodeJS.ProcessEnv} [env] */
async function vitest(args, env = process.env) {
    const report = join(scratch, "vitest.json");
    const status = await node(
        packageFile("vitest", "vitest.mjs"),
        ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args],
        env,
    );
    if (exists(report)) {
        /** @type {{ numPassedTests: number, numFailedTests: number, testResults: {
         *     status: string, assertionResults: { status: string }[] }[] }} */
        const result = JSON.parse(readFileSync(report, "utf8"));
        // For vitest, a file that cannot be loaded has no failed test.
        const unloaded = result.testResults.filter(
            (file) =>
                file.status === "failed" &&
                !file.assertionResults.some((test) => test.status === "failed"),
        );
        count.passed += result.numPassedTests;
        count.failed += result.numFailedTests + unloaded.length;
        if (status !== 0 && count.failed === 0) count.failed = 1;
    } else count.failed += 1;
    return status;
}

/** The script suite with a board's executable. @param {string} target @param {string} esbuild */
async function emulated(target, esbuild) {
    if (!findEmulator(target) && process.env.CI !== "true") {
        return say(`${emulators[target]?.command} is not installed: not run`);
    }
    const env = { ...process.env, ...emulatedPrograms(target, esbuild, scratch) };
    const given = process.argv.slice(2);
    const suite = given.length > 0 ? [...given, "--passWithNoTests"] : emulatedSuite;
    return vitest(["--config", "test/boards/vitest.config.ts", "--root", root, ...suite], env);
}

await runMain(async () => {
    try {
        await stage("tools that the tests use", ensureTestTools);
        await stage("build", () => node("toolchain/build.mjs"));
        await stage("format", () => node("toolchain/format.mjs", ["--check"]));
        await stage("lint", () =>
            node(packageFile("@biomejs/biome", "bin/biome"), ["lint", "--error-on-warnings"]),
        );
        await stage("types", () => node("toolchain/typecheck.mjs"));
        await stage("C unit tests (UBSan, TSan)", cTests);
        await stage("board builds", () => node("toolchain/build-boards.mjs"));
        await stage("vitest", () => vitest(process.argv.slice(2)));
        for (const [target, { host, esbuild }] of Object.entries(targets)) {
            if (host !== null) continue;
            await stage(`vitest on ${target} (qemu-user)`, () => emulated(target, esbuild));
        }
    } catch (error) {
        if (count.failed === 0) count.failed = 1;
        throw error;
    } finally {
        const file = process.env.MAIXJS_TEST_REPORT;
        if (file) writeFileSync(file, `${JSON.stringify(count)}\n`);
        rmSync(scratch, { recursive: true, force: true });
    }
    say(`all tests passed (${count.passed})`);
});

// SPDX-License-Identifier: MIT
// The C unit tests, and the script suite on the whole executable, under ASan, UBSan and LSan.

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { KnownError, run } from "../lib.mjs";
import { ensureTestTools } from "../test-tools.mjs";
import { inParallel } from "./context.mjs";
import { unitTests } from "./sanitized.mjs";
import { countVitest } from "./vitest.mjs";

/** @typedef {import("./context.mjs").Faults} Faults */
/** @typedef {import("./sanitized.mjs").Sanitized} Sanitized */

const optionsFile = "test/sanitized/options.c";
const TEST_LIMIT_SECONDS = 120;

/** What a script sees, as the boards' executables run it. */
const suite = [
    "test/examples",
    "test/modules",
    "test/recording",
    "test/runtime",
    "test/ts/runtime/errors_shown.test.ts",
];

/** A folder for the reports of programs, and the option that names it. @param {string} folder */
export function reportsIn(folder) {
    mkdirSync(folder, { recursive: true });
    const files = () => readdirSync(folder).map((name) => join(folder, name));
    return {
        define: `-DMJS_REPORTS="${join(folder, "report")}"`,
        files,
        read: () => files().map((file) => readFileSync(file, "utf8")),
    };
}

/** Each finding fails, whatever its test says. @param {Faults} faults @param {string} what
 * @param {readonly string[]} reports */
function judge(faults, what, reports) {
    const kinds = new Map(
        reports.map((text) => [/SUMMARY: .*|runtime error: .*/.exec(text)?.[0] ?? text, text]),
    );
    for (const text of kinds.values()) faults.failed(what, text.slice(0, 6000));
    if (reports.length === 0) faults.passed(`${what}: no report`);
}

/** That each sanitizer is there, and that its findings are counted.
 * @param {Faults} faults @param {Sanitized} programs */
async function control(faults, programs) {
    const reports = reportsIn(join(faults.scratch, "reports-control"));
    const files = ["test/sanitized/control.c", optionsFile];
    const exe = await programs.program("control", files, [], [reports.define]);
    for (const [kind, pattern] of /** @type {[string, RegExp][]} */ ([
        ["address", /heap-buffer-overflow/],
        ["undefined", /signed integer overflow/],
        ["leak", /detected memory leaks/],
    ])) {
        const before = reports.read().length;
        const status = await run(exe, [kind], { onOutput: () => {} });
        const seen = reports.read().length > before && reports.read().some((r) => pattern.test(r));
        if (status !== 0 && seen) faults.passed(`control: ${kind} is reported`);
        else faults.failed(`control: ${kind}`, `status ${status}: ${reports.read().join("\n")}`);
    }
}

/** @param {Faults} faults @param {Sanitized} programs */
async function cTests(faults, programs) {
    const reports = reportsIn(join(faults.scratch, "reports-c"));
    const core = await programs.ours("core");
    await inParallel(unitTests(), async ({ file }) => {
        const name = basename(file, ".c");
        const exe = await programs.program(name, [file, optionsFile], core, [reports.define]);
        let output = "";
        const status = await run("timeout", [String(TEST_LIMIT_SECONDS), exe], {
            onOutput: (text) => (output += text),
        });
        if (status === 0) faults.passed(file);
        else faults.failed(`${file}: status ${status}`, output.slice(0, 4000));
    });
    judge(faults, "C unit tests", reports.read());
}

/** @param {Faults} faults @param {Sanitized} programs */
export async function sanitizers(faults, programs) {
    await ensureTestTools();
    await control(faults, programs);
    await cTests(faults, programs);
    const reports = reportsIn(join(faults.scratch, "reports-scripts"));
    const exe = await programs.whole("maixjs", ["runtime/main.c", optionsFile], [reports.define]);
    if ((await run(exe, ["--version"])) !== 0) throw new KnownError("it does not start");
    const env = { ...process.env, MAIXJS_TEST_EXECUTABLE: exe };
    const files = faults.args.length > 0 ? faults.args : suite;
    await countVitest(faults, "test/sanitized/vitest.config.ts", files, env);
    judge(faults, "the script suite", reports.read());
}

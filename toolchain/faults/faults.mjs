// SPDX-License-Identifier: MIT
// `npm run test:faults`: changed scripts and changed bytecode in the whole program, compiled with
// AddressSanitizer, our own code with UBSan too. Bounded: so many cases, 300 ms a script.
//
// MAIXJS_FAULTS_SEED: of the changes (default: a fixed one). MAIXJS_FAULTS_CASES: of each kind.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

import { ensureQuickjs } from "../fetch.mjs";
import { exists, findZig, KnownError, root, run, runMain, say, seconds } from "../lib.mjs";
import { ensureTestTools } from "../test-tools.mjs";
import { knownBugs } from "./known-bugs.mjs";

const CASES = Number(process.env.MAIXJS_FAULTS_CASES ?? 10_000);
const SEED = Number(process.env.MAIXJS_FAULTS_SEED ?? 20261120);
const JOBS = Math.max(1, Math.min(8, availableParallelism()));
const SLICE = 500;

const engineFlags = ["-D_GNU_SOURCE", "-DQUICKJS_NG_BUILD", "-funsigned-char", "-w"];
// Clang has no such macro; with it the engine gives each object memory of its own.
const asan = ["-fsanitize=address", "-D__SANITIZE_ADDRESS__=1"];
const undefinedBehaviour = ["-fsanitize=undefined", "-fno-sanitize-recover=undefined"];
const common = ["-g1", "-fno-omit-frame-pointer", "-std=gnu11"];

/** A list of sources.zig. @param {string} text @param {string} name @returns {string[]} */
function listOf(text, name) {
    const body = new RegExp(`pub const ${name} = [^{]*\\{([^}]*)\\};`).exec(text)?.[1] ?? "";
    return [...body.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? "");
}

/** Runs the jobs, as many at once as there are processors.
 * @template T @param {readonly T[]} jobs @param {(job: T) => Promise<void>} work */
async function inParallel(jobs, work) {
    const queue = [...jobs];
    const worker = async () => {
        for (let job = queue.shift(); job !== undefined; job = queue.shift()) await work(job);
    };
    await Promise.all(Array.from({ length: JOBS }, worker));
}

/** @param {string} scratch */
function findCompiler(scratch) {
    const probe = join(scratch, "probe.c");
    writeFileSync(probe, "int main(void) { return 0; }\n");
    const flags = ["-fsanitize=address,undefined", probe, "-o", join(scratch, "probe")];
    const found = ["clang", "gcc"].find((name) => spawnSync(name, flags).status === 0);
    if (!found) throw new KnownError("no compiler with sanitizers: apt-get install gcc");
    return found;
}

/** The program with sanitizers. @param {string} scratch */
async function build(scratch) {
    const zig = findZig();
    const args = ["build", "parts", ...(await ensureQuickjs(zig))];
    if ((await run(zig.exe, args, { env: zig.env })) !== 0) throw new KnownError("no parts");
    const given = args.find((arg) => arg.startsWith("-Dquickjs="))?.slice("-Dquickjs=".length);
    const packages = join(root, "zig-pkg");
    const source =
        given ??
        readdirSync(packages)
            .map((name) => join(packages, name))
            .find((folder) => exists(join(folder, "quickjs.c"))) ??
        "";
    const compiler = findCompiler(scratch);
    const text = readFileSync(join(root, "toolchain/build/sources.zig"), "utf8");
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const defines = ["-D_GNU_SOURCE", `-DMJS_VERSION="${version}"`, '-DMJS_TARGET="faults"'];
    const parts = readdirSync(join(root, "zig-out/parts")).map((name) =>
        join(root, "zig-out/parts", name),
    );
    const ours = [
        ...["core", "host"].flatMap((name) => listOf(text, name)),
        "test/fuzz/bad_input.c",
    ].filter((file) => file !== "runtime/main.c");
    const engine = ["quickjs.c", "quickjs-libc.c", "libregexp.c", "libunicode.c", "dtoa.c"];
    const jobs = [
        ...engine.map((file) => ({ file: join(source, file), flags: [...engineFlags, ...asan] })),
        ...[...ours.map((file) => join(root, file)), ...parts.filter((p) => p.endsWith(".c"))].map(
            (file) => ({
                file,
                flags: [
                    ...defines,
                    `-DMJS_QUICKJS_VERSION="faults"`,
                    "-w",
                    ...asan,
                    ...undefinedBehaviour,
                    "-isystem",
                    source,
                ],
            }),
        ),
    ];
    /** @type {string[]} */
    const objects = parts.filter((file) => file.endsWith(".o"));
    await inParallel(jobs, async ({ file, flags }) => {
        const object = join(scratch, `${objects.length}-${file.replaceAll("/", "_")}.o`);
        objects.push(object);
        // With optimisation this one file alone takes a minute.
        const level = file.endsWith("/quickjs.c") ? "-O0" : "-O1";
        const status = await run(compiler, [level, ...common, ...flags, "-c", file, "-o", object]);
        if (status !== 0) throw new KnownError(`${file} does not compile with ${compiler}`);
    });
    const exe = join(scratch, "bad_input");
    const link = [
        "-fsanitize=address,undefined",
        "-o",
        exe,
        ...objects,
        "-lm",
        "-ldl",
        "-lpthread",
    ];
    if ((await run(compiler, link)) !== 0) throw new KnownError("the program does not link");
    return { exe, source };
}

/** Scripts that start no programs and touch no files by themselves. @param {string} source */
function scriptCorpus(source) {
    const folders = [join(source, "tests"), join(root, "examples")];
    return folders
        .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
        .filter((file) => /\.(m?js|ts)$/.test(file))
        .filter((file) => !/qjs:|\bos\.|\bstd\./.test(readFileSync(file, "utf8")));
}

/** @param {string} scratch @param {readonly string[]} scripts */
function bytecodeCorpus(scratch, scripts) {
    const exe = join(root, "zig-out/bin/maixjs");
    const env = {
        ...process.env,
        MAIXJS_ESBUILD: join(root, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`),
    };
    return scripts.flatMap((script, i) => {
        const output = join(scratch, `${i}.jsc`);
        const built = spawnSync(exe, ["build", script, "-o", output], { env });
        return built.status === 0 ? [output] : [];
    });
}

/** @param {string} folder */
function environment(folder) {
    return {
        PATH: process.env.PATH ?? "",
        HOME: folder,
        MAIXJS_MIC: "sim:tone,pace=fast",
        // Leaks of a process that was interrupted are none; too large allocations are refused.
        ASAN_OPTIONS: "exitcode=99:detect_leaks=0:allocator_may_return_null=1:handle_abort=0",
        UBSAN_OPTIONS: "exitcode=99:print_stacktrace=1",
    };
}

/** That a bug of memory and undefined behaviour would be seen.
 * @param {string} exe @param {string} corpus @param {string} folder */
function checkSanitizers(exe, corpus, folder) {
    const args = ["control", "1", "0", "2", folder, corpus];
    const { stdout } = spawnSync(exe, args, { env: environment(folder), encoding: "utf8" });
    if (!stdout.includes("2 failed")) throw new KnownError(`the sanitizers see nothing: ${stdout}`);
}

/** What failed and is no known bug of the engine.
 * @param {string} exe @param {string} kind @param {readonly string[]} corpus @param {string} folder */
async function runCases(exe, kind, corpus, folder) {
    const env = environment(folder);
    /** @type {string[]} */
    const unknown = [];
    let known = 0;
    let endedWell = 0;
    const firsts = Array.from({ length: Math.ceil(CASES / SLICE) }, (_, i) => i * SLICE);
    await inParallel(firsts, async (first) => {
        let output = "";
        const count = Math.min(SLICE, CASES - first);
        const args = [kind, String(SEED), String(first), String(count), folder, ...corpus];
        const status = await run(exe, args, { env, onOutput: (text) => (output += text) });
        if (!output.includes(`${count} cases`)) unknown.push(`${kind} ${first}: ${output}`);
        endedWell += Number(/(\d+) ended well/.exec(output)?.[1] ?? 0);
        if (status === 0) return;
        for (const [line, number] of output.matchAll(/^\w+ case (\d+) .*$/gm)) {
            const ending = kind === "scripts" ? "mjs" : "jsc";
            const input = join(folder, `case-${kind}-${number}.${ending}`);
            const report = exists(`${input}.log`) ? readFileSync(`${input}.log`, "utf8") : "";
            const text = exists(input) ? readFileSync(input, "latin1") : "";
            if (knownBugs.some((bug) => bug.report.test(report) && bug.input.test(text)))
                known += 1;
            else unknown.push(`${line}\n${report.slice(0, 4000)}`);
        }
    });
    if (endedWell === 0) unknown.push(`${kind}: not one ended well`);
    say(
        `${kind}: ${CASES} cases, ${endedWell} ended well, ${known} met known bugs, ${unknown.length} failed`,
    );
    return unknown;
}

await runMain(async () => {
    const start = performance.now();
    await ensureTestTools([{ command: "gcc", packages: ["gcc"] }]);
    const scratch = mkdtempSync(join(tmpdir(), "maixjs-faults-"));
    const folder = join(scratch, "cases");
    mkdirSync(folder);
    let failed = true;
    try {
        say(`seed ${SEED}; compiling with sanitizers…`);
        const { exe, source } = await build(scratch);
        say(`compiled (${seconds(start)})`);
        const scripts = scriptCorpus(source);
        checkSanitizers(exe, scripts[0] ?? "", folder);
        const problems = await runCases(exe, "scripts", scripts, folder);
        say(`scripts done (${seconds(start)})`);
        const containers = bytecodeCorpus(scratch, scripts);
        problems.push(...(await runCases(exe, "containers", containers, folder)));
        failed = problems.length > 0;
        for (const { what, report } of knownBugs) say(`known: ${what} (${report.source})`);
        if (failed) throw new KnownError(`${problems.join("\n\n")}\nThe inputs are in ${folder}.`);
        say(`bad input: ok (${seconds(start)})`);
    } finally {
        if (!failed) rmSync(scratch, { recursive: true, force: true });
    }
});

// SPDX-License-Identifier: MIT
// `npm run bench`: how long a start takes, ours and our peers', in turns; medians. Status 1 where a
// limit is passed. `--json <file>` writes the rows too.

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ensureQuickjs } from "../../toolchain/fetch.mjs";
import { exists, findZig, KnownError, root, runMain, say } from "../../toolchain/lib.mjs";

const ROUNDS = 200;
const LINES = 2000;

const zig = findZig();
const scratch = mkdtempSync(join(tmpdir(), "maixjs-bench-"));

/** Compiles as the executable is compiled: same compiler, same libc, same linkage.
 * @param {string} output @param {readonly string[]} args */
function compile(output, args) {
    const target = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu.2.31`;
    const flags = ["-target", target, "-O3", "-s", "-w", "-fno-sanitize=all", "-o", output];
    execFileSync(zig.exe, ["cc", ...flags, ...args], { env: zig.env, stdio: "inherit" });
    return output;
}

/** `qjs` of the same engine, from the source that the build uses. */
async function buildQjs() {
    const engine = await ensureQuickjs(zig);
    const given = engine.find((arg) => arg.startsWith("-Dquickjs="));
    const packages = join(root, "zig-pkg");
    const name = readdirSync(packages).find((file) => exists(join(packages, file, "qjs.c")));
    const source = given ? given.slice("-Dquickjs=".length) : join(packages, String(name));
    if (!exists(join(source, "gen/repl.c"))) return undefined; // Debian's source has no qjs
    const files = ["qjs", "quickjs-libc", "quickjs", "libregexp", "libunicode", "dtoa"];
    const generated = ["repl", "standalone"].map((file) => join(source, `gen/${file}.c`));
    return compile(join(scratch, "qjs"), [
        ...["-D_GNU_SOURCE", "-DQUICKJS_NG_BUILD", "-funsigned-char", "-fomit-frame-pointer"],
        ...files.map((file) => join(source, `${file}.c`)),
        ...generated,
        ...["-I", source, "-lm", "-ldl", "-lpthread"],
    ]);
}

/** A script of some size, of which nothing can be left out. */
function largeScript() {
    const lines = ["let sum = 0;"];
    for (let i = 0; i < LINES; i++) {
        lines.push(`function f${i}(a: number, b: { c: string }): number {`);
        lines.push(`    return a > ${i} ? a * ${i} : b.c.length + ${i};`, "}");
    }
    const names = Array.from({ length: LINES }, (_, i) => `f${i}`);
    lines.push(`for (const f of [${names}]) sum += f(1, { c: "x" });`, "console.log(sum);");
    return lines.join("\n");
}

/** @param {string} timer @param {readonly (readonly string[])[]} commands */
function measure(timer, commands) {
    const env = { ...process.env, XDG_CACHE_HOME: join(scratch, "cache") };
    const args = [String(ROUNDS), ...commands.flatMap((command) => ["--", ...command])];
    const output = execFileSync(timer, args, { env, encoding: "utf8" });
    return output
        .trim()
        .split("\n")
        .map((line) => Number(line.split(" ")[0]));
}

/** @typedef {{ what: string, us: number, peer: string, peerUs: number, limit: number }} Row */

/** @param {string} timer @param {string} exe @param {string} name @param {string} text */
function scriptRows(timer, exe, name, text) {
    const script = join(scratch, `${name}.ts`);
    writeFileSync(script, text);
    const built = [join(scratch, `${name}.js`), join(scratch, `${name}.jsc`)];
    const env = { ...process.env, XDG_CACHE_HOME: join(scratch, "cache") };
    for (const output of built) execFileSync(exe, ["build", script, "-o", output]);
    execFileSync(exe, [script], { env }); // now it is cached
    const [cached = 0, bundle = 0, bytecode = 0] = measure(timer, [
        [exe, script],
        ...built.map((file) => [exe, file]),
    ]);
    return [
        { what: `${name}, cached`, us: cached, peer: "its bundle", peerUs: bundle, limit: 1.1 },
        { what: `${name}, .jsc`, us: bytecode, peer: "its bundle", peerUs: bundle, limit: 1.1 },
    ];
}

await runMain(async () => {
    try {
        const exe = join(scratch, "maixjs"); // no esbuild or package.json in the folders above it
        cpSync(join(root, "zig-out/bin/maixjs"), exe);
        const esbuild = `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`;
        process.env.MAIXJS_ESBUILD ??= join(root, esbuild);
        const timer = compile(join(scratch, "timer"), [join(root, "test/bench/spawn_time.c")]);
        const hello = 'console.log("hello");\n';
        /** @type {Row[]} */
        const rows = scriptRows(timer, exe, "hello", hello);
        rows.push(...scriptRows(timer, exe, "large", largeScript()));
        const qjs = await buildQjs();
        const script = join(scratch, "hello.ts");
        const bundle = join(scratch, "hello.js");
        if (qjs === undefined) say("this source has no qjs: not compared");
        else {
            const [us = 0, peerUs = 0] = measure(timer, [
                [exe, script],
                [qjs, "--module", bundle],
            ]);
            rows.push({ what: "hello, cached", us, peer: "qjs", peerUs, limit: 1.2 });
        }
        const [us = 0, peerUs = 0] = measure(timer, [
            [exe, script],
            [process.execPath, bundle],
        ]);
        rows.push({ what: "hello, cached", us, peer: "node", peerUs, limit: 1 / 20 });
        let failed = 0;
        for (const row of rows) {
            const ratio = row.us / row.peerUs;
            const isGood = ratio <= row.limit;
            failed += isGood ? 0 : 1;
            const text = `${row.us} us, ${row.peer} ${row.peerUs} us: ${ratio.toFixed(3)}`;
            console.log(
                `${row.what.padEnd(14)} ${text} (limit ${row.limit}) ${isGood ? "ok" : "FAILED"}`,
            );
        }
        const json = process.argv.indexOf("--json");
        const file = json > 0 ? process.argv[json + 1] : undefined;
        if (file) writeFileSync(file, `${JSON.stringify(rows, null, 4)}\n`);
        if (failed > 0) throw new KnownError(`${failed} above the limit`);
    } finally {
        rmSync(scratch, { recursive: true, force: true });
    }
});

// SPDX-License-Identifier: MIT
// `npm run test:lab`: real kernels of the boards' architectures in virtual machines; see README.md.
//
//     --arch <riscv64|arm64>    only this one
//     --only <text>             only cases whose name holds it
//     --keep                    keep each boot's folder, and say where it is
//     --run <script> [args…]    no cases: runs one script in the guest, and shows what it says
//     --play <format,rate,channels>      with --run: a ramp plays into hw:0,0 meanwhile

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { ensureQuickjs } from "../fetch.mjs";
import { findZig, KnownError, root, run, runMain, say, seconds } from "../lib.mjs";
import { ensureTestTools } from "../test-tools.mjs";
import { ensureKernel } from "./kernel.mjs";
import { architectures, boot, readResults, writeImage } from "./machine.mjs";
import { loadSteps, playSteps } from "./steps.mjs";

/** @typedef {import("./guest/plan.js").CasePlan} CasePlan */
/** @typedef {import("./machine.mjs").Architecture} Architecture */
/** @typedef {import("./kernel.mjs").Kernel} Kernel */

const limitMs = 270_000;
const suite = "trixie";
/** What the lab itself needs from the system. */
const tools = [
    { command: "qemu-system-riscv64", packages: ["qemu-system-riscv", "qemu-system-misc"] },
    { command: "qemu-system-aarch64", packages: ["qemu-system-arm"] },
    { command: "cpio", packages: ["cpio"] },
];

/** @param {readonly string[]} args */
function parse(args) {
    // What stands behind --run's script is the script's.
    const end = args.indexOf("--run") < 0 ? args.length : args.indexOf("--run") + 2;
    const { values } = parseArgs({
        args: args.slice(0, end),
        options: {
            arch: { type: "string" },
            only: { type: "string", default: "" },
            keep: { type: "boolean", default: false },
            run: { type: "string" },
            play: { type: "string" },
        },
    });
    const chosen = architectures.filter(
        ({ name }) => values.arch === undefined || name === values.arch,
    );
    if (chosen.length === 0) throw new KnownError(`--arch: riscv64 or arm64, not ${values.arch}`);
    return { ...values, architectures: chosen, args: args.slice(end) };
}

/** maixjs for this machine, which bundles, and for the boards. @param {readonly Architecture[]} chosen */
async function build(chosen) {
    const zig = findZig();
    const engine = await ensureQuickjs(zig);
    const targets = [[], ...chosen.map(({ target }) => [`-Dtarget-name=${target}`])];
    for (const options of targets) {
        const status = await run(zig.exe, ["build", ...engine, ...options], { env: zig.env });
        if (status !== 0) throw new KnownError(`lab: zig build ${options.join(" ")} failed`);
    }
}

/** One module a script, so that the guest needs no esbuild. @param {string} script @param {string} file */
async function bundle(script, file) {
    const esbuild = join(root, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`);
    const env = { ...process.env, MAIXJS_ESBUILD: esbuild };
    const status = await run(join(root, "zig-out/bin/maixjs"), ["build", script, "-o", file], {
        env,
    });
    if (status !== 0) throw new KnownError(`lab: ${script} cannot be bundled`);
    return file;
}

/**
 * --run: for whoever works on a backend.
 * @param {ReturnType<typeof parse>} options @param {string} folder
 */
async function runOne(options, folder) {
    const [format = "S16_LE", rate = "48000", channels = "1"] = (options.play ?? "").split(",");
    const scripts = {
        "driver.js": await bundle("toolchain/lab/guest/driver.ts", join(folder, "driver.js")),
        "script.js": await bundle(options.run ?? "", join(folder, "script.js")),
    };
    for (const architecture of options.architectures) {
        const kernel = await ensureKernel(suite, architecture.name, say);
        if (kernel === null) throw new KnownError(`lab: no kernel for ${architecture.name}`);
        const args = ["/lab/script.js", ...options.args];
        const plan = [
            { name: "load", steps: loadSteps(kernel.modules) },
            {
                name: "run",
                steps: [
                    ...(options.play ? playSteps(format, Number(rate), Number(channels)) : []),
                    { start: "script", program: /** @type {const} */ ("maixjs"), args },
                    { wait: "script" },
                ],
            },
        ];
        const place = join(folder, architecture.name);
        mkdirSync(place);
        const executable = join(root, "zig-out", architecture.target, "maixjs");
        const image = writeImage(architecture, place, { kernel, plan, executable, scripts });
        const results = join(place, "results");
        const ended = await boot(architecture, kernel, image, results, {
            limitMs,
            onLine: () => {},
        });
        if (ended.verdict !== 0) {
            throw new KnownError(`lab: ${ended.problem ?? "the guest failed"}\n${ended.console}`);
        }
        const one = readResults(results).get("run");
        process.stdout.write(`${architecture.name}: ${JSON.stringify(one?.result)}\n`);
        for (const [name, data] of one?.files ?? []) {
            const file = join(place, name);
            writeFileSync(file, data);
            if (/\.(out|err)$/.test(name)) process.stdout.write(`-- ${name}\n${data}`);
            else process.stdout.write(`-- ${name}: ${data.length} bytes\n`);
        }
    }
}

await runMain(async () => {
    const options = parse(process.argv.slice(2));
    const start = performance.now();
    const folder = mkdtempSync(join(tmpdir(), "maixjs-lab-"));
    try {
        await ensureTestTools(tools);
        await build(options.architectures);
        await runOne(options, folder);
    } finally {
        if (options.keep) say(`lab: ${folder}`);
        else rmSync(folder, { recursive: true, force: true });
    }
    say(`lab: ${seconds(start)}`);
});

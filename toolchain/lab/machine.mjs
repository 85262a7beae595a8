// SPDX-License-Identifier: MIT
// A virtual machine of a board's architecture: what is in it, starting it, what came out of it.

import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { capture, findZig, KnownError, root } from "../lib.mjs";

/** @typedef {import("./guest/plan.js").CasePlan} CasePlan */
/** @typedef {import("./guest/plan.js").CaseResult} CaseResult */
/** @typedef {import("./guest/plan.js").Header} Header */
/** @typedef {import("./kernel.mjs").Kernel} Kernel */

/**
 * @typedef {object} Architecture
 * @property {string} name Debian's
 * @property {string} target in toolchain/targets.json
 * @property {string} triple
 * @property {readonly string[]} qemu the command and what differs
 * @property {string} console
 */

/** @type {readonly Architecture[]} */
export const architectures = [
    {
        name: "riscv64",
        target: "maixcam",
        triple: "riscv64-linux-musl",
        // QEMU's default CPU has more than the boards' and would hide flags that ask for too much.
        qemu: ["qemu-system-riscv64", "-M", "virt", "-cpu", "sifive-u54"],
        console: "ttyS0",
    },
    {
        name: "arm64",
        target: "maixcam2",
        triple: "aarch64-linux-musl",
        qemu: ["qemu-system-aarch64", "-M", "virt,gic-version=3", "-cpu", "cortex-a53"],
        console: "ttyAMA0",
    },
];

// One core, time by the count of instructions: the guest's time does not depend on the host's load,
// and idle time is skipped. (thread=single, since icount needs it.)
const determined = [
    ...["-smp", "1", "-accel", "tcg,thread=single", "-icount", "shift=1,sleep=off"],
    ...["-m", "256M", "-display", "none", "-monitor", "none", "-no-reboot", "-nic", "none"],
];

// -O2, as the executables are built: Zig then has the libc in its cache.
const guestFlags = ["-static", "-O2", "-s", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra"];

/** What the build makes for a board; tests get devices as arguments. */
const programs = ["maixjs", "pcm_contract_test"];

/**
 * Writes the guest's root file system.
 * @param {Architecture} architecture @param {string} folder of this boot
 * @param {{ kernel: Kernel, plan: readonly CasePlan[],
 *     scripts: Readonly<Record<string, string>>, extra?: string }} content `scripts`: name in
 *     /lab, bundled file; `extra`: a folder whose content is in the root as well
 */
export function writeImage(architecture, folder, { kernel, plan, scripts, extra }) {
    const tree = join(folder, "root");
    if (extra) cpSync(extra, tree, { recursive: true, verbatimSymlinks: true });
    const place = (/** @type {string} */ from, /** @type {string} */ to) => {
        mkdirSync(dirname(join(tree, to)), { recursive: true });
        copyFileSync(from, join(tree, to));
    };
    for (const name of ["dev", "proc", "sys", "tmp"])
        mkdirSync(join(tree, name), { recursive: true });
    // What the device nodes belong to without udev; messages name it.
    mkdirSync(join(tree, "etc"), { recursive: true });
    writeFileSync(join(tree, "etc/group"), "root:x:0:\n");
    for (const name of programs) {
        place(join(root, "zig-out", architecture.target, name), `bin/${name}`);
    }
    for (const [name, file] of Object.entries(scripts)) place(file, `lab/${name}`);
    for (const [index, file] of kernel.portModules.entries()) {
        place(file, `lab/boot/${index}-${basename(file)}`);
    }
    for (const file of kernel.modules) place(file, `lab/${basename(file)}`);
    writeFileSync(join(tree, "lab/plan.json"), JSON.stringify(plan));

    const zig = findZig();
    const sources = ["init.c", "measure.c", "mixer.c", "play.c"].map((name) =>
        join(root, "toolchain/lab", name),
    );
    const output = ["-o", join(tree, "init")];
    const args = ["cc", "-target", architecture.triple, ...guestFlags, ...output, ...sources];
    const built = spawnSync(zig.exe, args, { encoding: "utf8", env: zig.env });
    if (built.status !== 0) throw new KnownError(`the guest's init: ${built.stderr}`);

    const names = capture("find", [".", "-print0"], { cwd: tree }) ?? "";
    const archive = spawnSync("cpio", ["-o", "-H", "newc", "--null", "--quiet", "-R", "0:0"], {
        cwd: tree,
        input: names,
        maxBuffer: 64 << 20,
    });
    if (archive.status !== 0) throw new KnownError(`cpio: ${archive.stderr}`);
    const image = join(folder, "initramfs.cpio");
    writeFileSync(image, archive.stdout);
    return image;
}

/**
 * Boots, and waits for power-off. `verdict`: what the guest's last line said; null: it never came.
 * @param {Architecture} architecture @param {Kernel} kernel @param {string} image
 * @param {string} results the file that gets what the guest sends
 * @param {{ limitMs: number, onLine: (line: string) => void }} options
 * @returns {Promise<{ verdict: number | null, console: string, problem: string | null }>}
 */
export function boot(architecture, kernel, image, results, { limitMs, onLine }) {
    const [command = "", ...machine] = architecture.qemu;
    const args = [
        ...[...machine, ...determined, "-kernel", kernel.image, "-initrd", image],
        ...["-append", `console=${architecture.console} loglevel=5 panic=-1`],
        ...["-serial", "stdio", "-device", "virtio-serial-pci"],
        ...["-chardev", `file,id=results,path=${results}`],
        ...["-device", "virtserialport,chardev=results,name=results"],
    ];
    return new Promise((resolve) => {
        const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
        let text = "";
        let line = "";
        let problem = /** @type {string | null} */ (null);
        const timer = setTimeout(() => {
            problem = `not at its end after ${limitMs / 1000} s`;
            child.kill("SIGKILL");
        }, limitMs);
        const take = (/** @type {string} */ more) => {
            text += more;
            const lines = (line + more).split(/\r?\n/);
            line = lines.pop() ?? "";
            lines.forEach(onLine);
        };
        child.stdout.setEncoding("utf8").on("data", take);
        child.stderr.setEncoding("utf8").on("data", take);
        child.on("error", (error) => {
            problem = `cannot run ${command}: ${error.message}`;
        });
        child.on("close", () => {
            clearTimeout(timer);
            const verdict = /^GUEST-EXIT (\d+)\r?$/m.exec(text)?.[1];
            resolve({
                verdict: verdict === undefined ? null : Number(verdict),
                console: text,
                problem,
            });
        });
    });
}

/**
 * What the guest sent: per case its result and its files. A guest that died has sent less.
 * @param {string} file
 */
export function readResults(file) {
    /** @type {Map<string, { result: CaseResult | null, files: Map<string, Buffer> }>} */
    const cases = new Map();
    const all = readFileSync(file);
    for (let at = 0; at < all.length; ) {
        const end = all.indexOf("\n", at);
        if (end < 0) break;
        const header = /** @type {Header} */ (JSON.parse(all.toString("latin1", at, end)));
        const data = all.subarray(end + 1, end + 1 + header.bytes);
        at = end + 1 + header.bytes;
        if (data.length < header.bytes) break;
        const [name = "", path = ""] = header.path.split("/");
        const one = cases.get(name) ?? { result: null, files: new Map() };
        cases.set(name, one);
        if (path === "result.json") one.result = JSON.parse(data.toString("utf8"));
        else one.files.set(path, data);
    }
    return cases;
}

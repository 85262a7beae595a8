// SPDX-License-Identifier: MIT
// Programs with AddressSanitizer and, for our own code, UBSan: Zig has no runtime for the former, so
// Debian's clang compiles the lists of sources.zig.

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { ensureQuickjs } from "../fetch.mjs";
import { capture, exists, findZig, KnownError, root, run } from "../lib.mjs";
import { ensureTestTools } from "../test-tools.mjs";
import { inParallel } from "./context.mjs";

const engineFiles = ["quickjs.c", "quickjs-libc.c", "libregexp.c", "libunicode.c", "dtoa.c"];
const engineFlags = ["-D_GNU_SOURCE", "-DQUICKJS_NG_BUILD", "-funsigned-char", "-w"];
// With optimisation clang takes more than a minute for this one file; with none, a few calls of the
// interpreter would fill a script's stack: its functions' own variables are not watched, and there
// is more of it.
const largeFile = ["-O0", "-mllvm", "-asan-stack=0"];
const stack = "-DJS_DEFAULT_STACK_SIZE=4194304";
// Clang has no such macro; with it the engine gives each object memory of its own.
const asan = ["-fsanitize=address", "-D__SANITIZE_ADDRESS__=1"];
const undefinedBehaviour = ["-fsanitize=undefined", "-fno-sanitize-recover=undefined"];
const common = ["-g1", "-fno-omit-frame-pointer", "-std=gnu11", "-w", stack];
const libraries = ["-lm", "-ldl", "-lpthread"];
const link = ["-fsanitize=address,undefined"];

/** What our code says when a sanitizer finds something. */
export const SANITIZER_STATUS = 99;

/** Clang with its runtime libraries. */
export async function ensureClang() {
    await ensureTestTools([{ command: "clang", packages: ["clang"] }]);
    const major = /version (\d+)/.exec(capture("clang", ["--version"]) ?? "")?.[1];
    const folder = (capture("clang", ["-print-runtime-dir"]) ?? "").trim();
    await ensureTestTools([{ file: join(folder, "*"), packages: [`libclang-rt-${major}-dev`] }]);
}

/** A list of sources.zig. @param {string} name @returns {string[]} */
export function sourceList(name) {
    const text = readFileSync(join(root, "toolchain/build/sources.zig"), "utf8");
    const body = new RegExp(`pub const ${name} = [^{]*\\{(.*?)\\n\\};`, "s").exec(text)?.[1] ?? "";
    return [...body.matchAll(/"((?:runtime|modules|test)\/[^"]+)"/g)].map(([, path = ""]) => path);
}

/** The C unit tests. @returns {{ file: string, threads: boolean }[]} */
export function unitTests() {
    const text = readFileSync(join(root, "toolchain/build/sources.zig"), "utf8");
    return [...text.matchAll(/\.file = "(test\/[^"]+)"([^}]*)\}/g)].map(
        ([, file = "", rest = ""]) => ({ file, threads: rest.includes(".threads = true") }),
    );
}

/** @typedef {{ file: string, flags: readonly string[] }} Job */

export class Sanitized {
    /** @type {Map<string, Promise<string[]>>} */
    #sets = new Map();
    /** @type {Promise<{ source: string, parts: string[] }> | undefined} */
    #parts;
    /** @param {string} scratch */
    constructor(scratch) {
        this.folder = join(scratch, "sanitized");
    }

    /** The engine's folder, and what only Zig can make. */
    parts() {
        this.#parts ??= makeParts();
        return this.#parts;
    }

    /** @param {string} name @param {() => Promise<readonly Job[]>} jobs */
    #set(name, jobs) {
        let set = this.#sets.get(name);
        if (!set) {
            set = jobs().then((list) => compile(list, join(this.folder, name)));
            this.#sets.set(name, set);
        }
        return set;
    }

    /** The engine's objects. */
    async engine() {
        const { source } = await this.parts();
        return this.#set("engine", async () =>
            engineFiles.map((file) => ({
                file: join(source, file),
                flags: [...(file === "quickjs.c" ? largeFile : ["-O1"]), ...engineFlags, ...asan],
            })),
        );
    }

    /** Objects of a list of sources.zig ("core", "host" without main.c).
     * @param {"core" | "host"} list @param {readonly string[]} [extra] of the compiler */
    async ours(list, extra = []) {
        const { source, parts } = await this.parts();
        const embedded = parts.filter((file) => file.endsWith(".c"));
        const zig = parts.filter((file) => file.endsWith(".o"));
        const flags = [...(await this.flags()), ...extra, "-isystem", source];
        const files = sourceList(list).filter((file) => file !== "runtime/main.c");
        const jobs = [
            ...files.map((file) => join(root, file)),
            ...(list === "host" ? embedded : []),
        ];
        const objects = await this.#set([list, ...extra].join(""), async () =>
            jobs.map((file) => ({ file, flags })),
        );
        return list === "core" ? [...objects, ...zig] : objects;
    }

    async flags() {
        const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
        return [
            "-O1",
            "-D_GNU_SOURCE",
            `-DMJS_VERSION="${version}"`,
            '-DMJS_TARGET="faults"',
            '-DMJS_QUICKJS_VERSION="faults"',
            ...asan,
            ...undefinedBehaviour,
        ];
    }

    /** One more file of the project as an object. @param {string} file
     * @param {readonly string[]} [extra] */
    async object(file, extra = []) {
        const flags = [...(await this.flags()), ...extra];
        const [object = ""] = await compile([{ file: join(root, file), flags }], this.folder);
        return object;
    }

    /** A program of these files of the project and these objects.
     * @param {string} name @param {readonly string[]} files @param {readonly string[]} objects
     * @param {readonly string[]} [extra] of the compiler and the linker */
    async program(name, files, objects, extra = []) {
        const { source } = await this.parts();
        const folder = join(this.folder, name);
        mkdirSync(folder, { recursive: true });
        const exe = join(folder, name);
        const flags = [...common, ...(await this.flags()), "-isystem", source];
        const args = [...flags, ...files.map((file) => join(root, file)), ...objects, ...extra];
        const status = await run("clang", [...args, ...link, ...libraries, "-o", exe]);
        if (status !== 0) throw new KnownError(`${name} does not compile or link`);
        return exe;
    }

    /** The whole program with these files, one of them with main().
     * @param {string} name @param {readonly string[]} files @param {readonly string[]} [extra] */
    async whole(name, files, extra = []) {
        const objects = [
            ...(await this.engine()),
            ...(await this.ours("core")),
            ...(await this.ours("host")),
        ];
        return this.program(name, files, objects, extra);
    }
}

/** Objects that come from Zig. */
export async function zigParts() {
    return (await makeParts()).parts.filter((file) => file.endsWith(".o"));
}

async function makeParts() {
    await ensureClang();
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
    const parts = readdirSync(join(root, "zig-out/parts")).map((name) =>
        join(root, "zig-out/parts", name),
    );
    return { source, parts };
}

/** Objects of these files, one after another in the folder.
 * @param {readonly Job[]} jobs @param {string} folder @returns {Promise<string[]>} */
export async function compile(jobs, folder) {
    mkdirSync(folder, { recursive: true });
    /** @type {string[]} */
    const objects = [];
    await inParallel(jobs, async ({ file, flags }) => {
        const object = join(folder, `${file.replaceAll("/", "_")}.o`);
        objects.push(object);
        const status = await run("clang", [...common, ...flags, "-c", file, "-o", object]);
        if (status !== 0) throw new KnownError(`${file} does not compile with clang`);
    });
    return objects.sort();
}

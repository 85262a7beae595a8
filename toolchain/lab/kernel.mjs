// SPDX-License-Identifier: MIT
// Debian's kernels for the boards' architectures, and the sound modules of them that the lab loads.
//
// They come from the archive that this machine's apt is set up for, through an apt of our own, and
// stay in a cache. No version is pinned: the archive drops old ones.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";

import { debianArchives, withPrivateApt } from "../debian.mjs";
import { capture, run, say, seconds, userCache } from "../lib.mjs";

/** In the order in which they must be loaded. */
export const modules = ["soundcore", "snd", "snd-timer", "snd-pcm", "snd-aloop"];

/** What older kernels need to reach the host; newer ones have it built in. In order, too. */
const portModules = ["virtio", "virtio_ring", "virtio_pci", "virtio_console"];

/**
 * @typedef {object} Kernel
 * @property {string} version the package's name: it holds the version
 * @property {string} image what QEMU boots
 * @property {string[]} modules their files, in the order of `modules`
 * @property {string[]} portModules those of `portModules` that are there
 */

/** @param {string} folder @returns {Kernel | null} null where something is missing */
function readKernel(folder) {
    if (!existsSync(folder)) return null;
    const names = readdirSync(folder);
    const image = names.find((name) => /^vmlinu[xz]/.test(name));
    const filesOf = (/** @type {readonly string[]} */ wanted) =>
        wanted
            .map((module) => names.find((name) => name.startsWith(`${module}.ko`)))
            .filter((name) => name !== undefined)
            .map((name) => join(folder, name));
    const found = filesOf(modules);
    if (!image || found.length < modules.length) return null;
    return {
        version: basename(folder),
        image: join(folder, image),
        modules: found,
        portModules: filesOf(portModules),
    };
}

/**
 * The kernel that a suite has for an architecture, from the cache if one is there. Null: it cannot
 * be had; `problem` says why.
 * @param {string} suite @param {string} architecture as Debian names it
 * @param {(text: string) => void} problem
 * @returns {Promise<Kernel | null>}
 */
export async function ensureKernel(suite, architecture, problem) {
    const cache = join(userCache("maixjs-lab", "lab"), suite, architecture);
    mkdirSync(cache, { recursive: true });
    const cached = readdirSync(cache)
        .map((name) => join(cache, name))
        .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
        .map(readKernel)
        .find((kernel) => kernel !== null);
    if (cached) return cached;

    const archives = debianArchives();
    if (archives.length === 0) problem("this machine's apt has no Debian archive set up");
    const asked = new Set();
    for (const { uri, options } of archives) {
        if (asked.has(uri)) continue;
        asked.add(uri);
        const kernel = await fetchKernel(
            `deb ${options} ${uri} ${suite} main\n`,
            architecture,
            cache,
        );
        if (typeof kernel !== "string") return kernel;
        problem(`${suite} ${architecture}: ${kernel}`);
    }
    return null;
}

/**
 * @param {string} sources @param {string} architecture @param {string} cache
 * @returns {Promise<Kernel | string>} or what went wrong
 */
async function fetchKernel(sources, architecture, cache) {
    const start = performance.now();
    // Downloading takes a while: not between withPrivateApt's two ends, which do not wait.
    const found = withPrivateApt(sources, (apt) => {
        const args = [
            ...apt.args,
            ...["-o", `APT::Architecture=${architecture}`],
            ...["-o", `APT::Architectures=${architecture}`],
            ...["-o", "Dir::State::status=/dev/null"],
        ];
        if (capture("apt-get", [...args, "update"]) === null) return "no such suite, or not signed";
        const depends = capture("apt-cache", [...args, "depends", `linux-image-${architecture}`]);
        const name = /^ +Depends: (linux-image-\S+)/m.exec(depends ?? "")?.[1];
        if (!name) return "it has no kernel for this architecture";
        const uris = capture("apt-get", [...args, "download", "--print-uris", name]);
        const [, uri, algorithm, hash] = /^'(\S+)' \S+ \d+ (SHA\d+):(\w+)/m.exec(uris ?? "") ?? [];
        if (!uri || !algorithm || !hash) return `apt does not say where ${name} is`;
        return { name, uri, algorithm, hash };
    });
    if (typeof found === "string") return found;
    say(`lab: fetching ${found.name}…`);
    const deb = join(cache, `${found.name}.deb`);
    rmSync(deb, { force: true });
    const sum = `${found.algorithm}:${found.hash}`;
    let output = "";
    const status = await run("/usr/lib/apt/apt-helper", ["download-file", found.uri, deb, sum], {
        onOutput: (text) => {
            output += text;
        },
    });
    if (status !== 0) return `cannot download ${found.name}: ${output.trim().split("\n").at(-1)}`;
    const kernel = await unpackKernel(deb, join(cache, found.name));
    rmSync(deb, { force: true });
    if (kernel === null) return `${found.name} lacks what the lab needs`;
    say(`lab: ${found.name}: fetched in ${seconds(start)}`);
    return kernel;
}

/** Takes the image and our modules out of a package. @param {string} deb @param {string} folder */
async function unpackKernel(deb, folder) {
    const partial = `${folder}.part`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    const wanted = [
        "*/boot/vmlinu*",
        ...[...modules, ...portModules].map((name) => `*/${name}.ko*`),
    ];
    const flatten = "--transform=s,.*/,,";
    const script =
        'f=$1; d=$2; shift 2; dpkg-deb --fsys-tarfile "$f" | tar -x -C "$d" --wildcards "$@" 2>/dev/null';
    await run("sh", ["-c", script, "-", deb, partial, flatten, ...wanted]);
    // tar fails for a pattern that fits nothing (a built-in module): readKernel tells what matters.
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
    return readKernel(folder);
}

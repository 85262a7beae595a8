// SPDX-License-Identifier: MIT
// Debian's static busybox for a board's architecture: the userland of the boards that tests start.
//
// It comes from the archive that this machine's apt is set up for, through an apt of our own, and
// stays in a cache.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { debianArchives, withPrivateApt } from "../debian.mjs";
import { capture, KnownError, userCache } from "../lib.mjs";

// riscv64 is an architecture of Debian since this release.
const suite = "trixie";

/**
 * The path of the executable. Throws KnownError where it cannot be had.
 * @param {string} architecture as Debian names it
 */
export function ensureBusybox(architecture) {
    const cache = join(userCache("maixjs-lab", "lab"), "busybox");
    const file = join(cache, architecture);
    if (existsSync(file)) return file;
    mkdirSync(cache, { recursive: true });
    const archives = debianArchives();
    if (archives.length === 0) throw new KnownError("this machine's apt has no Debian archive");
    for (const { uri, options } of archives) {
        const line = `deb ${options} ${uri} ${suite} main\n`;
        if (withPrivateApt(line, (apt) => download(apt, architecture, file))) return file;
    }
    throw new KnownError(`busybox-static of ${suite} for ${architecture} cannot be downloaded`);
}

/** @param {import("../debian.mjs").Apt} apt @param {string} architecture @param {string} file */
function download(apt, architecture, file) {
    const args = [
        ...apt.args,
        ...["-o", `APT::Architecture=${architecture}`],
        ...["-o", `APT::Architectures=${architecture}`],
        ...["-o", "Dir::State::status=/dev/null"],
    ];
    const { folder } = apt;
    if (capture("apt-get", [...args, "update"]) === null) return false;
    const get = ["download", "busybox-static"];
    if (capture("apt-get", [...args, ...get], { cwd: folder }) === null) return false;
    const deb = readdirSync(folder).find((name) => name.endsWith(".deb"));
    if (!deb || capture("dpkg-deb", ["-x", join(folder, deb), join(folder, "x")]) === null) {
        return false;
    }
    const found = ["usr/bin/busybox", "bin/busybox"]
        .map((name) => join(folder, "x", name))
        .find((path) => existsSync(path));
    if (!found) return false;
    // Beside the final place first: the cache may be on another file system.
    const partial = `${file}.${process.pid}`;
    capture("cp", [found, partial]);
    renameSync(partial, file);
    rmSync(partial, { force: true });
    return true;
}

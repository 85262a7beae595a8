// SPDX-License-Identifier: MIT
// A .tar.gz whose bytes depend on nothing but the names, the modes and the contents of its files.

import { renameSync } from "node:fs";
import { join } from "node:path";

import { capture, KnownError } from "../lib.mjs";

// Not 0: tar warns of "implausibly old" files. A board's clock starts at 1970, which is earlier.
const defaultEpoch = "315532800"; // 1980-01-01

/** Packs `<parent>/<folder>` into `file`, which is on the same file system. SOURCE_DATE_EPOCH is the
 * time of its entries.
 * @param {string} parent @param {string} folder @param {string} file */
export function packTarball(parent, folder, file) {
    const epoch = process.env.SOURCE_DATE_EPOCH || defaultEpoch;
    const tar = join(parent, "packed.tar");
    const flags = [
        "--format=ustar",
        "--sort=name",
        `--mtime=@${epoch}`,
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--mode=u=rwX,go=rX",
    ];
    if (!/GNU tar/.test(capture("tar", ["--version"]) ?? "")) {
        throw new KnownError("packing needs GNU tar, and `tar` is another one");
    }
    if (capture("tar", [...flags, "-C", parent, "-cf", tar, folder]) === null) {
        throw new KnownError(`tar could not pack ${folder}`);
    }
    // -n: neither the name nor the time of the file goes into the header.
    if (capture("gzip", ["-n", "-9", tar]) === null) {
        throw new KnownError(`gzip could not compress ${folder}`);
    }
    renameSync(`${tar}.gz`, file);
}

// SPDX-License-Identifier: MIT
// Debian's own arecord for the lab's machines, with what it needs to run, and strace.
//
// They come from the archive that this machine's apt is set up for, through an apt of our own, and
// stay in a cache.

import {
    cpSync,
    existsSync,
    lstatSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    renameSync,
    rmSync,
    symlinkSync,
} from "node:fs";
import { join } from "node:path";

import { debianArchives, withPrivateApt } from "../debian.mjs";
import { capture, userCache } from "../lib.mjs";

// Not all that they depend on: only what arecord and strace load.
const packages = ["alsa-utils", "libasound2t64", "libasound2-data", "libc6", "strace"];

/** What of the packages is kept; the libraries stand in a folder of the architecture's name. */
const wanted = [
    /^usr\/bin\/(?:arecord|aplay|strace)$/,
    /^usr\/lib(?:\/[^/]+)?\/(?:ld-linux-.*\.so\.\d|lib(?:asound|c|m|dl|pthread|rt)\.so\..*)$/,
    /^usr\/share\/alsa\/(?!ucm|topology)/,
];

/**
 * A folder that holds them as they stand in a root file system. Null: they cannot be had; `problem`
 * says why.
 * @param {string} suite @param {string} architecture as Debian names it
 * @param {(text: string) => void} problem
 */
export function ensurePeers(suite, architecture, problem) {
    const cache = join(userCache("maixjs-lab", "lab"), "peers");
    const folder = join(cache, `${suite}-${architecture}`);
    if (existsSync(folder)) return folder;
    mkdirSync(cache, { recursive: true });
    const archives = debianArchives();
    if (archives.length === 0) problem("this machine's apt has no Debian archive set up");
    for (const { uri, options } of archives) {
        const scratch = mkdtempSync(`${folder}.`);
        try {
            const line = `deb ${options} ${uri} ${suite} main\n`;
            if (withPrivateApt(line, (apt) => download(apt, architecture, scratch))) {
                renameSync(scratch, folder);
                return folder;
            }
        } finally {
            rmSync(scratch, { recursive: true, force: true });
        }
    }
    problem(`arecord of ${suite} for ${architecture} cannot be downloaded`);
    return null;
}

/** @param {import("../debian.mjs").Apt} apt @param {string} architecture @param {string} target */
function download(apt, architecture, target) {
    const args = [
        ...apt.args,
        ...["-o", `APT::Architecture=${architecture}`],
        ...["-o", `APT::Architectures=${architecture}`],
        ...["-o", "Dir::State::status=/dev/null"],
    ];
    const { folder } = apt;
    if (capture("apt-get", [...args, "update"]) === null) return false;
    if (capture("apt-get", [...args, "download", ...packages], { cwd: folder }) === null)
        return false;
    const whole = join(folder, "x");
    for (const deb of readdirSync(folder).filter((name) => name.endsWith(".deb"))) {
        if (capture("dpkg-deb", ["-x", join(folder, deb), whole]) === null) return false;
    }
    cpSync(whole, target, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (file) => {
            const path = file.slice(whole.length + 1);
            return lstatSync(file).isDirectory() || wanted.some((one) => one.test(path));
        },
    });
    // The programs name their loader in /lib.
    symlinkSync("usr/lib", join(target, "lib"));
    return existsSync(join(target, "usr/bin/arecord"));
}

// SPDX-License-Identifier: MIT
// An sshd for the boards that tests start: this machine's own, else one that is unpacked, not
// installed: installing it would open a port of a developer's machine to the network.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { withPrivateApt } from "../debian.mjs";
import { capture, KnownError, userCache } from "../lib.mjs";

const installed = "/usr/sbin/sshd";

/**
 * @typedef {object} Sshd
 * @property {string} path
 * @property {string} libraries for LD_LIBRARY_PATH; "": the system's are enough
 * @property {string} helpers a folder to be laid over /usr/lib/openssh; "": none
 */

/** @param {string} folder @returns {Sshd | null} */
function unpacked(folder) {
    const path = join(folder, installed);
    if (!existsSync(path)) return null;
    const libraries = join(folder, "usr/lib");
    const folders = readdirSync(libraries)
        .filter((name) => name.includes("-linux-"))
        .flatMap((name) => [join(libraries, name), join(folder, "lib", name)]);
    // Since OpenSSH 9.8 a part of sshd is there.
    const helpers = join(libraries, "openssh");
    return {
        path,
        libraries: folders.join(":"),
        helpers: existsSync(join(helpers, "sshd-session")) ? helpers : "",
    };
}

/** What openssh-server needs and this machine lacks, unpacked below `folder`.
 * @param {import("../debian.mjs").Apt} apt @param {string} folder */
function download(apt, folder) {
    const options = [
        ...apt.args,
        ...["-o", "Debug::NoLocking=1", "-y", "--no-install-recommends", "--download-only"],
    ];
    const install = ["--reinstall", "install", "openssh-server"];
    if (capture("apt-get", [...options, ...install]) === null) return false;
    const archives = join(apt.folder, "cache/archives");
    const packages = readdirSync(archives).filter((name) => name.endsWith(".deb"));
    return packages.every(
        (name) => capture("dpkg-deb", ["-x", join(archives, name), folder]) !== null,
    );
}

/** Throws KnownError where there is none and none can be had. @returns {Sshd} */
export function ensureSshd() {
    if (existsSync(installed) && !process.env.MAIXJS_TEST_SSHD_UNPACKED) {
        return { path: installed, libraries: "", helpers: "" };
    }
    const release = capture("sh", ["-c", '. /etc/os-release; echo "$ID-$VERSION_ID-$(uname -m)"']);
    const cache = userCache("maixjs-lab", "lab");
    const folder = join(cache, `sshd-${release?.trim() || "unknown"}`);
    const before = unpacked(folder);
    if (before) return before;
    mkdirSync(cache, { recursive: true });
    const scratch = mkdtempSync(`${folder}.`);
    try {
        if (!withPrivateApt(null, (apt) => download(apt, scratch))) {
            throw new KnownError("apt-get cannot download openssh-server");
        }
        // Another process may have been faster.
        if (!unpacked(folder)) renameSync(scratch, folder);
    } catch (error) {
        if (!unpacked(folder)) throw error;
    } finally {
        rmSync(scratch, { recursive: true, force: true });
    }
    const found = unpacked(folder);
    if (!found) throw new KnownError("openssh-server has no sshd where it is looked for");
    return found;
}

// SPDX-License-Identifier: MIT
// Files and source packages from the Debian archive that this machine's apt is set up for.
//
// Host names come from the machine's own apt sources, never from here. Everything runs without root,
// on lists and caches of its own.

import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { capture } from "./lib.mjs";

const helper = "/usr/lib/apt/apt-helper";
// One try, ten seconds: this is one of several ways, and a dead mirror must not hang the build.
const impatient = ["-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=10"];

/**
 * Downloads `path` from below one of the archives.
 * @param {string} path "pool/main/…"
 * @param {string} file
 * @param {(text: string) => void} problem
 */
export function downloadFromPool(path, file, problem) {
    if (!existsSync(helper)) {
        problem("this machine has no apt");
        return false;
    }
    return withPrivateApt(null, (apt) => {
        const archives = archivesOf(apt);
        if (archives.length === 0) problem("apt has no archive set up");
        for (const archive of archives) {
            const url = `${archive.uri.replace(/\/*$/, "")}/${path}`;
            if (capture(helper, [...impatient, "download-file", url, file]) !== null) return true;
            problem(`${url}: not there`);
        }
        return false;
    });
}

/**
 * Unpacks a binary package of another suite into `<folder>/<version>`; returns that path.
 * @param {string} name
 * @param {readonly string[]} suites tried in this order
 * @param {string} folder
 * @param {(text: string) => void} problem
 * @returns {string | null}
 */
export function unpackDebianSource(name, suites, folder, problem) {
    if (!existsSync(helper)) {
        problem("this machine has no apt");
        return null;
    }
    const archives = debianArchives();
    if (archives.length === 0) problem("apt has no Debian archive set up");
    for (const suite of suites) {
        for (const { uri, options } of archives) {
            const line = `deb ${options} ${uri} ${suite} main\n`;
            const unpacked = withPrivateApt(line, (apt) => unpack(apt, name, folder));
            if (unpacked) return unpacked;
            problem(`${name} of ${suite} at ${uri}: not there, or not signed by a known key`);
        }
    }
    return null;
}

/** Debian's own archives below which this machine's apt looks, without suites of their own. */
export function debianArchives() {
    if (!existsSync(helper)) return [];
    return withPrivateApt(null, archivesOf).filter((archive) => archive.isDebian);
}

/** @typedef {{ folder: string, args: string[] }} Apt */

/**
 * An apt of our own: the machine's sources, or `sources`, but lists and cache in a folder that is
 * removed afterwards.
 * @template T
 * @param {string | null} sources
 * @param {(apt: Apt) => T} use
 * @returns {T}
 */
export function withPrivateApt(sources, use) {
    const folder = mkdtempSync(join(tmpdir(), "maixjs-apt-"));
    try {
        for (const name of ["lists/partial", "cache/archives/partial"]) {
            mkdirSync(join(folder, name), { recursive: true });
        }
        const args = [
            ...impatient,
            "-o",
            "APT::Sandbox::User=",
            "-o",
            `Dir::Cache=${folder}/cache`,
        ];
        if (sources !== null) {
            writeFileSync(join(folder, "sources.list"), sources);
            args.push("-o", `Dir::Etc::sourcelist=${folder}/sources.list`);
            args.push("-o", "Dir::Etc::sourceparts=-");
            args.push("-o", `Dir::State::lists=${folder}/lists`);
        }
        return use({ folder, args });
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

/**
 * The archives of the machine's sources. apt names them only once it has their lists: on a machine
 * that has none yet, they are fetched into the private folder.
 * @param {Apt} apt
 */
function archivesOf(apt) {
    const format = "$(REPO_URI)\t$(ORIGIN)\t$(SIGNED_BY)\t$(COMPONENT)";
    const list = ["indextargets", "--format", format];
    let text = capture("apt-get", [...apt.args, ...list]);
    if (!text) {
        const lists = ["-o", `Dir::State::lists=${apt.folder}/lists`];
        capture("apt-get", [...apt.args, ...lists, "update"]);
        text = capture("apt-get", [...apt.args, ...lists, ...list]);
    }
    /** @type {Map<string, { uri: string, isDebian: boolean, options: string }>} */
    const archives = new Map();
    for (const line of (text ?? "").split("\n")) {
        const [uri = "", origin = "", signedBy = "", component = ""] = line.split("\t");
        if (!uri || component !== "main") continue;
        const key = signedBy.startsWith("/")
            ? signedBy
            : "/usr/share/keyrings/debian-archive-keyring.gpg";
        const options = existsSync(key) ? `[signed-by=${key}]` : "";
        archives.set(uri, { uri, isDebian: origin === "Debian", options });
    }
    // The security archive has a pool of its own, without what is wanted here: last.
    return [...archives.values()].sort(
        (a, b) => Number(a.uri.includes("security")) - Number(b.uri.includes("security")),
    );
}

/** @param {Apt} apt @param {string} name @param {string} folder */
function unpack(apt, name, folder) {
    if (capture("apt-get", [...apt.args, "update"]) === null) return null;
    if (capture("apt-get", [...apt.args, "download", name], { cwd: apt.folder }) === null)
        return null;
    const file = readdirSync(apt.folder).find((entry) => entry.endsWith(".deb"));
    const version = file?.split("_")[1];
    if (!file || !version) return null;
    const target = join(folder, decodeURIComponent(version));
    const partial = `${target}.part`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    if (capture("dpkg-deb", ["-x", join(apt.folder, file), partial]) === null) return null;
    rmSync(target, { recursive: true, force: true });
    renameSync(partial, target);
    return target;
}

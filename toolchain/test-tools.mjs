// SPDX-License-Identifier: MIT
// Installs what the tests need from the system, where that can be done without a question.

import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

import { capture, KnownError, run, runMain, say } from "./lib.mjs";

/**
 * What is needed, and the Debian packages that have it (the first that the archive knows).
 * `command`: a name in PATH. `file`: a path with * for what differs between machines.
 * @typedef {{ command?: string, file?: string, packages: readonly string[] }} Tool
 */

/** What `npm test` uses. @type {readonly Tool[]} */
export const tools = [
    { command: "soxi", packages: ["sox"] },
    { command: "ffprobe", packages: ["ffmpeg"] },
    { command: "sndfile-info", packages: ["sndfile-programs"] },
    { command: "python3", packages: ["python3"] },
    { command: "strace", packages: ["strace"] },
    { command: "unzip", packages: ["unzip"] },
    { command: "zip", packages: ["zip"] },
    { command: "aplay", packages: ["alsa-utils"] },
    { command: "ssh", packages: ["openssh-client"] },
    { command: "unshare", packages: ["util-linux"] },
    { command: "nsenter", packages: ["util-linux"] },
    { command: "qemu-riscv64-static", packages: ["qemu-user-static"] },
    { command: "qemu-aarch64-static", packages: ["qemu-user-static"] },
    { command: "pulseaudio", packages: ["pulseaudio"] },
    { command: "pactl", packages: ["pulseaudio-utils"] },
    { file: "/usr/lib/*/libasound.so.2", packages: ["libasound2t64", "libasound2"] },
    { file: "/usr/share/alsa/alsa.conf", packages: ["libasound2-data"] },
    {
        file: "/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so",
        packages: ["libasound2-plugins"],
    },
];

/** @param {string} name */
function inPath(name) {
    const folders = (process.env.PATH ?? "").split(delimiter);
    return folders.some((folder) => folder && existsSync(join(folder, name)));
}

/** At most one * in the path, standing for one folder.
 * @param {string} pattern */
function fileExists(pattern) {
    const [before, after] = pattern.split("*");
    if (before === undefined || after === undefined) return existsSync(pattern);
    if (!existsSync(before)) return false;
    return readdirSync(before).some((name) => existsSync(before + name + after));
}

/** @param {readonly Tool[]} wanted */
function missingOf(wanted) {
    return wanted.filter(({ command, file }) =>
        command ? !inPath(command) : file ? !fileExists(file) : false,
    );
}

/** How to run apt-get as root without being asked; null where that is not possible. */
function rootPrefix() {
    if (!inPath("apt-get")) return null;
    if (process.getuid?.() === 0) return [];
    return inPath("sudo") && capture("sudo", ["-n", "true"]) !== null ? ["sudo", "-n"] : null;
}

/** @param {readonly string[]} prefix @param {readonly string[]} args */
async function aptGet(prefix, args) {
    const env = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"];
    const [command = "env", ...rest] = [...prefix, "env", ...env, ...args];
    let output = "";
    const status = await run(command, rest, { onOutput: (text) => (output += text) });
    return { ok: status === 0, output };
}

/** @param {readonly string[]} names */
function known(names) {
    const has = (/** @type {string} */ name) =>
        /Candidate: [^(]/.test(capture("apt-cache", ["policy", name]) ?? "");
    return names.find(has);
}

/** Never removes anything: on a desktop, PulseAudio's packages would push PipeWire's off.
 * @param {readonly string[]} prefix @param {readonly string[]} packages */
async function install(prefix, packages) {
    const args = ["--no-remove", "--no-install-recommends", "install"];
    const all = await aptGet(prefix, [...args, ...packages]);
    if (all.ok) return;
    // One that does not go in must not keep the others out.
    for (const name of packages) {
        const one = await aptGet(prefix, [...args, name]);
        if (!one.ok) say(`apt-get could not install ${name}:\n${lastLines(one.output)}`);
    }
}

/** @param {string} text */
function lastLines(text) {
    return text
        .trimEnd()
        .split("\n")
        .slice(-3)
        .map((line) => `    ${line}`)
        .join("\n");
}

/** Sees to it that the tools are there. With CI=true a missing one is an error.
 * @param {readonly Tool[]} [needed] */
export async function ensureTestTools(needed = tools) {
    const missing = () => missingOf(needed);
    if (missing().length === 0) return;
    const prefix = rootPrefix();
    if (prefix) {
        if (missing().some(({ packages }) => !known(packages))) {
            say("apt-get update…");
            await aptGet(prefix, ["update"]);
        }
        const wanted = missing().map(({ packages }) => known(packages) ?? packages[0] ?? "");
        say(`installing ${wanted.join(" ")}…`);
        await install(prefix, [...new Set(wanted)]);
    }
    const still = missing();
    if (still.length === 0) return;
    const names = still.map(({ command, file }) => command ?? file).join(", ");
    const packages = still.map((tool) => tool.packages.at(-1)).join(" ");
    const text = `the tests need ${names}; on Debian and Ubuntu: apt-get install ${packages}`;
    if (process.env.CI === "true") throw new KnownError(text);
    say(`${text}\n    Without them, the tests that use them are skipped.`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
    await runMain(() => ensureTestTools());
}

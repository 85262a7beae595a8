// SPDX-License-Identifier: MIT
// Gets QuickJS-ng's source, from wherever this machine can reach it.
//
// `zig build` itself never touches the network: Zig has no time-out when packets vanish, and a bare
// machine lacks the certificates. What is found here goes through `zig fetch`, which verifies it.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { downloadFromPool, unpackDebianSource } from "./debian.mjs";
import { capture, exists, findZig, KnownError, root, runMain, say } from "./lib.mjs";

const idleLimitMs = 5000;
const tarballBytesMax = 64 << 20;
const debianSources = join(root, ".zig-cache", "qjs-src");

/** @typedef {import("./lib.mjs").Zig} Zig */
/** @typedef {{ url: string, hash: string, version: string }} Pin */

/** What build.zig.zon pins: the one place where that stands.
 * @param {string} [zon]
 * @returns {Pin} */
export function readPin(zon = readFileSync(join(root, "build.zig.zon"), "utf8")) {
    const [, body] = /\.quickjs\s*=\s*\.\{([^}]*)\}/.exec(zon) ?? [];
    const [, url] = /\.url\s*=\s*"([^"]+)"/.exec(body ?? "") ?? [];
    const [, hash] = /\.hash\s*=\s*"([^"]+)"/.exec(body ?? "") ?? [];
    const [, version] = /v(\d+\.\d+\.\d+)\.tar\.gz$/.exec(url ?? "") ?? [];
    if (!url || !hash || !version) throw new KnownError("build.zig.zon does not pin quickjs");
    return { url, hash, version };
}

/**
 * Sees to it that Zig can have the source; returns the arguments for `zig build` that it takes.
 * `MAIXJS_QUICKJS_SOURCE` = cache, upstream, pool or qjs-src tries only that one.
 * @param {Zig} zig
 * @returns {Promise<string[]>}
 */
export async function ensureQuickjs(zig) {
    const own = process.env.QUICKJS_NG_DIR;
    if (own) {
        const folder = resolve(own);
        if (!exists(join(folder, "quickjs.h"))) {
            throw new KnownError(`QUICKJS_NG_DIR: there is no quickjs.h in ${folder}`);
        }
        say(`QuickJS-ng from ${folder} (QUICKJS_NG_DIR)`);
        return [`-Dquickjs=${folder}`];
    }

    const pin = readPin();
    const only = process.env.MAIXJS_QUICKJS_SOURCE;
    /** @type {string[]} */
    const tried = [];
    for (const [name, find] of Object.entries(sources)) {
        if (only && only !== name) continue;
        const found = await find(pin, zig, (problem) => tried.push(`${name}: ${problem}`));
        if (found) return found;
    }
    if (only && !(only in sources)) {
        throw new KnownError(
            `MAIXJS_QUICKJS_SOURCE=${only}: use one of ${Object.keys(sources).join(", ")}`,
        );
    }
    throw new KnownError(
        [
            `QuickJS-ng ${pin.version} could not be fetched:`,
            ...tried.map((line) => `    ${line}`),
            `  Unpack ${pin.url}`,
            "  on a machine that can reach it, and set QUICKJS_NG_DIR=<that folder>.",
        ].join("\n"),
    );
}

/**
 * Each source returns the arguments for `zig build`, or null after it told why not. In this order.
 * @type {Record<string, (pin: Pin, zig: Zig, problem: (text: string) => void) =>
 *     Promise<string[] | null>>}
 */
const sources = {
    async cache(pin, zig, problem) {
        if (isCached(pin, zig)) {
            say(`QuickJS-ng ${pin.version} is in Zig's cache`);
            return [];
        }
        const [folder] = unpackedDebianSources();
        if (folder && process.env.MAIXJS_QUICKJS_SOURCE !== "cache") return useDebian(pin, folder);
        problem(`not in ${zig.cache}`);
        return null;
    },

    async upstream(pin, zig, problem) {
        say(`fetching QuickJS-ng ${pin.version} from ${new URL(pin.url).host}…`);
        return withTarball(async (file) => {
            try {
                await download(pin.url, file);
            } catch (error) {
                problem(`${pin.url}: ${reason(error)}`);
                return null;
            }
            return verify(file, pin, zig, problem);
        });
    },

    async pool(pin, zig, problem) {
        say("fetching it from the Debian archive of this machine…");
        return withTarball(async (file) => {
            const path = `pool/main/q/quickjs-ng/quickjs-ng_${pin.version}.orig.tar.gz`;
            return downloadFromPool(path, file, problem) ? verify(file, pin, zig, problem) : null;
        });
    },

    async "qjs-src"(pin, _zig, problem) {
        const [folder] = unpackedDebianSources();
        if (folder) return useDebian(pin, folder);
        say("fetching Debian's package qjs-src…");
        const unpacked = unpackDebianSource("qjs-src", ["forky", "sid"], debianSources, problem);
        return unpacked ? useDebian(pin, join(unpacked, "usr/src/quickjs-ng")) : null;
    },
};

/** @param {Pin} pin @param {Zig} zig */
function isCached(pin, zig) {
    return (
        exists(join(root, "zig-pkg", pin.hash, "quickjs.h")) ||
        exists(join(zig.cache, "p", `${pin.hash}.tar.gz`))
    );
}

/** Folders of qjs-src that are here already. */
function unpackedDebianSources() {
    if (!exists(debianSources)) return [];
    return readdirSync(debianSources)
        .filter((version) => !version.endsWith(".part"))
        .map((version) => join(debianSources, version, "usr/src/quickjs-ng"))
        .filter((folder) => exists(join(folder, "quickjs.h")));
}

/** @param {Pin} pin @param {string} folder */
function useDebian(pin, folder) {
    const version = basename(resolve(folder, "../../.."));
    say(`QuickJS-ng ${version} from Debian's qjs-src, in place of the pinned ${pin.version}`);
    return [`-Dquickjs=${folder}`];
}

/**
 * @template T
 * @param {(file: string) => Promise<T>} use
 */
async function withTarball(use) {
    const folder = mkdtempSync(join(tmpdir(), "maixjs-fetch-"));
    try {
        return await use(join(folder, "quickjs-ng.tar.gz"));
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

/** Gives up when nothing has come for a while: a firewall that drops packets says nothing.
 * @param {string} url @param {string} file */
export async function download(url, file, limitMs = idleLimitMs) {
    const abort = new AbortController();
    const giveUp = () => abort.abort(new Error(`no answer for ${limitMs / 1000} s`));
    let timer = setTimeout(giveUp, limitMs);
    try {
        const response = await fetch(url, { signal: abort.signal });
        if (!response.ok || !response.body) throw new Error(`HTTP status ${response.status}`);
        /** @type {Uint8Array[]} */
        const chunks = [];
        let bytes = 0;
        for await (const chunk of response.body) {
            clearTimeout(timer);
            timer = setTimeout(giveUp, limitMs);
            chunks.push(chunk);
            bytes += chunk.length;
            if (bytes > tarballBytesMax) throw new Error("more than any source of QuickJS-ng");
        }
        writeFileSync(file, Buffer.concat(chunks));
    } finally {
        clearTimeout(timer);
        abort.abort();
    }
}

/** @param {unknown} error */
function reason(error) {
    if (!(error instanceof Error)) return String(error);
    return error.cause instanceof Error ? error.cause.message : error.message;
}

/** `zig fetch` puts a file into the cache under the hash of what is in it.
 * @param {string} file @param {Pin} pin @param {Zig} zig @param {(text: string) => void} problem */
function verify(file, pin, zig, problem) {
    const hash = capture(zig.exe, ["fetch", file], { env: zig.env })?.trim();
    if (hash === pin.hash) {
        say("its content is the pinned one");
        return [];
    }
    problem(hash ? `refused: its hash is ${hash}, not the pinned one` : "not an archive");
    return null;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
    await runMain(async () => {
        await ensureQuickjs(findZig());
    });
}

// SPDX-License-Identifier: MIT
// Looks at paths as esbuild looked at them, and notes what was there and what was not.

import { type JsonObject, readJsonObject } from "./manifest_json.ts";
import { resolve } from "./paths.ts";

/** The file system, as the executable offers it. Paths are absolute. */
export interface ManifestHost {
    /** The folder in which esbuild ran. */
    readonly cwd: string;
    exists(path: string): boolean;
    isFile(path: string): boolean;
    readText(path: string): string | undefined;
    realpath(path: string): string | undefined;
}

const ENTRIES_MAX = 50_000;
const MAIN_DEPTH_MAX = 4;
const EXTENSIONS = [".tsx", ".ts", ".jsx", ".js", ".css", ".json"];
const REWRITES: Readonly<Record<string, readonly string[]>> = {
    ".js": [".ts", ".tsx"],
    ".jsx": [".ts", ".tsx"],
    ".mjs": [".mts"],
    ".cjs": [".cts"],
};

export class Probes {
    readonly #host: ManifestHost;
    readonly #files = new Set<string>();
    readonly #absent = new Set<string>();
    /** Paths that are neither: folders. */
    readonly #others = new Set<string>();
    readonly #json = new Map<string, JsonObject | undefined>();

    constructor(host: ManifestHost) {
        this.#host = host;
    }

    result(): { files: string[]; absent: string[] } {
        return { files: [...this.#files].sort(), absent: [...this.#absent].sort() };
    }

    /** Notes a file that is known to be one. */
    file(path: string): void {
        this.#limit();
        this.#files.add(path);
    }

    /** Notes whatever is at `path`; true when it is a file. */
    path(path: string): boolean {
        const at = resolve("/", path);
        if (this.#files.has(at)) return true;
        if (this.#absent.has(at) || this.#others.has(at)) return false;
        this.#limit();
        if (this.#host.isFile(at)) {
            this.#files.add(at);
            return true;
        }
        // A folder may come and go unseen: what was found in it is listed itself.
        (this.#host.exists(at) ? this.#others : this.#absent).add(at);
        return false;
    }

    /** The content of a JSON file; the file is noted. */
    json(path: string): JsonObject | undefined {
        if (!this.path(path)) return undefined;
        if (!this.#json.has(path)) {
            const text = this.#host.readText(path);
            this.#json.set(path, text === undefined ? undefined : readJsonObject(text));
        }
        return this.#json.get(path);
    }

    /** Notes what is tried when `base` is loaded as a file; true once `found` was met. */
    loadFile(base: string, found: string | undefined): boolean {
        const candidates = [base, ...EXTENSIONS.map((extension) => base + extension)];
        const dot = base.lastIndexOf(".");
        const rewrites = dot < 0 ? undefined : REWRITES[base.slice(dot)];
        for (const extension of rewrites ?? []) candidates.push(base.slice(0, dot) + extension);
        // In packages the order of the extensions is another one: all of them are noted.
        const isOrdered = !base.includes("/node_modules/");
        let isFound = false;
        for (const candidate of candidates) {
            if (!this.path(candidate)) continue;
            isFound ||= this.#isSame(candidate, found);
            if (isFound && isOrdered) return true;
        }
        return isFound;
    }

    /** Notes what is tried when `base` is loaded as a file or a folder; true once `found` was met. */
    load(base: string, found: string | undefined, depth = 0): boolean {
        if (this.loadFile(base, found)) return true;
        // Nothing inside can be there; a folder that appears is an absent path that appears.
        if (!this.#host.exists(base)) return false;
        const manifest = this.json(resolve(base, "package.json"));
        for (const field of ["module", "main"]) {
            const main = manifest?.[field];
            if (typeof main !== "string" || depth >= MAIN_DEPTH_MAX) continue;
            const target = resolve(base, main);
            if (target !== base) this.load(target, found, depth + 1);
        }
        return this.loadFile(resolve(base, "index"), found);
    }

    #isSame(path: string, found: string | undefined): boolean {
        return path === found || (found !== undefined && this.#host.realpath(path) === found);
    }

    #limit(): void {
        if (this.#files.size + this.#absent.size >= ENTRIES_MAX) {
            throw new Error(`more than ${ENTRIES_MAX} paths decide about this bundle`);
        }
    }
}

// SPDX-License-Identifier: MIT
// Which files decide about a bundle: what esbuild read, and what it looked for in vain. The rules
// are those of the native executable's cache (ts/runtime/manifest.ts).

import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";

import type { Plugin } from "esbuild";

import { type ManifestHost, manifestEntries } from "../runtime/manifest.ts";

export interface Inputs {
    /** Absolute paths of files. */
    readonly files: readonly string[];
    /** Absolute paths at which nothing was. */
    readonly absent: readonly string[];
}

// The rules know POSIX paths only: C:\a\b is /C:/a/b to them.
const isWindows = process.platform === "win32";
const toPosix = (path: string): string => (isWindows ? `/${path.replaceAll("\\", "/")}` : path);
const fromPosix = (path: string): string => (isWindows ? path.slice(1) : path);

function orElse<T>(value: () => T, otherwise: T): T {
    try {
        return value();
    } catch {
        return otherwise;
    }
}

function hostAt(cwd: string): ManifestHost {
    return {
        cwd: toPosix(cwd),
        exists: (path) => existsSync(fromPosix(path)),
        isFile: (path) => orElse(() => statSync(fromPosix(path)).isFile(), false),
        readText: (path) => orElse(() => readFileSync(fromPosix(path), "utf8"), undefined),
        realpath: (path) => orElse(() => toPosix(realpathSync(fromPosix(path))), undefined),
    };
}

/** From esbuild's metafile (paths relative to `cwd`) to the files that count. */
export function inputsOf(metafile: string, entry: string, cwd: string): Inputs {
    const place = { path: toPosix(entry), resolveDir: toPosix(cwd) };
    const { files, absent } = manifestEntries(metafile, hostAt(cwd), place);
    return { files: files.map(fromPosix), absent: absent.map(fromPosix) };
}

interface Import {
    readonly path: string;
    readonly kind: string;
    /** True: where it leads is not known, so every place counts at which it could have been. */
    readonly external: true;
}

/** Notes each file that esbuild loads and each name that it looks up, for builds that fail. */
export class RequestLog {
    readonly #inputs = new Map<string, Import[]>();

    readonly plugin: Plugin = {
        name: "maixjs-requests",
        setup: (build) => {
            build.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
                if (kind !== "entry-point") {
                    this.#importsOf(importer).push({ path, kind, external: true });
                }
                return undefined;
            });
            build.onLoad({ filter: /.*/ }, ({ path }) => {
                this.#importsOf(path);
                return undefined;
            });
        },
    };

    #importsOf(path: string): Import[] {
        const key = toPosix(path);
        const known = this.#inputs.get(key);
        if (known !== undefined) return known;
        const imports: Import[] = [];
        this.#inputs.set(key, imports);
        return imports;
    }

    /** As much of a metafile as `inputsOf` reads. */
    metafile(): string {
        const inputs = [...this.#inputs].map(([path, imports]) => [path, { imports }]);
        return JSON.stringify({ inputs: Object.fromEntries(inputs) });
    }
}

// SPDX-License-Identifier: MIT
// Which files decide whether a cached bundle is still good, worked out from esbuild's metafile.
// Compiled to bytecode, embedded into the executable, and loaded after esbuild has run.
//
// The lists are wider than what esbuild looked at, never narrower: an entry too many costs one
// bundling, one too few runs stale code. esbuild's rules followed here (0.28, read from its
// `--log-level=verbose`; a test compares them with that log): a path is tried as a file, with each
// extension, with .js taken for .ts, then as a folder; a package is looked for in `node_modules`
// of every folder upwards, after the `paths` and `baseUrl` of the nearest tsconfig.json.
//
// Not seen: NODE_PATH (part of the cache's key, or taken out of esbuild's environment).

import { readJsonObject } from "./manifest_json.ts";
import { type ManifestHost, Probes } from "./manifest_probes.ts";
import { loadTsconfig, type Tsconfig } from "./manifest_tsconfig.ts";
import { dirname, resolve } from "./paths.ts";

export type { ManifestHost } from "./manifest_probes.ts";

export interface ManifestEntry {
    /** Absolute path of the script; "" for code that came from elsewhere. */
    readonly path: string;
    /** Absolute folder that imports of such code are relative to. */
    readonly resolveDir: string;
}

export interface Manifest {
    /** Absolute paths of files: their content must stay the same. */
    readonly files: string[];
    /** Absolute paths at which nothing was, and nothing may appear. */
    readonly absent: string[];
}

interface MetafileImport {
    readonly path: string;
    readonly original: string | undefined;
    readonly kind: string;
    readonly isExternal: boolean;
}

interface MetafileInput {
    readonly path: string;
    readonly imports: readonly MetafileImport[];
}

/** One import, with all that is needed to look for it as esbuild did. */
interface Request {
    readonly specifier: string;
    /** Folder of the importing file. */
    readonly folder: string;
    /** The file it led to; undefined where it was left unresolved. */
    readonly found: string | undefined;
    readonly kind: string;
}

function parseMetafile(text: string): MetafileInput[] {
    const inputs = readJsonObject(text)?.inputs;
    if (typeof inputs !== "object" || inputs === null)
        throw new Error("the metafile has no inputs");
    return Object.entries(inputs).map(([path, input]) => {
        const imports = (input as { readonly imports?: unknown } | null)?.imports;
        return { path, imports: Array.isArray(imports) ? imports.map(parseImport) : [] };
    });
}

function parseImport(value: unknown): MetafileImport {
    const record = (value ?? {}) as Readonly<Record<string, unknown>>;
    const { path, original, kind, external } = record;
    if (typeof path !== "string") throw new Error("the metafile has an import without a path");
    return {
        path,
        original: typeof original === "string" ? original : undefined,
        kind: typeof kind === "string" ? kind : "",
        isExternal: external === true,
    };
}

/** The host's own modules, and what is no path at all. */
function isOutside(specifier: string): boolean {
    return /^(?:maix$|maix:|qjs:|https?:|data:|file:|\/\/|node:|#$)/.test(specifier);
}

function isInNodeModules(path: string): boolean {
    return path.includes("/node_modules/");
}

/** `folder` and all folders above it. */
function upwards(folder: string): string[] {
    const folders = [folder];
    for (let at = folder; at !== "/"; at = dirname(at)) folders.push(dirname(at));
    return folders;
}

class Collector {
    readonly #probes: Probes;
    readonly #host: ManifestHost;
    readonly #entry: ManifestEntry;
    readonly #foldersDone = new Set<string>();
    readonly #tsconfigs = new Map<string, Tsconfig | undefined>();
    readonly #requestsDone = new Set<string>();

    constructor(host: ManifestHost, entry: ManifestEntry) {
        this.#host = host;
        this.#entry = entry;
        this.#probes = new Probes(host);
    }

    run(inputs: readonly MetafileInput[]): Manifest {
        if (this.#entry.path !== "") this.#probes.file(this.#entry.path);
        for (const input of inputs) this.#addInput(input);
        return this.#probes.result();
    }

    #addInput(input: MetafileInput): void {
        const file = this.#inputFile(input.path);
        const folder = file === undefined ? this.#entry.resolveDir : dirname(file);
        if (file !== undefined) this.#probes.file(file);
        this.#addFolder(folder);
        for (const one of input.imports) this.#addImport(one, folder);
    }

    /** The file behind an input's or an import's name; undefined for code from standard input. */
    #inputFile(name: string): string | undefined {
        // What a `browser` field turned off keeps its path behind a mark.
        const path = resolve(this.#host.cwd, name.replace(/^\(disabled\):/, ""));
        if (this.#host.isFile(path)) return path;
        // `./a.txt?raw` is the file a.txt where there is no file of the full name.
        const bare = path.replace(/[?#].*$/, "");
        if (bare !== path && this.#host.isFile(bare)) return bare;
        return this.#entry.path === "" ? undefined : path;
    }

    #addImport(one: MetafileImport, folder: string): void {
        const specifier = one.original ?? one.path;
        if (isOutside(specifier)) return;
        const found = one.isExternal ? undefined : this.#inputFile(one.path);
        if (found !== undefined) this.#probes.file(found);
        const key = [folder, specifier, found ?? "", one.kind].join("\0");
        if (this.#requestsDone.has(key)) return;
        this.#requestsDone.add(key);
        this.#addRequest({ specifier, folder, found, kind: one.kind });
    }

    #addRequest(request: Request): void {
        const { specifier, folder, found } = request;
        const isRelative = /^(?:\.\.?(?:\/|$)|\/)/.test(specifier);
        // CSS looks for `a.css` beside the file first.
        const isCss = /^(?:import-rule|url-token|composes-from)$/.test(request.kind);
        if (isRelative || isCss) {
            if (this.#probes.load(resolve(folder, specifier), found)) return;
            if (isRelative) return;
        }
        this.#addPackage(request);
    }

    /** What lies in and above a folder and says how its files are read. */
    #addFolder(folder: string): void {
        this.#tsconfig(folder);
        for (const at of upwards(folder)) {
            if (this.#foldersDone.has(at)) return;
            this.#foldersDone.add(at);
            this.#probes.path(`${at}/package.json`);
            for (const name of [".pnp.data.json", ".pnp.cjs", ".pnp.js"]) {
                this.#probes.path(`${at}/${name}`);
            }
        }
    }

    /** The nearest tsconfig.json or jsconfig.json, with what it extends. */
    #tsconfig(folder: string): Tsconfig | undefined {
        if (isInNodeModules(`${folder}/`)) return undefined;
        if (this.#tsconfigs.has(folder)) return this.#tsconfigs.get(folder);
        let config: Tsconfig | undefined;
        const path = ["tsconfig.json", "jsconfig.json"]
            .map((name) => resolve(folder, name))
            .find((candidate) => this.#probes.path(candidate));
        if (path !== undefined) config = loadTsconfig(path, this.#probes);
        else if (folder !== "/") config = this.#tsconfig(dirname(folder));
        this.#tsconfigs.set(folder, config);
        return config;
    }

    #addPackage(request: Request): void {
        const { specifier, folder, found } = request;
        if (found !== undefined) this.#addReplaced(found);
        // `#name` is looked up in package.json, which is listed already.
        if (specifier.startsWith("#")) return;
        const candidates = this.#tsconfig(folder)?.candidates(specifier) ?? [];
        // All of them: their order is esbuild's business.
        if (candidates.filter((one) => this.#probes.load(one, found)).length > 0) return;
        for (const at of upwards(folder)) {
            if (at.endsWith("/node_modules")) continue;
            if (this.#addPackageIn(resolve(at, "node_modules"), specifier, found)) return;
        }
    }

    /** `exports` may name a.js where only a.ts is. */
    #addReplaced(found: string): void {
        const match = /^(.*)\.([mc]?)tsx?$/.exec(found);
        if (match === null) return;
        for (const end of ["js", "jsx"]) this.#probes.path(`${match[1]}.${match[2]}${end}`);
    }

    /** True when the package was found here, so that esbuild looked no further. */
    #addPackageIn(nodeModules: string, specifier: string, found: string | undefined): boolean {
        if (!this.#host.exists(nodeModules)) {
            this.#probes.path(nodeModules);
            return false;
        }
        const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
        const folder = `${nodeModules}/${name}`;
        const path = resolve(nodeModules, specifier);
        if (!this.#host.exists(folder)) {
            this.#probes.path(folder);
            return this.#probes.loadFile(path, found);
        }
        const manifest = this.#probes.json(`${folder}/package.json`);
        const real = this.#host.realpath(folder) ?? folder;
        const isHere = found?.startsWith(`${real}/`) === true;
        // Through a linked folder: another target must be noticed though the old files stay.
        if (isHere && real !== folder) this.#probes.path(folder + found.slice(real.length));
        // Where `exports` leads depends on package.json alone.
        if (isHere && manifest?.exports !== undefined) return true;
        return this.#probes.load(path, found) || isHere;
    }
}

/**
 * The files that a cached bundle depends on. `metafileJson` is what `esbuild --metafile` wrote,
 * its paths relative to `host.cwd`. Throws where that cannot be done: then do not cache.
 */
export function manifestEntries(
    metafileJson: string,
    host: ManifestHost,
    entry: ManifestEntry,
): Manifest {
    return new Collector(host, entry).run(parseMetafile(metafileJson));
}

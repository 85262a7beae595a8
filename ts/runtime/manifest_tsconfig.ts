// SPDX-License-Identifier: MIT
// What of a tsconfig.json decides where imports lead: `extends`, `baseUrl`, `paths`.

import { type JsonObject, stringsOf } from "./manifest_json.ts";
import type { Probes } from "./manifest_probes.ts";
import { dirname, resolve } from "./paths.ts";

const CHAIN_FILES_MAX = 100;
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is written so in a tsconfig.json.
const CONFIG_DIR = "${configDir}";

interface PathsRule {
    readonly prefix: string;
    /** Undefined: no star, an exact name. */
    readonly suffix: string | undefined;
    readonly targets: readonly string[];
    /** Folder of the file that has the rule. */
    readonly folder: string;
}

/** The part of a specifier that the star stands for; undefined: no match. */
function starOf(rule: PathsRule, specifier: string): string | undefined {
    const { prefix, suffix } = rule;
    if (suffix === undefined) return specifier === prefix ? "" : undefined;
    const isMatch =
        specifier.length >= prefix.length + suffix.length &&
        specifier.startsWith(prefix) &&
        specifier.endsWith(suffix);
    return isMatch ? specifier.slice(prefix.length, specifier.length - suffix.length) : undefined;
}

/** A tsconfig.json together with all that it extends. */
export class Tsconfig {
    readonly #configDir: string;
    readonly #rules: PathsRule[] = [];
    readonly #baseUrls: string[] = [];

    constructor(configDir: string) {
        this.#configDir = configDir;
    }

    placed(path: string, base: string): string {
        return resolve(base, path.replaceAll(CONFIG_DIR, this.#configDir));
    }

    add(config: JsonObject, folder: string): void {
        const options = (config.compilerOptions ?? {}) as JsonObject;
        const { baseUrl, paths } = options;
        if (typeof baseUrl === "string") this.#baseUrls.push(this.placed(baseUrl, folder));
        if (typeof paths !== "object" || paths === null) return;
        for (const [pattern, targets] of Object.entries(paths)) {
            const star = pattern.indexOf("*");
            const prefix = star < 0 ? pattern : pattern.slice(0, star);
            const suffix = star < 0 ? undefined : pattern.slice(star + 1);
            this.#rules.push({ prefix, suffix, targets: stringsOf(targets), folder });
        }
    }

    /**
     * Absolute paths that a package import may be tried at before any `node_modules`. A rule of one
     * file may be relative to the `baseUrl` of another: every combination is given.
     */
    candidates(specifier: string): string[] {
        const paths: string[] = [];
        for (const rule of this.#rules) {
            const star = starOf(rule, specifier);
            if (star === undefined) continue;
            for (const target of rule.targets) {
                const text = target.split("*").join(star);
                for (const base of [rule.folder, ...this.#baseUrls])
                    paths.push(this.placed(text, base));
            }
        }
        return [...paths, ...this.#baseUrls.map((folder) => resolve(folder, specifier))];
    }
}

/** The files that `extends` may mean, all of them noted. */
function extended(specifier: string, folder: string, probes: Probes): string[] {
    const found: string[] = [];
    const tryAt = (path: string): void => {
        for (const candidate of [path, `${path}.json`, `${path}/tsconfig.json`]) {
            if (!probes.path(candidate)) continue;
            found.push(candidate);
            return;
        }
    };
    if (/^(?:\.\.?(?:\/|$)|\/)/.test(specifier)) {
        tryAt(resolve(folder, specifier));
        return found;
    }
    const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
    for (let at = folder; found.length === 0; at = dirname(at)) {
        const inPackage = resolve(at, `node_modules/${name}`);
        const manifest = probes.json(`${inPackage}/package.json`);
        tryAt(resolve(at, `node_modules/${specifier}`));
        for (const target of stringsOf([manifest?.tsconfig, manifest?.exports])) {
            if (target.endsWith(".json") && !target.includes("*"))
                tryAt(resolve(inPackage, target));
        }
        if (at === "/") break;
    }
    return found;
}

/** Reads `path` and, as far as they exist, all files that it extends. */
export function loadTsconfig(path: string, probes: Probes): Tsconfig {
    const tsconfig = new Tsconfig(dirname(path));
    const queue = [path];
    for (const file of queue) {
        const config = probes.json(file);
        if (config === undefined || queue.length > CHAIN_FILES_MAX) continue;
        const folder = dirname(file);
        tsconfig.add(config, folder);
        for (const specifier of stringsOf(config.extends)) {
            const next = extended(specifier.replaceAll(CONFIG_DIR, dirname(path)), folder, probes);
            queue.push(...next.filter((one) => !queue.includes(one)));
        }
    }
    return tsconfig;
}

// SPDX-License-Identifier: MIT
// The project's own files, for tests that look at the sources.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const foreign = new Set([
    ".git",
    ".zig-cache",
    "coverage",
    "dist",
    "node_modules",
    "zig-out",
    "zig-pkg",
]);

export interface ProjectFile {
    /** Relative to the project's folder. */
    readonly path: string;
    readonly text: string;
}

function walk(folder: string): string[] {
    return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
        if (foreign.has(entry.name)) return [];
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return walk(path);
        return entry.isFile() ? [path] : [];
    });
}

/** Every file of ours that is text; not asked from git, which a fresh machine may lack. */
export function projectFiles(): ProjectFile[] {
    return walk("")
        .filter((path) =>
            /(\.(c|h|zig|zon|ts|js|mjs|json|md)|\.ci\/run|\.npmrc|LICENSE)$/.test(path),
        )
        .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

export function projectPaths(): string[] {
    return walk("");
}

export function isExecutable(path: string): boolean {
    return (statSync(join(root, path)).mode & 0o111) === 0o111;
}

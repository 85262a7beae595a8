// SPDX-License-Identifier: MIT
// Which of a project's files belong to an app: `files`, or all but `exclude`, and `extra_include`.

import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";

import type { AppYaml, Placement } from "./app_yaml.ts";
import { pathProblem } from "./app_yaml.ts";
import { UserError } from "./errors.ts";
import { ENTRIES_MAX, UNPACKED_BYTES_MAX } from "./zip.ts";

export interface ProjectFile extends Placement {
    /** Absolute. */
    readonly source: string;
    readonly isExecutable: boolean;
    readonly bytes: number;
}

// What only makes the app stays at home: nobody lists all of it in `exclude`.
const NEVER = new Set(["__pycache__", "dist", "node_modules"]);
const PLUMBING =
    /^(app\.ya?ml|maixjs\.config\.(ts|js|mjs)|package(-lock)?\.json|tsconfig(\..*)?\.json|.*\.d\.ts)$/;

function isLeftOut(entry: Dirent, folder: string): boolean {
    return (
        entry.name.startsWith(".") ||
        NEVER.has(entry.name) ||
        (folder === "" && PLUMBING.test(entry.name))
    );
}

/** The files of an app, but for the three that packing makes; `bundled`: absolute paths of what is in
 * the bundle. */
export function appFiles(
    project: string,
    app: AppYaml,
    bundled: ReadonlySet<string>,
): ProjectFile[] {
    const root = realpathSync(project);
    const found = new Map<string, ProjectFile>();
    let bytes = 0;
    const add = (from: string, to: string): void => {
        const file = { ...statInside(root, from), from, to };
        bytes += file.bytes - (found.get(to)?.bytes ?? 0);
        found.set(to, file);
        if (found.size > ENTRIES_MAX) throw tooMuch(`${ENTRIES_MAX} files`);
        if (bytes > UNPACKED_BYTES_MAX) throw tooMuch(`${UNPACKED_BYTES_MAX / 2 ** 20} MiB`);
    };
    if (app.files.length > 0) {
        for (const placement of app.files) addListed(root, placement, add);
    } else {
        const excluded = new Set(app.exclude);
        const leaves = (path: string, entry: Dirent, folder: string): boolean =>
            isLeftOut(entry, folder) ||
            excluded.has(path) ||
            bundled.has(join(root, ...path.split("/")));
        for (const path of walk(root, "", leaves)) add(path, path);
        for (const placement of app.extraInclude) addListed(root, placement, add);
    }
    found.delete("app.yaml"); // packing puts it there
    if (app.icon !== "" && !found.has(app.icon)) addIcon(app.icon, add);
    return [...found.values()];
}

function tooMuch(limit: string): UserError {
    return new UserError(`the app would have more than ${limit}`, {
        hint: "list what belongs to it below `files:` in app.yaml",
    });
}

function addIcon(icon: string, add: (from: string, to: string) => void): void {
    try {
        add(icon, icon);
    } catch (error) {
        if (!(error instanceof UserError)) throw error;
        throw new UserError(`app.yaml: icon: ${error.message}`, { cause: error });
    }
}

/** A file, or a folder with all that is in it. */
function addListed(
    root: string,
    { from, to }: Placement,
    add: (from: string, to: string) => void,
): void {
    const source = realPathInside(root, from);
    if (!statSync(source).isDirectory()) {
        add(from, to);
        return;
    }
    for (const path of walk(root, from, (_, entry) => entry.name === ".git")) {
        add(path, `${to}${path.slice(from.length)}`);
    }
}

/** Paths of files below a folder of the project, sorted, but for what `leaves` out. */
function walk(
    root: string,
    folder: string,
    leaves: (path: string, entry: Dirent, folder: string) => boolean,
): string[] {
    const entries = readdirSync(join(root, ...folder.split("/")), { withFileTypes: true });
    return entries
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((entry) => {
            const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
            if (leaves(path, entry, folder)) return [];
            const problem = pathProblem(entry.name);
            if (problem) throw new UserError(`the file name ${JSON.stringify(path)} ${problem}`);
            return entry.isDirectory() ? walk(root, path, leaves) : [path];
        });
}

/** A UserError where it is not there, or a link leads out of the project. */
function realPathInside(root: string, path: string): string {
    let real: string;
    try {
        real = realpathSync(join(root, ...path.split("/")));
    } catch {
        throw new UserError(`there is no ${path} in ${root}`);
    }
    const inside = relative(root, real);
    if (isAbsolute(inside) || inside === ".." || inside.startsWith(`..${sep}`)) {
        throw new UserError(`${path} is a link that leads out of the project, to ${real}`);
    }
    return real;
}

function statInside(
    root: string,
    path: string,
): { source: string; isExecutable: boolean; bytes: number } {
    const source = realPathInside(root, path);
    const status = statSync(source);
    if (status.isDirectory()) {
        throw new UserError(`${path} is a link to a folder; list the folder itself`);
    }
    if (!status.isFile()) throw new UserError(`${path} is no regular file`);
    // Windows has no such bit.
    const isExecutable = process.platform !== "win32" && (status.mode & 0o100) !== 0;
    return { source, isExecutable, bytes: status.size };
}

// SPDX-License-Identifier: MIT
// Files by their content, and a word when something about them may have changed. Folders are
// watched, not files: editors save by renaming, and what is missing may appear.

import { createHash } from "node:crypto";
import { type FSWatcher, readFileSync, type Stats, statSync, watch } from "node:fs";
import { basename, dirname, relative, sep } from "node:path";

import type { Inputs } from "./bundle_inputs.ts";

/** For file systems that tell nothing (network, some virtual machines), and folders that vanish. */
const POLL_MS = 1000;
const FOLDERS_MAX = 2000;
/** A time stamp as young as this may stand for two contents. */
const YOUNG_MS = 2000;
const KEPT_BYTES_MAX = 1 << 20;

const ABSENT: Seen = { stamp: "absent", isYoung: false, hash: "absent", content: undefined };
/** A folder, or what else is no file: its appearance counts, not what is in it. */
const OTHER: Seen = { ...ABSENT, stamp: "other", hash: "other" };

/** What is at some paths: a hash of each content. */
export type Snapshot = ReadonlyMap<string, string>;

interface Seen {
    readonly stamp: string;
    readonly isYoung: boolean;
    readonly hash: string;
    /** Undefined: not kept, for its size or because nobody edits it. */
    readonly content: Buffer | undefined;
}

interface WatchedFolder {
    readonly inode: number;
    readonly watcher: FSWatcher;
    /** What counts in it: a home folder may be a busy place. */
    names: ReadonlySet<string>;
}

export class Watcher {
    readonly #onEvent: () => void;
    readonly #poll: NodeJS.Timeout;
    readonly #folders = new Map<string, WatchedFolder>();
    paths: readonly string[] = [];
    #seen = new Map<string, Seen>();

    /** `onEvent` is called when it may be worth to look; also for nothing, now and then. */
    constructor(onEvent: () => void) {
        this.#onEvent = onEvent;
        this.#poll = setInterval(() => {
            this.#watchFolders();
            this.#onEvent();
        }, POLL_MS);
    }

    close(): void {
        clearInterval(this.#poll);
        for (const { watcher } of this.#folders.values()) watcher.close();
        this.#folders.clear();
    }

    /** From now on these count. */
    watch(inputs: Inputs): void {
        this.paths = [...new Set([...inputs.files, ...inputs.absent])].sort();
        this.#watchFolders();
    }

    /** What is there now. */
    look(): Snapshot {
        const seen = new Map(this.paths.map((path) => [path, this.#lookAt(path)]));
        this.#seen = seen;
        return new Map([...seen].map(([path, { hash }]) => [path, hash]));
    }

    /** The content at the last look, for files that are not too large. */
    content(path: string): Buffer | undefined {
        return this.#seen.get(path)?.content;
    }

    #lookAt(path: string): Seen {
        const status = statusOf(path);
        if (status === undefined) return ABSENT;
        if (!status.isFile()) return OTHER;
        const stamp = [status.ino, status.size, status.mtimeMs, status.ctimeMs].join();
        const before = this.#seen.get(path);
        if (before?.stamp === stamp && !before.isYoung) return before;
        return readAt(path, stamp, status);
    }

    /** The folders of all paths; of what is missing, the nearest that is there. */
    #watchFolders(): void {
        const wanted = new Map<string, Set<string>>();
        for (const path of this.paths) {
            const folder = existingFolder(dirname(path));
            if (folder === undefined) continue;
            const names = wanted.get(folder) ?? new Set([basename(folder)]); // for its own end
            names.add(relative(folder, path).split(sep)[0] ?? "");
            if (wanted.size < FOLDERS_MAX) wanted.set(folder, names);
        }
        for (const [folder, { inode, watcher }] of this.#folders) {
            if (wanted.has(folder) && inodeOf(folder) === inode) continue;
            watcher.close();
            this.#folders.delete(folder);
        }
        for (const [folder, names] of wanted) {
            const watched = this.#folders.get(folder);
            if (watched === undefined) this.#watchFolder(folder, names);
            else watched.names = names;
        }
    }

    #watchFolder(folder: string, names: ReadonlySet<string>): void {
        try {
            const watcher = watch(folder, (_, name) => {
                if (name === null || this.#folders.get(folder)?.names.has(name)) this.#onEvent();
            });
            watcher.on("error", () => {}); // the poll goes on
            const inode = inodeOf(folder);
            if (inode === undefined) watcher.close();
            else this.#folders.set(folder, { inode, watcher, names });
        } catch {
            // No watches are left, or the folder is gone: the poll sees what happens.
        }
    }
}

function statusOf(path: string): Stats | undefined {
    try {
        return statSync(path);
    } catch {
        return undefined; // also where it may not be seen
    }
}

function readAt(path: string, stamp: string, status: Stats): Seen {
    let content: Buffer;
    try {
        content = readFileSync(path);
    } catch {
        return ABSENT;
    }
    const isYoung = Math.abs(Date.now() - status.mtimeMs) < YOUNG_MS;
    const hash = createHash("sha256").update(content).digest("hex");
    const isKept = content.length <= KEPT_BYTES_MAX && !/[\\/]node_modules[\\/]/.test(path);
    return { stamp, isYoung, hash, content: isKept ? content : undefined };
}

function inodeOf(folder: string): number | undefined {
    const status = statusOf(folder);
    return status?.isDirectory() ? status.ino : undefined;
}

function existingFolder(folder: string): string | undefined {
    for (let at = folder; ; at = dirname(at)) {
        if (inodeOf(at) !== undefined) return at;
        if (dirname(at) === at) return undefined;
    }
}

/** The paths at which two looks differ. */
export function changedPaths(before: Snapshot, after: Snapshot): string[] {
    const paths = new Set([...before.keys(), ...after.keys()]);
    return [...paths].filter((path) => before.get(path) !== after.get(path));
}

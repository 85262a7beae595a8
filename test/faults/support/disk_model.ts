// SPDX-License-Identifier: MIT
// What a disk may hold after a power cut, worked out from the log of interpose/disk.c.
//
// Between two syncs nothing is sure: each write may be there, not be there, be there in some of its
// sectors, or have changed the file's length only; names that were made or changed may be there or
// not. A sync makes sure what was done to its file before it began; a folder's sync makes names sure.

import type { Random } from "./random.ts";

const SECTOR = 512;

type Event =
    | { readonly kind: "create"; readonly file: number; readonly path: string }
    | { readonly kind: "write"; readonly file: number; readonly at: number; readonly data: Buffer }
    | { readonly kind: "truncate"; readonly file: number; readonly length: number }
    | { readonly kind: "sync-begin" | "sync-end"; readonly file: number }
    | { readonly kind: "folder-begin" | "folder-end" }
    | { readonly kind: "rename"; readonly from: string; readonly path: string }
    | { readonly kind: "unlink"; readonly path: string };

export type Log = readonly Event[];

export function parseLog(text: string): Log {
    return text
        .split("\n")
        .slice(0, -1)
        .map((line): Event => {
            const [kind = "", a = "", b = "", c = ""] = line.split(" ");
            const file = Number(a);
            switch (kind) {
                case "create":
                    return { kind, file, path: b };
                case "write":
                    return { kind, file, at: Number(b), data: Buffer.from(c, "hex") };
                case "truncate":
                    return { kind, file, length: Number(b) };
                case "sync-begin":
                case "sync-end":
                    return { kind, file };
                case "folder-begin":
                case "folder-end":
                    return { kind };
                case "rename":
                    return { kind, from: a, path: b };
                case "unlink":
                    return { kind, path: a };
                default:
                    throw new Error(`not a line of the log: ${line}`);
            }
        });
}

/** What becomes of things that are not synced. */
export interface Fate {
    readonly name: string;
    /** Of a name that was made, changed or removed. */
    name_(random: Random): boolean;
    /** Of a write: all of it, nothing, only the file's length, or some sectors. */
    write(isHeader: boolean, random: Random): "all" | "none" | "length" | "torn";
}

/** The extremes, and chance. */
export const fates: readonly Fate[] = [
    { name: "nothing", name_: () => false, write: () => "none" },
    { name: "everything", name_: () => true, write: () => "all" },
    { name: "names", name_: () => true, write: () => "none" },
    { name: "headers", name_: () => true, write: (isHeader) => (isHeader ? "all" : "none") },
    { name: "data", name_: () => true, write: (isHeader) => (isHeader ? "none" : "all") },
    { name: "lengths", name_: () => true, write: (isHeader) => (isHeader ? "all" : "length") },
];

export const chance: Fate = {
    name: "chance",
    name_: (random) => random.below(2) === 0,
    write: (_, random) => random.of(["all", "none", "length", "torn"]),
};

function writeInto(
    old: Buffer,
    at: number,
    data: Buffer,
    keep: (sector: number) => boolean,
): Buffer {
    const length = Math.max(old.length, at + data.length);
    const content = Buffer.concat([old, Buffer.alloc(length - old.length)]);
    for (let from = at; from < at + data.length; ) {
        const to = Math.min((Math.floor(from / SECTOR) + 1) * SECTOR, at + data.length);
        if (keep(Math.floor(from / SECTOR))) data.copy(content, from, from - at, to - at);
        from = to;
    }
    return content;
}

function apply(content: Buffer, event: Event, how: string, random: Random): Buffer {
    if (event.kind === "truncate") {
        if (how === "none") return content;
        return content.length > event.length
            ? content.subarray(0, event.length)
            : Buffer.concat([content, Buffer.alloc(event.length - content.length)]);
    }
    if (event.kind !== "write" || how === "none") return content;
    if (how === "length") return writeInto(content, event.at, event.data, () => false);
    const keep = how === "all" ? () => true : () => random.below(2) === 0;
    return writeInto(content, event.at, event.data, keep);
}

/** Index of the event with which the last completed sync of a file (null: of the folder) began. */
function lastSync(log: Log, until: number, file: number | null): number {
    let begun = -1;
    let sure = -1;
    for (let i = 0; i < until; i++) {
        const event = log[i] as Event;
        const kind = event.kind;
        if (
            file === null ? kind === "folder-begin" : kind === "sync-begin" && event.file === file
        ) {
            begun = i;
        } else if (
            file === null ? kind === "folder-end" : kind === "sync-end" && event.file === file
        ) {
            sure = begun;
        }
    }
    return sure;
}

/** What a file certainly holds: what was done to it before its last completed sync. */
export function sureContent(log: Log, until: number, file: number): Buffer {
    const sure = lastSync(log, until, file);
    let content: Buffer = Buffer.alloc(0);
    for (const event of log.slice(0, Math.max(sure, 0))) {
        if ((event.kind === "write" || event.kind === "truncate") && event.file === file) {
            content = apply(content, event, "all", { below: () => 0, of: ([one]) => one as never });
        }
    }
    return content;
}

export interface Found {
    /** 0: the one that was there before. */
    readonly file: number;
    readonly content: Buffer;
    /** It was synced before. */
    readonly isSynced: boolean;
}

/** Names and files after a power cut behind the first `until` events. `before`: what was there. */
export function cutAfter(
    log: Log,
    until: number,
    before: ReadonlyMap<string, Buffer>,
    fate: Fate,
    random: Random,
): Map<string, Found> {
    const names = new Map<string, number>();
    for (const path of before.keys()) names.set(path, 0);
    const sureNames = lastSync(log, until, null);
    const contents = new Map<number, Buffer>();
    const sure = new Map<number, number>();
    for (const [i, event] of log.slice(0, until).entries()) {
        const isSure = i < sureNames || fate.name_(random);
        if (event.kind === "create") {
            contents.set(event.file, Buffer.alloc(0));
            sure.set(event.file, lastSync(log, until, event.file));
            // The file itself exists from now on, for what follows: a later rename names it.
            names.set(event.path, event.file);
        } else if (event.kind === "rename") {
            const file = names.get(event.from);
            if (file === undefined) throw new Error(`${event.from} is not there`);
            if (!isSure) continue;
            names.delete(event.from);
            names.set(event.path, file);
        } else if (event.kind === "unlink") {
            if (isSure) names.delete(event.path);
        } else if (event.kind === "write" || event.kind === "truncate") {
            const isHeader = event.kind === "write" && event.at === 0;
            const isDone = i < (sure.get(event.file) ?? -1);
            const how = isDone ? "all" : fate.write(isHeader, random);
            const content = contents.get(event.file) ?? Buffer.alloc(0);
            contents.set(event.file, apply(content, event, how, random));
        }
    }
    const found = new Map<string, Found>();
    for (const [path, file] of names) {
        const content = file === 0 ? before.get(path) : contents.get(file);
        found.set(path, {
            file,
            content: content ?? Buffer.alloc(0),
            isSynced: file === 0 || (sure.get(file) ?? -1) >= 0,
        });
    }
    return found;
}

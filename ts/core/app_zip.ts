// SPDX-License-Identifier: MIT
// An app's zip, of ours or of another maker: what is in it, once it was found to be sound.

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";

import { type AppIdentity, readIdentity } from "./app_yaml.ts";
import { messageOf, UserError } from "./errors.ts";
import { EARLIER_STARTERS, indexSection } from "./launcher.ts";
import { readZip, ZIP_BYTES_MAX, type ZipEntry } from "./zip.ts";

export interface AppZip {
    readonly identity: AppIdentity;
    readonly bytes: Buffer;
    readonly sha256: string;
    /** Paths without the top folder. */
    readonly entries: readonly ZipEntry[];
    readonly unpackedBytes: number;
    /** The app's lines in the launcher's list. */
    readonly section: string;
}

const BLOCK_BYTES = 4096;

/** Reads and checks; throws a UserError that says what is wrong with it. */
export async function readAppZip(path: string): Promise<AppZip> {
    let bytes: Buffer;
    try {
        if ((await stat(path)).size > ZIP_BYTES_MAX) {
            throw new UserError(`${path} is larger than an app may be`);
        }
        bytes = await readFile(path);
    } catch (cause) {
        if (cause instanceof UserError) throw cause;
        if (Object(cause).code === "ENOENT")
            throw new UserError(`there is no zip ${path}`, { cause });
        throw new UserError(`cannot read ${path}: ${messageOf(cause)}`, { cause });
    }
    return openAppZip(bytes, basename(path));
}

export async function openAppZip(bytes: Buffer, name: string): Promise<AppZip> {
    const all = await readZip(bytes, name);
    const yaml = all.find(({ path }) => /^[^/]+\/app\.yaml$/.test(path));
    if (!yaml) {
        throw new UserError(`${name} is no app: it has no <id>/app.yaml`, {
            hint: "`maixjs package` makes one",
        });
    }
    const text = Buffer.from(yaml.data).toString("utf8");
    const { fields, ...identity } = readIdentity(text, `${name}: ${yaml.path}`);
    const top = `${identity.id}/`;
    const stray = all.find(({ path }) => !path.startsWith(top));
    if (stray) throw new UserError(`${name}: ${stray.path} is not in the app's folder ${top}`);
    const entries = all.map((entry) => withMode(entry, identity.id));
    const executable = findStarter(entries, identity.id);
    if (executable === null) {
        throw new UserError(`${name}: nothing starts the app: no ${identity.id}, main.sh, main.py`);
    }
    return {
        identity,
        bytes,
        sha256: createHash("sha256").update(bytes).digest("hex"),
        entries,
        unpackedBytes: entries.reduce((sum, { data }) => sum + blocks(data.length), 0),
        section: indexSection(identity.id, fields, executable),
    };
}

function blocks(bytes: number): number {
    return (Math.ceil(bytes / BLOCK_BYTES) + 1) * BLOCK_BYTES;
}

/** Other packers lose the executable bit. */
function withMode(entry: ZipEntry, id: string): ZipEntry {
    const path = entry.path.slice(id.length + 1);
    const isStarter = path === id || path === "main.sh";
    return { path, data: entry.data, isExecutable: entry.isExecutable || isStarter };
}

/** What the launcher's list calls the app's executable: as gen_app_info.py does. */
function findStarter(entries: readonly ZipEntry[], id: string): string | null {
    const paths = new Set(entries.map(({ path }) => path));
    if (paths.has("main.py")) return "main.py";
    return paths.has(id) || EARLIER_STARTERS.some((name) => paths.has(name)) ? id : null;
}

// SPDX-License-Identifier: MIT
// Zip files of apps: ours, written so that the same files give the same bytes everywhere, and those
// of others, of which nothing is believed.

import { buffer } from "node:stream/consumers";
import { crc32 } from "node:zlib";

import { type Zippable, zipSync } from "fflate";
import { type Entry, fromBufferPromise, type ZipFile } from "yauzl";

import { pathProblem } from "./app_yaml.ts";
import { messageOf, UserError } from "./errors.ts";

export interface ZipEntry {
    /** With slashes. */
    readonly path: string;
    readonly data: Uint8Array;
    readonly isExecutable: boolean;
}

/** What an app may be at most: it is packed, checked and sent from memory. */
export const ENTRIES_MAX = 10_000;
export const UNPACKED_BYTES_MAX = 512 * 1024 * 1024;
export const ZIP_BYTES_MAX = 256 * 1024 * 1024;

const UNIX = 3;
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;
const LINK = 0o120000;

/** The order of a folder, the clock, umask and the time zone do not show in the bytes. */
export function writeZip(entries: readonly ZipEntry[]): Uint8Array {
    const mtime = new Date(1980, 0, 1, 12); // local, as a zip's times have no time zone
    const files: Zippable = {};
    const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
    for (const { path, data, isExecutable } of sorted) {
        const mode = REGULAR | (isExecutable ? 0o755 : 0o644);
        const attrs = mode * 2 ** 16;
        files[path] = [data, { os: UNIX, attrs, mtime, level: 9 }];
    }
    return zipSync(files);
}

/**
 * All files of a zip of whatever maker. Refuses what could harm a board or this machine's memory:
 * paths that lead elsewhere, links, devices, sizes that are wrong or too large.
 */
export async function readZip(bytes: Buffer, name: string): Promise<ZipEntry[]> {
    const fail = (problem: string): never => {
        throw new UserError(`${name}: ${problem}`);
    };
    if (bytes.length > ZIP_BYTES_MAX) fail("is larger than an app may be");
    let zip: ZipFile;
    const files: Entry[] = [];
    try {
        zip = await fromBufferPromise(bytes, { strictFileNames: true });
        if (zip.entryCount > ENTRIES_MAX) fail(`has more than ${ENTRIES_MAX} files`);
        for await (const entry of zip.eachEntry()) {
            if (checkEntry(entry, fail)) files.push(entry);
        }
    } catch (error) {
        if (error instanceof UserError) throw error;
        return fail(`is no sound zip file (${messageOf(error)})`);
    }
    checkTogether(files, fail);
    const entries: ZipEntry[] = [];
    for (const entry of files) entries.push(await unpack(zip, entry, fail));
    return entries;
}

type Fail = (problem: string) => never;

function unixMode(entry: Entry): number {
    const isUnix = entry.versionMadeBy >>> 8 === UNIX;
    return isUnix ? entry.externalFileAttributes >>> 16 : 0;
}

/** Whether it is a file; folders come by themselves. */
function checkEntry(entry: Entry, fail: Fail): boolean {
    const { fileName } = entry;
    const isFolder = fileName.endsWith("/");
    const path = isFolder ? fileName.slice(0, -1) : fileName;
    const shown = JSON.stringify(fileName);
    // The name may come from an extra field that the board's own unpacker does not know.
    const raw = entry.fileNameRaw.toString("latin1").replace(/\/$/, "");
    const problem = pathProblem(path) ?? pathProblem(raw);
    if (problem) fail(`the path ${shown} ${problem}`);
    if (path.split("/").some((part) => part === "" || part === ".")) {
        fail(`the path ${shown} is not in its plain form`);
    }
    const type = unixMode(entry) & TYPE_MASK;
    if (type === LINK) fail(`${shown} is a symbolic link`);
    if (type !== 0 && type !== REGULAR && type !== FOLDER) fail(`${shown} is no file`);
    if (isFolder !== (type === FOLDER) && type !== 0) fail(`${shown} is no file`);
    if (entry.isEncrypted()) fail(`${shown} is encrypted`);
    if (!entry.canDecodeFileData()) fail(`${shown} is compressed in an unknown way`);
    return !isFolder;
}

function checkTogether(files: readonly Entry[], fail: Fail): void {
    const paths = new Set(files.map((entry) => entry.fileName));
    if (paths.size !== files.length) fail("has two files of one name");
    for (const path of paths) {
        for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
            const folder = path.slice(0, at);
            if (paths.has(folder)) fail(`"${folder}" is both a file and a folder`);
        }
    }
    const total = files.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
    if (total > UNPACKED_BYTES_MAX) {
        fail(`unpacks to more than ${UNPACKED_BYTES_MAX / 1024 / 1024} MiB`);
    }
}

/** The reader ends a file that is longer than its header said, so that no size is a lie. */
async function unpack(zip: ZipFile, entry: Entry, fail: Fail): Promise<ZipEntry> {
    let data: Buffer;
    try {
        data = await buffer(await zip.openReadStreamPromise(entry));
    } catch (error) {
        return fail(`"${entry.fileName}" is damaged (${messageOf(error)})`);
    }
    if (crc32(data) !== entry.crc32) fail(`"${entry.fileName}" is damaged (checksum)`);
    return {
        path: entry.fileName,
        data,
        isExecutable: (unixMode(entry) & 0o100) !== 0,
    };
}

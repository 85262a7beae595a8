// SPDX-License-Identifier: MIT
// maix:fs on top of a few system calls (modules/fs/fs_js.c).

/// <reference path="../../modules/fs/fs.d.ts" />

import type { Data, Mode, File as PublicFile } from "maix:fs";

import { checkFlags, checkString, checkWhole, type NativeBase } from "./maix_native.ts";
import { basename, dirname, normalise, splitext } from "./maix_paths.ts";

export interface Native extends NativeBase {
    /** Mode and size; undefined where there is nothing. */
    stat(path: string, follow: boolean): [mode: number, size: number] | undefined;
    /** False: something is there already. */
    mkdir(path: string): boolean;
    rmdir(path: string): void;
    remove(path: string): void;
    rename(src: string, dst: string): void;
    symlink(src: string, link: string): void;
    realpath(path: string): string;
    getcwd(): string;
    syncAll(): void;
    open(path: string, mode: string): number;
    close(fd: number): void;
    /** Bytes read; 0 at the end. */
    read(fd: number, into: Uint8Array): number;
    /** All of it; an error has `written`. */
    write(fd: number, data: Uint8Array): void;
    seek(fd: number, offset: number, whence: number): number;
    sync(fd: number): void;
}

const READ_BYTES_MAX = 2 ** 30;
const LINE_BYTES_MAX = 2 ** 24;
const ENTRIES_MAX = 1_000_000;
const BLOCK_BYTES = 65536;
const NEW_FILE_MODE = 0o644;

const TYPE_MASK = 0o170000;
const TYPE_FOLDER = 0o040000;
const TYPE_FILE = 0o100000;
const TYPE_LINK = 0o120000;

type Bytes = Uint8Array<ArrayBuffer>;

function bytesOf(data: unknown): Uint8Array {
    if (typeof data === "string") return new TextEncoder().encode(data);
    if (data instanceof ArrayBuffer) return new Uint8Array(data);
    if (ArrayBuffer.isView(data)) {
        return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    }
    throw new TypeError("data must be a string, an ArrayBuffer or a view of one");
}

function makeFile(native: Native) {
    const SEEK = { SEEK_SET: 0, SEEK_CUR: 1, SEEK_END: 2 } as const;
    const collected = new FinalizationRegistry<number>((fd) => native.close(fd));

    return class File implements PublicFile {
        #fd = -1;
        // Read and not yet handed out.
        #ahead: Bytes = new Uint8Array(0);
        #eof = false;
        // The engine keeps the token alive, so that it cannot be the file itself.
        readonly #token = {};

        #open(): number {
            return this.#fd >= 0 ? this.#fd : native.fail("ECLOSED", "the file is closed");
        }

        /** Forgets what was read ahead: the system's position becomes ours. */
        #settle(): number {
            const fd = this.#open();
            if (this.#ahead.length > 0) native.seek(fd, -this.#ahead.length, SEEK.SEEK_CUR);
            this.#ahead = new Uint8Array(0);
            return fd;
        }

        open(path: string, mode: Mode = "r"): void {
            checkString(path, "path");
            const [, kind, plus] =
                /^([rwa])(?:b?(\+?)|(\+)b)$/.exec(checkString(mode, "mode")) ?? [];
            if (kind === undefined)
                throw new RangeError(`mode must be like r, w or a+, not ${mode}`);
            if (this.#fd >= 0) native.fail("EBUSY", "the file is open already");
            this.#fd = native.open(path, kind + (plus || mode.includes("+") ? "+" : ""));
            this.#eof = false;
            collected.register(this, this.#fd, this.#token);
        }

        close(): void {
            const fd = this.#fd;
            if (fd < 0) return;
            this.#fd = -1;
            this.#ahead = new Uint8Array(0);
            collected.unregister(this.#token);
            native.close(fd);
        }

        read(size?: number): Bytes {
            const wanted = size === undefined ? size : checkWhole(size, "size", 0, READ_BYTES_MAX);
            const fd = this.#open();
            const limit = wanted ?? READ_BYTES_MAX;
            const blocks: Bytes[] = [];
            let bytes = 0;
            const keep = (block: Bytes) => {
                const part = block.subarray(0, limit - bytes);
                this.#ahead = block.subarray(part.length);
                blocks.push(part);
                bytes += part.length;
            };
            keep(this.#ahead);
            while (bytes < limit) {
                const left = limit - bytes;
                const into = new Uint8Array(wanted === undefined ? BLOCK_BYTES : left);
                const count = native.read(fd, into);
                if (count === 0) this.#eof = true;
                if (count === 0) break;
                keep(into.subarray(0, count));
            }
            if (wanted === undefined && bytes === limit && !this.#eof) {
                native.fail("EFBIG", `the file is larger than ${READ_BYTES_MAX} bytes`);
            }
            const [only] = blocks;
            if (blocks.length === 1 && only?.byteLength === only?.buffer.byteLength && only)
                return only;
            const all = new Uint8Array(bytes);
            let at = 0;
            for (const block of blocks) {
                all.set(block, at);
                at += block.length;
            }
            return all;
        }

        readline(): string {
            const fd = this.#open();
            let searched = 0;
            for (;;) {
                const end = this.#ahead.indexOf(10, searched);
                if (end >= 0 || this.#eof) {
                    const bytes = end >= 0 ? end + 1 : this.#ahead.length;
                    const line = this.#ahead.subarray(0, bytes);
                    this.#ahead = this.#ahead.subarray(bytes);
                    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(line);
                }
                searched = this.#ahead.length;
                if (searched >= LINE_BYTES_MAX) {
                    native.fail("EFBIG", `a line is longer than ${LINE_BYTES_MAX} bytes`);
                }
                // Doubled, so that a long line is not copied for each block.
                const more = new Uint8Array(searched + Math.max(BLOCK_BYTES, searched));
                more.set(this.#ahead);
                const count = native.read(fd, more.subarray(searched));
                this.#ahead = more.subarray(0, searched + count);
                if (count === 0) this.#eof = true;
            }
        }

        eof(): boolean {
            this.#open();
            return this.#eof && this.#ahead.length === 0;
        }

        write(data: Data): number {
            const bytes = bytesOf(data);
            native.write(this.#settle(), bytes);
            return bytes.length;
        }

        seek(offset: number, whence: number = SEEK.SEEK_SET): number {
            const max = Number.MAX_SAFE_INTEGER;
            const at = checkWhole(offset, "offset", whence === SEEK.SEEK_SET ? 0 : -max, max);
            const from = checkWhole(whence, "whence", SEEK.SEEK_SET, SEEK.SEEK_END);
            const position = native.seek(this.#settle(), at, from);
            this.#eof = false;
            return position;
        }

        tell(): number {
            return native.seek(this.#open(), 0, SEEK.SEEK_CUR) - this.#ahead.length;
        }

        flush(): void {
            native.sync(this.#open());
        }

        [Symbol.dispose](): void {
            this.close();
        }
    };
}

export function create(native: Native): typeof import("maix:fs") {
    const FileClass = makeFile(native);

    const checkPath = (path: unknown): string => checkString(path, "path");
    const typeOf = (path: string, follow = true): number | undefined => {
        const status = native.stat(checkPath(path), follow);
        return status && status[0] & TYPE_MASK;
    };
    const isdir = (path: string): boolean => typeOf(path) === TYPE_FOLDER;
    const under = (folder: string, name: string): string =>
        folder.endsWith("/") ? folder + name : `${folder}/${name}`;

    function open(path: string, mode: Mode = "r"): PublicFile {
        const file = new FileClass();
        file.open(path, mode);
        return file;
    }

    function read(path: string): Bytes {
        const file = open(path);
        try {
            const [mode = 0, size = 0] = native.stat(path, true) ?? [];
            if ((mode & TYPE_MASK) !== TYPE_FILE || size === 0) return file.read();
            if (size > READ_BYTES_MAX) {
                native.fail("EFBIG", `${path} is larger than ${READ_BYTES_MAX} bytes`);
            }
            const bytes = file.read(size);
            const more = file.read(); // it grew meanwhile
            if (more.length === 0) return bytes;
            const all = new Uint8Array(bytes.length + more.length);
            all.set(bytes);
            all.set(more, bytes.length);
            return all;
        } finally {
            file.close();
        }
    }

    function writeInto(path: string, mode: Mode, bytes: Uint8Array): void {
        const file = open(path, mode);
        try {
            file.write(bytes);
        } finally {
            file.close();
        }
    }

    function write(path: string, data: Data): void {
        const status = native.stat(checkPath(path), true);
        const bytes = bytesOf(data);
        const regular = !status || (status[0] & TYPE_MASK) === TYPE_FILE;
        // A link that leads nowhere is written through as well.
        if (!regular || (!status && typeOf(path, false) === TYPE_LINK)) {
            writeInto(path, "w", bytes);
            return;
        }
        const target = status ? native.realpath(path) : path;
        try {
            native.replace(target, bytes, NEW_FILE_MODE);
        } catch (error) {
            if (!status || (error as { code?: string }).code !== "EACCES") throw error;
            writeInto(target, "w", bytes);
        }
    }

    function mkdir(path: string, options?: { existOk?: boolean; recursive?: boolean }): void {
        const { existOk, recursive } = checkFlags(options, "mkdir", {
            existOk: true,
            recursive: true,
        });
        checkPath(path);
        if (recursive) {
            for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) {
                const above = path.slice(0, at);
                if (!isdir(above)) native.mkdir(above);
            }
        }
        if (native.mkdir(path)) return;
        if (!existOk || !isdir(path)) native.fail("EEXIST", `${path} is there already`);
    }

    function* walk(path: string): Generator<[string, string[], string[]], undefined> {
        const waiting = [checkPath(path)];
        for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
            const folders: string[] = [];
            const files: string[] = [];
            for (const name of native.readdir(folder).sort()) {
                const type = typeOf(under(folder, name), false);
                (type === TYPE_FOLDER ? folders : files).push(name);
            }
            yield [folder, folders, files];
            for (const name of folders.reverse()) waiting.push(under(folder, name));
        }
    }

    function listdir(
        path: string,
        options?: { recursive?: boolean; fullPath?: boolean },
    ): string[] {
        const flags = checkFlags(options, "listdir", { recursive: false, fullPath: false });
        const found: string[] = [];
        const take = (folder: string, names: string[]) => {
            if (found.length + names.length > ENTRIES_MAX) {
                native.fail("EFBIG", `${path} has more than ${ENTRIES_MAX} entries`);
            }
            for (const name of names) found.push(flags.fullPath ? under(folder, name) : name);
        };
        if (!flags.recursive) take(path, native.readdir(checkPath(path)));
        else for (const [folder, folders, files] of walk(path)) take(folder, folders.concat(files));
        return found.sort();
    }

    function rmdir(path: string, options?: { recursive?: boolean }): void {
        const { recursive } = checkFlags(options, "rmdir", { recursive: false });
        if (recursive && typeOf(path, false) === TYPE_FOLDER) {
            const folders: string[] = [];
            for (const [folder, , files] of walk(path)) {
                for (const name of files) native.remove(under(folder, name));
                folders.push(folder);
            }
            for (const folder of folders.slice(1).reverse()) native.rmdir(folder);
        }
        native.rmdir(checkPath(path));
    }

    return {
        SEEK: { SEEK_SET: 0, SEEK_CUR: 1, SEEK_END: 2 },
        File: FileClass,
        open,
        read,
        readText: (path) => new TextDecoder().decode(read(path)),
        write,
        append: (path, data) => writeInto(path, "a", bytesOf(data)),
        exists: (path) => typeOf(path) !== undefined,
        isdir,
        isfile: (path) => typeOf(path) === TYPE_FILE,
        islink: (path) => typeOf(path, false) === TYPE_LINK,
        getsize: (path) =>
            native.stat(checkPath(path), true)?.[1] ?? native.fail("ENOENT", `there is no ${path}`),
        listdir,
        walk,
        mkdir,
        rmdir,
        remove: (path) => native.remove(checkPath(path)),
        rename(src, dst) {
            checkString(src, "src");
            const folder = dirname(checkString(dst, "dst").replace(/(.)\/+$/, "$1"));
            if (!isdir(folder) && native.stat(src, false)) mkdir(folder);
            native.rename(src, dst);
        },
        symlink(src, link, options) {
            const { force } = checkFlags(options, "symlink", { force: false });
            checkString(src, "src");
            checkString(link, "link");
            if (force && typeOf(link, false) === TYPE_LINK) native.remove(link);
            native.symlink(src, link);
        },
        sync: () => native.syncAll(),
        isabs: (path) => checkPath(path).startsWith("/"),
        dirname: (path) => dirname(checkPath(path)),
        basename: (path) => basename(checkPath(path)),
        join: (...parts) => normalise(parts.map(checkPath).filter(Boolean).join("/")),
        splitext: (path) => splitext(checkPath(path)),
        abspath: (path) =>
            normalise(checkPath(path)[0] === "/" ? path : `${native.getcwd()}/${path}`),
        realpath: (path) => native.realpath(checkPath(path)),
        getcwd: () => native.getcwd(),
        tempdir() {
            const folder = native.getenv("TMPDIR");
            return folder?.startsWith("/") ? folder : "/tmp";
        },
    };
}

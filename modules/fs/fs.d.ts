// SPDX-License-Identifier: MIT
// The types of `maix:fs`: files, folders and paths.

/**
 * Files, folders and paths: MaixPy's calls, and `read`, `readText`, `write`, `append` beside them.
 *
 * ```ts
 * import { app, fs } from "maix";
 *
 * const path = fs.join(app.getAppDataPath(), "notes.txt");
 * fs.write(path, "one\n");
 * fs.append(path, "two\n");
 * console.log(fs.readText(path), fs.getsize(path));
 *
 * using file = fs.open(path, "r"); // closed at the end of the block
 * for (let line = file.readline(); line !== ""; line = file.readline()) console.log(line.trimEnd());
 * ```
 *
 * Nothing fails silently: where MaixPy returns an error code, these throw. Every write is checked, a
 * signal (EINTR) interrupts none; sizes and positions count bytes in 64 bits (exact to 2^53).
 * Text is UTF-8. A path is a string without NUL, else TypeError or RangeError; names on the disk that
 * are not UTF-8 cannot be reached. Options are an object; an unknown one is a TypeError.
 *
 * Errors have a `code`: `ENOENT` (no such file or folder), `EEXIST`, `ENOTEMPTY`, `EACCES` (also a
 * read-only file system), `ENOSPC`, `EFBIG` (a limit named here, or of the process), `EINVAL` (a
 * folder as file, a loop of links, a name too long), `EMFILE`, `EIO`, `ECLOSED` (a closed File),
 * `EUNSUPPORTED` (importing this module in a worker).
 */
declare module "maix:fs" {
    /** What can be written: text (as UTF-8), or bytes. */
    export type Data = string | ArrayBufferView | ArrayBuffer;

    /** Where `File.seek` counts from. */
    export const SEEK: {
        readonly SEEK_SET: 0;
        readonly SEEK_CUR: 1;
        readonly SEEK_END: 2;
    };
    export type SEEK = (typeof SEEK)[keyof typeof SEEK];

    // --- Whole files ---

    /** The whole file. At most 1 GiB, else `EFBIG`. Also files of /proc and /sys. */
    export function read(path: string): Uint8Array<ArrayBuffer>;
    /** The whole file as text; a byte order mark is left out, bad bytes become U+FFFD. */
    export function readText(path: string): string;
    /**
     * Writes a whole file, made or replaced, atomically: whoever reads it, and a power cut, finds the
     * old content or the new. It keeps the permissions of the file that it replaces (a new one has
     * 0644) and follows links. Not atomic, but in place, where no file can be made beside it (/sys,
     * a device, a folder that you may not write to).
     */
    export function write(path: string, data: Data): void;
    /** Adds to the end of a file; makes it. What does not fit throws, with `err.written` bytes. */
    export function append(path: string, data: Data): void;

    // --- What is there ---

    /** Whether something is there; links are followed. */
    export function exists(path: string): boolean;
    /** Whether it is a folder; false where there is nothing. Links are followed. */
    export function isdir(path: string): boolean;
    /** Whether it is a regular file; false where there is nothing. Links are followed. */
    export function isfile(path: string): boolean;
    /** Whether it is a symbolic link; false where there is nothing. */
    export function islink(path: string): boolean;
    /** Bytes of a file; links are followed. */
    export function getsize(path: string): number;
    /**
     * The names in a folder, sorted by code units, without `.` and `..`. Links to folders are not
     * followed. At most 1,000,000, else `EFBIG`.
     */
    export function listdir(
        path: string,
        options?: {
            /** Also what is in the folders below; default false. */
            readonly recursive?: boolean;
            /** Paths that begin with `path` instead of names; default false. */
            readonly fullPath?: boolean;
        },
    ): string[];
    /**
     * Each folder below `path` and itself, from the top: its path, the names of its folders, the names
     * of all else. Links to folders count as files.
     */
    export function walk(path: string): IterableIterator<[string, string[], string[]]>;

    // --- Changes ---

    /** Makes a folder (0777 without the umask). */
    export function mkdir(
        path: string,
        options?: {
            /** A folder that is there already is fine; default true. Else `EEXIST`. */
            readonly existOk?: boolean;
            /** Also the folders above it; default true. */
            readonly recursive?: boolean;
        },
    ): void;
    /** Removes a folder. `ENOTEMPTY` unless `recursive` (default false), which follows no links. */
    export function rmdir(path: string, options?: { readonly recursive?: boolean }): void;
    /** Removes a file or a link, not a folder. */
    export function remove(path: string): void;
    /** Renames or moves within a file system; makes the folders above `dst`, replaces a file there. */
    export function rename(src: string, dst: string): void;
    /**
     * Makes `link` a symbolic link to `src`, which need not be there.
     * `force` (default false): a link that is there is replaced.
     */
    export function symlink(
        src: string,
        link: string,
        options?: { readonly force?: boolean },
    ): void;
    /** Waits until all that was written is on the disks. */
    export function sync(): void;

    // --- Paths, as text ---

    /** Whether it begins with a slash. */
    export function isabs(path: string): boolean;
    /** All before the last part: `"a"` of `"a/b"`, `"."` of `"b"`, `"/"` of `"/b"`. */
    export function dirname(path: string): string;
    /** The last part; `""` after a slash at the end. */
    export function basename(path: string): string;
    /** The parts with slashes between, `.`, `..` and doubled slashes resolved as text. */
    export function join(...parts: string[]): string;
    /** `["a/b.tar", ".gz"]` of `"a/b.tar.gz"`; a name like `.profile` has no extension. */
    export function splitext(path: string): [root: string, extension: string];
    /** Absolute, after the current folder; `.` and `..` are resolved as text. */
    export function abspath(path: string): string;
    /** Absolute, without links; it must be there. */
    export function realpath(path: string): string;
    /** The current folder. */
    export function getcwd(): string;
    /** Where temporary files go: `TMPDIR` where that is absolute, else `/tmp`. */
    export function tempdir(): string;

    // --- Open files ---

    /** `r`, `w`, `a`, with `+` to read and write, with or without `b`, which means nothing here. */
    export type Mode =
        | "r"
        | "w"
        | "a"
        | "r+"
        | "w+"
        | "a+"
        | "rb"
        | "wb"
        | "ab"
        | "rb+"
        | "wb+"
        | "ab+"
        | "r+b"
        | "w+b"
        | "a+b";

    /**
     * Opens a file.
     * @param mode default `"r"`; RangeError for another than these
     */
    export function open(path: string, mode?: Mode): File;

    /** An open file. Writes go to the system at once; closed by `close`, `using`, or when collected. */
    export class File {
        /** A closed one. */
        constructor();
        /** `EBUSY` if it is open. */
        open(path: string, mode?: Mode): void;
        /** Closes it; again does nothing. */
        close(): void;
        /**
         * The next bytes, at most `size` (0 to 1 GiB), fewer only at the end of the file.
         * Default: all that is left, at most 1 GiB, else `EFBIG`.
         */
        read(size?: number): Uint8Array<ArrayBuffer>;
        /** The next line with its `\n`; `""` at the end. At most 16 MiB, else `EFBIG`. */
        readline(): string;
        /** Whether a read has met the end of the file since the last `seek`. */
        eof(): boolean;
        /** Writes all, and returns the bytes. What does not fit throws, with `err.written` bytes. */
        write(data: Data): number;
        /**
         * Moves to `offset` bytes from `whence`, default `SEEK_SET`.
         * @returns the new position from the beginning
         */
        seek(offset: number, whence?: SEEK): number;
        /** The position, in bytes. */
        tell(): number;
        /** Waits until what was written is on the disk (fsync). */
        flush(): void;
        [Symbol.dispose](): void;
    }
}

// SPDX-License-Identifier: MIT
// The types of `qjs:std`, `qjs:os` and `qjs:bjson`: files, processes, terminals. They are
// QuickJS-ng's own modules (0.16), written down from its source.

/**
 * Files in the manner of C's stdio, the environment, and evaluating code.
 *
 * Failures are told as `null` or by a number, not thrown: look at every result. Where a function
 * takes an `errorObj`, its property `errno` is set to the error number (`std.Error`), or to 0.
 *
 * ```ts
 * import * as std from "qjs:std";
 *
 * const failed = { errno: 0 };
 * const file = std.open("notes.txt", "w", failed);
 * if (file === null) throw new Error(std.strerror(failed.errno));
 * file.puts("hello\n");
 * file.close();
 * ```
 */
declare module "qjs:std" {
    /** Takes the error number of a call. */
    interface ErrorObject {
        errno?: number;
    }

    interface EvalOptions {
        /** The stack of an error ends at this code. Default `false`. */
        backtrace_barrier?: boolean;
        /** The value given is compiled code that is to be run. Default `false`. */
        eval_function?: boolean;
        /** The value given is a compiled module that is to be run. Default `false`. */
        eval_module?: boolean;
        /** Compile only: gives the compiled code. Default `false`. */
        compile_only?: boolean;
        /** The code is a module. Default `false`. */
        compile_module?: boolean;
        /** The code may `await` at top level; gives a promise. Default `false`. */
        async?: boolean;
    }

    /**
     * A stream of C's stdio, buffered. It is closed when it is collected as garbage; close files
     * that you write, or flush them. Every member throws TypeError after `close()`.
     */
    interface FILE {
        /**
         * Closes it. For `popen` it waits for the command and gives its wait status.
         * @returns 0, or minus the error number
         * @throws TypeError for standard input, output and error
         */
        close(): number;
        /** Writes values as strings, in UTF-8, one after the other. */
        puts(...values: unknown[]): void;
        /** Writes a formatted line; see {@link sprintf}. @returns bytes written */
        printf(format?: string, ...values: unknown[]): number;
        /** Writes what is buffered. Errors are seen by `error()`. */
        flush(): void;
        /** Position in bytes, or -1. */
        tell(): number;
        /** As `tell`. */
        tello(): bigint;
        /**
         * Moves to a position.
         * @param offset bytes
         * @param whence `SEEK_SET`, `SEEK_CUR` or `SEEK_END`
         * @returns 0, or minus the error number
         */
        seek(offset: number | bigint, whence: number): number;
        /** Was the end met by reading? */
        eof(): boolean;
        /** The file descriptor. */
        fileno(): number;
        /** Did reading or writing fail? */
        error(): boolean;
        /** Forgets `eof` and `error`. */
        clearerr(): void;
        /**
         * Reads into a buffer.
         * @param position index of the first byte to fill; default 0
         * @param length bytes; default, and at most, up to the buffer's end
         * @returns bytes read; fewer at the end or on an error
         */
        read(buffer: ArrayBufferLike, position?: number, length?: number): number;
        /**
         * Writes bytes of a buffer, or of a text in UTF-8.
         * @param position index of the first byte; default 0
         * @param length bytes; default, and at most, up to the end
         * @returns bytes taken; fewer on an error
         */
        write(data: ArrayBufferLike | string, position?: number, length?: number): number;
        /** The next line, without its end; `null` at the end of the file. */
        getline(): string | null;
        /** Reads to the end, or at most that many bytes. */
        readAsArrayBuffer(maxBytes?: number): ArrayBuffer;
        /** Reads to the end, or at most that many bytes, as UTF-8. */
        readAsString(maxBytes?: number): string;
        /** The next byte, -1 at the end. */
        getByte(): number;
        /** Writes a byte. @returns it, -1 on an error */
        putByte(byte: number): number;
    }

    /** Ends the program at once; open recordings are finalised first. @param status default 0 */
    export function exit(status?: number): never;
    /** Collects garbage now. */
    export function gc(): void;
    /**
     * Evaluates code as a global script.
     * @returns the value of its last expression; what the options say otherwise
     */
    export function evalScript(code: unknown, options?: EvalOptions): unknown;
    /** Evaluates a file as a global script. @returns the value of its last expression */
    export function loadScript(path: string): unknown;
    /** A variable of the environment, `undefined` where there is none. */
    export function getenv(name: string): string | undefined;
    /** Sets a variable of this process's environment. */
    export function setenv(name: string, value: string): void;
    /** Removes a variable from this process's environment. */
    export function unsetenv(name: string): void;
    /** All variables of the environment. */
    export function getenviron(): Record<string, string>;
    /** Fetches a URL by running `curl`; `null` on failure. */
    export function urlGet(url: string, options?: { binary?: false; full?: false }): string | null;
    export function urlGet(
        url: string,
        options: { binary: true; full?: false },
    ): ArrayBuffer | null;
    export function urlGet(
        url: string,
        options: { binary?: false; full: true },
    ): UrlResponse<string>;
    export function urlGet(
        url: string,
        options: { binary: true; full: true },
    ): UrlResponse<ArrayBuffer>;

    /** What `urlGet` gives with `full`: also for a status that is no success. */
    interface UrlResponse<T> {
        /** The body; `null`: no answer. */
        response: T | null;
        /** The header lines, separated by CR LF. Not there without an answer. */
        responseHeaders?: string;
        /** The HTTP status. Not there without an answer. */
        status?: number;
    }

    /** A whole file as text in UTF-8; `null` where it cannot be read. */
    export function loadFile(path: string, options?: { binary?: false }): string | null;
    /** A whole file as bytes; `null` where it cannot be read. */
    export function loadFile(
        path: string,
        options: { binary: true },
    ): Uint8Array<ArrayBuffer> | null;
    /**
     * Writes a whole file: a text in UTF-8, or bytes. **Of a typed array the whole `buffer` is
     * written**, whatever part of it the array shows. Empty content throws, too.
     * @throws Error where it cannot be written
     */
    export function writeFile(
        path: string,
        data: string | ArrayBuffer | ArrayBufferView<ArrayBuffer>,
    ): void;
    /** The text for an error number. */
    export function strerror(errno: number): string;
    /**
     * Opens a file.
     * @param mode as of C's `fopen`: the letters `r w a + b x`
     * @returns `null` on failure
     * @throws TypeError for another mode
     */
    export function open(path: string, mode: string, errorObj?: ErrorObject): FILE | null;
    /**
     * Runs a command in the shell.
     * @param mode `"r"`: read its output; `"w"`: write its input
     * @returns `null` on failure
     */
    export function popen(command: string, mode: "r" | "w", errorObj?: ErrorObject): FILE | null;
    /** A temporary file, open for reading and writing, gone when closed; `null` on failure. */
    export function tmpfile(errorObj?: ErrorObject): FILE | null;
    /** A stream on a file descriptor, which it then owns. @param mode the letters `r w a +` */
    export function fdopen(fd: number, mode: string, errorObj?: ErrorObject): FILE | null;
    /** Writes values as strings to standard output, one after the other. */
    export function puts(...values: unknown[]): void;
    /** Writes a formatted text to standard output; see {@link sprintf}. @returns bytes written */
    export function printf(format?: string, ...values: unknown[]): number;
    /**
     * A formatted text, as of C's `sprintf`: `%c %d %i %o %u %x %X %s %e %f %g %a %E %F %G %A %%`
     * with flags, width and precision; integers have 32 bits, after `l` 64.
     * @throws ReferenceError for a missing argument; TypeError for another conversion
     */
    export function sprintf(format?: string, ...values: unknown[]): string;

    /** `seek` counts from the start. */
    export const SEEK_SET: number;
    /** `seek` counts from the current position. */
    export const SEEK_CUR: number;
    /** `seek` counts from the end. */
    export const SEEK_END: number;

    /** Error numbers. */
    const errorNumbers: {
        readonly EINVAL: number;
        readonly EIO: number;
        readonly EACCES: number;
        readonly EEXIST: number;
        readonly ENOSPC: number;
        readonly ENOSYS: number;
        readonly EBUSY: number;
        readonly ENOENT: number;
        readonly EPERM: number;
        readonly EPIPE: number;
        readonly EBADF: number;
    };

    /** Standard output. */
    export const out: FILE;
    /** Standard error. */
    export const err: FILE;

    const standardInput: FILE;

    export {
        type ErrorObject,
        type EvalOptions,
        errorNumbers as Error,
        type FILE,
        /** Standard input: `import { in as input } from "qjs:std"`. */
        standardInput as in,
        type UrlResponse,
    };
}

/**
 * Files by descriptor, folders, processes, terminals.
 *
 * Most functions return 0 or a value on success and minus the error number (`std.Error`) on
 * failure; those that return a pair have the error number as its second part, 0 for success.
 */
declare module "qjs:os" {
    /** What `stat` and `lstat` give. */
    interface Stat {
        dev: number;
        ino: number;
        /** Kind (`S_IFMT`) and permissions. */
        mode: number;
        nlink: number;
        uid: number;
        gid: number;
        rdev: number;
        /** Bytes. */
        size: number;
        /** Blocks of 512 bytes on the disk. */
        blocks: number;
        /** Last access: milliseconds since 1970. */
        atime: number;
        /** Last change of the content: milliseconds since 1970. */
        mtime: number;
        /** Last change of the entry: milliseconds since 1970. */
        ctime: number;
    }

    interface ExecOptions {
        /** Wait for the end. Default `true`. */
        block?: boolean;
        /** Look for the program in `PATH`. Default `true`. */
        usePath?: boolean;
        /** The program; default: the first argument. */
        file?: string;
        /** The folder it starts in. */
        cwd?: string;
        /** File descriptor for its standard input; default: ours. */
        stdin?: number;
        /** File descriptor for its standard output; default: ours. */
        stdout?: number;
        /** File descriptor for its standard error; default: ours. */
        stderr?: number;
        /** Its environment; default: ours. */
        env?: Readonly<Record<string, string>>;
        uid?: number;
        gid?: number;
        /** Supplementary groups, at most 64. */
        groups?: readonly number[];
    }

    /** A timer of this module; another thing than the global `setTimeout`'s number. */
    type TimerId = number;

    /**
     * Opens a file.
     * @param flags `O_…`, combined with `|`
     * @param mode permissions of a new file; default 0o666, less the umask
     * @returns a file descriptor, or minus the error number
     */
    export function open(path: string, flags: number, mode?: number): number;
    /** Opens for reading. */
    export const O_RDONLY: number;
    /** Opens for writing. */
    export const O_WRONLY: number;
    /** Opens for both. */
    export const O_RDWR: number;
    /** Writes at the end. */
    export const O_APPEND: number;
    /** Creates the file if there is none. */
    export const O_CREAT: number;
    /** Fails if there is a file. */
    export const O_EXCL: number;
    /** Empties the file. */
    export const O_TRUNC: number;
    /** Closes a file descriptor. @returns 0, or minus the error number */
    export function close(fd: number): number;
    /**
     * Moves the position of a file.
     * @param whence `std.SEEK_SET`, `std.SEEK_CUR` or `std.SEEK_END`
     * @returns the new position in bytes (of the type of `offset`), or minus the error number
     */
    export function seek(fd: number, offset: number, whence: number): number;
    export function seek(fd: number, offset: bigint, whence: number): bigint;
    /**
     * Reads into a buffer.
     * @param offset index of the first byte to fill
     * @param length bytes
     * @returns bytes read, 0 at the end, or minus the error number
     * @throws RangeError if the buffer is too short
     */
    export function read(
        fd: number,
        buffer: ArrayBufferLike,
        offset: number,
        length: number,
    ): number;
    /**
     * Writes bytes of a buffer.
     * @returns bytes written, which may be fewer, or minus the error number
     * @throws RangeError if the buffer is too short
     */
    export function write(
        fd: number,
        buffer: ArrayBufferLike,
        offset: number,
        length: number,
    ): number;
    /** Is it a terminal? */
    export function isatty(fd: number): boolean;
    /** Columns and rows of a terminal; `null`: it is none, or does not say. */
    export function ttyGetWinSize(fd: number): [columns: number, rows: number] | null;
    /** Gives keys as they are pressed, without echo, until the program ends. */
    export function ttySetRaw(fd: number): void;
    /** Removes a file or an empty folder. @returns 0, or minus the error number */
    export function remove(path: string): number;
    /** Renames; an old file is replaced. @returns 0, or minus the error number */
    export function rename(from: string, to: string): number;
    /** Calls `callback` whenever `fd` can be read; `null` ends that. Keeps the program running. */
    export function setReadHandler(fd: number, callback: (() => void) | null): void;
    /** Calls `callback` whenever `fd` can be written; `null` ends that. */
    export function setWriteHandler(fd: number, callback: (() => void) | null): void;
    /**
     * Calls `callback` in the event loop when a signal comes. `null`: the system's default;
     * `undefined`: ignore it. For SIGINT, SIGTERM and SIGHUP it takes the place of maixjs's own
     * handling: then `app.needExit()` does not know of them.
     */
    export function signal(signal: number, callback: (() => void) | null | undefined): void;
    export const SIGINT: number;
    export const SIGABRT: number;
    export const SIGFPE: number;
    export const SIGILL: number;
    export const SIGSEGV: number;
    export const SIGTERM: number;
    export const SIGQUIT: number;
    export const SIGPIPE: number;
    export const SIGALRM: number;
    export const SIGUSR1: number;
    export const SIGUSR2: number;
    export const SIGCHLD: number;
    export const SIGCONT: number;
    export const SIGSTOP: number;
    export const SIGTSTP: number;
    export const SIGTTIN: number;
    export const SIGTTOU: number;
    /** Processor time that the program has used itself (not in the kernel), in microseconds. */
    export function cputime(): number;
    /** Path of the executable. */
    export function exePath(): string | undefined;
    /** A monotonic clock in whole microseconds. */
    export function now(): number;
    /** As the global one, without arguments for the function. */
    export function setTimeout(callback: () => void, ms: number): TimerId;
    /** As the global one, without arguments for the function. */
    export function setInterval(callback: () => void, ms: number): TimerId;
    export function clearTimeout(id: TimerId | null | undefined): void;
    export function clearInterval(id: TimerId | null | undefined): void;
    /** Resolves after that many milliseconds. */
    export function sleepAsync(ms: number): Promise<void>;
    export const platform: "linux";
    /** The current folder, and an error number. */
    export function getcwd(): [path: string, errno: number];
    /** Changes the current folder. @returns 0, or minus the error number */
    export function chdir(path: string): number;
    /** Creates a folder. @param mode default 0o777, less the umask @returns 0, or minus the error number */
    export function mkdir(path: string, mode?: number): number;
    /** The names in a folder, `.` and `..` among them, in no order; and an error number. */
    export function readdir(path: string): [names: string[], errno: number];
    /**
     * Creates a folder with a new name. (For this one and `mkstemp` a failure is minus the error
     * number.)
     * @param pattern default `"tmpXXXXXX"`; the X at its end, added if missing, are replaced
     */
    export function mkdtemp(pattern?: string): [path: string, error: number];
    /** Creates and opens a file with a new name: its path, and a descriptor or minus the error number. */
    export function mkstemp(pattern?: string): [path: string, fd: number];
    /** Bits of `mode` that hold the kind. */
    export const S_IFMT: number;
    export const S_IFIFO: number;
    export const S_IFCHR: number;
    export const S_IFDIR: number;
    export const S_IFBLK: number;
    export const S_IFREG: number;
    export const S_IFSOCK: number;
    export const S_IFLNK: number;
    export const S_ISGID: number;
    export const S_ISUID: number;
    /** What is at a path, links followed. */
    export function stat(path: string): [stat: Stat, errno: 0] | [stat: null, errno: number];
    /** What is at a path, a link itself. */
    export function lstat(path: string): [stat: Stat, errno: 0] | [stat: null, errno: number];
    /**
     * Sets the times of a file: milliseconds since 1970.
     * @returns 0, or minus the error number
     */
    export function utimes(path: string, atime: number, mtime: number): number;
    /**
     * Waits that many milliseconds; the whole script waits. A signal ends it: -4 (`EINTR`). Prefer
     * `sleepMs` of `maix:time`, which ends when the program is asked to stop.
     */
    export function sleep(ms: number): number;
    /** The absolute path without links, and an error number. */
    export function realpath(path: string): [path: string, errno: number];
    /** Creates a link. @returns 0, or minus the error number */
    export function symlink(target: string, path: string): number;
    /** Where a link points, and an error number. */
    export function readlink(path: string): [target: string, errno: number];
    /**
     * Runs a program. All descriptors above 2 are closed in it.
     * @param args its arguments; the first one is the program
     * @returns its exit status (127: it could not be started), minus the signal that ended it; with
     * `block: false` its process id
     */
    export function exec(args: readonly string[], options?: ExecOptions): number;
    export function getpid(): number;
    /**
     * Waits for a child process.
     * @param options 0 or `WNOHANG`
     * @returns its process id (0: still running; minus the error number) and its wait status
     */
    export function waitpid(pid: number, options: number): [pid: number, status: number];
    /** Do not wait. */
    export const WNOHANG: number;
    /** Two ends of a pipe; `null` on failure. */
    export function pipe(): [readFd: number, writeFd: number] | null;
    /** Sends a signal. @returns 0, or minus the error number */
    export function kill(pid: number, signal: number): number;
    /** Duplicates a descriptor. @returns the new one, or minus the error number */
    export function dup(fd: number): number;
    /** Duplicates a descriptor as `to`. @returns `to`, or minus the error number */
    export function dup2(from: number, to: number): number;

    /**
     * A thread with an engine of its own. It shares nothing but SharedArrayBuffers; values are
     * copied. `maix:*` modules are not there in a worker (`EUNSUPPORTED`).
     */
    export class Worker {
        /**
         * @param path a JavaScript module (not TypeScript), relative to the calling one
         * @throws TypeError in a worker
         */
        constructor(path: string);
        /** The other side, inside a worker; `undefined` in the main thread. */
        static parent: Worker | undefined;
        /** Sends a copy of a value. */
        postMessage(message: unknown): void;
        /** Takes messages; while it is set the program keeps running. */
        onmessage: ((event: { data: unknown }) => void) | null;
    }

    export type { ExecOptions, Stat, TimerId };
}

/**
 * Values as bytes, in the engine's own format, which other versions of it may not read.
 * **Never read bytes that you do not trust**: they are not checked.
 */
declare module "qjs:bjson" {
    /**
     * Reads a value.
     * @param position index of the first byte
     * @param length bytes
     * @param flags `READ_OBJ_…`, combined with `|`; 0: plain data
     * @throws RangeError if the buffer is too short; SyntaxError for other bytes
     */
    export function read(
        buffer: ArrayBufferLike,
        position: number,
        length: number,
        flags: number,
    ): unknown;
    /** Writes a value. @param flags `WRITE_OBJ_…`, combined with `|`; 0: plain data */
    export function write(value: unknown, flags: number): ArrayBuffer;
    /** Compiled code may be read. */
    export const READ_OBJ_BYTECODE: number;
    /** Objects may stand in several places, and in themselves. */
    export const READ_OBJ_REFERENCE: number;
    /** Compiled code may be written. */
    export const WRITE_OBJ_BYTECODE: number;
    /** Objects may stand in several places, and in themselves. */
    export const WRITE_OBJ_REFERENCE: number;
    /** Compiled code without names and lines. */
    export const WRITE_OBJ_STRIP_DEBUG: number;
    /** Compiled code without its source. */
    export const WRITE_OBJ_STRIP_SOURCE: number;
}

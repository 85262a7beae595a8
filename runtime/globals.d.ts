// SPDX-License-Identifier: MIT
// The types of the globals that a script has besides ECMAScript's own (`lib` without `dom`).

/**
 * Prints lines, as Node's console does. Strings are printed as they are, errors with their stack at
 * TypeScript positions, other values inspected: two levels of objects, 100 items, 20 of a typed
 * array. On a terminal, or where `FORCE_COLOR` is set, with colours, unless `NO_COLOR` is set. When
 * the first of several arguments is a string, its formats take the following ones: `%s` text, `%d`
 * `%i` `%f` numbers, `%j` JSON, `%o` `%O` inspected, `%c` nothing, `%%` a percent sign.
 * A closed standard output (`| head -1`) asks the program to end (`app.needExit()`).
 */
interface Console {
    /** A line on standard output. */
    log(...values: unknown[]): void;
    /** A line on standard output. */
    info(...values: unknown[]): void;
    /** A line on standard output. */
    debug(...values: unknown[]): void;
    /** A line on standard error. */
    warn(...values: unknown[]): void;
    /** A line on standard error. */
    error(...values: unknown[]): void;
    /** A line on standard error, and where it was called. */
    trace(...values: unknown[]): void;
    /** Says "Assertion failed" on standard error, unless `condition` holds. Nothing is thrown. */
    assert(condition?: unknown, ...values: unknown[]): void;
    /** Rows and columns of a list of objects or lists; at most 1,000 rows. */
    table(data: unknown, columns?: readonly string[]): void;
    /** One value; `depth` levels of objects (`null`: all). */
    dir(value: unknown, options?: { depth?: number | null; showHidden?: boolean }): void;
    /** How often it was called with this label; default label `"default"`. */
    count(label?: string): void;
    countReset(label?: string): void;
    /** Begins to measure time under a label. */
    time(label?: string): void;
    /** The time since `time`. */
    timeLog(label?: string, ...values: unknown[]): void;
    /** The same, and forgets the label. */
    timeEnd(label?: string): void;
    /** Indents the lines that follow by two blanks, on both streams. */
    group(...values: unknown[]): void;
    groupCollapsed(...values: unknown[]): void;
    groupEnd(): void;
}

declare var console: Console;

/**
 * Calls `callback` once, in the event loop, after at least `ms` milliseconds (1 or more, whole;
 * anything else is 1). Once the program is asked to stop, timers do not keep it running.
 * @param args at most 16 arguments for `callback`
 * @returns an id for `clearTimeout`
 * @throws TypeError if `callback` is not a function
 */
declare function setTimeout<A extends unknown[]>(
    callback: (...args: A) => void,
    ms?: number,
    ...args: A
): number;

/**
 * Calls `callback` every `ms` milliseconds, counted from when it was due, so that it does not
 * drift. A call that comes too late is not made up for.
 * @returns an id for `clearInterval`
 */
declare function setInterval<A extends unknown[]>(
    callback: (...args: A) => void,
    ms?: number,
    ...args: A
): number;

/** Forgets a timer. An id that is none, or `undefined`, does nothing. */
declare function clearTimeout(id: number | undefined): void;
/** Forgets an interval. The same as `clearTimeout`. */
declare function clearInterval(id: number | undefined): void;

/** Calls `callback` as soon as the running code has ended, before any timer. */
declare function queueMicrotask(callback: () => void): void;

/** Text of characters up to U+00FF as base64. @throws Error for other characters */
declare function btoa(text: string): string;
/** The text that `btoa` encoded. @throws Error for something else than base64 */
declare function atob(base64: string): string;

interface Performance {
    /** Milliseconds since the program began, with fractions; monotonic. */
    now(): number;
    /** When the program began: milliseconds since 1970 (Unix time). */
    readonly timeOrigin: number;
}

declare var performance: Performance;

/** How far `TextEncoder.encodeInto` came. */
interface TextEncoderEncodeIntoResult {
    /** UTF-16 code units taken from the text. */
    read: number;
    /** Bytes written. */
    written: number;
}

/** Text to UTF-8. A lone surrogate becomes U+FFFD. */
interface TextEncoder {
    /** Always `"utf-8"`. */
    readonly encoding: string;
    /** Fresh bytes; of the empty text where none is given. */
    encode(text?: string): Uint8Array<ArrayBuffer>;
    /** As many whole characters as `bytes` has room for. */
    encodeInto(text: string, bytes: Uint8Array): TextEncoderEncodeIntoResult;
}

declare var TextEncoder: {
    readonly prototype: TextEncoder;
    new (): TextEncoder;
};

interface TextDecoderOptions {
    /** `true`: a TypeError for bytes that are no UTF-8, instead of U+FFFD. Default `false`. */
    fatal?: boolean;
    /** `true`: a byte order mark stays in the text. Default `false`. */
    ignoreBOM?: boolean;
}

interface TextDecodeOptions {
    /** `true`: more bytes will follow; a character that is cut off waits for them. */
    stream?: boolean;
}

/** UTF-8 to text. */
interface TextDecoder {
    /** Always `"utf-8"`. */
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    /** @throws TypeError for bytes that are no UTF-8, if `fatal` */
    decode(bytes?: ArrayBufferLike | ArrayBufferView, options?: TextDecodeOptions): string;
}

declare var TextDecoder: {
    readonly prototype: TextDecoder;
    /**
     * @param label `"utf-8"` or another of its names
     * @throws RangeError for another encoding
     */
    new (label?: string, options?: TextDecoderOptions): TextDecoder;
};

type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The program that runs. */
interface Process {
    /** The executable's path, the script's absolute path (not with `-e`), then the arguments. */
    argv: string[];
    /** The environment when it was first looked at. Changes stay inside the script. */
    env: Record<string, string | undefined>;
    readonly platform: "linux";
    /** The process's number. */
    pid: number;
    /** The status of a program that ends by itself, or by `exit()`: 0 to 255. @throws RangeError */
    get exitCode(): number;
    set exitCode(status: number | undefined);
    /** The working folder. */
    cwd(): string;
    /**
     * Calls `listener` when the program was asked to stop by this signal: in the event loop, which
     * then ends. As always the signal sets the exit flag (`app.needExit()`): promises go on, timers
     * that a listener sets do not fire, and no listener keeps the program from ending.
     * @throws RangeError for other events
     */
    on(signal: StopSignal, listener: (signal: StopSignal, number: number) => void): this;
    /** The same, once. */
    once(signal: StopSignal, listener: (signal: StopSignal, number: number) => void): this;
    /** Takes a listener away. */
    off(signal: StopSignal, listener: (signal: StopSignal, number: number) => void): this;
    /**
     * Ends the program at once; open recordings are finalised first.
     * @param status 0 to 255; default `exitCode`
     * @throws TypeError, RangeError
     */
    exit(status?: number): never;
}

declare var process: Process;

/** With `-e` and `-` there is no file: then `dirname` and `filename` are not there. */
interface ImportMeta {
    /** The script as a `file:` URL. */
    readonly url: string;
    /** True in the script that was started. */
    readonly main: boolean;
    /** Absolute path of the script's folder. */
    readonly dirname: string;
    /** Absolute path of the script. */
    readonly filename: string;
}

// SPDX-License-Identifier: MIT
// What the TypeScript of all maix:* modules shares: native functions (runtime/embedded.c), checked
// arguments.

export interface NativeBase {
    /** A small file's text, undefined where there is none. */
    readText(path: string): string | undefined;
    /** Writes a file whole or not at all; `mode` is for a new one. */
    replace(path: string, data: string | Uint8Array, mode: number): void;
    /** The names in a folder. */
    readdir(path: string): string[];
    /** Throws an Error with that `code`. */
    fail(code: string, message: string): never;
    getenv(name: string): string | undefined;
}

export function checkString(value: unknown, what: string): string {
    if (typeof value !== "string") throw new TypeError(`${what} must be a string`);
    if (value.includes("\0")) throw new RangeError(`${what} must not contain a NUL character`);
    return value;
}

export function checkNumber(value: unknown, what: string, min: number, max: number): number {
    if (typeof value !== "number") throw new TypeError(`${what} must be a number`);
    if (!(value >= min && value <= max)) {
        throw new RangeError(`${what} must be from ${min} to ${max}, not ${value}`);
    }
    return value;
}

export function checkWhole(value: unknown, what: string, min: number, max: number): number {
    const number = checkNumber(value, what, min, max);
    if (!Number.isInteger(number)) {
        throw new RangeError(`${what} must be a whole number, not ${number}`);
    }
    return number;
}

export function checkBoolean(value: unknown, what: string): boolean {
    if (typeof value !== "boolean") throw new TypeError(`${what} must be true or false`);
    return value;
}

/** An options object of booleans, with its defaults. */
export function checkFlags<T extends Record<string, boolean>>(
    options: unknown,
    what: string,
    defaults: T,
): T {
    if (options === undefined) return defaults;
    if (typeof options !== "object" || options === null) {
        throw new TypeError(`${what}: the options must be an object`);
    }
    const flags: Record<string, boolean> = { ...defaults };
    for (const [name, value] of Object.entries(options)) {
        if (!Object.hasOwn(defaults, name)) {
            const known = Object.keys(defaults).join(", ");
            throw new TypeError(`${what}: unknown option "${name}" (known: ${known})`);
        }
        if (value !== undefined) flags[name] = checkBoolean(value, name);
    }
    return flags as T;
}

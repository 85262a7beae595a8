// SPDX-License-Identifier: MIT
// The types of `maix:err`: MaixPy's error codes.

/**
 * MaixPy's error codes, for scripts that are ported from it. The modules here do not return them: they
 * throw Errors with a `code` such as `"ENOENT"`.
 *
 * ```ts
 * import { Err, Exception, checkBoolRaise } from "maix:err";
 *
 * checkBoolRaise(1 + 1 === 2, "arithmetic works");
 * try {
 *     throw new Exception(Err.ERR_NOT_FOUND, "no model");
 * } catch (error) {
 *     if (error instanceof Exception) console.log(error.code, error.message);
 * }
 * ```
 *
 * TypeError for arguments of another type, RangeError for numbers that are no code. Importing this
 * module in a worker throws an Error with `code` `EUNSUPPORTED`.
 */
declare module "maix:err" {
    /** MaixPy's codes, with its spelling. */
    export const Err: {
        readonly ERR_NONE: 0;
        readonly ERR_ARGS: 1;
        readonly ERR_NO_MEM: 2;
        readonly ERR_NOT_IMPL: 3;
        readonly ERR_NOT_READY: 4;
        readonly ERR_NOT_INIT: 5;
        readonly ERR_NOT_OPEN: 6;
        readonly ERR_NOT_PERMIT: 7;
        readonly ERR_REOPEN: 8;
        readonly ERR_BUSY: 9;
        readonly ERR_READ: 10;
        readonly ERR_WRITE: 11;
        readonly ERR_TIMEOUT: 12;
        readonly ERR_RUNTIME: 13;
        readonly ERR_IO: 14;
        readonly ERR_NOT_FOUND: 15;
        readonly ERR_ALREAY_EXIST: 16;
        readonly ERR_BUFF_FULL: 17;
        readonly ERR_BUFF_EMPTY: 18;
        readonly ERR_CANCEL: 19;
        readonly ERR_OVERFLOW: 20;
        readonly ERR_MAX: 21;
    };
    export type Err = (typeof Err)[keyof typeof Err];

    /** An error with one of these codes; its message begins with `toStr(err)`. */
    export class Exception extends Error {
        constructor(err: Err, message?: string);
        /** `err`: default `ERR_RUNTIME`. */
        constructor(message: string, err?: Err);
        /** The code's number. */
        readonly err: Err;
        /** The code's name: `"ERR_NOT_FOUND"`. */
        readonly code: string;
    }

    /** The code in words: `"Not found"`. */
    export function toStr(err: Err): string;
    /** The text that `setError` was given last; `"No error"` before. */
    export function getError(): string;
    /** Keeps a text for `getError`. */
    export function setError(text: string): void;
    /** @throws Exception unless it is `ERR_NONE` */
    export function checkRaise(err: Err, message?: string): void;
    /** @throws Exception with `ERR_RUNTIME` if it is false */
    export function checkBoolRaise(ok: boolean, message?: string): asserts ok;
    /** @throws Exception with `ERR_RUNTIME` if it is null or undefined */
    export function checkNullRaise<T>(value: T, message?: string): asserts value is NonNullable<T>;
}

// SPDX-License-Identifier: MIT
// maix:err: MaixPy's error codes.

/// <reference path="../../modules/err/err.d.ts" />

import type { Err as Code } from "maix:err";

import { checkBoolean, checkString, checkWhole } from "./maix_native.ts";

const names = [
    ["ERR_NONE", "No error"],
    ["ERR_ARGS", "Invalid arguments"],
    ["ERR_NO_MEM", "No memory"],
    ["ERR_NOT_IMPL", "Not implemented"],
    ["ERR_NOT_READY", "Not ready"],
    ["ERR_NOT_INIT", "Not initialized"],
    ["ERR_NOT_OPEN", "Not opened"],
    ["ERR_NOT_PERMIT", "Not permitted"],
    ["ERR_REOPEN", "Re-open"],
    ["ERR_BUSY", "Busy"],
    ["ERR_READ", "Read error"],
    ["ERR_WRITE", "Write error"],
    ["ERR_TIMEOUT", "Timeout"],
    ["ERR_RUNTIME", "Runtime error"],
    ["ERR_IO", "IO error"],
    ["ERR_NOT_FOUND", "Not found"],
    ["ERR_ALREAY_EXIST", "Already exist"],
    ["ERR_BUFF_FULL", "Buffer full"],
    ["ERR_BUFF_EMPTY", "Buffer empty"],
    ["ERR_CANCEL", "Cancel"],
    ["ERR_OVERFLOW", "Overflow"],
    ["ERR_MAX", "Invalid error code"],
] as const;

const RUNTIME = 13;

type Module = typeof import("maix:err");

export function create(): Module {
    let last = "No error";

    const checkCode = (err: unknown): Code => checkWhole(err, "err", 0, names.length - 1) as Code;

    class Exception extends Error {
        readonly err: Code;
        readonly code: string;

        constructor(first: Code | string, second?: Code | string) {
            const given = typeof first === "string" ? (second ?? RUNTIME) : first;
            const text = typeof first === "string" ? first : (second ?? "");
            const err = checkCode(given);
            super(names[err][1] + (checkString(text, "message") && `: ${text}`));
            this.name = "Exception";
            this.err = err;
            this.code = names[err][0];
        }
    }

    return {
        Err: Object.fromEntries(names.map(([name], code) => [name, code])) as Module["Err"],
        Exception: Exception as Module["Exception"],
        toStr: (err) => names[checkCode(err)][1],
        getError: () => last,
        setError(text) {
            last = checkString(text, "text");
        },
        checkRaise(err, message) {
            if (checkCode(err) !== 0) throw new Exception(err, message);
        },
        checkBoolRaise(ok, message) {
            if (!checkBoolean(ok, "ok")) throw new Exception(RUNTIME, message);
        },
        checkNullRaise(value, message) {
            if (value === null || value === undefined) throw new Exception(RUNTIME, message);
        },
    };
}

// SPDX-License-Identifier: MIT
// Native modules whose exports are written in TypeScript (ts/runtime/maix_*.ts) and embedded as
// bytecode, with a few native functions under them. Script's thread only.
//
// The TypeScript runs in the script's own context, so that its errors and classes are the script's.
// It exports one function, `create(native)`, which returns an object with the module's exports.
#ifndef MJS_EMBEDDED_H
#define MJS_EMBEDDED_H

#include <stddef.h>

#include "quickjs.h"
#include "result.h"

struct mjs_embedded {
    const char *module;        // "maix:fs"
    const unsigned char *code; // the bytecode; made by the build
    const unsigned long *code_bytes;
    const char *const *names; // what `create` returns, ended by null
    const JSCFunctionListEntry *natives;
    int native_count;
};

// For a module's `create`: declares the names. Null: exception pending.
JSModuleDef *mjs_embedded_create(JSContext *ctx, const char *name, JSModuleInitFunc *init,
                                 const struct mjs_embedded *embedded);

// For a module's init function: EUNSUPPORTED in a worker; else runs the TypeScript with the
// module's native functions and the common ones (`NativeBase` in ts/runtime/maix_native.ts), and
// exports what it gives. 0 ok, -1 exception pending.
int mjs_embedded_define(JSContext *ctx, JSModuleDef *module, const struct mjs_embedded *embedded);

// Throws an Error for a failed system call; returns JS_EXCEPTION.
JSValue mjs_embedded_throw_errno(JSContext *ctx, int sys_errno, const char *verb, const char *path);

#endif

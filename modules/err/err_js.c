// SPDX-License-Identifier: MIT
// The module maix:err: all of it is ts/runtime/maix_err.ts.
#include "err_js.h"

#include <stddef.h>

#include "../../runtime/embedded.h"

// Made by the build from ts/runtime/maix_err.ts.
extern const unsigned char mjs_embedded_maix_err[];
extern const unsigned long mjs_embedded_maix_err_bytes;

static const char *const names[] = {
    "Err",        "Exception",      "toStr",          "getError", "setError",
    "checkRaise", "checkBoolRaise", "checkNullRaise", NULL,
};

static const struct mjs_embedded embedded = {
    .module = "maix:err",
    .code = mjs_embedded_maix_err,
    .code_bytes = &mjs_embedded_maix_err_bytes,
    .names = names,
};

static int init(JSContext *ctx, JSModuleDef *module) {
    return mjs_embedded_define(ctx, module, &embedded);
}

JSModuleDef *mjs_err_js_create(JSContext *ctx, const char *name) {
    return mjs_embedded_create(ctx, name, init, &embedded);
}

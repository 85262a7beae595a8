// SPDX-License-Identifier: MIT
// The module maix:log: ts/runtime/maix_log.ts, and what it asks of the system.
#include "log_js.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../runtime/embedded.h"

// Made by the build from ts/runtime/maix_log.ts.
extern const unsigned char mjs_embedded_maix_log[];
extern const unsigned long mjs_embedded_maix_log_bytes;

// As the errors of the runtime itself: a terminal or FORCE_COLOR, and no NO_COLOR.
static JSValue is_colored(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    (void)argv;
    const char *no_color = getenv("NO_COLOR");
    const char *force_color = getenv("FORCE_COLOR");
    bool refused = no_color != NULL && no_color[0] != '\0';
    bool forced = force_color != NULL && force_color[0] != '\0' && strcmp(force_color, "0") != 0;
    return JS_NewBool(ctx, (forced || isatty(STDOUT_FILENO) == 1) && !refused);
}

static const JSCFunctionListEntry natives[] = {
    JS_CFUNC_DEF("isColored", 0, is_colored),
};

static const char *const names[] = {
    "LogLevel", "setLogLevel", "getLogLevel", "getLogUseColor", "error",
    "warn",     "info",        "debug",       "print",          NULL,
};

static const struct mjs_embedded embedded = {
    .module = "maix:log",
    .code = mjs_embedded_maix_log,
    .code_bytes = &mjs_embedded_maix_log_bytes,
    .names = names,
    .natives = natives,
    .native_count = sizeof natives / sizeof natives[0],
};

static int init(JSContext *ctx, JSModuleDef *module) {
    return mjs_embedded_define(ctx, module, &embedded);
}

JSModuleDef *mjs_log_js_create(JSContext *ctx, const char *name) {
    return mjs_embedded_create(ctx, name, init, &embedded);
}

// SPDX-License-Identifier: MIT
// The global `process`.
#include "process.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "js_util.h"

extern char **environ;

char *mjs_process_executable(void) {
    char path[PATH_MAX];
    ssize_t bytes = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (bytes <= 0) {
        return strdup("maixjs");
    }
    path[bytes] = '\0';
    return strdup(path);
}

// Leaves through exit(), so that it is the same as std.exit: recordings are finalised by atexit.
static JSValue process_exit(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    int64_t status = 0;
    if (argc > 0 && !JS_IsUndefined(argv[0]) &&
        mjs_js_get_integer(ctx, argv[0], "process.exit: the status", 0, 255, &status) != 0) {
        return JS_EXCEPTION;
    }
    exit((int)status);
}

static JSValue make_env(JSContext *ctx) {
    JSValue env = JS_NewObject(ctx);
    for (char **entry = environ; !JS_IsException(env) && *entry; entry++) {
        const char *equals = strchr(*entry, '=');
        if (!equals || equals == *entry) {
            continue;
        }
        JSAtom name = JS_NewAtomLen(ctx, *entry, (size_t)(equals - *entry));
        JSValue value = JS_NewString(ctx, equals + 1);
        if (JS_DefinePropertyValue(ctx, env, name, value, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, env);
            env = JS_EXCEPTION;
        }
        JS_FreeAtom(ctx, name);
    }
    return env;
}

static JSValue make_argv(JSContext *ctx, const char *script, int arg_count, char **args) {
    JSValue list = JS_NewArray(ctx);
    uint32_t length = 0;
    char *executable = mjs_process_executable();
    JS_SetPropertyUint32(ctx, list, length++,
                         JS_NewString(ctx, executable ? executable : "maixjs"));
    free(executable);
    if (script) {
        JS_SetPropertyUint32(ctx, list, length++, JS_NewString(ctx, script));
    }
    for (int i = 0; i < arg_count; i++) {
        JS_SetPropertyUint32(ctx, list, length++, JS_NewString(ctx, args[i]));
    }
    return list;
}

// Made when it is read for the first time: most scripts never look at the environment.
static JSValue get_env(JSContext *ctx, JSValueConst this_val) {
    JSValue env = make_env(ctx);
    if (!JS_IsException(env) &&
        JS_DefinePropertyValueStr(ctx, this_val, "env", JS_DupValue(ctx, env), JS_PROP_C_W_E) < 0) {
        JS_FreeValue(ctx, env);
        return JS_EXCEPTION;
    }
    return env;
}

static const JSCFunctionListEntry process_properties[] = {
    JS_CFUNC_DEF("exit", 1, process_exit),
    JS_PROP_STRING_DEF("platform", "linux", JS_PROP_ENUMERABLE),
    JS_CGETSET_DEF2("env", get_env, NULL, JS_PROP_CONFIGURABLE | JS_PROP_ENUMERABLE),
};

int mjs_process_install(JSContext *ctx, const char *script, int arg_count, char **args) {
    JSValue process = JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, process, process_properties,
                               (int)(sizeof(process_properties) / sizeof(process_properties[0])));
    JS_DefinePropertyValueStr(ctx, process, "argv", make_argv(ctx, script, arg_count, args),
                              JS_PROP_C_W_E);
    JSValue global = JS_GetGlobalObject(ctx);
    int result = JS_DefinePropertyValueStr(ctx, global, "process", process,
                                           JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    JS_FreeValue(ctx, global);
    return result < 0 ? -1 : 0;
}

// SPDX-License-Identifier: MIT
// The global `process`.
#include "process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "js_util.h"
#include "stop.h"

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
    int64_t status = mjs_host_of(ctx)->exit_code;
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

static JSValue get_exit_code(JSContext *ctx, JSValueConst this_val) {
    (void)this_val;
    return JS_NewInt32(ctx, mjs_host_of(ctx)->exit_code);
}

static JSValue set_exit_code(JSContext *ctx, JSValueConst this_val, JSValueConst value) {
    (void)this_val;
    int64_t status = 0;
    if (!JS_IsUndefined(value) &&
        mjs_js_get_integer(ctx, value, "process.exitCode", 0, 255, &status) != 0) {
        return JS_EXCEPTION;
    }
    mjs_host_of(ctx)->exit_code = (int)status;
    return JS_UNDEFINED;
}

static JSValue process_cwd(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    char *path = getcwd(NULL, 0);
    if (!path) {
        struct mjs_error err;
        (void)mjs_result_fail_errno(&err, errno, "the working folder has no path");
        return mjs_js_throw(ctx, &err);
    }
    JSValue text = JS_NewString(ctx, path);
    free(path);
    return text;
}

static const struct {
    const char *name;
    int number;
} signals[] = {{"SIGINT", SIGINT}, {"SIGTERM", SIGTERM}, {"SIGHUP", SIGHUP}};
#define SIGNAL_COUNT ((int)(sizeof(signals) / sizeof(signals[0])))

static int64_t list_length(JSContext *ctx, JSValueConst list) {
    int64_t length = 0;
    return JS_GetLength(ctx, list, &length) == 0 ? length : 0;
}

// Whether the entry is for this signal and, unless `func` is undefined, this function.
static bool is_entry(JSContext *ctx, JSValueConst entry, int number, JSValueConst func) {
    JSValue of = JS_GetPropertyUint32(ctx, entry, 0);
    JSValue own = JS_GetPropertyUint32(ctx, entry, 1);
    bool found =
        JS_VALUE_GET_INT(of) == number && (JS_IsUndefined(func) || JS_IsSameValue(ctx, own, func));
    JS_FreeValue(ctx, own);
    JS_FreeValue(ctx, of);
    return found;
}

// The list without one entry: the last of this function, or `which` itself. Lists are never
// changed, so that one that is being gone through stays what it was.
static void remove_listener(JSContext *ctx, int number, JSValueConst func, JSValueConst which) {
    struct mjs_host *host = mjs_host_of(ctx);
    JSValue left = JS_NewArray(ctx);
    uint32_t count = 0;
    bool removed = false;
    for (int64_t i = list_length(ctx, host->signal_listeners) - 1; i >= 0; i--) {
        JSValue entry = JS_GetPropertyInt64(ctx, host->signal_listeners, i);
        bool found = JS_IsUndefined(which) ? is_entry(ctx, entry, number, func)
                                           : JS_IsSameValue(ctx, entry, which);
        if (found && !removed) {
            removed = true;
            JS_FreeValue(ctx, entry);
        } else {
            JS_SetPropertyUint32(ctx, left, count++, entry);
        }
    }
    JSValue method = JS_GetPropertyStr(ctx, left, "reverse");
    JS_FreeValue(ctx, JS_Call(ctx, method, left, 0, NULL));
    JS_FreeValue(ctx, method);
    JS_FreeValue(ctx, host->signal_listeners);
    host->signal_listeners = left;
}

// The exit flag is set, and the loop is about to end: by a signal, or by the script itself.
static int on_stop(JSContext *ctx, void *opaque) {
    struct mjs_host *host = opaque;
    int number = mjs_stop_forced_status() - 128;
    const char *name = NULL;
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        name = signals[i].number == number ? signals[i].name : name;
    }
    int failed = 0;
    JSValue list = JS_DupValue(ctx, host->signal_listeners);
    int64_t count = name ? list_length(ctx, list) : 0;
    for (int64_t i = 0; i < count && !failed; i++) {
        JSValue entry = JS_GetPropertyInt64(ctx, list, i);
        if (is_entry(ctx, entry, number, JS_UNDEFINED)) {
            JSValue func = JS_GetPropertyUint32(ctx, entry, 1);
            JSValue once = JS_GetPropertyUint32(ctx, entry, 2);
            if (JS_ToBool(ctx, once) > 0) {
                remove_listener(ctx, number, func, entry);
            }
            JSValue args[2] = {JS_NewString(ctx, name), JS_NewInt32(ctx, number)};
            JSValue result = JS_Call(ctx, func, JS_UNDEFINED, 2, (JSValueConst *)args);
            failed = JS_IsException(result) ? -1 : 0;
            JS_FreeValue(ctx, result);
            JS_FreeValue(ctx, args[0]);
            JS_FreeValue(ctx, func);
        }
        JS_FreeValue(ctx, entry);
    }
    JS_FreeValue(ctx, list);
    return failed;
}

enum listen { ON, ONCE, OFF };

static JSValue process_listen(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                              int how) {
    (void)argc;
    struct mjs_host *host = mjs_host_of(ctx);
    const char *name = mjs_js_get_string(ctx, argv[0], "process.on: the event");
    if (!name) {
        return JS_EXCEPTION;
    }
    int number = 0;
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        number = strcmp(signals[i].name, name) == 0 ? signals[i].number : number;
    }
    if (number == 0) {
        JS_ThrowRangeError(ctx, "process.on knows SIGINT, SIGTERM and SIGHUP, not \"%s\"", name);
    }
    JS_FreeCString(ctx, name);
    if (number == 0) {
        return JS_EXCEPTION;
    }
    if (!JS_IsFunction(ctx, argv[1])) {
        return JS_ThrowTypeError(ctx, "process.on: the listener must be a function");
    }
    if (how == OFF) {
        remove_listener(ctx, number, argv[1], JS_UNDEFINED);
        return JS_DupValue(ctx, this_val);
    }
    if (JS_IsUndefined(host->signal_listeners)) {
        host->signal_listeners = JS_NewArray(ctx);
        if (mjs_js_watch_stop(ctx, on_stop, host) < 0) {
            return JS_EXCEPTION;
        }
    }
    JSValue entry = JS_NewArray(ctx);
    JS_SetPropertyUint32(ctx, entry, 0, JS_NewInt32(ctx, number));
    JS_SetPropertyUint32(ctx, entry, 1, JS_DupValue(ctx, argv[1]));
    JS_SetPropertyUint32(ctx, entry, 2, JS_NewBool(ctx, how == ONCE));
    int64_t length = list_length(ctx, host->signal_listeners);
    if (JS_SetPropertyInt64(ctx, host->signal_listeners, length, entry) < 0) {
        return JS_EXCEPTION;
    }
    return JS_DupValue(ctx, this_val);
}

void mjs_process_free(struct mjs_host *host) {
    JS_FreeValue(host->ctx, host->signal_listeners);
    host->signal_listeners = JS_UNDEFINED;
}

static const JSCFunctionListEntry process_properties[] = {
    JS_CFUNC_DEF("exit", 1, process_exit),
    JS_CFUNC_DEF("cwd", 0, process_cwd),
    JS_CFUNC_MAGIC_DEF("on", 2, process_listen, ON),
    JS_CFUNC_MAGIC_DEF("once", 2, process_listen, ONCE),
    JS_CFUNC_MAGIC_DEF("off", 2, process_listen, OFF),
    JS_CGETSET_DEF2("exitCode", get_exit_code, set_exit_code,
                    JS_PROP_CONFIGURABLE | JS_PROP_ENUMERABLE),
    JS_PROP_STRING_DEF("platform", "linux", JS_PROP_ENUMERABLE),
    JS_CGETSET_DEF2("env", get_env, NULL, JS_PROP_CONFIGURABLE | JS_PROP_ENUMERABLE),
};

int mjs_process_install(JSContext *ctx, const char *script, int arg_count, char **args) {
    mjs_host_of(ctx)->signal_listeners = JS_UNDEFINED;
    JSValue process = JS_NewObject(ctx);
    JS_DefinePropertyValueStr(ctx, process, "pid", JS_NewInt32(ctx, (int32_t)getpid()),
                              JS_PROP_C_W_E);
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

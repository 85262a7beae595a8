// SPDX-License-Identifier: MIT
// The functions that ts/runtime/repl.ts calls. They run in the tools' context; what was typed runs
// in the script's.
#include "repl_host.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "esbuild.h"
#include "repl_terminal.h"
#include "stop.h"
#include "tools.h"

#define HISTORY_BYTES_MAX ((size_t)16 << 20)
#define HISTORY_MODE 0600

static struct mjs_repl *repl;

static JSValue repl_write(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    size_t bytes;
    const char *text = JS_ToCStringLen(ctx, &bytes, argv[0]);
    if (!text) {
        return JS_EXCEPTION;
    }
    // A terminal that has gone says so when it is read.
    (void)mjs_buffer_write_fd(STDOUT_FILENO, text, bytes);
    JS_FreeCString(ctx, text);
    return JS_UNDEFINED;
}

static JSValue repl_columns(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    return JS_NewInt32(ctx, mjs_repl_terminal_columns());
}

static JSValue repl_is_proxy(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    return JS_NewBool(ctx, JS_IsProxy(argv[0]));
}

// compile(code, name): undefined, or why it does not compile.
static JSValue repl_compile(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    JSContext *script = repl->host->ctx;
    size_t bytes;
    const char *code = JS_ToCStringLen(ctx, &bytes, argv[0]);
    const char *name = JS_ToCString(ctx, argv[1]);
    JSValue result = JS_EXCEPTION;
    if (code && name) {
        JS_FreeValue(script, repl->compiled);
        repl->compiled = JS_Eval(script, code, bytes, name,
                                 JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_ASYNC |
                                     JS_EVAL_FLAG_COMPILE_ONLY | JS_EVAL_FLAG_BACKTRACE_BARRIER);
        result = JS_UNDEFINED;
    }
    if (!JS_IsUndefined(result) || !JS_IsException(repl->compiled)) {
        JS_FreeCString(ctx, code);
        JS_FreeCString(ctx, name);
        return result;
    }
    JSValue error = JS_GetException(script);
    struct mjs_buffer text = {0};
    mjs_errors_format(repl->host, error, mjs_errors_color(STDOUT_FILENO), &text);
    result = JS_NewStringLen(ctx, mjs_buffer_text(&text), text.bytes);
    mjs_buffer_free(&text);
    JS_FreeValue(script, error);
    repl->compiled = JS_UNDEFINED;
    JS_FreeCString(ctx, code);
    JS_FreeCString(ctx, name);
    return result;
}

// A job: the promise of what was typed is settled. `magic`: 1 for a rejection.
static JSValue on_settled(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                          int magic, JSValueConst *data) {
    (void)this_val;
    (void)argc;
    (void)data;
    repl->in_prompt++; // nothing from here on is the user's
    repl->awaiting = false;
    JSValue value = magic ? JS_DupValue(ctx, argv[0]) : JS_GetPropertyStr(ctx, argv[0], "value");
    int failed = mjs_repl_settled(magic == 1, value);
    JS_FreeValue(ctx, value);
    repl->in_prompt--;
    return failed ? JS_EXCEPTION : JS_UNDEFINED;
}

// The promise's own `then`, whatever the user has made of Promise.
static int await_promise(JSContext *ctx, JSValueConst promise) {
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue class = JS_GetPropertyStr(ctx, global, "Promise");
    JSValue prototype = JS_GetPropertyStr(ctx, class, "prototype");
    JSValue then = JS_GetPropertyStr(ctx, prototype, "then");
    JSValue args[2] = {JS_NewCFunctionData(ctx, on_settled, 1, 0, 0, NULL),
                       JS_NewCFunctionData(ctx, on_settled, 1, 1, 0, NULL)};
    JSValue result = JS_Call(ctx, then, promise, 2, (JSValueConst *)args);
    bool failed = JS_IsException(result);
    JS_FreeValue(ctx, result);
    JS_FreeValue(ctx, args[0]);
    JS_FreeValue(ctx, args[1]);
    JS_FreeValue(ctx, then);
    JS_FreeValue(ctx, prototype);
    JS_FreeValue(ctx, class);
    JS_FreeValue(ctx, global);
    return failed ? -1 : 0;
}

// run(): what was compiled, with the terminal as it was before us, and open to Ctrl-C.
static JSValue repl_run(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    JSContext *script = repl->host->ctx;
    int depth = repl->in_prompt;
    JSValue code = repl->compiled;
    repl->compiled = JS_UNDEFINED;
    mjs_repl_terminal_leave();
    repl->in_prompt = 0;
    repl->running = true;
    mjs_repl_terminal_clear_interrupts();
    mjs_repl_terminal_set_running(true);
    JSValue promise = JS_EvalFunction(script, code);
    mjs_repl_terminal_set_running(false);
    repl->running = false;
    repl->in_prompt = depth;
    bool waits = !JS_IsException(promise) && JS_PromiseState(script, promise) == JS_PROMISE_PENDING;
    if (mjs_repl_terminal_interrupts() > 0) {
        mjs_stop_clear();
        if (!waits) { // else it is for what is awaited: the loop finds it
            mjs_repl_terminal_clear_interrupts();
            mjs_repl_terminal_clear_fd();
        }
    }
    mjs_repl_terminal_enter();
    int failed;
    if (JS_IsException(promise)) {
        JSValue error = JS_GetException(script);
        failed = mjs_repl_settled(true, error);
        JS_FreeValue(script, error);
    } else {
        repl->awaiting = true;
        failed = await_promise(ctx, promise);
    }
    JS_FreeValue(script, promise);
    return failed ? JS_EXCEPTION : JS_UNDEFINED;
}

// transform(code, name): { code, messages }; undefined without esbuild.
static JSValue repl_transform(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    struct mjs_error err;
    struct mjs_buffer path = {0};
    struct mjs_buffer code = {0};
    struct mjs_buffer messages = {0};
    size_t bytes;
    char *cwd = getcwd(NULL, 0);
    const char *source = JS_ToCStringLen(ctx, &bytes, argv[0]);
    const char *name = JS_ToCString(ctx, argv[1]);
    JSValue result = JS_UNDEFINED;
    if (source && name && mjs_esbuild_find(cwd ? cwd : "/", &path, &err) == MJS_OK) {
        const struct mjs_esbuild_job job = {
            .executable = path.data,
            .code = source,
            .code_bytes = bytes,
            .code_name = name,
            .code_folder = cwd ? cwd : "/",
            .transform = true,
            .messages = &messages,
        };
        if (mjs_esbuild_run(&job, &code, &err) < 0) {
            mjs_buffer_append_text(&messages, err.message);
        }
        result = JS_NewObject(ctx);
        JS_SetPropertyStr(ctx, result, "code",
                          JS_NewStringLen(ctx, mjs_buffer_text(&code), code.bytes));
        JS_SetPropertyStr(ctx, result, "messages",
                          JS_NewStringLen(ctx, mjs_buffer_text(&messages), messages.bytes));
    }
    JS_FreeCString(ctx, source);
    JS_FreeCString(ctx, name);
    free(cwd);
    mjs_buffer_free(&path);
    mjs_buffer_free(&code);
    mjs_buffer_free(&messages);
    return result;
}

static void set_text(JSContext *ctx, struct mjs_buffer *buffer, JSValueConst value) {
    size_t bytes;
    const char *text = JS_ToCStringLen(ctx, &bytes, value);
    mjs_buffer_free(buffer);
    if (text) {
        mjs_buffer_append(buffer, text, bytes);
    }
    JS_FreeCString(ctx, text);
}

// setMap(name, map): what is evaluated next.
static JSValue repl_set_map(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    set_text(ctx, &repl->host->source.name, argv[0]);
    set_text(ctx, &repl->host->source.map, argv[1]);
    return JS_UNDEFINED;
}

// describe(value, isError): its text; undefined has none. Sets `_`.
static JSValue repl_describe(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    struct mjs_host *host = repl->host;
    if (JS_ToBool(ctx, argv[1]) == 1 || JS_IsError(argv[0])) {
        struct mjs_buffer text = {0};
        mjs_errors_format(host, argv[0], mjs_errors_color(STDOUT_FILENO), &text);
        JSValue result = JS_NewStringLen(ctx, mjs_buffer_text(&text), text.bytes);
        mjs_buffer_free(&text);
        return result;
    }
    JSValue global = JS_GetGlobalObject(host->ctx);
    if (JS_DefinePropertyValueStr(host->ctx, global, "_", JS_DupValue(ctx, argv[0]),
                                  JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE) < 0) {
        JS_FreeValue(host->ctx, JS_GetException(host->ctx)); // made constant by the user
    }
    JS_FreeValue(host->ctx, global);
    if (JS_IsUndefined(argv[0])) {
        return JS_NewString(ctx, "");
    }
    return mjs_tools_call(host, MJS_TOOL_INSPECT, "inspect", 1, argv);
}

// Where the history is: $MAIXJS_HISTORY, which may be empty for none, else the user's data folder.
static bool history_path(struct mjs_buffer *path) {
    const char *chosen = getenv("MAIXJS_HISTORY");
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    if (chosen) {
        mjs_buffer_append_text(path, chosen);
    } else if (data && data[0] == '/') {
        mjs_buffer_printf(path, "%s/maixjs/history", data);
    } else if (home && home[0] == '/') {
        mjs_buffer_printf(path, "%s/.local/share/maixjs/history", home);
    }
    return path->bytes > 0 && !path->failed;
}

static JSValue repl_read_history(JSContext *ctx, JSValueConst this_val, int argc,
                                 JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    struct mjs_buffer path = {0};
    struct mjs_buffer text = {0};
    bool read = history_path(&path) &&
                mjs_buffer_read_file(&text, path.data, HISTORY_BYTES_MAX, NULL) == MJS_OK;
    JSValue result = JS_NewStringLen(ctx, mjs_buffer_text(&text), read ? text.bytes : 0);
    mjs_buffer_free(&path);
    mjs_buffer_free(&text);
    return result;
}

// A session without a place for its history still is one: failures are not said.
static JSValue repl_write_history(JSContext *ctx, JSValueConst this_val, int argc,
                                  JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    struct mjs_buffer path = {0};
    size_t bytes;
    const char *text = JS_ToCStringLen(ctx, &bytes, argv[0]);
    if (text && history_path(&path)) {
        for (char *slash = strchr(path.data + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
            *slash = '\0';
            (void)mkdir(path.data, 0700); // mostly there already
            *slash = '/';
        }
        mjs_result result =
            mjs_buffer_write_file(path.data, text, bytes, HISTORY_MODE, false, NULL);
        (void)result;
    }
    JS_FreeCString(ctx, text);
    mjs_buffer_free(&path);
    return JS_UNDEFINED;
}

// Ctrl-Z: stops like any program, and takes the terminal again when it goes on.
static JSValue repl_suspend(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)ctx;
    (void)this_val;
    (void)argc;
    (void)argv;
    mjs_repl_terminal_leave();
    (void)kill(0, SIGTSTP);
    mjs_repl_terminal_enter();
    return JS_UNDEFINED;
}

static JSValue repl_exit(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)ctx;
    (void)this_val;
    (void)argc;
    (void)argv;
    repl->left = true;
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("write", 1, repl_write),
    JS_CFUNC_DEF("columns", 0, repl_columns),
    JS_CFUNC_DEF("isProxy", 1, repl_is_proxy),
    JS_CFUNC_DEF("compile", 2, repl_compile),
    JS_CFUNC_DEF("run", 0, repl_run),
    JS_CFUNC_DEF("transform", 2, repl_transform),
    JS_CFUNC_DEF("setMap", 2, repl_set_map),
    JS_CFUNC_DEF("describe", 2, repl_describe),
    JS_CFUNC_DEF("readHistory", 0, repl_read_history),
    JS_CFUNC_DEF("writeHistory", 1, repl_write_history),
    JS_CFUNC_DEF("suspend", 0, repl_suspend),
    JS_CFUNC_DEF("exit", 0, repl_exit),
};

JSValue mjs_repl_host_make(struct mjs_repl *session, JSContext *ctx, bool dumb) {
    struct mjs_host *host = session->host;
    repl = session;
    repl->compiled = JS_UNDEFINED;
    JSValue lent = JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, lent, functions,
                               (int)(sizeof(functions) / sizeof(functions[0])));
    JSValue modules = JS_NewArray(ctx);
    uint32_t count = 0;
    static const char *const others[] = {"qjs:bjson", "qjs:os", "qjs:std"};
    for (int i = 0; i < host->module_count; i++) {
        JS_SetPropertyUint32(ctx, modules, count++, JS_NewString(ctx, host->modules[i].name));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        JS_SetPropertyUint32(ctx, modules, count++, JS_NewString(ctx, others[i]));
    }
    JS_SetPropertyStr(ctx, lent, "modules", modules);
    JS_SetPropertyStr(ctx, lent, "global", JS_GetGlobalObject(host->ctx));
    JS_SetPropertyStr(ctx, lent, "isDumb", JS_NewBool(ctx, dumb));
    JS_SetPropertyStr(
        ctx, lent, "banner",
        JS_NewString(ctx, "maixjs " MJS_VERSION ": TypeScript; Tab completes, Ctrl-D leaves\n"));
    char *cwd = getcwd(NULL, 0);
    mjs_buffer_append_text(&host->source.map_base, cwd ? cwd : "/");
    free(cwd);
    return lent;
}

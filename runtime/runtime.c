// SPDX-License-Identifier: MIT
// Makes the engine, runs the script, ends everything in order.
#include "runtime.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "bytecode.h"
#include "console.h"
#include "errors.h"
#include "globals.h"
#include "js_util.h"
#include "limits.h"
#include "loader.h"
#include "loop.h"
#include "process.h"
#include "quickjs-libc.h"
#include "repl.h"
#include "stop.h"
#include "text.h"
#include "timers.h"
#include "tools.h"

// The one host. Outside of the functions below only for exit() and the watchdog, which have no
// argument to hand it over.
static struct mjs_host host;
static _Atomic bool finalised;
static const char *default_mic;

const char *mjs_js_default_mic(void) {
    const char *variable = getenv("MAIXJS_MIC");
    return default_mic ? default_mic : variable && *variable ? variable : NULL;
}

static void start_modules(void) {
    for (int i = 0; i < host.module_count; i++) {
        if (host.modules[i].start) {
            host.modules[i].start();
        }
    }
}

// Ends what must not be lost, on the script's thread.
static void finalise_modules(void) {
    if (atomic_exchange(&finalised, true)) {
        return;
    }
    for (int i = 0; i < host.module_count; i++) {
        if (host.modules[i].finalise) {
            host.modules[i].finalise();
        }
    }
}

// The same from another thread, while the script's thread may be anywhere.
static void finalise_modules_forced(void) {
    mjs_repl_restore_terminal();
    if (atomic_exchange(&finalised, true)) {
        return;
    }
    for (int i = 0; i < host.module_count; i++) {
        if (host.modules[i].finalise_forced) {
            host.modules[i].finalise_forced();
        }
    }
}

// Writes out what was printed through qjs:std. False: it is lost, which is said once. A reader that
// has gone (EPIPE) does not want it.
static bool flush_output(void) {
    if (fflush(stdout) == 0 || errno == EPIPE) {
        return true;
    }
    if (!host.output_failed) {
        host.output_failed = true;
        mjs_js_warn("cannot write to standard output: %s", strerror(errno));
    }
    return false;
}

// process.exit, std.exit, and whatever else calls exit(). A worker may do that too.
static void on_exit_called(void) {
    mjs_repl_restore_terminal();
    if (gettid() == getpid()) {
        finalise_modules();
    } else {
        finalise_modules_forced();
    }
    (void)flush_output(); // the status stands already
}

static int on_interrupt(JSRuntime *rt, void *opaque) {
    (void)rt;
    (void)opaque;
    return mjs_stop_forced() || mjs_repl_interrupted();
}

// What a worker's context has: a console and qjs:*. Native modules need the first thread's loop.
static JSContext *new_worker_context(JSRuntime *rt) {
    JSContext *ctx = JS_NewContext(rt);
    if (!ctx) {
        return NULL;
    }
    js_init_module_std(ctx, "qjs:std");
    js_init_module_os(ctx, "qjs:os");
    js_init_module_bjson(ctx, "qjs:bjson");
    mjs_loader_install_worker(&host, rt);
    if (mjs_console_install(ctx) != 0 || mjs_text_install(ctx) != 0 ||
        mjs_globals_install(ctx) != 0) {
        JS_FreeContext(ctx);
        return NULL;
    }
    return ctx;
}

static bool create_engine(void) {
    host.rt = mjs_limits_new_runtime();
    if (!host.rt) {
        return false;
    }
    JS_SetInterruptHandler(host.rt, on_interrupt, NULL);
    js_std_init_handlers(host.rt);
    js_std_set_worker_new_context_func(new_worker_context);
    host.ctx = JS_NewContext(host.rt);
    if (!host.ctx) {
        return false;
    }
    JS_SetContextOpaque(host.ctx, &host);
    mjs_loop_init(&host);
    mjs_loader_install(&host);
    return mjs_timers_install(&host) == 0 && mjs_console_install(host.ctx) == 0 &&
           mjs_text_install(host.ctx) == 0 && mjs_globals_install(host.ctx) == 0;
}

static void free_source(struct mjs_source *source) {
    mjs_buffer_free(&source->name);
    mjs_buffer_free(&source->map);
    mjs_buffer_free(&source->map_file);
    mjs_buffer_free(&source->map_base);
}

// Before anything the modules use is gone: recordings, output; then the loop, the contexts, the
// engine, whose finalizers find everything closed already.
static void free_engine(void) {
    mjs_loop_free(&host);
    mjs_process_free(&host);
    mjs_tools_free(&host);
    js_std_free_handlers(host.rt);
    JS_FreeContext(host.ctx);
    JS_FreeRuntime(host.rt);
    free_source(&host.source);
    for (int i = 0; i < host.import_count; i++) {
        free_source(&host.imports[i]);
    }
    free(host.imports);
    host.imports = NULL;
}

// file: URL of an absolute path.
static void append_file_url(struct mjs_buffer *url, const char *path) {
    mjs_buffer_append_text(url, "file://");
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        if (c <= 0x20 || c >= 0x7f || strchr("%?#\"<>`{}[]|\\^", c)) {
            mjs_buffer_printf(url, "%%%02X", c);
        } else {
            mjs_buffer_append(url, path, 1);
        }
    }
}

static void set_import_meta(JSModuleDef *module, const char *path) {
    JSContext *ctx = host.ctx;
    struct mjs_buffer url = {0};
    struct mjs_buffer folder = {0};
    JSValue meta = JS_GetImportMeta(ctx, module);
    if (*path) {
        const char *slash = strrchr(path, '/');
        append_file_url(&url, path);
        mjs_buffer_append(&folder, path, slash && slash > path ? (size_t)(slash - path) : 1);
        JS_DefinePropertyValueStr(ctx, meta, "dirname", JS_NewString(ctx, mjs_buffer_text(&folder)),
                                  JS_PROP_C_W_E);
        JS_DefinePropertyValueStr(ctx, meta, "filename", JS_NewString(ctx, path), JS_PROP_C_W_E);
    } else {
        mjs_buffer_append_text(&url, "maixjs:");
        mjs_buffer_append_text(&url, mjs_buffer_text(&host.source.name));
    }
    JS_DefinePropertyValueStr(ctx, meta, "url", JS_NewString(ctx, mjs_buffer_text(&url)),
                              JS_PROP_C_W_E);
    JS_DefinePropertyValueStr(ctx, meta, "main", JS_TRUE, JS_PROP_C_W_E);
    JS_FreeValue(ctx, meta);
    mjs_buffer_free(&url);
    mjs_buffer_free(&folder);
}

// The module, not evaluated yet.
static JSValue compile_script(const struct mjs_buffer *code) {
    const char *text = mjs_buffer_text(code);
    if (host.source.is_bytecode) {
        return mjs_bytecode_load(host.ctx, text, code->bytes);
    }
    return JS_Eval(host.ctx, text, code->bytes, mjs_buffer_text(&host.source.name),
                   JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
}

// Evaluates the module and runs the loop. host.status is set by what was not caught.
static void run_script(const struct mjs_buffer *code, const char *path) {
    JSContext *ctx = host.ctx;
    JSValue module = compile_script(code);
    if (JS_IsException(module)) {
        mjs_loop_uncaught(&host);
        return;
    }
    set_import_meta(JS_VALUE_GET_PTR(module), path);
    JSValue done = JS_EvalFunction(ctx, module); // a promise: top-level await
    if (JS_IsException(done)) {
        mjs_loop_uncaught(&host);
        return;
    }
    mjs_loop_run(&host);
    if (!host.ended && !mjs_stop_requested() && JS_PromiseState(ctx, done) == JS_PROMISE_PENDING) {
        mjs_js_warn("the script waits (top-level await) for something that never comes");
        host.status = MJS_STATUS_ERROR;
    }
    JS_FreeValue(ctx, done);
}

static int end(void) {
    finalise_modules();
    bool flushed = flush_output();
    int own_status = host.status == MJS_STATUS_OK ? host.exit_code : host.status;
    int status = mjs_stop_forced() ? mjs_stop_forced_status() : own_status;
    if ((!flushed || host.output_failed) && status == MJS_STATUS_OK && !mjs_stop_requested()) {
        status = MJS_STATUS_ERROR;
    }
    if (mjs_js_is_unfinished() && status == MJS_STATUS_OK) {
        status = MJS_STATUS_ENVIRONMENT;
    }
    // After a forced end, or when memory ran out, the engine may be in the middle of something, and
    // would find objects that nobody freed: the system frees them.
    if (!mjs_stop_forced() && host.status != MJS_STATUS_MEMORY) {
        free_engine();
    }
    return status;
}

int mjs_runtime_run(const struct mjs_options *options, const struct mjs_module *modules,
                    int module_count) {
    struct mjs_error err;
    host.modules = modules;
    host.module_count = module_count;
    default_mic = options->mic;
    if (mjs_stop_install(finalise_modules_forced, &err) != MJS_OK) {
        mjs_js_warn("%s", err.message);
        return MJS_STATUS_ERROR;
    }
    if (atexit(on_exit_called) != 0 || !create_engine()) {
        mjs_js_warn("out of memory");
        return MJS_STATUS_MEMORY;
    }
    struct mjs_buffer code = {0};
    struct mjs_buffer path = {0};
    struct mjs_options limited = *options;
    host.status = mjs_limits_begin(&host, &limited) ? MJS_STATUS_OK : MJS_STATUS_USAGE;
    bool session = options->command == MJS_COMMAND_NONE;
    if (host.status == MJS_STATUS_OK && !session) {
        host.status = mjs_bundle_load(&host, options, &code, &path);
    }
    if (host.status == MJS_STATUS_OK && !mjs_stop_requested()) {
        mjs_limits_begin_memory(&host, &limited);
        const char *script = session || options->command == MJS_COMMAND_EVAL ? NULL
                             : path.bytes                                    ? path.data
                                                                             : options->name;
        if (mjs_process_install(host.ctx, script, options->arg_count, options->args) == 0) {
            start_modules();
            if (session) {
                mjs_repl_run(&host);
            } else {
                run_script(&code, mjs_buffer_text(&path));
            }
        } else {
            mjs_loop_uncaught(&host);
        }
    }
    mjs_buffer_free(&code);
    mjs_buffer_free(&path);
    return end();
}

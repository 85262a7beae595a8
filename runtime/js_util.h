// SPDX-License-Identifier: MIT
// Helpers for native modules: errors with a `code`, checked arguments, options objects, and a way
// to wait for a descriptor in the event loop. Script's thread only.
#ifndef MJS_JS_UTIL_H
#define MJS_JS_UTIL_H

#include <stdbool.h>
#include <stdint.h>

#include "quickjs.h"
#include "result.h"

// Creates an Error (class `Error`, `.code` = "ENODEV", …, `.message`). For EINVAL too: wrong types
// and ranges of arguments are thrown with JS_ThrowTypeError/JS_ThrowRangeError instead.
JSValue mjs_js_new_error(JSContext *ctx, const struct mjs_error *err);
// Creates and throws it; returns JS_EXCEPTION.
JSValue mjs_js_throw(JSContext *ctx, const struct mjs_error *err);
JSValue mjs_js_throw_code(JSContext *ctx, mjs_result code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A number argument: TypeError unless it is of type number, RangeError unless finite and within
// [min, max] (and whole, for the integer one). `what` names it in the message ("ms", "volume").
// Never calls back into the script. 0 ok, -1 exception pending.
int mjs_js_get_number(JSContext *ctx, JSValueConst value, const char *what, double min, double max,
                      double *out);
int mjs_js_get_integer(JSContext *ctx, JSValueConst value, const char *what, int64_t min,
                       int64_t max, int64_t *out);
// TypeError unless it is a boolean.
int mjs_js_get_bool(JSContext *ctx, JSValueConst value, const char *what, bool *out);
// TypeError unless it is a string; RangeError if it holds a NUL. Free with JS_FreeCString.
const char *mjs_js_get_string(JSContext *ctx, JSValueConst value, const char *what);

// One known option of an options object; `*slot` gets its value (JS_UNDEFINED where absent), which
// the caller frees. Getters of the object run here, before anything is validated.
struct mjs_js_option {
    const char *name;
    JSValue *slot;
};
// Reads all options. TypeError when `object` is not an object (undefined counts as empty) or has a
// property that is none of them, naming it and the known ones. On failure all slots are freed
// and undefined. 0 ok, -1 exception pending.
int mjs_js_get_options(JSContext *ctx, JSValueConst object, const char *what,
                       const struct mjs_js_option *options, int count);

// Calls `callback(opaque)` on the script's thread, in the event loop, whenever `fd` is readable,
// and keeps the program running meanwhile. One callback per descriptor; null removes it.
// The callback returns 0, or -1 with an exception pending (then it counts as uncaught).
typedef int mjs_js_ready(JSContext *ctx, void *opaque);
int mjs_js_watch_fd(JSContext *ctx, int fd, mjs_js_ready *callback, void *opaque);

// Calls `callback(opaque)` in the event loop once the exit flag is set; while the loop runs, idle
// or not. Returns an id for `unwatch`, or -1 with an exception pending.
int mjs_js_watch_stop(JSContext *ctx, mjs_js_ready *callback, void *opaque);
void mjs_js_unwatch_stop(JSContext *ctx, int id);

// EUNSUPPORTED unless this is the process's first thread: the first thing that a module's init
// function does (`create` must work in a worker, too, so that imports there get this error).
// 0 ok, -1 exception pending.
int mjs_js_check_thread(JSContext *ctx, const char *module_name);

// Prints one warning line on stderr: "maixjs: <text>".
void mjs_js_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Warns of something that could not be ended well while no call of the script's was there to fail:
// a recording at the end of the program, or of an object that was garbage. The program's status is
// 3 then, if it would be 0.
void mjs_js_warn_unfinished(const struct mjs_error *err);
bool mjs_js_is_unfinished(void);

// `--mic` of the command line or MAIXJS_MIC; null where neither is given.
const char *mjs_js_default_mic(void);

#endif

// SPDX-License-Identifier: MIT
// What the bindings of this folder read from their arguments. Script's thread only.
//
// Every function returns 0, or -1 with an exception pending, and leaves its outputs alone then.
#ifndef MJS_ARGS_JS_H
#define MJS_ARGS_JS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"
#include "quickjs.h"

#define MJS_DEFAULT_RATE_HZ 48000
#define MJS_DEFAULT_CHANNELS 1

// A format's number; undefined is FMT_S16_LE. FMT_NONE is a RangeError unless `allow_none`.
int mjs_args_js_format(JSContext *ctx, JSValueConst value, bool allow_none, enum mjs_format *out);

// The options sampleRate, format and channel; undefined ones have their defaults.
int mjs_args_js_spec(JSContext *ctx, JSValueConst rate, JSValueConst format, JSValueConst channel,
                     struct mjs_spec *out);

// The memory of an ArrayBuffer or typed array that the script passed. It is the script's, and
// valid until JavaScript runs again.
struct mjs_args_bytes {
    uint8_t *data;
    size_t bytes;
    size_t offset; // of data in the ArrayBuffer
};

// TypeError for anything else, and for detached, shared, and (to be written) immutable buffers, and
// views that a resize has put out of bounds. Runs getters of `value`: read other arguments' options
// before, use the memory right after.
int mjs_args_js_bytes(JSContext *ctx, JSValueConst value, const char *what, bool writable,
                      struct mjs_args_bytes *out);

// The same for a typed array that we made ourselves (no view that follows a buffer's length). Runs
// no JavaScript at all.
int mjs_args_js_own_bytes(JSContext *ctx, JSValueConst array, const char *what,
                          struct mjs_args_bytes *out);

// A new view of `bytes` bytes at `area` in the buffer of `value` (what mjs_args_js_bytes was
// given).
JSValue mjs_args_js_view(JSContext *ctx, JSValueConst value, const struct mjs_args_bytes *area,
                         size_t bytes);

// Fresh memory that becomes a Uint8Array of the script's (byteOffset 0). It is allocated before
// anything is recorded, so that recording cannot fail for lack of memory.
struct mjs_fresh_bytes {
    JSValue buffer; // the ArrayBuffer
    JSValue array;  // the Uint8Array over all of it
    uint8_t *data;
    size_t bytes;
};

// RangeError, with `hint` at its end, where so much cannot be had.
int mjs_args_js_fresh(JSContext *ctx, uint64_t frames, const struct mjs_spec *spec,
                      const char *hint, struct mjs_fresh_bytes *out);
// Gives the array of the first `bytes` bytes; a short one gets memory of its own size.
JSValue mjs_args_js_fresh_take(JSContext *ctx, struct mjs_fresh_bytes *fresh, size_t bytes);
void mjs_args_js_fresh_free(JSRuntime *rt, struct mjs_fresh_bytes *fresh);

// Defines a property that the script can see and change. Takes `value` over; an exception as value
// is passed on.
int mjs_args_js_set(JSContext *ctx, JSValueConst object, const char *name, JSValue value);

// Makes a class and, where `construct` is given, its constructor, the module's export of that name.
int mjs_args_js_define_class(JSContext *ctx, JSModuleDef *module, JSClassID *id,
                             const JSClassDef *definition, JSCFunction *construct,
                             const JSCFunctionListEntry *members, int member_count);

#endif

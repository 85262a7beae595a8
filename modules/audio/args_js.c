// SPDX-License-Identifier: MIT
// What the bindings of this folder read from their arguments, and the memory that they hand out.
#include "args_js.h"

#include <string.h>

#include "../../runtime/js_util.h"

int mjs_args_js_format(JSContext *ctx, JSValueConst value, bool allow_none, enum mjs_format *out) {
    if (JS_IsUndefined(value)) {
        *out = MJS_FORMAT_S16_LE;
        return 0;
    }
    int64_t number = 0;
    if (mjs_js_get_integer(ctx, value, "format", INT32_MIN, INT32_MAX, &number) != 0) {
        return -1;
    }
    bool none = number == MJS_FORMAT_NONE && allow_none;
    if (!none && !mjs_format_valid((int)number)) {
        JS_ThrowRangeError(ctx, "format must be one of Format.FMT_…, not %d", (int)number);
        return -1;
    }
    *out = (enum mjs_format)number;
    return 0;
}

int mjs_args_js_spec(JSContext *ctx, JSValueConst rate, JSValueConst format, JSValueConst channel,
                     struct mjs_spec *out) {
    struct mjs_spec spec = {.format = MJS_FORMAT_S16_LE};
    int64_t rate_hz = MJS_DEFAULT_RATE_HZ;
    int64_t channels = MJS_DEFAULT_CHANNELS;
    if (!JS_IsUndefined(rate) && mjs_js_get_integer(ctx, rate, "sampleRate", MJS_RATE_MIN_HZ,
                                                    MJS_RATE_MAX_HZ, &rate_hz) != 0) {
        return -1;
    }
    if (mjs_args_js_format(ctx, format, false, &spec.format) != 0) {
        return -1;
    }
    if (!JS_IsUndefined(channel) &&
        mjs_js_get_integer(ctx, channel, "channel", 1, MJS_CHANNELS_MAX, &channels) != 0) {
        return -1;
    }
    spec.rate_hz = (uint32_t)rate_hz;
    spec.channels = (uint32_t)channels;
    *out = spec;
    return 0;
}

static int throw_not_bytes(JSContext *ctx, const char *what) {
    JS_ThrowTypeError(ctx, "%s must be a typed array or an ArrayBuffer", what);
    return -1;
}

// The length that the script sees: JS_GetTypedArrayBuffer tells an old one for a view that follows
// a resizable buffer's length. An own property may lie, so the caller checks it.
static int read_view_length(JSContext *ctx, JSValueConst view, const char *what, size_t *bytes) {
    JSValue value = JS_GetPropertyStr(ctx, view, "byteLength");
    if (JS_IsException(value)) {
        return -1;
    }
    int64_t length = 0;
    int failed = mjs_js_get_integer(ctx, value, what, 0, INT64_MAX / 2, &length);
    JS_FreeValue(ctx, value);
    *bytes = (size_t)length;
    return failed;
}

// The checks that hold for the ArrayBuffer itself. Runs no JavaScript.
static int open_buffer(JSContext *ctx, JSValueConst buffer, const char *what, bool writable,
                       uint8_t **data, size_t *bytes) {
    if (!JS_IsArrayBuffer(buffer)) {
        JS_ThrowTypeError(ctx, "%s must not be shared memory", what);
        return -1;
    }
    if (writable && JS_IsImmutableArrayBuffer(buffer) == 1) {
        JS_ThrowTypeError(ctx, "%s must not be immutable", what);
        return -1;
    }
    *data = JS_GetArrayBuffer(ctx, bytes, buffer); // a TypeError where it is detached
    return *data == NULL ? -1 : 0;
}

int mjs_args_js_bytes(JSContext *ctx, JSValueConst value, const char *what, bool writable,
                      struct mjs_args_bytes *out) {
    uint8_t *data = NULL;
    size_t buffer_bytes = 0;
    if (JS_IsArrayBuffer(value)) {
        if (open_buffer(ctx, value, what, writable, &data, &buffer_bytes) != 0) {
            return -1;
        }
        *out = (struct mjs_args_bytes){.data = data, .bytes = buffer_bytes};
        return 0;
    }
    if (JS_GetTypedArrayType(value) < 0) {
        return throw_not_bytes(ctx, what);
    }
    size_t view_bytes = 0;
    size_t offset = 0;
    if (read_view_length(ctx, value, what, &view_bytes) != 0) {
        return -1;
    }
    // From here on no JavaScript runs. A view that is out of bounds is a TypeError.
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, value, &offset, NULL, NULL);
    if (JS_IsException(buffer)) {
        return -1;
    }
    int failed = open_buffer(ctx, buffer, what, writable, &data, &buffer_bytes);
    JS_FreeValue(ctx, buffer); // `value` keeps it
    if (failed) {
        return -1;
    }
    if (offset > buffer_bytes || view_bytes > buffer_bytes - offset) {
        JS_ThrowTypeError(ctx, "%s lies outside of its ArrayBuffer", what);
        return -1;
    }
    *out = (struct mjs_args_bytes){.data = data + offset, .bytes = view_bytes, .offset = offset};
    return 0;
}

static JSValue new_uint8_view(JSContext *ctx, JSValueConst buffer, size_t offset, size_t bytes) {
    JSValueConst arguments[3] = {buffer, JS_NewInt64(ctx, (int64_t)offset),
                                 JS_NewInt64(ctx, (int64_t)bytes)};
    return JS_NewTypedArray(ctx, 3, arguments, JS_TYPED_ARRAY_UINT8);
}

int mjs_args_js_own_bytes(JSContext *ctx, JSValueConst array, const char *what,
                          struct mjs_args_bytes *out) {
    size_t offset = 0;
    size_t bytes = 0;
    size_t buffer_bytes = 0;
    uint8_t *data = NULL;
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, array, &offset, &bytes, NULL);
    if (JS_IsException(buffer)) {
        return -1;
    }
    int failed = open_buffer(ctx, buffer, what, false, &data, &buffer_bytes);
    JS_FreeValue(ctx, buffer); // `array` keeps it
    if (failed) {
        return -1;
    }
    *out = (struct mjs_args_bytes){.data = data + offset, .bytes = bytes, .offset = offset};
    return 0;
}

JSValue mjs_args_js_view(JSContext *ctx, JSValueConst value, const struct mjs_args_bytes *area,
                         size_t bytes) {
    if (JS_IsArrayBuffer(value)) {
        return new_uint8_view(ctx, value, area->offset, bytes);
    }
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, value, NULL, NULL, NULL);
    if (JS_IsException(buffer)) {
        return JS_EXCEPTION;
    }
    JSValue view = new_uint8_view(ctx, buffer, area->offset, bytes);
    JS_FreeValue(ctx, buffer);
    return view;
}

static void *resize_memory(JSRuntime *rt, void *opaque, void *memory, size_t bytes) {
    (void)opaque;
    return js_realloc_rt(rt, memory, bytes);
}

static int throw_too_much(JSContext *ctx, uint64_t frames, const char *hint) {
    JS_ThrowRangeError(ctx, "%.0f frames do not fit into memory: %s", (double)frames, hint);
    return -1;
}

int mjs_args_js_fresh(JSContext *ctx, uint64_t frames, const struct mjs_spec *spec,
                      const char *hint, struct mjs_fresh_bytes *out) {
    size_t bytes = 0;
    if (!mjs_format_frames_to_bytes(spec, frames, &bytes) || bytes > INT32_MAX) {
        return throw_too_much(ctx, frames, hint);
    }
    JSRuntime *rt = JS_GetRuntime(ctx);
    uint8_t *data = js_malloc_rt(rt, bytes > 0 ? bytes : 1);
    if (data == NULL) {
        return throw_too_much(ctx, frames, hint);
    }
    JSValue buffer = JS_NewArrayBuffer(ctx, data, bytes, 0, resize_memory, NULL, false);
    if (JS_IsException(buffer)) {
        js_free_rt(rt, data); // the engine has not taken it over
        return -1;
    }
    JSValue array = new_uint8_view(ctx, buffer, 0, bytes);
    if (JS_IsException(array)) {
        JS_FreeValue(ctx, buffer);
        return -1;
    }
    *out = (struct mjs_fresh_bytes){.buffer = buffer, .array = array, .data = data, .bytes = bytes};
    return 0;
}

JSValue mjs_args_js_fresh_take(JSContext *ctx, struct mjs_fresh_bytes *fresh, size_t bytes) {
    JSValue array = fresh->array;
    if (bytes < fresh->bytes) {
        array = JS_NewUint8ArrayCopy(ctx, fresh->data, bytes);
        if (JS_IsException(array)) {
            // No memory for a copy: what was recorded must not be lost, so a view has to do.
            JS_FreeValue(ctx, JS_GetException(ctx));
            array = new_uint8_view(ctx, fresh->buffer, 0, bytes);
        }
        JS_FreeValue(ctx, fresh->array);
    }
    JS_FreeValue(ctx, fresh->buffer);
    *fresh = (struct mjs_fresh_bytes){.buffer = JS_UNDEFINED, .array = JS_UNDEFINED};
    return array;
}

void mjs_args_js_fresh_free(JSRuntime *rt, struct mjs_fresh_bytes *fresh) {
    JS_FreeValueRT(rt, fresh->array);
    JS_FreeValueRT(rt, fresh->buffer);
    *fresh = (struct mjs_fresh_bytes){.buffer = JS_UNDEFINED, .array = JS_UNDEFINED};
}

int mjs_args_js_set(JSContext *ctx, JSValueConst object, const char *name, JSValue value) {
    if (JS_IsException(value)) {
        return -1;
    }
    return JS_DefinePropertyValueStr(ctx, object, name, value, JS_PROP_C_W_E) < 0 ? -1 : 0;
}

int mjs_args_js_define_class(JSContext *ctx, JSModuleDef *module, JSClassID *id,
                             const JSClassDef *definition, JSCFunction *construct,
                             const JSCFunctionListEntry *members, int member_count) {
    JSRuntime *rt = JS_GetRuntime(ctx);
    JS_NewClassID(rt, id);
    if (!JS_IsRegisteredClass(rt, *id) && JS_NewClass(rt, *id, definition) != 0) {
        return -1;
    }
    JSValue prototype = JS_NewObject(ctx);
    if (JS_IsException(prototype) ||
        JS_SetPropertyFunctionList(ctx, prototype, members, member_count) != 0) {
        JS_FreeValue(ctx, prototype);
        return -1;
    }
    JS_SetClassProto(ctx, *id, prototype); // takes it over
    if (construct == NULL) {
        return 0;
    }
    JSValue constructor =
        JS_NewCFunction2(ctx, construct, definition->class_name, 0, JS_CFUNC_constructor, 0);
    if (JS_IsException(constructor) || JS_SetConstructor(ctx, constructor, prototype) != 0) {
        JS_FreeValue(ctx, constructor);
        return -1;
    }
    return JS_SetModuleExport(ctx, module, definition->class_name, constructor);
}

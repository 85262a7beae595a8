// SPDX-License-Identifier: MIT
// The class of a stream's chunks: its PCM, where it stands, and the samples in other forms.
#include "chunk_js.h"

#include "args_js.h"
#include "convert.h"
#include "level.h"

#define MS_PER_S 1000.0

struct mjs_chunk {
    JSValue bytes; // also the property of that name, which the script cannot change
    enum mjs_format format;
};

static JSClassID chunk_class;

static void finalize(JSRuntime *rt, JSValueConst value) {
    struct mjs_chunk *chunk = JS_GetOpaque(value, chunk_class);
    if (chunk != NULL) {
        JS_FreeValueRT(rt, chunk->bytes);
        js_free_rt(rt, chunk);
    }
}

static void mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark_func) {
    struct mjs_chunk *chunk = JS_GetOpaque(value, chunk_class);
    if (chunk != NULL) {
        JS_MarkValue(rt, chunk->bytes, mark_func);
    }
}

static const JSClassDef class_definition = {"AudioChunk", .finalizer = finalize, .gc_mark = mark};

static int set_fact(JSContext *ctx, JSValueConst object, const char *name, JSValue value) {
    if (JS_IsException(value)) {
        return -1;
    }
    return JS_DefinePropertyValueStr(ctx, object, name, value, JS_PROP_ENUMERABLE) < 0 ? -1 : 0;
}

static int set_facts(JSContext *ctx, JSValueConst object, JSValueConst bytes,
                     const struct mjs_chunk_facts *facts) {
    double time_ms = (double)facts->frame * MS_PER_S / (double)facts->spec.rate_hz;
    return set_fact(ctx, object, "bytes", JS_DupValue(ctx, bytes)) ||
           set_fact(ctx, object, "frame", JS_NewInt64(ctx, (int64_t)facts->frame)) ||
           set_fact(ctx, object, "frames", JS_NewInt64(ctx, (int64_t)facts->frames)) ||
           set_fact(ctx, object, "lostFrames", JS_NewInt64(ctx, (int64_t)facts->lost_frames)) ||
           set_fact(ctx, object, "timeMs", JS_NewNumber(ctx, time_ms));
}

JSValue mjs_chunk_js_new(JSContext *ctx, JSValue bytes, const struct mjs_chunk_facts *facts) {
    JSValue object = JS_IsException(bytes) ? JS_EXCEPTION : JS_NewObjectClass(ctx, chunk_class);
    struct mjs_chunk *chunk = JS_IsException(object) ? NULL : js_malloc(ctx, sizeof *chunk);
    if (chunk == NULL) {
        JS_FreeValue(ctx, bytes);
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    *chunk = (struct mjs_chunk){.bytes = bytes, .format = facts->spec.format};
    JS_SetOpaque(object, chunk);
    if (set_facts(ctx, object, bytes, facts) != 0) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    return object;
}

JSValue mjs_chunk_js_level(JSContext *ctx, enum mjs_format format, const void *pcm, size_t bytes) {
    struct mjs_level level = mjs_level_measure(format, pcm, bytes / (mjs_format_bits(format) / 8));
    JSValue object = JS_NewObject(ctx);
    if (!JS_IsException(object) &&
        (mjs_args_js_set(ctx, object, "peakDbfs", JS_NewFloat64(ctx, level.peak_dbfs)) != 0 ||
         mjs_args_js_set(ctx, object, "rmsDbfs", JS_NewFloat64(ctx, level.rms_dbfs)) != 0)) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    return object;
}

static JSValue level(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    struct mjs_chunk *chunk = JS_GetOpaque2(ctx, this_value, chunk_class);
    struct mjs_args_bytes area;
    if (chunk == NULL || mjs_args_js_own_bytes(ctx, chunk->bytes, "the chunk", &area) != 0) {
        return JS_EXCEPTION;
    }
    return mjs_chunk_js_level(ctx, chunk->format, area.data, area.bytes);
}

// A typed array of that many samples at the chunk's own bytes.
static JSValue view_samples(JSContext *ctx, struct mjs_chunk *chunk, JSTypedArrayEnum type,
                            size_t samples) {
    size_t offset = 0;
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, chunk->bytes, &offset, NULL, NULL);
    if (JS_IsException(buffer)) {
        return JS_EXCEPTION;
    }
    JSValueConst arguments[3] = {buffer, JS_NewInt64(ctx, (int64_t)offset),
                                 JS_NewInt64(ctx, (int64_t)samples)};
    JSValue view = JS_NewTypedArray(ctx, 3, arguments, type);
    JS_FreeValue(ctx, buffer);
    return view;
}

// All samples in `format`, as a typed array of that type.
static JSValue samples_as(JSContext *ctx, JSValueConst this_value, enum mjs_format format,
                          JSTypedArrayEnum type) {
    struct mjs_chunk *chunk = JS_GetOpaque2(ctx, this_value, chunk_class);
    struct mjs_args_bytes area;
    if (chunk == NULL || mjs_args_js_own_bytes(ctx, chunk->bytes, "the chunk", &area) != 0) {
        return JS_EXCEPTION;
    }
    // Sample by sample: channels do not matter here.
    struct mjs_spec from = {.format = chunk->format, .rate_hz = 1000, .channels = 1};
    struct mjs_spec to = {.format = format, .rate_hz = 1000, .channels = 1};
    size_t samples = area.bytes / mjs_format_frame_bytes(&from);
    if (format == chunk->format) {
        return view_samples(ctx, chunk, type, samples);
    }
    JSValueConst length = JS_NewInt64(ctx, (int64_t)samples);
    JSValue converted = JS_NewTypedArray(ctx, 1, &length, type);
    struct mjs_args_bytes target;
    if (JS_IsException(converted) ||
        mjs_args_js_own_bytes(ctx, converted, "the samples", &target) != 0) {
        JS_FreeValue(ctx, converted);
        return JS_EXCEPTION;
    }
    mjs_convert_frames(&from, area.data, &to, target.data, samples, MJS_GAIN_UNITY);
    return converted;
}

static JSValue as_i16(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    return samples_as(ctx, this_value, MJS_FORMAT_S16_LE, JS_TYPED_ARRAY_INT16);
}

static JSValue as_f32(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    return samples_as(ctx, this_value, MJS_FORMAT_F32_LE, JS_TYPED_ARRAY_FLOAT32);
}

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_DEF("i16", 0, as_i16),
    JS_CFUNC_DEF("f32", 0, as_f32),
    JS_CFUNC_DEF("level", 0, level),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "AudioChunk", JS_PROP_CONFIGURABLE),
};

int mjs_chunk_js_init(JSContext *ctx) {
    return mjs_args_js_define_class(ctx, NULL, &chunk_class, &class_definition, NULL, members,
                                    (int)(sizeof members / sizeof members[0]));
}

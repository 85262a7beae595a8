// SPDX-License-Identifier: MIT
// The class WavWriter: the file promises of a recording for PCM that a script made or kept.
#include "writer_js.h"

#include "../../runtime/js_util.h"
#include "args_js.h"
#include "series_js.h"

// One block of a file: what a crash can leave behind the header.
#define BLOCK_BYTES_MAX ((size_t)1 << 20)

struct mjs_writer_handle {
    struct mjs_writer_handle *next; // of all that exist, so that each can be finished
    struct mjs_writer_handle *previous;
    struct mjs_series series; // readable until it is freed, also when finished
    bool finished;
    bool closed;
};

static JSClassID writer_class;
static struct mjs_writer_handle *handles; // all that exist

static void link_handle(struct mjs_writer_handle *handle) {
    handle->next = handles;
    if (handles != NULL) {
        handles->previous = handle;
    }
    handles = handle;
}

static void unlink_handle(struct mjs_writer_handle *handle) {
    if (handle->next != NULL) {
        handle->next->previous = handle->previous;
    }
    if (handle->previous != NULL) {
        handle->previous->next = handle->next;
    } else {
        handles = handle->next;
    }
}

// While no call is there that could throw its error.
static void finish_unasked(struct mjs_writer_handle *handle) {
    struct mjs_error err;
    if (!handle->finished && mjs_series_finish(&handle->series, &err) != MJS_OK) {
        mjs_js_warn_unfinished(&err);
    }
    handle->finished = true;
}

static void finalize(JSRuntime *rt, JSValueConst value) {
    struct mjs_writer_handle *handle = JS_GetOpaque(value, writer_class);
    if (handle != NULL) {
        unlink_handle(handle);
        finish_unasked(handle);
        mjs_series_free(&handle->series);
        js_free_rt(rt, handle);
    }
}

static const JSClassDef class_definition = {"WavWriter", .finalizer = finalize};

void mjs_writer_js_finish_all(void) {
    for (struct mjs_writer_handle *handle = handles; handle != NULL; handle = handle->next) {
        finish_unasked(handle);
    }
}

enum option { OPTION_SAMPLE_RATE, OPTION_FORMAT, OPTION_CHANNEL, OPTION_COUNT };

// Reads all, then validates. The path is to be freed. 0 ok, -1 exception pending.
static int read_arguments(JSContext *ctx, int argc, JSValueConst *argv, const char **path,
                          struct mjs_spec *spec) {
    JSValue values[OPTION_COUNT];
    const struct mjs_js_option table[OPTION_COUNT] = {
        [OPTION_SAMPLE_RATE] = {"sampleRate", &values[OPTION_SAMPLE_RATE]},
        [OPTION_FORMAT] = {"format", &values[OPTION_FORMAT]},
        [OPTION_CHANNEL] = {"channel", &values[OPTION_CHANNEL]},
    };
    if (mjs_js_get_options(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, "WavWriter", table,
                           OPTION_COUNT) != 0) {
        return -1;
    }
    int failed = mjs_args_js_spec(ctx, values[OPTION_SAMPLE_RATE], values[OPTION_FORMAT],
                                  values[OPTION_CHANNEL], spec);
    for (int i = 0; i < OPTION_COUNT; i++) {
        JS_FreeValue(ctx, values[i]);
    }
    if (failed) {
        return -1;
    }
    *path = mjs_js_get_string(ctx, argc > 0 ? argv[0] : JS_UNDEFINED, "path");
    return *path == NULL ? -1 : 0;
}

static JSValue construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    const char *path = NULL;
    struct mjs_spec spec;
    JSValue prototype = JS_GetPropertyStr(ctx, new_target, "prototype");
    if (JS_IsException(prototype)) {
        return JS_EXCEPTION;
    }
    if (read_arguments(ctx, argc, argv, &path, &spec) != 0) {
        JS_FreeValue(ctx, prototype);
        return JS_EXCEPTION;
    }
    struct mjs_error err;
    struct mjs_writer_handle *handle = js_mallocz(ctx, sizeof *handle);
    JSValue object =
        handle != NULL ? JS_NewObjectProtoClass(ctx, prototype, writer_class) : JS_EXCEPTION;
    if (JS_IsException(object)) {
        js_free(ctx, handle);
    } else if (mjs_series_create(&handle->series, path, path, &spec, &err) != MJS_OK) {
        js_free(ctx, handle);
        JS_FreeValue(ctx, object);
        object = mjs_js_throw(ctx, &err);
    } else {
        link_handle(handle);
        JS_SetOpaque(object, handle);
    }
    JS_FreeCString(ctx, path);
    JS_FreeValue(ctx, prototype);
    return object;
}

static struct mjs_writer_handle *get_writable(JSContext *ctx, JSValueConst this_value) {
    struct mjs_writer_handle *handle = JS_GetOpaque2(ctx, this_value, writer_class);
    if (handle != NULL && handle->closed) {
        mjs_js_throw_code(ctx, MJS_ECLOSED, "the writer is closed");
        return NULL;
    }
    if (handle != NULL && handle->finished) {
        mjs_js_throw_code(ctx, MJS_EFINISHED, "the file is finished");
        return NULL;
    }
    return handle;
}

static JSValue write_data(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    struct mjs_args_bytes area;
    if (mjs_args_js_bytes(ctx, argc > 0 ? argv[0] : JS_UNDEFINED, "the data", false, &area) != 0) {
        return JS_EXCEPTION;
    }
    struct mjs_writer_handle *handle = get_writable(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    size_t frame_bytes = mjs_format_frame_bytes(&handle->series.spec);
    if (area.bytes % frame_bytes != 0) {
        return JS_ThrowRangeError(ctx, "the data must be whole frames of %d bytes, not %.0f",
                                  (int)frame_bytes, (double)area.bytes);
    }
    uint64_t frames = area.bytes / frame_bytes;
    uint64_t block_frames = BLOCK_BYTES_MAX / frame_bytes;
    uint64_t total_frames = 0;
    while (total_frames < frames) {
        uint64_t rest_frames = frames - total_frames;
        uint64_t written_frames = 0;
        struct mjs_error err;
        mjs_result result = mjs_series_append(
            &handle->series, area.data + (size_t)total_frames * frame_bytes,
            rest_frames < block_frames ? rest_frames : block_frames, &written_frames, &err);
        total_frames += written_frames;
        mjs_series_js_tell(&handle->series);
        if (result != MJS_OK) {
            JSValue error = mjs_js_new_error(ctx, &err);
            if (JS_IsException(error) ||
                mjs_args_js_set(ctx, error, "frames", JS_NewInt64(ctx, (int64_t)total_frames)) !=
                    0) {
                JS_FreeValue(ctx, error);
                return JS_EXCEPTION;
            }
            return JS_Throw(ctx, error);
        }
    }
    return JS_NewInt64(ctx, (int64_t)total_frames);
}

static JSValue new_summary(JSContext *ctx, const struct mjs_writer_handle *handle) {
    JSValue object = JS_NewObject(ctx);
    if (JS_IsException(object)) {
        return JS_EXCEPTION;
    }
    const struct mjs_series *series = &handle->series;
    int64_t frames = (int64_t)mjs_series_frames(series);
    if (mjs_args_js_set(ctx, object, "path", JS_NewString(ctx, series->paths[0])) ||
        mjs_args_js_set(ctx, object, "frames", JS_NewInt64(ctx, frames)) ||
        mjs_args_js_set(ctx, object, "files", mjs_series_js_files(ctx, series))) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    return object;
}

// Ends the file and gives its summary; throws where it could not be ended well.
static JSValue end_file(JSContext *ctx, struct mjs_writer_handle *handle) {
    struct mjs_error err;
    mjs_result result = handle->finished ? MJS_OK : mjs_series_finish(&handle->series, &err);
    handle->finished = true;
    JSValue summary = new_summary(ctx, handle);
    if (result == MJS_OK || JS_IsException(summary)) {
        return summary;
    }
    JSValue error = mjs_js_new_error(ctx, &err);
    if (JS_IsException(error)) {
        JS_FreeValue(ctx, summary);
        return JS_EXCEPTION;
    }
    if (mjs_args_js_set(ctx, error, "summary", summary) != 0) {
        JS_FreeValue(ctx, error);
        return JS_EXCEPTION;
    }
    return JS_Throw(ctx, error);
}

static JSValue finish(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    struct mjs_writer_handle *handle = JS_GetOpaque2(ctx, this_value, writer_class);
    return handle == NULL ? JS_EXCEPTION : end_file(ctx, handle);
}

static JSValue close_writer(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    struct mjs_writer_handle *handle = JS_GetOpaque2(ctx, this_value, writer_class);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    handle->closed = true;
    JSValue summary = end_file(ctx, handle);
    if (JS_IsException(summary)) {
        return JS_EXCEPTION;
    }
    JS_FreeValue(ctx, summary);
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_DEF("write", 1, write_data),
    JS_CFUNC_DEF("finish", 0, finish),
    JS_CFUNC_DEF("close", 0, close_writer),
    JS_CFUNC_DEF("[Symbol.dispose]", 0, close_writer),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "WavWriter", JS_PROP_CONFIGURABLE),
};

int mjs_writer_js_init(JSContext *ctx, JSModuleDef *module) {
    return mjs_args_js_define_class(ctx, module, &writer_class, &class_definition, construct,
                                    members, (int)(sizeof members / sizeof members[0]));
}

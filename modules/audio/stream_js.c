// SPDX-License-Identifier: MIT
// Recorder.stream() and the class of what it returns.
#include "stream_js.h"

#include "../../runtime/js_util.h"
#include "../../runtime/stop.h"
#include "args_js.h"
#include "stream_serve_js.h"

#define DEFAULT_MS 50

static JSClassID stream_class;

// --- For the recorder and the module ---

void mjs_stream_js_end(JSContext *ctx, struct mjs_recorder_handle *handle) {
    (void)ctx;
    if (handle->stream != NULL) {
        mjs_stream_serve_js_end(handle->stream);
    }
}

void mjs_stream_js_forget(struct mjs_recorder_handle *handle) {
    if (handle->stream != NULL) {
        handle->stream->handle = NULL;
        handle->stream = NULL;
    }
}

void mjs_stream_js_abandon(struct mjs_stream *stream) {
    JSContext *ctx = stream->ctx;
    JSValue held = JS_DupValue(ctx, stream->self);
    mjs_stream_serve_js_detach(stream);
    mjs_stream_serve_js_drop(stream);
    (void)mjs_stream_serve_js_watch(stream); // without requests it only lets go
    JS_FreeValue(ctx, held);
}

// --- The members ---

static JSValue next(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    struct mjs_stream *stream = JS_GetOpaque2(ctx, this_value, stream_class);
    if (stream == NULL) {
        return JS_EXCEPTION;
    }
    JSValue promise = mjs_stream_serve_js_add(ctx, stream);
    if (JS_IsException(promise)) {
        return JS_EXCEPTION;
    }
    bool at_once = stream->handle == NULL || !JS_IsUndefined(stream->error) ||
                   mjs_stop_requested() ||
                   mjs_recorder_state(stream->handle->recorder) != MJS_RECORDER_RECORDING;
    if ((at_once ? mjs_stream_serve_js_now(stream) : mjs_stream_serve_js_watch(stream)) != 0) {
        // It cannot be waited for (too many watches, no memory): the stream is of no use.
        JSValue error = JS_GetException(ctx);
        mjs_stream_serve_js_end(stream);
        JS_FreeValue(ctx, promise);
        return JS_Throw(ctx, error);
    }
    return promise;
}

static JSValue return_value(JSContext *ctx, JSValueConst this_value, JSValueConst value) {
    struct mjs_stream *stream = JS_GetOpaque2(ctx, this_value, stream_class);
    if (stream == NULL) {
        return JS_EXCEPTION;
    }
    struct mjs_error err;
    mjs_result result = MJS_OK;
    if (stream->handle != NULL) {
        struct mjs_recorder *recorder = stream->handle->recorder;
        if (mjs_recorder_state(recorder) == MJS_RECORDER_RECORDING) {
            result = mjs_recorder_stop(recorder, &err);
        }
        mjs_stream_serve_js_end(stream);
    }
    JSValue step = result == MJS_OK ? mjs_stream_serve_js_step(ctx, JS_DupValue(ctx, value), true)
                                    : mjs_js_new_error(ctx, &err);
    if (JS_IsException(step)) {
        return JS_EXCEPTION;
    }
    JSValue promise = JS_NewSettledPromise(ctx, result != MJS_OK, step);
    JS_FreeValue(ctx, step);
    return promise;
}

static JSValue return_member(JSContext *ctx, JSValueConst this_value, int argc,
                             JSValueConst *argv) {
    return return_value(ctx, this_value, argc > 0 ? argv[0] : JS_UNDEFINED);
}

static JSValue async_dispose(JSContext *ctx, JSValueConst this_value, int argc,
                             JSValueConst *argv) {
    (void)argc;
    (void)argv;
    return return_value(ctx, this_value, JS_UNDEFINED);
}

static JSValue async_iterator(JSContext *ctx, JSValueConst this_value, int argc,
                              JSValueConst *argv) {
    (void)argc;
    (void)argv;
    return JS_DupValue(ctx, this_value);
}

static void finalize(JSRuntime *rt, JSValueConst value) {
    struct mjs_stream *stream = JS_GetOpaque(value, stream_class);
    if (stream == NULL) {
        return;
    }
    // Nobody waits, or the stream would be alive: nothing is watched.
    if (stream->handle != NULL) {
        stream->handle->stream = NULL;
    }
    mjs_args_js_fresh_free(rt, &stream->fresh);
    JS_FreeValueRT(rt, stream->error);
    JS_FreeValueRT(rt, stream->recorder);
    js_free_rt(rt, stream);
}

static void mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark_func) {
    struct mjs_stream *stream = JS_GetOpaque(value, stream_class);
    if (stream == NULL) {
        return;
    }
    JS_MarkValue(rt, stream->recorder, mark_func);
    JS_MarkValue(rt, stream->error, mark_func);
    JS_MarkValue(rt, stream->fresh.buffer, mark_func);
    JS_MarkValue(rt, stream->fresh.array, mark_func);
    for (struct mjs_stream_request *request = stream->first; request != NULL;
         request = request->next) {
        JS_MarkValue(rt, request->settle[0], mark_func);
        JS_MarkValue(rt, request->settle[1], mark_func);
    }
}

static const JSClassDef class_definition = {"AudioStream", .finalizer = finalize, .gc_mark = mark};

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_DEF("next", 0, next),
    JS_CFUNC_DEF("return", 0, return_member),
    JS_CFUNC_DEF("[Symbol.asyncIterator]", 0, async_iterator),
    JS_CFUNC_DEF("[Symbol.asyncDispose]", 0, async_dispose),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "AudioStream", JS_PROP_CONFIGURABLE),
};

int mjs_stream_js_init(JSContext *ctx) {
    return mjs_args_js_define_class(ctx, NULL, &stream_class, &class_definition, NULL, members,
                                    (int)(sizeof members / sizeof members[0]));
}

// --- Recorder.stream() ---

// The length of the chunks. Reads both options first. 0 ok, -1 exception pending.
static int get_chunk_frames(JSContext *ctx, JSValueConst options, JSValueConst this_value,
                            uint64_t *chunk_frames, struct mjs_recorder_handle **handle_out) {
    JSValue ms_value;
    JSValue frames_value;
    const struct mjs_js_option table[] = {{"ms", &ms_value}, {"frames", &frames_value}};
    if (mjs_js_get_options(ctx, options, "stream", table, 2) != 0) {
        return -1;
    }
    double ms = DEFAULT_MS;
    int64_t frames = 0;
    int failed = 0;
    if (!JS_IsUndefined(ms_value) && !JS_IsUndefined(frames_value)) {
        JS_ThrowTypeError(ctx, "stream: give ms or frames, not both");
        failed = -1;
    } else if (!JS_IsUndefined(frames_value)) {
        failed = mjs_js_get_integer(ctx, frames_value, "frames", 1, INT32_MAX, &frames);
    } else if (!JS_IsUndefined(ms_value)) {
        failed = mjs_js_get_number(ctx, ms_value, "ms", 0, MJS_MS_MAX, &ms);
    }
    JS_FreeValue(ctx, ms_value);
    JS_FreeValue(ctx, frames_value);
    if (failed) {
        return -1;
    }
    struct mjs_recorder_handle *handle = mjs_recorder_js_reader(ctx, this_value);
    if (handle == NULL) {
        return -1;
    }
    const struct mjs_spec *spec = mjs_recorder_spec(handle->recorder);
    *chunk_frames = frames > 0 ? (uint64_t)frames : mjs_format_ms_to_frames(spec->rate_hz, ms);
    size_t bytes = 0;
    if (*chunk_frames == 0 || !mjs_format_frames_to_bytes(spec, *chunk_frames, &bytes) ||
        bytes > INT32_MAX) {
        JS_ThrowRangeError(ctx, "stream: a chunk must be at least one frame and less than 2 GiB");
        return -1;
    }
    *handle_out = handle;
    return 0;
}

// Capture runs, or something is to be delivered before the end.
static int start(JSContext *ctx, struct mjs_recorder_handle *handle) {
    enum mjs_recorder_state state = mjs_recorder_state(handle->recorder);
    bool idle = state == MJS_RECORDER_PREPARED || state == MJS_RECORDER_STOPPED;
    struct mjs_error err;
    if (idle && !mjs_stop_requested() && mjs_recorder_start(handle->recorder, &err) != MJS_OK) {
        mjs_js_throw(ctx, &err);
        return -1;
    }
    return 0;
}

JSValue mjs_stream_js_open(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    uint64_t chunk_frames = 0;
    struct mjs_recorder_handle *handle = NULL;
    if (get_chunk_frames(ctx, argc > 0 ? argv[0] : JS_UNDEFINED, this_value, &chunk_frames,
                         &handle) != 0) {
        return JS_EXCEPTION;
    }
    JSValue object = JS_NewObjectClass(ctx, stream_class);
    struct mjs_stream *stream = JS_IsException(object) ? NULL : js_mallocz(ctx, sizeof *stream);
    if (stream == NULL || start(ctx, handle) != 0) {
        js_free(ctx, stream);
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    uint64_t block_frames = mjs_format_ms_to_frames(mjs_recorder_spec(handle->recorder)->rate_hz,
                                                    MJS_RECORDER_BLOCK_MS);
    uint64_t lost_frames = mjs_recorder_position(handle->recorder).lost_frames;
    *stream = (struct mjs_stream){
        .ctx = ctx,
        .handle = handle,
        .recorder = JS_DupValue(ctx, this_value),
        .self = object,
        .pin = JS_UNDEFINED,
        .chunk_frames = chunk_frames,
        .block_frames = block_frames > 0 ? block_frames : 1,
        .fresh = {.buffer = JS_UNDEFINED, .array = JS_UNDEFINED},
        .lost_frames = lost_frames,
        .lost_seen_frames = lost_frames,
        .error = JS_UNDEFINED,
        .watched_fd = MJS_STREAM_NO_WATCH,
        .stop_watch = MJS_STREAM_NO_WATCH,
    };
    handle->stream = stream;
    JS_SetOpaque(object, stream);
    return object;
}

// SPDX-License-Identifier: MIT
// The requests of a stream: who waits for next(), and how they are answered.
//
// While capture runs, a request is answered from the event loop, one a turn, so that timers and
// other streams have their turn however much is buffered. Once nothing more can come (the exit
// flag, an end, an error) requests are answered at once: the loop may not run any more.
//
// Answering may run JavaScript (promise resolution looks up `then`), so the stream is consistent
// before each answer, and kept alive by whoever answers.
#include "stream_serve_js.h"

#include "../../runtime/js_util.h"
#include "../../runtime/stop.h"
#include "chunk_js.h"

#define FRESH_HINT "make the stream's chunks smaller"

enum answer { ANSWER_NONE, ANSWER_CHUNK, ANSWER_END, ANSWER_ERROR };

// --- Requests ---

static void free_request(JSRuntime *rt, struct mjs_stream_request *request) {
    JS_FreeValueRT(rt, request->settle[0]);
    JS_FreeValueRT(rt, request->settle[1]);
    js_free_rt(rt, request);
}

static struct mjs_stream_request *take_request(struct mjs_stream *stream) {
    struct mjs_stream_request *request = stream->first;
    stream->first = request->next;
    if (stream->first == NULL) {
        stream->last = NULL;
    }
    stream->request_count--;
    return request;
}

// Appends a request and gives its promise.
JSValue mjs_stream_serve_js_add(JSContext *ctx, struct mjs_stream *stream) {
    if (stream->request_count >= MJS_STREAM_REQUESTS_MAX) {
        return JS_ThrowRangeError(ctx, "more than %d calls of next() wait",
                                  MJS_STREAM_REQUESTS_MAX);
    }
    struct mjs_stream_request *request = js_mallocz(ctx, sizeof *request);
    if (request == NULL) {
        return JS_EXCEPTION;
    }
    JSValue promise = JS_NewPromiseCapability(ctx, request->settle);
    if (JS_IsException(promise)) {
        js_free(ctx, request);
        return JS_EXCEPTION;
    }
    if (stream->last != NULL) {
        stream->last->next = request;
    } else {
        stream->first = request;
    }
    stream->last = request;
    stream->request_count++;
    return promise;
}

JSValue mjs_stream_serve_js_step(JSContext *ctx, JSValue value, bool done) {
    JSValue step = JS_IsException(value) ? JS_EXCEPTION : JS_NewObject(ctx);
    if (JS_IsException(step)) {
        JS_FreeValue(ctx, value);
        return JS_EXCEPTION;
    }
    if (mjs_args_js_set(ctx, step, "value", value) != 0 ||
        mjs_args_js_set(ctx, step, "done", JS_NewBool(ctx, done)) != 0) {
        JS_FreeValue(ctx, step);
        return JS_EXCEPTION;
    }
    return step;
}

// Takes `request` and `value` over.
static void settle(JSContext *ctx, struct mjs_stream_request *request, enum answer answer,
                   JSValue value) {
    bool reject = answer == ANSWER_ERROR;
    if (!reject) {
        value = mjs_stream_serve_js_step(ctx, value, answer == ANSWER_END);
    }
    if (JS_IsException(value)) {
        value = JS_GetException(ctx); // out of memory: then that is the answer
        reject = true;
    }
    JSValueConst argument = value;
    JSValue result = JS_Call(ctx, request->settle[reject ? 1 : 0], JS_UNDEFINED, 1, &argument);
    if (JS_IsException(result)) {
        JS_FreeValue(ctx,
                     JS_GetException(ctx)); // resolving functions throw only for lack of memory
    }
    JS_FreeValue(ctx, result);
    JS_FreeValue(ctx, value);
    free_request(JS_GetRuntime(ctx), request);
}

// --- Watching ---

static int on_ready(JSContext *ctx, void *opaque);

static void unwatch(struct mjs_stream *stream) {
    JSContext *ctx = stream->ctx;
    if (stream->watched_fd != MJS_STREAM_NO_WATCH) {
        if (mjs_js_watch_fd(ctx, stream->watched_fd, NULL, NULL) != 0) {
            JS_FreeValue(ctx, JS_GetException(ctx)); // nothing is called any more all the same
        }
        stream->watched_fd = MJS_STREAM_NO_WATCH;
    }
    if (stream->stop_watch != MJS_STREAM_NO_WATCH) {
        mjs_js_unwatch_stop(ctx, stream->stop_watch);
        stream->stop_watch = MJS_STREAM_NO_WATCH;
    }
}

static int watch(struct mjs_stream *stream) {
    JSContext *ctx = stream->ctx;
    struct mjs_recorder *recorder = stream->handle->recorder;
    uint64_t rest_frames = stream->chunk_frames - stream->filled_frames;
    // What has woken us was not enough for a chunk. It must not stay readable: the loop would spin.
    if (stream->watched_fd != MJS_STREAM_NO_WATCH) {
        mjs_recorder_disarm(recorder);
    }
    mjs_recorder_arm(recorder,
                     rest_frames < stream->block_frames ? rest_frames : stream->block_frames);
    if (stream->watched_fd == MJS_STREAM_NO_WATCH) {
        int fd = mjs_recorder_event_fd(recorder);
        if (mjs_js_watch_fd(ctx, fd, on_ready, stream) != 0) {
            return -1;
        }
        stream->watched_fd = fd;
    }
    if (stream->stop_watch == MJS_STREAM_NO_WATCH) {
        int id = mjs_js_watch_stop(ctx, on_ready, stream);
        if (id < 0) {
            return -1;
        }
        stream->stop_watch = id;
    }
    return 0;
}

// Watches while somebody waits. May free the stream: the caller holds it.
int mjs_stream_serve_js_watch(struct mjs_stream *stream) {
    JSContext *ctx = stream->ctx;
    if (stream->first != NULL && stream->handle != NULL) {
        if (JS_IsUndefined(stream->pin)) {
            stream->pin = JS_DupValue(ctx, stream->self);
        }
        return watch(stream);
    }
    if (stream->handle != NULL) {
        mjs_recorder_disarm(stream->handle->recorder);
    }
    unwatch(stream);
    JSValue pin = stream->pin;
    stream->pin = JS_UNDEFINED;
    JS_FreeValue(ctx, pin);
    return 0;
}

// The stream has ended: others may read the recorder.
void mjs_stream_serve_js_detach(struct mjs_stream *stream) {
    if (stream->handle == NULL) {
        return;
    }
    mjs_recorder_disarm(stream->handle->recorder);
    unwatch(stream);
    stream->handle->stream = NULL;
    stream->handle = NULL;
    mjs_args_js_fresh_free(JS_GetRuntime(stream->ctx), &stream->fresh);
    JSValue recorder = stream->recorder;
    stream->recorder = JS_UNDEFINED;
    JS_FreeValue(stream->ctx, recorder);
}

// --- Reading ---

static JSValue take_chunk(struct mjs_stream *stream) {
    const struct mjs_spec *spec = mjs_recorder_spec(stream->handle->recorder);
    struct mjs_chunk_facts facts = {.spec = *spec,
                                    .frame = stream->first_frame,
                                    .frames = stream->filled_frames,
                                    .lost_frames = stream->lost_frames - stream->lost_seen_frames};
    size_t bytes = (size_t)stream->filled_frames * mjs_format_frame_bytes(spec);
    stream->lost_seen_frames = stream->lost_frames;
    stream->filled_frames = 0;
    return mjs_chunk_js_new(stream->ctx, mjs_args_js_fresh_take(stream->ctx, &stream->fresh, bytes),
                            &facts);
}

// Reads what is there into the chunk; `*frames_read` counts what this call read.
static mjs_result read_more(struct mjs_stream *stream, uint64_t *frames_read,
                            struct mjs_error *err) {
    struct mjs_recorder *recorder = stream->handle->recorder;
    size_t frame_bytes = mjs_format_frame_bytes(mjs_recorder_spec(recorder));
    bool begins = stream->filled_frames == 0;
    mjs_result result = mjs_recorder_read(
        recorder, stream->fresh.data + (size_t)stream->filled_frames * frame_bytes,
        stream->chunk_frames - stream->filled_frames, false, frames_read, err);
    if (begins) {
        stream->first_frame = mjs_recorder_read_position(recorder).frame;
    }
    // A gap that a failing read has passed stands behind these frames, not before their end.
    if (*frames_read > 0) {
        stream->lost_frames = mjs_recorder_position(recorder).lost_frames;
    }
    stream->filled_frames += *frames_read;
    mjs_recorder_js_warn(stream->handle);
    return result;
}

// The answer after a failed read. Frames that stand before it come first.
static enum answer answer_failure(struct mjs_stream *stream, uint64_t frames_read,
                                  const struct mjs_error *err, JSValue *value) {
    JSContext *ctx = stream->ctx;
    bool deliver_first = frames_read == 0 && stream->filled_frames > 0;
    JSValue data = JS_UNDEFINED;
    if (!deliver_first) {
        const struct mjs_spec *spec = mjs_recorder_spec(stream->handle->recorder);
        size_t bytes = (size_t)stream->filled_frames * mjs_format_frame_bytes(spec);
        data = mjs_args_js_fresh_take(ctx, &stream->fresh, bytes);
    }
    JSValue error =
        JS_IsException(data)
            ? JS_EXCEPTION
            : mjs_recorder_js_new_error(ctx, stream->handle, err,
                                        deliver_first ? 0 : stream->filled_frames, data);
    if (JS_IsException(error)) {
        error = JS_GetException(ctx);
    }
    if (deliver_first) {
        stream->error = error;
        *value = take_chunk(stream);
        return ANSWER_CHUNK;
    }
    stream->filled_frames = 0;
    *value = error;
    return ANSWER_ERROR;
}

// The answer to the first request, if there is one already.
static enum answer find_answer(struct mjs_stream *stream, JSValue *value) {
    JSContext *ctx = stream->ctx;
    if (!JS_IsUndefined(stream->error)) {
        *value = stream->error;
        stream->error = JS_UNDEFINED;
        return ANSWER_ERROR;
    }
    if (stream->handle == NULL) {
        return ANSWER_END;
    }
    struct mjs_error err;
    struct mjs_recorder *recorder = stream->handle->recorder;
    // Frames that arrive after the exit flag would make the end run away from a slow reader.
    if (mjs_stop_requested() && mjs_recorder_state(recorder) == MJS_RECORDER_RECORDING &&
        mjs_recorder_stop(recorder, &err) != MJS_OK) {
        *value = mjs_js_new_error(ctx, &err);
        return ANSWER_ERROR;
    }
    // Asked to stop before capture began: reading would begin it.
    if (mjs_recorder_state(recorder) == MJS_RECORDER_PREPARED) {
        return ANSWER_END;
    }
    if (JS_IsUndefined(stream->fresh.array) &&
        mjs_args_js_fresh(ctx, stream->chunk_frames, mjs_recorder_spec(recorder), FRESH_HINT,
                          &stream->fresh) != 0) {
        *value = JS_GetException(ctx);
        return ANSWER_ERROR;
    }
    uint64_t frames_read = 0;
    bool running = mjs_recorder_state(recorder) == MJS_RECORDER_RECORDING;
    mjs_result result = read_more(stream, &frames_read, &err);
    if (result != MJS_OK) {
        return answer_failure(stream, frames_read, &err, value);
    }
    if (stream->filled_frames == stream->chunk_frames || (!running && stream->filled_frames > 0)) {
        *value = take_chunk(stream);
        return ANSWER_CHUNK;
    }
    return running ? ANSWER_NONE : ANSWER_END;
}

// Answers requests: one, or all where nothing more can come.
int mjs_stream_serve_js_now(struct mjs_stream *stream) {
    JSContext *ctx = stream->ctx;
    JSValue held = JS_DupValue(ctx, stream->self);
    while (stream->first != NULL) {
        JSValue value = JS_UNDEFINED;
        enum answer answer = find_answer(stream, &value);
        if (answer == ANSWER_NONE) {
            break;
        }
        if (answer != ANSWER_CHUNK) {
            mjs_stream_serve_js_detach(stream);
        }
        settle(ctx, take_request(stream), answer, value);
        if (answer == ANSWER_CHUNK && !mjs_stop_requested()) {
            break;
        }
    }
    int failed = mjs_stream_serve_js_watch(stream);
    JS_FreeValue(ctx, held);
    return failed;
}

static int on_ready(JSContext *ctx, void *opaque) {
    (void)ctx;
    return mjs_stream_serve_js_now(opaque);
}

// Ends the stream: what was read for the first who waits is theirs, the others get `done`.
void mjs_stream_serve_js_end(struct mjs_stream *stream) {
    JSContext *ctx = stream->ctx;
    JSValue held = JS_DupValue(ctx, stream->self);
    bool partial = stream->filled_frames > 0 && stream->first != NULL;
    JSValue chunk = partial ? take_chunk(stream) : JS_UNDEFINED;
    mjs_stream_serve_js_detach(stream);
    if (partial) {
        settle(ctx, take_request(stream), ANSWER_CHUNK, chunk);
    }
    // Without a handle nothing is watched: this cannot fail.
    (void)mjs_stream_serve_js_now(stream);
    JS_FreeValue(ctx, held);
}

void mjs_stream_serve_js_drop(struct mjs_stream *stream) {
    while (stream->first != NULL) {
        free_request(JS_GetRuntime(stream->ctx), take_request(stream));
    }
}

// SPDX-License-Identifier: MIT
// Recorder.stream(): chunks of a recording in the event loop.
//
// While capture runs, a request is answered from the event loop, one a turn, so that timers and
// other streams have their turn however much is buffered. Once nothing more can come (the exit
// flag, an end, an error) requests are answered at once: the loop may not run any more.
//
// Answering may run JavaScript (promise resolution looks up `then`), so the stream is consistent
// before each answer, and kept alive by whoever answers.
#include "stream_js.h"

#include "../../runtime/js_util.h"
#include "../../runtime/stop.h"
#include "args_js.h"
#include "chunk_js.h"

#define DEFAULT_MS 50
#define FRESH_HINT "make the stream's chunks smaller"
#define NO_WATCH (-1)

// Somebody who waits for next().
struct mjs_stream_request {
    struct mjs_stream_request *next;
    JSValue settle[2]; // resolve, reject
};

struct mjs_stream {
    JSContext *ctx;
    struct mjs_recorder_handle *handle; // null: it has ended
    JSValue recorder;                   // keeps the Recorder object alive while it is open
    JSValueConst self;                  // our own object; not counted
    JSValue pin;                        // our own object, counted while somebody waits
    struct mjs_stream_request *first;
    struct mjs_stream_request *last;
    int request_count;

    uint64_t chunk_frames;
    uint64_t block_frames;        // how much is waited for at once: the file gets it in blocks
    struct mjs_fresh_bytes fresh; // the chunk that is being read
    uint64_t filled_frames;
    uint64_t first_frame;
    uint64_t lost_seen_frames; // lost up to the end of the chunk before
    JSValue error;             // what the next request is rejected with; undefined: nothing

    int watched_fd;
    int stop_watch;
};

enum answer { ANSWER_NONE, ANSWER_CHUNK, ANSWER_END, ANSWER_ERROR };

static JSClassID stream_class;

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
static JSValue add_request(JSContext *ctx, struct mjs_stream *stream) {
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

static JSValue new_step(JSContext *ctx, JSValue value, bool done) {
    JSValue step = JS_IsException(value) ? JS_EXCEPTION : JS_NewObject(ctx);
    if (JS_IsException(step)) {
        JS_FreeValue(ctx, value);
        return JS_EXCEPTION;
    }
    if (mjs_args_set(ctx, step, "value", value) != 0 ||
        mjs_args_set(ctx, step, "done", JS_NewBool(ctx, done)) != 0) {
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
        value = new_step(ctx, value, answer == ANSWER_END);
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
    if (stream->watched_fd != NO_WATCH) {
        if (mjs_js_watch_fd(ctx, stream->watched_fd, NULL, NULL) != 0) {
            JS_FreeValue(ctx, JS_GetException(ctx)); // nothing is called any more all the same
        }
        stream->watched_fd = NO_WATCH;
    }
    if (stream->stop_watch != NO_WATCH) {
        mjs_js_unwatch_stop(ctx, stream->stop_watch);
        stream->stop_watch = NO_WATCH;
    }
}

static int watch(struct mjs_stream *stream) {
    JSContext *ctx = stream->ctx;
    struct mjs_recorder *recorder = stream->handle->recorder;
    uint64_t rest_frames = stream->chunk_frames - stream->filled_frames;
    mjs_recorder_arm(recorder,
                     rest_frames < stream->block_frames ? rest_frames : stream->block_frames);
    if (stream->watched_fd == NO_WATCH) {
        int fd = mjs_recorder_event_fd(recorder);
        if (mjs_js_watch_fd(ctx, fd, on_ready, stream) != 0) {
            return -1;
        }
        stream->watched_fd = fd;
    }
    if (stream->stop_watch == NO_WATCH) {
        int id = mjs_js_watch_stop(ctx, on_ready, stream);
        if (id < 0) {
            return -1;
        }
        stream->stop_watch = id;
    }
    return 0;
}

// Watches while somebody waits. May free the stream: the caller holds it.
static int update_watch(struct mjs_stream *stream) {
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
static void detach(struct mjs_stream *stream) {
    if (stream->handle == NULL) {
        return;
    }
    mjs_recorder_disarm(stream->handle->recorder);
    unwatch(stream);
    stream->handle->stream = NULL;
    stream->handle = NULL;
    mjs_args_fresh_free(JS_GetRuntime(stream->ctx), &stream->fresh);
    JSValue recorder = stream->recorder;
    stream->recorder = JS_UNDEFINED;
    JS_FreeValue(stream->ctx, recorder);
}

// --- Reading ---

static JSValue take_chunk(struct mjs_stream *stream) {
    const struct mjs_spec *spec = mjs_recorder_spec(stream->handle->recorder);
    uint64_t lost_frames = mjs_recorder_position(stream->handle->recorder).lost_frames;
    struct mjs_chunk_facts facts = {.spec = *spec,
                                    .frame = stream->first_frame,
                                    .frames = stream->filled_frames,
                                    .lost_frames = lost_frames - stream->lost_seen_frames};
    size_t bytes = (size_t)stream->filled_frames * mjs_format_frame_bytes(spec);
    stream->lost_seen_frames = lost_frames;
    stream->filled_frames = 0;
    return mjs_chunk_js_new(stream->ctx, mjs_args_fresh_take(stream->ctx, &stream->fresh, bytes),
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
        data = mjs_args_fresh_take(ctx, &stream->fresh, bytes);
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
    if (JS_IsUndefined(stream->fresh.array) &&
        mjs_args_fresh(ctx, stream->chunk_frames, mjs_recorder_spec(recorder), FRESH_HINT,
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
static int serve(struct mjs_stream *stream) {
    JSContext *ctx = stream->ctx;
    JSValue held = JS_DupValue(ctx, stream->self);
    while (stream->first != NULL) {
        JSValue value = JS_UNDEFINED;
        enum answer answer = find_answer(stream, &value);
        if (answer == ANSWER_NONE) {
            break;
        }
        if (answer != ANSWER_CHUNK) {
            detach(stream);
        }
        settle(ctx, take_request(stream), answer, value);
        if (answer == ANSWER_CHUNK && !mjs_stop_requested()) {
            break;
        }
    }
    int failed = update_watch(stream);
    JS_FreeValue(ctx, held);
    return failed;
}

static int on_ready(JSContext *ctx, void *opaque) {
    (void)ctx;
    return serve(opaque);
}

// Ends the stream: what was read for the first who waits is theirs, the others get `done`.
static void end(struct mjs_stream *stream) {
    JSContext *ctx = stream->ctx;
    JSValue held = JS_DupValue(ctx, stream->self);
    bool partial = stream->filled_frames > 0 && stream->first != NULL;
    JSValue chunk = partial ? take_chunk(stream) : JS_UNDEFINED;
    detach(stream);
    if (partial) {
        settle(ctx, take_request(stream), ANSWER_CHUNK, chunk);
    }
    // Without a handle nothing is watched: this cannot fail.
    (void)serve(stream);
    JS_FreeValue(ctx, held);
}

void mjs_stream_js_end(JSContext *ctx, struct mjs_recorder_handle *handle) {
    (void)ctx;
    if (handle->stream != NULL) {
        end(handle->stream);
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
    detach(stream);
    while (stream->first != NULL) {
        free_request(JS_GetRuntime(ctx), take_request(stream));
    }
    (void)update_watch(stream); // without requests it only lets go
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
    JSValue promise = add_request(ctx, stream);
    if (JS_IsException(promise)) {
        return JS_EXCEPTION;
    }
    bool at_once = stream->handle == NULL || !JS_IsUndefined(stream->error) ||
                   mjs_stop_requested() ||
                   mjs_recorder_state(stream->handle->recorder) != MJS_RECORDER_RECORDING;
    if ((at_once ? serve(stream) : update_watch(stream)) != 0) {
        // It cannot be waited for (too many watches, no memory): the stream is of no use.
        JSValue error = JS_GetException(ctx);
        end(stream);
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
        end(stream);
    }
    JSValue step = result == MJS_OK ? new_step(ctx, JS_DupValue(ctx, value), true)
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
    mjs_args_fresh_free(rt, &stream->fresh);
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
    return mjs_args_define_class(ctx, NULL, &stream_class, &class_definition, NULL, members,
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
        failed = mjs_args_integer(ctx, frames_value, "frames", 1, INT32_MAX, &frames);
    } else if (!JS_IsUndefined(ms_value)) {
        failed = mjs_args_number(ctx, ms_value, "ms", 0, MJS_MS_MAX, &ms);
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
    *stream = (struct mjs_stream){
        .ctx = ctx,
        .handle = handle,
        .recorder = JS_DupValue(ctx, this_value),
        .self = object,
        .pin = JS_UNDEFINED,
        .chunk_frames = chunk_frames,
        .block_frames = block_frames > 0 ? block_frames : 1,
        .fresh = {.buffer = JS_UNDEFINED, .array = JS_UNDEFINED},
        .lost_seen_frames = mjs_recorder_position(handle->recorder).lost_frames,
        .error = JS_UNDEFINED,
        .watched_fd = NO_WATCH,
        .stop_watch = NO_WATCH,
    };
    handle->stream = stream;
    JS_SetOpaque(object, stream);
    return object;
}

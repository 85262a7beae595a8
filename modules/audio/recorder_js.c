// SPDX-License-Identifier: MIT
// The class Recorder: construction, lifecycle, and what it says of itself.
#include "recorder_js.h"

#include <string.h>

#include "../../runtime/js_util.h"
#include "args_js.h"
#include "series_js.h"
#include "stream_js.h"

#define FRAME_SIZE_FRAMES_MAX ((int64_t)1 << 47)
#define PERIOD_FRAMES_MAX 1048576
#define PERIOD_COUNT_MIN 2
#define PERIOD_COUNT_MAX 1024

static JSClassID recorder_class;
static struct mjs_recorder_handle *handles; // all that exist

// --- The handle ---

static void link_handle(struct mjs_recorder_handle *handle) {
    handle->next = handles;
    if (handles != NULL) {
        handles->previous = handle;
    }
    handles = handle;
}

static void unlink_handle(struct mjs_recorder_handle *handle) {
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
static void finish_unasked(struct mjs_recorder_handle *handle) {
    struct mjs_error err;
    struct mjs_recorder_summary summary;
    if (mjs_recorder_finish(handle->recorder, &summary, &err) != MJS_OK) {
        mjs_js_warn_unfinished(&err);
    }
}

static void finalize(JSRuntime *rt, JSValueConst value) {
    struct mjs_recorder_handle *handle = JS_GetOpaque(value, recorder_class);
    if (handle == NULL) {
        return;
    }
    // A stream that is garbage together with its recorder may be finalised after it.
    mjs_stream_js_forget(handle);
    unlink_handle(handle);
    finish_unasked(handle);
    mjs_recorder_free(handle->recorder);
    js_free_rt(rt, handle);
}

static const JSClassDef class_definition = {"Recorder", .finalizer = finalize};

struct mjs_recorder_handle *mjs_recorder_js_any(JSContext *ctx, JSValueConst this_value) {
    return JS_GetOpaque2(ctx, this_value, recorder_class);
}

struct mjs_recorder_handle *mjs_recorder_js_open(JSContext *ctx, JSValueConst this_value) {
    struct mjs_recorder_handle *handle = mjs_recorder_js_any(ctx, this_value);
    if (handle != NULL && mjs_recorder_state(handle->recorder) == MJS_RECORDER_RELEASED) {
        mjs_js_throw_code(ctx, MJS_ECLOSED, "the recorder is closed");
        return NULL;
    }
    return handle;
}

struct mjs_recorder_handle *mjs_recorder_js_reader(JSContext *ctx, JSValueConst this_value) {
    struct mjs_recorder_handle *handle = mjs_recorder_js_open(ctx, this_value);
    if (handle == NULL) {
        return NULL;
    }
    if (mjs_recorder_state(handle->recorder) == MJS_RECORDER_FINISHED) {
        mjs_js_throw_code(ctx, MJS_EFINISHED,
                          "the recording is finished: open() begins another take");
        return NULL;
    }
    if (handle->stream != NULL) {
        mjs_js_throw_code(ctx, MJS_EBUSY, "a stream of this recorder is open: it reads already");
        return NULL;
    }
    return handle;
}

void mjs_recorder_js_finish_all(void) {
    for (struct mjs_recorder_handle *handle = handles; handle != NULL; handle = handle->next) {
        finish_unasked(handle);
    }
    // Letting go of a stream may free its recorder's handle, so begin anew each time.
    struct mjs_recorder_handle *handle = handles;
    while (handle != NULL) {
        struct mjs_recorder_handle *next = handle->next;
        if (handle->stream != NULL) {
            mjs_stream_js_abandon(handle->stream);
            next = handles;
        }
        handle = next;
    }
}

// --- Losses and errors ---

void mjs_recorder_js_warn(struct mjs_recorder_handle *handle) {
    mjs_series_js_tell(mjs_recorder_series(handle->recorder));
    struct mjs_recorder_gap gap;
    if (!mjs_recorder_take_loss_notice(handle->recorder, &gap)) {
        return;
    }
    static const char *const reasons[] = {
        [MJS_GAP_OVERRUN] = "the script read too slowly. Read more often, or make bufferMs larger",
        [MJS_GAP_DEVICE] =
            "the device lost them, or was away. On a busy machine make periodCount larger",
        [MJS_GAP_SUSPEND] = "the system was suspended",
        [MJS_GAP_DISK] = "they could not be written to the file",
    };
    const struct mjs_spec *spec = mjs_recorder_spec(handle->recorder);
    mjs_js_warn("%s%.0f frames (%.0f ms) of sound are missing at frame %.0f (%.3f s): %s. "
                "stats().gaps lists all.",
                gap.exact ? "" : "about ", (double)gap.frames,
                mjs_format_frames_to_ms(spec->rate_hz, gap.frames), (double)gap.frame,
                mjs_format_frames_to_ms(spec->rate_hz, gap.frame) / 1000.0, reasons[gap.cause]);
}

JSValue mjs_recorder_js_new_error(JSContext *ctx, struct mjs_recorder_handle *handle,
                                  const struct mjs_error *err, uint64_t frames, JSValue data) {
    JSValue error = mjs_js_new_error(ctx, err);
    if (JS_IsException(error)) {
        JS_FreeValue(ctx, data);
        return JS_EXCEPTION;
    }
    int failed = 0;
    if (!JS_IsUndefined(data)) {
        failed = mjs_args_js_set(ctx, error, "data", data);
    }
    failed =
        failed || mjs_args_js_set(ctx, error, "frames", JS_NewInt64(ctx, (int64_t)frames)) != 0;
    const struct mjs_recorder_gap *gap =
        err->code == MJS_EOVERRUN ? mjs_recorder_last_gap(handle->recorder) : NULL;
    if (!failed && gap != NULL) {
        failed = mjs_args_js_set(ctx, error, "gap", mjs_recorder_info_js_gap(ctx, gap));
    }
    if (failed) {
        JS_FreeValue(ctx, error);
        return JS_EXCEPTION;
    }
    return error;
}

// --- Lifecycle ---

static JSValue construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    struct mjs_recorder_arguments arguments;
    JSValue prototype = JS_GetPropertyStr(ctx, new_target, "prototype");
    if (JS_IsException(prototype)) {
        return JS_EXCEPTION;
    }
    JSValue object = JS_EXCEPTION;
    struct mjs_recorder_handle *handle = NULL;
    if (mjs_recorder_options_js_read(ctx, argc, argv, &arguments) != 0) {
        JS_FreeValue(ctx, prototype);
        return JS_EXCEPTION;
    }
    // Closed first, opened then: whatever fails, the object is consistent.
    struct mjs_error err;
    struct mjs_recorder *recorder = NULL;
    handle = js_mallocz(ctx, sizeof *handle);
    object = handle != NULL ? JS_NewObjectProtoClass(ctx, prototype, recorder_class) : JS_EXCEPTION;
    if (JS_IsException(object)) {
        js_free(ctx, handle);
    } else if (mjs_recorder_open(&recorder, &arguments.options, &err) != MJS_OK ||
               mjs_mixer_volume_open(&handle->volume, mjs_recorder_hardware(recorder),
                                     arguments.mixer, NULL, &err) != MJS_OK) {
        mjs_recorder_free(recorder);
        js_free(ctx, handle);
        JS_FreeValue(ctx, object);
        object = mjs_js_throw(ctx, &err);
    } else {
        handle->recorder = recorder;
        handle->block = arguments.block;
        handle->has_file = arguments.path != NULL;
        link_handle(handle);
        JS_SetOpaque(object, handle);
    }
    mjs_recorder_options_js_free(ctx, &arguments);
    JS_FreeValue(ctx, prototype);
    return object;
}

static JSValue reset(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    bool start = true;
    if (argc > 0 && !JS_IsUndefined(argv[0]) &&
        mjs_js_get_bool(ctx, argv[0], "start", &start) != 0) {
        return JS_EXCEPTION;
    }
    struct mjs_recorder_handle *handle = mjs_recorder_js_open(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    struct mjs_error err;
    mjs_result result = start ? mjs_recorder_start(handle->recorder, &err)
                              : mjs_recorder_stop(handle->recorder, &err);
    mjs_recorder_js_warn(handle);
    if (result != MJS_OK) {
        return mjs_js_throw(ctx, &err);
    }
    if (!start) {
        mjs_stream_js_end(ctx, handle);
    }
    return JS_UNDEFINED;
}

static JSValue open_file(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    const char *path = NULL;
    if (argc > 0 && !JS_IsUndefined(argv[0])) {
        path = mjs_js_get_string(ctx, argv[0], "path");
        if (path == NULL) {
            return JS_EXCEPTION;
        }
    }
    JSValue answer = JS_EXCEPTION;
    struct mjs_recorder_handle *handle = mjs_recorder_js_open(ctx, this_value);
    if (handle != NULL) {
        struct mjs_error err;
        mjs_result result = mjs_recorder_switch(handle->recorder, path, &err);
        // Without a path there is no file to create: only the end of the old one can have failed.
        if (result == MJS_OK || path == NULL) {
            handle->has_file = path != NULL;
        }
        answer = result == MJS_OK ? JS_UNDEFINED : mjs_js_throw(ctx, &err);
    }
    JS_FreeCString(ctx, path);
    return answer;
}

// Throws the error of a recording that could not be closed well, with its summary.
static JSValue throw_unfinished(JSContext *ctx, const struct mjs_error *err, JSValue summary) {
    JSValue error = mjs_js_new_error(ctx, err);
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
    struct mjs_recorder_handle *handle = mjs_recorder_js_any(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    struct mjs_error err;
    struct mjs_recorder_summary numbers;
    mjs_result result = mjs_recorder_finish(handle->recorder, &numbers, &err);
    mjs_recorder_js_warn(handle);
    JSValue summary = mjs_recorder_info_js_summary(ctx, handle->recorder, &numbers);
    mjs_stream_js_end(ctx, handle);
    if (result != MJS_OK && !JS_IsException(summary)) {
        return throw_unfinished(ctx, &err, summary);
    }
    return summary;
}

static JSValue close_recorder(JSContext *ctx, JSValueConst this_value, int argc,
                              JSValueConst *argv) {
    (void)argc;
    (void)argv;
    struct mjs_recorder_handle *handle = mjs_recorder_js_any(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    // The stream first: it watches a descriptor that closing takes away.
    mjs_stream_js_end(ctx, handle);
    struct mjs_error err;
    mjs_result result = mjs_recorder_close(handle->recorder, &err);
    mjs_recorder_js_warn(handle);
    return result == MJS_OK ? JS_UNDEFINED : mjs_js_throw(ctx, &err);
}

// --- What it says of itself ---

enum info {
    INFO_REMAINING,
    INFO_SAMPLE_RATE,
    INFO_FORMAT,
    INFO_CHANNEL,
    INFO_HARDWARE,
};

static JSValue tell(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv,
                    int magic) {
    (void)argc;
    (void)argv;
    struct mjs_recorder_handle *handle = mjs_recorder_js_open(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    const struct mjs_spec *spec = mjs_recorder_spec(handle->recorder);
    switch ((enum info)magic) {
    case INFO_REMAINING:
        return JS_NewInt64(ctx, (int64_t)mjs_recorder_available(handle->recorder));
    case INFO_SAMPLE_RATE:
        return JS_NewUint32(ctx, spec->rate_hz);
    case INFO_FORMAT:
        return JS_NewInt32(ctx, (int32_t)spec->format);
    case INFO_CHANNEL:
        return JS_NewUint32(ctx, spec->channels);
    case INFO_HARDWARE:
        return mjs_recorder_info_js_hardware(ctx, handle);
    }
    return JS_UNDEFINED;
}

static JSValue frame_size(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    int64_t frames = 1;
    if (argc > 0 && !JS_IsUndefined(argv[0]) &&
        mjs_js_get_integer(ctx, argv[0], "n", 0, FRAME_SIZE_FRAMES_MAX, &frames) != 0) {
        return JS_EXCEPTION;
    }
    struct mjs_recorder_handle *handle = mjs_recorder_js_open(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    int64_t frame_bytes = (int64_t)mjs_format_frame_bytes(mjs_recorder_spec(handle->recorder));
    return JS_NewInt64(ctx, frames * frame_bytes);
}

static JSValue periods(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv,
                       int magic) {
    bool is_count = magic != 0;
    bool set = argc > 0 && !JS_IsUndefined(argv[0]);
    int64_t value = 0;
    if (set && mjs_js_get_integer(ctx, argv[0], is_count ? "periodCount" : "periodSize",
                                  is_count ? PERIOD_COUNT_MIN : 1,
                                  is_count ? PERIOD_COUNT_MAX : PERIOD_FRAMES_MAX, &value) != 0) {
        return JS_EXCEPTION;
    }
    struct mjs_recorder_handle *handle = mjs_recorder_js_open(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    struct mjs_error err;
    if (set && mjs_recorder_set_periods(handle->recorder, is_count ? 0 : (uint32_t)value,
                                        is_count ? (uint32_t)value : 0, &err) != MJS_OK) {
        return mjs_js_throw(ctx, &err);
    }
    const struct mjs_pcm_hardware *hardware = mjs_recorder_hardware(handle->recorder);
    return JS_NewUint32(ctx, is_count ? hardware->period_count : hardware->period_frames);
}

static JSValue stats(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    struct mjs_recorder_handle *handle = mjs_recorder_js_any(ctx, this_value);
    return handle == NULL ? JS_EXCEPTION : mjs_recorder_info_js_stats(ctx, handle->recorder);
}

static JSValue get_state(JSContext *ctx, JSValueConst this_value) {
    struct mjs_recorder_handle *handle = mjs_recorder_js_any(ctx, this_value);
    return handle == NULL ? JS_EXCEPTION
                          : mjs_recorder_info_js_state(ctx, mjs_recorder_state(handle->recorder));
}

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_DEF("record", 0, mjs_recorder_read_js_record),
    JS_CFUNC_DEF("save", 0, mjs_recorder_read_js_save),
    JS_CFUNC_DEF("recordBytes", 0, mjs_recorder_read_js_bytes),
    JS_CFUNC_DEF("readInto", 1, mjs_recorder_read_js_into),
    JS_CFUNC_DEF("reset", 0, reset),
    JS_CFUNC_DEF("open", 0, open_file),
    JS_CFUNC_DEF("finish", 0, finish),
    JS_CFUNC_DEF("volume", 0, mjs_recorder_volume_js_volume),
    JS_CFUNC_DEF("mute", 0, mjs_recorder_volume_js_mute),
    JS_CFUNC_MAGIC_DEF("getRemainingFrames", 0, tell, INFO_REMAINING),
    JS_CFUNC_DEF("frameSize", 0, frame_size),
    JS_CFUNC_MAGIC_DEF("periodSize", 0, periods, 0),
    JS_CFUNC_MAGIC_DEF("periodCount", 0, periods, 1),
    JS_CFUNC_MAGIC_DEF("sampleRate", 0, tell, INFO_SAMPLE_RATE),
    JS_CFUNC_MAGIC_DEF("format", 0, tell, INFO_FORMAT),
    JS_CFUNC_MAGIC_DEF("channel", 0, tell, INFO_CHANNEL),
    JS_CFUNC_MAGIC_DEF("hardware", 0, tell, INFO_HARDWARE),
    JS_CFUNC_DEF("stats", 0, stats),
    JS_CGETSET_DEF("state", get_state, NULL),
    JS_CFUNC_DEF("close", 0, close_recorder),
    JS_CFUNC_DEF("[Symbol.dispose]", 0, close_recorder),
    JS_CFUNC_DEF("stream", 0, mjs_stream_js_open),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Recorder", JS_PROP_CONFIGURABLE),
};

int mjs_recorder_js_init(JSContext *ctx, JSModuleDef *module) {
    return mjs_args_js_define_class(ctx, module, &recorder_class, &class_definition, construct,
                                    members, (int)(sizeof members / sizeof members[0]));
}

// SPDX-License-Identifier: MIT
// Reading from a Recorder: record, save, recordBytes, readInto.
//
// Nothing of the script runs between the check of the arguments and the end of the read, so memory
// of the script's stays where it is.
#include "../../runtime/js_util.h"
#include "args_js.h"
#include "recorder_js.h"

#define FRESH_HINT "ask for less at a time, or use save()"

// What a call wants: at most (waiting: exactly) that many frames.
struct request {
    uint64_t frames;
    bool wait;
};

// Frames for a call that takes what is there. Where nothing is, it asks for one period, so that an
// error or a gap that stands there shows.
static uint64_t frames_there(const struct mjs_recorder_handle *handle) {
    uint64_t available = mjs_recorder_available(handle->recorder);
    return available > 0 ? available : mjs_recorder_hardware(handle->recorder)->period_frames;
}

static uint64_t smaller(uint64_t a, uint64_t b) { return a < b ? a : b; }

// `ms` undefined: all that is buffered, without waiting. 0 ok, -1 exception pending.
static int get_ms(JSContext *ctx, int argc, JSValueConst *argv, double *ms, bool *all) {
    *all = argc == 0 || JS_IsUndefined(argv[0]);
    return *all ? 0 : mjs_js_get_number(ctx, argv[0], "ms", 0, MJS_MS_MAX, ms);
}

static struct request request_ms(const struct mjs_recorder_handle *handle, double ms, bool all) {
    if (all) {
        return (struct request){.frames = frames_there(handle), .wait = false};
    }
    uint32_t rate_hz = mjs_recorder_spec(handle->recorder)->rate_hz;
    return (struct request){.frames = mjs_format_ms_to_frames(rate_hz, ms), .wait = handle->block};
}

// Reads into memory that becomes the script's.
static JSValue read_fresh(JSContext *ctx, struct mjs_recorder_handle *handle,
                          struct request request) {
    const struct mjs_spec *spec = mjs_recorder_spec(handle->recorder);
    if (!request.wait) {
        request.frames = smaller(request.frames, frames_there(handle));
    }
    struct mjs_fresh_bytes fresh;
    if (mjs_args_js_fresh(ctx, request.frames, spec, FRESH_HINT, &fresh) != 0) {
        return JS_EXCEPTION;
    }
    struct mjs_error err;
    uint64_t frames_read = 0;
    mjs_result result = mjs_recorder_read(handle->recorder, fresh.data, request.frames,
                                          request.wait, &frames_read, &err);
    mjs_recorder_js_warn(handle);
    size_t bytes = (size_t)frames_read * mjs_format_frame_bytes(spec);
    JSValue array = mjs_args_js_fresh_take(ctx, &fresh, bytes);
    if (result == MJS_OK || JS_IsException(array)) {
        return array;
    }
    JSValue error = mjs_recorder_js_new_error(ctx, handle, &err, frames_read, array);
    return JS_IsException(error) ? JS_EXCEPTION : JS_Throw(ctx, error);
}

JSValue mjs_recorder_read_js_record(JSContext *ctx, JSValueConst this_value, int argc,
                                    JSValueConst *argv) {
    double ms = 0;
    bool all = false;
    if (get_ms(ctx, argc, argv, &ms, &all) != 0) {
        return JS_EXCEPTION;
    }
    struct mjs_recorder_handle *handle = mjs_recorder_js_reader(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    return read_fresh(ctx, handle, request_ms(handle, ms, all));
}

JSValue mjs_recorder_read_js_bytes(JSContext *ctx, JSValueConst this_value, int argc,
                                   JSValueConst *argv) {
    bool all = argc == 0 || JS_IsUndefined(argv[0]);
    int64_t bytes = 0;
    if (!all && mjs_js_get_integer(ctx, argv[0], "bytes", 0, INT64_MAX / 2, &bytes) != 0) {
        return JS_EXCEPTION;
    }
    struct mjs_recorder_handle *handle = mjs_recorder_js_reader(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    if (all) {
        return read_fresh(ctx, handle, request_ms(handle, 0, true));
    }
    int64_t frame_bytes = (int64_t)mjs_format_frame_bytes(mjs_recorder_spec(handle->recorder));
    if (bytes % frame_bytes != 0) {
        return JS_ThrowRangeError(ctx, "bytes must be whole frames of %d bytes, not %.0f",
                                  (int)frame_bytes, (double)bytes);
    }
    struct request request = {.frames = (uint64_t)(bytes / frame_bytes), .wait = handle->block};
    return read_fresh(ctx, handle, request);
}

JSValue mjs_recorder_read_js_save(JSContext *ctx, JSValueConst this_value, int argc,
                                  JSValueConst *argv) {
    double ms = 0;
    bool all = false;
    if (get_ms(ctx, argc, argv, &ms, &all) != 0) {
        return JS_EXCEPTION;
    }
    struct mjs_recorder_handle *handle = mjs_recorder_js_reader(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    if (!handle->has_file) {
        return mjs_js_throw_code(ctx, MJS_EINVAL,
                                 "save() has no file to write to: give the recorder a path");
    }
    struct request request = request_ms(handle, ms, all);
    struct mjs_error err;
    uint64_t frames_read = 0;
    mjs_result result =
        mjs_recorder_read(handle->recorder, NULL, request.frames, request.wait, &frames_read, &err);
    mjs_recorder_js_warn(handle);
    if (result == MJS_OK) {
        return JS_NewInt64(ctx, (int64_t)frames_read);
    }
    JSValue error = mjs_recorder_js_new_error(ctx, handle, &err, frames_read, JS_UNDEFINED);
    return JS_IsException(error) ? JS_EXCEPTION : JS_Throw(ctx, error);
}

JSValue mjs_recorder_read_js_into(JSContext *ctx, JSValueConst this_value, int argc,
                                  JSValueConst *argv) {
    JSValueConst target = argc > 0 ? argv[0] : JS_UNDEFINED;
    struct mjs_args_bytes area;
    if (mjs_args_js_bytes(ctx, target, "the target of readInto", true, &area) != 0) {
        return JS_EXCEPTION;
    }
    struct mjs_recorder_handle *handle = mjs_recorder_js_reader(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    const struct mjs_spec *spec = mjs_recorder_spec(handle->recorder);
    size_t frame_bytes = mjs_format_frame_bytes(spec);
    if (area.bytes % frame_bytes != 0) {
        return JS_ThrowRangeError(ctx, "readInto needs room for whole frames of %d bytes, not %.0f",
                                  (int)frame_bytes, (double)area.bytes);
    }
    struct mjs_error err;
    uint64_t frames_read = 0;
    mjs_result result = mjs_recorder_read(handle->recorder, area.data, area.bytes / frame_bytes,
                                          handle->block, &frames_read, &err);
    mjs_recorder_js_warn(handle);
    if (result == MJS_OK) {
        return JS_NewInt64(ctx, (int64_t)frames_read);
    }
    JSValue data = mjs_args_js_view(ctx, target, &area, (size_t)frames_read * frame_bytes);
    if (JS_IsException(data)) {
        return JS_EXCEPTION;
    }
    JSValue error = mjs_recorder_js_new_error(ctx, handle, &err, frames_read, data);
    return JS_IsException(error) ? JS_EXCEPTION : JS_Throw(ctx, error);
}

// SPDX-License-Identifier: MIT
// What a Recorder tells about itself, as plain objects of the script's.
#include "args_js.h"
#include "recorder_js.h"
#include "series_js.h"

static JSValue new_count(JSContext *ctx, uint64_t count) {
    return JS_NewInt64(ctx, (int64_t)count);
}

// Frees the object where one of its properties could not be set.
static JSValue checked(JSContext *ctx, JSValue object, int failed) {
    if (failed) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    return object;
}

static const char *cause_name(enum mjs_gap_cause cause) {
    switch (cause) {
    case MJS_GAP_OVERRUN:
        return "overrun";
    case MJS_GAP_DEVICE:
        return "device";
    case MJS_GAP_SUSPEND:
        return "suspend";
    case MJS_GAP_DISK:
        return "disk";
    }
    return "device";
}

JSValue mjs_recorder_info_js_gap(JSContext *ctx, const struct mjs_recorder_gap *gap) {
    JSValue object = JS_NewObject(ctx);
    if (JS_IsException(object)) {
        return JS_EXCEPTION;
    }
    int failed = mjs_args_js_set(ctx, object, "frame", new_count(ctx, gap->frame)) ||
                 mjs_args_js_set(ctx, object, "at", new_count(ctx, gap->at)) ||
                 mjs_args_js_set(ctx, object, "frames", new_count(ctx, gap->frames)) ||
                 mjs_args_js_set(ctx, object, "exact", JS_NewBool(ctx, gap->exact)) ||
                 mjs_args_js_set(ctx, object, "cause", JS_NewString(ctx, cause_name(gap->cause))) ||
                 mjs_args_js_set(ctx, object, "timeNs", JS_NewFloat64(ctx, (double)gap->time_ns));
    return checked(ctx, object, failed);
}

static JSValue new_gaps(JSContext *ctx, const struct mjs_recorder_stats *stats) {
    JSValue list = JS_NewArray(ctx);
    if (JS_IsException(list)) {
        return JS_EXCEPTION;
    }
    for (size_t i = 0; i < stats->gaps_count; i++) {
        JSValue gap = mjs_recorder_info_js_gap(ctx, &stats->gaps[i]);
        if (JS_IsException(gap) ||
            JS_DefinePropertyValueUint32(ctx, list, (uint32_t)i, gap, JS_PROP_C_W_E) < 0) {
            return checked(ctx, list, -1);
        }
    }
    return list;
}

JSValue mjs_recorder_info_js_stats(JSContext *ctx, struct mjs_recorder *recorder) {
    JSValue object = JS_NewObject(ctx);
    if (JS_IsException(object)) {
        return JS_EXCEPTION;
    }
    struct mjs_recorder_stats stats = mjs_recorder_stats(recorder);
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {
        {"capturedFrames", stats.captured_frames},   {"deliveredFrames", stats.delivered_frames},
        {"discardedFrames", stats.discarded_frames}, {"bufferedFrames", stats.buffered_frames},
        {"lostFrames", stats.lost_frames},           {"silenceFrames", stats.silence_frames},
        {"unwrittenFrames", stats.unwritten_frames}, {"overruns", stats.overruns},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && !failed; i++) {
        failed = mjs_args_js_set(ctx, object, counts[i].name, new_count(ctx, counts[i].count));
    }
    failed =
        failed ||
        mjs_args_js_set(ctx, object, "files",
                        mjs_series_js_files(ctx, mjs_recorder_series(recorder))) ||
        mjs_args_js_set(ctx, object, "gaps", new_gaps(ctx, &stats)) ||
        mjs_args_js_set(ctx, object, "gapsOmitted", new_count(ctx, stats.gaps_omitted)) ||
        mjs_args_js_set(ctx, object, "highWaterFrames", new_count(ctx, stats.high_water_frames));
    return checked(ctx, object, failed);
}

// The name of a mixer's control; undefined where the mixer has no part in it.
static JSValue new_control(JSContext *ctx, const char *name) {
    return name[0] != '\0' ? JS_NewString(ctx, name) : JS_UNDEFINED;
}

JSValue mjs_recorder_info_js_hardware(JSContext *ctx, const struct mjs_recorder_handle *handle) {
    const struct mjs_pcm_hardware *hardware = mjs_recorder_hardware(handle->recorder);
    JSValue object = JS_NewObject(ctx);
    if (JS_IsException(object)) {
        return JS_EXCEPTION;
    }
    const struct mjs_spec *spec = &hardware->spec;
    int failed =
        mjs_args_js_set(ctx, object, "device", JS_NewString(ctx, hardware->device)) ||
        mjs_args_js_set(ctx, object, "name", JS_NewString(ctx, hardware->name)) ||
        mjs_args_js_set(ctx, object, "sampleRate", JS_NewUint32(ctx, spec->rate_hz)) ||
        mjs_args_js_set(ctx, object, "format", JS_NewInt32(ctx, (int32_t)spec->format)) ||
        mjs_args_js_set(ctx, object, "channel", JS_NewUint32(ctx, spec->channels)) ||
        mjs_args_js_set(ctx, object, "periodSize", JS_NewUint32(ctx, hardware->period_frames)) ||
        mjs_args_js_set(ctx, object, "periodCount", JS_NewUint32(ctx, hardware->period_count)) ||
        mjs_args_js_set(ctx, object, "paced", JS_NewBool(ctx, !hardware->unpaced)) ||
        mjs_args_js_set(ctx, object, "volumeControl",
                        new_control(ctx, handle->volume.volume_control)) ||
        mjs_args_js_set(ctx, object, "muteControl", new_control(ctx, handle->volume.mute_control));
    return checked(ctx, object, failed);
}

JSValue mjs_recorder_info_js_summary(JSContext *ctx, struct mjs_recorder *recorder,
                                     const struct mjs_recorder_summary *summary) {
    JSValue object = JS_NewObject(ctx);
    if (JS_IsException(object)) {
        return JS_EXCEPTION;
    }
    JSValue path = summary->path != NULL ? JS_NewString(ctx, summary->path) : JS_UNDEFINED;
    int failed = mjs_args_js_set(ctx, object, "path", path) ||
                 mjs_args_js_set(ctx, object, "files",
                                 mjs_series_js_files(ctx, mjs_recorder_series(recorder))) ||
                 mjs_args_js_set(ctx, object, "frames", new_count(ctx, summary->frames)) ||
                 mjs_args_js_set(ctx, object, "lostFrames", new_count(ctx, summary->lost_frames)) ||
                 mjs_args_js_set(ctx, object, "startMs", JS_NewNumber(ctx, summary->start_ms));
    return checked(ctx, object, failed);
}

JSValue mjs_recorder_info_js_state(JSContext *ctx, enum mjs_recorder_state state) {
    static const char *const names[] = {
        [MJS_RECORDER_PREPARED] = "prepared", [MJS_RECORDER_RECORDING] = "recording",
        [MJS_RECORDER_STOPPED] = "stopped",   [MJS_RECORDER_FINISHED] = "finished",
        [MJS_RECORDER_ERROR] = "error",       [MJS_RECORDER_RELEASED] = "released",
    };
    return JS_NewString(ctx, names[state]);
}

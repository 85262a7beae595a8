// SPDX-License-Identifier: MIT
// The Recorder's volume() and mute().
#include "../../runtime/js_util.h"
#include "recorder_js.h"

// The only option; read before anything else, because it may run getters of the script's.
static int get_persist(JSContext *ctx, JSValueConst options, bool *persist) {
    JSValue value = JS_UNDEFINED;
    const struct mjs_js_option table[] = {{"persist", &value}};
    if (mjs_js_get_options(ctx, options, "volume", table, 1) != 0) {
        return -1;
    }
    int failed = JS_IsUndefined(value) ? 0 : mjs_js_get_bool(ctx, value, "persist", persist);
    JS_FreeValue(ctx, value);
    return failed;
}

// After every change: what the mixer does not do is done on delivery.
static void apply_gain(struct mjs_recorder_handle *handle) {
    mjs_recorder_set_gain(handle->recorder, mjs_mixer_volume_gain(&handle->volume));
}

JSValue mjs_recorder_volume_js_volume(JSContext *ctx, JSValueConst this_value, int argc,
                                      JSValueConst *argv) {
    bool set = argc > 0 && !JS_IsUndefined(argv[0]);
    bool persist = false;
    int64_t value = 0;
    if (get_persist(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, &persist) != 0 ||
        (set && mjs_js_get_integer(ctx, argv[0], "volume", 0, MJS_MIXER_VOLUME_MAX, &value) != 0)) {
        return JS_EXCEPTION;
    }
    struct mjs_recorder_handle *handle = mjs_recorder_js_open(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    struct mjs_error err;
    int now = 0;
    if (set && mjs_mixer_volume_set(&handle->volume, (int)value, persist, &err) != MJS_OK) {
        return mjs_js_throw(ctx, &err);
    }
    apply_gain(handle);
    if (mjs_mixer_volume_get(&handle->volume, &now, &err) != MJS_OK) {
        return mjs_js_throw(ctx, &err);
    }
    return JS_NewInt32(ctx, now);
}

JSValue mjs_recorder_volume_js_mute(JSContext *ctx, JSValueConst this_value, int argc,
                                    JSValueConst *argv) {
    bool set = argc > 0 && !JS_IsUndefined(argv[0]);
    bool value = false;
    if (set && mjs_js_get_bool(ctx, argv[0], "mute", &value) != 0) {
        return JS_EXCEPTION;
    }
    struct mjs_recorder_handle *handle = mjs_recorder_js_open(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    struct mjs_error err;
    bool now = false;
    if (set && mjs_mixer_volume_set_mute(&handle->volume, value, &err) != MJS_OK) {
        return mjs_js_throw(ctx, &err);
    }
    apply_gain(handle);
    if (mjs_mixer_volume_get_mute(&handle->volume, &now, &err) != MJS_OK) {
        return mjs_js_throw(ctx, &err);
    }
    return JS_NewBool(ctx, now);
}

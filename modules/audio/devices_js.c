// SPDX-License-Identifier: MIT
// audio.devices(), and the command `maixjs devices`: one list, and one JSON, for both.
#include "devices_js.h"

#include <stdio.h>

#include "../../runtime/js_util.h"
#include "devices.h"

static mjs_result print_list(const char *mic, bool json, struct mjs_buffer *text,
                             struct mjs_error *err) {
    struct mjs_error missing = {.message = ""};
    const struct mjs_devices_machine machine = {
        .sys = &mjs_kernel_sys_real,
        .lib = mjs_alsa_lib_get(&missing),
#ifndef MJS_STATIC // there libasound is not missing, it has no place
        .lib_missing = missing.message,
#endif
    };
    struct mjs_devices devices;
    const char *preferred = mic != NULL ? mic : mjs_js_default_mic();
    mjs_result result = mjs_devices_list(&devices, &machine, preferred, err);
    if (result == MJS_OK &&
        !(json ? mjs_devices_print_json(&devices, text) : mjs_devices_print_table(&devices, text)))
        result = mjs_result_fail(err, MJS_ENOMEM, "no memory for the list of devices");
    mjs_devices_free(&devices);
    return result;
}

JSValue mjs_devices_js_devices(JSContext *ctx, JSValueConst this_value, int argc,
                               JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    (void)argv;
    struct mjs_buffer text = {0};
    struct mjs_error err;
    JSValue value = print_list(NULL, true, &text, &err) == MJS_OK
                        ? JS_ParseJSON(ctx, text.data, text.bytes, "<devices>")
                        : mjs_js_throw(ctx, &err);
    mjs_buffer_free(&text);
    return value;
}

int mjs_devices_js_run(const char *mic, bool json) {
    struct mjs_buffer text = {0};
    struct mjs_error err;
    mjs_result result = print_list(mic, json, &text, &err);
    if (result == MJS_OK) {
        // Whether it could be written shows when the program ends and flushes.
        (void)fwrite(text.data, 1, text.bytes, stdout);
    } else {
        mjs_js_warn("%s", err.message);
    }
    mjs_buffer_free(&text);
    return result == MJS_OK ? 0 : 1;
}

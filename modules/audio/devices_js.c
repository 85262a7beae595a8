// SPDX-License-Identifier: MIT
// audio.devices(), and the command `maixjs devices`: one list, and one JSON, for both.
#include "devices_js.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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
    int failed = 0;
    if (result != MJS_OK) {
        mjs_js_warn("%s", err.message);
    } else {
        // Not by stdio: musl's writes at once, and its error does not show at the end any more.
        failed = mjs_buffer_write_fd(STDOUT_FILENO, text.data, text.bytes);
    }
    if (failed && failed != EPIPE) { // who closed the pipe has seen enough
        mjs_js_warn("cannot write to standard output: %s", strerror(failed));
    }
    mjs_buffer_free(&text);
    return result == MJS_OK && (!failed || failed == EPIPE) ? 0 : 1;
}

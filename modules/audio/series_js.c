// SPDX-License-Identifier: MIT
// What a script and its user are told of the files of a recording.
#include "series_js.h"

#include "../../runtime/js_util.h"

JSValue mjs_series_js_files(JSContext *ctx, const struct mjs_series *series) {
    JSValue list = JS_NewArray(ctx);
    for (size_t i = 0; i < series->count && !JS_IsException(list); i++) {
        JSValue path = JS_NewString(ctx, series->paths[i]);
        if (JS_IsException(path) ||
            JS_DefinePropertyValueUint32(ctx, list, (uint32_t)i, path, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, list);
            list = JS_EXCEPTION;
        }
    }
    return list;
}

void mjs_series_js_tell(struct mjs_series *series) {
    const char *full;
    const char *next;
    while (mjs_series_take_notice(series, &full, &next)) {
        mjs_js_warn("%s is full (a WAV file ends before 4 GiB); the recording goes on in %s, no "
                    "frame is lost",
                    full, next);
    }
}

// SPDX-License-Identifier: MIT
// The table of maix:* modules. To add one: a folder, a line here, a line in `maix_source`.
#include "registry.h"

#include <string.h>

#include "app/app_js.h"
#include "audio/audio_js.h"
#include "audio/devices_js.h"
#include "err/err_js.h"
#include "fs/fs_js.h"
#include "key/key_js.h"
#include "log/log_js.h"
#include "sys/sys_js.h"
#include "time/time_js.h"

// `maix` re-exports the namespaces, so that both ways of importing give the same classes.
static const char maix_source[] = "export * as audio from 'maix:audio';\n"
                                  "export * as app from 'maix:app';\n"
                                  "export * as time from 'maix:time';\n"
                                  "export * as key from 'maix:key';\n"
                                  "export * as fs from 'maix:fs';\n"
                                  "export * as log from 'maix:log';\n"
                                  "export * as err from 'maix:err';\n"
                                  "export * as sys from 'maix:sys';\n";

static JSModuleDef *create_maix(JSContext *ctx, const char *name) {
    JSValue module = JS_Eval(ctx, maix_source, strlen(maix_source), name,
                             JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(module)) {
        return NULL;
    }
    JSModuleDef *definition = JS_VALUE_GET_PTR(module);
    JS_FreeValue(ctx, module); // the context keeps it
    return definition;
}

const struct mjs_module mjs_registry_modules[] = {
    {.name = "maix", .create = create_maix},
    {.name = "maix:audio",
     .create = mjs_audio_js_create,
     .finalise = mjs_audio_js_finalise,
     .finalise_forced = mjs_audio_js_finalise_forced},
    {.name = "maix:app", .create = mjs_app_js_create},
    {.name = "maix:time", .create = mjs_time_js_create},
    {.name = "maix:fs", .create = mjs_fs_js_create},
    {.name = "maix:sys", .create = mjs_sys_js_create},
    {.name = "maix:err", .create = mjs_err_js_create},
    {.name = "maix:log", .create = mjs_log_js_create},
    {.name = "maix:key",
     .create = mjs_key_js_create,
     .start = mjs_key_js_start,
     .finalise = mjs_key_js_finalise,
     .finalise_forced = mjs_key_js_finalise_forced},
};

const int mjs_registry_count = (int)(sizeof mjs_registry_modules / sizeof mjs_registry_modules[0]);

int mjs_registry_print_devices(const char *mic, bool json) { return mjs_devices_js_run(mic, json); }

// SPDX-License-Identifier: MIT
// The table of maix:* modules. To add one: a folder, two lines here.
#include "registry.h"

#include "../runtime/js_util.h"
#include "app/app_js.h"
#include "audio/audio_js.h"
#include "audio/devices_js.h"
#include "audio/wav_tool_js.h"
#include "err/err_js.h"
#include "fs/fs_js.h"
#include "key/key_js.h"
#include "log/log_js.h"
#include "namespace_js.h"
#include "sys/sys_js.h"
#include "time/time_js.h"

// `maix` has the namespaces of these, each loaded when it is first looked at; both ways of
// importing give the same classes.
static const struct {
    const char *name;
    const char *module;
} namespaces[] = {
    {"audio", "maix:audio"}, {"app", "maix:app"}, {"time", "maix:time"}, {"key", "maix:key"},
    {"fs", "maix:fs"},       {"log", "maix:log"}, {"err", "maix:err"},   {"sys", "maix:sys"},
};
#define NAMESPACES_COUNT (sizeof(namespaces) / sizeof(namespaces[0]))

static int init_maix(JSContext *ctx, JSModuleDef *module) {
    if (mjs_js_check_thread(ctx, "maix") != 0) {
        return -1;
    }
    for (size_t i = 0; i < NAMESPACES_COUNT; i++) {
        JSValue namespace = mjs_namespace_js_new(ctx, namespaces[i].module);
        if (JS_IsException(namespace) ||
            JS_SetModuleExport(ctx, module, namespaces[i].name, namespace) != 0) {
            return -1;
        }
    }
    return 0;
}

static JSModuleDef *create_maix(JSContext *ctx, const char *name) {
    JSModuleDef *module = JS_NewCModule(ctx, name, init_maix);
    for (size_t i = 0; module && i < NAMESPACES_COUNT; i++) {
        if (JS_AddModuleExport(ctx, module, namespaces[i].name) != 0) {
            return NULL;
        }
    }
    return module;
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

int mjs_registry_run_wav(int argc, char **argv) { return mjs_wav_tool_js_run(argc, argv); }

int mjs_registry_print_devices(const char *mic, bool json) { return mjs_devices_js_run(mic, json); }

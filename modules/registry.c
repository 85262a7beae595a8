// SPDX-License-Identifier: MIT
// The table of maix:* modules. To add one: a folder, a line here, a line in `maix_source`.
#include "registry.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../runtime/js_util.h"
#include "app/app_js.h"
#include "audio/audio_js.h"
#include "time/time_js.h"

// `maix` re-exports the namespaces, so that both ways of importing give the same classes.
static const char maix_source[] = "export * as audio from 'maix:audio';\n"
                                  "export * as app from 'maix:app';\n"
                                  "export * as time from 'maix:time';\n";

typedef JSModuleDef *mjs_registry_create(JSContext *ctx, const char *name);

// The modules' state (the list of recordings to finalise, the exit flag) belongs to the script's
// thread, which is the process's first.
static JSModuleDef *create_here(JSContext *ctx, const char *name, mjs_registry_create *create) {
    if (syscall(SYS_gettid) != getpid()) {
        mjs_js_throw_code(ctx, MJS_EUNSUPPORTED, "%s cannot be used in a worker", name);
        return NULL;
    }
    return create(ctx, name);
}

static JSModuleDef *compile_maix(JSContext *ctx, const char *name) {
    JSValue module = JS_Eval(ctx, maix_source, strlen(maix_source), name,
                             JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(module)) {
        return NULL;
    }
    JSModuleDef *definition = JS_VALUE_GET_PTR(module);
    JS_FreeValue(ctx, module); // the context keeps it
    return definition;
}

static JSModuleDef *create_maix(JSContext *ctx, const char *name) {
    return create_here(ctx, name, compile_maix);
}

static JSModuleDef *create_audio(JSContext *ctx, const char *name) {
    return create_here(ctx, name, mjs_audio_js_create);
}

static JSModuleDef *create_app(JSContext *ctx, const char *name) {
    return create_here(ctx, name, mjs_app_js_create);
}

static JSModuleDef *create_time(JSContext *ctx, const char *name) {
    return create_here(ctx, name, mjs_time_js_create);
}

const struct mjs_module mjs_registry_modules[] = {
    {.name = "maix", .create = create_maix},
    {.name = "maix:audio",
     .create = create_audio,
     .finalise = mjs_audio_js_finalise,
     .finalise_forced = mjs_audio_js_finalise_forced},
    {.name = "maix:app", .create = create_app},
    {.name = "maix:time", .create = create_time},
};

const int mjs_registry_count = (int)(sizeof mjs_registry_modules / sizeof mjs_registry_modules[0]);

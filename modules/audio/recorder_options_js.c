// SPDX-License-Identifier: MIT
// The arguments of `new Recorder(path?, options?)`: all are read before any is validated.
#include <string.h>

#include "../../runtime/js_util.h"
#include "../../runtime/stop.h"
#include "args_js.h"
#include "recorder_js.h"

#define DEFAULT_BUFFER_MS 4000
#define PERIOD_FRAMES_MAX 1048576
#define PERIOD_COUNT_MIN 2
#define PERIOD_COUNT_MAX 1024

enum option {
    OPTION_PATH,
    OPTION_SAMPLE_RATE,
    OPTION_FORMAT,
    OPTION_CHANNEL,
    OPTION_BLOCK,
    OPTION_DEVICE,
    OPTION_BUFFER_MS,
    OPTION_PERIOD_SIZE,
    OPTION_PERIOD_COUNT,
    OPTION_MIXER,
    OPTION_ON_OVERRUN,
    OPTION_ON_LOST,
    OPTION_COUNT,
};

static const char *const option_names[OPTION_COUNT] = {
    [OPTION_PATH] = "path",
    [OPTION_SAMPLE_RATE] = "sampleRate",
    [OPTION_FORMAT] = "format",
    [OPTION_CHANNEL] = "channel",
    [OPTION_BLOCK] = "block",
    [OPTION_DEVICE] = "device",
    [OPTION_BUFFER_MS] = "bufferMs",
    [OPTION_PERIOD_SIZE] = "periodSize",
    [OPTION_PERIOD_COUNT] = "periodCount",
    [OPTION_MIXER] = "mixer",
    [OPTION_ON_OVERRUN] = "onOverrun",
    [OPTION_ON_LOST] = "onLost",
};

static int get_uint32(JSContext *ctx, JSValueConst value, const char *what, int64_t min,
                      int64_t max, uint32_t *out) {
    if (JS_IsUndefined(value)) {
        return 0; // the default stands already
    }
    int64_t number = 0;
    if (mjs_js_get_integer(ctx, value, what, min, max, &number) != 0) {
        return -1;
    }
    *out = (uint32_t)number;
    return 0;
}

static int get_on_overrun(JSContext *ctx, JSValueConst value, enum mjs_on_overrun *out) {
    static const char *const names[] = {
        [MJS_ON_OVERRUN_MARK] = "mark",
        [MJS_ON_OVERRUN_SILENCE] = "silence",
        [MJS_ON_OVERRUN_THROW] = "throw",
    };
    if (JS_IsUndefined(value)) {
        return 0;
    }
    const char *name = mjs_js_get_string(ctx, value, "onOverrun");
    if (name == NULL) {
        return -1;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum mjs_on_overrun)i;
            JS_FreeCString(ctx, name);
            return 0;
        }
    }
    JS_ThrowRangeError(ctx, "onOverrun must be \"mark\", \"silence\" or \"throw\", not \"%s\"",
                       name);
    JS_FreeCString(ctx, name);
    return -1;
}

static int get_on_lost(JSContext *ctx, JSValueConst value, enum mjs_on_lost *out) {
    if (JS_IsUndefined(value)) {
        return 0;
    }
    const char *name = mjs_js_get_string(ctx, value, "onLost");
    if (name == NULL) {
        return -1;
    }
    bool wait = strcmp(name, "wait") == 0;
    bool known = wait || strcmp(name, "throw") == 0;
    if (!known) {
        JS_ThrowRangeError(ctx, "onLost must be \"throw\" or \"wait\", not \"%s\"", name);
    }
    JS_FreeCString(ctx, name);
    *out = wait ? MJS_ON_LOST_WAIT : MJS_ON_LOST_THROW;
    return known ? 0 : -1;
}

static int get_mixer(JSContext *ctx, JSValueConst value, enum mjs_mixer_wanted *out) {
    bool mixer = false;
    if (JS_IsUndefined(value)) {
        return 0;
    }
    if (mjs_js_get_bool(ctx, value, "mixer", &mixer) != 0) {
        return -1;
    }
    *out = mixer ? MJS_MIXER_YES : MJS_MIXER_NO;
    return 0;
}

static int get_strings(JSContext *ctx, JSValueConst path, JSValueConst device,
                       struct mjs_recorder_arguments *out) {
    if (!JS_IsUndefined(path)) {
        out->path = mjs_js_get_string(ctx, path, "path");
        if (out->path == NULL) {
            return -1;
        }
    }
    if (!JS_IsUndefined(device)) {
        out->device = mjs_js_get_string(ctx, device, "device");
        if (out->device == NULL) {
            return -1;
        }
    }
    out->options.path = out->path;
    out->options.device = out->device != NULL ? out->device : mjs_js_default_mic();
    return 0;
}

// Everything has been read; from here on no JavaScript runs.
static int validate(JSContext *ctx, JSValueConst path, const JSValue *values,
                    struct mjs_recorder_arguments *out) {
    struct mjs_recorder_options *options = &out->options;
    *out = (struct mjs_recorder_arguments){
        .options = {.buffer_ms = DEFAULT_BUFFER_MS, .cancel_fd = mjs_stop_fd()}, .block = true};
    if (mjs_args_js_spec(ctx, values[OPTION_SAMPLE_RATE], values[OPTION_FORMAT],
                         values[OPTION_CHANNEL], &options->spec) != 0 ||
        (!JS_IsUndefined(values[OPTION_BLOCK]) &&
         mjs_js_get_bool(ctx, values[OPTION_BLOCK], "block", &out->block) != 0) ||
        get_uint32(ctx, values[OPTION_BUFFER_MS], "bufferMs", 1, MJS_RECORDER_BUFFER_MS_MAX,
                   &options->buffer_ms) != 0 ||
        get_uint32(ctx, values[OPTION_PERIOD_SIZE], "periodSize", 1, PERIOD_FRAMES_MAX,
                   &options->period_frames) != 0 ||
        get_uint32(ctx, values[OPTION_PERIOD_COUNT], "periodCount", PERIOD_COUNT_MIN,
                   PERIOD_COUNT_MAX, &options->period_count) != 0 ||
        get_on_overrun(ctx, values[OPTION_ON_OVERRUN], &options->on_overrun) != 0 ||
        get_on_lost(ctx, values[OPTION_ON_LOST], &options->on_lost) != 0 ||
        get_strings(ctx, path, values[OPTION_DEVICE], out) != 0 ||
        get_mixer(ctx, values[OPTION_MIXER], &out->mixer) != 0) {
        mjs_recorder_options_js_free(ctx, out);
        return -1;
    }
    return 0;
}

int mjs_recorder_options_js_read(JSContext *ctx, int argc, JSValueConst *argv,
                                 struct mjs_recorder_arguments *out) {
    JSValueConst first = argc > 0 ? argv[0] : JS_UNDEFINED;
    JSValueConst second = argc > 1 ? argv[1] : JS_UNDEFINED;
    bool only_options = JS_IsObject(first);
    if (only_options && !JS_IsUndefined(second)) {
        JS_ThrowTypeError(ctx, "path must be a string: new Recorder(path, options)");
        return -1;
    }
    JSValue values[OPTION_COUNT];
    struct mjs_js_option table[OPTION_COUNT];
    for (int i = 0; i < OPTION_COUNT; i++) {
        values[i] = JS_UNDEFINED;
        table[i] = (struct mjs_js_option){.name = option_names[i], .slot = &values[i]};
    }
    if (mjs_js_get_options(ctx, only_options ? first : second, "Recorder", table, OPTION_COUNT) !=
        0) {
        return -1;
    }
    int failed = -1;
    JSValueConst path = only_options ? values[OPTION_PATH] : first;
    if (!only_options && !JS_IsUndefined(first) && !JS_IsUndefined(values[OPTION_PATH])) {
        JS_ThrowTypeError(ctx, "path is given twice: as an argument and as an option");
    } else {
        if (JS_IsUndefined(path)) {
            path = values[OPTION_PATH];
        }
        failed = validate(ctx, path, values, out);
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        JS_FreeValue(ctx, values[i]);
    }
    return failed;
}

void mjs_recorder_options_js_free(JSContext *ctx, struct mjs_recorder_arguments *arguments) {
    JS_FreeCString(ctx, arguments->path);
    JS_FreeCString(ctx, arguments->device);
    arguments->path = NULL;
    arguments->device = NULL;
}

// SPDX-License-Identifier: MIT
// Finds and reads the project's limits.
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "js_util.h"

#define PACKAGE_BYTES_MAX ((size_t)4 << 20)

static const char key_text[] = "\"maixjs\"";

// The nearest package.json of `folder` and those above it.
static bool find_package(const char *folder, struct mjs_buffer *path) {
    size_t bytes = strlen(folder);
    for (;;) {
        while (bytes > 0 && folder[bytes - 1] == '/') {
            bytes--;
        }
        mjs_buffer_free(path);
        if (!mjs_buffer_printf(path, "%.*s/package.json", (int)bytes, folder)) {
            return false;
        }
        if (access(path->data, F_OK) == 0) {
            return true;
        }
        if (bytes == 0) {
            return false;
        }
        while (bytes > 0 && folder[bytes - 1] != '/') {
            bytes--;
        }
    }
}

// A size: a number of bytes, or text such as "64M".
static bool read_size(JSContext *ctx, JSValueConst value, const char *what, int64_t min,
                      int64_t *bytes) {
    if (!JS_IsString(value) && !JS_IsNumber(value)) {
        mjs_js_warn("%s: give a size in bytes, or with K, M or G, such as \"64M\"", what);
        return false;
    }
    const char *text = JS_ToCString(ctx, value);
    int64_t found;
    bool read = text && mjs_options_parse_size(what, text, min, &found);
    JS_FreeCString(ctx, text);
    if (read && *bytes == 0) { // else the command line has said it
        *bytes = found;
    }
    return read;
}

static bool read_time(JSContext *ctx, JSValueConst value, const char *what, int64_t *ms) {
    double number;
    if (!JS_IsNumber(value) || JS_ToFloat64(ctx, &number, value) != 0 ||
        !(number >= 1 && number <= MJS_OPTIONS_TIME_LIMIT_MS_MAX) ||
        number != (double)(int64_t)number) {
        mjs_js_warn("%s: give whole milliseconds, from 1 to %d", what,
                    MJS_OPTIONS_TIME_LIMIT_MS_MAX);
        return false;
    }
    if (*ms == 0) {
        *ms = (int64_t)number;
    }
    return true;
}

static bool read_key(JSContext *ctx, const char *package, const char *key, JSValueConst value,
                     struct mjs_options *options) {
    struct mjs_buffer what = {0};
    bool read = false;
    mjs_buffer_printf(&what, "%s: maixjs.%s", package, key);
    if (strcmp(key, "memoryLimit") == 0) {
        read = read_size(ctx, value, what.data, MJS_OPTIONS_MEMORY_BYTES_MIN,
                         &options->memory_limit_bytes);
    } else if (strcmp(key, "stackSize") == 0) {
        read = read_size(ctx, value, what.data, MJS_OPTIONS_STACK_BYTES_MIN, &options->stack_bytes);
    } else if (strcmp(key, "timeoutMs") == 0) {
        read = read_time(ctx, value, what.data, &options->time_limit_ms);
    } else {
        mjs_js_warn("%s: unknown (there are: memoryLimit, stackSize, timeoutMs)", what.data);
    }
    mjs_buffer_free(&what);
    return read;
}

static bool read_keys(JSContext *ctx, const char *package, JSValueConst object,
                      struct mjs_options *options) {
    if (JS_IsUndefined(object)) {
        return true; // the word is only in a value, or deeper
    }
    JSPropertyEnum *keys;
    uint32_t count;
    if (!JS_IsObject(object) || JS_IsArray(object) ||
        JS_GetOwnPropertyNames(ctx, &keys, &count, object, JS_GPN_STRING_MASK) != 0) {
        mjs_js_warn("%s: maixjs is not an object", package);
        return false;
    }
    bool read = true;
    for (uint32_t i = 0; i < count && read; i++) {
        const char *key = JS_AtomToCString(ctx, keys[i].atom);
        JSValue value = JS_GetProperty(ctx, object, keys[i].atom);
        read = key && read_key(ctx, package, key, value, options);
        JS_FreeValue(ctx, value);
        JS_FreeCString(ctx, key);
    }
    JS_FreePropertyEnum(ctx, keys, count);
    return read;
}

bool mjs_config_read(JSContext *ctx, const char *folder, struct mjs_options *options) {
    struct mjs_buffer path = {0};
    struct mjs_buffer text = {0};
    bool read = true;
    // Most have nothing for us, and need not be parsed at each start. Nor is one that cannot be
    // read our business: esbuild says so.
    if (find_package(folder, &path) &&
        mjs_buffer_read_file(&text, path.data, PACKAGE_BYTES_MAX, NULL) == MJS_OK &&
        strstr(mjs_buffer_text(&text), key_text)) {
        JSValue package = JS_ParseJSON(ctx, text.data, text.bytes, path.data);
        if (JS_IsException(package)) {
            JS_FreeValue(ctx, JS_GetException(ctx));
            mjs_js_warn("%s is not valid JSON", path.data);
            read = false;
        } else if (JS_IsObject(package)) {
            JSValue object = JS_GetPropertyStr(ctx, package, "maixjs");
            read = read_keys(ctx, path.data, object, options);
            JS_FreeValue(ctx, object);
        }
        JS_FreeValue(ctx, package);
    }
    mjs_buffer_free(&path);
    mjs_buffer_free(&text);
    return read;
}

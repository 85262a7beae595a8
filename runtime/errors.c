// SPDX-License-Identifier: MIT
// Shows errors through the embedded formatter, and without it where even that fails.
#include "errors.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "tools.h"

#define MAP_BYTES_MAX ((size_t)256 << 20)

bool mjs_errors_color(int fd) {
    const char *no_color = getenv("NO_COLOR");
    return isatty(fd) == 1 && !(no_color && no_color[0]);
}

// The map's text, read from the cache when it is needed for the first time.
static JSValue map_text(struct mjs_host *host, JSContext *ctx) {
    struct mjs_source *source = &host->source;
    if (source->map.bytes == 0 && source->map_file.bytes > 0) {
        char hash[MJS_HASH_HEX_BYTES];
        mjs_result result = mjs_buffer_read_file(&source->map, mjs_buffer_text(&source->map_file),
                                                 MAP_BYTES_MAX, NULL);
        mjs_hash_sha256_hex(mjs_buffer_text(&source->map), source->map.bytes, hash);
        if (result != MJS_OK || (source->map_hash[0] && strcmp(hash, source->map_hash) != 0)) {
            mjs_buffer_free(&source->map); // no map is better than a wrong one
        }
        mjs_buffer_free(&source->map_file);
    }
    if (source->map.bytes == 0) {
        return JS_UNDEFINED;
    }
    return JS_NewStringLen(ctx, source->map.data, source->map.bytes);
}

static JSValue make_context(struct mjs_host *host, JSContext *ctx, bool color) {
    JSValue context = JS_NewObject(ctx);
    char *cwd = getcwd(NULL, 0);
    JS_SetPropertyStr(ctx, context, "bundleName",
                      JS_NewString(ctx, mjs_buffer_text(&host->source.name)));
    JS_SetPropertyStr(ctx, context, "map", map_text(host, ctx));
    JS_SetPropertyStr(ctx, context, "mapBase",
                      JS_NewString(ctx, mjs_buffer_text(&host->source.map_base)));
    JS_SetPropertyStr(ctx, context, "cwd", JS_NewString(ctx, cwd ? cwd : "/"));
    JS_SetPropertyStr(ctx, context, "color", JS_NewBool(ctx, color));
    free(cwd);
    return context;
}

static bool append_value(JSContext *ctx, JSValueConst value, struct mjs_buffer *text) {
    size_t bytes;
    const char *string = JS_ToCStringLen(ctx, &bytes, value);
    if (!string) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return false;
    }
    bool appended = mjs_buffer_append(text, string, bytes);
    JS_FreeCString(ctx, string);
    return appended;
}

// What is left when the formatter cannot run: the engine's own text and stack.
static void format_plainly(JSContext *ctx, JSValueConst value, struct mjs_buffer *text) {
    if (!append_value(ctx, value, text)) {
        mjs_buffer_append_text(text, "an error that cannot be shown");
    }
    if (JS_IsError(value)) {
        JSValue stack = JS_GetPropertyStr(ctx, value, "stack");
        if (JS_IsString(stack)) {
            mjs_buffer_append_text(text, "\n");
            append_value(ctx, stack, text);
        } else if (JS_IsException(stack)) {
            JS_FreeValue(ctx, JS_GetException(ctx));
        }
        JS_FreeValue(ctx, stack);
    }
}

void mjs_errors_format(struct mjs_host *host, JSValueConst value, bool color,
                       struct mjs_buffer *text) {
    JSContext *ctx = mjs_tools_context(host);
    JSValue formatted = JS_EXCEPTION;
    if (ctx) {
        JSValue context = make_context(host, ctx, color);
        JSValueConst args[2] = {value, context};
        formatted = mjs_tools_call(host, MJS_TOOL_ERRORS, "formatError", 2, args);
        JS_FreeValue(ctx, context);
        if (JS_IsException(formatted)) {
            JS_FreeValue(ctx, JS_GetException(ctx));
        }
    }
    if (!JS_IsString(formatted) || !append_value(ctx, formatted, text)) {
        format_plainly(host->ctx, value, text);
    }
    JS_FreeValue(host->ctx, formatted);
    while (text->bytes > 0 && text->data[text->bytes - 1] == '\n') {
        text->data[--text->bytes] = '\0';
    }
}

void mjs_errors_show_uncaught(struct mjs_host *host, JSValueConst value) {
    // The script ended; what it filled up must not keep its error from being shown.
    JS_SetMemoryLimit(host->rt, 0);
    struct mjs_buffer text = {0};
    mjs_errors_format(host, value, mjs_errors_color(STDERR_FILENO), &text);
    mjs_buffer_append_text(&text, "\n");
    // When stderr cannot be written there is nowhere left to say so.
    (void)mjs_buffer_write_fd(STDERR_FILENO, mjs_buffer_text(&text), text.bytes);
    mjs_buffer_free(&text);
}

// The string value of an own data property, without running getters. Null: none. Free it.
static const char *own_string(JSContext *ctx, JSValueConst object, const char *name) {
    JSAtom atom = JS_NewAtom(ctx, name);
    JSPropertyDescriptor property;
    int found = JS_IsObject(object) && !JS_IsProxy(object)
                    ? JS_GetOwnProperty(ctx, &property, object, atom)
                    : 0;
    JS_FreeAtom(ctx, atom);
    if (found < 0) {
        JS_FreeValue(ctx, JS_GetException(ctx));
    }
    if (found <= 0) {
        return NULL;
    }
    const char *text = JS_IsString(property.value) ? JS_ToCString(ctx, property.value) : NULL;
    JS_FreeValue(ctx, property.value);
    JS_FreeValue(ctx, property.getter);
    JS_FreeValue(ctx, property.setter);
    return text;
}

int mjs_errors_status(struct mjs_host *host, JSValueConst value) {
    static const mjs_result environment[] = {
        MJS_ENODEV, MJS_EBUSY,  MJS_EACCES,       MJS_ENOENT, MJS_EINVAL,   MJS_ENOSPC,    MJS_EIO,
        MJS_EFBIG,  MJS_EMFILE, MJS_EUNSUPPORTED, MJS_ELOST,  MJS_EOVERRUN, MJS_ETIMEDOUT,
    };
    int status = MJS_STATUS_ERROR;
    const char *code = own_string(host->ctx, value, "code");
    for (size_t i = 0; code && i < sizeof(environment) / sizeof(environment[0]); i++) {
        if (strcmp(code, mjs_result_name(environment[i])) == 0) {
            status = MJS_STATUS_ENVIRONMENT;
        }
    }
    JS_FreeCString(host->ctx, code);
    if (host->memory_limited && status == MJS_STATUS_ERROR && JS_IsError(value)) {
        const char *message = own_string(host->ctx, value, "message");
        status = message && strcmp(message, "out of memory") == 0 ? MJS_STATUS_MEMORY : status;
        JS_FreeCString(host->ctx, message);
    }
    return status;
}

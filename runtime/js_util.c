// SPDX-License-Identifier: MIT
// Helpers for native modules: errors, arguments, options.
#include "js_util.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"

#define MESSAGE_BYTES_MAX 1024

JSValue mjs_js_new_error(JSContext *ctx, const struct mjs_error *err) {
    JSValue error = JS_NewPlainError(ctx, "%s", err->message);
    if (JS_IsException(error)) {
        return error;
    }
    JSValue code = JS_NewString(ctx, mjs_result_name(err->code));
    if (JS_IsException(code) ||
        JS_DefinePropertyValueStr(ctx, error, "code", code, JS_PROP_C_W_E) < 0) {
        JS_FreeValue(ctx, error);
        return JS_EXCEPTION;
    }
    return error;
}

JSValue mjs_js_throw(JSContext *ctx, const struct mjs_error *err) {
    JSValue error = mjs_js_new_error(ctx, err);
    return JS_IsException(error) ? error : JS_Throw(ctx, error);
}

JSValue mjs_js_throw_code(JSContext *ctx, mjs_result code, const char *format, ...) {
    struct mjs_error err = {.code = code};
    va_list args;
    va_start(args, format);
    vsnprintf(err.message, sizeof(err.message), format, args);
    va_end(args);
    return mjs_js_throw(ctx, &err);
}

// The number as JavaScript writes it, where that is short.
static void print_number(char *text, size_t bytes, double number) {
    if (isnan(number)) {
        snprintf(text, bytes, "NaN");
    } else if (isinf(number)) {
        snprintf(text, bytes, number < 0 ? "-Infinity" : "Infinity");
    } else {
        snprintf(text, bytes, "%.15g", number);
        if (strtod(text, NULL) < number || strtod(text, NULL) > number) {
            snprintf(text, bytes, "%.17g", number);
        }
    }
}

int mjs_js_get_number(JSContext *ctx, JSValueConst value, const char *what, double min, double max,
                      double *out) {
    double number;
    if (!JS_IsNumber(value)) {
        JS_ThrowTypeError(ctx, "%s must be a number", what);
        return -1;
    }
    if (JS_ToFloat64(ctx, &number, value) != 0) {
        return -1;
    }
    if (!isfinite(number) || number < min || number > max) {
        char given[64];
        char from[64];
        char to[64];
        print_number(given, sizeof(given), number);
        print_number(from, sizeof(from), min);
        print_number(to, sizeof(to), max);
        if (number == -1 && min >= 0) {
            JS_ThrowRangeError(ctx, "%s must not be -1: leave it out for the default", what);
        } else {
            JS_ThrowRangeError(ctx, "%s must be from %s to %s, not %s", what, from, to, given);
        }
        return -1;
    }
    *out = number;
    return 0;
}

int mjs_js_get_integer(JSContext *ctx, JSValueConst value, const char *what, int64_t min,
                       int64_t max, int64_t *out) {
    double number;
    if (mjs_js_get_number(ctx, value, what, (double)min, (double)max, &number) != 0) {
        return -1;
    }
    if (number != floor(number)) {
        char given[64];
        print_number(given, sizeof(given), number);
        JS_ThrowRangeError(ctx, "%s must be a whole number, not %s", what, given);
        return -1;
    }
    *out = (int64_t)number;
    return 0;
}

int mjs_js_get_bool(JSContext *ctx, JSValueConst value, const char *what, bool *out) {
    if (!JS_IsBool(value)) {
        JS_ThrowTypeError(ctx, "%s must be true or false", what);
        return -1;
    }
    *out = JS_ToBool(ctx, value) != 0;
    return 0;
}

const char *mjs_js_get_string(JSContext *ctx, JSValueConst value, const char *what) {
    if (!JS_IsString(value)) {
        JS_ThrowTypeError(ctx, "%s must be a string", what);
        return NULL;
    }
    size_t bytes;
    const char *text = JS_ToCStringLen(ctx, &bytes, value);
    if (text && strlen(text) != bytes) {
        JS_FreeCString(ctx, text);
        JS_ThrowRangeError(ctx, "%s must not contain a NUL character", what);
        return NULL;
    }
    return text;
}

static void free_slots(JSContext *ctx, const struct mjs_js_option *options, int count) {
    for (int i = 0; i < count; i++) {
        JS_FreeValue(ctx, *options[i].slot);
        *options[i].slot = JS_UNDEFINED;
    }
}

static int throw_unknown(JSContext *ctx, JSAtom name, const char *what,
                         const struct mjs_js_option *options, int count) {
    struct mjs_buffer known = {0};
    for (int i = 0; i < count; i++) {
        mjs_buffer_printf(&known, "%s%s", i ? ", " : "", options[i].name);
    }
    const char *given = JS_AtomToCString(ctx, name);
    JS_ThrowTypeError(ctx, "%s: unknown option \"%s\" (known: %s)", what, given ? given : "?",
                      mjs_buffer_text(&known));
    JS_FreeCString(ctx, given);
    mjs_buffer_free(&known);
    return -1;
}

static int check_names(JSContext *ctx, JSValueConst object, const char *what,
                       const struct mjs_js_option *options, int count) {
    JSPropertyEnum *names;
    uint32_t name_count;
    if (JS_GetOwnPropertyNames(ctx, &names, &name_count, object,
                               JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) != 0) {
        return -1;
    }
    int failed = 0;
    for (uint32_t n = 0; n < name_count && !failed; n++) {
        bool known = false;
        size_t bytes; // a name with a NUL in it is another name
        const char *name = JS_AtomToCStringLen(ctx, &bytes, names[n].atom);
        for (int i = 0; name && i < count; i++) {
            known = known || (strlen(name) == bytes && strcmp(name, options[i].name) == 0);
        }
        failed = !name ? -1 : known ? 0 : throw_unknown(ctx, names[n].atom, what, options, count);
        JS_FreeCString(ctx, name);
    }
    JS_FreePropertyEnum(ctx, names, name_count);
    return failed;
}

int mjs_js_get_options(JSContext *ctx, JSValueConst object, const char *what,
                       const struct mjs_js_option *options, int count) {
    for (int i = 0; i < count; i++) {
        *options[i].slot = JS_UNDEFINED;
    }
    if (JS_IsUndefined(object)) {
        return 0;
    }
    if (!JS_IsObject(object)) {
        JS_ThrowTypeError(ctx, "%s: the options must be an object", what);
        return -1;
    }
    if (check_names(ctx, object, what, options, count) != 0) {
        return -1;
    }
    for (int i = 0; i < count; i++) {
        *options[i].slot = JS_GetPropertyStr(ctx, object, options[i].name);
        if (JS_IsException(*options[i].slot)) {
            *options[i].slot = JS_UNDEFINED;
            free_slots(ctx, options, count);
            return -1;
        }
    }
    return 0;
}

int mjs_js_check_thread(JSContext *ctx, const char *module_name) {
    if (gettid() == getpid()) {
        return 0;
    }
    mjs_js_throw_code(ctx, MJS_EUNSUPPORTED, "%s cannot be used in a worker", module_name);
    return -1;
}

void mjs_js_warn(const char *format, ...) {
    char line[MESSAGE_BYTES_MAX] = "maixjs: ";
    size_t prefix = strlen(line);
    va_list args;
    va_start(args, format);
    int bytes = vsnprintf(line + prefix, sizeof(line) - prefix - 1, format, args);
    va_end(args);
    if (bytes < 0) {
        return;
    }
    size_t length = strlen(line);
    line[length] = '\n';
    // A warning that cannot be written has nowhere else to go.
    (void)mjs_buffer_write_fd(STDERR_FILENO, line, length + 1);
}

// Recordings belong to the first thread, and so does this.
static bool unfinished;

void mjs_js_warn_unfinished(const struct mjs_error *err) {
    unfinished = true;
    mjs_js_warn("%s", err->message);
}

bool mjs_js_is_unfinished(void) { return unfinished; }

// SPDX-License-Identifier: MIT
// Lazy globals: getters that replace themselves by what the embedded TypeScript exports; `crypto`.
#include "globals.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "js_util.h"

#define NAMES_MAX 6
#define UUID_BYTES 16
#define RANDOM_BYTES_MAX 65536 // of one call, as the standard has it

// Made by the build from ts/runtime/web_*.ts.
extern const unsigned char mjs_embedded_url[];
extern const unsigned long mjs_embedded_url_bytes;
extern const unsigned char mjs_embedded_events[];
extern const unsigned long mjs_embedded_events_bytes;
extern const unsigned char mjs_embedded_clone[];
extern const unsigned long mjs_embedded_clone_bytes;

// One embedded module, and the globals that it exports.
enum group { GROUP_URL, GROUP_EVENTS, GROUP_CLONE, GROUP_COUNT };

static const char *const group_names[GROUP_COUNT][NAMES_MAX] = {
    [GROUP_URL] = {"URL", "URLSearchParams"},
    [GROUP_EVENTS] = {"Event", "CustomEvent", "EventTarget", "AbortSignal", "AbortController"},
    [GROUP_CLONE] = {"structuredClone"},
};

static int define_global(JSContext *ctx, const char *name, JSValue value) {
    JSValue global = JS_GetGlobalObject(ctx);
    int result = JS_DefinePropertyValueStr(ctx, global, name, value,
                                           JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    JS_FreeValue(ctx, global);
    return result < 0 ? -1 : 0;
}

// The namespace of the group's module, evaluated in the script's own context.
static JSValue load_group(JSContext *ctx, enum group group) {
    const unsigned char *const codes[GROUP_COUNT] = {
        [GROUP_URL] = mjs_embedded_url,
        [GROUP_EVENTS] = mjs_embedded_events,
        [GROUP_CLONE] = mjs_embedded_clone,
    };
    const unsigned long sizes[GROUP_COUNT] = {
        [GROUP_URL] = mjs_embedded_url_bytes,
        [GROUP_EVENTS] = mjs_embedded_events_bytes,
        [GROUP_CLONE] = mjs_embedded_clone_bytes,
    };
    JSValue module = JS_ReadObject(ctx, codes[group], sizes[group], JS_READ_OBJ_BYTECODE);
    if (JS_IsException(module)) {
        return JS_EXCEPTION;
    }
    if (JS_ResolveModule(ctx, module) != 0) {
        JS_FreeValue(ctx, module);
        return JS_EXCEPTION;
    }
    JSModuleDef *def = JS_VALUE_GET_PTR(module);
    JSValue done = JS_EvalFunction(ctx, module); // a promise: modules are asynchronous
    if (JS_IsException(done)) {
        return JS_EXCEPTION;
    }
    bool failed = JS_PromiseState(ctx, done) == JS_PROMISE_REJECTED;
    JSValue reason = failed ? JS_PromiseResult(ctx, done) : JS_UNDEFINED;
    JS_FreeValue(ctx, done);
    return failed ? JS_Throw(ctx, reason) : JS_GetModuleNamespace(ctx, def);
}

// Whether the global is still ours to replace: the script may have defined its own meanwhile.
static bool is_pending(JSContext *ctx, const char *name) {
    JSValue global = JS_GetGlobalObject(ctx);
    JSAtom atom = JS_NewAtom(ctx, name);
    JSPropertyDescriptor descriptor = {0};
    bool found = JS_GetOwnProperty(ctx, &descriptor, global, atom) > 0;
    bool pending = found && (descriptor.flags & JS_PROP_GETSET);
    if (found) {
        JS_FreeValue(ctx, descriptor.value);
        JS_FreeValue(ctx, descriptor.getter);
        JS_FreeValue(ctx, descriptor.setter);
    }
    JS_FreeAtom(ctx, atom);
    JS_FreeValue(ctx, global);
    return pending;
}

static JSValue get_lazy(JSContext *ctx, JSValueConst this_val, int magic) {
    (void)this_val;
    enum group group = (enum group)(magic / NAMES_MAX);
    JSValue exports = load_group(ctx, group);
    if (JS_IsException(exports)) {
        return JS_EXCEPTION;
    }
    for (int i = 0; i < NAMES_MAX && group_names[group][i]; i++) {
        const char *name = group_names[group][i];
        if (is_pending(ctx, name) &&
            define_global(ctx, name, JS_GetPropertyStr(ctx, exports, name)) != 0) {
            JS_FreeValue(ctx, exports);
            return JS_EXCEPTION;
        }
    }
    JSValue value = JS_GetPropertyStr(ctx, exports, group_names[group][magic % NAMES_MAX]);
    JS_FreeValue(ctx, exports);
    return value;
}

// `URL = …` of a script: an ordinary property from then on.
static JSValue set_lazy(JSContext *ctx, JSValueConst this_val, JSValueConst value, int magic) {
    (void)this_val;
    const char *name = group_names[magic / NAMES_MAX][magic % NAMES_MAX];
    return define_global(ctx, name, JS_DupValue(ctx, value)) == 0 ? JS_UNDEFINED : JS_EXCEPTION;
}

static int install_lazy(JSContext *ctx, JSValueConst global, const char *name, int magic) {
    // The two kinds of function are stored as the generic one; the engine calls them by their kind.
    JSValue getter = JS_NewCFunction2(ctx, (JSCFunction *)(void *)get_lazy, name, 0,
                                      JS_CFUNC_getter_magic, magic);
    JSValue setter = JS_NewCFunction2(ctx, (JSCFunction *)(void *)set_lazy, name, 1,
                                      JS_CFUNC_setter_magic, magic);
    JSAtom atom = JS_NewAtom(ctx, name);
    int result = JS_DefinePropertyGetSet(ctx, global, atom, getter, setter, JS_PROP_CONFIGURABLE);
    JS_FreeAtom(ctx, atom);
    return result < 0 ? -1 : 0;
}

// --- crypto ---

// 0 ok, -1 exception pending. Nothing but the kernel's generator: it never fails once it is seeded.
static int fill_random(JSContext *ctx, uint8_t *bytes, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t got = getrandom(bytes + done, length - done, 0);
        if (got < 0 && errno != EINTR) {
            mjs_js_throw_code(ctx, MJS_EIO, "no random numbers: %s", strerror(errno));
            return -1;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

static JSValue throw_dom(JSContext *ctx, const char *name, const char *message) {
    return JS_ThrowDOMException(ctx, name, "%s", message);
}

static JSValue crypto_get_random_values(JSContext *ctx, JSValueConst this_val, int argc,
                                        JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    int type = JS_GetTypedArrayType(argv[0]);
    if (type < 0 || type == JS_TYPED_ARRAY_FLOAT16 || type == JS_TYPED_ARRAY_FLOAT32 ||
        type == JS_TYPED_ARRAY_FLOAT64) {
        return throw_dom(ctx, "TypeMismatchError", "an integer typed array is needed");
    }
    size_t offset;
    size_t length;
    size_t element_bytes;
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, argv[0], &offset, &length, &element_bytes);
    if (JS_IsException(buffer)) {
        return JS_EXCEPTION;
    }
    size_t whole = 0;
    uint8_t *data = JS_GetArrayBuffer(ctx, &whole, buffer);
    bool immutable = data && JS_IsImmutableArrayBuffer(buffer) == 1;
    JS_FreeValue(ctx, buffer); // the view holds it
    if (!data) {
        return JS_EXCEPTION;
    }
    if (immutable || offset > whole || length > whole - offset) {
        return JS_ThrowTypeError(ctx, "the array cannot be written");
    }
    if (length > RANDOM_BYTES_MAX) {
        return throw_dom(ctx, "QuotaExceededError", "at most 65536 bytes in one call");
    }
    return fill_random(ctx, data + offset, length) == 0 ? JS_DupValue(ctx, argv[0]) : JS_EXCEPTION;
}

static JSValue crypto_random_uuid(JSContext *ctx, JSValueConst this_val, int argc,
                                  JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    uint8_t bytes[UUID_BYTES];
    if (fill_random(ctx, bytes, sizeof(bytes)) != 0) {
        return JS_EXCEPTION;
    }
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); // version 4
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80); // RFC 9562's variant
    char text[2 * UUID_BYTES + 5];
    size_t at = 0;
    for (int i = 0; i < UUID_BYTES; i++) {
        static const char digits[] = "0123456789abcdef";
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text[at++] = '-';
        }
        text[at++] = digits[bytes[i] >> 4];
        text[at++] = digits[bytes[i] & 15];
    }
    return JS_NewStringLen(ctx, text, at);
}

static const JSCFunctionListEntry crypto_functions[] = {
    JS_CFUNC_DEF("getRandomValues", 1, crypto_get_random_values),
    JS_CFUNC_DEF("randomUUID", 0, crypto_random_uuid),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Crypto", JS_PROP_CONFIGURABLE),
};

static int install_crypto(JSContext *ctx) {
    JSValue crypto = JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, crypto, crypto_functions,
                               (int)(sizeof(crypto_functions) / sizeof(crypto_functions[0])));
    return define_global(ctx, "crypto", crypto);
}

static double clock_ms(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

// The engine's `performance` with the one difference that its timeOrigin is Unix time, as the
// standard has it; the engine's is the moment on the monotonic clock, and cannot be redefined.
static int install_performance(JSContext *ctx, JSValueConst global) {
    JSValue engine = JS_GetPropertyStr(ctx, global, "performance");
    JSValue origin = JS_GetPropertyStr(ctx, engine, "timeOrigin");
    JSValue performance = JS_NewObject(ctx);
    double origin_ms = 0;
    int failed = JS_ToFloat64(ctx, &origin_ms, origin);
    double unix_ms = clock_ms(CLOCK_REALTIME) - (clock_ms(CLOCK_MONOTONIC) - origin_ms);
    if (!failed) {
        failed =
            JS_DefinePropertyValueStr(ctx, performance, "now",
                                      JS_GetPropertyStr(ctx, engine, "now"), JS_PROP_C_W_E) < 0 ||
            JS_DefinePropertyValueStr(ctx, performance, "timeOrigin", JS_NewFloat64(ctx, unix_ms),
                                      JS_PROP_ENUMERABLE) < 0;
    }
    JS_FreeValue(ctx, origin);
    JS_FreeValue(ctx, engine);
    if (failed) {
        JS_FreeValue(ctx, performance);
        return -1;
    }
    return define_global(ctx, "performance", performance);
}

int mjs_globals_install(JSContext *ctx) {
    JSValue global = JS_GetGlobalObject(ctx);
    int failed = install_crypto(ctx) | install_performance(ctx, global);
    for (int group = 0; group < GROUP_COUNT; group++) {
        for (int i = 0; i < NAMES_MAX && group_names[group][i]; i++) {
            failed |= install_lazy(ctx, global, group_names[group][i], group * NAMES_MAX + i);
        }
    }
    JS_FreeValue(ctx, global);
    return failed;
}

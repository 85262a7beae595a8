// SPDX-License-Identifier: MIT
// The binding of maix:key.
#include "key_js.h"

#include <string.h>

#include "../../runtime/js_util.h"
#include "exit_key.h"
#include "key_terminal.h"
#include "keys.h"

#define LONG_PRESS_MS_DEFAULT 2000
#define LONG_PRESS_MS_MAX 3600000
#define CODE_MAX 0x2ff // the kernel's KEY_MAX

struct handle {
    struct handle *next; // of those that are open
    JSContext *ctx;
    struct mjs_keys *keys; // null: closed
    char *device;          // null: the default
    JSValue callback;      // undefined: none
    JSValue self;          // pinned while a callback waits, else undefined
    int64_t long_press_ms;
    bool is_lost;
};

static JSClassID key_class;
static struct handle *open_handles; // to be closed when the program ends

static void unlink_handle(const struct handle *handle) {
    struct handle **at = &open_handles;
    while (*at != handle) {
        at = &(*at)->next; // it is open, so it is in the list
    }
    *at = handle->next;
}

// The keys alone: what else the handle has is the caller's business.
static void stop_listening(struct handle *handle) {
    unlink_handle(handle);
    mjs_keys_close(handle->keys);
    handle->keys = NULL;
    mjs_exit_key_release();
}

static void finalize(JSRuntime *rt, JSValueConst value) {
    struct handle *handle = JS_GetOpaque(value, key_class);
    if (handle != NULL) {
        if (handle->keys != NULL) {
            stop_listening(handle);
        }
        JS_FreeValueRT(rt, handle->callback);
        js_free_rt(rt, handle->device);
        js_free_rt(rt, handle);
    }
}

static void mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark_func) {
    struct handle *handle = JS_GetOpaque(value, key_class);
    if (handle != NULL) {
        JS_MarkValue(rt, handle->callback, mark_func);
    }
}

static const JSClassDef class_definition = {"Key", .finalizer = finalize, .gc_mark = mark};

// May free the object: call it last.
static int close_handle(JSContext *ctx, struct handle *handle) {
    if (handle->keys == NULL) {
        return 0;
    }
    int failed = 0;
    JSValue self = handle->self;
    if (!JS_IsUndefined(self)) {
        failed = mjs_js_watch_fd(ctx, mjs_keys_fd(handle->keys), NULL, NULL);
        handle->self = JS_UNDEFINED;
    }
    stop_listening(handle);
    JS_FreeValue(ctx, self);
    return failed;
}

// One event a turn, so that promise jobs run between two of them.
static int on_ready(JSContext *ctx, void *opaque) {
    struct handle *handle = opaque;
    struct mjs_key_event event;
    if (!mjs_keys_take(handle->keys, &event)) {
        if (!mjs_keys_is_lost(handle->keys)) {
            return 0;
        }
        mjs_js_warn("the device of a Key is gone");
        handle->is_lost = true;
        return close_handle(ctx, handle);
    }
    JSValue callback = JS_DupValue(ctx, handle->callback); // close() may free the object
    JSValue args[2] = {JS_NewInt32(ctx, event.code), JS_NewInt32(ctx, event.state)};
    JSValue result = JS_Call(ctx, callback, JS_UNDEFINED, 2, (JSValueConst *)args);
    JS_FreeValue(ctx, callback);
    JS_FreeValue(ctx, result);
    return JS_IsException(result) ? -1 : 0;
}

// 0 ok, -1 exception pending; the handle is open, or as it was.
static int open_handle(JSContext *ctx, JSValueConst self, struct handle *handle) {
    struct mjs_error err;
    const struct mjs_keys_options options = {.device = handle->device,
                                             .long_press_ms = handle->long_press_ms};
    mjs_exit_key_hold(); // first: a FIFO's events go to one reader
    if (mjs_keys_open(&handle->keys, &options, &err) != MJS_OK) {
        handle->keys = NULL;
        mjs_exit_key_release();
        mjs_js_throw(ctx, &err);
        return -1;
    }
    handle->is_lost = false;
    handle->ctx = ctx;
    handle->next = open_handles;
    open_handles = handle;
    if (JS_IsUndefined(handle->callback)) {
        return 0;
    }
    if (mjs_js_watch_fd(ctx, mjs_keys_fd(handle->keys), on_ready, handle) != 0) {
        (void)close_handle(ctx, handle); // the first exception is the one that counts
        return -1;
    }
    handle->self = JS_DupValue(ctx, self);
    return 0;
}

enum option { OPTION_OPEN, OPTION_DEVICE, OPTION_LONG_PRESS, OPTION_COUNT };

// Fills the handle. 0 ok, -1 exception pending.
static int read_arguments(JSContext *ctx, int argc, JSValueConst *argv, struct handle *handle,
                          bool *open) {
    JSValue values[OPTION_COUNT];
    const struct mjs_js_option table[OPTION_COUNT] = {
        [OPTION_OPEN] = {"open", &values[OPTION_OPEN]},
        [OPTION_DEVICE] = {"device", &values[OPTION_DEVICE]},
        [OPTION_LONG_PRESS] = {"longPressTime", &values[OPTION_LONG_PRESS]},
    };
    JSValueConst callback = argc > 0 ? argv[0] : JS_UNDEFINED;
    if (mjs_js_get_options(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, "Key", table, OPTION_COUNT)) {
        return -1;
    }
    int failed = 0;
    if (!JS_IsUndefined(callback) && !JS_IsNull(callback) && !JS_IsFunction(ctx, callback)) {
        JS_ThrowTypeError(ctx, "callback must be a function");
        failed = -1;
    }
    if (!failed && !JS_IsUndefined(values[OPTION_OPEN])) {
        failed = mjs_js_get_bool(ctx, values[OPTION_OPEN], "open", open);
    }
    if (!failed && !JS_IsUndefined(values[OPTION_LONG_PRESS])) {
        failed = mjs_js_get_integer(ctx, values[OPTION_LONG_PRESS], "longPressTime", 0,
                                    LONG_PRESS_MS_MAX, &handle->long_press_ms);
    }
    if (!failed && !JS_IsUndefined(values[OPTION_DEVICE])) {
        const char *device = mjs_js_get_string(ctx, values[OPTION_DEVICE], "device");
        handle->device = device != NULL ? js_strdup(ctx, device) : NULL;
        JS_FreeCString(ctx, device);
        failed = handle->device != NULL ? 0 : -1;
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        JS_FreeValue(ctx, values[i]);
    }
    if (!failed && JS_IsFunction(ctx, callback)) {
        handle->callback = JS_DupValue(ctx, callback);
    }
    return failed;
}

static JSValue construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    JSValue prototype = JS_GetPropertyStr(ctx, new_target, "prototype");
    if (JS_IsException(prototype)) {
        return JS_EXCEPTION;
    }
    JSValue object = JS_NewObjectProtoClass(ctx, prototype, key_class);
    JS_FreeValue(ctx, prototype);
    struct handle *handle = js_mallocz(ctx, sizeof *handle);
    if (JS_IsException(object) || handle == NULL) {
        js_free(ctx, handle);
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    handle->callback = JS_UNDEFINED;
    handle->self = JS_UNDEFINED;
    handle->long_press_ms = LONG_PRESS_MS_DEFAULT;
    JS_SetOpaque(object, handle); // from here on the object frees it
    bool open = true;
    if (read_arguments(ctx, argc, argv, handle, &open) != 0 ||
        (open && open_handle(ctx, object, handle) != 0)) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    return object;
}

static JSValue open_key(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    struct handle *handle = JS_GetOpaque2(ctx, this_value, key_class);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    if (handle->keys != NULL && close_handle(ctx, handle) != 0) {
        return JS_EXCEPTION;
    }
    return open_handle(ctx, this_value, handle) == 0 ? JS_UNDEFINED : JS_EXCEPTION;
}

static JSValue close_key(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    struct handle *handle = JS_GetOpaque2(ctx, this_value, key_class);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    handle->is_lost = false;
    return close_handle(ctx, handle) == 0 ? JS_UNDEFINED : JS_EXCEPTION;
}

static JSValue is_opened(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    struct handle *handle = JS_GetOpaque2(ctx, this_value, key_class);
    return handle == NULL ? JS_EXCEPTION : JS_NewBool(ctx, handle->keys != NULL);
}

// The open handle; null with an exception pending.
static struct handle *get_open(JSContext *ctx, JSValueConst this_value) {
    struct handle *handle = JS_GetOpaque2(ctx, this_value, key_class);
    if (handle != NULL && handle->keys == NULL) {
        if (handle->is_lost) {
            mjs_js_throw_code(ctx, MJS_ELOST, "the key's device is gone");
        } else {
            mjs_js_throw_code(ctx, MJS_ECLOSED, "the key is closed");
        }
        return NULL;
    }
    return handle;
}

static JSValue is_pressed(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    int64_t code = 0;
    if (argc > 0 && !JS_IsUndefined(argv[0]) &&
        mjs_js_get_integer(ctx, argv[0], "key", 1, CODE_MAX, &code) != 0) {
        return JS_EXCEPTION;
    }
    struct handle *handle = get_open(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    bool pressed = mjs_keys_ask(handle->keys, (uint16_t)code);
    if (!pressed && mjs_keys_is_lost(handle->keys)) {
        return mjs_js_throw_code(ctx, MJS_ELOST, "the key's device is gone");
    }
    return JS_NewBool(ctx, pressed);
}

static JSValue read_key(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    struct handle *handle = get_open(ctx, this_value);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    if (!JS_IsUndefined(handle->callback)) {
        return mjs_js_throw_code(ctx, MJS_EBUSY, "the events go to this Key's callback");
    }
    struct mjs_key_event event = {0};
    if (!mjs_keys_take(handle->keys, &event) && mjs_keys_is_lost(handle->keys)) {
        return mjs_js_throw_code(ctx, MJS_ELOST, "the key's device is gone");
    }
    JSValue pair[2] = {JS_NewInt32(ctx, event.code), JS_NewInt32(ctx, event.state)};
    return JS_NewArrayFrom(ctx, 2, pair);
}

static JSValue long_press_time(JSContext *ctx, JSValueConst this_value, int argc,
                               JSValueConst *argv) {
    struct handle *handle = JS_GetOpaque2(ctx, this_value, key_class);
    if (handle == NULL) {
        return JS_EXCEPTION;
    }
    if (argc > 0 && !JS_IsUndefined(argv[0])) {
        if (mjs_js_get_integer(ctx, argv[0], "ms", 0, LONG_PRESS_MS_MAX, &handle->long_press_ms)) {
            return JS_EXCEPTION;
        }
        if (handle->keys != NULL) {
            mjs_keys_set_long_press(handle->keys, handle->long_press_ms);
        }
    }
    return JS_NewInt64(ctx, handle->long_press_ms);
}

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_DEF("open", 0, open_key),
    JS_CFUNC_DEF("close", 0, close_key),
    JS_CFUNC_DEF("[Symbol.dispose]", 0, close_key),
    JS_CFUNC_DEF("isOpened", 0, is_opened),
    JS_CFUNC_DEF("isPressed", 1, is_pressed),
    JS_CFUNC_DEF("read", 0, read_key),
    JS_CFUNC_DEF("longPressTime", 1, long_press_time),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Key", JS_PROP_CONFIGURABLE),
};

// `magic`: on or off.
static JSValue set_default_listener(JSContext *ctx, JSValueConst this_value, int argc,
                                    JSValueConst *argv, int magic) {
    (void)ctx;
    (void)this_value;
    (void)argc;
    (void)argv;
    if (magic) {
        mjs_exit_key_enable();
    } else {
        mjs_exit_key_disable();
    }
    return JS_UNDEFINED;
}

#define CONSTANT(name, value) JS_PROP_INT32_DEF(name, value, JS_PROP_ENUMERABLE)

static const JSCFunctionListEntry keys[] = {
    CONSTANT("KEY_NONE", 0x000), CONSTANT("KEY_ESC", 0x001),    CONSTANT("KEY_SPACE", 0x039),
    CONSTANT("KEY_LEFT", 0x069), CONSTANT("KEY_RIGHT", 0x06a),  CONSTANT("KEY_POWER", 0x074),
    CONSTANT("KEY_OK", 0x160),   CONSTANT("KEY_OPTION", 0x165), CONSTANT("KEY_NEXT", 0x197),
    CONSTANT("KEY_PREV", 0x19c),
};

static const JSCFunctionListEntry states[] = {
    CONSTANT("KEY_RELEASED", MJS_KEY_RELEASED),
    CONSTANT("KEY_PRESSED", MJS_KEY_PRESSED),
    CONSTANT("KEY_LONG_PRESSED", MJS_KEY_LONG_PRESSED),
};

static const JSCFunctionListEntry exports[] = {
    JS_CFUNC_MAGIC_DEF("addDefaultListener", 0, set_default_listener, 1),
    JS_CFUNC_MAGIC_DEF("rmDefaultListener", 0, set_default_listener, 0),
    JS_OBJECT_DEF("Keys", keys, sizeof keys / sizeof keys[0], JS_PROP_ENUMERABLE),
    JS_OBJECT_DEF("State", states, sizeof states / sizeof states[0], JS_PROP_ENUMERABLE),
};

#define EXPORT_COUNT ((int)(sizeof exports / sizeof exports[0]))

static int init(JSContext *ctx, JSModuleDef *module) {
    if (mjs_js_check_thread(ctx, "maix:key") != 0) {
        return -1;
    }
    JSRuntime *rt = JS_GetRuntime(ctx);
    JS_NewClassID(rt, &key_class);
    if (!JS_IsRegisteredClass(rt, key_class) && JS_NewClass(rt, key_class, &class_definition)) {
        return -1;
    }
    JSValue prototype = JS_NewObject(ctx);
    if (JS_IsException(prototype) ||
        JS_SetPropertyFunctionList(ctx, prototype, members, sizeof members / sizeof members[0])) {
        JS_FreeValue(ctx, prototype);
        return -1;
    }
    JS_SetClassProto(ctx, key_class, prototype); // takes it over
    JSValue constructor = JS_NewCFunction2(ctx, construct, "Key", 0, JS_CFUNC_constructor, 0);
    if (JS_IsException(constructor) || JS_SetConstructor(ctx, constructor, prototype) != 0) {
        JS_FreeValue(ctx, constructor);
        return -1;
    }
    if (JS_SetModuleExport(ctx, module, "Key", constructor) != 0) {
        return -1;
    }
    return JS_SetModuleExportList(ctx, module, exports, EXPORT_COUNT);
}

JSModuleDef *mjs_key_js_create(JSContext *ctx, const char *name) {
    JSModuleDef *module = JS_NewCModule(ctx, name, init);
    if (module == NULL || JS_AddModuleExport(ctx, module, "Key") != 0 ||
        JS_AddModuleExportList(ctx, module, exports, EXPORT_COUNT) != 0) {
        return NULL;
    }
    return module;
}

void mjs_key_js_start(void) { mjs_exit_key_start(); }

void mjs_key_js_finalise(void) {
    while (open_handles != NULL) {
        struct handle *handle = open_handles;
        if (close_handle(handle->ctx, handle) != 0) {
            JS_FreeValue(handle->ctx, JS_GetException(handle->ctx)); // nobody is left to catch it
        }
    }
    mjs_exit_key_disable();
}

void mjs_key_js_finalise_forced(void) { mjs_key_terminal_leave(); }

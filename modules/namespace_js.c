// SPDX-License-Identifier: MIT
// Lazy namespaces: exotic objects that load their module and then answer from its namespace.
#include "namespace_js.h"

#include <stdio.h>
#include <stdlib.h>

#define SOURCE_BYTES_MAX 128

struct namespace {
    const char *module;
    JSValue loaded; // the module's namespace; undefined until it is looked at
};

static JSClassID namespace_class;

static void finalize(JSRuntime *rt, JSValueConst value) {
    struct namespace *namespace = JS_GetOpaque(value, namespace_class);
    if (namespace) {
        JS_FreeValueRT(rt, namespace->loaded);
        js_free_rt(rt, namespace);
    }
}

static void mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark_func) {
    struct namespace *namespace = JS_GetOpaque(value, namespace_class);
    if (namespace) {
        JS_MarkValue(rt, namespace->loaded, mark_func);
    }
}

// The module's own namespace; borrowed. JS_EXCEPTION: pending. A native module has no top-level
// await, so it is loaded when JS_EvalFunction returns.
static JSValueConst load(JSContext *ctx, JSValueConst object) {
    struct namespace *namespace = JS_GetOpaque(object, namespace_class);
    if (!JS_IsUndefined(namespace->loaded)) {
        return namespace->loaded;
    }
    char source[SOURCE_BYTES_MAX];
    int bytes =
        snprintf(source, sizeof(source), "export * as loaded from '%s';", namespace->module);
    JSValue module = JS_Eval(ctx, source, (size_t)bytes, "maix (lazy)",
                             JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(module)) {
        return JS_EXCEPTION;
    }
    JSModuleDef *definition = JS_VALUE_GET_PTR(module);
    JSValue done = JS_EvalFunction(ctx, module);
    if (JS_PromiseState(ctx, done) == JS_PROMISE_REJECTED) {
        JS_PromiseMarkAsHandled(ctx, done);
        JS_Throw(ctx, JS_PromiseResult(ctx, done));
        JS_FreeValue(ctx, done);
        return JS_EXCEPTION;
    }
    if (JS_IsException(done)) {
        return JS_EXCEPTION;
    }
    JS_FreeValue(ctx, done);
    JSValue exports = JS_GetModuleNamespace(ctx, definition);
    JSValue loaded = JS_GetPropertyStr(ctx, exports, "loaded");
    JS_FreeValue(ctx, exports);
    if (JS_IsException(loaded)) {
        return JS_EXCEPTION;
    }
    namespace->loaded = loaded;
    return loaded;
}

static int get_own_property(JSContext *ctx, JSPropertyDescriptor *descriptor, JSValueConst object,
                            JSAtom name) {
    JSValueConst loaded = load(ctx, object);
    return JS_IsException(loaded) ? -1 : JS_GetOwnProperty(ctx, descriptor, loaded, name);
}

static int get_own_property_names(JSContext *ctx, JSPropertyEnum **names, uint32_t *count,
                                  JSValueConst object) {
    JSValueConst loaded = load(ctx, object);
    if (JS_IsException(loaded)) {
        return -1;
    }
    return JS_GetOwnPropertyNames(ctx, names, count, loaded,
                                  JS_GPN_STRING_MASK | JS_GPN_SYMBOL_MASK);
}

static int refuse(JSContext *ctx) {
    JS_ThrowTypeError(ctx, "a module's namespace is read-only");
    return -1;
}

static int delete_property(JSContext *ctx, JSValueConst object, JSAtom name) {
    (void)object;
    (void)name;
    return refuse(ctx);
}

static int define_own_property(JSContext *ctx, JSValueConst object, JSAtom name, JSValueConst value,
                               JSValueConst getter, JSValueConst setter, int flags) {
    (void)object;
    (void)name;
    (void)value;
    (void)getter;
    (void)setter;
    (void)flags;
    return refuse(ctx);
}

static int set_property(JSContext *ctx, JSValueConst object, JSAtom name, JSValueConst value,
                        JSValueConst receiver, int flags) {
    (void)object;
    (void)name;
    (void)value;
    (void)receiver;
    (void)flags;
    return refuse(ctx);
}

static JSClassExoticMethods exotic = {
    .get_own_property = get_own_property,
    .get_own_property_names = get_own_property_names,
    .delete_property = delete_property,
    .define_own_property = define_own_property,
    .set_property = set_property,
};

static const JSClassDef definition = {
    .class_name = "Module",
    .finalizer = finalize,
    .gc_mark = mark,
    .exotic = &exotic,
};

JSValue mjs_namespace_js_new(JSContext *ctx, const char *module) {
    JSRuntime *rt = JS_GetRuntime(ctx);
    JS_NewClassID(rt, &namespace_class);
    if (!JS_IsRegisteredClass(rt, namespace_class) &&
        JS_NewClass(rt, namespace_class, &definition) != 0) {
        return JS_EXCEPTION;
    }
    struct namespace *namespace = js_malloc(ctx, sizeof(*namespace));
    if (!namespace) {
        return JS_EXCEPTION;
    }
    *namespace = (struct namespace){.module = module, .loaded = JS_UNDEFINED};
    JSValue object = JS_NewObjectProtoClass(ctx, JS_NULL, namespace_class);
    if (JS_IsException(object)) {
        js_free(ctx, namespace);
        return JS_EXCEPTION;
    }
    JS_SetOpaque(object, namespace);
    return object;
}

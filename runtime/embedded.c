// SPDX-License-Identifier: MIT
// Runs the TypeScript of native modules, and the native functions that all of it may call.
#include "embedded.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "js_util.h"

#define TEXT_BYTES_MAX ((size_t)1 << 20)

JSValue mjs_embedded_throw_errno(JSContext *ctx, int sys_errno, const char *verb,
                                 const char *path) {
    struct mjs_error err = {0};
    (void)mjs_result_fail_errno(&err, sys_errno, "cannot %s%s%s", verb, path[0] ? " " : "", path);
    return mjs_js_throw(ctx, &err);
}

// --- Native functions that all have; their arguments come from our TypeScript ---

// readText(path): a small file's text, or undefined where there is none.
static JSValue read_text(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    const char *path = JS_ToCString(ctx, argv[0]);
    if (path == NULL) {
        return JS_EXCEPTION;
    }
    struct mjs_buffer text = {0};
    struct mjs_error err = {0};
    mjs_result result = mjs_buffer_read_file(&text, path, TEXT_BYTES_MAX, &err);
    JS_FreeCString(ctx, path);
    JSValue value = JS_UNDEFINED;
    if (result == MJS_OK) {
        value = JS_NewStringLen(ctx, mjs_buffer_text(&text), text.bytes);
    } else if (result != MJS_ENOENT) {
        value = mjs_js_throw(ctx, &err);
    }
    mjs_buffer_free(&text);
    return value;
}

// replace(path, text or Uint8Array, mode): the file whole or not at all, synced. A file that is
// there keeps its permissions.
static JSValue replace(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    uint32_t mode = 0;
    size_t bytes = 0;
    if (JS_ToUint32(ctx, &mode, argv[2]) != 0) {
        return JS_EXCEPTION;
    }
    const char *path = JS_ToCString(ctx, argv[0]);
    const char *text = NULL;
    const void *data = NULL;
    if (JS_IsString(argv[1])) {
        data = text = JS_ToCStringLen(ctx, &bytes, argv[1]);
    } else {
        data = JS_GetUint8Array(ctx, &bytes, argv[1]);
    }
    JSValue value = JS_EXCEPTION;
    struct mjs_error err = {0};
    if (path != NULL && data != NULL) {
        struct stat status;
        mode = stat(path, &status) == 0 ? (uint32_t)status.st_mode & 07777 : mode;
        value = mjs_buffer_write_file(path, data, bytes, mode, true, &err) == MJS_OK
                    ? JS_UNDEFINED
                    : mjs_js_throw(ctx, &err);
    }
    JS_FreeCString(ctx, text);
    JS_FreeCString(ctx, path);
    return value;
}

// readdir(path): the names in a folder but `.` and `..`, in the system's order.
static JSValue read_folder(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    const char *path = JS_ToCString(ctx, argv[0]);
    if (path == NULL) {
        return JS_EXCEPTION;
    }
    DIR *folder = opendir(path);
    if (folder == NULL) {
        JSValue failed = mjs_embedded_throw_errno(ctx, errno, "list", path);
        JS_FreeCString(ctx, path);
        return failed;
    }
    JSValue names = JS_NewArray(ctx);
    uint32_t count = 0;
    struct dirent *entry;
    while (!JS_IsException(names) && (errno = 0, entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (JS_DefinePropertyValueUint32(ctx, names, count++, JS_NewString(ctx, entry->d_name),
                                         JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, names);
            names = JS_EXCEPTION;
        }
    }
    if (!JS_IsException(names) && errno != 0) {
        int failure = errno;
        JS_FreeValue(ctx, names);
        names = mjs_embedded_throw_errno(ctx, failure, "list", path);
    }
    closedir(folder); // opened for reading: nothing to lose
    JS_FreeCString(ctx, path);
    return names;
}

// fail(code, message): throws an Error with that code.
static JSValue fail(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    const char *message = JS_ToCString(ctx, argv[1]);
    if (message == NULL) {
        return JS_EXCEPTION;
    }
    JSValue error = JS_NewPlainError(ctx, "%s", message);
    JS_FreeCString(ctx, message);
    if (JS_IsException(error) ||
        JS_DefinePropertyValueStr(ctx, error, "code", JS_DupValue(ctx, argv[0]), JS_PROP_C_W_E) <
            0) {
        JS_FreeValue(ctx, error);
        return JS_EXCEPTION;
    }
    return JS_Throw(ctx, error);
}

// getenv(name): the variable, or undefined.
static JSValue get_variable(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    const char *name = JS_ToCString(ctx, argv[0]);
    if (name == NULL) {
        return JS_EXCEPTION;
    }
    const char *text = getenv(name);
    JS_FreeCString(ctx, name);
    return text != NULL ? JS_NewString(ctx, text) : JS_UNDEFINED;
}

static const JSCFunctionListEntry common[] = {
    JS_CFUNC_DEF("readText", 1, read_text),  JS_CFUNC_DEF("replace", 3, replace),
    JS_CFUNC_DEF("readdir", 1, read_folder), JS_CFUNC_DEF("fail", 2, fail),
    JS_CFUNC_DEF("getenv", 1, get_variable),
};

// --- Running the TypeScript ---

// The object that `create(native)` of the bytecode returns.
static JSValue run(JSContext *ctx, const struct mjs_embedded *embedded) {
    JSValue code = JS_ReadObject(ctx, embedded->code, *embedded->code_bytes, JS_READ_OBJ_BYTECODE);
    if (JS_IsException(code) || JS_ResolveModule(ctx, code) != 0) {
        JS_FreeValue(ctx, code);
        return JS_EXCEPTION;
    }
    JSModuleDef *definition = JS_VALUE_GET_PTR(code);
    JSValue promise = JS_EvalFunction(ctx, code);
    if (JS_IsException(promise)) {
        return JS_EXCEPTION;
    }
    JS_FreeValue(ctx, promise); // our bytecode waits for nothing, and throws nothing
    JSValue space = JS_GetModuleNamespace(ctx, definition);
    JSValue create = JS_GetPropertyStr(ctx, space, "create");
    JSValue native = JS_NewObject(ctx);
    JSValue result = JS_EXCEPTION;
    if (!JS_IsException(native) &&
        JS_SetPropertyFunctionList(ctx, native, common, sizeof common / sizeof common[0]) == 0 &&
        JS_SetPropertyFunctionList(ctx, native, embedded->natives, embedded->native_count) == 0) {
        JSValueConst arguments[] = {native};
        result = JS_Call(ctx, create, JS_UNDEFINED, 1, arguments);
    }
    JS_FreeValue(ctx, native);
    JS_FreeValue(ctx, create);
    JS_FreeValue(ctx, space);
    return result;
}

JSModuleDef *mjs_embedded_create(JSContext *ctx, const char *name, JSModuleInitFunc *init,
                                 const struct mjs_embedded *embedded) {
    JSModuleDef *module = JS_NewCModule(ctx, name, init);
    for (const char *const *at = embedded->names; module != NULL && *at != NULL; at++) {
        if (JS_AddModuleExport(ctx, module, *at) != 0) {
            return NULL;
        }
    }
    return module;
}

int mjs_embedded_define(JSContext *ctx, JSModuleDef *module, const struct mjs_embedded *embedded) {
    if (mjs_js_check_thread(ctx, embedded->module) != 0) {
        return -1;
    }
    JSValue exports = run(ctx, embedded);
    int failed = JS_IsException(exports) ? -1 : 0;
    for (const char *const *name = embedded->names; !failed && *name != NULL; name++) {
        JSValue value = JS_GetPropertyStr(ctx, exports, *name);
        failed = JS_IsException(value) ? -1 : JS_SetModuleExport(ctx, module, *name, value);
    }
    JS_FreeValue(ctx, exports);
    return failed;
}

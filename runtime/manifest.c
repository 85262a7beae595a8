// SPDX-License-Identifier: MIT
// Asks the embedded TypeScript which files decide whether a bundle is still valid.
#include "manifest.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools.h"

#define METAFILE_BYTES_MAX ((size_t)64 << 20)
#define TEXT_BYTES_MAX ((size_t)16 << 20)
#define PATHS_MAX 200000

static JSValue stat_is(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                       int only_files) {
    (void)this_val;
    (void)argc;
    const char *path = JS_ToCString(ctx, argv[0]);
    if (!path) {
        return JS_EXCEPTION;
    }
    struct stat status;
    bool found = stat(path, &status) == 0 && (!only_files || S_ISREG(status.st_mode));
    JS_FreeCString(ctx, path);
    return JS_NewBool(ctx, found);
}

static JSValue read_text(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    const char *path = JS_ToCString(ctx, argv[0]);
    if (!path) {
        return JS_EXCEPTION;
    }
    struct mjs_buffer text = {0};
    JSValue result = JS_UNDEFINED;
    if (mjs_buffer_read_file(&text, path, TEXT_BYTES_MAX, NULL) == MJS_OK) {
        result = JS_NewStringLen(ctx, mjs_buffer_text(&text), text.bytes);
    }
    mjs_buffer_free(&text);
    JS_FreeCString(ctx, path);
    return result;
}

static JSValue real_path(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    const char *path = JS_ToCString(ctx, argv[0]);
    if (!path) {
        return JS_EXCEPTION;
    }
    char *real = realpath(path, NULL);
    JSValue result = real ? JS_NewString(ctx, real) : JS_UNDEFINED;
    free(real);
    JS_FreeCString(ctx, path);
    return result;
}

static const JSCFunctionListEntry host_functions[] = {
    JS_CFUNC_MAGIC_DEF("exists", 1, stat_is, 0),
    JS_CFUNC_MAGIC_DEF("isFile", 1, stat_is, 1),
    JS_CFUNC_DEF("readText", 1, read_text),
    JS_CFUNC_DEF("realpath", 1, real_path),
};

static void free_paths(JSContext *ctx, const char **paths, size_t count) {
    for (size_t i = 0; paths && i < count; i++) {
        JS_FreeCString(ctx, paths[i]);
    }
    free(paths);
}

// A list of strings as C strings: all of them, or null (more than PATHS_MAX, out of memory).
static const char **get_paths(JSContext *ctx, JSValueConst object, const char *name,
                              size_t *count) {
    int64_t length = 0;
    *count = 0;
    JSValue list = JS_GetPropertyStr(ctx, object, name);
    if (!JS_IsArray(list) || JS_GetLength(ctx, list, &length) != 0 || length > PATHS_MAX) {
        JS_FreeValue(ctx, list);
        return NULL;
    }
    const char **paths = calloc((size_t)length + 1, sizeof(*paths));
    for (int64_t i = 0; paths && i < length; i++) {
        JSValue value = JS_GetPropertyInt64(ctx, list, i);
        const char *path = JS_ToCString(ctx, value);
        JS_FreeValue(ctx, value);
        if (!path) {
            free_paths(ctx, paths, *count);
            paths = NULL;
            break;
        }
        paths[(*count)++] = path;
    }
    JS_FreeValue(ctx, list);
    return paths;
}

// Calls manifestEntries. JS_EXCEPTION: pending in `ctx`.
static JSValue call(struct mjs_host *host, JSContext *ctx, const struct mjs_buffer *metafile,
                    const char *path) {
    JSValue host_object = JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, host_object, host_functions,
                               (int)(sizeof(host_functions) / sizeof(host_functions[0])));
    char *cwd = getcwd(NULL, 0);
    JS_SetPropertyStr(ctx, host_object, "cwd", JS_NewString(ctx, cwd ? cwd : "/"));
    JSValue entry_object = JS_NewObject(ctx);
    JS_SetPropertyStr(ctx, entry_object, "path", JS_NewString(ctx, path));
    JS_SetPropertyStr(ctx, entry_object, "resolveDir", JS_NewString(ctx, cwd ? cwd : "/"));
    free(cwd);
    JSValue text = JS_NewStringLen(ctx, mjs_buffer_text(metafile), metafile->bytes);
    JSValueConst args[3] = {text, host_object, entry_object};
    JSValue result = mjs_tools_call(host, MJS_TOOL_MANIFEST, "manifestEntries", 3, args);
    JS_FreeValue(ctx, text);
    JS_FreeValue(ctx, host_object);
    JS_FreeValue(ctx, entry_object);
    return result;
}

static mjs_result fail_with_exception(JSContext *ctx, struct mjs_error *err) {
    if (!JS_HasException(ctx)) {
        return mjs_result_fail(err, MJS_ENOMEM, "out of memory");
    }
    JSValue exception = JS_GetException(ctx);
    const char *text = JS_ToCString(ctx, exception);
    mjs_result result = mjs_result_fail(err, MJS_EIO, "%s", text ? text : "its inputs are unknown");
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, exception);
    return result;
}

mjs_result mjs_manifest_store(struct mjs_host *host, struct mjs_cache *cache, const char *key,
                              const struct mjs_cache_entry *entry, const char *metafile,
                              const char *path, int64_t made_after_ns, struct mjs_error *err) {
    struct mjs_buffer text = {0};
    mjs_result result = mjs_buffer_read_file(&text, metafile, METAFILE_BYTES_MAX, err);
    JSContext *ctx = mjs_tools_context(host);
    if (result == MJS_OK && !ctx) {
        result = mjs_result_fail(err, MJS_ENOMEM, "out of memory");
    }
    if (result != MJS_OK) {
        mjs_buffer_free(&text);
        return result;
    }
    JSValue manifest = call(host, ctx, &text, path);
    mjs_buffer_free(&text);
    if (JS_IsException(manifest)) {
        return fail_with_exception(ctx, err);
    }
    struct mjs_cache_inputs inputs = {0};
    const char **files = get_paths(ctx, manifest, "files", &inputs.files_count);
    const char **absent = get_paths(ctx, manifest, "absent", &inputs.absent_count);
    inputs.files = files;
    inputs.absent = absent;
    if (files && absent) {
        result = mjs_cache_store(cache, key, entry, &inputs, made_after_ns, err);
    } else {
        result = fail_with_exception(ctx, err);
    }
    free_paths(ctx, files, inputs.files_count);
    free_paths(ctx, absent, inputs.absent_count);
    JS_FreeValue(ctx, manifest);
    return result;
}

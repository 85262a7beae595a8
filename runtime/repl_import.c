// SPDX-License-Identifier: MIT
// Modules that are named at the prompt.
#include "repl_import.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "esbuild.h"
#include "quickjs-libc.h"
#include "script.h"

static bool is_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

// What the engine can load by itself. A package may be called like a file: "fft.js".
static bool is_plain(const char *name, JSValueConst attributes) {
    static const char *const plain[] = {".js", ".mjs", ".json", NULL};
    return !JS_IsUndefined(attributes) || (is_file(name) && mjs_script_has_ending(name, plain));
}

// Keeps the map, for errors that come out of the module later.
static bool keep_source(struct mjs_host *host, const char *name, struct mjs_buffer *code) {
    size_t bytes = ((size_t)host->import_count + 1) * sizeof(*host->imports);
    struct mjs_source *imports = realloc(host->imports, bytes);
    if (!imports) {
        return false;
    }
    host->imports = imports;
    struct mjs_source *source = &imports[host->import_count];
    *source = (struct mjs_source){0};
    mjs_buffer_append_text(&source->name, name);
    mjs_script_append_cwd(&source->map_base);
    mjs_script_split_map(code, &source->map, NULL, "");
    host->import_count++;
    return true;
}

static JSModuleDef *evaluate(struct mjs_host *host, JSContext *ctx, const char *name,
                             struct mjs_buffer *code) {
    if (!keep_source(host, name, code)) {
        JS_ThrowOutOfMemory(ctx);
        return NULL;
    }
    JSValue module = JS_Eval(ctx, mjs_buffer_text(code), code->bytes, name,
                             JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(module)) {
        return NULL;
    }
    // A package's name is no path that could be resolved.
    if (js_module_set_import_meta(ctx, module, is_file(name), false) < 0) {
        JS_FreeValue(ctx, module);
        return NULL;
    }
    JSModuleDef *made = JS_VALUE_GET_PTR(module);
    JS_FreeValue(ctx, module); // the engine's list of modules has it
    return made;
}

char *mjs_repl_import_name(JSContext *ctx, const char *base, const char *name, void *opaque) {
    (void)opaque;
    struct mjs_buffer path = {0};
    if (strncmp(name, "./", 2) != 0 && strncmp(name, "../", 3) != 0) {
        return js_strdup(ctx, name);
    }
    // What is typed has a name without a folder: it is relative to the current one.
    if (base[0] == '/') {
        mjs_script_folder(base, &path);
    } else {
        mjs_script_append_cwd(&path);
    }
    mjs_buffer_printf(&path, "/%s", name);
    // One name for one file; what has none yet is for esbuild to find.
    char *real = realpath(mjs_buffer_text(&path), NULL);
    char *full = js_strdup(ctx, real ? real : mjs_buffer_text(&path));
    free(real);
    mjs_buffer_free(&path);
    return full;
}

JSModuleDef *mjs_repl_import_load(struct mjs_host *host, JSContext *ctx, const char *name,
                                  JSValueConst attributes) {
    if (is_plain(name, attributes)) {
        return js_module_load(ctx, name, NULL, attributes, js_load_file);
    }
    // On esbuild's command line these would mean something else.
    if (name[0] == '-' || !mjs_esbuild_takes_name(name)) {
        JS_ThrowReferenceError(ctx, "\"%s\" cannot be imported in a session", name);
        return NULL;
    }
    struct mjs_error err;
    struct mjs_buffer esbuild = {0};
    struct mjs_buffer folder = {0};
    struct mjs_buffer code = {0};
    struct mjs_buffer messages = {0};
    JSModuleDef *module = NULL;
    mjs_script_append_cwd(&folder);
    int status = -1;
    if (mjs_esbuild_find(mjs_buffer_text(&folder), &esbuild, &err) == MJS_OK) {
        const struct mjs_esbuild_job job = {
            .executable = esbuild.data, .entry = name, .messages = &messages};
        status = mjs_esbuild_run(&job, &code, &err);
    }
    if (status < 0) {
        JS_ThrowReferenceError(ctx, "could not load \"%s\": %s", name, err.message);
    } else if (status > 0) {
        JS_ThrowReferenceError(ctx, "could not load \"%s\":\n%s", name, mjs_buffer_text(&messages));
    } else {
        module = evaluate(host, ctx, name, &code);
    }
    mjs_buffer_free(&esbuild);
    mjs_buffer_free(&folder);
    mjs_buffer_free(&code);
    mjs_buffer_free(&messages);
    return module;
}

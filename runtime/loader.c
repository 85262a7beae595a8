// SPDX-License-Identifier: MIT
// The module loader.
#include "loader.h"

#include <string.h>

#include "quickjs-libc.h"

bool mjs_loader_is_builtin(const char *name) {
    return strcmp(name, "maix") == 0 || strncmp(name, "maix:", 5) == 0 ||
           strncmp(name, "qjs:", 4) == 0;
}

static JSModuleDef *throw_unknown(struct mjs_host *host, JSContext *ctx, const char *name) {
    struct mjs_buffer known = {0};
    for (int i = 0; i < host->module_count; i++) {
        mjs_buffer_printf(&known, "%s, ", host->modules[i].name);
    }
    JS_ThrowReferenceError(ctx,
                           "there is no module \"%s\" (there are: %sqjs:std, qjs:os, qjs:bjson)",
                           name, mjs_buffer_text(&known));
    mjs_buffer_free(&known);
    return NULL;
}

static JSModuleDef *load_native(struct mjs_host *host, JSContext *ctx, const char *name) {
    for (int i = 0; i < host->module_count; i++) {
        if (strcmp(name, host->modules[i].name) == 0) {
            return host->modules[i].create(ctx, name);
        }
    }
    return throw_unknown(host, ctx, name);
}

static JSModuleDef *load_builtin(struct mjs_host *host, JSContext *ctx, const char *name) {
    if (strcmp(name, "qjs:std") == 0) {
        return js_init_module_std(ctx, name);
    }
    if (strcmp(name, "qjs:os") == 0) {
        host->os_module = js_init_module_os(ctx, name);
        return host->os_module;
    }
    if (strcmp(name, "qjs:bjson") == 0) {
        return js_init_module_bjson(ctx, name);
    }
    return load_native(host, ctx, name);
}

static JSModuleDef *load_module(JSContext *ctx, const char *name, void *opaque,
                                JSValueConst attributes) {
    struct mjs_host *host = opaque;
    if (mjs_loader_is_builtin(name)) {
        return load_builtin(host, ctx, name);
    }
    if (host->probing) {
        host->probe_found_file = true;
        JS_ThrowReferenceError(ctx, "a file is imported");
        return NULL;
    }
    if (host->load_file) {
        return host->load_file(host, ctx, name, attributes);
    }
    return js_module_load(ctx, name, NULL, attributes, js_load_file);
}

void mjs_loader_install(struct mjs_host *host) {
    JS_SetModuleLoaderFunc2(host->rt, NULL, load_module, js_module_check_attributes, host);
}

void mjs_loader_set_files(struct mjs_host *host, mjs_loader_name *name, mjs_loader_file *load) {
    host->load_file = load;
    JS_SetModuleLoaderFunc2(host->rt, name, load_module, js_module_check_attributes, host);
}

static JSModuleDef *load_worker_module(JSContext *ctx, const char *name, void *opaque,
                                       JSValueConst attributes) {
    if (mjs_loader_is_builtin(name)) {
        return load_native(opaque, ctx, name); // qjs:* are there already, and not asked for
    }
    return js_module_load(ctx, name, NULL, attributes, js_load_file);
}

void mjs_loader_install_worker(struct mjs_host *host, JSRuntime *rt) {
    JS_SetModuleLoaderFunc2(rt, NULL, load_worker_module, js_module_check_attributes, host);
}

void mjs_loader_probe(struct mjs_host *host, bool on) {
    host->probing = on;
    if (on) {
        host->probe_found_file = false;
    }
}

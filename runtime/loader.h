// SPDX-License-Identifier: MIT
// Finds modules: the table of native ones, qjs:*, and plain JavaScript files at run time.
#ifndef MJS_LOADER_H
#define MJS_LOADER_H

#include "host.h"

// Sets the loader of the host's engine.
void mjs_loader_install(struct mjs_host *host);

typedef char *mjs_loader_name(JSContext *ctx, const char *base, const char *name, void *opaque);
typedef JSModuleDef *mjs_loader_file(struct mjs_host *host, JSContext *ctx, const char *name,
                                     JSValueConst attributes);

// From now on `name` makes a module's full name of the one that is written, and `load` loads what
// is not built in.
void mjs_loader_set_files(struct mjs_host *host, mjs_loader_name *name, mjs_loader_file *load);

// The loader of a worker's engine: native modules say that they cannot be used there.
void mjs_loader_install_worker(struct mjs_host *host, JSRuntime *rt);

// True for names that the executable itself has ("maix", "maix:*", "qjs:*").
bool mjs_loader_is_builtin(const char *name);

// While probing, any other name fails and sets host->probe_found_file: the script imports files and
// must be bundled.
void mjs_loader_probe(struct mjs_host *host, bool on);

#endif

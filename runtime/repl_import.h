// SPDX-License-Identifier: MIT
// What a session imports: TypeScript files and npm packages, bundled when they are named. Script's
// thread.
#ifndef MJS_REPL_IMPORT_H
#define MJS_REPL_IMPORT_H

#include "host.h"

// A relative name's absolute path; any other name as it is. The engine frees it.
char *mjs_repl_import_name(JSContext *ctx, const char *base, const char *name, void *opaque);

// The session's loader: plain JavaScript and data files as they are, everything
// else through esbuild. Each bundle has what it imports to itself; a name is loaded once.
JSModuleDef *mjs_repl_import_load(struct mjs_host *host, JSContext *ctx, const char *name,
                                  JSValueConst attributes);

#endif

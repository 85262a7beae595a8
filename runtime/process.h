// SPDX-License-Identifier: MIT
// The global `process`: argv, env, exit, signals. A small part of Node's, with its meanings.
#ifndef MJS_PROCESS_H
#define MJS_PROCESS_H

#include "host.h"

// `script` is argv[1], or null where there is none (-e); `args` follow it. 0 ok, -1 exception.
int mjs_process_install(JSContext *ctx, const char *script, int arg_count, char **args);

// Lets go of the listeners of process.on.
void mjs_process_free(struct mjs_host *host);

// The path of the running executable, or "maixjs" where /proc does not tell. Free it.
char *mjs_process_executable(void);

#endif

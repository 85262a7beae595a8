// SPDX-License-Identifier: MIT
// The global `console`: log, info and debug to standard output, warn and error to standard error.
#ifndef MJS_CONSOLE_H
#define MJS_CONSOLE_H

#include "host.h"

// Defines the global. 0 ok, -1 exception pending.
int mjs_console_install(JSContext *ctx);

#endif

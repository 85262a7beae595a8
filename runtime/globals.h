// SPDX-License-Identifier: MIT
// Globals that a browser or Node has, made when they are first looked at: the embedded TypeScript
// behind them (ts/runtime/web_*.ts) costs a script that does not use it nothing.
#ifndef MJS_GLOBALS_H
#define MJS_GLOBALS_H

#include "quickjs.h"

// Defines the globals of `ctx`, which may be a worker's. 0 ok, -1 exception pending.
int mjs_globals_install(JSContext *ctx);

#endif

// SPDX-License-Identifier: MIT
// The module maix:key: the class Key, and the default exit key. Script's thread only.
#ifndef MJS_KEY_JS_H
#define MJS_KEY_JS_H

#include "quickjs.h"

JSModuleDef *mjs_key_js_create(JSContext *ctx, const char *name);
// Before the script runs: the default exit key.
void mjs_key_js_start(void);
// The program ends: closes every Key, which restores the terminal.
void mjs_key_js_finalise(void);
// The same from another thread: the terminal alone.
void mjs_key_js_finalise_forced(void);

#endif

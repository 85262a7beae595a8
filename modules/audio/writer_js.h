// SPDX-License-Identifier: MIT
// The class WavWriter. Script's thread only.
//
// Ownership: the JavaScript object owns its handle, the handle its writer.
#ifndef MJS_WRITER_JS_H
#define MJS_WRITER_JS_H

#include "quickjs.h"

// Defines the class and the module's export "WavWriter". 0 ok, -1 exception pending.
int mjs_writer_js_init(JSContext *ctx, JSModuleDef *module);

// Finishes every file. Calls no JavaScript.
void mjs_writer_js_finish_all(void);

#endif

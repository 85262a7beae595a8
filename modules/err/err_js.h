// SPDX-License-Identifier: MIT
// The module maix:err. Script's thread only.
#ifndef MJS_ERR_JS_H
#define MJS_ERR_JS_H

#include "quickjs.h"

JSModuleDef *mjs_err_js_create(JSContext *ctx, const char *name);

#endif

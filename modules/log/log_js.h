// SPDX-License-Identifier: MIT
// The module maix:log. Script's thread only.
#ifndef MJS_LOG_JS_H
#define MJS_LOG_JS_H

#include "quickjs.h"

JSModuleDef *mjs_log_js_create(JSContext *ctx, const char *name);

#endif

// SPDX-License-Identifier: MIT
// The module maix:time. Script's thread only.
#ifndef MJS_TIME_JS_H
#define MJS_TIME_JS_H

#include "quickjs.h"

JSModuleDef *mjs_time_js_create(JSContext *ctx, const char *name);

#endif

// SPDX-License-Identifier: MIT
// The module maix:app. Script's thread only.
#ifndef MJS_APP_JS_H
#define MJS_APP_JS_H

#include "quickjs.h"

JSModuleDef *mjs_app_js_create(JSContext *ctx, const char *name);

#endif

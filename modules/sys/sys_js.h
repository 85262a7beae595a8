// SPDX-License-Identifier: MIT
// The module maix:sys. Script's thread only.
#ifndef MJS_SYS_JS_H
#define MJS_SYS_JS_H

#include "quickjs.h"

JSModuleDef *mjs_sys_js_create(JSContext *ctx, const char *name);

#endif

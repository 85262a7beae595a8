// SPDX-License-Identifier: MIT
// The module maix:fs. Script's thread only.
#ifndef MJS_FS_JS_H
#define MJS_FS_JS_H

#include "quickjs.h"

JSModuleDef *mjs_fs_js_create(JSContext *ctx, const char *name);

#endif

// SPDX-License-Identifier: MIT
// Namespaces of native modules that are loaded when they are first looked at, for `maix`: a script
// that imports one of them does not pay for the others.
#ifndef MJS_NAMESPACE_JS_H
#define MJS_NAMESPACE_JS_H

#include "quickjs.h"

// An object that stands for the namespace of `module` ("maix:fs", static): the same properties,
// read-only. JS_EXCEPTION on failure.
JSValue mjs_namespace_js_new(JSContext *ctx, const char *module);

#endif

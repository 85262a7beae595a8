// SPDX-License-Identifier: MIT
// What a script and its user are told of the files of a recording. Script's thread only.
#ifndef MJS_SERIES_JS_H
#define MJS_SERIES_JS_H

#include "quickjs.h"
#include "series.h"

// An array of their paths.
JSValue mjs_series_js_files(JSContext *ctx, const struct mjs_series *series);

// Prints one line for each file that the recording went on in since the last call.
void mjs_series_js_tell(struct mjs_series *series);

#endif

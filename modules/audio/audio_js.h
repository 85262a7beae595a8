// SPDX-License-Identifier: MIT
// The module maix:audio. Script's thread only, but for `mjs_audio_js_finalise_forced`.
#ifndef MJS_AUDIO_JS_H
#define MJS_AUDIO_JS_H

#include "quickjs.h"

// What registry.h's table holds for this module; see runtime/module.h.
JSModuleDef *mjs_audio_js_create(JSContext *ctx, const char *name);
void mjs_audio_js_finalise(void);
void mjs_audio_js_finalise_forced(void);

#endif

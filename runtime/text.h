// SPDX-License-Identifier: MIT
// The globals TextEncoder and TextDecoder (UTF-8 only), after the WHATWG Encoding standard.
#ifndef MJS_TEXT_H
#define MJS_TEXT_H

#include "quickjs.h"

// Defines the globals. 0 ok, -1 exception pending.
int mjs_text_install(JSContext *ctx);

#endif

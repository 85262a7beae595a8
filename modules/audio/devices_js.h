// SPDX-License-Identifier: MIT
// audio.devices(), and the command `maixjs devices`. Script's thread only.
#ifndef MJS_DEVICES_JS_H
#define MJS_DEVICES_JS_H

#include <stdbool.h>

#include "quickjs.h"

JSValue mjs_devices_js_devices(JSContext *ctx, JSValueConst this_value, int argc,
                               JSValueConst *argv);

// Prints the list. `mic`: --mic, or null. 0, or 1 when even the list could not be made.
int mjs_devices_js_run(const char *mic, bool json);

#endif

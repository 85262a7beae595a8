// SPDX-License-Identifier: MIT
// The key "maixjs" of a script's nearest package.json: limits that belong to the project.
//
//   "maixjs": { "memoryLimit": "64M", "stackSize": "512K", "timeoutMs": 60000 }
//
// The command line wins. Script's thread.
#ifndef MJS_CONFIG_H
#define MJS_CONFIG_H

#include "options.h"
#include "quickjs.h"

// Looks in `folder` and above; fills what `options` leave open. False: something in it is wrong,
// which was said in one line.
bool mjs_config_read(JSContext *ctx, const char *folder, struct mjs_options *options);

#endif

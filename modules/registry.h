// SPDX-License-Identifier: MIT
// The table of maix:* modules.
#ifndef MJS_REGISTRY_H
#define MJS_REGISTRY_H

#include <stdbool.h>

#include "../runtime/module.h"

extern const struct mjs_module mjs_registry_modules[];
extern const int mjs_registry_count;

// The command `maixjs devices`. `mic`: --mic, or null. Returns the exit status.
int mjs_registry_print_devices(const char *mic, bool json);

// The command `maixjs wav` with what follows it. Returns the exit status.
int mjs_registry_run_wav(int argc, char **argv);

#endif

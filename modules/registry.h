// SPDX-License-Identifier: MIT
// The table of maix:* modules.
#ifndef MJS_REGISTRY_H
#define MJS_REGISTRY_H

#include "../runtime/module.h"

extern const struct mjs_module mjs_registry_modules[];
extern const int mjs_registry_count;

#endif

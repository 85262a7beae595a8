// SPDX-License-Identifier: MIT
// One run of one script: the engine is made, the script runs to its end, and everything is ended in
// order. One a process, on the first thread.
#ifndef MJS_RUNTIME_H
#define MJS_RUNTIME_H

#include "module.h"
#include "options.h"

// Runs what `options` name and returns the exit status. `modules` are the native modules that
// scripts may import. Does not return when the script exits by itself.
int mjs_runtime_run(const struct mjs_options *options, const struct mjs_module *modules,
                    int module_count);

#endif

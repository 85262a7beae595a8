// SPDX-License-Identifier: MIT
// The limits that a script runs under: memory, stack, time. Script's thread.
#ifndef MJS_LIMITS_H
#define MJS_LIMITS_H

#include "host.h"
#include "options.h"

// An engine whose memory is counted (memory.h). Null: out of memory.
JSRuntime *mjs_limits_new_runtime(void);

// Reads the project's limits, and applies all but the memory's. False: a limit makes no sense,
// which was said in one line.
bool mjs_limits_begin(struct mjs_host *host, struct mjs_options *options);

// From here on memory is limited: called when the script is loaded. Bundling has no limit.
void mjs_limits_begin_memory(struct mjs_host *host, const struct mjs_options *options);

#endif

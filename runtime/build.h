// SPDX-License-Identifier: MIT
// `maixjs build`: one file that runs everywhere, as JavaScript or as bytecode. Script's thread.
#ifndef MJS_BUILD_H
#define MJS_BUILD_H

#include "options.h"

// Writes the bundle of options->script with its source map to options->output. Returns the exit
// status; the reason of a failure was shown.
int mjs_build_run(const struct mjs_options *options);

#endif

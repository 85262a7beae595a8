// SPDX-License-Identifier: MIT
// From what the user named to JavaScript that the engine runs: read, bundled by esbuild, cached.
#ifndef MJS_BUNDLE_H
#define MJS_BUNDLE_H

#include "host.h"
#include "options.h"

// Loads what `options` name into `code`, and fills host->source. `path` gets the script's real path
// (empty for -e and -). Returns MJS_STATUS_OK, or the exit status; then the reason was shown.
int mjs_bundle_load(struct mjs_host *host, const struct mjs_options *options,
                    struct mjs_buffer *code, struct mjs_buffer *path);

#endif

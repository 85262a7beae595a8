// SPDX-License-Identifier: MIT
// What a bundle depends on, worked out by embedded TypeScript from esbuild's metafile, and stored
// with it.
#ifndef MJS_MANIFEST_H
#define MJS_MANIFEST_H

#include "cache.h"
#include "host.h"

// Stores `entry` for the script at `path` under `key`. `metafile` is esbuild's.
MJS_MUST_USE mjs_result mjs_manifest_store(struct mjs_host *host, struct mjs_cache *cache,
                                           const char *key, const struct mjs_cache_entry *entry,
                                           const char *metafile, const char *path,
                                           int64_t made_after_ns, struct mjs_error *err);

#endif

// SPDX-License-Identifier: MIT
// The cache of bundles, compiled: one entry a script, valid while the content of everything that
// made it is the same. No clock is trusted: boards have none.
//
// A folder of mode 0700 that belongs to us: $MAIXJS_CACHE, else $XDG_CACHE_HOME/maixjs, else
// ~/.cache/maixjs. Where it cannot be had, scripts run uncached.
#ifndef MJS_CACHE_H
#define MJS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "hash.h"

struct mjs_cache {
    struct mjs_buffer folder;
};

// One bundle and what it was made of.
struct mjs_cache_entry {
    struct mjs_buffer bytecode; // a container, which whoever looks it up has to check
    struct mjs_buffer map;      // filled by the maker, not by lookup
    struct mjs_buffer map_file; // filled by lookup: where the map is
    char map_hash[MJS_HASH_HEX_BYTES];
    struct mjs_buffer base;    // absolute folder that the map's sources are relative to
    struct mjs_buffer esbuild; // identity of the esbuild that made it
};

// What decides whether an entry is still valid: absolute paths.
struct mjs_cache_inputs {
    const char *const *files; // must have the same content
    size_t files_count;
    const char *const *absent; // must not exist
    size_t absent_count;
};

// Makes a folder of mode 0700 and what is missing above it. `path` is as it was afterwards. False:
// errno says why.
bool mjs_cache_make_folders(char *path);

// Makes the folder if need be. False: there is no usable folder (see `err` for why).
bool mjs_cache_open(struct mjs_cache *cache, struct mjs_error *err);
void mjs_cache_close(struct mjs_cache *cache);

// The name of the entry for these words (entry's path, options, versions).
void mjs_cache_key(const char *const *words, size_t count, char key_out[MJS_HASH_HEX_BYTES]);

// True when there is a valid entry. `esbuild` is the identity of the esbuild at hand; null: there
// is none, and any entry will do.
bool mjs_cache_lookup(struct mjs_cache *cache, const char *key, const char *esbuild,
                      struct mjs_cache_entry *entry);

// Stores an entry, whole or not at all. `made_after_ns`: CLOCK_REALTIME before esbuild was started;
// an input that changed since is not stored, because the bundle may have its old content.
MJS_MUST_USE mjs_result mjs_cache_store(struct mjs_cache *cache, const char *key,
                                        const struct mjs_cache_entry *entry,
                                        const struct mjs_cache_inputs *inputs,
                                        int64_t made_after_ns, struct mjs_error *err);

void mjs_cache_entry_free(struct mjs_cache_entry *entry);

// Removes what this file wrote; counts the entries.
MJS_MUST_USE mjs_result mjs_cache_clear(struct mjs_cache *cache, int *removed,
                                        struct mjs_error *err);

#endif

// SPDX-License-Identifier: MIT
// Bytecode in a container that is checked before the engine sees any of it.
//
// The engine takes bytecode as it takes native code: unchecked. So whatever was cut, changed, or
// made by another version must be found before. Script's thread; the caller owns all memory.
//
// The container (numbers little-endian, the same bytes on every machine):
//   0  magic, 8 bytes                    80  bytes of the name, u64
//   8  SHA-256 of what follows, without  88  bytes of the code, u64
//      the map, 32 bytes                 96  bytes of the map, u64
//  40  container's version, u32         104  SHA-256 of the map, 32 bytes
//  44  bytecode's version, u32          136  name, code, map
//  48  engine's version, 16 bytes
//  64  our version, 16 bytes (text, filled up with NULs)
#ifndef MJS_BYTECODE_H
#define MJS_BYTECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "hash.h"
#include "quickjs.h"

#define MJS_BYTECODE_HEAD_BYTES 136

// What is in a container; points into its bytes.
struct mjs_bytecode {
    const char *name; // of the module in stack frames; not terminated
    size_t name_bytes;
    const uint8_t *code;
    size_t code_bytes;
    size_t map_offset; // of the source map in the container
    size_t map_bytes;
    char map_hash[MJS_HASH_HEX_BYTES];
};

// Whether these bytes claim to be a container. No script begins like that.
bool mjs_bytecode_is(const void *bytes, size_t count);

// Compiles a module, in an engine of its own, and appends the container with its map (which may be
// empty). MJS_EINVAL: the engine does not take the code.
MJS_MUST_USE mjs_result mjs_bytecode_compile(const char *name, const struct mjs_buffer *code,
                                             const struct mjs_buffer *map,
                                             struct mjs_buffer *container, struct mjs_error *err);

// Checks all but the map, which need not be in `container`: its hash is for whoever reads it.
MJS_MUST_USE mjs_result mjs_bytecode_check(JSContext *ctx, const struct mjs_buffer *container,
                                           struct mjs_bytecode *found, struct mjs_error *err);

// Leaves only the code in the buffer; `found` points to nothing any more.
void mjs_bytecode_unwrap(struct mjs_buffer *container, const struct mjs_bytecode *found);

// The module of code that was checked and unwrapped; what it imports is loaded. Exceptions are the
// script's.
JSValue mjs_bytecode_load(JSContext *ctx, const void *code, size_t code_bytes);

#endif

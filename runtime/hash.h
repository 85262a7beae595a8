// SPDX-License-Identifier: MIT
// Hashes, from Zig's standard library (hash.zig). Pure; any thread.
#ifndef MJS_HASH_H
#define MJS_HASH_H

#include <stddef.h>
#include <stdint.h>

#define MJS_HASH_BYTES 32
#define MJS_HASH_HEX_BYTES 65 // with the terminating NUL
#define MJS_HASH_CONTENT_HEX_BYTES 33

void mjs_hash_sha256(const void *data, size_t bytes, uint8_t digest_out[MJS_HASH_BYTES]);

// The same as lower-case hexadecimal.
void mjs_hash_sha256_hex(const void *data, size_t bytes, char hex_out[MJS_HASH_HEX_BYTES]);

// Tells one version of a file from another (SipHash-1-3, 128 bits, a fixed key): several times as
// fast as SHA-256 where the processor has no instructions for that, as on the boards. Not for what
// somebody might forge.
void mjs_hash_content_hex(const void *data, size_t bytes, char hex_out[MJS_HASH_CONTENT_HEX_BYTES]);

#endif

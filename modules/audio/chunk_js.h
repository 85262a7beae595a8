// SPDX-License-Identifier: MIT
// The class of a stream's chunks. Script's thread only.
#ifndef MJS_CHUNK_JS_H
#define MJS_CHUNK_JS_H

#include <stdint.h>

#include "format.h"
#include "quickjs.h"

struct mjs_chunk_facts {
    struct mjs_spec spec;
    uint64_t frame; // device frame index of its first frame
    uint64_t frames;
    uint64_t lost_frames; // since the chunk before
};

// 0 ok, -1 exception pending. The class is not exported: only streams make chunks.
int mjs_chunk_js_init(JSContext *ctx);

// A chunk of `bytes` (a Uint8Array, taken over).
JSValue mjs_chunk_js_new(JSContext *ctx, JSValue bytes, const struct mjs_chunk_facts *facts);

// { peakDbfs, rmsDbfs }
JSValue mjs_chunk_js_level(JSContext *ctx, enum mjs_format format, const void *pcm, size_t bytes);

#endif

// SPDX-License-Identifier: MIT
// Cuts the "mappings" of a source map down to a few lines, so that a map of many megabytes, decoded
// in the engine, does not hold up the error that it is needed for. Any thread.
#ifndef MJS_MAPPINGS_H
#define MJS_MAPPINGS_H

#include <stdint.h>

#include "buffer.h"

// Appends to `out` the mappings of the generated lines `lines` (from 0, ascending, no line twice),
// and of no others: the first is the first line of `out`, and so on. False: `text` is malformed up
// to them, they are larger than `bytes_max`, or memory has run out.
bool mjs_mappings_slice(const char *text, size_t text_bytes, const uint32_t *lines, int line_count,
                        size_t bytes_max, struct mjs_buffer *out);

#endif

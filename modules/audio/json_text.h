// SPDX-License-Identifier: MIT
// Strings in JSON. Any thread.
#ifndef MJS_JSON_TEXT_H
#define MJS_JSON_TEXT_H

#include <stdbool.h>

#include "../../runtime/buffer.h"

// With its quotes; bytes that are no UTF-8 become U+FFFD. False: out of memory.
bool mjs_json_text_string(struct mjs_buffer *text, const char *string);

#endif

// SPDX-License-Identifier: MIT
// Errors as text, at TypeScript positions; and the exit status that an uncaught one means.
#ifndef MJS_ERRORS_H
#define MJS_ERRORS_H

#include "host.h"

// The text of an error (or of any thrown value), stack included, mapped through the source map.
// Never throws; `text` may stay empty when memory has run out. No newline at the end.
void mjs_errors_format(struct mjs_host *host, JSValueConst value, bool color,
                       struct mjs_buffer *text);

// Shows an uncaught error on stderr.
void mjs_errors_show_uncaught(struct mjs_host *host, JSValueConst value);

// MJS_STATUS_ENVIRONMENT for an error whose `code` is a device's or a file's, MJS_STATUS_MEMORY for
// "out of memory" under a memory limit, else MJS_STATUS_ERROR.
int mjs_errors_status(struct mjs_host *host, JSValueConst value);

// True when `fd` is a terminal that is not dumb, or FORCE_COLOR is set; never with NO_COLOR.
bool mjs_errors_color(int fd);

#endif

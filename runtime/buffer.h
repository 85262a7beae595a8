// SPDX-License-Identifier: MIT
// A growing byte buffer, and whole files read into it. Any thread; one owner.
//
// The bytes are always followed by a NUL that is not counted, so text can be used as a C string.
// A failed append (out of memory) marks the buffer; later appends do nothing, so that a chain of
// them needs one check of `failed`.
#ifndef MJS_BUFFER_H
#define MJS_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "result.h"

struct mjs_buffer {
    char *data; // null while empty
    size_t bytes;
    size_t capacity;
    bool failed;
};

void mjs_buffer_free(struct mjs_buffer *buffer);
bool mjs_buffer_append(struct mjs_buffer *buffer, const void *data, size_t bytes);
bool mjs_buffer_append_text(struct mjs_buffer *buffer, const char *text);
bool mjs_buffer_printf(struct mjs_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The bytes as a C string; "" while empty.
const char *mjs_buffer_text(const struct mjs_buffer *buffer);

// Appends all that can be read from `fd` until its end, at most `bytes_max` (else MJS_EFBIG).
MJS_MUST_USE mjs_result mjs_buffer_read_fd(struct mjs_buffer *buffer, int fd, size_t bytes_max,
                                           const char *what, struct mjs_error *err);
// The same for the regular file at `path`.
MJS_MUST_USE mjs_result mjs_buffer_read_file(struct mjs_buffer *buffer, const char *path,
                                             size_t bytes_max, struct mjs_error *err);

// Writes all bytes to `fd`, waiting where it must. 0, or the errno.
int mjs_buffer_write_fd(int fd, const void *data, size_t bytes);

// Writes a file whole or not at all: a temporary file beside it, then rename. `sync`: the data is
// on the disk before the rename.
MJS_MUST_USE mjs_result mjs_buffer_write_file(const char *path, const void *data, size_t bytes,
                                              unsigned mode, bool sync, struct mjs_error *err);

#endif

// SPDX-License-Identifier: MIT
// Bytes on their way to a descriptor that may not take them now. Nothing here ever waits, and the
// descriptor's own flags are not changed: others may share it. One thread; SIGPIPE must be ignored.
#ifndef MJS_SUPERVISE_QUEUE_H
#define MJS_SUPERVISE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MJS_SUPERVISE_QUEUE_BYTES_MAX (68 * 1024)

struct mjs_supervise_queue {
    int fd; // borrowed; -1: nobody takes the bytes (any more)
    bool is_socket;
    int failed; // the errno of the write that made it -1
    size_t begin;
    size_t bytes;
    uint8_t data[MJS_SUPERVISE_QUEUE_BYTES_MAX];
};

void mjs_supervise_queue_init(struct mjs_supervise_queue *queue, int fd);
size_t mjs_supervise_queue_room(const struct mjs_supervise_queue *queue);
// There must be room.
void mjs_supervise_queue_add(struct mjs_supervise_queue *queue, const void *data, size_t bytes);
// Writes what is taken now, and returns how much that was.
size_t mjs_supervise_queue_flush(struct mjs_supervise_queue *queue);
// Forgets the descriptor and the bytes; `failed` 0: on purpose.
void mjs_supervise_queue_end(struct mjs_supervise_queue *queue, int failed);

#endif

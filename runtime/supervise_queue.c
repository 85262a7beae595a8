// SPDX-License-Identifier: MIT
// Bytes on their way to a descriptor.
#include "supervise_queue.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "result.h"

void mjs_supervise_queue_init(struct mjs_supervise_queue *queue, int fd) {
    struct stat status;
    queue->fd = fd;
    queue->is_socket = fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
    queue->failed = 0;
    queue->begin = 0;
    queue->bytes = 0;
}

size_t mjs_supervise_queue_room(const struct mjs_supervise_queue *queue) {
    return MJS_SUPERVISE_QUEUE_BYTES_MAX - queue->bytes;
}

void mjs_supervise_queue_add(struct mjs_supervise_queue *queue, const void *data, size_t bytes) {
    MJS_ASSERT(bytes <= mjs_supervise_queue_room(queue));
    if (queue->begin + queue->bytes + bytes > MJS_SUPERVISE_QUEUE_BYTES_MAX) {
        memmove(queue->data, queue->data + queue->begin, queue->bytes);
        queue->begin = 0;
    }
    memcpy(queue->data + queue->begin + queue->bytes, data, bytes);
    queue->bytes += bytes;
}

void mjs_supervise_queue_end(struct mjs_supervise_queue *queue, int failed) {
    queue->fd = -1;
    queue->failed = failed;
    queue->bytes = 0;
}

// A pipe that poll() says is writable takes at least PIPE_BUF bytes without waiting.
static ssize_t write_some(const struct mjs_supervise_queue *queue) {
    const uint8_t *at = queue->data + queue->begin;
    size_t bytes = queue->bytes < PIPE_BUF ? queue->bytes : PIPE_BUF;
    if (queue->is_socket) {
        return send(queue->fd, at, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    struct pollfd ready = {.fd = queue->fd, .events = POLLOUT};
    if (poll(&ready, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(queue->fd, at, bytes);
}

size_t mjs_supervise_queue_flush(struct mjs_supervise_queue *queue) {
    size_t flushed = 0;
    while (queue->fd >= 0 && queue->bytes > 0) {
        ssize_t written = write_some(queue);
        if (written >= 0) {
            queue->begin += (size_t)written;
            queue->bytes -= (size_t)written;
            flushed += (size_t)written;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            mjs_supervise_queue_end(queue, errno);
        }
    }
    if (queue->bytes == 0) {
        queue->begin = 0;
    }
    return flushed;
}

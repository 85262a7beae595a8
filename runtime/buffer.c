// SPDX-License-Identifier: MIT
// The growing byte buffer.
#include "buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MJS_BUFFER_FIRST_BYTES 256

void mjs_buffer_free(struct mjs_buffer *buffer) {
    free(buffer->data);
    *buffer = (struct mjs_buffer){0};
}

// Makes room for `bytes` more and the NUL.
static bool reserve(struct mjs_buffer *buffer, size_t bytes) {
    if (buffer->failed || bytes > SIZE_MAX / 4 || buffer->bytes > SIZE_MAX / 4) {
        buffer->failed = true;
        return false;
    }
    size_t wanted = buffer->bytes + bytes + 1;
    if (wanted <= buffer->capacity) {
        return true;
    }
    size_t capacity = buffer->capacity ? buffer->capacity : MJS_BUFFER_FIRST_BYTES;
    while (capacity < wanted) {
        capacity *= 2;
    }
    char *data = realloc(buffer->data, capacity);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

bool mjs_buffer_append(struct mjs_buffer *buffer, const void *data, size_t bytes) {
    if (!reserve(buffer, bytes)) {
        return false;
    }
    if (bytes) {
        memcpy(buffer->data + buffer->bytes, data, bytes);
    }
    buffer->bytes += bytes;
    buffer->data[buffer->bytes] = '\0';
    return true;
}

bool mjs_buffer_append_text(struct mjs_buffer *buffer, const char *text) {
    return mjs_buffer_append(buffer, text, strlen(text));
}

bool mjs_buffer_printf(struct mjs_buffer *buffer, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int bytes = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (bytes < 0 || !reserve(buffer, (size_t)bytes)) {
        buffer->failed = true;
        return false;
    }
    va_start(args, format);
    vsnprintf(buffer->data + buffer->bytes, (size_t)bytes + 1, format, args);
    va_end(args);
    buffer->bytes += (size_t)bytes;
    return true;
}

const char *mjs_buffer_text(const struct mjs_buffer *buffer) {
    return buffer->data ? buffer->data : "";
}

mjs_result mjs_buffer_read_fd(struct mjs_buffer *buffer, int fd, size_t bytes_max, const char *what,
                              struct mjs_error *err) {
    size_t begin = buffer->bytes;
    for (;;) {
        if (!reserve(buffer, 16384)) {
            return mjs_result_fail(err, MJS_ENOMEM, "out of memory while reading %s", what);
        }
        ssize_t bytes =
            read(fd, buffer->data + buffer->bytes, buffer->capacity - buffer->bytes - 1);
        if (bytes < 0 && errno == EINTR) {
            continue;
        }
        if (bytes < 0) {
            return mjs_result_fail_errno(err, errno, "cannot read %s", what);
        }
        buffer->bytes += (size_t)bytes;
        buffer->data[buffer->bytes] = '\0';
        if (bytes == 0) {
            return MJS_OK;
        }
        if (buffer->bytes - begin > bytes_max) {
            return mjs_result_fail(err, MJS_EFBIG, "%s is larger than %zu MiB", what,
                                   bytes_max >> 20);
        }
    }
}

mjs_result mjs_buffer_read_file(struct mjs_buffer *buffer, const char *path, size_t bytes_max,
                                struct mjs_error *err) {
    // O_NONBLOCK: opening a FIFO must not wait for somebody to write into it.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return mjs_result_fail_errno(err, errno, "cannot open %s", path);
    }
    struct stat status;
    mjs_result result = MJS_OK;
    if (fstat(fd, &status) != 0) {
        result = mjs_result_fail_errno(err, errno, "cannot read %s", path);
    } else if (!S_ISREG(status.st_mode)) {
        result = mjs_result_fail(err, MJS_EINVAL, "%s is not a regular file", path);
    } else if (status.st_size > 0 && (uint64_t)status.st_size <= bytes_max &&
               !reserve(buffer, (size_t)status.st_size + 1)) {
        result = mjs_result_fail(err, MJS_ENOMEM, "out of memory while reading %s", path);
    }
    if (result == MJS_OK) {
        result = mjs_buffer_read_fd(buffer, fd, bytes_max, path, err);
    }
    close(fd); // opened for reading: nothing to lose
    return result;
}

int mjs_buffer_write_fd(int fd, const void *data, size_t bytes) {
    const char *at = data;
    while (bytes > 0) {
        ssize_t written = write(fd, at, bytes);
        if (written >= 0) {
            at += written;
            bytes -= (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd ready = {.fd = fd, .events = POLLOUT};
            if (poll(&ready, 1, -1) < 0 && errno != EINTR) {
                return errno;
            }
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

mjs_result mjs_buffer_write_file(const char *path, const void *data, size_t bytes, unsigned mode,
                                 bool sync, struct mjs_error *err) {
    struct mjs_buffer name = {0};
    if (!mjs_buffer_printf(&name, "%s.XXXXXX", path)) {
        mjs_buffer_free(&name);
        return mjs_result_fail(err, MJS_ENOMEM, "out of memory");
    }
    int fd = mkostemp(name.data, O_CLOEXEC);
    if (fd < 0) {
        mjs_result result = mjs_result_fail_errno(err, errno, "cannot write %s", path);
        mjs_buffer_free(&name);
        return result;
    }
    int failed = mjs_buffer_write_fd(fd, data, bytes);
    if (!failed && fchmod(fd, (mode_t)mode) != 0) {
        failed = errno;
    }
    if (!failed && sync && fsync(fd) != 0) {
        failed = errno;
    }
    if (close(fd) != 0 && !failed) {
        failed = errno;
    }
    if (!failed && rename(name.data, path) != 0) {
        failed = errno;
    }
    if (failed) {
        unlink(name.data);
    }
    mjs_buffer_free(&name);
    return failed ? mjs_result_fail_errno(err, failed, "cannot write %s", path) : MJS_OK;
}

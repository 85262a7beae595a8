// SPDX-License-Identifier: MIT
// Names of results, errno to result, and the one place where error messages are formatted.
#include "result.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const result_names[MJS_RESULT_COUNT] = {
    "OK",        "ENODEV", "EBUSY",        "EACCES",  "ENOENT",    "EINVAL", "ENOSPC",
    "EIO",       "EFBIG",  "EUNSUPPORTED", "ECLOSED", "EFINISHED", "ELOST",  "EOVERRUN",
    "ETIMEDOUT", "ENOMEM", "EMFILE",       "EEXIST",  "ENOTEMPTY",
};

const char *mjs_result_name(mjs_result result) {
    int index = -(int)result;
    if (index < 0 || index >= MJS_RESULT_COUNT)
        return "EIO"; // not one of ours: the same answer as for an unknown errno
    return result_names[index];
}

mjs_result mjs_result_from_errno(int sys_errno) {
    switch (sys_errno) {
    case 0:
        return MJS_OK;
    case ENODEV:
    case ENXIO:
        return MJS_ENODEV;
    case EBUSY:
    case ETXTBSY:
    case EAGAIN: // what a device opened with O_NONBLOCK says when somebody else has it
        return MJS_EBUSY;
    case EACCES:
    case EPERM:
    case EROFS:
        return MJS_EACCES;
    case ENOENT:
    case ENOTDIR:
        return MJS_ENOENT;
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return MJS_EINVAL;
    case ENOSPC:
    case EDQUOT:
        return MJS_ENOSPC;
    case EFBIG:
    case EOVERFLOW:
        return MJS_EFBIG;
    case ENOSYS:
    case ENOTSUP:
#if ENOTSUP != EOPNOTSUPP
    case EOPNOTSUPP:
#endif
    case ENOTTY:
        return MJS_EUNSUPPORTED;
    case ETIMEDOUT:
        return MJS_ETIMEDOUT;
    case ENOMEM:
        return MJS_ENOMEM;
    case EMFILE:
    case ENFILE:
        return MJS_EMFILE;
    case EEXIST:
        return MJS_EEXIST;
    case ENOTEMPTY:
        return MJS_ENOTEMPTY;
    default:
        return MJS_EIO;
    }
}

// With _GNU_SOURCE glibc's strerror_r returns the text, musl's a status; plain strerror may share
// a buffer between threads. _Generic picks the reading that fits the C library.
__attribute__((unused)) static const char *text_of_gnu(const char *text, const char *buffer) {
    (void)buffer;
    return text;
}

__attribute__((unused)) static const char *text_of_posix(int status, const char *buffer) {
    return status == 0 ? buffer : "unknown error";
}

static void fill(struct mjs_error *err, mjs_result code, int sys_errno, const char *format,
                 va_list args) {
    if (err == NULL)
        return;
    err->code = code;
    err->sys_errno = sys_errno;
    int length = vsnprintf(err->message, sizeof err->message, format, args);
    if (length < 0) {
        err->message[0] = '\0';
        length = 0;
    }
    if (sys_errno == 0 || (size_t)length >= sizeof err->message)
        return;
    char buffer[128];
    const char *text = _Generic(strerror_r(sys_errno, buffer, sizeof buffer),
        int: text_of_posix,
        char *: text_of_gnu)(strerror_r(sys_errno, buffer, sizeof buffer), buffer);
    // Too long is cut off, which the size given to snprintf does.
    (void)snprintf(err->message + length, sizeof err->message - (size_t)length, ": %s", text);
}

mjs_result mjs_result_fail(struct mjs_error *err, mjs_result code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fill(err, code, 0, format, args);
    va_end(args);
    return code;
}

mjs_result mjs_result_fail_errno(struct mjs_error *err, int sys_errno, const char *format, ...) {
    // A failed call that left errno at 0 must not turn into a success.
    mjs_result code = sys_errno == 0 ? MJS_EIO : mjs_result_from_errno(sys_errno);
    va_list args;
    va_start(args, format);
    fill(err, code, sys_errno, format, args);
    va_end(args);
    return code;
}

void mjs_result_assert_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "maixjs: internal error: %s:%d: %s\n", file, line, condition);
    abort();
}

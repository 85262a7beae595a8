// SPDX-License-Identifier: MIT
// The result of every call that can fail, and the record of why it failed.
//
// Any thread. A `struct mjs_error` belongs to the caller; the callee fills it where it fails, so
// that `errno` is captured at the failing call. On success it is left untouched.
#ifndef MJS_RESULT_H
#define MJS_RESULT_H

#include <stddef.h>

// 0 is success, negatives fail. The names after MJS_ are the `code` of the script's error.
typedef enum mjs_result {
    MJS_OK = 0,
    MJS_ENODEV = -1,       // no such device
    MJS_EBUSY = -2,        // somebody else has it
    MJS_EACCES = -3,       // no permission, read-only file system
    MJS_ENOENT = -4,       // no such file or folder
    MJS_EINVAL = -5,       // a value that makes no sense
    MJS_ENOSPC = -6,       // disk full, quota
    MJS_EIO = -7,          // input/output error
    MJS_EFBIG = -8,        // a size limit of the file, the format or the process
    MJS_EUNSUPPORTED = -9, // makes sense, but not here
    MJS_ECLOSED = -10,     // used after close()
    MJS_EFINISHED = -11,   // used after finish()
    MJS_ELOST = -12,       // the device is gone
    MJS_EOVERRUN = -13,    // frames were lost (onOverrun: "throw")
    MJS_ETIMEDOUT = -14,   // took longer than allowed
    MJS_ENOMEM = -15,      // out of memory
    MJS_EMFILE = -16,      // too many open files
    MJS_EEXIST = -17,      // there already
    MJS_ENOTEMPTY = -18,   // a folder with something in it
} mjs_result;

#define MJS_RESULT_COUNT 19
#define MJS_ERROR_MESSAGE_BYTES 512

struct mjs_error {
    mjs_result code;
    int sys_errno; // 0 where no system call failed
    char message[MJS_ERROR_MESSAGE_BYTES];
};

// Put on every function whose result must be looked at.
#define MJS_MUST_USE __attribute__((warn_unused_result))

// "ENODEV" for MJS_ENODEV, "OK" for MJS_OK. Never null; static.
const char *mjs_result_name(mjs_result result);

// The result that stands for an errno value. Unknown values are MJS_EIO.
mjs_result mjs_result_from_errno(int sys_errno);

// Fills `err` (which may be null) with a formatted message and returns `code`.
mjs_result mjs_result_fail(struct mjs_error *err, mjs_result code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The same for a failed system call: code from `sys_errno`, and ": <strerror>" is appended.
mjs_result mjs_result_fail_errno(struct mjs_error *err, int sys_errno, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// For errors of our own code: checked in release builds too (assert is not), then abort.
#define MJS_ASSERT(condition)                                                                      \
    ((condition) ? (void)0 : mjs_result_assert_failed(#condition, __FILE__, __LINE__))
__attribute__((noreturn, cold)) void mjs_result_assert_failed(const char *condition,
                                                              const char *file, int line);

#endif

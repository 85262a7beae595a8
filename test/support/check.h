// SPDX-License-Identifier: MIT
// Checks for C unit tests: each failed one prints file, line and values; the test goes on.
//
// One test program is one .c file with its own main(), which ends in `return check_report();`.
// The macros may be used from several threads. Every argument is evaluated once.
#ifndef MJS_TEST_CHECK_H
#define MJS_TEST_CHECK_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// After that many failures the program ends: a loop gone wrong must not fill the log.
#define CHECK_FAILURES_MAX 50
#define CHECK_BYTES_SHOWN 16

#define CHECK(condition) check_that((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQ_INT(actual, expected)                                                             \
    check_int((int64_t)(actual), (int64_t)(expected), __FILE__, __LINE__, #actual " == " #expected)
#define CHECK_EQ_UINT(actual, expected)                                                            \
    check_uint((uint64_t)(actual), (uint64_t)(expected), __FILE__, __LINE__,                       \
               #actual " == " #expected)
#define CHECK_EQ_STR(actual, expected)                                                             \
    check_str((actual), (expected), __FILE__, __LINE__, #actual " == " #expected)
#define CHECK_BYTES(actual, expected, bytes)                                                       \
    check_bytes((actual), (expected), (bytes), __FILE__, __LINE__, #actual " == " #expected)
// A part of the test that cannot be done here: printed, never silent.
#define CHECK_SKIP(reason) check_skip(__FILE__, __LINE__, (reason))

static _Atomic uint64_t check_done;
static _Atomic uint64_t check_failed;
static _Atomic uint64_t check_skipped;

__attribute__((unused)) static int check_report(void) {
    uint64_t failed = atomic_load(&check_failed);
    printf("%" PRIu64 " checks, %" PRIu64 " failed, %" PRIu64 " skipped\n",
           (uint64_t)atomic_load(&check_done), failed, (uint64_t)atomic_load(&check_skipped));
    // A test that checked nothing did not pass.
    return failed == 0 && atomic_load(&check_done) > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

__attribute__((unused, format(printf, 3, 4))) static void check_fail(const char *file, int line,
                                                                     const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    if (atomic_fetch_add(&check_failed, 1) + 1 >= CHECK_FAILURES_MAX) {
        fprintf(stderr, "%s: too many failures, giving up\n", file);
        exit(EXIT_FAILURE);
    }
}

__attribute__((unused)) static bool check_that(bool passed, const char *file, int line,
                                               const char *text) {
    atomic_fetch_add(&check_done, 1);
    if (!passed)
        check_fail(file, line, "failed: %s", text);
    return passed;
}

__attribute__((unused)) static bool check_int(int64_t actual, int64_t expected, const char *file,
                                              int line, const char *text) {
    atomic_fetch_add(&check_done, 1);
    if (actual != expected)
        check_fail(file, line, "failed: %s: %" PRId64 ", not %" PRId64, text, actual, expected);
    return actual == expected;
}

__attribute__((unused)) static bool check_uint(uint64_t actual, uint64_t expected, const char *file,
                                               int line, const char *text) {
    atomic_fetch_add(&check_done, 1);
    if (actual != expected)
        check_fail(file, line, "failed: %s: %" PRIu64 ", not %" PRIu64, text, actual, expected);
    return actual == expected;
}

__attribute__((unused)) static bool check_str(const char *actual, const char *expected,
                                              const char *file, int line, const char *text) {
    bool same =
        actual != NULL && expected != NULL ? strcmp(actual, expected) == 0 : actual == expected;
    atomic_fetch_add(&check_done, 1);
    if (!same)
        check_fail(file, line, "failed: %s: \"%s\", not \"%s\"", text, actual ? actual : "(null)",
                   expected ? expected : "(null)");
    return same;
}

__attribute__((unused)) static bool check_bytes(const void *actual, const void *expected,
                                                size_t bytes, const char *file, int line,
                                                const char *text) {
    const uint8_t *a = actual;
    const uint8_t *b = expected;
    atomic_fetch_add(&check_done, 1);
    for (size_t at = 0; at < bytes; at++) {
        if (a[at] == b[at])
            continue;
        char a_hex[CHECK_BYTES_SHOWN * 3 + 1] = "";
        char b_hex[CHECK_BYTES_SHOWN * 3 + 1] = "";
        for (size_t i = 0; i < CHECK_BYTES_SHOWN && at + i < bytes; i++) {
            snprintf(a_hex + i * 3, 4, "%02x ", (unsigned)a[at + i]);
            snprintf(b_hex + i * 3, 4, "%02x ", (unsigned)b[at + i]);
        }
        check_fail(file, line, "failed: %s: at byte %zu of %zu: %s, not %s", text, at, bytes, a_hex,
                   b_hex);
        return false;
    }
    return true;
}

__attribute__((unused)) static void check_skip(const char *file, int line, const char *reason) {
    atomic_fetch_add(&check_skipped, 1);
    printf("%s:%d: skipped: %s\n", file, line, reason);
}

#endif

// SPDX-License-Identifier: MIT
// Linked into programs with sanitizers: their options, whatever the environment is. Reports go into
// files, so that none is overlooked where a test expects an error anyway.
//
// MJS_REPORTS: the beginning of these files' names.

#include <stdio.h>

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__lsan_default_suppressions(void);
int __lsan_is_turned_off(void);

const char *__asan_default_options(void) {
    return "exitcode=99:detect_stack_use_after_return=1:strict_string_checks=1:"
           "check_initialization_order=1:allocator_may_return_null=1:handle_abort=1:"
           "log_path=" MJS_REPORTS;
}

const char *__ubsan_default_options(void) { return "print_stacktrace=1:log_path=" MJS_REPORTS; }

// What other libraries keep to the end.
const char *__lsan_default_suppressions(void) { return "leak:libasound.so\nleak:libpulse"; }

// The search for leaks cannot work in a program that is traced already, as some tests do.
int __lsan_is_turned_off(void) {
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    int tracer = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        (void)sscanf(line, "TracerPid: %d", &tracer);
    if (file != NULL)
        (void)fclose(file);
    return tracer != 0;
}

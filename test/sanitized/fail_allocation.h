// SPDX-License-Identifier: MIT
// Forced into each file of ours that is compiled to see its allocations fail: their names lead to
// fail_allocation.c. The engine's own allocations, and runtime/memory.c below both, are left alone.
#ifndef MJS_TEST_FAIL_ALLOCATION_H
#define MJS_TEST_FAIL_ALLOCATION_H

// Before the names mean something else.
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime/memory.h"

// For a program that fails them itself: from now on, the one of that number.
void fail_begin(unsigned long long number);
bool fail_happened(void);

void *fail_malloc(size_t bytes);
void *fail_calloc(size_t count, size_t bytes);
void *fail_realloc(void *memory, size_t bytes);
char *fail_strdup(const char *text);
char *fail_realpath(const char *path, char *resolved);
int fail_posix_memalign(void **memory, size_t alignment, size_t bytes);
void *fail_memory_alloc(size_t bytes);
void *fail_memory_alloc_zeroed(size_t count, size_t bytes);
void *fail_memory_resize(void *memory, size_t bytes);

#ifndef FAIL_ALLOCATION_ITSELF // whose calls are the real ones
#define malloc fail_malloc
#define calloc fail_calloc
#define realloc fail_realloc
#define strdup fail_strdup
#define realpath fail_realpath
#define posix_memalign fail_posix_memalign
#define mjs_memory_alloc fail_memory_alloc
#define mjs_memory_alloc_zeroed fail_memory_alloc_zeroed
#define mjs_memory_resize fail_memory_resize
#endif

#endif

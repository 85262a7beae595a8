// SPDX-License-Identifier: MIT
// One allocation of ours fails: the one whose number is in MAIXJS_FAIL_ALLOCATION, counted from 1.
// At the end of the process, the file that MAIXJS_ALLOCATIONS names gets how many there were.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define FAIL_ALLOCATION_ITSELF
#include "fail_allocation.h"

static atomic_ullong allocations;
static unsigned long long failing;
static pid_t counted_process;

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("MAIXJS_FAIL_ALLOCATION");
    failing = text != NULL ? strtoull(text, NULL, 10) : 0;
    counted_process = getpid();
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("MAIXJS_ALLOCATIONS");
    int fd = path != NULL && getpid() == counted_process
                 ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
                 : -1;
    if (fd >= 0) {
        (void)dprintf(fd, "%llu\n", (unsigned long long)allocations);
        (void)close(fd);
    }
}

void fail_begin(unsigned long long number) {
    atomic_store(&allocations, 0);
    failing = number;
}

bool fail_happened(void) { return atomic_load(&allocations) >= failing; }

static bool fails(void) {
    if (atomic_fetch_add(&allocations, 1) + 1 != failing)
        return false;
    errno = ENOMEM;
    return true;
}

void *fail_malloc(size_t bytes) { return fails() ? NULL : malloc(bytes); }

void *fail_calloc(size_t count, size_t bytes) { return fails() ? NULL : calloc(count, bytes); }

void *fail_realloc(void *memory, size_t bytes) { return fails() ? NULL : realloc(memory, bytes); }

char *fail_strdup(const char *text) { return fails() ? NULL : strdup(text); }

char *fail_realpath(const char *path, char *resolved) {
    return resolved == NULL && fails() ? NULL : realpath(path, resolved);
}

int fail_posix_memalign(void **memory, size_t alignment, size_t bytes) {
    return fails() ? ENOMEM : posix_memalign(memory, alignment, bytes);
}

void *fail_memory_alloc(size_t bytes) { return fails() ? NULL : mjs_memory_alloc(bytes); }

void *fail_memory_alloc_zeroed(size_t count, size_t bytes) {
    return fails() ? NULL : mjs_memory_alloc_zeroed(count, bytes);
}

void *fail_memory_resize(void *memory, size_t bytes) {
    return fails() ? NULL : mjs_memory_resize(memory, bytes);
}

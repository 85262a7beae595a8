// SPDX-License-Identifier: MIT
// The count of memory.
#include "memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "result.h"

#define BOARD_LIMIT_MIN ((int64_t)16 << 20)
#define MEMINFO_BYTES_MAX 65536
// What the engine may take beyond the limit once it was refused memory: without it, it could not
// even make the error that the script is to catch, and would throw null.
#define ERROR_RESERVE_BYTES ((int64_t)256 << 10)
#define ERROR_BLOCK_BYTES_MAX ((size_t)64 << 10)

static _Atomic int64_t used_bytes;
static _Atomic int64_t limit_bytes; // 0: none
static _Atomic bool refused;        // the engine, since the limit was set

// Relaxed everywhere: a sum needs no order, and whoever sets the limit does so before it matters.
void mjs_memory_set_limit(int64_t limit) {
    atomic_store_explicit(&refused, false, memory_order_relaxed);
    atomic_store_explicit(&limit_bytes, limit, memory_order_relaxed);
}

int64_t mjs_memory_used_bytes(void) {
    return atomic_load_explicit(&used_bytes, memory_order_relaxed);
}

static void count(int64_t bytes) {
    atomic_fetch_add_explicit(&used_bytes, bytes, memory_order_relaxed);
}

static bool reserve(size_t bytes, int64_t beyond) {
    if (bytes > INT64_MAX / 4) {
        return false;
    }
    int64_t before = atomic_fetch_add_explicit(&used_bytes, (int64_t)bytes, memory_order_relaxed);
    int64_t limit = atomic_load_explicit(&limit_bytes, memory_order_relaxed);
    if (limit == 0 || before + (int64_t)bytes <= limit + beyond) {
        return true;
    }
    count(-(int64_t)bytes);
    return false;
}

bool mjs_memory_reserve(size_t bytes) { return reserve(bytes, 0); }

static bool reserve_block(size_t bytes) {
    bool small = bytes <= ERROR_BLOCK_BYTES_MAX;
    if (reserve(bytes, 0)) {
        return true;
    }
    if (small && atomic_load_explicit(&refused, memory_order_relaxed)) {
        return reserve(bytes, ERROR_RESERVE_BYTES);
    }
    atomic_store_explicit(&refused, true, memory_order_relaxed);
    return false;
}

void mjs_memory_release(size_t bytes) { count(-(int64_t)bytes); }

size_t mjs_memory_usable_size(const void *memory) {
    // glibc only reads what it is given, but its declaration does not say so.
    return malloc_usable_size((void *)(uintptr_t)memory);
}

// Counts what the allocator really gave in place of what was reserved.
static void *settle(void *memory, size_t reserved) {
    if (memory) {
        count((int64_t)malloc_usable_size(memory) - (int64_t)reserved);
    } else {
        mjs_memory_release(reserved);
    }
    return memory;
}

void *mjs_memory_alloc(size_t bytes) {
    return reserve_block(bytes) ? settle(malloc(bytes), bytes) : NULL;
}

void *mjs_memory_alloc_zeroed(size_t number, size_t bytes) {
    size_t all;
    if (__builtin_mul_overflow(number, bytes, &all) || !reserve_block(all)) {
        return NULL;
    }
    return settle(calloc(number, bytes), all);
}

void *mjs_memory_resize(void *memory, size_t bytes) {
    if (!memory) {
        return mjs_memory_alloc(bytes);
    }
    size_t before = malloc_usable_size(memory);
    size_t more = bytes > before ? bytes - before : 0;
    if (!reserve_block(more)) {
        return NULL;
    }
    void *resized = realloc(memory, bytes);
    if (!resized) {
        mjs_memory_release(more);
        return NULL;
    }
    return settle(resized, before + more);
}

void mjs_memory_free(void *memory) {
    if (memory) {
        mjs_memory_release(malloc_usable_size(memory));
        free(memory);
    }
}

static bool exists(const char *root, const char *path) {
    struct mjs_buffer full = {0};
    bool there = mjs_buffer_printf(&full, "%s%s", root, path) && access(full.data, F_OK) == 0;
    mjs_buffer_free(&full);
    return there;
}

// The number of kibibytes on a line of /proc/meminfo, as bytes; 0: there is none.
static int64_t meminfo_bytes(const char *text, const char *name) {
    const char *line = strstr(text, name);
    return line ? strtoll(line + strlen(name), NULL, 10) << 10 : 0;
}

int64_t mjs_memory_board_limit(const char *root) {
    if (!exists(root, "/boot/board") && !exists(root, "/maixapp")) {
        return 0;
    }
    struct mjs_buffer path = {0};
    struct mjs_buffer text = {0};
    int64_t available = 0;
    if (mjs_buffer_printf(&path, "%s/proc/meminfo", root) &&
        mjs_buffer_read_file(&text, path.data, MEMINFO_BYTES_MAX, NULL) == MJS_OK) {
        available = meminfo_bytes(mjs_buffer_text(&text), "MemAvailable:");
    }
    mjs_buffer_free(&path);
    mjs_buffer_free(&text);
    return available / 2 > BOARD_LIMIT_MIN ? available / 2 : BOARD_LIMIT_MIN;
}

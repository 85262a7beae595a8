// SPDX-License-Identifier: MIT
// The count of memory: what is reserved, allocated and freed, by one thread and by several.
#include "../../runtime/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../runtime/buffer.h"
#include "../../runtime/thread.h"
#include "../support/check.h"

#define MIB ((size_t)1 << 20)
#define THREADS 3
#define ROUNDS 20000

static void test_reserve(void) {
    int64_t before = mjs_memory_used_bytes();
    mjs_memory_set_limit(before + 100);
    CHECK(mjs_memory_reserve(60));
    CHECK(!mjs_memory_reserve(41));
    CHECK(mjs_memory_reserve(40));
    CHECK(!mjs_memory_reserve(1));
    CHECK(!mjs_memory_reserve(SIZE_MAX));
    CHECK_EQ_INT(mjs_memory_used_bytes(), before + 100);
    mjs_memory_release(100);
    CHECK_EQ_INT(mjs_memory_used_bytes(), before);
    mjs_memory_set_limit(0);
    CHECK(mjs_memory_reserve(MIB));
    mjs_memory_release(MIB);
}

static void test_allocate(void) {
    int64_t before = mjs_memory_used_bytes();
    mjs_memory_set_limit(before + (int64_t)(4 * MIB));
    char *memory = mjs_memory_alloc(MIB);
    CHECK(memory != NULL);
    CHECK(mjs_memory_used_bytes() >= before + (int64_t)MIB);
    CHECK(mjs_memory_alloc(4 * MIB) == NULL);
    (void)memset(memory, 'x', MIB);
    char *larger = mjs_memory_resize(memory, 2 * MIB);
    CHECK(larger != NULL && larger[MIB - 1] == 'x');
    CHECK(mjs_memory_resize(larger, 5 * MIB) == NULL); // and it is as it was
    CHECK(larger[0] == 'x');
    int64_t used = mjs_memory_used_bytes();
    char *smaller = mjs_memory_resize(larger, 100);
    CHECK(smaller != NULL);
    CHECK(mjs_memory_used_bytes() < used - (int64_t)MIB);
    char *zeroed = mjs_memory_alloc_zeroed(1000, 1000);
    CHECK(zeroed != NULL && zeroed[999999] == 0);
    CHECK(mjs_memory_alloc_zeroed(SIZE_MAX / 2, 3) == NULL);
    mjs_memory_free(zeroed);
    mjs_memory_free(smaller);
    mjs_memory_free(NULL);
    CHECK_EQ_INT(mjs_memory_used_bytes(), before);
    mjs_memory_set_limit(0);
}

// Once something was refused there is a little more, for the engine's error; but not for reserving.
static void test_room_for_the_error(void) {
    int64_t before = mjs_memory_used_bytes();
    mjs_memory_set_limit(before + 100);
    CHECK(mjs_memory_alloc(1000) == NULL);
    void *error = mjs_memory_alloc(1000);
    CHECK(error != NULL);
    CHECK(mjs_memory_alloc(MIB) == NULL);
    CHECK(!mjs_memory_reserve(1));
    mjs_memory_free(error);
    int blocks = 0;
    void *list[100];
    while (blocks < 100 && (list[blocks] = mjs_memory_alloc(60000)) != NULL) {
        blocks++;
    }
    CHECK_EQ_INT(blocks, 4);
    while (blocks > 0) {
        mjs_memory_free(list[--blocks]);
    }
    mjs_memory_set_limit(0);
    CHECK_EQ_INT(mjs_memory_used_bytes(), before);
}

static void *churn(void *unused) {
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        if (mjs_memory_reserve(7)) {
            mjs_memory_release(7);
        }
    }
    return NULL;
}

static void test_threads(void) {
    int64_t before = mjs_memory_used_bytes();
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQ_INT(mjs_thread_start(&threads[i], churn, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQ_INT(pthread_join(threads[i], NULL), 0);
    }
    CHECK_EQ_INT(mjs_memory_used_bytes(), before);
}

static void write_text(const char *root, const char *name, const char *text) {
    struct mjs_buffer path = {0};
    mjs_buffer_printf(&path, "%s/%s", root, name);
    CHECK_EQ_INT(
        mjs_buffer_write_file(mjs_buffer_text(&path), text, strlen(text), 0600, false, NULL),
        MJS_OK);
    mjs_buffer_free(&path);
}

static void test_board(void) {
    char root[] = "/tmp/maixjs-memory-XXXXXX";
    CHECK(mkdtemp(root) != NULL);
    CHECK(chdir(root) == 0 && mkdir("proc", 0700) == 0);
    write_text(root, "proc/meminfo", "MemTotal: 131072 kB\nMemAvailable:   81920 kB\n");
    CHECK_EQ_INT(mjs_memory_board_limit(root), 0);
    CHECK(mkdir("maixapp", 0700) == 0);
    CHECK_EQ_INT(mjs_memory_board_limit(root), (int64_t)40 << 20);
    write_text(root, "proc/meminfo", "MemTotal: 131072 kB\nMemAvailable:   20480 kB\n");
    CHECK_EQ_INT(mjs_memory_board_limit(root), (int64_t)16 << 20);
    CHECK(rmdir("maixapp") == 0 && mkdir("boot", 0700) == 0);
    write_text(root, "boot/board", "id=maixcam\n");
    CHECK(unlink("proc/meminfo") == 0);
    CHECK_EQ_INT(mjs_memory_board_limit(root), (int64_t)16 << 20);
    CHECK(unlink("boot/board") == 0 && rmdir("boot") == 0 && rmdir("proc") == 0);
    CHECK(chdir("/") == 0 && rmdir(root) == 0);
}

int main(void) {
    test_reserve();
    test_allocate();
    test_room_for_the_error();
    test_threads();
    test_board();
    return check_report();
}

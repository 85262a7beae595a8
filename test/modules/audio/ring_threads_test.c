// SPDX-License-Identifier: MIT
// The ring between two threads: every element arrives once, in order and whole.
//
// Meant to be built with -fsanitize=thread as well. The elements are plain memory, so each order in
// ring.c (release in commit and consume, acquire in their counterparts and in `written`) is what
// keeps TSan silent: with any of them relaxed it reports a data race here, which
// toolchain/faults/tsan-mutants.mjs tries.
#include "../../../modules/audio/ring.h"

#include <pthread.h>
#include <sched.h>

#include "../../support/check.h"

// Big enough that the threads meet in all phases, small enough for TSan (about 10 times slower).
#define TOTAL_ELEMENTS ((uint64_t)4 * 1000 * 1000)
#define CAPACITY_ELEMENTS 4096
#define CHUNK_ELEMENTS_MAX 6000 // more than fits at once: partial writes and reads

struct element {
    uint64_t index;
    uint64_t mixed;
};

static struct element memory[CAPACITY_ELEMENTS];
static struct mjs_ring ring;
static uint64_t overfull; // the writer's, while it lives

static uint64_t mix(uint64_t x) {
    x ^= x >> 31;
    x *= UINT64_C(0x9E3779B97F4A7C15);
    return x ^ x >> 29;
}

// Chunk sizes that differ from call to call, the same in every run.
static size_t next_chunk(uint64_t *state) {
    *state = mix(*state + 1);
    return (size_t)(*state % CHUNK_ELEMENTS_MAX) + 1;
}

static void *write_all(void *arg) {
    (void)arg;
    struct element chunk[CHUNK_ELEMENTS_MAX];
    uint64_t state = 1;
    uint64_t index = 0;
    while (index < TOTAL_ELEMENTS) {
        size_t wanted = next_chunk(&state);
        if (wanted > TOTAL_ELEMENTS - index)
            wanted = (size_t)(TOTAL_ELEMENTS - index);
        size_t done;
        if (wanted % 2 == 0) {
            for (size_t i = 0; i < wanted; i++)
                chunk[i] = (struct element){index + i, mix(index + i)};
            done = mjs_ring_write(&ring, chunk, wanted);
        } else {
            void *region;
            done = mjs_ring_write_region(&ring, &region);
            if (done > wanted)
                done = wanted;
            struct element *out = region;
            for (size_t i = 0; i < done; i++)
                out[i] = (struct element){index + i, mix(index + i)};
            mjs_ring_commit(&ring, done);
        }
        // Not on the reader's side: there its acquire would stand in for the one that is tested.
        overfull += mjs_ring_fill(&ring) > CAPACITY_ELEMENTS;
        if (done == 0)
            sched_yield();
        index += done;
    }
    return NULL;
}

static uint64_t count_wrong(const struct element *elements, size_t count, uint64_t index) {
    uint64_t wrong = 0;
    for (size_t i = 0; i < count; i++)
        wrong += elements[i].index != index + i || elements[i].mixed != mix(index + i);
    return wrong;
}

// Not in the ring, but stored before the element of the same index.
static uint64_t beside[CAPACITY_ELEMENTS];

static void *write_beside(void *arg) {
    (void)arg;
    for (uint64_t i = 0; i < CAPACITY_ELEMENTS; i++) {
        struct element element = {i, mix(i)};
        beside[i] = mix(i);
        if (mjs_ring_write(&ring, &element, 1) != 1)
            break;
    }
    return NULL;
}

// A reader that only asks for the position sees what was done before it.
static void test_position_alone(void) {
    pthread_t writer;
    mjs_ring_init(&ring, memory, sizeof memory[0], CAPACITY_ELEMENTS);
    CHECK_EQ_INT(pthread_create(&writer, NULL, write_beside, NULL), 0);
    uint64_t seen = 0;
    uint64_t wrong = 0;
    while (seen < CAPACITY_ELEMENTS) {
        uint64_t written = mjs_ring_written(&ring);
        wrong += written < seen || mjs_ring_fill(&ring) < written;
        if (written == seen)
            sched_yield();
        for (; seen < written; seen++)
            wrong += beside[seen] != mix(seen);
    }
    CHECK_EQ_INT(pthread_join(writer, NULL), 0);
    CHECK_EQ_UINT(wrong, 0);
}

int main(void) {
    test_position_alone();
    struct element chunk[CHUNK_ELEMENTS_MAX];
    pthread_t writer;
    mjs_ring_init(&ring, memory, sizeof memory[0], CAPACITY_ELEMENTS);
    CHECK_EQ_INT(pthread_create(&writer, NULL, write_all, NULL), 0);
    uint64_t state = 77;
    uint64_t index = 0;
    uint64_t wrong = 0;
    while (index < TOTAL_ELEMENTS) {
        size_t wanted = next_chunk(&state);
        size_t done;
        if (wanted % 2 == 0) {
            done = mjs_ring_read(&ring, chunk, wanted);
            wrong += count_wrong(chunk, done, index);
        } else {
            const void *region;
            done = mjs_ring_read_region(&ring, &region);
            if (done > wanted)
                done = wanted;
            wrong += count_wrong(region, done, index);
            mjs_ring_consume(&ring, done);
        }
        if (done == 0)
            sched_yield();
        index += done;
    }
    CHECK_EQ_INT(pthread_join(writer, NULL), 0);
    CHECK_EQ_UINT(wrong, 0);
    CHECK_EQ_UINT(overfull, 0);
    CHECK_EQ_UINT(mjs_ring_fill(&ring), 0);
    CHECK_EQ_UINT(mjs_ring_written(&ring), TOTAL_ELEMENTS);
    CHECK_EQ_UINT(mjs_ring_consumed(&ring), TOTAL_ELEMENTS);
    return check_report();
}

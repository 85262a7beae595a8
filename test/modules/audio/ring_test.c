// SPDX-License-Identifier: MIT
// The ring on one thread: regions, wrapping, full and empty, odd element sizes.
#include "../../../modules/audio/ring.h"

#include "../../support/check.h"

static void test_capacity(void) {
    CHECK_EQ_UINT(mjs_ring_capacity_for(0), 1);
    CHECK_EQ_UINT(mjs_ring_capacity_for(1), 1);
    CHECK_EQ_UINT(mjs_ring_capacity_for(2), 2);
    CHECK_EQ_UINT(mjs_ring_capacity_for(3), 4);
    CHECK_EQ_UINT(mjs_ring_capacity_for(192000), 262144);
    CHECK_EQ_UINT(mjs_ring_capacity_for((uint64_t)1 << 62), (uint64_t)1 << 62);
    CHECK_EQ_UINT(mjs_ring_capacity_for(((uint64_t)1 << 62) + 1), 0);
    CHECK_EQ_UINT(mjs_ring_capacity_for(UINT64_MAX), 0);
}

static void test_empty_and_full(void) {
    uint32_t memory[8];
    uint32_t in[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    uint32_t out[9] = {0};
    struct mjs_ring ring;
    mjs_ring_init(&ring, memory, sizeof memory[0], 8);
    const void *filled;
    void *region;
    CHECK_EQ_UINT(mjs_ring_fill(&ring), 0);
    CHECK_EQ_UINT(mjs_ring_read(&ring, out, 9), 0);
    CHECK_EQ_UINT(mjs_ring_read_region(&ring, &filled), 0);
    CHECK_EQ_UINT(mjs_ring_write(&ring, in, 0), 0);
    CHECK_EQ_UINT(mjs_ring_write(&ring, in, 9), 8); // all of the capacity is usable
    CHECK_EQ_UINT(mjs_ring_fill(&ring), 8);
    CHECK_EQ_UINT(mjs_ring_write(&ring, in, 1), 0);
    CHECK_EQ_UINT(mjs_ring_write_region(&ring, &region), 0);
    CHECK_EQ_UINT(mjs_ring_read(&ring, out, 9), 8);
    CHECK_BYTES(out, in, 8 * sizeof in[0]);
    CHECK_EQ_UINT(out[8], 0);
    CHECK_EQ_UINT(mjs_ring_fill(&ring), 0);
    CHECK_EQ_UINT(mjs_ring_written(&ring), 8);
    CHECK_EQ_UINT(mjs_ring_consumed(&ring), 8);
}

static void test_regions(void) {
    uint16_t memory[8] = {0};
    struct mjs_ring ring;
    mjs_ring_init(&ring, memory, sizeof memory[0], 8);
    void *region;
    const void *filled;
    CHECK_EQ_UINT(mjs_ring_write_region(&ring, &region), 8);
    CHECK(region == memory);
    mjs_ring_commit(&ring, 6);
    CHECK_EQ_UINT(mjs_ring_write_region(&ring, &region), 2); // up to the end
    CHECK(region == memory + 6);
    CHECK_EQ_UINT(mjs_ring_read_region(&ring, &filled), 6);
    CHECK(filled == memory);
    mjs_ring_consume(&ring, 5);
    CHECK_EQ_UINT(mjs_ring_write_region(&ring, &region), 2);
    mjs_ring_commit(&ring, 2);
    CHECK_EQ_UINT(mjs_ring_write_region(&ring, &region), 5); // from the start, up to the reader
    CHECK(region == memory);
    mjs_ring_commit(&ring, 3);
    CHECK_EQ_UINT(mjs_ring_read_region(&ring, &filled), 3);
    CHECK(filled == memory + 5);
    CHECK_EQ_UINT(mjs_ring_fill(&ring), 6);
    mjs_ring_consume(&ring, 6); // across the end, more than the region
    CHECK_EQ_UINT(mjs_ring_fill(&ring), 0);
    CHECK_EQ_UINT(mjs_ring_read_region(&ring, &filled), 0);
    CHECK_EQ_UINT(mjs_ring_write_region(&ring, &region), 5);
    CHECK(region == memory + 3);
}

// The other side's progress must show in the next region, although positions are remembered.
static void test_regions_are_fresh(void) {
    uint8_t memory[4];
    struct mjs_ring ring;
    mjs_ring_init(&ring, memory, 1, 4);
    void *region;
    const void *filled;
    CHECK_EQ_UINT(mjs_ring_write(&ring, "ab", 2), 2);
    CHECK_EQ_UINT(mjs_ring_read_region(&ring, &filled), 2);
    CHECK_EQ_UINT(mjs_ring_write(&ring, "cd", 2), 2);
    CHECK_EQ_UINT(mjs_ring_read_region(&ring, &filled), 4);
    CHECK_BYTES(filled, "abcd", 4);
    CHECK_EQ_UINT(mjs_ring_write_region(&ring, &region), 0);
    mjs_ring_consume(&ring, 1);
    CHECK_EQ_UINT(mjs_ring_write_region(&ring, &region), 1);
    mjs_ring_consume(&ring, 3);
    CHECK_EQ_UINT(mjs_ring_write_region(&ring, &region), 4);
}

// Every element size of a frame, with chunks that do not divide the capacity: order and content.
static void test_all_frame_sizes(void) {
    enum { CAPACITY = 64, SIZE_MAX_BYTES = 32, TOTAL = 5000 };
    static uint8_t memory[CAPACITY * SIZE_MAX_BYTES + 1];
    static uint8_t chunk[CAPACITY * SIZE_MAX_BYTES];
    for (size_t size = 1; size <= SIZE_MAX_BYTES; size++) {
        struct mjs_ring ring;
        memory[CAPACITY * size] = 0xEE; // a guard behind the memory
        mjs_ring_init(&ring, memory, size, CAPACITY);
        size_t written = 0;
        size_t read = 0;
        for (size_t step = 1; read < TOTAL; step = step * 7 % 61 + 1) {
            size_t some = step > CAPACITY ? CAPACITY : step;
            for (size_t i = 0; i < some * size; i++)
                chunk[i] = (uint8_t)((written * size + i) * 131 >> 3);
            written += mjs_ring_write(&ring, chunk, some);
            size_t got = mjs_ring_read(&ring, chunk, step % 17 + 1);
            size_t wrong = 0;
            for (size_t i = 0; i < got * size; i++)
                wrong += chunk[i] != (uint8_t)((read * size + i) * 131 >> 3);
            CHECK_EQ_UINT(wrong, 0);
            read += got;
            CHECK_EQ_UINT(mjs_ring_fill(&ring), written - read);
        }
        CHECK_EQ_UINT(memory[CAPACITY * size], 0xEE);
    }
}

int main(void) {
    test_capacity();
    test_empty_and_full();
    test_regions();
    test_regions_are_fresh();
    test_all_frame_sizes();
    return check_report();
}

// SPDX-License-Identifier: MIT
// A lock-free ring buffer of fixed-size elements: one writer, one reader.
//
// Each side owns one position and only reads the other's. It remembers the other's last value
// (`*_seen`) and looks again only when that does not allow enough, so that the cache lines of the
// positions seldom travel between the cores.
#include "ring.h"

#include <string.h>

#include "../../runtime/result.h"

uint64_t mjs_ring_capacity_for(uint64_t elements) {
    uint64_t capacity = 1;
    while (capacity < elements) {
        if (capacity > UINT64_MAX / 4)
            return 0;
        capacity *= 2;
    }
    return capacity;
}

void mjs_ring_init(struct mjs_ring *ring, void *data, size_t element_bytes, uint64_t capacity) {
    MJS_ASSERT(capacity != 0 && (capacity & (capacity - 1)) == 0);
    MJS_ASSERT(element_bytes != 0 && capacity <= SIZE_MAX / element_bytes);
    ring->data = data;
    ring->element_bytes = element_bytes;
    ring->capacity = capacity;
    ring->mask = capacity - 1;
    ring->consumed_seen = 0;
    ring->written_seen = 0;
    // Relaxed: no second thread yet; starting one orders it.
    atomic_init(&ring->written, 0);
    atomic_init(&ring->consumed, 0);
}

// Writer: free elements, at least `wanted` of them where there are so many.
static uint64_t writer_free(struct mjs_ring *ring, uint64_t written, uint64_t wanted) {
    uint64_t free_elements = ring->capacity - (written - ring->consumed_seen);
    if (free_elements < wanted) {
        // Acquire, with the release in consume: the reader's loads of these elements are over
        // before our stores into them.
        ring->consumed_seen = atomic_load_explicit(&ring->consumed, memory_order_acquire);
        free_elements = ring->capacity - (written - ring->consumed_seen);
    }
    return free_elements;
}

// Reader: filled elements, at least `wanted` of them where there are so many.
static uint64_t reader_filled(struct mjs_ring *ring, uint64_t consumed, uint64_t wanted) {
    uint64_t filled = ring->written_seen - consumed;
    if (filled < wanted) {
        // Acquire, with the release in commit: the writer's stores are visible to our loads.
        ring->written_seen = atomic_load_explicit(&ring->written, memory_order_acquire);
        filled = ring->written_seen - consumed;
    }
    return filled;
}

size_t mjs_ring_write_region(struct mjs_ring *ring, void **region) {
    // Relaxed: only this thread stores it.
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    uint64_t offset = written & ring->mask;
    uint64_t to_end = ring->capacity - offset;
    uint64_t free_elements = writer_free(ring, written, to_end);
    *region = ring->data + (size_t)offset * ring->element_bytes;
    return (size_t)(free_elements < to_end ? free_elements : to_end);
}

void mjs_ring_commit(struct mjs_ring *ring, size_t elements) {
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    MJS_ASSERT(elements <= ring->capacity - (written - ring->consumed_seen));
    // Release: what was stored into the region is visible to a reader that acquires this position.
    atomic_store_explicit(&ring->written, written + elements, memory_order_release);
}

size_t mjs_ring_write(struct mjs_ring *ring, const void *elements_in, size_t elements) {
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    uint64_t free_elements = writer_free(ring, written, elements);
    if (elements > free_elements)
        elements = (size_t)free_elements;
    if (elements == 0)
        return 0;
    size_t size = ring->element_bytes;
    size_t offset = (size_t)(written & ring->mask);
    size_t to_end = (size_t)ring->capacity - offset;
    size_t first = elements < to_end ? elements : to_end;
    memcpy(ring->data + offset * size, elements_in, first * size);
    if (first < elements)
        memcpy(ring->data, (const uint8_t *)elements_in + first * size, (elements - first) * size);
    mjs_ring_commit(ring, elements);
    return elements;
}

size_t mjs_ring_read_region(struct mjs_ring *ring, const void **region) {
    // Relaxed: only this thread stores it.
    uint64_t consumed = atomic_load_explicit(&ring->consumed, memory_order_relaxed);
    uint64_t offset = consumed & ring->mask;
    uint64_t to_end = ring->capacity - offset;
    uint64_t filled = reader_filled(ring, consumed, to_end);
    *region = ring->data + (size_t)offset * ring->element_bytes;
    return (size_t)(filled < to_end ? filled : to_end);
}

void mjs_ring_consume(struct mjs_ring *ring, uint64_t elements) {
    uint64_t consumed = atomic_load_explicit(&ring->consumed, memory_order_relaxed);
    MJS_ASSERT(elements <= reader_filled(ring, consumed, elements));
    // Release: our loads of these elements are over before a writer that acquires this position
    // stores into them.
    atomic_store_explicit(&ring->consumed, consumed + elements, memory_order_release);
}

size_t mjs_ring_read(struct mjs_ring *ring, void *elements_out, size_t elements) {
    uint64_t consumed = atomic_load_explicit(&ring->consumed, memory_order_relaxed);
    uint64_t filled = reader_filled(ring, consumed, elements);
    if (elements > filled)
        elements = (size_t)filled;
    if (elements == 0)
        return 0;
    size_t size = ring->element_bytes;
    size_t offset = (size_t)(consumed & ring->mask);
    size_t to_end = (size_t)ring->capacity - offset;
    size_t first = elements < to_end ? elements : to_end;
    memcpy(elements_out, ring->data + offset * size, first * size);
    if (first < elements)
        memcpy((uint8_t *)elements_out + first * size, ring->data, (elements - first) * size);
    mjs_ring_consume(ring, elements);
    return elements;
}

uint64_t mjs_ring_fill(const struct mjs_ring *ring) {
    // `consumed` first: for the reader it stands still and for the writer it is at most too old,
    // so the difference is never negative and never above the capacity.
    uint64_t consumed = atomic_load_explicit(&ring->consumed, memory_order_relaxed);
    return mjs_ring_written(ring) - consumed;
}

uint64_t mjs_ring_written(const struct mjs_ring *ring) {
    // Acquire, with the release in commit: a reader that learns of elements here also sees what
    // the writer did before them elsewhere (a gap in another ring).
    return atomic_load_explicit(&ring->written, memory_order_acquire);
}

uint64_t mjs_ring_consumed(const struct mjs_ring *ring) {
    // Relaxed: only this thread stores it.
    return atomic_load_explicit(&ring->consumed, memory_order_relaxed);
}

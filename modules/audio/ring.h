// SPDX-License-Identifier: MIT
// A lock-free ring buffer of fixed-size elements: one writer, one reader.
//
// - Exactly one thread calls the writer's functions and exactly one the reader's; each call is
//   wait-free and makes no system call. `mjs_ring_fill` and `mjs_ring_written` may be called by
//   both.
// - The memory is the caller's, allocated before and freed after use; the ring never allocates.
// - The capacity is a power of two. Positions count elements since init in 64 bits and never wrap
//   in practice (2^64 frames at 384 kHz are 1.5 million years).
// - What the writer stored before `commit` is seen by a reader that sees the new position
//   (release/acquire), and what the reader took before `consume` is gone before the writer
//   overwrites it.
#ifndef MJS_RING_H
#define MJS_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define MJS_CACHE_LINE_BYTES 64

struct mjs_ring {
    uint8_t *data;
    size_t element_bytes;
    uint64_t capacity; // elements, power of two
    uint64_t mask;
    // Full lines of padding, not _Alignas, keep what the two threads write on different cache
    // lines wherever the struct stands: malloc'ed memory is only aligned to 16.
    uint8_t padding_before_writer[MJS_CACHE_LINE_BYTES];
    // The writer's: its position, and the last reader position that it has seen.
    _Atomic uint64_t written;
    uint64_t consumed_seen;
    uint8_t padding_before_reader[MJS_CACHE_LINE_BYTES];
    // The reader's, likewise.
    _Atomic uint64_t consumed;
    uint64_t written_seen;
    uint8_t padding_behind_reader[MJS_CACHE_LINE_BYTES];
};

// The smallest power of two >= elements (at least 1). 0 where that does not fit into 63 bits.
uint64_t mjs_ring_capacity_for(uint64_t elements);

// `data` holds capacity * element_bytes bytes. `capacity` must be a power of two.
void mjs_ring_init(struct mjs_ring *ring, void *data, size_t element_bytes, uint64_t capacity);

// Writer: the contiguous free region, in elements (0: full); `*region` is where to write.
size_t mjs_ring_write_region(struct mjs_ring *ring, void **region);
// Writer: makes `elements` of that region visible to the reader.
void mjs_ring_commit(struct mjs_ring *ring, size_t elements);
// Writer: copies up to `elements`, returns how many fitted.
size_t mjs_ring_write(struct mjs_ring *ring, const void *elements_in, size_t elements);

// Reader: the contiguous filled region, in elements (0: empty).
size_t mjs_ring_read_region(struct mjs_ring *ring, const void **region);
// Reader: gives `elements` of that region (and of what follows it) back to the writer.
void mjs_ring_consume(struct mjs_ring *ring, uint64_t elements);
// Reader: copies up to `elements`, returns how many there were.
size_t mjs_ring_read(struct mjs_ring *ring, void *elements_out, size_t elements);

// Writer or reader: elements that can be read now. Positions since init; who learns of elements by
// `written` also sees what the writer did before them elsewhere.
uint64_t mjs_ring_fill(const struct mjs_ring *ring);
uint64_t mjs_ring_written(const struct mjs_ring *ring);
// Reader: its own position.
uint64_t mjs_ring_consumed(const struct mjs_ring *ring);

#endif

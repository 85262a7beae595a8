// SPDX-License-Identifier: MIT
// Copying: every length and every alignment of both places, nothing else touched.
#include "../../runtime/copy.h"

#include <stdint.h>
#include <stdlib.h>

#include "../support/check.h"

#define LENGTH_MAX 160
#define OFFSETS 9 // a word and one more
#define GUARD 0xA5

static uint8_t byte_at(size_t i) { return (uint8_t)(i * 7 + i / 256 + 1); }

// `from` ends with its memory, so that sanitizers see a look beyond.
static void check_copy(size_t bytes, size_t to_offset, size_t from_offset) {
    size_t to_bytes = to_offset + bytes + OFFSETS;
    uint8_t *to = malloc(to_bytes);
    uint8_t *from = malloc(from_offset + bytes + (bytes + from_offset == 0));
    CHECK(to != NULL && from != NULL);
    for (size_t i = 0; i < to_bytes; i++)
        to[i] = GUARD;
    for (size_t i = 0; i < bytes; i++)
        from[from_offset + i] = byte_at(i);
    CHECK(mjs_copy_bytes(to + to_offset, from + from_offset, bytes) == to + to_offset);
    size_t wrong = 0;
    for (size_t i = 0; i < to_bytes; i++) {
        bool inside = i >= to_offset && i < to_offset + bytes;
        wrong += to[i] != (inside ? byte_at(i - to_offset) : GUARD);
    }
    CHECK_EQ_UINT(wrong, 0);
    free(to);
    free(from);
}

int main(void) {
    for (size_t to = 0; to < OFFSETS; to++) {
        for (size_t from = 0; from < OFFSETS; from++) {
            for (size_t bytes = 0; bytes <= LENGTH_MAX; bytes++)
                check_copy(bytes, to, from);
            check_copy(100003, to, from);
        }
    }
    return check_report();
}

// SPDX-License-Identifier: MIT
// Copies bytes by whole words at aligned places, also where the two places are aligned differently.
#include "copy.h"

#include <stdint.h>

// Below that, lining up costs more than it saves.
#define WORDS_MIN_BYTES 16
#define WORD_BYTES sizeof(uint64_t)

// What it copies may be of any type.
typedef uint64_t __attribute__((may_alias)) word;

// Else the compiler makes a call of memcpy out of a loop that copies: of itself.
#if defined(__clang__)
#define NO_CALL __attribute__((no_builtin("memcpy", "memmove")))
#elif defined(__GNUC__)
#define NO_CALL __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

static inline NO_CALL void copy_words(word *out, const word *in, size_t words) {
    for (; words >= 4; words -= 4, out += 4, in += 4) {
        word a = in[0];
        word b = in[1];
        word c = in[2];
        word d = in[3];
        out[0] = a;
        out[1] = b;
        out[2] = c;
        out[3] = d;
    }
    for (; words > 0; words--)
        *out++ = *in++;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
// Into aligned places, from those that are `off` bytes (1 to 7) behind aligned ones. Looks only at
// words that lie within `bytes`. Returns how many bytes are copied.
static inline NO_CALL size_t copy_shifted(word *out, const uint8_t *in, size_t bytes, size_t off) {
    size_t carried = WORD_BYTES - off;
    unsigned low = (unsigned)(8 * carried);
    unsigned high = (unsigned)(8 * off);
    word carry = 0;
    for (size_t i = 0; i < carried; i++)
        carry |= (word)in[i] << (8 * i);
    const word *next = (const word *)(const void *)(in + carried);
    size_t done = 0;
    for (; bytes - done >= carried + WORD_BYTES; done += WORD_BYTES) {
        word some = *next++;
        *out++ = carry | some << low;
        carry = some >> high;
    }
    return done;
}
#else
static inline size_t copy_shifted(word *out, const uint8_t *in, size_t bytes, size_t off) {
    (void)out, (void)in, (void)bytes, (void)off;
    return 0;
}
#endif

NO_CALL void *mjs_copy_bytes(void *restrict to, const void *restrict from, size_t bytes) {
    uint8_t *out = to;
    const uint8_t *in = from;
    if (bytes >= WORDS_MIN_BYTES) {
        for (; (uintptr_t)out % WORD_BYTES != 0; bytes--)
            *out++ = *in++;
        size_t off = (uintptr_t)in % WORD_BYTES;
        word *words = (word *)(void *)out;
        size_t done = bytes / WORD_BYTES * WORD_BYTES;
        if (off == 0)
            copy_words(words, (const word *)(const void *)in, bytes / WORD_BYTES);
        else
            done = copy_shifted(words, in, bytes, off);
        out += done;
        in += done;
        bytes -= done;
    }
    for (; bytes > 0; bytes--)
        *out++ = *in++;
    return to;
}

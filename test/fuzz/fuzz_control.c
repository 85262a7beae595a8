// SPDX-License-Identifier: MIT
// The control channel's decoder: the same events however the bytes are split, no more input than
// the credit allows, and nothing behind an error.
#include <string.h>

#include "../../runtime/control.h"
#include "fuzz.h"

struct heard {
    uint64_t hash;
    uint64_t input_bytes;
    uint32_t frames;
    bool bad;
};

static void mix(struct heard *heard, const void *data, size_t bytes) {
    const uint8_t *at = data;
    for (size_t i = 0; i < bytes; i++)
        heard->hash = (heard->hash ^ at[i]) * UINT64_C(0x100000001b3);
}

// The first byte says how to split: 0: not at all.
static void decode(const uint8_t *data, size_t bytes, uint8_t step, struct heard *heard) {
    struct mjs_control_decoder decoder;
    mjs_control_init(&decoder);
    size_t given = 0;
    while (given < bytes && !heard->bad) {
        size_t part = step == 0 ? bytes : 1 + (given * 7 + step) % step;
        part = part < bytes - given ? part : bytes - given;
        // A block of its own: reading beyond it shows.
        uint8_t *copy = malloc(part);
        FUZZ_CHECK(copy != NULL);
        (void)memcpy(copy, data + given, part);
        const uint8_t *at = copy;
        size_t left = part;
        struct mjs_control_item item;
        enum mjs_control_event event;
        while ((event = mjs_control_decode(&decoder, &at, &left, &item)) != MJS_CONTROL_MORE &&
               event != MJS_CONTROL_BAD) {
            FUZZ_CHECK(at >= copy && left <= part && at + left == copy + part);
            if (event == MJS_CONTROL_DATA) {
                FUZZ_CHECK(item.data >= copy && item.data_bytes <= part);
                FUZZ_CHECK(item.data_bytes <= (size_t)(copy + part - item.data));
                heard->input_bytes += item.data_bytes;
                mix(heard, item.data, item.data_bytes);
            } else {
                heard->frames++;
                mix(heard, &item.type, sizeof item.type);
                // Gives room as a script does that reads.
                if (item.type == MJS_CONTROL_KEEP_ALIVE && decoder.credit_bytes < 1000)
                    mjs_control_add_credit(&decoder, 1000);
            }
        }
        heard->bad = event == MJS_CONTROL_BAD;
        FUZZ_CHECK(heard->bad == (decoder.error != NULL));
        free(copy);
        given += part;
    }
    FUZZ_CHECK(heard->input_bytes <= MJS_CONTROL_CREDIT_BYTES + UINT64_C(1000) * heard->frames);
    if (heard->bad) {
        const uint8_t more[] = {'k', 0, 0, 0, 0};
        const uint8_t *at = more;
        size_t left = sizeof more;
        struct mjs_control_item item;
        FUZZ_CHECK(mjs_control_decode(&decoder, &at, &left, &item) == MJS_CONTROL_BAD);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes < 1)
        return 0;
    struct heard whole = {0};
    struct heard split = {0};
    decode(data + 1, bytes - 1, 0, &whole);
    decode(data + 1, bytes - 1, data[0], &split);
    FUZZ_CHECK(whole.hash == split.hash && whole.bad == split.bad);
    FUZZ_CHECK(whole.input_bytes == split.input_bytes && whole.frames == split.frames);
    return 0;
}

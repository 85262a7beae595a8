// SPDX-License-Identifier: MIT
// What sim:ramp must give, written down a second time: tests compare frames with it.
#ifndef MJS_TEST_RAMP_H
#define MJS_TEST_RAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../../../modules/audio/format.h"

// One frame of the ramp in `spec`; returns its bytes.
static inline size_t ramp_frame(const struct mjs_spec *spec, uint64_t index, uint8_t *frame_out) {
    uint8_t sample[4] = {0};
    size_t bytes = 0;
    switch (spec->format) {
    case MJS_FORMAT_S8:
    case MJS_FORMAT_U8:
        sample[0] = (uint8_t)index;
        bytes = 1;
        break;
    case MJS_FORMAT_S16_LE:
    case MJS_FORMAT_U16_LE:
        sample[0] = (uint8_t)index;
        sample[1] = (uint8_t)(index >> 8);
        bytes = 2;
        break;
    case MJS_FORMAT_S16_BE:
    case MJS_FORMAT_U16_BE:
        sample[0] = (uint8_t)(index >> 8);
        sample[1] = (uint8_t)index;
        bytes = 2;
        break;
    case MJS_FORMAT_S24_3LE:
        sample[0] = (uint8_t)index;
        sample[1] = (uint8_t)(index >> 8);
        sample[2] = (uint8_t)(index >> 16);
        bytes = 3;
        break;
    case MJS_FORMAT_S32_LE:
    case MJS_FORMAT_U32_LE:
        for (unsigned i = 0; i < 4; i++)
            sample[i] = (uint8_t)(index >> (8 * i));
        bytes = 4;
        break;
    case MJS_FORMAT_S32_BE:
    case MJS_FORMAT_U32_BE:
        for (unsigned i = 0; i < 4; i++)
            sample[i] = (uint8_t)(index >> (24 - 8 * i));
        bytes = 4;
        break;
    case MJS_FORMAT_F32_LE: {
        float value = (float)(index % 16777216) / 16777216.0f;
        memcpy(sample, &value, sizeof value); // the test machines are little-endian
        bytes = 4;
        break;
    }
    case MJS_FORMAT_NONE:
        break;
    }
    for (uint32_t channel = 0; channel < spec->channels; channel++)
        memcpy(frame_out + channel * bytes, sample, bytes);
    return bytes * spec->channels;
}

// The first of `frames` frames that is not the ramp from `index` on; `frames` where all are.
static inline uint64_t ramp_mismatch(const struct mjs_spec *spec, const void *pcm, uint64_t frames,
                                     uint64_t index) {
    const uint8_t *at = pcm;
    uint8_t frame[MJS_FRAME_BYTES_MAX];
    for (uint64_t i = 0; i < frames; i++) {
        size_t bytes = ramp_frame(spec, index + i, frame);
        if (memcmp(at, frame, bytes) != 0)
            return i;
        at += bytes;
    }
    return frames;
}

#define CHECK_RAMP(spec, pcm, frames, index)                                                       \
    CHECK_EQ_UINT(ramp_mismatch((spec), (pcm), (frames), (index)), (frames))

#endif

// SPDX-License-Identifier: MIT
// Conversion between PCM formats and channel counts, and software gain. Never changes the rate.
//
// Pure functions; any thread. Same format, same channels and unity gain is a plain copy.
// Narrowing rounds to nearest and saturates; widening is exact. Float to integer saturates,
// NaN becomes silence.
#ifndef MJS_CONVERT_H
#define MJS_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"

#define MJS_GAIN_UNITY 1.0f

// Same rate, and channels equal, or to mono (the average of all), or from mono (a copy to each).
bool mjs_convert_possible(const struct mjs_spec *from, const struct mjs_spec *to);

// Converts `frames` frames; the two areas must not overlap. `gain` 0 gives silence.
void mjs_convert_frames(const struct mjs_spec *from, const void *frames_in,
                        const struct mjs_spec *to, void *frames_out, size_t frames, float gain);

// One sample as a left-justified signed 32-bit integer, and as a float from -1.0 to 1.0.
int32_t mjs_convert_sample_to_s32(enum mjs_format format, const uint8_t *sample);
float mjs_convert_sample_to_f32(enum mjs_format format, const uint8_t *sample);

#endif

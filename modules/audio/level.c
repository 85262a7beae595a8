// SPDX-License-Identifier: MIT
// Peak and RMS level of PCM.
#include "level.h"

#include <math.h>

#include "../../runtime/result.h"
#include "convert.h"

static double dbfs_of(double amplitude) {
    return amplitude > 0 ? 20.0 * log10(amplitude) : -INFINITY;
}

struct mjs_level mjs_level_measure(enum mjs_format format, const void *pcm, size_t samples) {
    MJS_ASSERT(mjs_format_valid((int)format));
    const uint8_t *sample = pcm;
    size_t sample_bytes = mjs_format_bits(format) / 8;
    double peak = 0;
    double sum_of_squares = 0;
    for (size_t i = 0; i < samples; i++, sample += sample_bytes) {
        double value = (double)mjs_convert_sample_to_f32(format, sample);
        if (isnan(value))
            continue; // counts as silence, as it does when converted
        double magnitude = fabs(value);
        peak = magnitude > peak ? magnitude : peak;
        sum_of_squares += value * value;
    }
    double rms = samples > 0 ? sqrt(sum_of_squares / (double)samples) : 0;
    return (struct mjs_level){.peak_dbfs = dbfs_of(peak), .rms_dbfs = dbfs_of(rms)};
}

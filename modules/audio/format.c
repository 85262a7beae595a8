// SPDX-License-Identifier: MIT
// PCM sample formats, and the only place where frames, bytes and milliseconds are converted.
#include "format.h"

#include <string.h>

#include "../../runtime/result.h"

struct format_facts {
    const char *name;
    uint8_t bits;
    bool big_endian;
    bool is_unsigned;
    bool is_float;
};

static const struct format_facts format_table[MJS_FORMAT_COUNT] = {
    [MJS_FORMAT_NONE] = {"NONE", 0, false, false, false},
    [MJS_FORMAT_S8] = {"S8", 8, false, false, false},
    [MJS_FORMAT_S16_LE] = {"S16_LE", 16, false, false, false},
    [MJS_FORMAT_S32_LE] = {"S32_LE", 32, false, false, false},
    [MJS_FORMAT_S16_BE] = {"S16_BE", 16, true, false, false},
    [MJS_FORMAT_S32_BE] = {"S32_BE", 32, true, false, false},
    [MJS_FORMAT_U8] = {"U8", 8, false, true, false},
    [MJS_FORMAT_U16_LE] = {"U16_LE", 16, false, true, false},
    [MJS_FORMAT_U32_LE] = {"U32_LE", 32, false, true, false},
    [MJS_FORMAT_U16_BE] = {"U16_BE", 16, true, true, false},
    [MJS_FORMAT_U32_BE] = {"U32_BE", 32, true, true, false},
    [MJS_FORMAT_S24_3LE] = {"S24_3LE", 24, false, false, false},
    [MJS_FORMAT_F32_LE] = {"F32_LE", 32, false, false, true},
};

static const struct format_facts *facts_of(enum mjs_format format) {
    unsigned index = (unsigned)format;
    return &format_table[index < MJS_FORMAT_COUNT ? index : MJS_FORMAT_NONE];
}

bool mjs_format_valid(int format) { return format > MJS_FORMAT_NONE && format < MJS_FORMAT_COUNT; }

const char *mjs_format_name(enum mjs_format format) { return facts_of(format)->name; }

enum mjs_format mjs_format_from_name(const char *name, size_t name_bytes) {
    for (int format = 1; format < MJS_FORMAT_COUNT; format++) {
        const char *known = format_table[format].name;
        if (strlen(known) == name_bytes && memcmp(known, name, name_bytes) == 0)
            return (enum mjs_format)format;
    }
    return MJS_FORMAT_NONE;
}

unsigned mjs_format_bits(enum mjs_format format) { return facts_of(format)->bits; }

bool mjs_format_is_big_endian(enum mjs_format format) { return facts_of(format)->big_endian; }

bool mjs_format_is_unsigned(enum mjs_format format) { return facts_of(format)->is_unsigned; }

bool mjs_format_is_float(enum mjs_format format) { return facts_of(format)->is_float; }

size_t mjs_format_frame_bytes(const struct mjs_spec *spec) {
    return (size_t)(facts_of(spec->format)->bits / 8) * spec->channels;
}

bool mjs_format_frames_to_bytes(const struct mjs_spec *spec, uint64_t frames, size_t *bytes) {
    uint64_t product;
    if (__builtin_mul_overflow(frames, (uint64_t)mjs_format_frame_bytes(spec), &product))
        return false;
    if (product > INT64_MAX || product > SIZE_MAX)
        return false;
    *bytes = (size_t)product;
    return true;
}

uint64_t mjs_format_bytes_to_frames(const struct mjs_spec *spec, uint64_t bytes) {
    size_t frame_bytes = mjs_format_frame_bytes(spec);
    MJS_ASSERT(frame_bytes != 0);
    return bytes / frame_bytes;
}

// Whole milliseconds are exact by integer arithmetic: with ms = 1000 s + m, m < 1000,
// floor(ms * rate / 1000) = s * rate + floor(m * rate / 1000), and nothing exceeds 2^62.
//
// A fraction of a millisecond is a double, mostly of a decimal number that doubles cannot hold:
// 0.3 is a little less than 3/10, and a strict floor of 0.3 ms at 10 kHz would be 2 frames where
// everybody expects 3. So a product less than a millionth of a frame below a whole number counts
// as that number. Whole milliseconds end at least 1/1000 frame below one: it never touches them.
#define MS_FRAME_TOLERANCE 1e-6

uint64_t mjs_format_ms_to_frames(uint32_t rate_hz, double ms) {
    MJS_ASSERT(ms >= 0 && ms <= MJS_MS_MAX);
    uint64_t whole_ms = (uint64_t)ms;
    double fraction_ms = ms - (double)whole_ms; // exact: both are below 2^53
    uint64_t milliframes = whole_ms % 1000 * rate_hz;
    uint64_t frames = whole_ms / 1000 * rate_hz + milliframes / 1000;
    double rest_milliframes = (double)(milliframes % 1000) + fraction_ms * rate_hz;
    return frames + (uint64_t)(rest_milliframes / 1000.0 + MS_FRAME_TOLERANCE);
}

double mjs_format_frames_to_ms(uint32_t rate_hz, uint64_t frames) {
    MJS_ASSERT(rate_hz != 0);
    // Seconds apart, so that large counts do not overflow when multiplied.
    return (double)(frames / rate_hz) * 1000.0 + (double)(frames % rate_hz) * 1000.0 / rate_hz;
}

void mjs_format_silence(const struct mjs_spec *spec, void *frames_out, size_t frames) {
    size_t bytes = frames * mjs_format_frame_bytes(spec);
    uint8_t *out = frames_out;
    if (bytes == 0)
        return;
    memset(out, 0, bytes);
    if (!mjs_format_is_unsigned(spec->format))
        return;
    // The middle of an unsigned range has only its highest bit set.
    size_t sample_bytes = mjs_format_bits(spec->format) / 8;
    size_t top = mjs_format_is_big_endian(spec->format) ? 0 : sample_bytes - 1;
    for (size_t at = top; at < bytes; at += sample_bytes)
        out[at] = 0x80;
}

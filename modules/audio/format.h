// SPDX-License-Identifier: MIT
// PCM sample formats, and the only place where frames, bytes and milliseconds are converted.
//
// Pure functions; any thread. A frame is one sample of every channel.
#ifndef MJS_FORMAT_H
#define MJS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The numbers are MaixPy's (0 to 10); the last two are ours.
enum mjs_format {
    MJS_FORMAT_NONE = 0,
    MJS_FORMAT_S8 = 1,
    MJS_FORMAT_S16_LE = 2,
    MJS_FORMAT_S32_LE = 3,
    MJS_FORMAT_S16_BE = 4,
    MJS_FORMAT_S32_BE = 5,
    MJS_FORMAT_U8 = 6,
    MJS_FORMAT_U16_LE = 7,
    MJS_FORMAT_U32_LE = 8,
    MJS_FORMAT_U16_BE = 9,
    MJS_FORMAT_U32_BE = 10,
    MJS_FORMAT_S24_3LE = 11, // 24 bits packed into 3 bytes
    MJS_FORMAT_F32_LE = 12,  // -1.0 to 1.0
};
#define MJS_FORMAT_COUNT 13

#define MJS_CHANNELS_MAX 8
#define MJS_RATE_MIN_HZ 1000
#define MJS_RATE_MAX_HZ 384000
#define MJS_FRAME_BYTES_MAX (MJS_CHANNELS_MAX * 4)

// What a stream of frames looks like.
struct mjs_spec {
    enum mjs_format format;
    uint32_t rate_hz;
    uint32_t channels;
};

// True for FMT_S8 to FMT_F32_LE: everything but FMT_NONE and numbers that are none of ours.
bool mjs_format_valid(int format);

// "S16_LE"; "NONE" for FMT_NONE. Never null; static.
const char *mjs_format_name(enum mjs_format format);

// The format of that name ("S16_LE"), or MJS_FORMAT_NONE.
enum mjs_format mjs_format_from_name(const char *name, size_t name_bytes);

// 0 for MJS_FORMAT_NONE.
unsigned mjs_format_bits(enum mjs_format format);
bool mjs_format_is_big_endian(enum mjs_format format);
bool mjs_format_is_unsigned(enum mjs_format format);
bool mjs_format_is_float(enum mjs_format format);

size_t mjs_format_frame_bytes(const struct mjs_spec *spec);

// False where the product does not fit into 63 bits or size_t; `*bytes` is then untouched.
bool mjs_format_frames_to_bytes(const struct mjs_spec *spec, uint64_t frames, size_t *bytes);

// Whole frames in that many bytes; what is left over is ignored.
uint64_t mjs_format_bytes_to_frames(const struct mjs_spec *spec, uint64_t bytes);

// floor(ms * rate / 1000), exact for whole and fractional ms; ms must be finite, >= 0 and
// <= MJS_MS_MAX.
#define MJS_MS_MAX 9007199254740991.0
uint64_t mjs_format_ms_to_frames(uint32_t rate_hz, double ms);

double mjs_format_frames_to_ms(uint32_t rate_hz, uint64_t frames);

// Fills with the format's silence (0, or the middle of the range for unsigned formats).
void mjs_format_silence(const struct mjs_spec *spec, void *frames_out, size_t frames);

#endif

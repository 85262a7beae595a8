// SPDX-License-Identifier: MIT
// Conversion: exact widening, rounding and saturation, every pair of formats, channels, gain.
#include "../../../modules/audio/convert.h"

#include <math.h>

#include "../../support/check.h"

static struct mjs_spec spec_of(enum mjs_format format, uint32_t channels) {
    return (struct mjs_spec){.format = format, .rate_hz = 48000, .channels = channels};
}

// One mono sample from one format to another; the result's bytes as one big-endian-looking number
// in the order of the file would be hard to read, so: as a left-justified integer.
static int32_t through(enum mjs_format from, const void *sample, enum mjs_format to, float gain) {
    struct mjs_spec in = spec_of(from, 1);
    struct mjs_spec out = spec_of(to, 1);
    uint8_t bytes[4];
    mjs_convert_frames(&in, sample, &out, bytes, 1, gain);
    return mjs_convert_sample_to_s32(to, bytes);
}

static void put_f32(float value, uint8_t out[4]) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(bits >> (8 * i));
}

static int32_t from_f32(float value, enum mjs_format to) {
    uint8_t sample[4];
    put_f32(value, sample);
    return through(MJS_FORMAT_F32_LE, sample, to, MJS_GAIN_UNITY);
}

static void test_possible(void) {
    struct mjs_spec mono = spec_of(MJS_FORMAT_S16_LE, 1);
    struct mjs_spec stereo = spec_of(MJS_FORMAT_S32_LE, 2);
    struct mjs_spec eight = spec_of(MJS_FORMAT_F32_LE, MJS_CHANNELS_MAX);
    struct mjs_spec other = mono;
    CHECK(mjs_convert_possible(&mono, &mono));
    CHECK(mjs_convert_possible(&mono, &stereo));
    CHECK(mjs_convert_possible(&stereo, &mono));
    CHECK(mjs_convert_possible(&eight, &mono));
    CHECK(mjs_convert_possible(&mono, &eight));
    CHECK(!mjs_convert_possible(&eight, &stereo));
    CHECK(!mjs_convert_possible(&stereo, &eight));
    other.rate_hz = 44100;
    CHECK(!mjs_convert_possible(&mono, &other));
    other = spec_of(MJS_FORMAT_NONE, 1);
    CHECK(!mjs_convert_possible(&mono, &other));
    CHECK(!mjs_convert_possible(&other, &mono));
    other = spec_of(MJS_FORMAT_S8, 0);
    CHECK(!mjs_convert_possible(&mono, &other));
    other = spec_of(MJS_FORMAT_S8, MJS_CHANNELS_MAX + 1);
    CHECK(!mjs_convert_possible(&mono, &other));
}

// The samples' layout in bytes, written out by hand.
static void test_sample_layouts(void) {
    static const struct {
        enum mjs_format format;
        const char *bytes;
        int32_t left_justified;
    } cases[] = {
        {MJS_FORMAT_S8, "\x7f", 0x7f000000},
        {MJS_FORMAT_S8, "\x80", INT32_MIN},
        {MJS_FORMAT_U8, "\x80", 0},
        {MJS_FORMAT_U8, "\x00", INT32_MIN},
        {MJS_FORMAT_U8, "\xff", 0x7f000000},
        {MJS_FORMAT_S16_LE, "\x34\x12", 0x12340000},
        {MJS_FORMAT_S16_BE, "\x12\x34", 0x12340000},
        {MJS_FORMAT_S16_LE, "\xff\xff", -0x10000},
        {MJS_FORMAT_U16_LE, "\x34\x92", 0x12340000},
        {MJS_FORMAT_U16_BE, "\x92\x34", 0x12340000},
        {MJS_FORMAT_U16_LE, "\xff\x7f", -0x10000},
        {MJS_FORMAT_S24_3LE, "\x56\x34\x12", 0x12345600},
        {MJS_FORMAT_S24_3LE, "\xff\xff\xff", -0x100},
        {MJS_FORMAT_S32_LE, "\x78\x56\x34\x12", 0x12345678},
        {MJS_FORMAT_S32_BE, "\x12\x34\x56\x78", 0x12345678},
        {MJS_FORMAT_U32_LE, "\x78\x56\x34\x92", 0x12345678},
        {MJS_FORMAT_U32_BE, "\x92\x34\x56\x78", 0x12345678},
        {MJS_FORMAT_F32_LE, "\x00\x00\x00\x3f", 0x40000000}, // 0.5
        {MJS_FORMAT_F32_LE, "\x00\x00\x80\xbf", INT32_MIN},  // -1
        {MJS_FORMAT_F32_LE, "\x00\x00\x80\x3f", INT32_MAX},  // 1: saturates
        {MJS_FORMAT_F32_LE, "\x00\x00\xc0\x7f", 0},          // NaN
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint8_t *bytes = (const uint8_t *)cases[i].bytes;
        CHECK_EQ_INT(mjs_convert_sample_to_s32(cases[i].format, bytes), cases[i].left_justified);
    }
    CHECK(mjs_convert_sample_to_f32(MJS_FORMAT_S16_LE, (const uint8_t *)"\x00\x40") == 0.5f);
    CHECK(mjs_convert_sample_to_f32(MJS_FORMAT_S16_BE, (const uint8_t *)"\x80\x00") == -1.0f);
    CHECK(mjs_convert_sample_to_f32(MJS_FORMAT_U8, (const uint8_t *)"\xc0") == 0.5f);
    CHECK(mjs_convert_sample_to_f32(MJS_FORMAT_F32_LE, (const uint8_t *)"\x00\x00\x00\x40") == 2.f);
}

// Every 16-bit value goes into every format that is as wide and comes back; the other way the
// top bits of many values stay.
static void test_round_trips(void) {
    for (int from = 1; from < MJS_FORMAT_COUNT; from++) {
        for (int to = 1; to < MJS_FORMAT_COUNT; to++) {
            struct mjs_spec in = spec_of((enum mjs_format)from, 1);
            struct mjs_spec out = spec_of((enum mjs_format)to, 1);
            struct mjs_spec base = spec_of(MJS_FORMAT_S16_LE, 1);
            unsigned bits = mjs_format_bits(in.format) < mjs_format_bits(out.format)
                                ? mjs_format_bits(in.format)
                                : mjs_format_bits(out.format);
            uint64_t wrong = 0;
            for (int value = INT16_MIN; value <= INT16_MAX; value++) {
                // 8 bits cannot hold the low byte: only multiples of 256 come through exactly.
                int exact = bits == 8 ? value & ~0xFF : value;
                uint8_t raw[2] = {(uint8_t)exact, (uint8_t)((unsigned)exact >> 8)};
                uint8_t first[4];
                uint8_t second[4];
                uint8_t back[2];
                mjs_convert_frames(&base, raw, &in, first, 1, MJS_GAIN_UNITY);
                mjs_convert_frames(&in, first, &out, second, 1, MJS_GAIN_UNITY);
                mjs_convert_frames(&out, second, &base, back, 1, MJS_GAIN_UNITY);
                wrong += memcmp(raw, back, 2) != 0;
            }
            if (!CHECK_EQ_UINT(wrong, 0))
                fprintf(stderr, "  %s to %s\n", mjs_format_name(in.format),
                        mjs_format_name(out.format));
        }
    }
}

static int32_t narrow_s32(int32_t value, enum mjs_format to) {
    uint8_t sample[4];
    for (int i = 0; i < 4; i++)
        sample[i] = (uint8_t)((uint32_t)value >> (8 * i));
    return through(MJS_FORMAT_S32_LE, sample, to, MJS_GAIN_UNITY);
}

static void test_narrowing(void) {
    CHECK_EQ_INT(narrow_s32(0x12347FFF, MJS_FORMAT_S16_LE), 0x12340000);
    CHECK_EQ_INT(narrow_s32(0x12348000, MJS_FORMAT_S16_LE), 0x12350000); // half goes up
    CHECK_EQ_INT(narrow_s32(-0x8000, MJS_FORMAT_S16_LE), 0);             // also from below zero
    CHECK_EQ_INT(narrow_s32(-0x8001, MJS_FORMAT_S16_LE), -0x10000);
    CHECK_EQ_INT(narrow_s32(INT32_MAX, MJS_FORMAT_S16_LE), 0x7FFF0000); // saturates
    CHECK_EQ_INT(narrow_s32(INT32_MAX, MJS_FORMAT_U16_BE), 0x7FFF0000);
    CHECK_EQ_INT(narrow_s32(INT32_MAX, MJS_FORMAT_S24_3LE), 0x7FFFFF00);
    CHECK_EQ_INT(narrow_s32(INT32_MAX, MJS_FORMAT_U8), 0x7F000000);
    CHECK_EQ_INT(narrow_s32(INT32_MIN, MJS_FORMAT_S8), INT32_MIN);
    CHECK_EQ_INT(narrow_s32(0x00800000, MJS_FORMAT_S8), 0x01000000);
    CHECK_EQ_INT(narrow_s32(0x007FFFFF, MJS_FORMAT_U8), 0);
}

static void test_float(void) {
    CHECK_EQ_INT(from_f32(0.5f, MJS_FORMAT_S16_LE), 0x40000000);
    CHECK_EQ_INT(from_f32(1.0f, MJS_FORMAT_S16_LE), 0x7FFF0000);
    CHECK_EQ_INT(from_f32(-1.0f, MJS_FORMAT_S16_LE), INT32_MIN);
    CHECK_EQ_INT(from_f32(7.0f, MJS_FORMAT_U32_BE), INT32_MAX);
    CHECK_EQ_INT(from_f32(-7.0f, MJS_FORMAT_S8), INT32_MIN);
    CHECK_EQ_INT(from_f32(INFINITY, MJS_FORMAT_S16_LE), 0x7FFF0000);
    CHECK_EQ_INT(from_f32(-INFINITY, MJS_FORMAT_S32_LE), INT32_MIN);
    CHECK_EQ_INT(from_f32(NAN, MJS_FORMAT_S16_LE), 0);
    CHECK_EQ_INT(from_f32(NAN, MJS_FORMAT_U8), 0);
    CHECK_EQ_INT(from_f32(0.5f / 32768, MJS_FORMAT_S16_LE), 0x10000);
    CHECK_EQ_INT(from_f32(0.49999f / 32768, MJS_FORMAT_S16_LE), 0);
    CHECK_EQ_INT(from_f32(-0.5f / 32768, MJS_FORMAT_S16_LE), 0);
    CHECK_EQ_INT(from_f32(-0.50001f / 32768, MJS_FORMAT_S16_LE), -0x10000);
    // 24 bits go through a float and back.
    struct mjs_spec s24 = spec_of(MJS_FORMAT_S24_3LE, 1);
    struct mjs_spec f32 = spec_of(MJS_FORMAT_F32_LE, 1);
    uint64_t wrong = 0;
    for (uint32_t value = 0; value < 1u << 24; value += 13) {
        uint8_t in[3] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16)};
        uint8_t middle[4];
        uint8_t out[3];
        mjs_convert_frames(&s24, in, &f32, middle, 1, MJS_GAIN_UNITY);
        mjs_convert_frames(&f32, middle, &s24, out, 1, MJS_GAIN_UNITY);
        wrong += memcmp(in, out, 3) != 0;
    }
    CHECK_EQ_UINT(wrong, 0);
}

static void test_plain_copy_keeps_every_bit(void) {
    struct mjs_spec f32 = spec_of(MJS_FORMAT_F32_LE, 2);
    uint8_t out[9];
    const char *in = "\x01\x00\xa0\x7f\x00\x00\x80\xff"; // a signalling NaN, -infinity
    memset(out, 0x55, sizeof out);
    mjs_convert_frames(&f32, in, &f32, out, 1, MJS_GAIN_UNITY);
    CHECK_BYTES(out, in, 8);
    CHECK_EQ_UINT(out[8], 0x55);
    mjs_convert_frames(&f32, in, &f32, out, 0, 0.5f);
    CHECK_BYTES(out, in, 8);
}

static void test_channels(void) {
    struct mjs_spec mono = spec_of(MJS_FORMAT_S16_LE, 1);
    struct mjs_spec stereo = spec_of(MJS_FORMAT_S16_LE, 2);
    struct mjs_spec stereo32 = spec_of(MJS_FORMAT_S32_LE, 2);
    struct mjs_spec six = spec_of(MJS_FORMAT_U8, 6);
    struct mjs_spec six_mono = spec_of(MJS_FORMAT_U8, 1);
    uint8_t out[16];
    mjs_convert_frames(&mono, "\x34\x12\xcc\xed", &stereo, out, 2, MJS_GAIN_UNITY);
    CHECK_BYTES(out, "\x34\x12\x34\x12\xcc\xed\xcc\xed", 8);
    // (1 + 2) / 2 rounds up; (-1 + -2) / 2 = -1.5 as well; extremes do not overflow.
    mjs_convert_frames(&stereo, "\x01\0\x02\0\xff\xff\xfe\xff\xff\x7f\xff\x7f\0\x80\0\x80", &mono,
                       out, 4, MJS_GAIN_UNITY);
    CHECK_BYTES(out, "\x02\0\xff\xff\xff\x7f\0\x80", 8);
    // One rounding only: the average of 0x4000 and 0xbfff of 2^16 is just below a half.
    mjs_convert_frames(&stereo32, "\0\x40\0\0\xff\xbf\0\0", &mono, out, 1, MJS_GAIN_UNITY);
    CHECK_BYTES(out, "\0\0", 2);
    mjs_convert_frames(&stereo32, "\0\x40\0\0\0\xc0\0\0", &mono, out, 1, MJS_GAIN_UNITY);
    CHECK_BYTES(out, "\x01\0", 2);
    mjs_convert_frames(&mono, "\x34\x12", &stereo32, out, 1, MJS_GAIN_UNITY);
    CHECK_BYTES(out, "\0\0\x34\x12\0\0\x34\x12", 8);
    mjs_convert_frames(&six, "\x80\x81\x82\x83\x84\x85", &six_mono, out, 1, MJS_GAIN_UNITY);
    CHECK_EQ_UINT(out[0], 0x83); // 2.5 above the middle
}

static void test_gain(void) {
    struct mjs_spec mono = spec_of(MJS_FORMAT_S16_LE, 1);
    struct mjs_spec u8 = spec_of(MJS_FORMAT_U8, 1);
    struct mjs_spec f32 = spec_of(MJS_FORMAT_F32_LE, 1);
    uint8_t out[8];
    mjs_convert_frames(&mono, "\x64\0\x9c\xff\x03\0\0\x80", &mono, out, 4, 0.5f);
    CHECK_BYTES(out, "\x32\0\xce\xff\x02\0\0\xc0", 8);
    mjs_convert_frames(&mono, "\0\x60\0\xa0", &mono, out, 2, 2.0f);
    CHECK_BYTES(out, "\xff\x7f\0\x80", 4); // saturates
    mjs_convert_frames(&u8, "\xff\x00\x12", &u8, out, 3, 0.0f);
    CHECK_BYTES(out, "\x80\x80\x80", 3);
    mjs_convert_frames(&f32, "\x00\x00\x80\x7f\x00\x00\xc0\x7f", &f32, out, 2, 0.0f);
    CHECK_BYTES(out, "\0\0\0\0\0\0\0\0", 8); // infinity and NaN too
}

// The quick ways against what they must equal: the average of two, every format of the same width.
static void test_quick_ways_agree(void) {
    static uint8_t in[65536 * 4];
    static uint8_t quick[65536 * 4];
    static uint8_t general[65536 * 4];
    struct mjs_spec f32 = spec_of(MJS_FORMAT_F32_LE, 1);
    struct mjs_spec mono = spec_of(MJS_FORMAT_S16_LE, 1);
    struct mjs_spec stereo = spec_of(MJS_FORMAT_S16_LE, 2);
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof in; i++) {
        state = state * 1664525 + 1013904223;
        in[i] = (uint8_t)(state >> 24);
    }
    mjs_convert_frames(&stereo, in, &mono, quick, 65536, MJS_GAIN_UNITY);
    mjs_convert_frames(&stereo, in, &f32, general, 65536, MJS_GAIN_UNITY);
    uint64_t wrong = 0;
    for (size_t i = 0; i < 65536; i++) {
        // The float average is exact for 16 bits: one rounding, halves up.
        double average = (double)mjs_convert_sample_to_f32(MJS_FORMAT_F32_LE, general + i * 4);
        double rounded = floor(average * 32768 + 0.5);
        wrong += rounded * 65536 != mjs_convert_sample_to_s32(MJS_FORMAT_S16_LE, quick + i * 2);
    }
    CHECK_EQ_UINT(wrong, 0);
    for (int from = 1; from < MJS_FORMAT_COUNT; from++) {
        for (int to = 1; to < MJS_FORMAT_COUNT; to++) {
            struct mjs_spec a = spec_of((enum mjs_format)from, 2);
            struct mjs_spec b = spec_of((enum mjs_format)to, 2);
            if (mjs_format_bits(a.format) != mjs_format_bits(b.format) ||
                mjs_format_is_float(a.format) || mjs_format_is_float(b.format))
                continue;
            wrong = 0;
            mjs_convert_frames(&a, in, &b, quick, 8192, MJS_GAIN_UNITY);
            for (size_t i = 0; i < 16384; i++) {
                size_t at = i * (mjs_format_bits(a.format) / 8);
                wrong += mjs_convert_sample_to_s32(a.format, in + at) !=
                         mjs_convert_sample_to_s32(b.format, quick + at);
            }
            CHECK_EQ_UINT(wrong, 0);
        }
    }
}

// Long blocks are done in passes: nothing is lost or repeated where two meet.
static void test_long_blocks(void) {
    enum { FRAMES = 1111 };
    static int16_t in[FRAMES * 2];
    static uint8_t out[FRAMES * 3 + 1];
    struct mjs_spec stereo = spec_of(MJS_FORMAT_S16_LE, 2);
    struct mjs_spec mono24 = spec_of(MJS_FORMAT_S24_3LE, 1);
    for (int i = 0; i < FRAMES; i++) {
        in[i * 2] = (int16_t)(i * 29);
        in[i * 2 + 1] = (int16_t)(i * 29 - 12000);
    }
    out[FRAMES * 3] = 0x55;
    mjs_convert_frames(&stereo, in, &mono24, out, FRAMES, MJS_GAIN_UNITY);
    uint64_t wrong = 0;
    for (int i = 0; i < FRAMES; i++) {
        int32_t expected = (in[i * 2] + in[i * 2 + 1]) * 128 * 256;
        wrong += mjs_convert_sample_to_s32(MJS_FORMAT_S24_3LE, out + i * 3) != expected;
    }
    CHECK_EQ_UINT(wrong, 0);
    CHECK_EQ_UINT(out[FRAMES * 3], 0x55);
}

int main(void) {
    test_possible();
    test_sample_layouts();
    test_round_trips();
    test_narrowing();
    test_float();
    test_plain_copy_keeps_every_bit();
    test_channels();
    test_gain();
    test_quick_ways_agree();
    test_long_blocks();
    return check_report();
}

// SPDX-License-Identifier: MIT
// Formats: facts, names, and the exact conversions between frames, bytes and milliseconds.
#include "../../../modules/audio/format.h"

#include "../../support/check.h"

static void test_facts(void) {
    // MaixPy's numbers: scripts hold them.
    CHECK_EQ_INT(MJS_FORMAT_S16_LE, 2);
    CHECK_EQ_INT(MJS_FORMAT_U32_BE, 10);
    static const struct {
        enum mjs_format format;
        const char *name;
        unsigned bits;
        bool big_endian, is_unsigned, is_float;
    } expected[] = {
        {MJS_FORMAT_NONE, "NONE", 0, false, false, false},
        {MJS_FORMAT_S8, "S8", 8, false, false, false},
        {MJS_FORMAT_S16_LE, "S16_LE", 16, false, false, false},
        {MJS_FORMAT_S32_LE, "S32_LE", 32, false, false, false},
        {MJS_FORMAT_S16_BE, "S16_BE", 16, true, false, false},
        {MJS_FORMAT_S32_BE, "S32_BE", 32, true, false, false},
        {MJS_FORMAT_U8, "U8", 8, false, true, false},
        {MJS_FORMAT_U16_LE, "U16_LE", 16, false, true, false},
        {MJS_FORMAT_U32_LE, "U32_LE", 32, false, true, false},
        {MJS_FORMAT_U16_BE, "U16_BE", 16, true, true, false},
        {MJS_FORMAT_U32_BE, "U32_BE", 32, true, true, false},
        {MJS_FORMAT_S24_3LE, "S24_3LE", 24, false, false, false},
        {MJS_FORMAT_F32_LE, "F32_LE", 32, false, false, true},
    };
    CHECK_EQ_UINT(sizeof expected / sizeof expected[0], MJS_FORMAT_COUNT);
    for (size_t i = 0; i < MJS_FORMAT_COUNT; i++) {
        enum mjs_format format = expected[i].format;
        CHECK_EQ_INT(format, i);
        CHECK_EQ_INT(mjs_format_valid((int)format), i > 0);
        CHECK_EQ_STR(mjs_format_name(format), expected[i].name);
        CHECK_EQ_UINT(mjs_format_bits(format), expected[i].bits);
        CHECK_EQ_INT(mjs_format_is_big_endian(format), expected[i].big_endian);
        CHECK_EQ_INT(mjs_format_is_unsigned(format), expected[i].is_unsigned);
        CHECK_EQ_INT(mjs_format_is_float(format), expected[i].is_float);
        CHECK_EQ_INT(mjs_format_from_name(expected[i].name, strlen(expected[i].name)), format);
    }
    CHECK(!mjs_format_valid(-1));
    CHECK(!mjs_format_valid(MJS_FORMAT_COUNT));
    CHECK_EQ_INT(mjs_format_from_name("S16_LEX", 6), MJS_FORMAT_S16_LE); // the length counts
    CHECK_EQ_INT(mjs_format_from_name("S16_LEX", 7), MJS_FORMAT_NONE);
    CHECK_EQ_INT(mjs_format_from_name("S16", 3), MJS_FORMAT_NONE);
    CHECK_EQ_INT(mjs_format_from_name("s16_le", 6), MJS_FORMAT_NONE);
    CHECK_EQ_INT(mjs_format_from_name("", 0), MJS_FORMAT_NONE);
}

static void test_bytes(void) {
    struct mjs_spec s24 = {MJS_FORMAT_S24_3LE, 48000, 2};
    struct mjs_spec u8 = {MJS_FORMAT_U8, 8000, 1};
    struct mjs_spec none = {MJS_FORMAT_NONE, 8000, 2};
    size_t bytes = 4711;
    CHECK_EQ_UINT(mjs_format_frame_bytes(&s24), 6);
    CHECK_EQ_UINT(mjs_format_frame_bytes(&u8), 1);
    CHECK_EQ_UINT(mjs_format_frame_bytes(&none), 0);
    CHECK(mjs_format_frames_to_bytes(&s24, 48000, &bytes));
    CHECK_EQ_UINT(bytes, 288000);
    CHECK(mjs_format_frames_to_bytes(&u8, INT64_MAX, &bytes));
    CHECK_EQ_UINT(bytes, INT64_MAX);
    CHECK(!mjs_format_frames_to_bytes(&u8, (uint64_t)INT64_MAX + 1, &bytes));
    CHECK(!mjs_format_frames_to_bytes(&s24, UINT64_MAX / 2, &bytes));
    CHECK(!mjs_format_frames_to_bytes(&s24, INT64_MAX / 6 + 1, &bytes));
    CHECK_EQ_UINT(bytes, INT64_MAX); // untouched by the failures
    CHECK_EQ_UINT(mjs_format_bytes_to_frames(&s24, 12), 2);
    CHECK_EQ_UINT(mjs_format_bytes_to_frames(&s24, 17), 2);
    CHECK_EQ_UINT(mjs_format_bytes_to_frames(&s24, UINT64_MAX), UINT64_MAX / 6);
}

static void test_whole_ms(void) {
    CHECK_EQ_UINT(mjs_format_ms_to_frames(48000, 0), 0);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(48000, 50), 2400);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(48000, 3000), 144000);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(48000, 90000), 4320000); // more than 32 bits of ms * rate
    CHECK_EQ_UINT(mjs_format_ms_to_frames(11025, 1), 11);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(11025, 999), 11013);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(11025, 3), 33);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(44100, 25 * 3600 * 1000.0), UINT64_C(3969000000));
    // floor((2^53 - 1) * 384000 / 1000) and with a rate that does not divide.
    CHECK_EQ_UINT(mjs_format_ms_to_frames(384000, MJS_MS_MAX), UINT64_C(3458764513820540544));
    CHECK_EQ_UINT(mjs_format_ms_to_frames(44100, MJS_MS_MAX), UINT64_C(397217487134077703));
    // Against 128 bits: nothing is rounded up where a frame is 999/1000 complete.
    __extension__ typedef unsigned __int128 wide;
    static const uint32_t rates[] = {1000, 8000, 11025, 22050, 44100, 48000, 88200, 383999, 384000};
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        uint64_t wrong = 0;
        for (uint64_t ms = 0; ms < 20000; ms++)
            wrong += mjs_format_ms_to_frames(rates[r], (double)ms) != ms * rates[r] / 1000;
        for (uint64_t ms = 1; ms <= (uint64_t)MJS_MS_MAX; ms = ms * 3 + 1) {
            uint64_t frames = (uint64_t)((wide)ms * rates[r] / 1000);
            wrong += mjs_format_ms_to_frames(rates[r], (double)ms) != frames;
        }
        CHECK_EQ_UINT(wrong, 0);
    }
}

static void test_fractional_ms(void) {
    CHECK_EQ_UINT(mjs_format_ms_to_frames(10000, 0.1), 1);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(10000, 0.3), 3); // 0.3 is below 3/10
    CHECK_EQ_UINT(mjs_format_ms_to_frames(10000, 0.29), 2);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(10000, 0.09999), 0);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(48000, 20.833333333333332), 1000);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(48000, 20.8333), 999);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(44100, 22.675736961451246), 1000);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(48000, 1e-9), 0);
    CHECK_EQ_UINT(mjs_format_ms_to_frames(48000, 3600000.5), 172800024);
    // Every tenth of a millisecond, and the length of every single frame count, comes back.
    uint64_t wrong = 0;
    for (uint64_t tenths = 0; tenths < 200000; tenths++)
        wrong += mjs_format_ms_to_frames(48000, (double)tenths / 10.0) != tenths * 48 / 10;
    CHECK_EQ_UINT(wrong, 0);
    for (uint64_t frames = 0; frames < 200000; frames++)
        wrong += mjs_format_ms_to_frames(44100, mjs_format_frames_to_ms(44100, frames)) != frames;
    CHECK_EQ_UINT(wrong, 0);
}

static void test_frames_to_ms(void) {
    CHECK(mjs_format_frames_to_ms(48000, 0) == 0.0);
    CHECK(mjs_format_frames_to_ms(48000, 24) == 0.5);
    CHECK(mjs_format_frames_to_ms(48000, 4320000) == 90000.0);
    CHECK(mjs_format_frames_to_ms(1000, UINT64_C(9007199254740991)) == 9007199254740991.0);
}

static void test_silence(void) {
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 8000, 2};
    uint8_t out[9];
    memset(out, 0x55, sizeof out);
    mjs_format_silence(&spec, out, 2);
    CHECK_BYTES(out, "\0\0\0\0\0\0\0\0\x55", 9);
    spec.format = MJS_FORMAT_U16_LE;
    mjs_format_silence(&spec, out, 2);
    CHECK_BYTES(out, "\0\x80\0\x80\0\x80\0\x80\x55", 9);
    spec.format = MJS_FORMAT_U16_BE;
    mjs_format_silence(&spec, out, 2);
    CHECK_BYTES(out, "\x80\0\x80\0\x80\0\x80\0\x55", 9);
    spec.format = MJS_FORMAT_U32_LE;
    mjs_format_silence(&spec, out, 1);
    CHECK_BYTES(out, "\0\0\0\x80\0\0\0\x80\x55", 9);
    spec.format = MJS_FORMAT_U32_BE;
    mjs_format_silence(&spec, out, 1);
    CHECK_BYTES(out, "\x80\0\0\0\x80\0\0\0\x55", 9);
    spec.format = MJS_FORMAT_U8;
    mjs_format_silence(&spec, out, 4);
    CHECK_BYTES(out, "\x80\x80\x80\x80\x80\x80\x80\x80\x55", 9);
    mjs_format_silence(&spec, out, 0);
    spec.format = MJS_FORMAT_F32_LE;
    spec.channels = 1;
    mjs_format_silence(&spec, out, 1);
    CHECK_BYTES(out, "\0\0\0\0\x80\x80\x80\x80\x55", 9);
}

int main(void) {
    test_facts();
    test_bytes();
    test_whole_ms();
    test_fractional_ms();
    test_frames_to_ms();
    test_silence();
    return check_report();
}

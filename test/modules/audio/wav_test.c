// SPDX-License-Identifier: MIT
// The WAV header, byte for byte.
#include "../../../modules/audio/wav.h"

#include "../../support/check.h"

static uint32_t u32_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

// Builds behind a guard, so that a header that is too long shows.
static void check_header(const struct mjs_spec *spec, uint64_t data_bytes, const uint8_t *expected,
                         size_t expected_bytes) {
    uint8_t header[MJS_WAV_HEADER_BYTES_MAX + 8];
    memset(header, 0x55, sizeof header);
    CHECK_EQ_UINT(mjs_wav_header_bytes(spec), expected_bytes);
    CHECK_EQ_UINT(mjs_wav_build_header(spec, data_bytes, header), expected_bytes);
    CHECK_BYTES(header, expected, expected_bytes);
    for (size_t i = expected_bytes; i < sizeof header; i++)
        CHECK_EQ_UINT(header[i], 0x55);
}

// The example of the WAVE article: 44100 Hz, mono, 16 bit, 317520 bytes of samples.
static void test_article_example(void) {
    static const uint8_t expected[44] = {
        0x52, 0x49, 0x46, 0x46, 0x74, 0xd8, 0x04, 0x00, 0x57, 0x41, 0x56, 0x45, 0x66, 0x6d, 0x74,
        0x20, 0x10, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x44, 0xac, 0x00, 0x00, 0x88, 0x58,
        0x01, 0x00, 0x02, 0x00, 0x10, 0x00, 0x64, 0x61, 0x74, 0x61, 0x50, 0xd8, 0x04, 0x00};
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 44100, 1};
    check_header(&spec, 317520, expected, sizeof expected);
    CHECK_EQ_UINT(mjs_wav_header_bytes(&spec) + 317520, 317564);
    // What is stored is the same for the formats that are swapped or shifted on the way.
    spec.format = MJS_FORMAT_S16_BE;
    check_header(&spec, 317520, expected, sizeof expected);
    spec.format = MJS_FORMAT_U16_BE;
    check_header(&spec, 317520, expected, sizeof expected);
}

static void test_canonical_8_bit_odd(void) {
    static const uint8_t expected[44] = {
        'R', 'I', 'F',  'F',  0x28, 0,   0,   0, // 36 + 3 + pad byte
        'W', 'A', 'V',  'E',  'f',  'm', 't', ' ', 16, 0, 0,   0,   1,   0,   1, 0, 0x40, 0x1f,
        0,   0,   0x40, 0x1f, 0,    0,   1,   0,   8,  0, 'd', 'a', 't', 'a', 3, 0, 0,    0};
    struct mjs_spec spec = {MJS_FORMAT_U8, 8000, 1};
    check_header(&spec, 3, expected, sizeof expected);
    spec.format = MJS_FORMAT_S8;
    check_header(&spec, 3, expected, sizeof expected);
}

static void test_no_frames(void) {
    uint8_t header[MJS_WAV_HEADER_BYTES_MAX];
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 2};
    CHECK_EQ_UINT(mjs_wav_build_header(&spec, 0, header), 44);
    CHECK_EQ_UINT(u32_at(header + 4), 36);
    CHECK_EQ_UINT(u32_at(header + 40), 0);
}

static void test_extensible_24_bit_stereo(void) {
    static const uint8_t expected[68] = {
        'R', 'I', 'F', 'F', 0x48, 0, 0, 0, // 60 + 12
        'W', 'A', 'V', 'E', 'f', 'm', 't', ' ', 40, 0, 0, 0, 0xfe, 0xff, 2, 0, 0x80, 0xbb, 0, 0,
        0x00, 0x65, 0x04, 0x00,                // 48000 Hz, 288000
                                               // bytes/s
        6, 0, 24, 0, 22, 0, 24, 0, 3, 0, 0, 0, // block, bits, cbSize, valid bits, mask
        1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71, // PCM
        'd', 'a', 't', 'a', 12, 0, 0, 0};
    struct mjs_spec spec = {MJS_FORMAT_S24_3LE, 48000, 2};
    check_header(&spec, 12, expected, sizeof expected);
}

static void test_extensible_float_mono(void) {
    static const uint8_t expected[80] = {
        'R', 'I', 'F',  'F',  0x5c, 0,   0,    0, // 72 + 20
        'W', 'A', 'V',  'E',  'f',  'm', 't',  ' ',  40, 0,    0, 0,    0xfe, 0xff,
        1,   0,   0x80, 0x3e, 0,    0,   0x00, 0xfa, 0,  0, // 16000 Hz, 64000 bytes/s
        4,   0,   32,   0,    22,   0,   32,   0,    4,  0,    0, 0,    3,    0,
        0,   0,   0,    0,    0x10, 0,   0x80, 0,    0,  0xaa, 0, 0x38, 0x9b, 0x71, // IEEE float
        'f', 'a', 'c',  't',  4,    0,   0,    0,    5,  0,    0, 0,                // 5 frames
        'd', 'a', 't',  'a',  20,   0,   0,    0};
    struct mjs_spec spec = {MJS_FORMAT_F32_LE, 16000, 1};
    check_header(&spec, 20, expected, sizeof expected);
}

static void test_masks_and_kinds(void) {
    uint8_t header[MJS_WAV_HEADER_BYTES_MAX];
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 3}; // 16 bit, but more than 2 channels
    CHECK_EQ_UINT(mjs_wav_build_header(&spec, 0, header), 68);
    CHECK_EQ_UINT(u32_at(header + 40), 0);
    spec = (struct mjs_spec){MJS_FORMAT_S32_BE, 48000, 1};
    CHECK_EQ_UINT(mjs_wav_build_header(&spec, 0, header), 68);
    CHECK_EQ_UINT(u32_at(header + 40), 4);
    spec = (struct mjs_spec){MJS_FORMAT_U8, 48000, 8};
    CHECK_EQ_UINT(mjs_wav_build_header(&spec, 8, header), 68);
    spec = (struct mjs_spec){MJS_FORMAT_U8, 48000, 2};
    CHECK_EQ_UINT(mjs_wav_build_header(&spec, 8, header), 44);
    // The fact chunk counts frames, not samples.
    spec = (struct mjs_spec){MJS_FORMAT_F32_LE, 48000, 2};
    CHECK_EQ_UINT(mjs_wav_build_header(&spec, 800, header), 80);
    CHECK_EQ_UINT(u32_at(header + 68), 100);
}

static void test_stored_formats(void) {
    static const enum mjs_format stored[MJS_FORMAT_COUNT] = {
        MJS_FORMAT_NONE,   MJS_FORMAT_U8,     MJS_FORMAT_S16_LE, MJS_FORMAT_S32_LE,
        MJS_FORMAT_S16_LE, MJS_FORMAT_S32_LE, MJS_FORMAT_U8,     MJS_FORMAT_S16_LE,
        MJS_FORMAT_S32_LE, MJS_FORMAT_S16_LE, MJS_FORMAT_S32_LE, MJS_FORMAT_S24_3LE,
        MJS_FORMAT_F32_LE,
    };
    for (int format = 0; format < MJS_FORMAT_COUNT; format++)
        CHECK_EQ_INT(mjs_wav_stored_format((enum mjs_format)format), stored[format]);
}

// At the limit the file is still one that FAT32 takes, of whole frames; one more would not fit.
static void test_limit(void) {
    for (int format = 1; format < MJS_FORMAT_COUNT; format++) {
        for (uint32_t channels = 1; channels <= MJS_CHANNELS_MAX; channels++) {
            struct mjs_spec spec = {(enum mjs_format)format, 48000, channels};
            uint64_t most = mjs_wav_data_bytes_max(&spec);
            uint64_t frame_bytes = mjs_format_frame_bytes(&spec);
            uint64_t others = mjs_wav_header_bytes(&spec);
            uint8_t header[MJS_WAV_HEADER_BYTES_MAX];
            CHECK_EQ_UINT(most % frame_bytes, 0);
            CHECK(others + most + most % 2 <= UINT32_MAX);
            CHECK(others + most + frame_bytes + 1 >= UINT32_MAX);
            size_t header_bytes = mjs_wav_build_header(&spec, most, header);
            CHECK_EQ_UINT(u32_at(header + 4), others - 8 + most + most % 2);
            CHECK_EQ_UINT(u32_at(header + header_bytes - 4), most);
        }
    }
}

int main(void) {
    test_article_example();
    test_canonical_8_bit_odd();
    test_no_frames();
    test_extensible_24_bit_stereo();
    test_extensible_float_mono();
    test_masks_and_kinds();
    test_stored_formats();
    test_limit();
    return check_report();
}

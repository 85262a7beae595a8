// SPDX-License-Identifier: MIT
// Levels: silence, full scale, a sine's 3 dB, all formats, NaN.
#include "../../../modules/audio/level.h"

#include <math.h>

#include "../../../modules/audio/convert.h"
#include "../../support/check.h"

#define SAMPLES 4800
#define CLOSE_DB 0.01

static void check_level(struct mjs_level level, double peak_dbfs, double rms_dbfs,
                        double close_db) {
    CHECK(fabs(level.peak_dbfs - peak_dbfs) <= close_db);
    CHECK(fabs(level.rms_dbfs - rms_dbfs) <= close_db);
}

static void check_silent(struct mjs_level level) {
    CHECK(isinf(level.peak_dbfs) && level.peak_dbfs < 0);
    CHECK(isinf(level.rms_dbfs) && level.rms_dbfs < 0);
}

static void test_silence(void) {
    static uint8_t silence[SAMPLES * 4];
    for (int format = 1; format < MJS_FORMAT_COUNT; format++) {
        struct mjs_spec spec = {(enum mjs_format)format, 48000, 1};
        mjs_format_silence(&spec, silence, SAMPLES);
        check_silent(mjs_level_measure(spec.format, silence, SAMPLES));
        check_silent(mjs_level_measure(spec.format, silence, 0));
    }
}

// A sine at half of full scale: peak -6.02 dB, RMS another 3.01 dB below, in every format.
static void test_sine(void) {
    static uint8_t sine[SAMPLES * 4];
    static uint8_t converted[SAMPLES * 4];
    struct mjs_spec f32 = {MJS_FORMAT_F32_LE, 48000, 1};
    for (int i = 0; i < SAMPLES; i++) {
        float value = (float)(0.5 * sin(2 * 3.14159265358979323846 * i / 48));
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        for (int byte = 0; byte < 4; byte++)
            sine[i * 4 + byte] = (uint8_t)(bits >> (8 * byte));
    }
    for (int format = 1; format < MJS_FORMAT_COUNT; format++) {
        struct mjs_spec spec = {(enum mjs_format)format, 48000, 1};
        mjs_convert_frames(&f32, sine, &spec, converted, SAMPLES, MJS_GAIN_UNITY);
        double close_db = mjs_format_bits(spec.format) == 8 ? 0.1 : CLOSE_DB;
        check_level(mjs_level_measure(spec.format, converted, SAMPLES), -6.0206, -9.0309, close_db);
    }
}

static void test_full_scale(void) {
    // Squares: peak and RMS are both 0 dBFS.
    check_level(mjs_level_measure(MJS_FORMAT_S16_LE, "\0\x80\xff\x7f", 2), 0, 0, 0.001);
    check_level(mjs_level_measure(MJS_FORMAT_S16_BE, "\x80\0\x80\0", 2), 0, 0, 0);
    check_level(mjs_level_measure(MJS_FORMAT_U8, "\0\0\0", 3), 0, 0, 0);
    // A float may be above full scale, and the meter says so.
    check_level(mjs_level_measure(MJS_FORMAT_F32_LE, "\0\0\0\x40", 1), 6.0206, 6.0206, 0.001);
    // The smallest 32-bit sample is not silence.
    check_level(mjs_level_measure(MJS_FORMAT_S32_LE, "\x01\0\0\0", 1), -186.638, -186.638, 0.001);
    // One loud sample in four: the mean is over all.
    check_level(mjs_level_measure(MJS_FORMAT_S8, "\x80\0\0\0", 4), 0, -6.0206, 0.001);
}

static void test_nan_is_silence(void) {
    check_silent(mjs_level_measure(MJS_FORMAT_F32_LE, "\0\0\xc0\x7f", 1));
    check_level(mjs_level_measure(MJS_FORMAT_F32_LE, "\0\0\xc0\x7f\0\0\x80\x3f", 2), 0, -3.0103,
                0.001);
}

int main(void) {
    test_silence();
    test_sine();
    test_full_scale();
    test_nan_is_silence();
    return check_report();
}

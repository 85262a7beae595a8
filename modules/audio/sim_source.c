// SPDX-License-Identifier: MIT
// The sounds of a simulated device: a tone, a ramp of frame indices, a file.
#include "sim_source.h"

#include <math.h>
#include <string.h>

#include "convert.h"

#define TONE_CHUNK_FRAMES 128
#define DEFAULT_RATE_HZ 48000
#define TURN 18446744073709551616.0 // 2^64 units of phase
#define FULL_SCALE 2147483647.0
#define F32_RAMP_BITS 24
static const double TWO_PI = 6.283185307179586476925;

static mjs_result init_tone(struct mjs_sim_source *source, const struct mjs_sim_options *options,
                            struct mjs_error *err) {
    double turns = options->tone_hz / (double)source->spec.rate_hz;
    if (turns > 0.5)
        return mjs_result_fail(err, MJS_EINVAL, "sim: hz=%g is above half the rate of %u Hz",
                               options->tone_hz, (unsigned)source->spec.rate_hz);
    source->phase_step = (uint64_t)(turns * TURN);
    // The golden section spreads neighbouring seeds over the turn; seed 0 starts at 0.
    source->phase_start = options->seed * UINT64_C(0x9E3779B97F4A7C15);
    source->amplitude = pow(10.0, options->tone_dbfs / 20.0) * FULL_SCALE;
    for (size_t i = 0; i < MJS_SIM_TABLE_ENTRIES; i++)
        source->table[i] = sin(TWO_PI * (double)i / MJS_SIM_TABLE_ENTRIES);
    return MJS_OK;
}

static mjs_result init_file(struct mjs_sim_source *source, const struct mjs_sim_options *options,
                            struct mjs_error *err) {
    source->end = options->file_end;
    mjs_result result = mjs_wav_file_load(&source->wav, options->file_path, err);
    if (result != MJS_OK)
        return result;
    if (source->wav.frames == 0)
        result = mjs_result_fail(err, MJS_EINVAL, "%.200s holds no frames", options->file_path);
    if (result != MJS_OK)
        mjs_wav_file_unload(&source->wav);
    return result;
}

mjs_result mjs_sim_source_init(struct mjs_sim_source *source, const struct mjs_sim_options *options,
                               const struct mjs_spec *want, struct mjs_error *err) {
    (void)memset(source, 0, sizeof *source);
    source->kind = options->kind;
    struct mjs_spec own = *want;
    if (options->kind == MJS_SIM_FILE) {
        mjs_result result = init_file(source, options, err);
        if (result != MJS_OK)
            return result;
        own = source->wav.spec;
    }
    struct mjs_spec *spec = &source->spec;
    spec->rate_hz = own.rate_hz != 0 ? own.rate_hz : DEFAULT_RATE_HZ;
    spec->channels = own.channels != 0 ? own.channels : 1;
    spec->format = own.format != MJS_FORMAT_NONE ? own.format : MJS_FORMAT_S16_LE;
    uint32_t rate_hz = options->rate_hz != 0 ? options->rate_hz : spec->rate_hz;
    if (options->channels != 0)
        spec->channels = options->channels;
    if (options->format != MJS_FORMAT_NONE)
        spec->format = options->format;
    mjs_result result = MJS_OK;
    if ((want->rate_hz != 0 && want->rate_hz != rate_hz) ||
        (options->kind == MJS_SIM_FILE && own.rate_hz != rate_hz))
        result = mjs_result_fail(
            err, MJS_EUNSUPPORTED, "sim: the rate is %u Hz, not %u",
            (unsigned)(options->kind == MJS_SIM_FILE ? own.rate_hz : rate_hz),
            (unsigned)(want->rate_hz != 0 && want->rate_hz != rate_hz ? want->rate_hz : rate_hz));
    spec->rate_hz = rate_hz;
    if (result == MJS_OK && options->kind == MJS_SIM_FILE && !mjs_convert_possible(&own, spec))
        result = mjs_result_fail(err, MJS_EUNSUPPORTED, "sim: the file has %u channels, not %u",
                                 (unsigned)own.channels, (unsigned)spec->channels);
    if (result == MJS_OK && options->kind == MJS_SIM_TONE)
        result = init_tone(source, options, err);
    if (result != MJS_OK)
        mjs_sim_source_free(source);
    return result;
}

void mjs_sim_source_free(struct mjs_sim_source *source) { mjs_wav_file_unload(&source->wav); }

uint64_t mjs_sim_source_end(const struct mjs_sim_source *source) {
    bool ends = source->kind == MJS_SIM_FILE && source->end == MJS_SIM_END_UNPLUG;
    return ends ? source->wav.frames : UINT64_MAX;
}

// sin(phase), from the nearest table entry t and the rest d by sin(t + d) = sin t cos d +
// cos t sin d, both in two terms: |d| <= pi/1024, so the error is below 1e-8 (-160 dB). A function
// of the phase alone: the same frame is the same sample however reads are cut.
static double sine(const double *table, uint64_t phase) {
    const unsigned shift = 64 - 10;
    uint64_t nearest = (phase + (UINT64_C(1) << (shift - 1))) >> shift; // 0 to 1024
    int64_t rest = (int64_t)(phase - (nearest << shift));
    double d = (double)rest * (TWO_PI / TURN);
    size_t at = (size_t)(nearest & (MJS_SIM_TABLE_ENTRIES - 1));
    size_t quarter_on = (at + MJS_SIM_TABLE_ENTRIES / 4) & (MJS_SIM_TABLE_ENTRIES - 1);
    return table[at] * (1.0 - 0.5 * d * d) + table[quarter_on] * d;
}

static void fill_tone(const struct mjs_sim_source *source, uint64_t index, uint8_t *frames_out,
                      size_t frames) {
    const struct mjs_spec mono = {MJS_FORMAT_S32_LE, source->spec.rate_hz, 1};
    size_t frame_bytes = mjs_format_frame_bytes(&source->spec);
    uint8_t samples[TONE_CHUNK_FRAMES * 4];
    uint64_t phase = source->phase_start + index * source->phase_step;
    while (frames > 0) {
        size_t n = frames < TONE_CHUNK_FRAMES ? frames : TONE_CHUNK_FRAMES;
        for (size_t i = 0; i < n; i++) {
            int64_t value = (int64_t)floor(sine(source->table, phase) * source->amplitude + 0.5);
            if (value > INT32_MAX)
                value = INT32_MAX;
            if (value < INT32_MIN)
                value = INT32_MIN;
            uint32_t bits = (uint32_t)(int32_t)value;
            for (unsigned byte = 0; byte < 4; byte++)
                samples[i * 4 + byte] = (uint8_t)(bits >> (8 * byte));
            phase += source->phase_step;
        }
        mjs_convert_frames(&mono, samples, &source->spec, frames_out, n, MJS_GAIN_UNITY);
        frames_out += n * frame_bytes;
        frames -= n;
    }
}

static void fill_ramp(const struct mjs_sim_source *source, uint64_t index, uint8_t *frames_out,
                      size_t frames) {
    enum mjs_format format = source->spec.format;
    unsigned bytes = mjs_format_bits(format) / 8;
    bool big_endian = mjs_format_is_big_endian(format);
    for (; frames > 0; frames--, index++) {
        uint32_t bits = (uint32_t)index;
        if (mjs_format_is_float(format)) {
            const uint32_t steps = UINT32_C(1) << F32_RAMP_BITS;
            float value = (float)(bits & (steps - 1)) / (float)steps;
            (void)memcpy(&bits, &value, sizeof bits);
        }
        for (uint32_t channel = 0; channel < source->spec.channels; channel++) {
            for (unsigned byte = 0; byte < bytes; byte++) {
                unsigned place = big_endian ? bytes - 1 - byte : byte;
                *frames_out++ = (uint8_t)(bits >> (8 * place));
            }
        }
    }
}

static void fill_file(const struct mjs_sim_source *source, uint64_t index, uint8_t *frames_out,
                      size_t frames) {
    const struct mjs_wav_data *wav = &source->wav;
    size_t in_bytes = mjs_format_frame_bytes(&wav->spec);
    size_t out_bytes = mjs_format_frame_bytes(&source->spec);
    while (frames > 0) {
        if (source->end == MJS_SIM_END_LOOP)
            index %= wav->frames;
        if (index >= wav->frames) {
            mjs_format_silence(&source->spec, frames_out, frames);
            return;
        }
        uint64_t left = wav->frames - index;
        size_t n = left < frames ? (size_t)left : frames;
        mjs_convert_frames(&wav->spec, wav->samples + (size_t)index * in_bytes, &source->spec,
                           frames_out, n, MJS_GAIN_UNITY);
        index += n;
        frames_out += n * out_bytes;
        frames -= n;
    }
}

void mjs_sim_source_fill(const struct mjs_sim_source *source, uint64_t index, void *frames_out,
                         size_t frames) {
    switch (source->kind) {
    case MJS_SIM_TONE:
        fill_tone(source, index, frames_out, frames);
        break;
    case MJS_SIM_RAMP:
        fill_ramp(source, index, frames_out, frames);
        break;
    case MJS_SIM_FILE:
        fill_file(source, index, frames_out, frames);
        break;
    }
}

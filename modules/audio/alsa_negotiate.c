// SPDX-License-Identifier: MIT
// Agrees with a libasound PCM on format, channels, rate and periods.
#include "alsa_negotiate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert.h"

#define DEFAULT_RATE_HZ 48000
#define DEFAULT_PERIODS_PER_S 100 // 10 ms
#define DEFAULT_PERIODS_MIN 4
// The thread has no real-time priority: this long it may be kept from running without a loss.
#define DEFAULT_BUFFER_MS 200
#define PERIOD_COUNT_MAX 1024
#define WORSE_THAN_ANY_WIDER 100u

// libasound's numbers; where two fit equally well, the first is taken.
static const struct {
    enum mjs_format format;
    int alsa;
} formats[] = {
    {MJS_FORMAT_S16_LE, 2},  {MJS_FORMAT_S32_LE, 10}, {MJS_FORMAT_S24_3LE, 32},
    {MJS_FORMAT_F32_LE, 14}, {MJS_FORMAT_S8, 0},      {MJS_FORMAT_U8, 1},
    {MJS_FORMAT_S16_BE, 3},  {MJS_FORMAT_S32_BE, 11}, {MJS_FORMAT_U16_LE, 4},
    {MJS_FORMAT_U16_BE, 5},  {MJS_FORMAT_U32_LE, 12}, {MJS_FORMAT_U32_BE, 13},
};
#define FORMATS_COUNT (sizeof formats / sizeof formats[0])

static const unsigned common_rates_hz[] = {8000,  11025, 12000, 16000, 22050, 24000,  32000,
                                           44100, 48000, 64000, 88200, 96000, 176400, 192000};
#define COMMON_RATES_COUNT (sizeof common_rates_hz / sizeof common_rates_hz[0])

struct negotiation {
    const struct mjs_alsa_lib *lib;
    struct mjs_snd_pcm *handle;
    struct mjs_snd_hw_params *params;
    const char *device;
};

static mjs_result fail_call(const struct negotiation *n, const char *what, int error,
                            struct mjs_error *err) {
    return mjs_result_fail_errno(err, -error, "%.200s: cannot set %s", n->device, what);
}

// Smaller is closer: wider formats keep all bits, so they come before narrower ones.
static unsigned distance(enum mjs_format wanted, enum mjs_format format) {
    unsigned wanted_bits = mjs_format_bits(wanted);
    unsigned bits = mjs_format_bits(format);
    if (format == wanted)
        return 0;
    return bits >= wanted_bits ? 1 + bits - wanted_bits : WORSE_THAN_ANY_WIDER + wanted_bits - bits;
}

static mjs_result set_format(const struct negotiation *n, enum mjs_format wanted,
                             enum mjs_format *format_out, struct mjs_error *err) {
    size_t best = FORMATS_COUNT;
    for (size_t i = 0; i < FORMATS_COUNT; i++)
        if ((best == FORMATS_COUNT ||
             distance(wanted, formats[i].format) < distance(wanted, formats[best].format)) &&
            n->lib->hw_params_test_format(n->handle, n->params, formats[i].alsa) == 0)
            best = i;
    if (best == FORMATS_COUNT)
        return mjs_result_fail(err, MJS_EUNSUPPORTED, "%.200s has no format that can be converted",
                               n->device);
    *format_out = formats[best].format;
    int error = n->lib->hw_params_set_format(n->handle, n->params, formats[best].alsa);
    return error < 0 ? fail_call(n, "the format", error, err) : MJS_OK;
}

static mjs_result set_channels(const struct negotiation *n, uint32_t wanted, uint32_t *channels_out,
                               struct mjs_error *err) {
    // From the wanted number upwards, and mono last: it can become any number.
    for (uint32_t channels = wanted; channels <= MJS_CHANNELS_MAX + 1; channels++) {
        uint32_t candidate = channels <= MJS_CHANNELS_MAX ? channels : 1;
        const struct mjs_spec from = {MJS_FORMAT_S16_LE, DEFAULT_RATE_HZ, candidate};
        const struct mjs_spec to = {MJS_FORMAT_S16_LE, DEFAULT_RATE_HZ, wanted};
        if (!mjs_convert_possible(&from, &to) ||
            n->lib->hw_params_test_channels(n->handle, n->params, candidate) != 0)
            continue;
        *channels_out = candidate;
        int error = n->lib->hw_params_set_channels(n->handle, n->params, candidate);
        return error < 0 ? fail_call(n, "the channels", error, err) : MJS_OK;
    }
    return mjs_result_fail(err, MJS_EUNSUPPORTED,
                           "%.200s has neither %u channels nor a number that can be converted",
                           n->device, (unsigned)wanted);
}

static mjs_result set_rate(const struct negotiation *n, uint32_t rate_hz, struct mjs_error *err) {
    if (n->lib->hw_params_set_rate(n->handle, n->params, rate_hz, 0) >= 0)
        return MJS_OK;
    char rates[128] = "";
    size_t length = 0;
    for (size_t i = 0; i < COMMON_RATES_COUNT; i++) {
        if (n->lib->hw_params_test_rate(n->handle, n->params, common_rates_hz[i], 0) != 0)
            continue;
        int written = snprintf(rates + length, sizeof rates - length, " %u", common_rates_hz[i]);
        length += written > 0 ? (size_t)written : 0;
        if (length >= sizeof rates)
            break;
    }
    return mjs_result_fail(err, MJS_EUNSUPPORTED, "%.200s cannot run at %u Hz; it has%s", n->device,
                           (unsigned)rate_hz, rates[0] != '\0' ? rates : " no common rate");
}

static mjs_result set_periods(const struct negotiation *n, const struct mjs_pcm_want *want,
                              struct mjs_pcm_hardware *hardware, struct mjs_error *err) {
    uint32_t rate_hz = hardware->spec.rate_hz;
    unsigned long period =
        want->period_frames != 0 ? want->period_frames : rate_hz / DEFAULT_PERIODS_PER_S;
    int direction = 0;
    int error = n->lib->hw_params_set_period_size_near(n->handle, n->params, &period, &direction);
    if (error < 0)
        return fail_call(n, "the period", error, err);
    period = period > 0 ? period : 1;
    unsigned long count = want->period_count;
    if (count == 0) {
        count = (unsigned long)rate_hz * DEFAULT_BUFFER_MS / 1000 / period;
        count = count > DEFAULT_PERIODS_MIN ? count : DEFAULT_PERIODS_MIN;
    }
    unsigned long buffer = period * (count < PERIOD_COUNT_MAX ? count : PERIOD_COUNT_MAX);
    error = n->lib->hw_params_set_buffer_size_near(n->handle, n->params, &buffer);
    if (error >= 0)
        error = n->lib->hw_params(n->handle, n->params);
    if (error >= 0)
        error = n->lib->hw_params_get_period_size(n->params, &period, &direction);
    if (error >= 0)
        error = n->lib->hw_params_get_buffer_size(n->params, &buffer);
    if (error < 0)
        return fail_call(n, "the buffer", error, err);
    if (period == 0 || period > UINT32_MAX || buffer / period > UINT32_MAX)
        return mjs_result_fail(err, MJS_EUNSUPPORTED, "%.200s: a period of %lu frames", n->device,
                               period);
    hardware->period_frames = (uint32_t)period;
    hardware->period_count = (uint32_t)(buffer / period);
    return MJS_OK;
}

static mjs_result set_avail_min(const struct negotiation *n, uint32_t period_frames,
                                struct mjs_error *err) {
    struct mjs_snd_sw_params *params = calloc(1, n->lib->sw_params_sizeof());
    if (params == NULL)
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a device's parameters");
    int error = n->lib->sw_params_current(n->handle, params);
    if (error >= 0)
        error = n->lib->sw_params_set_avail_min(n->handle, params, period_frames);
    if (error >= 0)
        error = n->lib->sw_params(n->handle, params);
    free(params);
    return error < 0 ? fail_call(n, "when to wake up", error, err) : MJS_OK;
}

mjs_result mjs_alsa_negotiate(const struct mjs_alsa_lib *lib, struct mjs_snd_pcm *handle,
                              const struct mjs_pcm_want *want, struct mjs_pcm_hardware *hardware,
                              struct mjs_error *err) {
    struct mjs_snd_hw_params *params = calloc(1, lib->hw_params_sizeof());
    if (params == NULL)
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a device's parameters");
    const struct negotiation n = {lib, handle, params, hardware->device};
    struct mjs_spec *spec = &hardware->spec;
    spec->rate_hz = want->spec.rate_hz != 0 ? want->spec.rate_hz : DEFAULT_RATE_HZ;
    enum mjs_format format =
        want->spec.format != MJS_FORMAT_NONE ? want->spec.format : MJS_FORMAT_S16_LE;
    mjs_result result = MJS_OK;
    int error = lib->hw_params_any(handle, params);
    if (error >= 0)
        error = lib->hw_params_set_access(handle, params, MJS_SND_ACCESS_RW_INTERLEAVED);
    if (error < 0)
        result = fail_call(&n, "interleaved access", error, err);
    if (result == MJS_OK)
        result = set_format(&n, format, &spec->format, err);
    if (result == MJS_OK)
        result = set_channels(&n, want->spec.channels != 0 ? want->spec.channels : 1,
                              &spec->channels, err);
    if (result == MJS_OK)
        result = set_rate(&n, spec->rate_hz, err);
    if (result == MJS_OK)
        result = set_periods(&n, want, hardware, err);
    if (result == MJS_OK)
        result = set_avail_min(&n, hardware->period_frames, err);
    free(params);
    return result;
}

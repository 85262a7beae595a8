// SPDX-License-Identifier: MIT
// Agrees with the kernel's PCM on its parameters.
//
// The kernel describes a device by masks (access, format) and intervals (rate, channels, sizes).
// HW_REFINE narrows what is proposed to what is possible; an empty set is EINVAL. So each choice is
// a proposal on a copy, taken over when the kernel agrees.
#include "kernel_params.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
// The kernel's header uses the macros of the first.
#include <sys/ioctl.h>

#include <sound/asound.h>

#include "convert.h"

#define DEFAULT_RATE_HZ 48000
#define DEFAULT_PERIODS_PER_S 100 // 10 ms
// The thread may have no real-time priority: this long it may be kept from running without a loss.
#define DEFAULT_BUFFERS_PER_S 2
#define PERIODS_MIN 2
#define WORSE_THAN_ANY_WIDER 100u
#define RATES_TEXT_BYTES 128

// Where two fit equally well, the first is taken.
static const struct {
    enum mjs_format format;
    unsigned kernel;
} formats[] = {
    {MJS_FORMAT_S16_LE, (unsigned)SNDRV_PCM_FORMAT_S16_LE},
    {MJS_FORMAT_S32_LE, (unsigned)SNDRV_PCM_FORMAT_S32_LE},
    {MJS_FORMAT_S24_3LE, (unsigned)SNDRV_PCM_FORMAT_S24_3LE},
    {MJS_FORMAT_F32_LE, (unsigned)SNDRV_PCM_FORMAT_FLOAT_LE},
    {MJS_FORMAT_S8, (unsigned)SNDRV_PCM_FORMAT_S8},
    {MJS_FORMAT_U8, (unsigned)SNDRV_PCM_FORMAT_U8},
    {MJS_FORMAT_S16_BE, (unsigned)SNDRV_PCM_FORMAT_S16_BE},
    {MJS_FORMAT_S32_BE, (unsigned)SNDRV_PCM_FORMAT_S32_BE},
    {MJS_FORMAT_U16_LE, (unsigned)SNDRV_PCM_FORMAT_U16_LE},
    {MJS_FORMAT_U16_BE, (unsigned)SNDRV_PCM_FORMAT_U16_BE},
    {MJS_FORMAT_U32_LE, (unsigned)SNDRV_PCM_FORMAT_U32_LE},
    {MJS_FORMAT_U32_BE, (unsigned)SNDRV_PCM_FORMAT_U32_BE},
};
#define FORMATS_COUNT (sizeof formats / sizeof formats[0])

static const unsigned common_rates_hz[] = {8000,  11025, 12000, 16000, 22050, 24000,  32000,
                                           44100, 48000, 64000, 88200, 96000, 176400, 192000};
#define COMMON_RATES_COUNT (sizeof common_rates_hz / sizeof common_rates_hz[0])

struct negotiation {
    const struct mjs_kernel_sys *sys;
    int fd;
    const struct mjs_board_card *board;
    const char *device;
    struct snd_pcm_hw_params params; // what is left of the possible
};

static struct snd_mask *mask_of(struct snd_pcm_hw_params *params, unsigned param) {
    return &params->masks[param - SNDRV_PCM_HW_PARAM_FIRST_MASK];
}

static struct snd_interval *interval_of(struct snd_pcm_hw_params *params, unsigned param) {
    return &params->intervals[param - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
}

static unsigned lowest(struct negotiation *n, unsigned param) {
    const struct snd_interval *range = interval_of(&n->params, param);
    return range->openmin && range->min < UINT_MAX ? range->min + 1 : range->min;
}

static unsigned highest(struct negotiation *n, unsigned param) {
    const struct snd_interval *range = interval_of(&n->params, param);
    return range->openmax && range->max > 0 ? range->max - 1 : range->max;
}

static mjs_result fail_call(const struct negotiation *n, const char *what, int error,
                            struct mjs_error *err) {
    switch (-error) {
    case ENODEV:
    case ENXIO:
    case EBADFD:
    case ESHUTDOWN:
        return mjs_result_fail(err, MJS_ENODEV, "%.200s disappeared while it was opened",
                               n->device);
    default:
        return mjs_result_fail_errno(err, -error, "%.200s: cannot set %s", n->device, what);
    }
}

// ---- Proposals ----

// 0, or -EINVAL: not possible.
static int propose(const struct negotiation *n, struct snd_pcm_hw_params *trial) {
    trial->rmask = ~0u;
    trial->cmask = 0;
    return n->sys->ioctl(n->fd, SNDRV_PCM_IOCTL_HW_REFINE, trial);
}

static void narrow_range(struct snd_pcm_hw_params *trial, unsigned param, unsigned min,
                         unsigned max) {
    struct snd_interval *range = interval_of(trial, param);
    if (min > range->min) {
        range->min = min;
        range->openmin = 0;
    }
    if (max < range->max) {
        range->max = max;
        range->openmax = 0;
    }
    // The kernel takes what contradicts itself for an error of ours, too.
    if (range->min > range->max)
        range->empty = 1;
}

static int try_range(struct negotiation *n, unsigned param, unsigned min, unsigned max) {
    struct snd_pcm_hw_params trial = n->params;
    narrow_range(&trial, param, min, max);
    int error = propose(n, &trial);
    if (error >= 0)
        n->params = trial;
    return error;
}

static bool has_value(const struct negotiation *n, unsigned param, unsigned value) {
    struct snd_pcm_hw_params trial = n->params;
    narrow_range(&trial, param, value, value);
    return propose(n, &trial) >= 0;
}

static int try_bit(struct negotiation *n, unsigned param, unsigned bit) {
    struct snd_pcm_hw_params trial = n->params;
    struct snd_mask *mask = mask_of(&trial, param);
    unsigned word = mask->bits[bit / 32] & 1u << bit % 32;
    (void)memset(mask, 0, sizeof *mask);
    mask->bits[bit / 32] = word;
    int error = propose(n, &trial);
    if (error >= 0)
        n->params = trial;
    return error;
}

static int begin(struct negotiation *n) {
    (void)memset(&n->params, 0, sizeof n->params);
    for (unsigned i = SNDRV_PCM_HW_PARAM_FIRST_MASK; i <= SNDRV_PCM_HW_PARAM_LAST_MASK; i++)
        (void)memset(mask_of(&n->params, i), 0xFF, sizeof(struct snd_mask));
    for (unsigned i = SNDRV_PCM_HW_PARAM_FIRST_INTERVAL; i <= SNDRV_PCM_HW_PARAM_LAST_INTERVAL; i++)
        interval_of(&n->params, i)->max = UINT_MAX;
    n->params.info = ~0u;
    return propose(n, &n->params);
}

// ---- The choices, in their order ----

static mjs_result set_access(struct negotiation *n, bool allow_mapped, bool *mapped_out,
                             struct mjs_error *err) {
    int error = begin(n);
    if (error < 0)
        return fail_call(n, "any parameters", error, err);
    *mapped_out = allow_mapped && try_bit(n, SNDRV_PCM_HW_PARAM_ACCESS,
                                          (unsigned)SNDRV_PCM_ACCESS_MMAP_INTERLEAVED) >= 0;
    if (!*mapped_out)
        error = try_bit(n, SNDRV_PCM_HW_PARAM_ACCESS, (unsigned)SNDRV_PCM_ACCESS_RW_INTERLEAVED);
    return error < 0 ? fail_call(n, "interleaved access", error, err) : MJS_OK;
}

// "8000 to 48000", or a list where not all between is there.
static void name_rates(struct negotiation *n, char text[RATES_TEXT_BYTES]) {
    unsigned min = lowest(n, SNDRV_PCM_HW_PARAM_RATE);
    unsigned max = highest(n, SNDRV_PCM_HW_PARAM_RATE);
    mjs_board_rates_text(n->board, text);
    if (text[0] != '\0')
        return;
    // No device has a rate such as these two by name.
    if (max - min > 2 && has_value(n, SNDRV_PCM_HW_PARAM_RATE, min + 1) &&
        has_value(n, SNDRV_PCM_HW_PARAM_RATE, max - 1)) {
        (void)snprintf(text, RATES_TEXT_BYTES, "%u to %u", min, max);
        return;
    }
    size_t length = 0;
    for (size_t i = 0; i < COMMON_RATES_COUNT; i++) {
        unsigned rate_hz = common_rates_hz[i];
        if (rate_hz < min || rate_hz > max || !has_value(n, SNDRV_PCM_HW_PARAM_RATE, rate_hz))
            continue;
        int written = snprintf(text + length, RATES_TEXT_BYTES - length, "%s%u",
                               length > 0 ? " " : "", rate_hz);
        length += written > 0 ? (size_t)written : 0;
        if (length >= RATES_TEXT_BYTES)
            return;
    }
    if (length == 0)
        (void)snprintf(text, RATES_TEXT_BYTES, "something between %u and %u", min, max);
}

static mjs_result set_rate(struct negotiation *n, uint32_t rate_hz, struct mjs_error *err) {
    int error = -EINVAL;
    // Before the kernel is asked: some drivers take any rate, and then run on a wrong clock.
    if (mjs_board_rate_allowed(n->board, rate_hz))
        error = try_range(n, SNDRV_PCM_HW_PARAM_RATE, rate_hz, rate_hz);
    if (error >= 0)
        return MJS_OK;
    if (error != -EINVAL)
        return fail_call(n, "the rate", error, err);
    char rates[RATES_TEXT_BYTES] = "";
    name_rates(n, rates);
    return mjs_result_fail(err, MJS_EUNSUPPORTED, "%.200s cannot run at %u Hz; it has %s",
                           n->device, (unsigned)rate_hz, rates);
}

// Smaller is closer: wider formats keep all bits, so they come before narrower ones.
static unsigned distance(enum mjs_format wanted, enum mjs_format format) {
    unsigned wanted_bits = mjs_format_bits(wanted);
    unsigned bits = mjs_format_bits(format);
    if (format == wanted)
        return 0;
    return bits >= wanted_bits ? 1 + bits - wanted_bits : WORSE_THAN_ANY_WIDER + wanted_bits - bits;
}

static mjs_result set_format(struct negotiation *n, enum mjs_format wanted,
                             enum mjs_format *format_out, struct mjs_error *err) {
    const struct snd_mask *mask = mask_of(&n->params, SNDRV_PCM_HW_PARAM_FORMAT);
    size_t best = FORMATS_COUNT;
    for (size_t i = 0; i < FORMATS_COUNT; i++) {
        bool offered = (mask->bits[formats[i].kernel / 32] >> formats[i].kernel % 32 & 1u) != 0;
        if (offered && (best == FORMATS_COUNT || distance(wanted, formats[i].format) <
                                                     distance(wanted, formats[best].format)))
            best = i;
    }
    if (best == FORMATS_COUNT)
        return mjs_result_fail(err, MJS_EUNSUPPORTED, "%.200s has no format that can be converted",
                               n->device);
    *format_out = formats[best].format;
    int error = try_bit(n, SNDRV_PCM_HW_PARAM_FORMAT, formats[best].kernel);
    return error < 0 ? fail_call(n, "the format", error, err) : MJS_OK;
}

static mjs_result set_channels(struct negotiation *n, uint32_t wanted, uint32_t *channels_out,
                               struct mjs_error *err) {
    // From the wanted number upwards, and mono last: it can become any number.
    for (uint32_t channels = wanted; channels <= MJS_CHANNELS_MAX + 1; channels++) {
        uint32_t candidate = channels <= MJS_CHANNELS_MAX ? channels : 1;
        const struct mjs_spec from = {MJS_FORMAT_S16_LE, DEFAULT_RATE_HZ, candidate};
        const struct mjs_spec to = {MJS_FORMAT_S16_LE, DEFAULT_RATE_HZ, wanted};
        if (!mjs_convert_possible(&from, &to))
            continue;
        int error = try_range(n, SNDRV_PCM_HW_PARAM_CHANNELS, candidate, candidate);
        if (error != -EINVAL) {
            *channels_out = candidate;
            return error < 0 ? fail_call(n, "the channels", error, err) : MJS_OK;
        }
    }
    return mjs_result_fail(err, MJS_EUNSUPPORTED,
                           "%.200s has neither %u channels nor a number that can be converted (it "
                           "has %u to %u)",
                           n->device, (unsigned)wanted, lowest(n, SNDRV_PCM_HW_PARAM_CHANNELS),
                           highest(n, SNDRV_PCM_HW_PARAM_CHANNELS));
}

// At most the wanted period, the closest there is; where all are longer, the shortest.
static void set_period(struct negotiation *n, uint32_t wanted) {
    unsigned size = 0;
    if (try_range(n, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, 0, wanted) >= 0) {
        size = highest(n, SNDRV_PCM_HW_PARAM_PERIOD_SIZE);
        // An interval's end may not be in its set: devices like whole bursts.
        for (unsigned burst = 1; burst <= 256; burst *= 4) {
            unsigned whole = size - size % burst;
            if (whole > 0 && try_range(n, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, whole, whole) >= 0)
                return;
        }
    } else if (try_range(n, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, wanted, UINT_MAX) >= 0) {
        size = lowest(n, SNDRV_PCM_HW_PARAM_PERIOD_SIZE);
        (void)try_range(n, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, size, size);
    }
    // Otherwise HW_PARAMS chooses.
}

// At most the wanted size, the largest there is, in whole periods if possible.
static void set_buffer(struct negotiation *n, uint64_t wanted) {
    unsigned max = wanted < UINT_MAX ? (unsigned)wanted : UINT_MAX;
    unsigned period = highest(n, SNDRV_PCM_HW_PARAM_PERIOD_SIZE);
    (void)try_range(n, SNDRV_PCM_HW_PARAM_PERIODS, PERIODS_MIN, UINT_MAX);
    unsigned size = 0;
    if (try_range(n, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, 0, max) >= 0) {
        size = highest(n, SNDRV_PCM_HW_PARAM_BUFFER_SIZE);
        unsigned whole = period > 0 && period <= size ? size - size % period : size;
        if (try_range(n, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, whole, whole) >= 0)
            return;
    } else {
        size = lowest(n, SNDRV_PCM_HW_PARAM_BUFFER_SIZE);
    }
    // Where even that is not possible, HW_PARAMS chooses the largest.
    (void)try_range(n, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, size, size);
}

static mjs_result apply(struct negotiation *n, const struct mjs_pcm_want *want,
                        struct mjs_pcm_hardware *hardware, struct mjs_kernel_setup *setup,
                        struct mjs_error *err) {
    uint32_t rate_hz = hardware->spec.rate_hz;
    set_period(n, want->period_frames != 0 ? want->period_frames : rate_hz / DEFAULT_PERIODS_PER_S);
    uint64_t period = highest(n, SNDRV_PCM_HW_PARAM_PERIOD_SIZE);
    set_buffer(n, want->period_count != 0 ? period * want->period_count
                                          : (uint64_t)rate_hz / DEFAULT_BUFFERS_PER_S);
    n->params.rmask = ~0u;
    n->params.cmask = 0;
    int error = n->sys->ioctl(n->fd, SNDRV_PCM_IOCTL_HW_PARAMS, &n->params);
    if (error < 0)
        return fail_call(n, "its parameters", error, err);
    hardware->period_frames = lowest(n, SNDRV_PCM_HW_PARAM_PERIOD_SIZE);
    setup->period_frames = hardware->period_frames;
    setup->buffer_frames = lowest(n, SNDRV_PCM_HW_PARAM_BUFFER_SIZE);
    setup->batch = (n->params.info & SNDRV_PCM_INFO_BATCH) != 0;
    setup->sync_pointer = (n->params.info & SNDRV_PCM_INFO_SYNC_APPLPTR) != 0;
    if (lowest(n, SNDRV_PCM_HW_PARAM_RATE) != rate_hz ||
        highest(n, SNDRV_PCM_HW_PARAM_RATE) != rate_hz)
        return mjs_result_fail(err, MJS_EUNSUPPORTED, "%.200s runs at %u Hz when asked for %u",
                               n->device, lowest(n, SNDRV_PCM_HW_PARAM_RATE), (unsigned)rate_hz);
    if (hardware->period_frames == 0 || setup->buffer_frames < hardware->period_frames)
        return mjs_result_fail(err, MJS_EUNSUPPORTED,
                               "%.200s: a period of %u frames in a buffer of %u", n->device,
                               (unsigned)hardware->period_frames, (unsigned)setup->buffer_frames);
    hardware->period_count = setup->buffer_frames / hardware->period_frames;
    return MJS_OK;
}

// An overrun must not stop the stream: only then is its length known exactly. The kernel tells the
// boundary, which is the threshold that is never reached, in its answer; so it is asked twice.
static mjs_result set_software(const struct negotiation *n, uint32_t period_frames,
                               struct mjs_kernel_setup *setup, struct mjs_error *err) {
    int version = 0;
    int error = n->sys->ioctl(n->fd, SNDRV_PCM_IOCTL_PVERSION, &version);
    struct snd_pcm_sw_params params = {
        .tstamp_mode = SNDRV_PCM_TSTAMP_ENABLE,
        .period_step = 1,
        .avail_min = period_frames,
        .start_threshold = 1,
        .stop_threshold = setup->buffer_frames,
    };
    if (version >= (int)SNDRV_PROTOCOL_VERSION(2, 0, 12)) {
        params.proto = SNDRV_PCM_VERSION;
        params.tstamp_type = SNDRV_PCM_TSTAMP_TYPE_MONOTONIC;
    }
    if (error >= 0)
        error = n->sys->ioctl(n->fd, SNDRV_PCM_IOCTL_SW_PARAMS, &params);
    setup->boundary = params.boundary;
    params.stop_threshold = params.boundary;
    if (error >= 0)
        error = n->sys->ioctl(n->fd, SNDRV_PCM_IOCTL_SW_PARAMS, &params);
    if (error < 0)
        return fail_call(n, "when to wake up", error, err);
    if (setup->boundary < setup->buffer_frames || setup->boundary % setup->buffer_frames != 0)
        return mjs_result_fail(err, MJS_EUNSUPPORTED, "%.200s: positions wrap at %llu", n->device,
                               (unsigned long long)setup->boundary);
    return MJS_OK;
}

mjs_result mjs_kernel_params_set(const struct mjs_kernel_sys *sys, int fd,
                                 const struct mjs_pcm_want *want,
                                 const struct mjs_board_card *board, bool allow_mapped,
                                 struct mjs_pcm_hardware *hardware, struct mjs_kernel_setup *setup,
                                 struct mjs_error *err) {
    struct negotiation n = {.sys = sys, .fd = fd, .board = board, .device = hardware->device};
    struct mjs_spec *spec = &hardware->spec;
    enum mjs_format format =
        want->spec.format != MJS_FORMAT_NONE ? want->spec.format : MJS_FORMAT_S16_LE;
    uint32_t channels = want->spec.channels != 0 ? want->spec.channels : 1;
    spec->rate_hz = want->spec.rate_hz != 0 ? want->spec.rate_hz : DEFAULT_RATE_HZ;
    mjs_result result = set_access(&n, allow_mapped, &setup->mapped, err);
    // The rate first: it is the only one that cannot be converted.
    if (result == MJS_OK)
        result = set_rate(&n, spec->rate_hz, err);
    if (result == MJS_OK)
        result = set_format(&n, format, &spec->format, err);
    if (result == MJS_OK)
        result = set_channels(&n, channels, &spec->channels, err);
    if (result == MJS_OK)
        result = apply(&n, want, hardware, setup, err);
    if (result == MJS_OK)
        result = set_software(&n, hardware->period_frames, setup, err);
    return result;
}

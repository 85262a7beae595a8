// SPDX-License-Identifier: MIT
// Plays a ramp into a PCM device of the kernel: each sample tells its frame's index.
//
//     play <device file> <format> <rate> <channels> [frames=N] [shift=N] [add=N]
//         [delay=ms]
//
// The sample of frame i (from 1 on, so that silence before it can be told) on channel c is
// (i << shift) + c * add, its low bits as the format has them; for float
// ((i + c * add) mod 2^24) / 2^24. `frames`: how many (default: until it is killed). `add`:
// default 4096, so that channels that changed places show. `delay`: waits so long between OPEN and
// the ramp, so that a capture that begins meanwhile has its first frame.
// Says OPEN once the device has its parameters (that pins the other side of a loopback), PLAYING
// once it runs. After a sleep of the system it begins anew, with frame 1. Exit status 3: it had an
// underrun, so the capture must have a gap; 4: the device is gone.
#include <sys/ioctl.h>

#include <sound/asound.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

#define CHANNELS_MAX 8
#define SAMPLE_BYTES_MAX 4
#define CHUNK_FRAMES 1024
#define BUFFER_FRAMES_MAX 16384

#define STATUS_UNDERRUN 3
#define STATUS_GONE 4

struct format {
    const char *name;
    unsigned number;
    unsigned bytes;
    bool is_float;
};

static const struct format formats[] = {
    {"S16_LE", SNDRV_PCM_FORMAT_S16_LE, 2, false},
    {"S24_3LE", SNDRV_PCM_FORMAT_S24_3LE, 3, false},
    {"S32_LE", SNDRV_PCM_FORMAT_S32_LE, 4, false},
    {"FLOAT_LE", SNDRV_PCM_FORMAT_FLOAT_LE, 4, true},
};

struct ramp {
    const struct format *format;
    unsigned channels;
    uint64_t shift;
    uint64_t add;
    uint64_t delay_ms;
};

static void put_sample(uint8_t *out, const struct ramp *ramp, uint64_t index, unsigned channel) {
    uint64_t value = (index << ramp->shift) + channel * ramp->add;
    if (ramp->format->is_float) {
        float sample = (float)(value & 0xffffff) / 16777216.0F;
        memcpy(out, &sample, sizeof sample);
        return;
    }
    for (unsigned byte = 0; byte < ramp->format->bytes; byte++) {
        out[byte] = (uint8_t)(value >> (8 * byte));
    }
}

static void fill(uint8_t *out, const struct ramp *ramp, uint64_t first, uint64_t frames) {
    for (uint64_t i = 0; i < frames; i++) {
        for (unsigned channel = 0; channel < ramp->channels; channel++) {
            put_sample(out, ramp, first + i, channel);
            out += ramp->format->bytes;
        }
    }
}

static void set_mask(struct snd_pcm_hw_params *params, int param, unsigned value) {
    struct snd_mask *mask = &params->masks[param - SNDRV_PCM_HW_PARAM_FIRST_MASK];
    memset(mask, 0, sizeof *mask);
    mask->bits[value / 32] = 1U << (value % 32);
}

static void set_interval(struct snd_pcm_hw_params *params, int param, unsigned low, unsigned high) {
    struct snd_interval *interval = &params->intervals[param - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
    memset(interval, 0, sizeof *interval);
    interval->min = low;
    interval->max = high;
    interval->integer = 1;
}

// musl takes the request as an int, the kernel's macros give something wider.
static int request(int fd, unsigned long number, void *argument) {
    return ioctl(fd, (int)number, argument);
}

// Any value of everything else; the driver takes the largest buffer it is allowed.
static int set_params(int fd, const struct ramp *ramp, unsigned rate) {
    struct snd_pcm_hw_params params;
    memset(&params, 0, sizeof params);
    for (int i = 0; i <= SNDRV_PCM_HW_PARAM_LAST_MASK - SNDRV_PCM_HW_PARAM_FIRST_MASK; i++) {
        memset(&params.masks[i], 0xff, sizeof params.masks[i]);
    }
    for (int i = SNDRV_PCM_HW_PARAM_FIRST_INTERVAL; i <= SNDRV_PCM_HW_PARAM_LAST_INTERVAL; i++) {
        set_interval(&params, i, 0, UINT_MAX);
        params.intervals[i - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL].integer = 0;
    }
    params.rmask = UINT_MAX;
    params.info = UINT_MAX;
    set_mask(&params, SNDRV_PCM_HW_PARAM_ACCESS, SNDRV_PCM_ACCESS_RW_INTERLEAVED);
    set_mask(&params, SNDRV_PCM_HW_PARAM_FORMAT, ramp->format->number);
    set_interval(&params, SNDRV_PCM_HW_PARAM_CHANNELS, ramp->channels, ramp->channels);
    set_interval(&params, SNDRV_PCM_HW_PARAM_RATE, rate, rate);
    set_interval(&params, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, CHUNK_FRAMES, CHUNK_FRAMES);
    set_interval(&params, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, 2 * CHUNK_FRAMES, BUFFER_FRAMES_MAX);
    if (request(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &params) != 0)
        return lab_fail("play", "hw_params");
    if (request(fd, SNDRV_PCM_IOCTL_PREPARE, NULL) != 0)
        return lab_fail("play", "prepare");
    return 0;
}

static int failed_write(uint64_t written) {
    int error = errno;
    printf("%s after %llu frames\n", error == EPIPE ? "UNDERRUN" : "GONE",
           (unsigned long long)written);
    return error == EPIPE ? STATUS_UNDERRUN : STATUS_GONE;
}

// Writes `frames` frames (0: endlessly), then waits until they are played.
static int play_ramp(int fd, const struct ramp *ramp, uint64_t frames) {
    static uint8_t chunk[CHUNK_FRAMES * CHANNELS_MAX * SAMPLE_BYTES_MAX];
    uint64_t written = 0;
    bool is_said = false;
    while (frames == 0 || written < frames) {
        uint64_t left = frames == 0 ? CHUNK_FRAMES : frames - written;
        struct snd_xferi transfer = {.buf = chunk};
        transfer.frames = left < CHUNK_FRAMES ? (snd_pcm_uframes_t)left : CHUNK_FRAMES;
        fill(chunk, ramp, written + 1, transfer.frames);
        if (request(fd, SNDRV_PCM_IOCTL_WRITEI_FRAMES, &transfer) != 0) {
            if (errno != ESTRPIPE || request(fd, SNDRV_PCM_IOCTL_PREPARE, NULL) != 0)
                return failed_write(written);
            written = 0;
            continue;
        }
        // In blocking mode all of them, or an error the next time.
        written += (uint64_t)transfer.result;
        if (!is_said)
            printf("PLAYING\n");
        is_said = true;
    }
    if (request(fd, SNDRV_PCM_IOCTL_DRAIN, NULL) != 0)
        return failed_write(written);
    printf("PLAYED %llu frames\n", (unsigned long long)written);
    return 0;
}

static int parse_options(int argc, char **argv, struct ramp *ramp, uint64_t *frames) {
    for (int i = 0; i < argc; i++) {
        const char *value = strchr(argv[i], '=');
        size_t length = value != NULL ? (size_t)(value - argv[i]) : 0;
        uint64_t number = value != NULL ? strtoull(value + 1, NULL, 10) : 0;
        if (length == 6 && strncmp(argv[i], "frames", length) == 0) {
            *frames = number;
        } else if (length == 5 && strncmp(argv[i], "shift", length) == 0 && number < 32) {
            ramp->shift = number;
        } else if (length == 3 && strncmp(argv[i], "add", length) == 0) {
            ramp->add = number;
        } else if (length == 5 && strncmp(argv[i], "delay", length) == 0) {
            ramp->delay_ms = number;
        } else {
            fprintf(stderr, "play: unknown option %s\n", argv[i]);
            return 2;
        }
    }
    return 0;
}

int lab_play(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "play: <device> <format> <rate> <channels> [frames=] [shift=] [add=]\n");
        return 2;
    }
    struct ramp ramp = {.add = 4096};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(argv[1], formats[i].name) == 0)
            ramp.format = &formats[i];
    }
    unsigned rate = (unsigned)strtoul(argv[2], NULL, 10);
    ramp.channels = (unsigned)strtoul(argv[3], NULL, 10);
    if (ramp.format == NULL || ramp.channels == 0 || ramp.channels > CHANNELS_MAX) {
        fprintf(stderr, "play: no such format or channel count\n");
        return 2;
    }
    uint64_t frames = 0;
    int status = parse_options(argc - 4, argv + 4, &ramp, &frames);
    if (status != 0)
        return status;

    int fd = open(argv[0], O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return lab_fail("play", argv[0]);
    status = set_params(fd, &ramp, rate);
    if (status == 0) {
        printf("OPEN\n");
        struct timespec delay = {(time_t)(ramp.delay_ms / 1000),
                                 (long)(ramp.delay_ms % 1000) * 1000000};
        (void)nanosleep(&delay, NULL);
        status = play_ramp(fd, &ramp, frames);
    }
    (void)close(fd);
    return status;
}

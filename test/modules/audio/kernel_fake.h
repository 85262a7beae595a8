// SPDX-License-Identifier: MIT
// A kernel of our own for the kernel backend: one capture device that does what a test says.
//
// Sample i of the device is i (S16_LE, the low 16 bits), the same in every channel. Time stands
// still but for `fake_run` and `fake_pass`.
#ifndef MJS_TEST_KERNEL_FAKE_H
#define MJS_TEST_KERNEL_FAKE_H

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include <sound/asound.h>

#include "../../../modules/audio/pcm_kernel.h"
#include "../../support/check.h"

#define FAKE_FD 1000
#define FAKE_BUFFER_BYTES_MAX (1 << 20)
#define FAKE_RATES_MAX 8
#define FAKE_NS_PER_S UINT64_C(1000000000)

struct fake_card {
    // What it offers.
    bool mapped_access;
    bool maps_data;  // else the kernel promises it and refuses
    bool maps_pages; // the status and control pages
    unsigned info;
    uint64_t formats; // bits
    unsigned channels_min, channels_max;
    unsigned rates[FAKE_RATES_MAX]; // none: 1000 to 384000
    unsigned period_min, period_max, period_step;
    unsigned buffer_max;
    // What happens.
    int open_error;
    unsigned calls;        // system calls so far
    unsigned fail_at;      // this one fails (1: the first; 0: none) ...
    int fail_error;        // ... so
    bool gone;             // unplugged
    int resume_error;      // of RESUME
    unsigned resume_again; // so often it says EAGAIN before
    int start_error;
    unsigned run_at_copy; // frames that the device runs while the next frames are copied
    unsigned times_asked;
    unsigned clock_reads;
    short revents;
    bool no_rewind;
    uint64_t start_at; // position after PREPARE
    // How it is.
    int fds;
    int maps;
    unsigned polls;
    unsigned starts;
    unsigned resumes;
    uint64_t told_at_poll;
    uint64_t monotonic_ns;
    uint64_t slept_ns;
    uint64_t index; // of the next sample
    unsigned rate_hz, channels, period, buffer;
    snd_pcm_uframes_t boundary, stop_threshold, avail_min;
    struct snd_pcm_mmap_status status; // as the hardware has it
};

static struct fake_card fake;
static _Alignas(4096) uint8_t fake_data[FAKE_BUFFER_BYTES_MAX];
static _Alignas(4096) union {
    struct snd_pcm_mmap_status status;
    uint8_t bytes[4096];
} fake_status; // as the kernel shows it
static _Alignas(4096) union {
    struct snd_pcm_mmap_control control;
    uint8_t bytes[4096];
} fake_control;

// An ordinary card, and nothing happened.
static void fake_reset(void) {
    memset(&fake, 0, sizeof fake);
    memset(&fake_status, 0, sizeof fake_status);
    memset(&fake_control, 0, sizeof fake_control);
    fake.mapped_access = fake.maps_data = fake.maps_pages = true;
    fake.formats = UINT64_C(1) << (unsigned)SNDRV_PCM_FORMAT_S16_LE;
    fake.channels_min = 1;
    fake.channels_max = 2;
    fake.period_min = 32;
    fake.period_max = 8192;
    fake.period_step = 1;
    fake.buffer_max = 16384;
    fake.monotonic_ns = 5 * FAKE_NS_PER_S;
}

static void fake_pass(uint64_t ns) { fake.monotonic_ns += ns; }

// The device captures so many frames.
static void fake_run(uint64_t frames) {
    for (uint64_t i = 0; i < frames; i++, fake.index++) {
        uint8_t *frame = fake_data + fake.status.hw_ptr % fake.buffer * fake.channels * 2;
        for (unsigned channel = 0; channel < fake.channels; channel++) {
            frame[2 * channel] = (uint8_t)fake.index;
            frame[2 * channel + 1] = (uint8_t)(fake.index >> 8);
        }
        fake.status.hw_ptr = (fake.status.hw_ptr + 1) % fake.boundary;
    }
    fake_pass(frames * FAKE_NS_PER_S / fake.rate_hz);
    fake.status.tstamp.tv_sec = (time_t)(fake.monotonic_ns / FAKE_NS_PER_S);
    fake.status.tstamp.tv_nsec = (long)(fake.monotonic_ns % FAKE_NS_PER_S);
}

// The driver stops the stream; what was captured is seen.
static void fake_stop(int state) {
    fake.status.state = state;
    fake_status.status = fake.status;
}

static bool fake_fails(int *error) {
    fake.calls++;
    if (fake.fail_at == 0 || fake.calls < fake.fail_at)
        return false;
    // A device that vanishes stays away; anything else happens once.
    *error = fake.fail_error;
    return fake.fail_error == -ENODEV || fake.calls == fake.fail_at;
}

static int fake_open(const char *path, int flags) {
    int error = 0;
    CHECK((flags & O_CLOEXEC) != 0 && (flags & O_NONBLOCK) != 0);
    if (fake_fails(&error))
        return error;
    if (fake.open_error != 0 && strstr(path, "pcm") != NULL)
        return fake.open_error;
    if (fake.gone)
        return -ENOENT;
    return FAKE_FD + fake.fds++;
}

static void fake_close(int fd) {
    CHECK(fd >= FAKE_FD);
    fake.fds--;
}

static struct snd_interval *fake_interval(struct snd_pcm_hw_params *params, unsigned param) {
    return &params->intervals[param - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
}

static bool fake_narrow(struct snd_interval *range, unsigned min, unsigned max) {
    range->min = range->min > min ? range->min : min;
    range->max = range->max < max ? range->max : max;
    return !range->empty && range->min <= range->max;
}

static bool fake_refine_rates(struct snd_interval *range) {
    if (fake.rates[0] == 0)
        return fake_narrow(range, 1000, 384000);
    unsigned min = UINT32_MAX;
    unsigned max = 0;
    for (size_t i = 0; i < FAKE_RATES_MAX && fake.rates[i] != 0; i++) {
        if (fake.rates[i] < range->min || fake.rates[i] > range->max)
            continue;
        min = min < fake.rates[i] ? min : fake.rates[i];
        max = max > fake.rates[i] ? max : fake.rates[i];
    }
    return fake_narrow(range, min, max);
}

static int fake_refine(struct snd_pcm_hw_params *params) {
    uint32_t *access = params->masks[SNDRV_PCM_HW_PARAM_ACCESS].bits;
    uint32_t *format = params->masks[SNDRV_PCM_HW_PARAM_FORMAT].bits;
    CHECK_EQ_UINT(params->rmask, UINT32_MAX);
    access[0] &= 1u << (unsigned)SNDRV_PCM_ACCESS_RW_INTERLEAVED |
                 (fake.mapped_access ? 1u << (unsigned)SNDRV_PCM_ACCESS_MMAP_INTERLEAVED : 0);
    format[0] &= (uint32_t)fake.formats;
    format[1] &= (uint32_t)(fake.formats >> 32);
    struct snd_interval *period = fake_interval(params, SNDRV_PCM_HW_PARAM_PERIOD_SIZE);
    params->info = fake.info;
    bool possible = access[0] != 0 && (format[0] | format[1]) != 0 &&
                    fake_narrow(fake_interval(params, SNDRV_PCM_HW_PARAM_CHANNELS),
                                fake.channels_min, fake.channels_max) &&
                    fake_refine_rates(fake_interval(params, SNDRV_PCM_HW_PARAM_RATE)) &&
                    fake_narrow(period, fake.period_min, fake.period_max) &&
                    fake_narrow(fake_interval(params, SNDRV_PCM_HW_PARAM_BUFFER_SIZE),
                                fake.period_min * 2, fake.buffer_max);
    if (possible) {
        period->max -= period->max % fake.period_step;
        period->min += (fake.period_step - period->min % fake.period_step) % fake.period_step;
        possible = period->min <= period->max;
    }
    return possible ? 0 : -EINVAL;
}

static int fake_hw_params(struct snd_pcm_hw_params *params) {
    int error = fake_refine(params);
    if (error < 0)
        return error;
    const struct snd_interval *buffer = fake_interval(params, SNDRV_PCM_HW_PARAM_BUFFER_SIZE);
    fake.rate_hz = fake_interval(params, SNDRV_PCM_HW_PARAM_RATE)->min;
    fake.channels = fake_interval(params, SNDRV_PCM_HW_PARAM_CHANNELS)->min;
    fake.period = fake_interval(params, SNDRV_PCM_HW_PARAM_PERIOD_SIZE)->min;
    fake.buffer = buffer->max;
    CHECK_EQ_UINT(buffer->min, buffer->max); // the backend has chosen, not the kernel
    fake_interval(params, SNDRV_PCM_HW_PARAM_PERIOD_SIZE)->max = fake.period;
    fake.boundary = fake.buffer;
    while (fake.boundary < 1 << 24)
        fake.boundary *= 2;
    return 0;
}

static int fake_sw_params(struct snd_pcm_sw_params *params) {
    CHECK_EQ_INT(params->tstamp_mode, SNDRV_PCM_TSTAMP_ENABLE);
    CHECK_EQ_UINT(params->tstamp_type, SNDRV_PCM_TSTAMP_TYPE_MONOTONIC);
    fake.stop_threshold = params->stop_threshold;
    fake.avail_min = params->avail_min;
    params->boundary = fake.boundary;
    return 0;
}

static uint64_t fake_avail(void) {
    uint64_t avail = fake.status.hw_ptr + fake.boundary - fake_control.control.appl_ptr;
    return avail % fake.boundary;
}

static int fake_state_error(void) {
    switch (fake.status.state) {
    case SNDRV_PCM_STATE_RUNNING:
    case SNDRV_PCM_STATE_PREPARED:
        return 0;
    case SNDRV_PCM_STATE_XRUN:
        return -EPIPE;
    case SNDRV_PCM_STATE_SUSPENDED:
        return -ESTRPIPE;
    default:
        return -EBADFD;
    }
}

static int fake_sync_pointers(struct snd_pcm_sync_ptr *pointers) {
    if ((pointers->flags & SNDRV_PCM_SYNC_PTR_HWSYNC) != 0 && fake_state_error() < 0)
        return fake_state_error();
    if ((pointers->flags & SNDRV_PCM_SYNC_PTR_APPL) == 0)
        fake_control.control.appl_ptr = pointers->c.control.appl_ptr;
    CHECK((pointers->flags & SNDRV_PCM_SYNC_PTR_AVAIL_MIN) != 0);
    fake_status.status = fake.status;
    pointers->s.status = fake.status;
    pointers->c.control = fake_control.control;
    return 0;
}

static int fake_prepare(void) {
    fake.status.hw_ptr = (snd_pcm_uframes_t)fake.start_at;
    fake.status.state = SNDRV_PCM_STATE_PREPARED;
    fake_control.control.appl_ptr = fake.status.hw_ptr;
    fake_status.status = fake.status;
    return 0;
}

static int fake_start(void) {
    fake.starts++;
    if (fake.start_error == 0)
        fake.status.state = SNDRV_PCM_STATE_RUNNING;
    return fake.start_error;
}

static int fake_resume(void) {
    fake.resumes++;
    if (fake.resume_again > 0) {
        fake.resume_again--;
        return -EAGAIN;
    }
    if (fake.resume_error == 0)
        fake.status.state = SNDRV_PCM_STATE_RUNNING;
    return fake.resume_error;
}

static int fake_move(snd_pcm_uframes_t *frames, bool forward) {
    if (fake_state_error() < 0)
        return fake_state_error();
    if (!forward && fake.no_rewind)
        return -EINVAL;
    uint64_t most = forward ? fake_avail() : fake.buffer - fake_avail();
    *frames = *frames < most ? *frames : (snd_pcm_uframes_t)most;
    snd_pcm_uframes_t at = fake_control.control.appl_ptr + fake.boundary;
    fake_control.control.appl_ptr = (forward ? at + *frames : at - *frames) % fake.boundary;
    return 0;
}

static int fake_readi(struct snd_xferi *transfer) {
    if (fake_state_error() < 0)
        return fake_state_error();
    uint64_t frames = fake_avail() < transfer->frames ? fake_avail() : transfer->frames;
    size_t bytes = fake.channels * 2;
    for (uint64_t i = 0; i < frames; i++)
        memcpy((uint8_t *)transfer->buf + i * bytes,
               fake_data + (fake_control.control.appl_ptr + i) % fake.buffer * bytes, bytes);
    fake_control.control.appl_ptr = (fake_control.control.appl_ptr + frames) % fake.boundary;
    transfer->result = (snd_pcm_sframes_t)frames;
    return frames > 0 ? 0 : -EAGAIN;
}

static int fake_call(unsigned long request, void *argument) {
    switch (request) {
    case SNDRV_CTL_IOCTL_CARD_INFO:
        strcpy((char *)((struct snd_ctl_card_info *)argument)->name, "Fake");
        return 0;
    case SNDRV_PCM_IOCTL_INFO:
        strcpy((char *)((struct snd_pcm_info *)argument)->name, "Microphone");
        return 0;
    case SNDRV_PCM_IOCTL_PVERSION:
        *(int *)argument = (int)SNDRV_PROTOCOL_VERSION(2, 0, 14); // Linux 4.19
        return 0;
    case SNDRV_PCM_IOCTL_HW_REFINE:
        return fake_refine(argument);
    case SNDRV_PCM_IOCTL_HW_PARAMS:
        return fake_hw_params(argument);
    case SNDRV_PCM_IOCTL_SW_PARAMS:
        return fake_sw_params(argument);
    case SNDRV_PCM_IOCTL_HWSYNC:
        if (fake_state_error() == 0)
            fake_status.status = fake.status;
        return fake_state_error();
    case SNDRV_PCM_IOCTL_SYNC_PTR:
        return fake_sync_pointers(argument);
    case SNDRV_PCM_IOCTL_PREPARE:
        return fake_prepare();
    case SNDRV_PCM_IOCTL_START:
        return fake_start();
    case SNDRV_PCM_IOCTL_DROP:
        fake.status.state = SNDRV_PCM_STATE_SETUP;
        return 0;
    case SNDRV_PCM_IOCTL_RESUME:
        return fake_resume();
    case SNDRV_PCM_IOCTL_FORWARD:
        return fake_move(argument, true);
    case SNDRV_PCM_IOCTL_REWIND:
        return fake_move(argument, false);
    case SNDRV_PCM_IOCTL_READI_FRAMES:
        return fake_readi(argument);
    default:
        CHECK(false); // a call that this kernel does not know
        return -ENOTTY;
    }
}

static int fake_ioctl(int fd, unsigned long request, void *argument) {
    int error = 0;
    CHECK(fd >= FAKE_FD && fd < FAKE_FD + fake.fds);
    if (fake_fails(&error))
        return error;
    return fake.gone ? -ENODEV : fake_call(request, argument);
}

static void *fake_map(int fd, size_t bytes, int protection, uint64_t offset) {
    int error = 0;
    CHECK(fd >= FAKE_FD && bytes > 0 && bytes % 4096 == 0 && protection != 0);
    if (fake_fails(&error))
        return NULL;
    bool data = offset == SNDRV_PCM_MMAP_OFFSET_DATA;
    if (data ? !fake.maps_data : !fake.maps_pages)
        return NULL;
    fake.maps++;
    if (offset == SNDRV_PCM_MMAP_OFFSET_STATUS)
        return &fake_status;
    return data ? (void *)fake_data : (void *)&fake_control;
}

static void fake_unmap(void *memory, size_t bytes) {
    CHECK(memory != NULL && bytes > 0);
    fake.maps--;
}

static int fake_poll(struct pollfd *fds, unsigned count, int limit_ms) {
    fake.polls++;
    fake.told_at_poll = fake_control.control.appl_ptr;
    CHECK(limit_ms != 0);
    if (count < 2)
        fake_pass((uint64_t)limit_ms * 1000000);
    else
        fds[1].revents = fake.revents;
    return count > 1 && fake.revents != 0 ? 1 : 0;
}

static uint64_t fake_now(clockid_t clock) {
    fake.clock_reads++;
    // The first time after frames were copied: the backend looks how long that took.
    if (clock == CLOCK_BOOTTIME && fake.run_at_copy > 0 && ++fake.times_asked == 2) {
        unsigned frames = fake.run_at_copy;
        fake.run_at_copy = 0;
        fake_run(frames);
    }
    return fake.monotonic_ns + (clock == CLOCK_BOOTTIME ? fake.slept_ns : 0);
}

static const struct mjs_kernel_sys fake_sys = {
    .dev = "/nonexistent/dev",
    .proc = "/nonexistent/proc",
    .open = fake_open,
    .close = fake_close,
    .ioctl = fake_ioctl,
    .map = fake_map,
    .unmap = fake_unmap,
    .poll = fake_poll,
    .now_ns = fake_now,
};

#endif

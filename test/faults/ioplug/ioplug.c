// SPDX-License-Identifier: MIT
// A libasound plug-in for tests: a capture PCM that gives a ramp and has faults at given frames.
//
//     pcm_type.mjs_faults { lib "<this file>" }
//     pcm.mic { type mjs_faults faults "xrun@4800:960 suspend@9600:480" pace "real" log "<file>" }
//
// S32_LE, mono; a sample is its frame's index, lost frames counted. A fault at frame f comes when
// all frames before f were read, so what is in front of the gap is known to the frame:
//   xrun@f:n      the stream stops (state XRUN)
//   suspend@f:n   the system sleeps (state SUSPENDED); resume succeeds
//   asleep@f:n    likewise, but resume does not wake it: it has to be prepared
//   unplug@f:0    the device is gone (state DISCONNECTED)
//   stuck@f:0     from then on each start is followed by an overrun
//   dead@f:0      an overrun, and starting it again fails with -EIO
//   late@f:n      whoever asks is kept waiting for n ms, as on a busy machine
//   dry@f:0       no frame comes any more; the device says nothing about it
// pace "real": frames come by CLOCK_MONOTONIC; what is lost is what came while the stream stood
// still; and a buffer that is not read overruns, as a card's does. "fast": frames are there as soon
// as there is room, and n are lost.
// `log` gets a line for each loss, when it is over: kind, first lost frame, frames lost.
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define FAULTS_MAX 4096
#define KIND_BYTES 16
#define NS_PER_S UINT64_C(1000000000)
#define BUFFER_BYTES_MAX (1u << 20)

struct fault {
    char kind[KIND_BYTES];
    uint64_t frame;
    uint64_t lost;
};

struct plug {
    snd_pcm_ioplug_t io;
    struct fault faults[FAULTS_MAX];
    size_t faults_count;
    size_t next_fault;
    bool is_fast;
    FILE *log;

    uint64_t index;     // of the next frame that is read
    uint64_t start_ns;  // of this run
    uint64_t run;       // frames read in this run
    uint64_t taken;     // frames read since it was prepared: libasound's own position may be older
    const char *losing; // why the stream stands still; null: it does not
    uint64_t lost;      // meanwhile, where it is "fast"
    bool is_stuck;
    bool is_dead;
};

static uint64_t now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static uint64_t frames_in(const struct plug *plug, uint64_t ns) {
    return ns / NS_PER_S * plug->io.rate + ns % NS_PER_S * plug->io.rate / NS_PER_S;
}

static const struct fault *next_fault(const struct plug *plug) {
    return plug->next_fault < plug->faults_count ? &plug->faults[plug->next_fault] : NULL;
}

static bool is_kind(const struct fault *fault, const char *kind) {
    return fault != NULL && strcmp(fault->kind, kind) == 0;
}

static void begin_loss(struct plug *plug, const char *why, uint64_t lost) {
    plug->losing = why;
    plug->lost = lost;
}

// The stream runs, from now on.
static void run_from_now(struct plug *plug) {
    uint64_t now = now_ns();
    uint64_t passed = frames_in(plug, now - plug->start_ns);
    uint64_t lost = plug->is_fast ? plug->lost : passed - plug->run;
    if (plug->losing != NULL) {
        if (plug->log != NULL)
            (void)fprintf(plug->log, "%s %llu %llu\n", plug->losing,
                          (unsigned long long)plug->index, (unsigned long long)lost);
        plug->index += lost;
    }
    plug->losing = NULL;
    plug->start_ns = now;
    plug->run = 0;
}

// ---- Faults ----

// Lets the fault at this place happen. False: the stream does not run any more.
static bool meet_fault(struct plug *plug, const struct fault *fault) {
    snd_pcm_ioplug_t *io = &plug->io;
    if (is_kind(fault, "dry"))
        return true;
    plug->next_fault++;
    if (is_kind(fault, "late")) {
        const struct timespec time = {.tv_sec = (time_t)(fault->lost / 1000),
                                      .tv_nsec = (long)(fault->lost % 1000 * 1000000)};
        (void)nanosleep(&time, NULL);
        return true;
    }
    begin_loss(plug, fault->kind, fault->lost);
    if (is_kind(fault, "unplug")) {
        snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
        return false;
    }
    bool sleeps = is_kind(fault, "suspend") || is_kind(fault, "asleep");
    plug->is_stuck = is_kind(fault, "stuck");
    plug->is_dead = is_kind(fault, "dead");
    snd_pcm_ioplug_set_state(io, sleeps ? SND_PCM_STATE_SUSPENDED : SND_PCM_STATE_XRUN);
    return false;
}

// ---- What libasound calls ----

static int plug_start(snd_pcm_ioplug_t *io) {
    struct plug *plug = io->private_data;
    if (plug->is_dead)
        return -EIO;
    run_from_now(plug);
    return 0;
}

static int plug_stop(snd_pcm_ioplug_t *io) {
    (void)io;
    return 0;
}

static int plug_prepare(snd_pcm_ioplug_t *io) {
    struct plug *plug = io->private_data;
    plug->taken = 0;
    return 0;
}

static int plug_resume(snd_pcm_ioplug_t *io) {
    struct plug *plug = io->private_data;
    // The fault that put it to sleep.
    const struct fault *fault = &plug->faults[plug->next_fault - 1];
    if (is_kind(fault, "asleep"))
        return -ENOSYS; // libasound makes a 0 of it
    run_from_now(plug);
    snd_pcm_ioplug_set_state(io, SND_PCM_STATE_RUNNING);
    return 0;
}

// How many frames wait to be read; negative: the stream has stopped.
static int64_t waiting_frames(struct plug *plug) {
    const snd_pcm_ioplug_t *io = &plug->io;
    const struct fault *fault = next_fault(plug);
    if (plug->losing != NULL)
        return -EPIPE;
    uint64_t to_fault = fault != NULL ? fault->frame - plug->index : UINT64_MAX;
    if (fault != NULL && fault->frame <= plug->index) {
        if (!meet_fault(plug, fault))
            return -EPIPE;
        return 0;
    }
    if (plug->is_stuck) {
        begin_loss(plug, "stuck", 1);
        return -EPIPE;
    }
    uint64_t most = io->buffer_size - io->period_size;
    if (plug->is_fast)
        return (int64_t)(most < to_fault ? most : to_fault);
    uint64_t passed = frames_in(plug, now_ns() - plug->start_ns);
    uint64_t ready = passed - plug->run;
    if (to_fault <= ready)
        return (int64_t)(most < to_fault ? most : to_fault);
    // A card stops when its buffer is full.
    if (ready > io->buffer_size) {
        begin_loss(plug, "overrun", 0);
        return -EPIPE;
    }
    // Whole periods, as they come by interrupts; a full buffer looks like an empty one.
    uint64_t whole = passed / io->period_size * io->period_size;
    uint64_t waiting = whole > plug->run ? whole - plug->run : 0;
    return (int64_t)(waiting < most ? waiting : most);
}

static snd_pcm_sframes_t plug_pointer(snd_pcm_ioplug_t *io) {
    struct plug *plug = io->private_data;
    int64_t waiting = waiting_frames(plug);
    if (waiting < 0) {
        // libasound makes an overrun of a negative position, whatever the state is.
        if (io->state == SND_PCM_STATE_RUNNING)
            return -EPIPE;
        waiting = 0; // all was read before it fell asleep, or went away
    }
    return (snd_pcm_sframes_t)((plug->taken + (uint64_t)waiting) % io->buffer_size);
}

static snd_pcm_sframes_t plug_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
                                       snd_pcm_uframes_t offset, snd_pcm_uframes_t size) {
    struct plug *plug = io->private_data;
    uint8_t *out = (uint8_t *)areas->addr + (areas->first + areas->step * offset) / 8;
    for (snd_pcm_uframes_t i = 0; i < size; i++) {
        uint32_t value = (uint32_t)(plug->index + i);
        (void)memcpy(out + i * sizeof value, &value, sizeof value);
    }
    plug->index += size;
    plug->run += size;
    plug->taken += size;
    return (snd_pcm_sframes_t)size;
}

static int plug_hw_params(snd_pcm_ioplug_t *io, snd_pcm_hw_params_t *params) {
    (void)params;
    // A tick a period: whoever waits looks whether there is something.
    uint64_t ns = NS_PER_S * io->period_size / io->rate;
    const struct timespec period = {.tv_sec = (time_t)(ns / NS_PER_S),
                                    .tv_nsec = (long)(ns % NS_PER_S)};
    const struct itimerspec ticks = {period, period};
    return timerfd_settime(io->poll_fd, 0, &ticks, NULL) < 0 ? -errno : 0;
}

static int plug_revents(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned count,
                        unsigned short *revents) {
    uint64_t ticks = 0;
    (void)io;
    *revents = count > 0 && read(fds[0].fd, &ticks, sizeof ticks) > 0 ? POLLIN : 0;
    return 0;
}

static int plug_close(snd_pcm_ioplug_t *io) {
    struct plug *plug = io->private_data;
    if (plug->log != NULL)
        (void)fclose(plug->log);
    (void)close(io->poll_fd);
    free(plug);
    return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
    .start = plug_start,
    .stop = plug_stop,
    .pointer = plug_pointer,
    .transfer = plug_transfer,
    .close = plug_close,
    .hw_params = plug_hw_params,
    .prepare = plug_prepare,
    .resume = plug_resume,
    .poll_revents = plug_revents,
};

// ---- Open ----

static int parse_faults(struct plug *plug, const char *text) {
    int used = 0;
    while (*text != '\0') {
        if (plug->faults_count == FAULTS_MAX)
            return -E2BIG;
        struct fault *fault = &plug->faults[plug->faults_count++];
        unsigned long long frame = 0;
        unsigned long long lost = 0;
        if (sscanf(text, " %15[a-z]@%llu:%llu%n", fault->kind, &frame, &lost, &used) != 3)
            return -EINVAL;
        fault->frame = frame;
        fault->lost = lost;
        text += used;
    }
    return 0;
}

static int read_config(struct plug *plug, snd_config_t *conf) {
    snd_config_iterator_t i;
    snd_config_iterator_t next;
    int error = 0;
    snd_config_for_each(i, next, conf) {
        snd_config_t *entry = snd_config_iterator_entry(i);
        const char *id = "";
        const char *text = NULL;
        if (snd_config_get_id(entry, &id) < 0 || snd_config_get_string(entry, &text) < 0)
            continue;
        if (strcmp(id, "faults") == 0)
            error = parse_faults(plug, text);
        if (strcmp(id, "pace") == 0)
            plug->is_fast = strcmp(text, "fast") == 0;
        if (strcmp(id, "log") == 0) {
            plug->log = fopen(text, "ae");
            error = plug->log == NULL ? -errno : 0;
        }
        if (error < 0)
            return error;
    }
    if (plug->log != NULL)
        (void)setvbuf(plug->log, NULL, _IOLBF, 0);
    return 0;
}

static int set_constraints(snd_pcm_ioplug_t *io) {
    static const unsigned access[] = {SND_PCM_ACCESS_RW_INTERLEAVED};
    static const unsigned format[] = {SND_PCM_FORMAT_S32_LE};
    int error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 1, access);
    if (error >= 0)
        error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 1, format);
    if (error >= 0)
        error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_CHANNELS, 1, 1);
    if (error >= 0)
        error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_RATE, 8000, 192000);
    if (error >= 0)
        error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 64,
                                                BUFFER_BYTES_MAX / 2);
    if (error >= 0)
        error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIODS, 2, 1024);
    return error;
}

SND_PCM_PLUGIN_DEFINE_FUNC(mjs_faults) {
    (void)root;
    struct plug *plug = calloc(1, sizeof *plug);
    if (plug == NULL)
        return -ENOMEM;
    plug->io.version = SND_PCM_IOPLUG_VERSION;
    plug->io.name = "faults on demand";
    plug->io.callback = &callbacks;
    plug->io.private_data = plug;
    plug->io.poll_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    plug->io.poll_events = POLLIN;
    int error = plug->io.poll_fd < 0 ? -errno : read_config(plug, conf);
    if (error >= 0)
        error = snd_pcm_ioplug_create(&plug->io, name, stream, mode);
    if (error < 0) {
        (void)plug_close(&plug->io);
        return error;
    }
    error = set_constraints(&plug->io);
    if (error < 0) {
        (void)snd_pcm_ioplug_delete(&plug->io); // which closes it
        return error;
    }
    *pcmp = plug->io.pcm;
    return 0;
}

SND_PCM_PLUGIN_SYMBOL(mjs_faults)

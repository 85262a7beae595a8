// SPDX-License-Identifier: MIT
// Capture through the kernel's PCM interface: "hw:<card>,<device>", no libasound.
//
// An overrun does not stop the stream, so its length is known exactly. Where the driver stops by
// itself, or the system sleeps, what is lost is estimated from the last time stamp. What the device
// had written before it stopped or vanished is read first, where its memory is mapped.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// The kernel's header uses the macros of the first.
#include <sys/ioctl.h>

#include <sound/asound.h>

#include "board.h"
#include "kernel_explain.h"
#include "kernel_params.h"
#include "kernel_stream.h"
#include "pcm_kernel.h"

#define NS_PER_S UINT64_C(1000000000)
#define CARD_MAX 255
#define DEVICE_MAX 255
#define PATH_BYTES 320
// A device that only fails is given up after so many attempts without a frame in between.
#define RECOVERIES_MAX 100
// While the device wakes up from a sleep of the system it answers "again".
#define RESUME_POLL_MS 20
#define RESUME_LIMIT_NS (2 * NS_PER_S)

struct kernel {
    struct mjs_pcm pcm;
    struct mjs_kernel_choice choice;
    const struct mjs_board_card *board; // null: an ordinary card
    unsigned card;
    unsigned device;
    struct mjs_kernel_stream stream;
    uint64_t resume_since_ns; // 0: not resuming
    bool poll_failed;         // the device has an error to tell that read may not see yet
    unsigned recoveries;
};

// ---- Wait ----

static void kernel_wait(struct mjs_pcm *pcm, int wake_fd, int limit_ms) {
    struct kernel *kernel = (struct kernel *)pcm;
    struct mjs_kernel_stream *stream = &kernel->stream;
    struct pollfd fds[2] = {
        {.fd = wake_fd, .events = POLLIN},
        {.fd = stream->fd, .events = POLLIN},
    };
    bool brief = kernel->resume_since_ns != 0 || kernel->poll_failed || stream->fd < 0;
    kernel->poll_failed = false;
    if (brief) {
        // The device's descriptor is readable all the time then: the thread would spin.
        bool shorter = limit_ms >= 0 && limit_ms < RESUME_POLL_MS;
        (void)stream->sys->poll(fds, 1, shorter ? limit_ms : RESUME_POLL_MS);
        return;
    }
    mjs_kernel_stream_tell(stream);
    if (stream->sys->poll(fds, 2, limit_ms) > 0)
        kernel->poll_failed = (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

// ---- Recovery ----

static enum mjs_pcm_read_status fail_gone(struct kernel *kernel, int error, struct mjs_error *err) {
    const char *device = kernel->pcm.hardware.device;
    switch (-error) {
    case ENODEV:
    case ENXIO:
    case EBADF:
    case EBADFD:
    case ESHUTDOWN:
        (void)mjs_result_fail(err, MJS_ELOST, "%.200s: the device is gone", device);
        break;
    case EPIPE:
    case ESTRPIPE:
        (void)mjs_result_fail(err, MJS_ELOST, "%.200s: the device stops again and again", device);
        break;
    default:
        (void)mjs_result_fail_errno(err, -error, "%.200s: cannot read", device);
        break;
    }
    return MJS_PCM_GONE;
}

// The stream ran, has stopped, and is to run again. Whatever is unread is counted, too.
static enum mjs_pcm_read_status restart(struct kernel *kernel, bool start, enum mjs_gap_cause cause,
                                        struct mjs_pcm_loss *loss, struct mjs_error *err) {
    struct mjs_kernel_stream *stream = &kernel->stream;
    // Starting is a part of the gap, so the clock is read after it.
    struct mjs_kernel_stream before = *stream;
    int error = start ? mjs_kernel_stream_start(stream) : mjs_kernel_stream_sync(stream);
    if (error < 0)
        return fail_gone(kernel, error, err);
    uint64_t frames = mjs_kernel_stream_missing(&before);
    *loss = (struct mjs_pcm_loss){
        .frames = frames > 0 ? frames : 1, // Something was lost, if not measurably.
        .exact = false,
        .cause = cause,
    };
    return MJS_PCM_LOSS;
}

// The system slept. The device may take a while to wake up.
static enum mjs_pcm_read_status resume(struct kernel *kernel, struct mjs_pcm_loss *loss,
                                       struct mjs_error *err) {
    const struct mjs_kernel_sys *sys = kernel->stream.sys;
    uint64_t now = sys->now_ns(CLOCK_MONOTONIC);
    if (kernel->resume_since_ns == 0)
        kernel->resume_since_ns = now;
    int error = sys->ioctl(kernel->stream.fd, SNDRV_PCM_IOCTL_RESUME, NULL);
    if (error == -EAGAIN && now - kernel->resume_since_ns < RESUME_LIMIT_NS)
        return MJS_PCM_FRAMES; // None yet: wait, then ask again.
    kernel->resume_since_ns = 0;
    // Not all devices can resume.
    return restart(kernel, error < 0, MJS_GAP_SUSPEND, loss, err);
}

// The stream does not run, and nothing more of it can be read.
static enum mjs_pcm_read_status recover(struct kernel *kernel, int error, struct mjs_pcm_loss *loss,
                                        struct mjs_error *err) {
    int state = kernel->stream.state;
    if (++kernel->recoveries > RECOVERIES_MAX)
        return fail_gone(kernel, error, err);
    if (error == -ESTRPIPE)
        return resume(kernel, loss, err);
    bool stopped = error == -EPIPE || error == -EBADFD;
    if (!stopped || state == SNDRV_PCM_STATE_DISCONNECTED)
        return fail_gone(kernel, error == -EPIPE ? -ENODEV : error, err);
    return restart(kernel, true, MJS_GAP_DEVICE, loss, err);
}

// ---- Read ----

static enum mjs_pcm_read_status lose(struct kernel *kernel, uint64_t frames, bool running,
                                     struct mjs_pcm_loss *loss, struct mjs_error *err) {
    int error = mjs_kernel_stream_skip(&kernel->stream, frames, running);
    if (error == -EPIPE || error == -ESTRPIPE || error == -EBADFD)
        return MJS_PCM_FRAMES; // It has just stopped: the next read sees it so.
    if (error < 0)
        return fail_gone(kernel, error, err);
    *loss = (struct mjs_pcm_loss){.frames = frames, .exact = true, .cause = MJS_GAP_DEVICE};
    return MJS_PCM_LOSS;
}

// While frames were read the device may have come round and overwritten the first of them. How many
// of the `frames` from position `began` on are lost; they are given back, the lost ones skipped.
static enum mjs_pcm_read_status check_overwritten(struct kernel *kernel, uint64_t began,
                                                  uint64_t frames, size_t *frames_out,
                                                  struct mjs_pcm_loss *loss,
                                                  struct mjs_error *err) {
    struct mjs_kernel_stream *stream = &kernel->stream;
    uint64_t ended = stream->ours;
    // Mapped, the kernel has not been told yet that they were read.
    if (stream->data != NULL)
        stream->ours = began;
    int error = mjs_kernel_stream_sync(stream);
    uint64_t lost = mjs_kernel_stream_overrun(stream, began);
    if (lost == 0) {
        stream->ours = ended;
        *frames_out = (size_t)frames;
        return MJS_PCM_FRAMES;
    }
    if (stream->data != NULL)
        return lose(kernel, lost, error >= 0, loss, err);
    lost = lost < frames ? lost : frames;
    // Where a driver cannot go back, all that was read counts as lost.
    if (lost < frames && mjs_kernel_stream_unread(stream, frames - lost) < 0)
        lost = frames;
    *loss = (struct mjs_pcm_loss){.frames = lost, .exact = true, .cause = MJS_GAP_DEVICE};
    return MJS_PCM_LOSS;
}

static enum mjs_pcm_read_status kernel_read(struct mjs_pcm *pcm, void *frames_out,
                                            size_t frames_max, size_t *frames,
                                            struct mjs_pcm_loss *loss, struct mjs_error *err) {
    struct kernel *kernel = (struct kernel *)pcm;
    struct mjs_kernel_stream *stream = &kernel->stream;
    *frames = 0;
    if (stream->fd < 0)
        return fail_gone(kernel, -ENODEV, err);
    if (kernel->resume_since_ns != 0)
        return resume(kernel, loss, err);
    int error = mjs_kernel_stream_sync(stream);
    if (error >= 0 && stream->state != SNDRV_PCM_STATE_RUNNING)
        error = stream->state == SNDRV_PCM_STATE_SUSPENDED ? -ESTRPIPE : -EPIPE;
    bool running = error >= 0;
    uint64_t avail = mjs_kernel_stream_avail(stream);
    // A stream that has stopped can only be read from memory.
    if (!running && stream->data == NULL)
        avail = 0;
    if (avail == 0)
        return running ? MJS_PCM_FRAMES : recover(kernel, error, loss, err);
    uint64_t lost = mjs_kernel_stream_overrun(stream, stream->ours);
    if (lost > 0)
        return lose(kernel, lost, running, loss, err);
    uint64_t began = stream->ours;
    int64_t count =
        mjs_kernel_stream_read(stream, frames_out, avail < frames_max ? avail : frames_max);
    if (count < 0)
        return recover(kernel, (int)count, loss, err);
    kernel->recoveries = 0;
    if (running && count > 0 && mjs_kernel_stream_in_danger(stream))
        return check_overwritten(kernel, began, (uint64_t)count, frames, loss, err);
    *frames = (size_t)count;
    return MJS_PCM_FRAMES;
}

// ---- Start, stop, close ----

static mjs_result kernel_start(struct mjs_pcm *pcm, struct mjs_error *err) {
    struct kernel *kernel = (struct kernel *)pcm;
    int error = kernel->stream.fd >= 0 ? mjs_kernel_stream_start(&kernel->stream) : -ENODEV;
    if (error < 0) {
        struct mjs_error reason = {0};
        (void)fail_gone(kernel, error, &reason);
        if (reason.code != MJS_ELOST)
            return mjs_result_fail_errno(err, -error, "%.200s: cannot start", pcm->hardware.device);
        if (err != NULL)
            *err = reason;
        return reason.code;
    }
    kernel->resume_since_ns = 0;
    kernel->poll_failed = false;
    kernel->recoveries = 0;
    return MJS_OK;
}

static void kernel_stop(struct mjs_pcm *pcm) {
    struct kernel *kernel = (struct kernel *)pcm;
    // It fails when the device is gone, and is stopped then.
    if (kernel->stream.fd >= 0)
        (void)kernel->stream.sys->ioctl(kernel->stream.fd, SNDRV_PCM_IOCTL_DROP, NULL);
}

static void kernel_close(struct mjs_pcm *pcm) {
    struct kernel *kernel = (struct kernel *)pcm;
    mjs_kernel_stream_close(&kernel->stream);
    free(kernel);
}

// ---- Open ----

static mjs_result open_node(struct kernel *kernel, struct mjs_error *err) {
    const struct mjs_kernel_sys *sys = kernel->choice.sys;
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%.200s/pcmC%uD%uc", sys->dev, kernel->card, kernel->device);
    // Writable, because the page with our position is written. Without O_NONBLOCK open would wait
    // for whoever has the device.
    int fd = sys->open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        kernel->stream = (struct mjs_kernel_stream){.sys = sys, .fd = fd};
        return MJS_OK;
    }
    kernel->stream.fd = -1;
    // Without anybody to tell it to there is no need to find out: a device is waited for.
    if (err == NULL)
        return MJS_ENODEV;
    return mjs_kernel_explain_open(sys, kernel->card, kernel->device, -fd, err);
}

// Parameters and memory of an open node. What drivers promise and cannot do is done by READI.
static mjs_result set_up(struct kernel *kernel, const struct mjs_pcm_want *want,
                         struct mjs_pcm_hardware *hardware, struct mjs_error *err) {
    struct mjs_kernel_stream *stream = &kernel->stream;
    int error = 0;
    for (int attempt = 0; attempt < 2; attempt++) {
        bool allow_mapped = !kernel->choice.no_mapping && attempt == 0;
        mjs_result result = mjs_kernel_params_set(stream->sys, stream->fd, want, kernel->board,
                                                  allow_mapped, hardware, &stream->setup, err);
        if (result != MJS_OK)
            return result;
        stream->rate_hz = hardware->spec.rate_hz;
        stream->frame_bytes = mjs_format_frame_bytes(&hardware->spec);
        error = mjs_kernel_stream_map(stream, !kernel->choice.no_pages);
        if (error >= 0)
            return MJS_OK;
    }
    return mjs_result_fail_errno(err, -error, "%.200s: cannot map its memory", hardware->device);
}

static mjs_result open_and_set_up(struct kernel *kernel, const struct mjs_pcm_want *want,
                                  struct mjs_pcm_hardware *hardware, struct mjs_error *err) {
    mjs_result result = open_node(kernel, err);
    if (result != MJS_OK)
        return result;
    result = set_up(kernel, want, hardware, err);
    if (result != MJS_OK)
        mjs_kernel_stream_close(&kernel->stream);
    return result;
}

// The board table knows drivers that must first be used in one form; here it is done.
static mjs_result prime(struct kernel *kernel, const struct mjs_pcm_want *want,
                        struct mjs_error *err) {
    if (!mjs_board_prime_needed(NULL, kernel->board, &want->spec))
        return MJS_OK;
    const struct mjs_pcm_want first = {.spec = {MJS_FORMAT_S16_LE, MJS_BOARD_PRIME_RATE_HZ, 1}};
    struct mjs_pcm_hardware hardware = kernel->pcm.hardware;
    mjs_result result = open_and_set_up(kernel, &first, &hardware, err);
    if (result != MJS_OK)
        return result;
    int error = mjs_kernel_stream_start(&kernel->stream);
    (void)kernel->stream.sys->ioctl(kernel->stream.fd, SNDRV_PCM_IOCTL_DROP, NULL);
    mjs_kernel_stream_close(&kernel->stream);
    if (error < 0)
        return mjs_result_fail_errno(err, -error, "%.200s: cannot start", hardware.device);
    return MJS_OK;
}

// For people; where it cannot be found out, the device's own name must do.
static void describe(struct kernel *kernel) {
    const struct mjs_kernel_sys *sys = kernel->choice.sys;
    struct mjs_pcm_hardware *hardware = &kernel->pcm.hardware;
    struct snd_pcm_info info = {0};
    struct snd_ctl_card_info card = {0};
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%.200s/controlC%u", sys->dev, kernel->card);
    int fd = sys->open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        if (sys->ioctl(fd, SNDRV_CTL_IOCTL_CARD_INFO, &card) < 0)
            card.name[0] = '\0';
        sys->close(fd);
    }
    if (sys->ioctl(kernel->stream.fd, SNDRV_PCM_IOCTL_INFO, &info) < 0)
        info.name[0] = '\0';
    const char *card_name = (const char *)card.name;
    const char *pcm_name = (const char *)info.name;
    bool both = card_name[0] != '\0' && pcm_name[0] != '\0';
    if (!both && card_name[0] == '\0' && pcm_name[0] == '\0')
        pcm_name = hardware->device;
    (void)snprintf(hardware->name, sizeof hardware->name, "%.32s%s%.80s", card_name,
                   both ? ", " : "", pcm_name);
}

mjs_result mjs_pcm_kernel_open(struct mjs_pcm **pcm_out, unsigned card, unsigned device,
                               const struct mjs_kernel_choice *choice,
                               const struct mjs_pcm_want *want, struct mjs_error *err) {
    struct kernel *kernel = calloc(1, sizeof *kernel);
    if (kernel == NULL)
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a device");
    // Reasons are found only for somebody who wants them.
    struct mjs_error ignored;
    err = err != NULL ? err : &ignored;
    struct mjs_pcm_hardware *hardware = &kernel->pcm.hardware;
    kernel->pcm.ops = &mjs_pcm_kernel_ops;
    kernel->choice = *choice;
    if (kernel->choice.sys == NULL)
        kernel->choice.sys = &mjs_kernel_sys_real;
    kernel->card = card;
    kernel->device = device;
    kernel->board = mjs_board_card_of(NULL, card);
    (void)snprintf(hardware->device, sizeof hardware->device, "hw:%u,%u", card, device);
    hardware->has_card = true;
    hardware->card = card;
    mjs_result result = prime(kernel, want, err);
    if (result == MJS_OK)
        result = open_and_set_up(kernel, want, hardware, err);
    if (result != MJS_OK) {
        free(kernel);
        return result;
    }
    mjs_board_prime_done(NULL, kernel->board);
    describe(kernel);
    *pcm_out = &kernel->pcm;
    return MJS_OK;
}

static bool same_form(const struct mjs_pcm_hardware *a, const struct mjs_pcm_hardware *b) {
    return a->spec.format == b->spec.format && a->spec.rate_hz == b->spec.rate_hz &&
           a->spec.channels == b->spec.channels && a->period_frames == b->period_frames;
}

static mjs_result kernel_reopen(struct mjs_pcm *pcm, struct mjs_pcm_loss *loss) {
    struct kernel *kernel = (struct kernel *)pcm;
    // The node of a device that has gone stays taken while it is open.
    mjs_kernel_stream_close(&kernel->stream);
    struct mjs_kernel_stream before = kernel->stream;
    struct mjs_pcm_hardware hardware = pcm->hardware;
    const struct mjs_pcm_want want = {hardware.spec, hardware.period_frames, hardware.period_count};
    mjs_result result = open_and_set_up(kernel, &want, &hardware, NULL);
    if (result == MJS_OK && !same_form(&hardware, &pcm->hardware))
        result = MJS_EUNSUPPORTED; // It is another device.
    if (result == MJS_OK)
        result = kernel_start(pcm, NULL);
    if (result != MJS_OK) {
        mjs_kernel_stream_close(&kernel->stream);
        kernel->stream = before; // which knows when the last frame was
        return result;
    }
    *loss = (struct mjs_pcm_loss){
        .frames = mjs_kernel_stream_missing(&before),
        .exact = false,
        .cause = MJS_GAP_DEVICE,
    };
    return MJS_OK;
}

// A small number without sign, leading zeros or blanks.
static bool parse_number(const char **text, unsigned max, unsigned *number_out) {
    const char *at = *text;
    unsigned number = 0;
    while (*at >= '0' && *at <= '9' && at - *text < 3)
        number = number * 10 + (unsigned)(*at++ - '0');
    bool leading_zero = **text == '0' && at - *text > 1;
    if (at == *text || leading_zero || number > max)
        return false;
    *text = at;
    *number_out = number;
    return true;
}

static mjs_result kernel_open(struct mjs_pcm **pcm_out, const char *name,
                              const struct mjs_pcm_want *want, struct mjs_error *err) {
    unsigned card = 0;
    unsigned device = 0;
    const char *rest = name;
    bool valid = parse_number(&rest, CARD_MAX, &card) && *rest == ',';
    if (valid) {
        rest++;
        valid = parse_number(&rest, DEVICE_MAX, &device) && *rest == '\0';
    }
    if (!valid)
        return mjs_result_fail(err, MJS_EINVAL,
                               "\"hw:%.80s\" is no device: use hw:<card>,<device>, such as hw:0,0",
                               name);
    const struct mjs_kernel_choice choice = {0};
    return mjs_pcm_kernel_open(pcm_out, card, device, &choice, want, err);
}

const struct mjs_pcm_ops mjs_pcm_kernel_ops = {
    .scheme = "hw",
    .open = kernel_open,
    .start = kernel_start,
    .wait = kernel_wait,
    .read = kernel_read,
    .stop = kernel_stop,
    .close = kernel_close,
    .reopen = kernel_reopen,
};

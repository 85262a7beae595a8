// SPDX-License-Identifier: MIT
// Positions and frames of a running PCM of the kernel.
#include "kernel_stream.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
// The kernel's header uses the macros of the first.
#include <sys/ioctl.h>

#include <sound/asound.h>

#define NS_PER_S UINT64_C(1000000000)
// A time stamp older than that is none.
#define STAMP_AGE_MAX_NS (10 * NS_PER_S)
// A buffer of fewer periods cannot do without one.
#define BATCH_PERIODS_MIN 3

// ---- Memory ----

int mjs_kernel_stream_map(struct mjs_kernel_stream *stream, bool allow_pages) {
    const struct mjs_kernel_sys *sys = stream->sys;
    long page = sysconf(_SC_PAGESIZE);
    size_t page_bytes = page > 0 ? (size_t)page : 4096;
    if (stream->setup.mapped) {
        size_t bytes = (size_t)stream->setup.buffer_frames * stream->frame_bytes;
        bytes = (bytes + page_bytes - 1) / page_bytes * page_bytes;
        stream->data = sys->map(stream->fd, bytes, PROT_READ, SNDRV_PCM_MMAP_OFFSET_DATA);
        if (stream->data == NULL)
            return -ENXIO;
        stream->data_bytes = bytes;
    }
    // With READI the kernel moves our position itself, and where each move must be told by an ioctl
    // the pages would not save one. Many machines (those without coherent memory) refuse them.
    if (!allow_pages || !stream->setup.mapped || stream->setup.sync_pointer)
        return 0;
    stream->status = sys->map(stream->fd, page_bytes, PROT_READ, SNDRV_PCM_MMAP_OFFSET_STATUS);
    stream->control =
        sys->map(stream->fd, page_bytes, PROT_READ | PROT_WRITE, SNDRV_PCM_MMAP_OFFSET_CONTROL);
    if (stream->status != NULL && stream->control != NULL)
        return 0;
    if (stream->status != NULL)
        sys->unmap(stream->status, page_bytes);
    if (stream->control != NULL)
        sys->unmap(stream->control, page_bytes);
    stream->status = NULL;
    stream->control = NULL;
    return 0;
}

void mjs_kernel_stream_close(struct mjs_kernel_stream *stream) {
    const struct mjs_kernel_sys *sys = stream->sys;
    long page = sysconf(_SC_PAGESIZE);
    size_t page_bytes = page > 0 ? (size_t)page : 4096;
    if (stream->data != NULL)
        sys->unmap(stream->data, stream->data_bytes);
    if (stream->status != NULL)
        sys->unmap(stream->status, page_bytes);
    if (stream->control != NULL)
        sys->unmap(stream->control, page_bytes);
    stream->data = NULL;
    stream->status = NULL;
    stream->control = NULL;
    if (stream->fd >= 0)
        sys->close(stream->fd);
    stream->fd = -1;
}

// ---- Positions ----

static uint64_t frames_in(uint64_t ns, uint64_t rate_hz) {
    return ns / NS_PER_S * rate_hz + ns % NS_PER_S * rate_hz / NS_PER_S;
}

// From `from` on to `to`, across the boundary.
static uint64_t distance(const struct mjs_kernel_stream *stream, uint64_t from, uint64_t to) {
    return to >= from ? to - from : to + stream->setup.boundary - from;
}

uint64_t mjs_kernel_stream_avail(const struct mjs_kernel_stream *stream) {
    return distance(stream, stream->ours, stream->hardware);
}

// Where the position lags, the device is already writing into the period behind it.
static uint64_t safe_frames(const struct mjs_kernel_stream *stream) {
    uint64_t period_frames = stream->setup.period_frames;
    uint64_t buffer = stream->setup.buffer_frames;
    bool lags = stream->setup.batch && buffer >= BATCH_PERIODS_MIN * period_frames;
    return lags ? buffer - period_frames : buffer;
}

uint64_t mjs_kernel_stream_overrun(const struct mjs_kernel_stream *stream, uint64_t from) {
    uint64_t avail = distance(stream, from, stream->hardware);
    uint64_t safe = safe_frames(stream);
    return avail > safe ? avail - safe : 0;
}

bool mjs_kernel_stream_in_danger(struct mjs_kernel_stream *stream) {
    uint64_t now = stream->sys->now_ns(CLOCK_BOOTTIME);
    uint64_t passed = now > stream->stamp_ns ? now - stream->stamp_ns : 0;
    // Twice, since the device has a clock of its own; and a period, since it may be ahead of what
    // it says.
    uint64_t written = frames_in(passed, stream->rate_hz) * 2 + stream->setup.period_frames;
    bool odd = now < stream->stamp_ns || passed >= STAMP_AGE_MAX_NS;
    bool danger =
        odd || distance(stream, stream->told, stream->stamped) + written >= safe_frames(stream);
    // It may be the stamp that is wrong: because of a sleep that nobody told us of.
    if (danger)
        stream->asleep_known = false;
    return danger;
}

// `stamp`: when the device was there, by CLOCK_MONOTONIC. Reading clocks is a system call on some
// boards, and this is done for every period: so the two are compared only now and then.
static void stamp(struct mjs_kernel_stream *stream, uint64_t seconds, uint64_t ns) {
    uint64_t at_ns = seconds * NS_PER_S + ns;
    stream->stamped = stream->hardware;
    if (!stream->asleep_known || at_ns == 0) {
        uint64_t boot_ns = stream->sys->now_ns(CLOCK_BOOTTIME);
        uint64_t now_ns = stream->sys->now_ns(CLOCK_MONOTONIC);
        stream->asleep_ns = boot_ns - now_ns;
        stream->asleep_known = at_ns > 0 && at_ns <= now_ns && now_ns - at_ns < STAMP_AGE_MAX_NS;
        if (!stream->asleep_known)
            at_ns = now_ns;
    }
    stream->stamp_ns = at_ns + stream->asleep_ns;
}

static int sync_pages(struct mjs_kernel_stream *stream) {
    mjs_kernel_stream_tell(stream);
    int error = stream->sys->ioctl(stream->fd, SNDRV_PCM_IOCTL_HWSYNC, NULL);
    // The kernel writes the position after the frames.
    stream->hardware = __atomic_load_n(&stream->status->hw_ptr, __ATOMIC_ACQUIRE);
    stream->state = __atomic_load_n(&stream->status->state, __ATOMIC_RELAXED);
    // After an overrun by the driver this is when it stopped; after a sleep of the system the clock
    // of the stamp has slept, too.
    if (error >= 0 || error == -EPIPE)
        stamp(stream, (uint64_t)stream->status->tstamp.tv_sec,
              (uint64_t)stream->status->tstamp.tv_nsec);
    return error;
}

static int sync_call(struct mjs_kernel_stream *stream, unsigned flags) {
    // With READI the kernel knows our position better than we do.
    if (stream->data == NULL)
        flags |= SNDRV_PCM_SYNC_PTR_APPL;
    struct snd_pcm_sync_ptr pointers = {.flags = flags | SNDRV_PCM_SYNC_PTR_AVAIL_MIN};
    pointers.c.control.appl_ptr = (snd_pcm_uframes_t)stream->ours;
    int error = stream->sys->ioctl(stream->fd, SNDRV_PCM_IOCTL_SYNC_PTR, &pointers);
    if (error < 0)
        return error;
    if ((flags & SNDRV_PCM_SYNC_PTR_APPL) != 0)
        stream->ours = pointers.c.control.appl_ptr;
    stream->told = stream->ours;
    stream->hardware = pointers.s.status.hw_ptr;
    stream->state = pointers.s.status.state;
    if (stream->state != SNDRV_PCM_STATE_SUSPENDED)
        stamp(stream, (uint64_t)pointers.s.status.tstamp.tv_sec,
              (uint64_t)pointers.s.status.tstamp.tv_nsec);
    return 0;
}

int mjs_kernel_stream_sync(struct mjs_kernel_stream *stream) {
    bool pages = stream->status != NULL;
    int error = pages ? sync_pages(stream) : sync_call(stream, SNDRV_PCM_SYNC_PTR_HWSYNC);
    // A stream that does not run has no position to ask the hardware for; its last one is there.
    if (error < 0 && !pages)
        (void)sync_call(stream, 0);
    if (stream->state == SNDRV_PCM_STATE_SUSPENDED)
        stream->asleep_known = false;
    return error;
}

void mjs_kernel_stream_tell(struct mjs_kernel_stream *stream) {
    if (stream->data == NULL || stream->told == stream->ours)
        return;
    if (stream->control == NULL) {
        // What goes wrong here shows in the next sync.
        (void)sync_call(stream, 0);
        return;
    }
    // The kernel may let the device overwrite what is before: we have read it.
    __atomic_store_n(&stream->control->appl_ptr, (snd_pcm_uframes_t)stream->ours, __ATOMIC_RELEASE);
    stream->told = stream->ours;
}

int mjs_kernel_stream_start(struct mjs_kernel_stream *stream) {
    int error = stream->sys->ioctl(stream->fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
    if (error < 0)
        return error;
    // PREPARE has set both positions.
    if (stream->control != NULL) {
        stream->ours = __atomic_load_n(&stream->control->appl_ptr, __ATOMIC_RELAXED);
        stream->told = stream->ours;
    } else {
        error = sync_call(stream, SNDRV_PCM_SYNC_PTR_APPL);
        if (error < 0)
            return error;
    }
    error = stream->sys->ioctl(stream->fd, SNDRV_PCM_IOCTL_START, NULL);
    stream->state = SNDRV_PCM_STATE_RUNNING;
    stream->hardware = stream->ours;
    stream->stamped = stream->ours;
    stream->stamp_ns = stream->sys->now_ns(CLOCK_BOOTTIME);
    stream->asleep_known = false;
    return error < 0 ? error : 0;
}

uint64_t mjs_kernel_stream_missing(const struct mjs_kernel_stream *stream) {
    uint64_t now = stream->sys->now_ns(CLOCK_BOOTTIME);
    uint64_t passed = now > stream->stamp_ns ? now - stream->stamp_ns : 0;
    uint64_t frames = frames_in(passed, stream->rate_hz);
    uint64_t unread = distance(stream, stream->ours, stream->stamped);
    // Read beyond the stamp, or not yet as far.
    if (unread <= stream->setup.boundary / 2)
        return frames + unread;
    uint64_t beyond = stream->setup.boundary - unread;
    return frames > beyond ? frames - beyond : 0;
}

// ---- Frames ----

int mjs_kernel_stream_skip(struct mjs_kernel_stream *stream, uint64_t frames, bool running) {
    if (running) {
        mjs_kernel_stream_tell(stream);
        snd_pcm_uframes_t count = (snd_pcm_uframes_t)frames;
        int error = stream->sys->ioctl(stream->fd, SNDRV_PCM_IOCTL_FORWARD, &count);
        if (error < 0)
            return error;
        // It moves at most to the device's position, which is ahead of what is skipped.
        if (count != frames)
            return -EIO;
    }
    stream->ours = (stream->ours + frames) % stream->setup.boundary;
    if (running)
        stream->told = stream->ours;
    return 0;
}

static int64_t read_call(struct mjs_kernel_stream *stream, void *frames_out, uint64_t frames) {
    struct snd_xferi transfer = {.buf = frames_out, .frames = (snd_pcm_uframes_t)frames};
    int error = stream->sys->ioctl(stream->fd, SNDRV_PCM_IOCTL_READI_FRAMES, &transfer);
    if (error == -EAGAIN)
        return 0;
    if (error < 0)
        return error;
    uint64_t count = transfer.result > 0 ? (uint64_t)transfer.result : 0;
    stream->ours = (stream->ours + count) % stream->setup.boundary;
    return (int64_t)count;
}

int64_t mjs_kernel_stream_read(struct mjs_kernel_stream *stream, void *frames_out,
                               uint64_t frames) {
    if (stream->data == NULL)
        return read_call(stream, frames_out, frames);
    uint64_t buffer = stream->setup.buffer_frames;
    uint64_t at = stream->ours % buffer;
    uint64_t first = frames < buffer - at ? frames : buffer - at;
    uint8_t *out = frames_out;
    (void)memcpy(out, stream->data + at * stream->frame_bytes, (size_t)first * stream->frame_bytes);
    (void)memcpy(out + first * stream->frame_bytes, stream->data,
                 (size_t)(frames - first) * stream->frame_bytes);
    stream->ours = (stream->ours + frames) % stream->setup.boundary;
    return (int64_t)frames;
}

int mjs_kernel_stream_unread(struct mjs_kernel_stream *stream, uint64_t frames) {
    if (stream->data == NULL) {
        snd_pcm_uframes_t count = (snd_pcm_uframes_t)frames;
        int error = stream->sys->ioctl(stream->fd, SNDRV_PCM_IOCTL_REWIND, &count);
        if (error < 0 || count != frames)
            return error < 0 ? error : -EIO;
    }
    stream->ours = (stream->ours + stream->setup.boundary - frames) % stream->setup.boundary;
    return 0;
}

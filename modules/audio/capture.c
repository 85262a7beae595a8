// SPDX-License-Identifier: MIT
// The reader's end of the capture thread's rings, and the thread's life.
#include "capture.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../runtime/memory.h"
#include "../../runtime/thread.h"
#include "capture_internal.h"

// ---- The reader: life and death ----

static bool writer_lives(const struct mjs_capture *capture) {
    return capture->started && !atomic_load_explicit(&capture->ended, memory_order_acquire);
}

// Allocates what depends on the device, and takes the device over. On failure nothing changes.
static mjs_result adopt_pcm(struct mjs_capture *capture, struct mjs_pcm *pcm, uint64_t capacity,
                            struct mjs_error *err) {
    struct mjs_spec spec = pcm->hardware.spec;
    size_t ring_bytes = 0;
    size_t scratch_bytes = 0;
    if (!mjs_format_frames_to_bytes(&spec, capacity, &ring_bytes) ||
        !mjs_format_frames_to_bytes(&spec, pcm->hardware.period_frames, &scratch_bytes))
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a buffer of %llu frames",
                               (unsigned long long)capacity);
    uint8_t *ring_memory = mjs_memory_alloc(ring_bytes);
    uint8_t *scratch = mjs_memory_alloc(scratch_bytes);
    if (ring_memory == NULL || scratch == NULL) {
        mjs_memory_free(ring_memory);
        mjs_memory_free(scratch);
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a buffer of %llu frames",
                               (unsigned long long)capacity);
    }
    mjs_capture_close_pcm(capture);
    mjs_memory_free(capture->frames_memory);
    mjs_memory_free(capture->scratch);
    capture->pcm = pcm;
    capture->hardware = pcm->hardware;
    capture->frames_memory = ring_memory;
    capture->scratch = scratch;
    capture->frame_bytes = mjs_format_frame_bytes(&spec);
    mjs_ring_init(&capture->frames, ring_memory, capture->frame_bytes, capacity);
    mjs_ring_init(&capture->gaps, capture->gaps_memory, sizeof capture->gaps_memory[0],
                  MJS_CAPTURE_GAPS_CAPACITY);
    capture->pending_open = false;
    capture->overrunning = false;
    atomic_store_explicit(&capture->gap_frames_published, 0, memory_order_relaxed);
    capture->gap_frames_taken = 0;
    capture->error.code = MJS_OK;
    return MJS_OK;
}

mjs_result mjs_capture_create(struct mjs_capture **capture_out, struct mjs_pcm *pcm,
                              uint64_t buffer_frames, enum mjs_on_lost on_lost,
                              struct mjs_error *err) {
    uint64_t capacity = mjs_ring_capacity_for(buffer_frames);
    if (capacity == 0)
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a buffer of %llu frames",
                               (unsigned long long)buffer_frames);
    // The rings' lines are aligned to cache lines, which calloc does not promise.
    struct mjs_capture *capture = NULL;
    if (posix_memalign((void **)&capture, MJS_CACHE_LINE_BYTES, sizeof *capture) != 0)
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a capture thread");
    (void)memset(capture, 0, sizeof *capture);
    capture->on_lost = on_lost;
    atomic_init(&capture->wake_at, MJS_CAPTURE_NOBODY);
    atomic_init(&capture->room_at, MJS_CAPTURE_NOBODY);
    capture->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int wake_errno = errno;
    capture->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    mjs_result result = MJS_OK;
    if (capture->wake_fd < 0 || capture->event_fd < 0)
        result = mjs_result_fail_errno(err, capture->wake_fd < 0 ? wake_errno : errno,
                                       "cannot create an eventfd");
    else
        result = adopt_pcm(capture, pcm, capacity, err);
    if (result != MJS_OK) {
        mjs_capture_free(capture);
        return result;
    }
    *capture_out = capture;
    return MJS_OK;
}

void mjs_capture_free(struct mjs_capture *capture) {
    if (capture == NULL)
        return;
    mjs_capture_stop(capture);
    mjs_capture_close_pcm(capture);
    if (capture->wake_fd >= 0)
        (void)close(capture->wake_fd);
    if (capture->event_fd >= 0)
        (void)close(capture->event_fd);
    mjs_memory_free(capture->frames_memory);
    mjs_memory_free(capture->scratch);
    free(capture);
}

const struct mjs_pcm_hardware *mjs_capture_hardware(const struct mjs_capture *capture) {
    return &capture->hardware;
}

mjs_result mjs_capture_start(struct mjs_capture *capture, struct mjs_error *err) {
    if (writer_lives(capture))
        return MJS_OK;
    mjs_capture_stop(capture);
    if (capture->pcm == NULL)
        return mjs_result_fail(err, MJS_ELOST, "%.200s: the device is closed",
                               capture->hardware.device);
    mjs_result result = capture->pcm->ops->start(capture->pcm, err);
    if (result != MJS_OK)
        return result;
    capture->error.code = MJS_OK;
    atomic_store_explicit(&capture->stop_requested, false, memory_order_relaxed);
    atomic_store_explicit(&capture->ended, false, memory_order_relaxed);
    mjs_capture_drain_fd(capture->wake_fd);
    int sys_errno = mjs_thread_start(&capture->thread, mjs_capture_thread_main, capture);
    if (sys_errno != 0) {
        capture->pcm->ops->stop(capture->pcm);
        return mjs_result_fail_errno(err, sys_errno, "cannot start the capture thread");
    }
    capture->started = true;
    return MJS_OK;
}

void mjs_capture_stop(struct mjs_capture *capture) {
    if (!capture->started)
        return;
    atomic_store_explicit(&capture->stop_requested, true, memory_order_release);
    mjs_capture_signal_fd(capture->wake_fd);
    (void)pthread_join(capture->thread, NULL);
    capture->started = false;
    capture->pcm->ops->stop(capture->pcm);
}

bool mjs_capture_running(const struct mjs_capture *capture) { return writer_lives(capture); }

void mjs_capture_close_pcm(struct mjs_capture *capture) {
    MJS_ASSERT(!capture->started);
    if (capture->pcm != NULL)
        capture->pcm->ops->close(capture->pcm);
    capture->pcm = NULL;
}

mjs_result mjs_capture_replace_pcm(struct mjs_capture *capture, struct mjs_pcm *pcm,
                                   struct mjs_error *err) {
    MJS_ASSERT(!capture->started);
    uint64_t captured = mjs_ring_written(&capture->frames);
    mjs_result result = adopt_pcm(capture, pcm, capture->frames.capacity, err);
    if (result == MJS_OK)
        capture->base += captured;
    return result;
}

mjs_result mjs_capture_status(const struct mjs_capture *capture, struct mjs_error *err) {
    if (writer_lives(capture) || capture->error.code == MJS_OK)
        return MJS_OK;
    if (err != NULL)
        *err = capture->error;
    return capture->error.code;
}

// ---- The reader: frames and gaps ----

// The next gap that was not taken, or null.
static const struct mjs_capture_gap *next_gap(struct mjs_capture *capture) {
    const void *slot;
    // What a thread that has ended had no room for. Whether it lives comes first: only then nothing
    // can become pending any more behind what is seen here.
    if (!writer_lives(capture) && mjs_ring_read_region(&capture->gaps, &slot) == 0)
        (void)mjs_capture_publish_pending(capture);
    return mjs_ring_read_region(&capture->gaps, &slot) > 0 ? slot : NULL;
}

size_t mjs_capture_peek(struct mjs_capture *capture, const void **frames) {
    // First the frames, then the gaps: who sees a frame sees the gap in front of it.
    size_t count = mjs_ring_read_region(&capture->frames, frames);
    const struct mjs_capture_gap *gap = next_gap(capture);
    if (gap != NULL) {
        uint64_t before = gap->position - mjs_ring_consumed(&capture->frames);
        count = before < count ? (size_t)before : count;
    }
    return count;
}

// The thread of an unpaced device may be waiting for what the reader gives back.
static void wake_writer(struct mjs_capture *capture) {
    if (capture->hardware.unpaced)
        mjs_capture_wake_if_reached(&capture->room_at, mjs_ring_consumed(&capture->frames),
                                    capture->wake_fd);
}

void mjs_capture_consume(struct mjs_capture *capture, uint64_t frames) {
    mjs_ring_consume(&capture->frames, frames);
    wake_writer(capture);
}

bool mjs_capture_gap(struct mjs_capture *capture, struct mjs_capture_gap *gap_out, bool take) {
    const struct mjs_capture_gap *gap = next_gap(capture);
    if (gap == NULL || gap->position != mjs_ring_consumed(&capture->frames))
        return false;
    *gap_out = *gap;
    gap_out->position += capture->base;
    if (!take)
        return true;
    capture->gap_frames_taken += gap_out->frames;
    mjs_ring_consume(&capture->gaps, 1);
    wake_writer(capture);
    return true;
}

uint64_t mjs_capture_available(const struct mjs_capture *capture) {
    return mjs_ring_fill(&capture->frames);
}

uint64_t mjs_capture_capacity(const struct mjs_capture *capture) {
    return capture->frames.capacity;
}

uint64_t mjs_capture_available_before_gap(struct mjs_capture *capture) {
    uint64_t fill = mjs_ring_fill(&capture->frames);
    const struct mjs_capture_gap *gap = next_gap(capture);
    if (gap == NULL)
        return fill;
    uint64_t before = gap->position - mjs_ring_consumed(&capture->frames);
    return before < fill ? before : fill;
}

uint64_t mjs_capture_gap_frames(const struct mjs_capture *capture) {
    return atomic_load_explicit(&capture->gap_frames_published, memory_order_relaxed) -
           capture->gap_frames_taken;
}

// ---- The reader: waiting ----

// How many frames may be waited for. Until the reader is there more come, for which there must be
// room: half of the ring, but for a device that waits itself.
static uint64_t most_awaited(const struct mjs_capture *capture) {
    uint64_t capacity = capture->frames.capacity;
    if (capture->hardware.unpaced)
        return capacity;
    uint64_t half = capacity / 2;
    uint64_t period = capture->hardware.period_frames;
    return period > 0 && half >= period ? half - half % period : half;
}

// Asks for a wake-up. True: it is there already.
static bool ask_for(struct mjs_capture *capture, uint64_t frames) {
    uint64_t most = most_awaited(capture);
    frames = frames < most ? frames : most;
    uint64_t wanted = mjs_ring_consumed(&capture->frames) + frames;
    (void)atomic_exchange_explicit(&capture->wake_at, wanted, memory_order_acq_rel);
    // The thread of an unpaced device may sleep until more room is there than we will make.
    if (capture->hardware.unpaced &&
        atomic_exchange_explicit(&capture->room_at, MJS_CAPTURE_NOBODY, memory_order_acq_rel) !=
            MJS_CAPTURE_NOBODY)
        mjs_capture_signal_fd(capture->wake_fd);
    return !writer_lives(capture) || mjs_ring_written(&capture->frames) >= wanted ||
           next_gap(capture) != NULL;
}

static bool is_readable(const struct pollfd *fd) {
    return (fd->revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

bool mjs_capture_wait(struct mjs_capture *capture, uint64_t frames, int cancel_fd, int limit_ms) {
    uint64_t limit_ns = limit_ms < 0 ? 0 : (uint64_t)limit_ms * UINT64_C(1000000);
    uint64_t began = limit_ms < 0 ? 0 : mjs_capture_now_ns();
    bool cancelled = false;
    while (!cancelled && !ask_for(capture, frames)) {
        int rest_ms = -1;
        if (limit_ms >= 0) {
            uint64_t passed = mjs_capture_now_ns() - began;
            if (passed >= limit_ns)
                break;
            rest_ms = (int)((limit_ns - passed + UINT64_C(999999)) / UINT64_C(1000000));
        }
        struct pollfd fds[2] = {
            {.fd = capture->event_fd, .events = POLLIN},
            {.fd = cancel_fd, .events = POLLIN}, // poll ignores -1
        };
        // Interrupted: the handler may have made cancel_fd readable, which the next turn sees.
        if (poll(fds, 2, rest_ms) > 0) {
            cancelled = is_readable(&fds[1]);
            mjs_capture_drain_fd(capture->event_fd);
        }
    }
    (void)atomic_exchange_explicit(&capture->wake_at, MJS_CAPTURE_NOBODY, memory_order_acq_rel);
    return cancelled;
}

int mjs_capture_event_fd(const struct mjs_capture *capture) { return capture->event_fd; }

void mjs_capture_arm(struct mjs_capture *capture, uint64_t frames) {
    if (ask_for(capture, frames))
        mjs_capture_signal_fd(capture->event_fd);
}

void mjs_capture_disarm(struct mjs_capture *capture) {
    (void)atomic_exchange_explicit(&capture->wake_at, MJS_CAPTURE_NOBODY, memory_order_acq_rel);
    mjs_capture_drain_fd(capture->event_fd);
}

struct mjs_capture_counters mjs_capture_counters(const struct mjs_capture *capture) {
    return (struct mjs_capture_counters){
        .captured_frames = capture->base + mjs_ring_written(&capture->frames),
        .consumed_frames = capture->base + mjs_ring_consumed(&capture->frames),
        .lost_frames = atomic_load_explicit(&capture->lost_frames, memory_order_relaxed),
        .overruns = atomic_load_explicit(&capture->overruns, memory_order_relaxed),
        .high_water_frames =
            atomic_load_explicit(&capture->high_water_frames, memory_order_relaxed),
    };
}

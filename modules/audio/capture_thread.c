// SPDX-License-Identifier: MIT
// The capture thread: reads the device into the ring and counts what had to be dropped.
#include "capture_internal.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

// The thread looks around that often even if the device and everybody else keep silent.
#define IDLE_LIMIT_MS 1000
// So often it looks for a device that is gone: often enough for a hand that plugs it in, seldom
// enough to cost nothing.
#define REOPEN_POLL_MS 100
// Above all that is no real-time thread, below the kernel's own (50).
#define REAL_TIME_PRIORITY 10

void mjs_capture_signal_fd(int fd) {
    const uint64_t one = 1;
    // EAGAIN: the counter is full, so it is readable anyway.
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

void mjs_capture_drain_fd(int fd) {
    uint64_t count;
    // EAGAIN: nothing there.
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
        continue;
}

uint64_t mjs_capture_now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void mjs_capture_wake_if_reached(_Atomic uint64_t *at, uint64_t position, int fd) {
    uint64_t wanted = atomic_fetch_add_explicit(at, 0, memory_order_acq_rel);
    // The exchange fails where the sleeper has just asked anew: it looks again by itself.
    if (wanted != MJS_CAPTURE_NOBODY && position >= wanted &&
        atomic_compare_exchange_strong_explicit(at, &wanted, MJS_CAPTURE_NOBODY,
                                                memory_order_acq_rel, memory_order_acquire))
        mjs_capture_signal_fd(fd);
}

static void wake_reader(struct mjs_capture *capture, bool always) {
    uint64_t position = always ? MJS_CAPTURE_NOBODY - 1 : mjs_ring_written(&capture->frames);
    mjs_capture_wake_if_reached(&capture->wake_at, position, capture->event_fd);
}

static bool gaps_full(struct mjs_capture *capture) {
    void *slot;
    return mjs_ring_write_region(&capture->gaps, &slot) == 0;
}

bool mjs_capture_publish_pending(struct mjs_capture *capture) {
    if (!capture->pending_open)
        return true;
    if (gaps_full(capture))
        return false;
    // Before the gap itself, so that taken is never above published.
    atomic_fetch_add_explicit(&capture->gap_frames_published, capture->pending.frames,
                              memory_order_relaxed);
    (void)mjs_ring_write(&capture->gaps, &capture->pending, 1);
    capture->pending_open = false;
    wake_reader(capture, true);
    return true;
}

static void add_loss(struct mjs_capture *capture, const struct mjs_pcm_loss *loss) {
    if (loss->frames == 0)
        return;
    if (capture->pending_open && capture->pending.cause != loss->cause)
        (void)mjs_capture_publish_pending(capture); // No room: the two become one.
    if (!capture->pending_open) {
        capture->pending = (struct mjs_capture_gap){
            .position = mjs_ring_written(&capture->frames),
            .time_ns = mjs_capture_now_ns(),
            .exact = true,
            .cause = loss->cause,
        };
        capture->pending_open = true;
        atomic_fetch_add_explicit(&capture->overruns, 1, memory_order_relaxed);
    }
    capture->pending.frames += loss->frames;
    capture->pending.exact = capture->pending.exact && loss->exact;
    atomic_fetch_add_explicit(&capture->lost_frames, loss->frames, memory_order_relaxed);
}

// Where to read to, and how many frames; 0: no room.
static size_t find_room(struct mjs_capture *capture, void **region) {
    size_t room = mjs_ring_write_region(&capture->frames, region);
    if (capture->pending_open && gaps_full(capture))
        return 0;
    if (capture->overrunning) {
        // Go on only when a period fits, or a slow reader would get a gap for every few frames.
        uint64_t wanted = capture->hardware.period_frames;
        uint64_t free_frames = capture->frames.capacity - mjs_ring_fill(&capture->frames);
        if (free_frames < wanted && free_frames < capture->frames.capacity)
            return 0;
    }
    return room;
}

static bool stopping(struct mjs_capture *capture) {
    return atomic_load_explicit(&capture->stop_requested, memory_order_acquire);
}

// An unpaced device has time: sleep until half of the ring is free, so that the two threads do not
// take turns for every block. A reader that goes to sleep itself wakes us earlier.
static void wait_for_room(struct mjs_capture *capture) {
    uint64_t half = (capture->frames.capacity + 1) / 2;
    uint64_t wanted = mjs_ring_written(&capture->frames) - capture->frames.capacity + half;
    if (mjs_ring_fill(&capture->frames) < capture->frames.capacity)
        wanted = 0; // It is the gaps that have no room: any sign of life of the reader will do.
    (void)atomic_exchange_explicit(&capture->room_at, wanted, memory_order_acq_rel);
    void *region;
    if (find_room(capture, &region) == 0 && !stopping(capture)) {
        struct pollfd wake = {.fd = capture->wake_fd, .events = POLLIN};
        (void)poll(&wake, 1, IDLE_LIMIT_MS);
        mjs_capture_drain_fd(capture->wake_fd);
    }
    (void)atomic_exchange_explicit(&capture->room_at, MJS_CAPTURE_NOBODY, memory_order_acq_rel);
}

static void commit(struct mjs_capture *capture, size_t frames) {
    // There is room for the gap: find_room has looked.
    bool published = mjs_capture_publish_pending(capture);
    MJS_ASSERT(published);
    capture->overrunning = false;
    mjs_ring_commit(&capture->frames, frames);
    uint64_t fill = mjs_ring_fill(&capture->frames);
    // Only this thread stores it.
    if (fill > atomic_load_explicit(&capture->high_water_frames, memory_order_relaxed))
        atomic_store_explicit(&capture->high_water_frames, fill, memory_order_relaxed);
    wake_reader(capture, false);
}

static void wait_for_device(struct mjs_capture *capture) {
    struct mjs_pcm *pcm = capture->pcm;
    pcm->ops->wait(pcm, capture->wake_fd, IDLE_LIMIT_MS);
}

// Nothing was there: maybe it was the descriptor that ended the last wait, for a reason that has
// passed. It must not stay readable, or the thread would spin.
static void wait_when_empty(struct mjs_capture *capture, bool ring_has_room) {
    if (ring_has_room)
        (void)mjs_capture_publish_pending(capture);
    mjs_capture_drain_fd(capture->wake_fd);
    if (!stopping(capture))
        wait_for_device(capture);
}

// The device is gone. Looks for it again and again, if that is wanted and can be; frames and gaps
// that the reader has not taken stay. False: the thread ends.
static bool wait_for_return(struct mjs_capture *capture) {
    struct mjs_pcm *pcm = capture->pcm;
    if (capture->on_lost != MJS_ON_LOST_WAIT || pcm->ops->reopen == NULL ||
        capture->error.code != MJS_ELOST)
        return false;
    (void)mjs_capture_publish_pending(capture);
    while (!stopping(capture)) {
        struct mjs_pcm_loss loss = {0};
        if (pcm->ops->reopen(pcm, &loss) == MJS_OK) {
            capture->error.code = MJS_OK;
            add_loss(capture, &loss);
            return true;
        }
        struct pollfd wake = {.fd = capture->wake_fd, .events = POLLIN};
        (void)poll(&wake, 1, REOPEN_POLL_MS);
        mjs_capture_drain_fd(capture->wake_fd);
    }
    return false;
}

// One read from the device. False: the device is gone, and not waited for.
static bool capture_step(struct mjs_capture *capture) {
    struct mjs_pcm *pcm = capture->pcm;
    void *region = NULL;
    size_t room = find_room(capture, &region);
    bool overrun = room == 0;
    if (overrun && capture->hardware.unpaced) {
        wait_for_room(capture);
        return true;
    }
    if (overrun) {
        capture->overrunning = true;
        region = capture->scratch;
        room = capture->hardware.period_frames;
    }
    size_t frames = 0;
    struct mjs_pcm_loss loss = {0};
    switch (pcm->ops->read(pcm, region, room, &frames, &loss, &capture->error)) {
    case MJS_PCM_FRAMES:
        break;
    case MJS_PCM_LOSS:
        add_loss(capture, &loss);
        return true;
    case MJS_PCM_GONE:
        return wait_for_return(capture);
    }
    if (frames == 0) {
        wait_when_empty(capture, !overrun);
        return true;
    }
    if (overrun) {
        loss = (struct mjs_pcm_loss){.frames = frames, .exact = true, .cause = MJS_GAP_OVERRUN};
        add_loss(capture, &loss);
    } else {
        commit(capture, frames);
    }
    // Less than there was room for: the device is empty, so do not ask it once more.
    if (frames < room)
        wait_for_device(capture);
    return true;
}

// Then a busy machine does not keep the thread from emptying the device. Where it is not permitted
// (RLIMIT_RTPRIO, CAP_SYS_NICE) the device's buffer has to do. The thread sleeps after each period,
// so it takes the machine from nobody; that of an unpaced device runs as fast as it can.
static void take_priority(const struct mjs_capture *capture) {
    struct sched_param priority = {.sched_priority = REAL_TIME_PRIORITY};
    if (capture->hardware.unpaced ||
        pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0)
        return;
    priority.sched_priority = 1;
    (void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority);
}

void *mjs_capture_thread_main(void *argument) {
    struct mjs_capture *capture = argument;
    take_priority(capture);
    while (!stopping(capture) && capture_step(capture))
        continue;
    // Where the gaps have no room it stays pending; the reader publishes it when it has taken one.
    (void)mjs_capture_publish_pending(capture);
    capture->overrunning = false;
    atomic_store_explicit(&capture->ended, true, memory_order_release);
    wake_reader(capture, true);
    return NULL;
}

// SPDX-License-Identifier: MIT
// What the capture thread (capture_thread.c) and the reader (capture.c) share. Only for these two.
//
// Sleeping and waking. Each side that goes to sleep first publishes what it waits for in one atomic
// (`wake_at` for the reader, `room_at` for the thread) and then looks again; the other side first
// publishes its progress and then looks into that atomic. Either one of them must see the other's
// store, or a wake-up is lost. Both accesses to the atomic are read-modify-write operations with
// acquire and release: they are totally ordered, and the later one synchronises with the earlier.
// If the sleeper's comes later, it sees the progress when it looks again; if the waker's comes
// later, it sees what is waited for and signals. (Plain stores and loads would need a full fence on
// both sides, since a store may pass a later load; ThreadSanitizer knows no fences.)
#ifndef MJS_CAPTURE_INTERNAL_H
#define MJS_CAPTURE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture.h"

// Gaps that the reader has not reached yet. What comes when they are full is lost as well.
#define MJS_CAPTURE_GAPS_CAPACITY 256
#define MJS_CAPTURE_NOBODY UINT64_MAX

struct mjs_capture {
    struct mjs_pcm *pcm; // null: closed
    struct mjs_pcm_hardware hardware;
    struct mjs_ring frames;
    struct mjs_ring gaps;
    uint8_t *frames_memory;
    uint8_t *scratch; // one period, for what the ring has no room for
    struct mjs_capture_gap gaps_memory[MJS_CAPTURE_GAPS_CAPACITY];
    size_t frame_bytes;
    enum mjs_on_lost on_lost;
    int wake_fd;  // wakes the thread
    int event_fd; // wakes the reader
    pthread_t thread;

    // Shared.
    _Atomic bool stop_requested;
    _Atomic bool ended;       // release: after it the thread touches nothing any more
    _Atomic uint64_t wake_at; // ring position at which the reader wants to be woken, or NOBODY
    _Atomic uint64_t room_at; // read position at which the thread wants to be woken, or NOBODY
    _Atomic uint64_t lost_frames;
    _Atomic uint64_t overruns;
    _Atomic uint64_t high_water_frames;
    _Atomic uint64_t gap_frames_published;

    // The thread's, and the reader's while no thread lives.
    struct mjs_capture_gap pending; // the gap that is still growing
    bool pending_open;
    bool overrunning;
    struct mjs_error error;

    // The reader's.
    bool started;  // the thread was created and not joined
    uint64_t base; // captured before the current frame ring
    uint64_t gap_frames_taken;
};

// Wakes the sleeper on the other end of an eventfd, and takes such a wake-up back.
void mjs_capture_signal_fd(int fd);
void mjs_capture_drain_fd(int fd);
uint64_t mjs_capture_now_ns(void);

// Looks into `at` as the top of this file says, and signals if `position` has reached it.
void mjs_capture_wake_if_reached(_Atomic uint64_t *at, uint64_t position, int fd);

// The thread's side of the rings; the reader's while no thread lives. False: there is no room for
// the gap, so no frame may follow yet.
bool mjs_capture_publish_pending(struct mjs_capture *capture);

// The thread: `argument` is the capture.
void *mjs_capture_thread_main(void *argument);

#endif

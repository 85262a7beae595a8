// SPDX-License-Identifier: MIT
// The capture thread: moves frames from a device into a ring, and counts what had to be dropped.
//
// Threads: the script's thread is the reader and calls everything here; the capture thread, which
// lives from start to stop, touches the pcm, the rings' writer side, atomics, and one eventfd.
// It never waits for the script, the disk or the garbage collector; it takes no lock and allocates
// nothing: all memory is allocated by `mjs_capture_create`.
//
// Gaps travel in a second ring. A gap is published before the first frame behind it is, so a
// reader that sees the frame sees the gap. While the gap ring is full, frames count as lost too:
// accounting stays exact whatever happens.
#ifndef MJS_CAPTURE_H
#define MJS_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "pcm.h"
#include "ring.h"

// Frames missing in front of a ring position.
struct mjs_capture_gap {
    uint64_t position; // ring position (captured frames before the gap)
    uint64_t frames;
    uint64_t time_ns; // CLOCK_MONOTONIC when it was noticed
    bool exact;
    enum mjs_gap_cause cause;
};

struct mjs_capture;

// Takes ownership of `pcm`, on success only. `on_lost` WAIT: see pcm.h; it needs `reopen`.
// `buffer_frames` is rounded up to a power of two.
MJS_MUST_USE mjs_result mjs_capture_create(struct mjs_capture **capture_out, struct mjs_pcm *pcm,
                                           uint64_t buffer_frames, enum mjs_on_lost on_lost,
                                           struct mjs_error *err);
// Stops, closes the pcm, frees. Null is allowed.
void mjs_capture_free(struct mjs_capture *capture);

const struct mjs_pcm_hardware *mjs_capture_hardware(const struct mjs_capture *capture);

// Starts the device and the thread. What a former run left in the ring stays.
MJS_MUST_USE mjs_result mjs_capture_start(struct mjs_capture *capture, struct mjs_error *err);
// Ends the thread and stops the device; what is in the ring stays readable. Idempotent.
void mjs_capture_stop(struct mjs_capture *capture);
bool mjs_capture_running(const struct mjs_capture *capture);

// Closes the pcm, while stopped, so that the same device can be opened anew; start then fails with
// MJS_ELOST until another one is put in. What is in the ring stays readable.
void mjs_capture_close_pcm(struct mjs_capture *capture);
// Puts another pcm in (a device that came back, other periods), while stopped; drops what is in
// the rings (the counters go on: dropped frames count as consumed). The old pcm is closed. Takes
// ownership of `pcm` on success only.
MJS_MUST_USE mjs_result mjs_capture_replace_pcm(struct mjs_capture *capture, struct mjs_pcm *pcm,
                                                struct mjs_error *err);

// MJS_OK while the device is fine, or waited for, else why the thread ended by itself, or what it
// waited for when it was stopped (MJS_ELOST, …). Frames captured before are still in the ring.
mjs_result mjs_capture_status(const struct mjs_capture *capture, struct mjs_error *err);

// Reader: frames that can be read before the next gap (or the end), and where they are.
size_t mjs_capture_peek(struct mjs_capture *capture, const void **frames);
void mjs_capture_consume(struct mjs_capture *capture, uint64_t frames);
// Reader: the gap at the current read position, if the reader has reached one. `take` removes it.
bool mjs_capture_gap(struct mjs_capture *capture, struct mjs_capture_gap *gap, bool take);
uint64_t mjs_capture_available(const struct mjs_capture *capture); // frames, across gaps
uint64_t mjs_capture_available_before_gap(struct mjs_capture *capture);
uint64_t mjs_capture_capacity(const struct mjs_capture *capture); // frames
// Reader: frames missing in all gaps that were not taken yet.
uint64_t mjs_capture_gap_frames(const struct mjs_capture *capture);

// Reader: returns when `frames` (or half of what the ring can hold: an unpaced device's all) are
// available, a gap is there, anywhere, the thread ended, `cancel_fd` (-1: none) is readable, or
// after limit_ms (-1: no limit).
// True: `cancel_fd` is readable.
bool mjs_capture_wait(struct mjs_capture *capture, uint64_t frames, int cancel_fd, int limit_ms);

// Event loop: a descriptor that turns readable when what `arm` asked for (as wait) is true; it may
// do so once too often. `disarm` clears it.
int mjs_capture_event_fd(const struct mjs_capture *capture);
void mjs_capture_arm(struct mjs_capture *capture, uint64_t frames);
void mjs_capture_disarm(struct mjs_capture *capture);

struct mjs_capture_counters {
    uint64_t captured_frames; // into the ring, since create
    uint64_t consumed_frames;
    uint64_t lost_frames;
    uint64_t overruns; // gaps begun
    uint64_t high_water_frames;
};
// Reader: captured = consumed + available holds in every answer.
struct mjs_capture_counters mjs_capture_counters(const struct mjs_capture *capture);

#endif

// SPDX-License-Identifier: MIT
// A recorder: device -> ring -> frames for the script, and the same frames in a file.
//
// Threads: one thread (the script's) calls everything; the capture thread is behind capture.h.
// Memory: all of it is allocated by open; reading allocates nothing, but for the name and the
// writer of a take's next file.
//
// Accounting, at every moment:
//   captured = delivered + discarded + buffered
//   device frames = captured + lost
//   frames in the files = delivered + silence - unwritten   (while there is a file)
#ifndef MJS_RECORDER_H
#define MJS_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "pcm.h"

#define MJS_RECORDER_GAPS_MAX 1024
#define MJS_RECORDER_BUFFER_MS_MAX 600000
#define MJS_RECORDER_BLOCK_MS 50

enum mjs_on_overrun { MJS_ON_OVERRUN_MARK, MJS_ON_OVERRUN_SILENCE, MJS_ON_OVERRUN_THROW };

enum mjs_recorder_state {
    MJS_RECORDER_PREPARED,
    MJS_RECORDER_RECORDING,
    MJS_RECORDER_STOPPED,
    MJS_RECORDER_FINISHED,
    MJS_RECORDER_ERROR,
    MJS_RECORDER_RELEASED,
};

struct mjs_recorder_options {
    const char *path; // null: no file
    struct mjs_spec spec;
    const char *device;     // null: the default device
    uint32_t buffer_ms;     // 1 to MJS_RECORDER_BUFFER_MS_MAX
    uint32_t period_frames; // 0: the default
    uint32_t period_count;  // 0: the default
    enum mjs_on_overrun on_overrun;
    enum mjs_on_lost on_lost; // WAIT: MJS_EUNSUPPORTED for alsa: devices
    // A descriptor that is readable once the program is asked to stop: waiting then ends, and no
    // later call waits. -1: none.
    int cancel_fd;
};

// One place where frames are missing.
struct mjs_recorder_gap {
    uint64_t frame; // device frame index of the first missing frame (captured + lost before it)
    uint64_t at; // frame index in the take's files together; without a file, in what was delivered
    uint64_t frames;
    uint64_t time_ns; // CLOCK_MONOTONIC
    bool exact;
    enum mjs_gap_cause cause;
};

struct mjs_recorder_stats {
    uint64_t captured_frames;
    uint64_t delivered_frames;
    uint64_t discarded_frames;
    uint64_t buffered_frames;
    uint64_t lost_frames;
    uint64_t silence_frames;
    uint64_t unwritten_frames;
    uint64_t overruns;
    uint64_t high_water_frames;
    // Those that reading, or discarding, has reached; `lost_frames` and `overruns` count all.
    const struct mjs_recorder_gap *gaps; // the recorder's memory, valid until the next call
    size_t gaps_count;
    uint64_t gaps_omitted;
};

struct mjs_recorder_summary {
    const char *path; // null: there was no file; valid until the next open or free
    uint64_t frames;  // of the take: in the file, or delivered where there was none
    uint64_t lost_frames;
    double start_ms; // Unix time at which capture of this take began; 0: it never did
};

struct mjs_recorder;
struct mjs_series;

// Validates, opens and negotiates the device, and checks the path; touches no file.
MJS_MUST_USE mjs_result mjs_recorder_open(struct mjs_recorder **recorder_out,
                                          const struct mjs_recorder_options *options,
                                          struct mjs_error *err);

// reset(true): drops what is buffered (discarded), (re)starts, "from now on". The first start makes
// the file appear. In state ERROR it reopens the device. EFINISHED after finish.
MJS_MUST_USE mjs_result mjs_recorder_start(struct mjs_recorder *recorder, struct mjs_error *err);
// reset(false): ends capture; what is buffered stays for read.
MJS_MUST_USE mjs_result mjs_recorder_stop(struct mjs_recorder *recorder, struct mjs_error *err);

// Delivers up to `frames` frames in the script's format to `frames_out` (null: only to the file),
// and writes them to the file, block by block, before it returns.
// Starts the stream in state PREPARED. With `wait` it returns when it has all, when the program is
// asked to stop, or when the stream is stopped; without, at once with what is there.
// `*frames_read` counts what was delivered, silence included, also on failure:
// - MJS_EOVERRUN (on_overrun throw): frames before the gap were delivered; `recorder_last_gap`.
//   Without `wait` it is returned only when nothing stood before the gap.
// - MJS_ELOST and other device errors: likewise; the state becomes ERROR.
// - the file's errors: at once; the frames were delivered, those that are not in the file are
//   counted and listed as a gap.
// `frames` 0 without `wait` delivers nothing, and reports a gap or an error if that comes next.
MJS_MUST_USE mjs_result mjs_recorder_read(struct mjs_recorder *recorder, void *frames_out,
                                          uint64_t frames, bool wait, uint64_t *frames_read,
                                          struct mjs_error *err);
// The gap that the last MJS_EOVERRUN was about.
const struct mjs_recorder_gap *mjs_recorder_last_gap(const struct mjs_recorder *recorder);

// True once, after the first loss of this recorder was reached (a failing disk is none): the time
// to tell the user. The core prints nothing.
bool mjs_recorder_take_loss_notice(struct mjs_recorder *recorder, struct mjs_recorder_gap *gap);

// Frames that a read would get without waiting (silence to come included, up to a ring's worth).
uint64_t mjs_recorder_available(const struct mjs_recorder *recorder);

// While recording or stopped: ends the current file and goes on in `path` (null: in none) at the
// next undelivered frame. While prepared: changes the path. After finish: starts again, from now.
// On failure the old file goes on; but where only its end failed (its last sync), the new one is
// on.
MJS_MUST_USE mjs_result mjs_recorder_switch(struct mjs_recorder *recorder, const char *path,
                                            struct mjs_error *err);

// Ends capture, discards what was not read, finalises the file. Idempotent: later calls give the
// same summary. The summary is filled also on failure.
MJS_MUST_USE mjs_result mjs_recorder_finish(struct mjs_recorder *recorder,
                                            struct mjs_recorder_summary *summary,
                                            struct mjs_error *err);

// Finishes and gives the device back; state, stats and finish still work. Idempotent.
MJS_MUST_USE mjs_result mjs_recorder_close(struct mjs_recorder *recorder, struct mjs_error *err);
// Closes and frees. Null is allowed.
void mjs_recorder_free(struct mjs_recorder *recorder);

enum mjs_recorder_state mjs_recorder_state(const struct mjs_recorder *recorder);
struct mjs_recorder_stats mjs_recorder_stats(struct mjs_recorder *recorder);
const struct mjs_spec *mjs_recorder_spec(const struct mjs_recorder *recorder);
const struct mjs_pcm_hardware *mjs_recorder_hardware(const struct mjs_recorder *recorder);

// The files of the take (the last one's, after its end): none, one, or more where it passed 4 GiB.
// The recorder's memory, valid until the next switch or free.
struct mjs_series *mjs_recorder_series(struct mjs_recorder *recorder);

// Software gain on delivery: 1 is unity and bit-exact, 0 silence.
void mjs_recorder_set_gain(struct mjs_recorder *recorder, float gain);

// Renegotiates the device with other periods (0: as it is). MJS_EBUSY while recording. What a
// stopped stream has buffered is discarded.
MJS_MUST_USE mjs_result mjs_recorder_set_periods(struct mjs_recorder *recorder,
                                                 uint32_t period_frames, uint32_t period_count,
                                                 struct mjs_error *err);

// Where the next frame to be delivered stands: its device frame index, and the frames lost before
// it since open.
struct mjs_recorder_position {
    uint64_t frame;
    uint64_t lost_frames;
};
struct mjs_recorder_position mjs_recorder_position(const struct mjs_recorder *recorder);
// The same for the first frame that the last read delivered; only then is it known whether a gap
// stood in front of it. Where that read delivered nothing: mjs_recorder_position.
struct mjs_recorder_position mjs_recorder_read_position(const struct mjs_recorder *recorder);

// For an event loop: turns readable when `frames` are available, a gap or an error is reached, or
// the stream was stopped. -1 after close. `disarm` makes it unreadable.
int mjs_recorder_event_fd(const struct mjs_recorder *recorder);
void mjs_recorder_arm(struct mjs_recorder *recorder, uint64_t frames);
void mjs_recorder_disarm(struct mjs_recorder *recorder);

#endif

// SPDX-License-Identifier: MIT
// What recorder.c (its life) and recorder_read.c (delivery) share. Only for these two.
#ifndef MJS_RECORDER_INTERNAL_H
#define MJS_RECORDER_INTERNAL_H

#include "capture.h"
#include "recorder.h"
#include "recorder_gaps.h"
#include "series.h"
#include "writer.h"

// One take: from open (or switch) to finish (or the next switch).
struct mjs_recorder_take {
    char *place;              // owned; the file's path from the root; null: no file
    const char *path;         // as given: the end of `place`
    struct mjs_series series; // its file, or files; empty: not begun, or no file
    bool begun;               // capture has started in it
    bool has_file;            // it was created
    double start_ms;
    uint64_t delivered_frames; // silence included
    uint64_t unwritten_frames;
    uint64_t lost_frames;
};

struct mjs_recorder {
    // As asked.
    struct mjs_spec spec;
    char *device; // owned; null: the default one
    uint32_t period_frames;
    uint32_t period_count;
    enum mjs_on_overrun on_overrun;
    enum mjs_on_lost on_lost;
    int cancel_fd;
    float gain;

    enum mjs_recorder_state state;
    struct mjs_error failure;            // why the state is ERROR
    struct mjs_capture *capture;         // null when released
    struct mjs_pcm_hardware hardware;    // a copy, which outlives the capture
    struct mjs_capture_counters counted; // likewise, taken at release

    // Delivery. One block, in the script's format.
    uint8_t *block;
    uint64_t block_frames;
    uint64_t silence_frames_left; // of the gap that is being filled
    uint64_t delivered_frames;
    uint64_t discarded_frames;
    uint64_t silence_frames;
    uint64_t unwritten_frames;
    uint64_t lost_frames_passed; // before the next frame to be delivered
    struct mjs_recorder_position read_position;
    bool read_position_known;

    struct mjs_recorder_take take;
    struct mjs_recorder_gaps gaps;
};

// A take that has not begun, at `path` (null: no file). A relative path means the folder of this
// moment, also when the file is made later.
MJS_MUST_USE mjs_result mjs_recorder_take_init(struct mjs_recorder_take *take, const char *path,
                                               struct mjs_error *err);
// Finalises its file, if it has one.
MJS_MUST_USE mjs_result mjs_recorder_take_end(struct mjs_recorder_take *take,
                                              struct mjs_error *err);
// Frees what it holds. A take that was moved elsewhere holds nothing.
void mjs_recorder_take_free(struct mjs_recorder_take *take);
void mjs_recorder_take_summarise(const struct mjs_recorder_take *take,
                                 struct mjs_recorder_summary *summary);

// Takes the gap at the read position: lists it, and counts it as passed, or as silence to come.
// False: there is none.
bool mjs_recorder_pass_gap(struct mjs_recorder *recorder, bool discarding);

#endif

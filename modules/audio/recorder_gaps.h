// SPDX-License-Identifier: MIT
// The list of the places where frames are missing, bounded; and the first loss, to tell the user.
//
// The recorder's thread only. No pointers, nothing to free; all zero is empty.
#ifndef MJS_RECORDER_GAPS_H
#define MJS_RECORDER_GAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder.h"

struct mjs_recorder_gaps {
    struct mjs_recorder_gap list[MJS_RECORDER_GAPS_MAX];
    size_t count;
    uint64_t omitted;
    struct mjs_recorder_gap last; // listed or not
    bool last_may_grow;           // nothing was written since
    struct mjs_recorder_gap first_loss;
    bool first_loss_seen;
    bool first_loss_told;
};

// A disk gap that continues the last one makes it longer.
void mjs_recorder_gaps_add(struct mjs_recorder_gaps *gaps, const struct mjs_recorder_gap *gap);

// The next disk gap is a new one: frames were written, or the file is another.
void mjs_recorder_gaps_end_disk(struct mjs_recorder_gaps *gaps);

// True once, when there is a loss.
bool mjs_recorder_gaps_take_first_loss(struct mjs_recorder_gaps *gaps,
                                       struct mjs_recorder_gap *gap_out);

#endif

// SPDX-License-Identifier: MIT
// The list of the places where frames are missing.
#include "recorder_gaps.h"

static bool continues(const struct mjs_recorder_gaps *gaps, const struct mjs_recorder_gap *gap) {
    return gaps->last_may_grow && gap->cause == MJS_GAP_DISK && gaps->last.at == gap->at &&
           gaps->last.frame + gaps->last.frames == gap->frame;
}

void mjs_recorder_gaps_add(struct mjs_recorder_gaps *gaps, const struct mjs_recorder_gap *gap) {
    if (continues(gaps, gap)) {
        gaps->last.frames += gap->frames;
        // The last one is in the list unless the list was full before it.
        if (gaps->omitted == 0)
            gaps->list[gaps->count - 1].frames = gaps->last.frames;
        return;
    }
    gaps->last = *gap;
    gaps->last_may_grow = gap->cause == MJS_GAP_DISK;
    if (gaps->count < MJS_RECORDER_GAPS_MAX)
        gaps->list[gaps->count++] = *gap;
    else
        gaps->omitted++;
    if (gap->cause != MJS_GAP_DISK && !gaps->first_loss_seen) {
        gaps->first_loss = *gap;
        gaps->first_loss_seen = true;
    }
}

void mjs_recorder_gaps_end_disk(struct mjs_recorder_gaps *gaps) { gaps->last_may_grow = false; }

bool mjs_recorder_gaps_take_first_loss(struct mjs_recorder_gaps *gaps,
                                       struct mjs_recorder_gap *gap_out) {
    if (!gaps->first_loss_seen || gaps->first_loss_told)
        return false;
    gaps->first_loss_told = true;
    *gap_out = gaps->first_loss;
    return true;
}

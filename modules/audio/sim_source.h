// SPDX-License-Identifier: MIT
// What a simulated device hears: each frame is a pure function of its index.
//
// One thread at a time. `fill` allocates nothing and makes no system call.
#ifndef MJS_SIM_SOURCE_H
#define MJS_SIM_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "format.h"
#include "sim_options.h"
#include "wav_file.h"

#define MJS_SIM_TABLE_ENTRIES 1024

struct mjs_sim_source {
    enum mjs_sim_kind kind;
    struct mjs_spec spec; // what `fill` makes
    // Tone. The phase is a 64-bit fraction of a turn: index * step wraps by itself and is exact
    // after any length of time.
    uint64_t phase_start;
    uint64_t phase_step;
    double amplitude; // in units of a 32-bit sample
    double table[MJS_SIM_TABLE_ENTRIES];
    // File.
    enum mjs_sim_end end;
    struct mjs_wav_data wav;
};

// Chooses the spec: `options` where they say one, else the file's own, else `want`.
// MJS_EUNSUPPORTED where the rates differ, naming the one there is. On failure nothing is kept.
MJS_MUST_USE mjs_result mjs_sim_source_init(struct mjs_sim_source *source,
                                            const struct mjs_sim_options *options,
                                            const struct mjs_spec *want, struct mjs_error *err);
void mjs_sim_source_free(struct mjs_sim_source *source);

// The first frame index that never comes (the file's end with end=unplug), or UINT64_MAX.
uint64_t mjs_sim_source_end(const struct mjs_sim_source *source);

void mjs_sim_source_fill(const struct mjs_sim_source *source, uint64_t index, void *frames_out,
                         size_t frames);

#endif

// SPDX-License-Identifier: MIT
// How a damaged WAVE file becomes a good one: by new sizes where that suffices, else by a copy.
//
// Pure functions over a source and a sink; any thread. They allocate nothing. No frame that is
// there is ever left out.
#ifndef MJS_WAV_REPAIR_H
#define MJS_WAV_REPAIR_H

#include "wav_read.h"

#define MJS_WAV_PATCHES_MAX 8

struct mjs_wav_sink {
    // Writes all bytes at `offset`. Returns 0 or an errno.
    int (*write)(void *opaque, const void *bytes, size_t bytes_count, uint64_t offset);
    void *opaque;
};

struct mjs_wav_patch {
    uint64_t offset;
    uint8_t bytes[8];
    size_t count;
};

enum mjs_wav_repair {
    MJS_WAV_REPAIR_NONE,       // nothing is wrong
    MJS_WAV_REPAIR_PATCH,      // some fields, and the file's length
    MJS_WAV_REPAIR_COPY,       // only a new file can be right
    MJS_WAV_REPAIR_IMPOSSIBLE, // the format is not known, or there is no sound
};

struct mjs_wav_plan {
    enum mjs_wav_repair kind;
    struct mjs_wav_patch patches[MJS_WAV_PATCHES_MAX]; // in the order in which they are safe
    size_t patches_count;
    uint64_t file_bytes; // its length afterwards; longer: by zeros
};

void mjs_wav_repair_plan(const struct mjs_wav_info *info, struct mjs_wav_plan *plan);

// Writes a whole good file, front to back; possible for every kind of plan but IMPOSSIBLE. The
// order is: container, ds64 where sizes need it, fmt, the other chunks that stood before the sound,
// data, those behind it. Reading the copy finds nothing wrong.
MJS_MUST_USE mjs_result mjs_wav_repair_copy(const struct mjs_wav_source *source,
                                            const struct mjs_wav_info *info,
                                            const struct mjs_wav_sink *sink, uint64_t *bytes_out,
                                            struct mjs_error *err);

#endif

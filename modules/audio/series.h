// SPDX-License-Identifier: MIT
// A recording in one file, or in several where one would pass the limit of WAV.
//
// A WAV file ends before 4 GiB; then `take.wav` goes on in `take-2.wav`, `take-3.wav` … at the next
// frame, with none lost between. A name that exists is skipped. `.pcm` and `.raw` have no limit.
//
// Threads: one owner. Memory: the struct is the caller's and may be moved; what it holds is freed
// by `mjs_series_free`. All zero is a series without a file, which may be freed.
#ifndef MJS_SERIES_H
#define MJS_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "format.h"

#define MJS_SERIES_FILES_MAX 10000

struct mjs_claim;
struct mjs_writer;

struct mjs_series {
    struct mjs_writer *writer; // of the last file; null: no file
    struct mjs_spec spec;
    char *first_name; // of the first file, which the others' names are made from
    bool linked;      // the given path is a symbolic link: the others are beside the file itself
    char **paths;     // as they are shown
    size_t count;
    struct mjs_claim **claims; // of all files but the last: until the end nobody replaces them
    size_t told;
    unsigned number;            // of the last file: 1, 2, 3, …
    uint64_t frames_of_earlier; // files
};

// The first file, at `place`, which replaces an old one; see mjs_writer_create. `shown` is the
// same path as the script gave it.
MJS_MUST_USE mjs_result mjs_series_create(struct mjs_series *series, const char *place,
                                          const char *shown, const struct mjs_spec *spec,
                                          struct mjs_error *err);

// As mjs_writer_append, but instead of MJS_EFBIG at WAV's limit it goes on in the next file. Where
// that cannot be made (no room, no rights) it fails with the reason; a later call tries again.
MJS_MUST_USE mjs_result mjs_series_append(struct mjs_series *series, const void *frames_in,
                                          uint64_t frames, uint64_t *frames_written,
                                          struct mjs_error *err);

// As mjs_writer_finish.
MJS_MUST_USE mjs_result mjs_series_finish(struct mjs_series *series, struct mjs_error *err);
void mjs_series_free(struct mjs_series *series);

// In all files.
uint64_t mjs_series_frames(const struct mjs_series *series);

// The paths of a full file and of the one that it went on in, for the user to be told, each once.
// False: there is nothing to tell.
bool mjs_series_take_notice(struct mjs_series *series, const char **full, const char **next);

#endif

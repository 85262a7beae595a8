// SPDX-License-Identifier: MIT
// Writes what `maixjs wav repair` makes: a new file, or the old one in its place.
//
// Any thread; one at a time per file.
#ifndef MJS_WAV_TOOL_WRITE_H
#define MJS_WAV_TOOL_WRITE_H

#include <limits.h>

#include "wav_file.h"
#include "wav_repair.h"

struct mjs_wav_tool_place {
    const char *path;   // of the file itself
    const char *output; // of the new one; null: <name>-repaired.<extension> beside it
    bool in_place;      // neither
};

struct mjs_wav_repaired {
    enum mjs_wav_repair how;  // NONE, IMPOSSIBLE: nothing was written
    char path[PATH_MAX];      // of what was written
    struct mjs_wav_info info; // of it, read back: nothing is wrong with it
};

// At every moment the old file or the new one is whole. The new name must be free (MJS_EEXIST).
// `info` is of `file`, which for in_place is open for writing.
MJS_MUST_USE mjs_result mjs_wav_tool_write(const struct mjs_wav_tool_place *place,
                                           struct mjs_wav_file *file,
                                           const struct mjs_wav_info *info,
                                           struct mjs_wav_repaired *repaired,
                                           struct mjs_error *err);

#endif

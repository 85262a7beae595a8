// SPDX-License-Identifier: MIT
// The command `maixjs wav info|check|repair`.
//
// Any thread; one at a time per file.
#ifndef MJS_WAV_TOOL_H
#define MJS_WAV_TOOL_H

#include "../../runtime/buffer.h"

enum mjs_wav_tool_status {
    MJS_WAV_TOOL_GOOD = 0,
    MJS_WAV_TOOL_WRONG = 1, // something is wrong (repair: and stays so)
    MJS_WAV_TOOL_USAGE = 2,
    MJS_WAV_TOOL_FAILED = 3, // the file, or the new one, cannot be read or written
};

// `argv`: what follows `wav`. `out` is for standard output; `err` for standard error, one line
// without its end, or nothing. Both are the caller's to free.
enum mjs_wav_tool_status mjs_wav_tool_run(int argc, char **argv, struct mjs_buffer *out,
                                          struct mjs_buffer *err);

#endif

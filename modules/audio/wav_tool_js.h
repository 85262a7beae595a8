// SPDX-License-Identifier: MIT
// The command `maixjs wav`, for the registry: it knows the program's streams, not the engine.
#ifndef MJS_WAV_TOOL_JS_H
#define MJS_WAV_TOOL_JS_H

// With what follows `wav` on the command line. Returns the exit status.
int mjs_wav_tool_js_run(int argc, char **argv);

#endif

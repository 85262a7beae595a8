// SPDX-License-Identifier: MIT
// The command `maixjs wav`, for the registry: it knows the program's streams, not the engine.
#include "wav_tool_js.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../../runtime/js_util.h"
#include "wav_tool.h"

int mjs_wav_tool_js_run(int argc, char **argv) {
    struct mjs_buffer out = {0};
    struct mjs_buffer err = {0};
    // A file that may not grow is an error that is told, as for scripts.
    (void)signal(SIGXFSZ, SIG_IGN);
    int status = (int)mjs_wav_tool_run(argc, argv, &out, &err);
    if (err.bytes > 0) {
        mjs_js_warn("%s", mjs_buffer_text(&err));
    }
    // Not by stdio: musl's writes at once, and its error does not show at the end any more.
    int failed = mjs_buffer_write_fd(STDOUT_FILENO, out.data, out.bytes);
    if (failed && failed != EPIPE) { // who closed the pipe has seen enough
        mjs_js_warn("cannot write to standard output: %s", strerror(failed));
        status = MJS_WAV_TOOL_FAILED;
    }
    mjs_buffer_free(&out);
    mjs_buffer_free(&err);
    return status;
}

// SPDX-License-Identifier: MIT
// Runs a script in a process of its own, with this one beside it: for `maixjs - --control`, where
// it passes everything on between the script and the PC (control.h), and for `--app`, where it
// keeps the log and the record of an app that the board's launcher has started. The script's
// process behaves as one that was started directly: signals, exit statuses, recordings. To be
// called before any thread exists, and before the engine does.
#ifndef MJS_SUPERVISE_H
#define MJS_SUPERVISE_H

#include "buffer.h"
#include "options.h"

#define MJS_SUPERVISE_SCRIPT (-1)

// Returns MJS_SUPERVISE_SCRIPT in the new process, which is to run the script now: of --control
// `bundle` has its code. In this process the exit status, once everything has ended.
int mjs_supervise_run(const struct mjs_options *options, struct mjs_buffer *bundle);

#endif

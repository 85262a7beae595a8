// SPDX-License-Identifier: MIT
// The event loop: quickjs-libc's, told when to end. Rejections that nobody handles, the exit flag.
#ifndef MJS_LOOP_H
#define MJS_LOOP_H

#include "host.h"

// After the exit flag is set, timers that are due within this time still fire, so that a script
// that waits for a short timer comes to its own end.
#define MJS_LOOP_GRACE_MS 1000

// Sets up the rejection tracker. Call once, before anything runs.
void mjs_loop_init(struct mjs_host *host);
void mjs_loop_free(struct mjs_host *host);

// Makes quickjs-libc's `os` functions available to the host. 0 ok, -1 exception pending.
int mjs_loop_load_os(struct mjs_host *host);

// Runs until nothing is left to wait for, the program was asked to stop and came to its end, an
// error was not caught, or the script was interrupted. An uncaught error is shown and
// host->ended and host->status are set.
void mjs_loop_run(struct mjs_host *host);

// After an uncaught error that did not end the program: what else was rejected is shown, too.
void mjs_loop_recheck_rejections(struct mjs_host *host);

// Tells those that wait for the exit flag that it is set. False: one threw, which was shown.
bool mjs_loop_call_stop_watches(struct mjs_host *host);

// Shows the pending exception of `ctx` as uncaught, and ends the script. An interrupted script's
// exception is dropped silently.
void mjs_loop_uncaught(struct mjs_host *host);

#endif

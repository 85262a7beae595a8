// SPDX-License-Identifier: MIT
// The exit flag, and how a program is stopped: signals, the watchdog thread, the forced end.
//
// SIGINT, SIGTERM and SIGHUP set the flag. A further one (not within 250 ms of the first), or 3 s
// without an end, interrupts the script; 2 s after that the watchdog ends the process.
// The flag may be read and set from any thread. Our own threads block all signals, so that a signal
// interrupts what the script's thread waits in.
#ifndef MJS_STOP_H
#define MJS_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "result.h"

#define MJS_STOP_STATUS_TIMEOUT 124

// Called once, on the script's thread, before any other thread exists: installs the handlers and
// starts the watchdog. `on_force` is called on the watchdog's thread right before it ends the
// process; it must return within about 100 ms.
MJS_MUST_USE mjs_result mjs_stop_install(void (*on_force)(void), struct mjs_error *err);

// Called whenever the flag is set, also in the signal handler (async-signal-safe functions only),
// so that an idle event loop notices.
void mjs_stop_set_wake_hook(void (*hook)(void));

// The time limit of --timeout: then the script is interrupted, and the process ended with 124.
void mjs_stop_set_time_limit(int64_t limit_ms);

bool mjs_stop_requested(void);
// Sets the flag without a signal (setExitFlag): nothing is ever forced.
void mjs_stop_request(void);
// Sets the flag as that signal would: a script that goes on is forced to end 3 s later. Any number
// of calls count as one.
void mjs_stop_request_for(int signal_number);
// setExitFlag(false): also forgets that a signal came.
void mjs_stop_clear(void);

// Readable while the flag is set. Poll it; never read or close it.
int mjs_stop_fd(void);

// True once the script must end now; the engine's interrupt handler asks this.
bool mjs_stop_forced(void);
// The status of a forced end: 124 after the time limit, else 128 + the signal.
int mjs_stop_forced_status(void);

// Sleeps until the time is over or the flag is set; returns at once when it is set already.
void mjs_stop_sleep_ns(int64_t duration_ns);

int64_t mjs_stop_now_ns(void); // CLOCK_MONOTONIC

#endif

// SPDX-License-Identifier: MIT
// The exit flag and how a program stops: signals, the watchdog thread, the forced end.
//
// The flag may be set and read from any thread. Signals are delivered to the script's thread only;
// every other thread of the program calls `mjs_stop_block_signals` first.
#ifndef MJS_STOP_H
#define MJS_STOP_H

#include <stdbool.h>

#include "result.h"

// Installs the handlers and starts the watchdog. `on_force` is called on the watchdog's thread
// right before the process is ended from there; it must return within about 100 ms.
MJS_MUST_USE mjs_result mjs_stop_install(void (*on_force)(void), struct mjs_error *err);

// True once the program was asked to stop (a signal, setExitFlag, a closed standard output).
bool mjs_stop_requested(void);
void mjs_stop_request(void);
// setExitFlag(false): also forgets that a signal came.
void mjs_stop_clear(void);

// Readable while the flag is set. Poll it, never read or close it. -1 before install.
int mjs_stop_fd(void);

// True once the script is to be interrupted uncatchably (second signal, or 3 s without an end).
bool mjs_stop_forced(void);
// The first signal that asked, or 0.
int mjs_stop_signal(void);
// From now on the watchdog does nothing any more (ordered teardown has begun and is bounded).
void mjs_stop_block_signals(void);

// Sleeps until the time is over or the flag is set. Returns at once when it is set already.
void mjs_stop_sleep_ns(long long duration_ns);

#endif

// SPDX-License-Identifier: MIT
// setTimeout, setInterval and their clear functions: in order of their due time, then of their age.
// One timer of quickjs-libc's loop stands for the first of ours.
#ifndef MJS_TIMERS_H
#define MJS_TIMERS_H

#include "host.h"

// Defines the globals. 0 ok, -1 exception pending.
int mjs_timers_install(struct mjs_host *host);

// Frees all timers; called before the context is freed.
void mjs_timers_free(struct mjs_host *host);

// The exit flag is set: intervals, and timers that are due after `grace_ns` from now or are made
// from now on, do not fire any more.
void mjs_timers_stop(struct mjs_host *host, int64_t grace_ns);

// Runs the first timer if it is due: 1 ran, 0 none is due, -1 exception pending.
int mjs_timers_run_one(struct mjs_host *host);

// When the first timer is due (CLOCK_MONOTONIC); INT64_MAX: there is none.
int64_t mjs_timers_next_ns(const struct mjs_host *host);

#endif

// SPDX-License-Identifier: MIT
// What the last run printed, standard output and standard error as they came, at most 1 MiB: the
// newest. Plain text in the runs' folder (runs.h), written by one process and read by others.
//
// It is two files, of half of that each: last.log, and what was it before, last.log.1. Whoever
// writes holds a lock on last.log, which the kernel takes away when that process ends however it
// ends: so a reader knows when nothing more will come. Each run begins a new last.log; of two at
// once the one that began first stops logging.
#ifndef MJS_RUNS_LOG_H
#define MJS_RUNS_LOG_H

#include "runs.h"

#define MJS_RUNS_LOG_BYTES_MAX (1024 * 1024)

struct mjs_runs_log {
    int folder; // of the runs, borrowed; must outlive the log
    int fd;     // -1: nothing is logged (any more)
    size_t bytes;
};

// Begins a new log.
MJS_MUST_USE mjs_result mjs_runs_log_open(struct mjs_runs_log *log, const struct mjs_runs *runs,
                                          struct mjs_error *err);
// Appends; does nothing where nothing is logged. Fails once: then the log is closed.
MJS_MUST_USE mjs_result mjs_runs_log_write(struct mjs_runs_log *log, const void *data, size_t bytes,
                                           struct mjs_error *err);
void mjs_runs_log_close(struct mjs_runs_log *log);

// Copies the log to `out_fd`; `follow`: until its run has ended. MJS_ENOENT: there is no log.
// `*missed` says whether a follower was too slow for a part of it.
MJS_MUST_USE mjs_result mjs_runs_log_copy(const struct mjs_runs *runs, int out_fd, bool follow,
                                          bool *missed, struct mjs_error *err);

#endif

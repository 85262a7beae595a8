// SPDX-License-Identifier: MIT
// The record of what runs, so that `maixjs stop` finds it and signals nothing else: one small file
// a run, with the process id, the moment it was started and the script's name.
//
// They are in a folder of mode 0700 that belongs to us: $XDG_STATE_HOME/maixjs, else
// ~/.local/state/maixjs. A file is written whole or not at all, and no symbolic link is followed.
// Any thread; the caller owns all memory.
#ifndef MJS_RUNS_H
#define MJS_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buffer.h"

#define MJS_RUNS_MAX 64 // that are looked at: nobody runs so many at once
#define MJS_RUNS_NAME_BYTES_MAX 255
#define MJS_RUNS_APP_BYTES_MAX 64
#define MJS_RUNS_BOOT_BYTES 48

struct mjs_runs {
    int fd; // the folder
    struct mjs_buffer folder;
};

// A process id alone may be another process's by now, and after a restart of the system even one
// that was started at the same moment.
struct mjs_run {
    pid_t pid;
    uint64_t start_ticks; // since the system was started
    char boot[MJS_RUNS_BOOT_BYTES];
    char name[MJS_RUNS_NAME_BYTES_MAX + 1];
};

// Appends the home folder: $HOME, but where that is missing or "/", as with what a board's init
// starts, the password file's. False: there is none.
bool mjs_runs_append_home(struct mjs_buffer *path);

// Makes the folder if need be.
MJS_MUST_USE mjs_result mjs_runs_open(struct mjs_runs *runs, struct mjs_error *err);
void mjs_runs_close(struct mjs_runs *runs);

// A script's name: 1 to 255 bytes of UTF-8 without control characters.
bool mjs_runs_name_valid(const char *name);
// An app's id: 1 to 64 of a-z, 0-9 and _.
bool mjs_runs_app_valid(const char *id);

// Fills in all but the name. False: there is no such process, or it has ended.
bool mjs_runs_identify(pid_t pid, struct mjs_run *run);
bool mjs_runs_alive(const struct mjs_run *run);

MJS_MUST_USE mjs_result mjs_runs_record(struct mjs_runs *runs, const struct mjs_run *run,
                                        struct mjs_error *err);
void mjs_runs_forget(struct mjs_runs *runs, pid_t pid);

// The runs that are alive, at most `max`; the files of others, and what is no record, are removed.
int mjs_runs_list(struct mjs_runs *runs, struct mjs_run *list, int max);

// Sends a signal to this run and nothing else, and true; false where it has ended already, or
// where the system refuses (errno; ESRCH: ended).
bool mjs_runs_signal(const struct mjs_run *run, int signal_number);

#endif

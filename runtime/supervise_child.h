// SPDX-License-Identifier: MIT
// The process that runs the script for a supervisor: made, told apart from it, and signalled.
// The supervisor's thread, before any other exists.
#ifndef MJS_SUPERVISE_CHILD_H
#define MJS_SUPERVISE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "result.h"

struct mjs_supervise_child {
    pid_t pid;
    bool own_input;    // its standard input is a pipe of ours
    int input;         // we write; -1: none (any more)
    int outputs[2];    // we read: its standard output, its standard error; -1: ended
    int go;            // a byte lets it begin
    int signal_fd;     // SIGCHLD, and the signals that ask us to stop
    bool ended;        // and waited for
    int status;        // as the shell shows it
    int signal_number; // that ended it; 0: none
};

// Makes the process. `own_input`: with its own standard input and its own process group; else both
// are ours. In the new process `child->pid` is 0, and it has waited until it may begin. It is asked
// to stop when this one dies; signals that ask it to stop are blocked, and kept, until
// mjs_stop_install has its handlers in place.
MJS_MUST_USE mjs_result mjs_supervise_child_fork(struct mjs_supervise_child *child, bool own_input,
                                                 struct mjs_error *err);

// Lets it begin.
void mjs_supervise_child_go(struct mjs_supervise_child *child);

// Does nothing where it has ended.
void mjs_supervise_child_signal(const struct mjs_supervise_child *child, int signal_number);

// Takes its status if it has ended now.
void mjs_supervise_child_reap(struct mjs_supervise_child *child);

// Closes what is still open. It is not waited for.
void mjs_supervise_child_close(struct mjs_supervise_child *child);

#endif

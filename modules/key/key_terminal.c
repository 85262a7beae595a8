// SPDX-License-Identifier: MIT
// Switches the terminal of standard input to single keys, and back.
#include "key_terminal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <termios.h>
#include <unistd.h>

// The terminal is the process's, so its old settings are, too.
static struct termios before;
static _Atomic bool entered;

// A job in the background that sets the terminal is stopped (SIGTTOU), unless that is blocked.
static int set_terminal(const struct termios *settings) {
    sigset_t output;
    sigset_t mask;
    (void)sigemptyset(&output);
    (void)sigaddset(&output, SIGTTOU);
    (void)pthread_sigmask(SIG_BLOCK, &output, &mask);
    int failed = tcsetattr(STDIN_FILENO, TCSANOW, settings) == 0 ? 0 : errno;
    (void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
    return failed;
}

bool mjs_key_terminal_is_ours(void) {
    pid_t group = tcgetpgrp(STDIN_FILENO);
    return group < 0 || group == getpgrp(); // it fails when the terminal is gone: reading says so
}

mjs_result mjs_key_terminal_enter(struct mjs_error *err) {
    if (atomic_load(&entered)) {
        return mjs_result_fail(err, MJS_EBUSY, "another Key reads the terminal");
    }
    if (isatty(STDIN_FILENO) != 1 || !mjs_key_terminal_is_ours()) {
        return mjs_result_fail(err, MJS_ENODEV,
                               "no keys: standard input is no terminal (option device or "
                               "MAIXJS_KEY names an input device)");
    }
    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        return mjs_result_fail_errno(err, errno, "cannot read the terminal's settings");
    }
    struct termios settings = before;
    settings.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    atomic_store(&entered, true);
    int failed = set_terminal(&settings);
    if (failed) {
        mjs_key_terminal_leave();
        return mjs_result_fail_errno(err, failed, "cannot set the terminal");
    }
    return MJS_OK;
}

void mjs_key_terminal_leave(void) {
    if (atomic_exchange(&entered, false)) {
        (void)set_terminal(&before); // gone with its window, perhaps: nothing to restore then
    }
}

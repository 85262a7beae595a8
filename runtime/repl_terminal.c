// SPDX-License-Identifier: MIT
// Terminal settings and signals of the prompt.
#include "repl_terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "stop.h"

#define COLUMNS_UNKNOWN 80

// The terminal is the process's, so its old settings are, too.
static struct termios before;
static bool edits_lines;
static _Atomic bool entered;
static _Atomic bool running;
static _Atomic int interrupts;
static int wake_fd = -1;

static void wake(void) {
    uint64_t one = 1;
    ssize_t written = write(wake_fd, &one, sizeof(one));
    (void)written; // a full counter is as readable
}

static void on_interrupt(int signal_number) {
    int saved_errno = errno;
    (void)signal_number;
    atomic_fetch_add(&interrupts, 1);
    if (atomic_load(&running)) {
        mjs_stop_request();
    }
    wake();
    errno = saved_errno;
}

static void on_resize(int signal_number) {
    int saved_errno = errno;
    (void)signal_number;
    wake();
    errno = saved_errno;
}

// The default action follows: the handler is gone, and the signal comes again.
static void on_crash(int signal_number) {
    mjs_repl_terminal_leave();
    raise(signal_number);
}

static bool handle(int signal_number, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    sigemptyset(&action.sa_mask);
    action.sa_handler = handler;
    action.sa_flags = flags;
    return sigaction(signal_number, &action, NULL) == 0;
}

mjs_result mjs_repl_terminal_open(bool edits, struct mjs_error *err) {
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT};
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    edits_lines = edits;
    if (wake_fd < 0 || tcgetattr(STDIN_FILENO, &before) != 0) {
        return mjs_result_fail_errno(err, errno, "cannot use the terminal");
    }
    bool taken = handle(SIGINT, on_interrupt, 0) && handle(SIGWINCH, on_resize, 0);
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        taken = taken && handle(crashes[i], on_crash, (int)(SA_RESETHAND | SA_NODEFER));
    }
    return taken ? MJS_OK : mjs_result_fail_errno(err, errno, "cannot install signal handlers");
}

void mjs_repl_terminal_enter(void) {
    if (!edits_lines || atomic_exchange(&entered, true)) {
        return;
    }
    struct termios settings = before;
    settings.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IXON);
    settings.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    settings.c_lflag |= ISIG;
    // Ctrl-C alone is a signal: it must reach a loop that never ends. The others are keys.
    settings.c_cc[VQUIT] = _POSIX_VDISABLE;
    settings.c_cc[VSUSP] = _POSIX_VDISABLE;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    while (tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) != 0 && errno == EINTR) {
    }
}

void mjs_repl_terminal_leave(void) {
    if (atomic_exchange(&entered, false)) {
        // Where it fails the terminal has gone.
        while (tcsetattr(STDIN_FILENO, TCSADRAIN, &before) != 0 && errno == EINTR) {
        }
    }
}

int mjs_repl_terminal_fd(void) { return wake_fd; }

void mjs_repl_terminal_clear_fd(void) {
    uint64_t count;
    ssize_t bytes = read(wake_fd, &count, sizeof(count));
    (void)bytes; // only the wake matters
}

void mjs_repl_terminal_set_running(bool on) { atomic_store(&running, on); }

int mjs_repl_terminal_interrupts(void) { return atomic_load(&interrupts); }

void mjs_repl_terminal_clear_interrupts(void) { atomic_store(&interrupts, 0); }

int mjs_repl_terminal_columns(void) {
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                           : COLUMNS_UNKNOWN;
}

// SPDX-License-Identifier: MIT
// The exit flag, the signal handlers and the watchdog thread.
#include "stop.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "thread.h"

#define MS 1000000LL
#define REPEAT_IGNORED_NS (250 * MS) // one Ctrl-C may arrive twice: from the terminal and a parent
#define FORCE_AFTER_NS (3000 * MS)
#define END_AFTER_NS (2000 * MS)
#define END_AFTER_TIME_LIMIT_NS (500 * MS)

static _Atomic bool requested;
static _Atomic bool forced;
static _Atomic bool timed_out;
static _Atomic int64_t first_signal_ns;  // 0: none came
static _Atomic int first_signal;         // which; set right after its time
static _Atomic int64_t time_limit_at_ns; // 0: none
static _Atomic(void (*)(void)) wake_hook;
static int stop_fd = -1;     // readable while the flag is set
static int watchdog_fd = -1; // wakes the watchdog
static bool stderr_is_terminal;
static pthread_t script_thread;
static void (*force_hook)(void);

int64_t mjs_stop_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000LL + now.tv_nsec;
}

// Async-signal-safe. A full counter is as readable as one of 1, so failure to add is no loss.
static void raise_fd(int fd) {
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof(one));
    (void)written;
}

static void on_stop_signal(int signal_number) {
    int saved_errno = errno;
    int64_t now_ns = mjs_stop_now_ns();
    int64_t none = 0;
    // The time is what says that a signal came, so whoever sees one sees its time: another signal's
    // handler may run right here, and the watchdog anywhere.
    if (atomic_compare_exchange_strong(&first_signal_ns, &none, now_ns)) {
        atomic_store(&first_signal, signal_number);
        mjs_stop_request();
        if (stderr_is_terminal) {
            static const char line[] = "\nmaixjs: stopping (once more: at once)\n";
            ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);
            (void)written;
        }
    } else if (now_ns - none >= REPEAT_IGNORED_NS) {
        atomic_store(&forced, true);
    }
    raise_fd(watchdog_fd);
    errno = saved_errno;
}

// For signals that must only interrupt a system call (EINTR), or turn into an errno (EPIPE, EFBIG).
// A handler instead of SIG_IGN, because an ignored signal stays ignored in the programs we start.
// The watchdog's kick (SIGURG) also tells the loop again, which may have missed the first time.
static void on_harmless_signal(int signal_number) {
    void (*hook)(void) = atomic_load(&wake_hook);
    if (signal_number == SIGURG && hook && atomic_load(&requested)) {
        hook();
    }
}

static int64_t min_ns(int64_t a, int64_t b) { return a < b ? a : b; }

// Ends the process from the watchdog's thread: the script's thread does not come back any more.
static void end_process(void) {
    if (force_hook) {
        force_hook();
    }
    _exit(mjs_stop_forced_status());
}

// What the watchdog does next; the moments are on CLOCK_MONOTONIC.
struct watch {
    int64_t forced_at_ns; // 0: not yet
    int kicks;
};

// One look at the clock: does what is due, returns the time of the next look.
static int64_t watch_step(struct watch *watch) {
    int64_t now_ns = mjs_stop_now_ns();
    int64_t next_ns = INT64_MAX;
    int64_t limit_ns = atomic_load(&time_limit_at_ns);
    if (limit_ns && now_ns >= limit_ns && !atomic_load(&forced)) {
        atomic_store(&timed_out, true);
        atomic_store(&forced, true);
    } else if (limit_ns) {
        next_ns = limit_ns;
    }
    int64_t signal_ns = atomic_load(&first_signal_ns);
    if (signal_ns) {
        int64_t since_ns = now_ns - signal_ns;
        if (since_ns >= FORCE_AFTER_NS) {
            atomic_store(&forced, true);
        }
        // A signal that arrives between the loop's last look at the flag and its poll() would go
        // unnoticed; interrupting the call a little later closes that window.
        static const int64_t kick_after_ns[] = {20 * MS, 100 * MS, 500 * MS, 1500 * MS};
        const int kicks_max = (int)(sizeof(kick_after_ns) / sizeof(kick_after_ns[0]));
        while (watch->kicks < kicks_max && since_ns >= kick_after_ns[watch->kicks]) {
            watch->kicks++;
            pthread_kill(script_thread, SIGURG);
        }
        if (watch->kicks < kicks_max) {
            next_ns = min_ns(next_ns, now_ns - since_ns + kick_after_ns[watch->kicks]);
        }
        next_ns = min_ns(next_ns, now_ns - since_ns + FORCE_AFTER_NS);
    } else {
        watch->kicks = 0;
    }
    if (!atomic_load(&forced)) {
        watch->forced_at_ns = 0;
        return next_ns;
    }
    if (!watch->forced_at_ns) {
        watch->forced_at_ns = now_ns;
        pthread_kill(script_thread, SIGURG);
    }
    int64_t end_ns =
        watch->forced_at_ns + (atomic_load(&timed_out) ? END_AFTER_TIME_LIMIT_NS : END_AFTER_NS);
    if (now_ns >= end_ns) {
        end_process();
    }
    return end_ns;
}

static void *watchdog(void *unused) {
    (void)unused;
    struct watch watch = {0};
    for (;;) {
        int64_t next_ns = watch_step(&watch);
        struct timespec wait = {0};
        if (next_ns != INT64_MAX) {
            int64_t left_ns = next_ns - mjs_stop_now_ns();
            left_ns = left_ns > 0 ? left_ns : 0;
            wait.tv_sec = (time_t)(left_ns / 1000000000LL);
            wait.tv_nsec = (long)(left_ns % 1000000000LL);
        }
        struct pollfd woken = {.fd = watchdog_fd, .events = POLLIN};
        if (ppoll(&woken, 1, next_ns == INT64_MAX ? NULL : &wait, NULL) > 0) {
            uint64_t count;
            ssize_t bytes = read(watchdog_fd, &count, sizeof(count));
            (void)bytes; // only the wake matters
        }
    }
    return NULL;
}

static int start_watchdog(void) {
    pthread_t thread;
    int failed = mjs_thread_start(&thread, watchdog, NULL);
    return failed ? failed : pthread_detach(thread);
}

static int install_handlers(void) {
    static const int harmless[] = {SIGPIPE, SIGXFSZ, SIGURG};
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_harmless_signal;
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        if (sigaction(harmless[i], &action, NULL) != 0) {
            return errno;
        }
    }
    // No SA_RESTART: what the script's thread waits in ends early.
    action.sa_handler = on_stop_signal;
    struct sigaction hangup;
    if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0 ||
        sigaction(SIGHUP, NULL, &hangup) != 0) {
        return errno;
    }
    // nohup means it: the program is to survive its terminal.
    if (hangup.sa_handler != SIG_IGN && sigaction(SIGHUP, &action, NULL) != 0) {
        return errno;
    }
    sigset_t unblocked;
    sigemptyset(&unblocked);
    sigaddset(&unblocked, SIGINT);
    sigaddset(&unblocked, SIGTERM);
    sigaddset(&unblocked, SIGHUP);
    sigaddset(&unblocked, SIGURG);
    return pthread_sigmask(SIG_UNBLOCK, &unblocked, NULL); // a parent may have blocked them
}

mjs_result mjs_stop_install(void (*on_force)(void), struct mjs_error *err) {
    force_hook = on_force;
    script_thread = pthread_self();
    stderr_is_terminal = isatty(STDERR_FILENO) == 1;
    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watchdog_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop_fd < 0 || watchdog_fd < 0) {
        return mjs_result_fail_errno(err, errno, "cannot create an eventfd");
    }
    int failed = start_watchdog();
    if (failed) {
        return mjs_result_fail_errno(err, failed, "cannot start the watchdog thread");
    }
    failed = install_handlers();
    return failed ? mjs_result_fail_errno(err, failed, "cannot install signal handlers") : MJS_OK;
}

void mjs_stop_set_wake_hook(void (*hook)(void)) { atomic_store(&wake_hook, hook); }

void mjs_stop_set_time_limit(int64_t limit_ms) {
    atomic_store(&time_limit_at_ns, mjs_stop_now_ns() + limit_ms * MS);
    raise_fd(watchdog_fd);
}

bool mjs_stop_requested(void) { return atomic_load(&requested); }

void mjs_stop_request(void) {
    atomic_store(&requested, true);
    raise_fd(stop_fd);
    void (*hook)(void) = atomic_load(&wake_hook);
    if (hook) {
        hook();
    }
}

void mjs_stop_request_for(int signal_number) {
    int64_t none = 0;
    if (atomic_compare_exchange_strong(&first_signal_ns, &none, mjs_stop_now_ns())) {
        atomic_store(&first_signal, signal_number);
        raise_fd(watchdog_fd);
    }
    mjs_stop_request();
}

void mjs_stop_clear(void) {
    atomic_store(&first_signal_ns, 0);
    atomic_store(&requested, false);
    uint64_t count;
    ssize_t bytes = read(stop_fd, &count, sizeof(count));
    (void)bytes; // EAGAIN: it was not set
}

int mjs_stop_fd(void) { return stop_fd; }

bool mjs_stop_forced(void) { return atomic_load_explicit(&forced, memory_order_relaxed); }

int mjs_stop_forced_status(void) {
    return atomic_load(&timed_out) ? MJS_STOP_STATUS_TIMEOUT : 128 + atomic_load(&first_signal);
}

void mjs_stop_sleep_ns(int64_t duration_ns) {
    int64_t end_ns = mjs_stop_now_ns();
    end_ns = duration_ns > INT64_MAX - end_ns ? INT64_MAX : end_ns + duration_ns;
    while (!mjs_stop_requested()) {
        int64_t left_ns = end_ns - mjs_stop_now_ns();
        if (left_ns <= 0) {
            return;
        }
        struct timespec wait = {.tv_sec = (time_t)(left_ns / 1000000000LL),
                                .tv_nsec = (long)(left_ns % 1000000000LL)};
        struct pollfd stop = {.fd = stop_fd, .events = POLLIN};
        if (ppoll(&stop, 1, &wait, NULL) < 0 && errno == EINTR && mjs_stop_forced()) {
            return;
        }
    }
}

// SPDX-License-Identifier: MIT
// Threads that take no signals.
#include "thread.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "result.h"

// Address space; only touched pages are memory. libasound's plug-ins (PulseAudio, PipeWire) run on
// the capture thread's stack, and Zig's Debug runtime keeps 256 KiB of every stack for itself.
#define STACK_BYTES ((size_t)512 * 1024)

int mjs_thread_start(pthread_t *thread, void *(*main)(void *), void *argument) {
    pthread_attr_t attributes;
    int failed = pthread_attr_init(&attributes);
    if (failed) {
        return failed;
    }
    sigset_t all;
    sigset_t before;
    MJS_ASSERT(sigfillset(&all) == 0);
    failed = pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (!failed) {
        // The new thread inherits the mask.
        MJS_ASSERT(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
        failed = pthread_create(thread, &attributes, main, argument);
        MJS_ASSERT(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    }
    MJS_ASSERT(pthread_attr_destroy(&attributes) == 0);
    // Not "try again": too many threads, or no memory for one more.
    return failed == EAGAIN ? ENOMEM : failed;
}

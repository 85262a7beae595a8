// SPDX-License-Identifier: MIT
// The sync thread: comes when kicked and by itself, reports a failure once, takes no signals.
//
// This file defines fdatasync and fsync itself; the linker takes these.
#include "../../../modules/audio/syncer.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../support/check.h"

#define TEST_FD 4711 // never used: fdatasync is ours

static _Atomic uint64_t syncs;
static _Atomic uint64_t folder_syncs;
static _Atomic int next_errno;

int fdatasync(int fd) {
    CHECK_EQ_INT(fd, TEST_FD);
    errno = atomic_exchange(&next_errno, 0);
    atomic_fetch_add(&syncs, 1); // last: who sees the count may look at everything else
    return errno == 0 ? 0 : -1;
}

// Of the folder only.
int fsync(int fd) {
    CHECK(fd != TEST_FD);
    atomic_fetch_add(&folder_syncs, 1);
    errno = EINVAL; // a file system that cannot: no failure
    return -1;
}

static void wait_done(const struct mjs_syncer *syncer) {
    while (mjs_syncer_pending(syncer))
        sched_yield();
}

static void test_kick_and_errors(void) {
    struct mjs_syncer syncer;
    CHECK_EQ_INT(mjs_syncer_start(&syncer, TEST_FD, "/tmp", NULL), MJS_OK);
    CHECK(!mjs_syncer_pending(&syncer)); // the file has no name yet
    mjs_syncer_note(&syncer);
    CHECK(mjs_syncer_pending(&syncer));
    mjs_syncer_kick(&syncer);
    wait_done(&syncer);
    CHECK_EQ_UINT(atomic_load(&syncs), 1);
    CHECK_EQ_INT(mjs_syncer_take_error(&syncer), 0);

    atomic_store(&next_errno, EIO);
    mjs_syncer_note(&syncer);
    CHECK(mjs_syncer_pending(&syncer));
    mjs_syncer_kick(&syncer);
    wait_done(&syncer);
    CHECK_EQ_INT(mjs_syncer_take_error(&syncer), EIO);
    CHECK_EQ_INT(mjs_syncer_take_error(&syncer), 0); // once

    // A file system without fdatasync is no failure.
    atomic_store(&next_errno, EINVAL);
    mjs_syncer_note(&syncer);
    mjs_syncer_kick(&syncer);
    wait_done(&syncer);
    CHECK_EQ_INT(mjs_syncer_take_error(&syncer), 0);

    // The first of two failures is kept.
    atomic_store(&next_errno, ENOSPC);
    mjs_syncer_note(&syncer);
    mjs_syncer_kick(&syncer);
    wait_done(&syncer);
    atomic_store(&next_errno, EIO);
    mjs_syncer_note(&syncer);
    CHECK_EQ_INT(mjs_syncer_end(&syncer), ENOSPC); // the end does what is left
    CHECK_EQ_UINT(atomic_load(&syncs), 5);
    CHECK_EQ_UINT(atomic_load(&folder_syncs), 1); // with the first data, not again
}

// Nothing was written since: no call, however often it is asked.
static void test_idle(void) {
    struct mjs_syncer syncer;
    uint64_t before = atomic_load(&syncs);
    CHECK_EQ_INT(mjs_syncer_start(&syncer, TEST_FD, "/no/such/folder", NULL), MJS_OK);
    mjs_syncer_note(&syncer);
    wait_done(&syncer); // by itself, after its interval
    CHECK_EQ_UINT(atomic_load(&syncs), before + 1);
    for (int i = 0; i < 100; i++)
        mjs_syncer_kick(&syncer);
    CHECK_EQ_INT(mjs_syncer_end(&syncer), 0);
    CHECK_EQ_UINT(atomic_load(&syncs), before + 1);
}

// SigBlk of the one other thread, as the kernel tells.
static uint64_t blocked_signals(void) {
    uint64_t mask = 0;
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL);
    if (tasks == NULL)
        return 0;
    for (struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) {
        char path[300];
        char line[300];
        if (entry->d_name[0] == '.' || atol(entry->d_name) == syscall(SYS_gettid))
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        FILE *status = fopen(path, "r");
        while (status != NULL && fgets(line, sizeof line, status) != NULL) {
            if (strncmp(line, "SigBlk:", 7) == 0)
                mask |= strtoull(line + 7, NULL, 16);
        }
        if (status != NULL)
            fclose(status);
    }
    closedir(tasks);
    return mask;
}

static void test_signals_are_blocked(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGCHLD, SIGUSR1};
    struct mjs_syncer syncer;
    sigset_t own;
    CHECK_EQ_INT(mjs_syncer_start(&syncer, TEST_FD, "/tmp", NULL), MJS_OK);
    uint64_t mask = blocked_signals();
    CHECK_EQ_INT(pthread_sigmask(SIG_SETMASK, NULL, &own), 0);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        CHECK((mask >> (signals[i] - 1) & 1) == 1);
        CHECK(!sigismember(&own, signals[i])); // the starter's mask is as before
    }
    CHECK_EQ_INT(mjs_syncer_end(&syncer), 0);
}

int main(void) {
    test_kick_and_errors();
    test_idle();
    test_signals_are_blocked();
    return check_report();
}

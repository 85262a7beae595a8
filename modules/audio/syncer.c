// SPDX-License-Identifier: MIT
// A thread that brings one file's data to the disk about once a second, so that nobody waits.
#include "syncer.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "../../runtime/thread.h"

static void lock(struct mjs_syncer *syncer) { MJS_ASSERT(pthread_mutex_lock(&syncer->lock) == 0); }

static void unlock(struct mjs_syncer *syncer) {
    MJS_ASSERT(pthread_mutex_unlock(&syncer->lock) == 0);
}

// Keeps the first failure until it is taken.
static void set_error(struct mjs_syncer *syncer, int sys_errno) {
    int none = 0;
    // Relaxed: the number is all that is handed over.
    (void)atomic_compare_exchange_strong_explicit(&syncer->failed_errno, &none, sys_errno,
                                                  memory_order_relaxed, memory_order_relaxed);
}

// Without it a new file's name may be missing after a power cut. Not every file system can do it,
// and a folder that cannot be read cannot be opened: only a disk's failure counts.
static void sync_folder(struct mjs_syncer *syncer) {
    int fd = open(syncer->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fsync(fd) != 0 && errno == EIO)
        set_error(syncer, EIO);
    (void)close(fd); // nothing was written through it
    syncer->folder_done = true;
}

static void sync_once(struct mjs_syncer *syncer) {
    // Acquire, with the release in note: what was written before it is written before the sync.
    uint64_t noted = atomic_load_explicit(&syncer->noted, memory_order_acquire);
    if (atomic_load_explicit(&syncer->synced, memory_order_relaxed) == noted)
        return;
    // EINVAL, ENOSYS: a file system that has no such thing.
    if (fdatasync(syncer->fd) != 0 && errno != EINVAL && errno != ENOSYS)
        set_error(syncer, errno);
    if (!syncer->folder_done)
        sync_folder(syncer);
    // Release, with the acquire in pending: who sees it may end the process.
    atomic_store_explicit(&syncer->synced, noted, memory_order_release);
}

// With the lock held: until the interval is over, or a kick or the end comes.
static void wait_interval(struct mjs_syncer *syncer) {
    struct timespec until;
    MJS_ASSERT(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
    until.tv_sec += MJS_SYNCER_INTERVAL_MS / 1000;
    int status = 0;
    while (!syncer->ending && !syncer->kicked && status != ETIMEDOUT) {
        status = pthread_cond_timedwait(&syncer->wake, &syncer->lock, &until);
        MJS_ASSERT(status == 0 || status == ETIMEDOUT);
    }
}

static void *run(void *arg) {
    struct mjs_syncer *syncer = arg;
    lock(syncer);
    while (!syncer->ending) {
        wait_interval(syncer);
        syncer->kicked = false;
        if (syncer->ending)
            break; // the owner does the last one
        unlock(syncer);
        sync_once(syncer);
        lock(syncer);
    }
    unlock(syncer);
    return NULL;
}

static int init_wake(pthread_cond_t *wake) {
    pthread_condattr_t attributes;
    int status = pthread_condattr_init(&attributes);
    if (status != 0)
        return status;
    // Boards set their clock while they run; the interval must not depend on it.
    status = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (status == 0)
        status = pthread_cond_init(wake, &attributes);
    MJS_ASSERT(pthread_condattr_destroy(&attributes) == 0);
    return status;
}

mjs_result mjs_syncer_start(struct mjs_syncer *syncer, int fd, const char *folder,
                            struct mjs_error *err) {
    syncer->ending = false;
    syncer->kicked = false;
    syncer->fd = fd;
    syncer->folder = folder;
    syncer->folder_done = false;
    atomic_init(&syncer->noted, 0);
    atomic_init(&syncer->synced, 0);
    atomic_init(&syncer->failed_errno, 0);
    MJS_ASSERT(pthread_mutex_init(&syncer->lock, NULL) == 0);
    int status = init_wake(&syncer->wake);
    if (status == 0) {
        status = mjs_thread_start(&syncer->thread, run, syncer);
        if (status == 0)
            return MJS_OK;
        MJS_ASSERT(pthread_cond_destroy(&syncer->wake) == 0);
    }
    MJS_ASSERT(pthread_mutex_destroy(&syncer->lock) == 0);
    // EAGAIN here means a limit of threads or memory, not that something is busy.
    return mjs_result_fail(err, MJS_ENOMEM, "cannot start the thread that syncs the file");
}

void mjs_syncer_note(struct mjs_syncer *syncer) {
    // One thread only adds, so load and store need not be one operation. Release: see sync_once.
    uint64_t noted = atomic_load_explicit(&syncer->noted, memory_order_relaxed);
    atomic_store_explicit(&syncer->noted, noted + 1, memory_order_release);
}

int mjs_syncer_take_error(struct mjs_syncer *syncer) {
    if (atomic_load_explicit(&syncer->failed_errno, memory_order_relaxed) == 0)
        return 0; // the usual case costs no locked instruction
    return atomic_exchange_explicit(&syncer->failed_errno, 0, memory_order_relaxed);
}

void mjs_syncer_kick(struct mjs_syncer *syncer) {
    lock(syncer);
    syncer->kicked = true;
    MJS_ASSERT(pthread_cond_signal(&syncer->wake) == 0);
    unlock(syncer);
}

bool mjs_syncer_pending(const struct mjs_syncer *syncer) {
    uint64_t synced = atomic_load_explicit(&syncer->synced, memory_order_acquire);
    return synced != atomic_load_explicit(&syncer->noted, memory_order_relaxed);
}

int mjs_syncer_end(struct mjs_syncer *syncer) {
    lock(syncer);
    syncer->ending = true;
    MJS_ASSERT(pthread_cond_signal(&syncer->wake) == 0);
    unlock(syncer);
    MJS_ASSERT(pthread_join(syncer->thread, NULL) == 0);
    sync_once(syncer);
    MJS_ASSERT(pthread_cond_destroy(&syncer->wake) == 0);
    MJS_ASSERT(pthread_mutex_destroy(&syncer->lock) == 0);
    return mjs_syncer_take_error(syncer);
}

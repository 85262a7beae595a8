// SPDX-License-Identifier: MIT
// Preloaded into the program: a disk that stalls, on a clock that only this file moves.
//
// MAIXJS_SLOW_FOLDER  only files in this folder are slow
// MAIXJS_SLOW_WRITES  "<n>:<ms>,…": the n-th write (from 1) takes so long
// MAIXJS_SLOW_SYNC    each sync of the sync thread takes so many ms
//
// CLOCK_MONOTONIC stands still while the script works. It goes on to the next period of sound when
// the script waits for sound, and while a write stalls, a period at a time: the capture thread
// always gets its turn. So nothing depends on how fast or busy the machine is. For recorders from
// `sim:` devices with their own pace, read by calls that wait.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FDS_MAX 1024
#define STALLS_MAX 64
#define LOOK_NS 50000         // between two looks at what another thread does
#define STUCK_LOOKS_MAX 20000 // a second: nobody moves the clock any more
#define NS_PER_MS 1000000

static const char *folder;
static char is_slow[FDS_MAX];
static struct {
    long write;
    int64_t ms;
} stalls[STALLS_MAX];
static int stalls_count;
static long writes;
static int64_t sync_ms;

static _Atomic int64_t now_ns;
// 0: it is at work. Else it waits until then, or for its descriptor.
static _Atomic int64_t capture_until_ns;
// The script waits for one of these. Under the lock, so that they are not read empty meanwhile.
static pthread_mutex_t script_lock = PTHREAD_MUTEX_INITIALIZER;
static struct pollfd *script_fds;
static nfds_t script_fds_count;

__attribute__((constructor)) static void begin(void) {
    struct timespec now;
    (void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    atomic_store(&now_ns, (int64_t)now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec);
    folder = getenv("MAIXJS_SLOW_FOLDER");
    const char *sync = getenv("MAIXJS_SLOW_SYNC");
    sync_ms = sync != NULL ? strtoll(sync, NULL, 10) : 0;
    const char *at = getenv("MAIXJS_SLOW_WRITES");
    while (at != NULL && *at != '\0') {
        char *end;
        if (stalls_count == STALLS_MAX)
            abort();
        stalls[stalls_count].write = strtol(at, &end, 10);
        stalls[stalls_count++].ms = strtoll(end + 1, &end, 10);
        at = *end == ',' ? end + 1 : end;
    }
}

static void look_later(void) { (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL); }

static int is_script(void) { return getpid() == (pid_t)syscall(SYS_gettid); }

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (clock != CLOCK_MONOTONIC)
        return (int)syscall(SYS_clock_gettime, clock, time);
    int64_t now = atomic_load(&now_ns);
    time->tv_sec = (time_t)(now / (1000 * NS_PER_MS));
    time->tv_nsec = (long)(now % (1000 * NS_PER_MS));
    return 0;
}

static int real_poll(struct pollfd *fds, nfds_t count, int64_t limit_ms) {
    struct timespec limit = {.tv_sec = limit_ms / 1000, .tv_nsec = limit_ms % 1000 * NS_PER_MS};
    return (int)syscall(SYS_ppoll, fds, count, limit_ms < 0 ? NULL : &limit, NULL, 0);
}

int poll(struct pollfd *fds, nfds_t count, int limit_ms) {
    if (!is_script() || limit_ms >= 0)
        return real_poll(fds, count, limit_ms);
    pthread_mutex_lock(&script_lock);
    script_fds = fds;
    script_fds_count = count;
    pthread_mutex_unlock(&script_lock);
    int ready = real_poll(fds, count, -1);
    pthread_mutex_lock(&script_lock);
    script_fds = NULL;
    pthread_mutex_unlock(&script_lock);
    return ready;
}

// It waits, and nothing is there yet.
static int script_is_waiting(void) {
    struct pollfd fds[4];
    pthread_mutex_lock(&script_lock);
    int waiting = script_fds != NULL && script_fds_count <= 4;
    if (waiting) {
        memcpy(fds, script_fds, script_fds_count * sizeof fds[0]);
        waiting = real_poll(fds, script_fds_count, 0) == 0;
    }
    pthread_mutex_unlock(&script_lock);
    return waiting;
}

// The capture thread waits for its device.
int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit, const sigset_t *mask) {
    if (is_script() || limit == NULL)
        return (int)syscall(SYS_ppoll, fds, count, limit, mask, 8);
    int64_t until =
        atomic_load(&now_ns) + (int64_t)limit->tv_sec * 1000 * NS_PER_MS + limit->tv_nsec;
    int ready = 0;
    atomic_store(&capture_until_ns, until);
    while (ready == 0 && atomic_load(&now_ns) < until) {
        ready = real_poll(fds, count, 0);
        if (ready == 0 && script_is_waiting())
            atomic_store(&now_ns, until);
        else if (ready == 0)
            look_later();
    }
    atomic_store(&capture_until_ns, 0);
    return ready;
}

int pthread_cond_timedwait(pthread_cond_t *wake, pthread_mutex_t *lock,
                           const struct timespec *until) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    int64_t until_ns = (int64_t)until->tv_sec * 1000 * NS_PER_MS + until->tv_nsec;
    if (atomic_load(&now_ns) >= until_ns)
        return ETIMEDOUT;
    struct timespec soon;
    (void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &soon);
    soon.tv_nsec += NS_PER_MS;
    if (soon.tv_nsec >= 1000 * NS_PER_MS) {
        soon.tv_nsec -= 1000 * NS_PER_MS;
        soon.tv_sec++;
    }
    int status = real(wake, lock, &soon);
    return status == ETIMEDOUT ? 0 : status; // the caller looks at the time again
}

// Lets the time pass on the script's thread; the capture thread takes each of its periods.
static void stall(int64_t ms) {
    int64_t end = atomic_load(&now_ns) + ms * NS_PER_MS;
    while (atomic_load(&now_ns) < end) {
        int64_t until = atomic_load(&capture_until_ns);
        if (until <= atomic_load(&now_ns)) {
            look_later(); // it is at work
            continue;
        }
        atomic_store(&now_ns, until < end ? until : end);
    }
    // What has come up to now is taken before the write goes on.
    while (atomic_load(&capture_until_ns) <= end)
        look_later();
}

static void slow_down(int fd) {
    if (fd < 0 || fd >= FDS_MAX || !is_slow[fd])
        return;
    writes++;
    for (int i = 0; i < stalls_count; i++) {
        if (stalls[i].write == writes)
            stall(stalls[i].ms);
    }
}

int open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0 && fd < FDS_MAX)
        is_slow[fd] =
            (flags & O_CREAT) != 0 && folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
    return fd;
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) {
    slow_down(fd);
    return syscall(SYS_pwrite64, fd, data, bytes, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    slow_down(fd);
    return syscall(SYS_pwritev, fd, parts, count, offset, 0);
}

// Takes its time, which passes while script and capture go on.
int fdatasync(int fd) {
    int64_t until = atomic_load(&now_ns) + sync_ms * NS_PER_MS;
    for (int i = 0; !is_script() && i < STUCK_LOOKS_MAX && atomic_load(&now_ns) < until; i++)
        look_later();
    (void)fd;
    return 0;
}

// SPDX-License-Identifier: MIT
// Preloaded into the program: notes what it does to the disk, or kills it at one of these places.
//
// MAIXJS_DISK_FOLDER      only files in this folder count
// MAIXJS_DISK_LOG         a file that gets one line for each thing done (see note)
// MAIXJS_DISK_KILL        "<n> <before|half|after>": SIGKILL at the n-th of them, from 1
// MAIXJS_DISK_FAIL        "<kind> <first> <last> <errno>": these of that kind fail (any, create,
// write,
//                         truncate, sync, rename, close)
// MAIXJS_DISK_SHORT       the first write that fails takes so many bytes before
// MAIXJS_DISK_HANG        "<kind> <n>": the n-th of that kind (write, sync) never comes back
// MAIXJS_DISK_SYNC_EVERY  the sync thread comes with every n-th write, and meanwhile two more
// happen
//
// The syncs themselves are left out: what would be on the disk is worked out from the log.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FDS_MAX 1024
#define PAGE_BYTES 4096
#define FOLDER (-1)
#define SLICE_NS 2000000     // between two looks
#define HOLD_LOOKS_MAX 50    // a sync ends after 100 ms even if nothing more is written
#define SYNC_LOOKS_MAX 1000  // a write goes on after 2 s even if no sync came
#define RENAME_LOOKS_MAX 200 // where no sync comes

static const char *folder;
static int log_fd = -1;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static long kill_at;
static char kill_when[8];
static long sync_every;
static int has_slow_rename;
static char fail_kind[16];
static long fail_first;
static long fail_last;
static int fail_errno;
static long short_bytes;
static atomic_long fail_count;
static char hang_kind[16];
static long hang_at;
static atomic_long hang_count;

static int file_of[FDS_MAX]; // 0: none of ours, FOLDER, or the file's number
static atomic_int files;
static atomic_long things;
static atomic_long writes;
static atomic_long syncs_due;
static atomic_long syncs_begun;
static atomic_long folder_syncs;

__attribute__((constructor)) static void begin(void) {
    folder = getenv("MAIXJS_DISK_FOLDER");
    const char *log = getenv("MAIXJS_DISK_LOG");
    const char *killing = getenv("MAIXJS_DISK_KILL");
    const char *failing = getenv("MAIXJS_DISK_FAIL");
    const char *brief = getenv("MAIXJS_DISK_SHORT");
    const char *hanging = getenv("MAIXJS_DISK_HANG");
    const char *every = getenv("MAIXJS_DISK_SYNC_EVERY");
    if (log != NULL)
        log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
                              0600);
    if (killing != NULL && sscanf(killing, "%ld %7s", &kill_at, kill_when) != 2)
        abort();
    if (failing != NULL &&
        sscanf(failing, "%15s %ld %ld %d", fail_kind, &fail_first, &fail_last, &fail_errno) != 4)
        abort();
    if (hanging != NULL && sscanf(hanging, "%15s %ld", hang_kind, &hang_at) != 2)
        abort();
    if (brief != NULL)
        short_bytes = strtol(brief, NULL, 10);
    if (every != NULL)
        sync_every = strtol(every, NULL, 10);
    has_slow_rename = getenv("MAIXJS_DISK_SLOW_RENAME") != NULL;
}

static void look_later(void) { (void)nanosleep(&(struct timespec){.tv_nsec = SLICE_NS}, NULL); }

static int file_at(int fd) { return fd >= 0 && fd < FDS_MAX ? file_of[fd] : 0; }

static int is_ours(const char *path) {
    size_t bytes = folder != NULL ? strlen(folder) : 0;
    return bytes > 0 && strncmp(path, folder, bytes) == 0 &&
           (path[bytes] == '/' || path[bytes] == '\0');
}

// One line: a word, then numbers, paths or bytes in hexadecimal.
static void note(const char *head, const void *data, size_t bytes) {
    static const char digits[] = "0123456789abcdef";
    if (log_fd < 0)
        return;
    size_t head_bytes = strlen(head);
    char *line = malloc(head_bytes + 2 * bytes + 1);
    if (line == NULL)
        abort();
    char *at = memcpy(line, head, head_bytes);
    at += head_bytes;
    for (size_t i = 0; i < bytes; i++) {
        *at++ = digits[((const unsigned char *)data)[i] >> 4];
        *at++ = digits[((const unsigned char *)data)[i] & 15];
    }
    *at++ = '\n';
    pthread_mutex_lock(&log_lock);
    if (syscall(SYS_write, log_fd, line, (size_t)(at - line)) != at - line)
        abort();
    pthread_mutex_unlock(&log_lock);
    free(line);
}

__attribute__((format(printf, 1, 2))) static void note_text(const char *format, ...) {
    char text[8192];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    note(text, NULL, 0);
}

static long next_thing(void) { return atomic_fetch_add(&things, 1) + 1; }

// What has no half is killed after.
static void die_if(long thing, const char *when) {
    if (thing != kill_at || thing == 0)
        return;
    if (strcmp(when, kill_when) == 0 || (strcmp(when, "after") == 0 && kill_when[0] == 'h')) {
        (void)kill(getpid(), SIGKILL);
        for (;;)
            (void)pause();
    }
}

static void hang_if(const char *kind) {
    if (strcmp(kind, hang_kind) != 0 || atomic_fetch_add(&hang_count, 1) + 1 < hang_at)
        return;
    note_text("hangs");
    for (;;)
        (void)nanosleep(&(struct timespec){.tv_sec = 3600}, NULL);
}

// Which of those that are to fail this is, from 1; 0: it is none. With errno.
static long failure(const char *kind) {
    if (strcmp(fail_kind, "any") != 0 && strcmp(fail_kind, kind) != 0)
        return 0;
    long count = atomic_fetch_add(&fail_count, 1) + 1;
    if (count < fail_first || count > fail_last)
        return 0;
    note_text("failed %s", kind);
    errno = fail_errno;
    return count - fail_first + 1;
}

int open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    int ours = is_ours(path) && (flags & (O_CREAT | O_DIRECTORY)) != 0;
    int creates = ours && (flags & O_CREAT) != 0;
    long thing = creates ? next_thing() : 0;
    die_if(thing, "before");
    if (creates && failure("create") > 0)
        return -1;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0 && fd < FDS_MAX)
        file_of[fd] = !ours ? 0 : creates ? atomic_fetch_add(&files, 1) + 1 : FOLDER;
    if (creates && fd >= 0)
        note_text("create %d %s", file_of[fd], path);
    die_if(thing, "after");
    return fd;
}

int close(int fd) {
    long thing = file_at(fd) > 0 ? next_thing() : 0;
    die_if(thing, "before");
    if (file_at(fd) != 0)
        file_of[fd] = 0;
    int status = (int)syscall(SYS_close, fd);
    die_if(thing, "after");
    return thing > 0 && failure("close") > 0 ? -1 : status; // closed all the same
}

// Every n-th write waits for the sync thread to come.
static void count_write(void) {
    if (sync_every <= 0 || (atomic_fetch_add(&writes, 1) + 1) % sync_every != 0)
        return;
    long due = atomic_fetch_add(&syncs_due, 1) + 1;
    for (int i = 0; i < SYNC_LOOKS_MAX && atomic_load(&syncs_begun) < due; i++)
        look_later();
}

static ssize_t write_all(int fd, const char *data, size_t bytes, off_t offset) {
    long thing = next_thing();
    die_if(thing, "before");
    // The kernel looks for a SIGKILL before each page: what a large write leaves then.
    size_t first = PAGE_BYTES - (size_t)offset % PAGE_BYTES;
    if (thing == kill_at && first < bytes && strcmp(kill_when, "half") == 0)
        (void)syscall(SYS_pwrite64, fd, data, first, offset);
    die_if(thing, "half");
    hang_if("write");
    long failed = failure("write");
    size_t some = failed == 1 && (size_t)short_bytes < bytes ? (size_t)short_bytes : 0;
    if (failed > 0)
        return some > 0 ? syscall(SYS_pwrite64, fd, data, some, offset) : -1;
    ssize_t done = syscall(SYS_pwrite64, fd, data, bytes, offset);
    if (done > 0) {
        char head[64];
        (void)snprintf(head, sizeof head, "write %d %lld ", file_of[fd], (long long)offset);
        note(head, data, (size_t)done);
    }
    die_if(thing, "after");
    count_write();
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) {
    if (file_at(fd) <= 0)
        return syscall(SYS_pwrite64, fd, data, bytes, offset);
    return write_all(fd, data, bytes, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    size_t total = 0;
    for (int i = 0; i < count; i++)
        total += parts[i].iov_len;
    char *all = malloc(total + 1);
    if (all == NULL)
        abort();
    total = 0;
    for (int i = 0; i < count; i++) {
        memcpy(all + total, parts[i].iov_base, parts[i].iov_len);
        total += parts[i].iov_len;
    }
    ssize_t done = pwrite(fd, all, total, offset);
    free(all);
    return done;
}

int ftruncate(int fd, off_t length) {
    long thing = file_at(fd) > 0 ? next_thing() : 0;
    die_if(thing, "before");
    if (thing > 0 && failure("truncate") > 0)
        return -1;
    int status = (int)syscall(SYS_ftruncate, fd, length);
    if (thing > 0 && status == 0)
        note_text("truncate %d %lld", file_of[fd], (long long)length);
    die_if(thing, "after");
    return status;
}

// Two more writes begin and end while the sync thread waits for the disk.
static void hold_sync(void) {
    if (sync_every <= 0 || getpid() == (pid_t)syscall(SYS_gettid))
        return;
    atomic_fetch_add(&syncs_begun, 1);
    long until = atomic_load(&writes) + 2;
    for (int i = 0; i < HOLD_LOOKS_MAX && atomic_load(&writes) < until; i++)
        look_later();
}

int fdatasync(int fd) {
    int file = file_at(fd);
    if (file <= 0)
        return (int)syscall(SYS_fdatasync, fd);
    long thing = next_thing();
    die_if(thing, "before");
    note_text("sync-begin %d", file);
    hang_if("sync");
    hold_sync();
    if (failure("sync") > 0)
        return -1;
    note_text("sync-end %d", file);
    die_if(thing, "after");
    return 0;
}

int fsync(int fd) {
    if (file_at(fd) > 0)
        return fdatasync(fd);
    if (file_at(fd) != FOLDER)
        return (int)syscall(SYS_fsync, fd);
    long thing = next_thing();
    die_if(thing, "before");
    note_text("folder-begin");
    note_text("folder-end");
    atomic_fetch_add(&folder_syncs, 1);
    die_if(thing, "after");
    return 0;
}

// Until the sync thread has come and gone, if it has anything to do.
static void wait_for_sync(void) {
    long before = atomic_load(&folder_syncs);
    atomic_store(&syncs_due, atomic_load(&syncs_begun) + 1);
    for (int i = 0; i < RENAME_LOOKS_MAX && atomic_load(&folder_syncs) == before; i++)
        look_later();
    atomic_store(&syncs_due, atomic_load(&syncs_begun));
}

int rename(const char *from, const char *to) {
    long thing = is_ours(to) ? next_thing() : 0;
    die_if(thing, "before");
    if (thing > 0 && has_slow_rename)
        wait_for_sync();
    if (thing > 0 && failure("rename") > 0)
        return -1;
    int status = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (thing > 0 && status == 0)
        note_text("rename %s %s", from, to);
    die_if(thing, "after");
    return status;
}

int unlink(const char *path) {
    long thing = is_ours(path) ? next_thing() : 0;
    die_if(thing, "before");
    int status = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (thing > 0 && status == 0)
        note_text("unlink %s", path);
    die_if(thing, "after");
    return status;
}

// Only the sync thread waits so: for its next time, which counts writes here, not seconds.
int pthread_cond_timedwait(pthread_cond_t *wake, pthread_mutex_t *lock,
                           const struct timespec *until) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    if (sync_every <= 0)
        return real(wake, lock, until);
    struct timespec soon;
    (void)clock_gettime(CLOCK_MONOTONIC, &soon);
    soon.tv_nsec += SLICE_NS;
    if (soon.tv_nsec >= 1000000000) {
        soon.tv_nsec -= 1000000000;
        soon.tv_sec++;
    }
    int status = real(wake, lock, &soon);
    if (status != ETIMEDOUT)
        return status;
    return atomic_load(&syncs_due) > atomic_load(&syncs_begun) ? ETIMEDOUT : 0;
}

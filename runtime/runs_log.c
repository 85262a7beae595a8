// SPDX-License-Identifier: MIT
// The log of the last run.
#include "runs_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PART_BYTES_MAX (MJS_RUNS_LOG_BYTES_MAX / 2)
#define COPY_BYTES 16384
#define TEMPORARY_BYTES 32
#define FOLLOW_MS 50
// Between the two renames of a rotation there is no last.log for a moment.
#define OPEN_TRIES_MAX 20

static const char last[] = "last.log";
static const char before[] = "last.log.1";

static bool temporary_name(char name[TEMPORARY_BYTES]) {
    int bytes = snprintf(name, TEMPORARY_BYTES, "new-%d", (int)getpid());
    return bytes > 0 && bytes < TEMPORARY_BYTES;
}

// A new file that takes the place of last.log, locked before anybody can know it; what was last.log
// becomes last.log.1 where `keep`. -1: see errno.
static int begin_part(int folder, bool keep) {
    char name[TEMPORARY_BYTES];
    if (!temporary_name(name)) {
        errno = EINVAL;
        return -1;
    }
    unlinkat(folder, name, 0); // of an earlier process with this id
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -1;
    }
    bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (locked && keep) {
        // Away first: where a file is renamed onto another, some file systems write it out at once.
        unlinkat(folder, before, 0);
        locked = renameat(folder, last, folder, before) == 0;
    }
    if (locked && renameat(folder, name, folder, last) == 0) {
        return fd;
    }
    int saved_errno = errno;
    unlinkat(folder, name, 0);
    close(fd);
    errno = saved_errno;
    return -1;
}

mjs_result mjs_runs_log_open(struct mjs_runs_log *log, const struct mjs_runs *runs,
                             struct mjs_error *err) {
    *log = (struct mjs_runs_log){.folder = runs->fd};
    log->fd = begin_part(runs->fd, false);
    if (log->fd < 0) {
        return mjs_result_fail_errno(err, errno, "cannot write %s/%s", runs->folder.data, last);
    }
    unlinkat(runs->fd, before, 0);
    return MJS_OK;
}

static bool is_file(int folder, const char *name, const struct stat *file) {
    struct stat found;
    return fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
           found.st_ino == file->st_ino && found.st_dev == file->st_dev;
}

// False where another run has begun its log: then nothing more is logged.
static bool is_ours(const struct mjs_runs_log *log) {
    struct stat own;
    return fstat(log->fd, &own) == 0 && is_file(log->folder, last, &own);
}

// 0, or the errno.
static int rotate(struct mjs_runs_log *log) {
    int fd = begin_part(log->folder, true);
    if (fd < 0) {
        return errno;
    }
    close(log->fd); // and its lock, now that a reader finds the next part
    log->fd = fd;
    log->bytes = 0;
    return 0;
}

mjs_result mjs_runs_log_write(struct mjs_runs_log *log, const void *data, size_t bytes,
                              struct mjs_error *err) {
    const char *at = data;
    int failed = 0;
    if (log->fd >= 0 && !is_ours(log)) {
        mjs_runs_log_close(log);
    }
    while (log->fd >= 0 && bytes > 0 && !failed) {
        size_t room = PART_BYTES_MAX - log->bytes;
        if (room == 0) {
            failed = rotate(log);
            continue;
        }
        size_t part = bytes < room ? bytes : room;
        failed = mjs_buffer_write_fd(log->fd, at, part);
        log->bytes += part;
        at += part;
        bytes -= part;
    }
    if (failed) {
        mjs_runs_log_close(log);
        return mjs_result_fail_errno(err, failed, "cannot write the log");
    }
    return MJS_OK;
}

void mjs_runs_log_close(struct mjs_runs_log *log) {
    if (log->fd >= 0) {
        close(log->fd); // a log that is not synced: nothing to tell
    }
    log->fd = -1;
}

static void pause_ms(int ms) {
    struct timespec wait = {.tv_nsec = ms * 1000000L};
    nanosleep(&wait, NULL);
}

static int open_part(int folder, const char *name) {
    return openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

static int open_last(int folder) {
    int fd = open_part(folder, last);
    for (int i = 0; fd < 0 && errno == ENOENT && i < OPEN_TRIES_MAX; i++) {
        int old = open_part(folder, before);
        if (old < 0) {
            errno = ENOENT;
            return -1;
        }
        close(old);
        pause_ms(FOLLOW_MS);
        fd = open_part(folder, last);
    }
    return fd;
}

// To the end that the file has now. 0, or the errno.
static int copy_part(int fd, int out_fd) {
    char bytes[COPY_BYTES];
    for (;;) {
        ssize_t count = read(fd, bytes, sizeof(bytes));
        if (count == 0) {
            return 0;
        }
        if (count < 0 && errno != EINTR) {
            return errno;
        }
        int failed = count > 0 ? mjs_buffer_write_fd(out_fd, bytes, (size_t)count) : 0;
        if (failed) {
            return failed;
        }
    }
}

static bool is_being_written(int fd) {
    if (flock(fd, LOCK_SH | LOCK_NB) != 0) {
        return true;
    }
    flock(fd, LOCK_UN);
    return false;
}

// The part in front of the one that is open as `*fd`, which is opened anew where it was rotated
// meanwhile. 0, or the errno.
static int copy_before(int folder, int *fd, int out_fd) {
    struct stat own;
    int old = open_part(folder, before);
    if (old < 0) {
        return errno == ENOENT ? 0 : errno;
    }
    struct stat found;
    int failed = fstat(*fd, &own) != 0 || fstat(old, &found) != 0 ? errno : 0;
    if (!failed && own.st_ino == found.st_ino && own.st_dev == found.st_dev) {
        int next = open_last(folder); // it was rotated just now
        failed = next < 0 ? errno : 0;
        if (next >= 0) {
            close(*fd);
            *fd = next;
        }
    }
    failed = failed ? failed : copy_part(old, out_fd);
    close(old);
    return failed;
}

// Goes on with the part behind `*fd`, which is complete. True: there is none, the run has ended.
static bool is_complete(int folder, int *fd, bool *missed) {
    struct stat own;
    if (fstat(*fd, &own) != 0 || is_file(folder, last, &own)) {
        return true;
    }
    bool adjacent = is_file(folder, before, &own);
    int next = open_last(folder);
    if (next < 0) {
        return true;
    }
    *missed = *missed || !adjacent;
    close(*fd);
    *fd = next;
    return false;
}

mjs_result mjs_runs_log_copy(const struct mjs_runs *runs, int out_fd, bool follow, bool *missed,
                             struct mjs_error *err) {
    *missed = false;
    int fd = open_last(runs->fd);
    if (fd < 0) {
        return mjs_result_fail_errno(err, errno, "cannot open %s/%s", runs->folder.data, last);
    }
    int failed = copy_before(runs->fd, &fd, out_fd);
    for (bool done = false; !failed && !done;) {
        // Asked before the copy: what is written until the lock is gone is copied then.
        bool more = follow && is_being_written(fd);
        failed = copy_part(fd, out_fd);
        if (more) {
            pause_ms(FOLLOW_MS);
        } else {
            done = !follow || is_complete(runs->fd, &fd, missed);
        }
    }
    close(fd);
    return failed ? mjs_result_fail_errno(err, failed, "cannot copy the log") : MJS_OK;
}

// SPDX-License-Identifier: MIT
// The record of what runs: files "run-<pid>" of these lines:
//   maixjs-run 1
//   <start in ticks> <boot id>
//   <name>
#include "runs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cache.h"

#define RECORD_BYTES_MAX 1024
#define STAT_BYTES_MAX 4096

static const char magic[] = "maixjs-run 1\n";
static const char record_prefix[] = "run-";
static const char temporary_prefix[] = "new-"; // what another process may be writing

bool mjs_runs_append_home(struct mjs_buffer *path) {
    const char *home = getenv("HOME");
    if (home && home[0] == '/' && home[1]) {
        return mjs_buffer_append_text(path, home);
    }
    const struct passwd *user = getpwuid(geteuid());
    return user && user->pw_dir && user->pw_dir[0] == '/' &&
           mjs_buffer_append_text(path, user->pw_dir);
}

static bool append_folder(struct mjs_buffer *path) {
    const char *state = getenv("XDG_STATE_HOME");
    if (state && state[0] == '/') {
        return mjs_buffer_printf(path, "%s/maixjs", state);
    }
    return mjs_runs_append_home(path) && mjs_buffer_append_text(path, "/.local/state/maixjs");
}

mjs_result mjs_runs_open(struct mjs_runs *runs, struct mjs_error *err) {
    *runs = (struct mjs_runs){.fd = -1};
    if (!append_folder(&runs->folder)) {
        mjs_runs_close(runs);
        return mjs_result_fail(err, MJS_ENOENT, "there is no home folder");
    }
    struct stat status;
    mjs_result result = MJS_OK;
    const char *folder = runs->folder.data;
    if (mjs_cache_make_folders(runs->folder.data)) {
        runs->fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (runs->fd < 0 || fstat(runs->fd, &status) != 0) {
        result = mjs_result_fail_errno(err, errno, "cannot make the folder %s", folder);
    } else if (status.st_uid != geteuid()) {
        result = mjs_result_fail(err, MJS_EACCES, "the folder %s is somebody else's", folder);
    } else if ((status.st_mode & 077) && fchmod(runs->fd, 0700) != 0) {
        result = mjs_result_fail_errno(err, errno, "cannot make the folder %s private", folder);
    }
    if (result != MJS_OK) {
        mjs_runs_close(runs);
    }
    return result;
}

void mjs_runs_close(struct mjs_runs *runs) {
    if (runs->fd >= 0) {
        close(runs->fd); // a folder: nothing to lose
    }
    mjs_buffer_free(&runs->folder);
    runs->fd = -1;
}

bool mjs_runs_name_valid(const char *name) {
    size_t bytes = strlen(name);
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)name[i];
        unsigned char next = (unsigned char)name[i + 1];
        // C2 80 to C2 9F are U+0080 to U+009F, which terminals obey as well.
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0)) {
            return false;
        }
        // Outside of UTF-8 a byte of 0x80 to 0x9F could be one of these by itself.
        int follow = c < 0x80 ? 0 : c >= 0xf0 && c < 0xf5 ? 3 : c >= 0xe0 ? 2 : 1;
        if (c >= 0x80 && (c < 0xc2 || c >= 0xf5)) {
            return false;
        }
        for (; follow > 0; follow--) {
            if (((unsigned char)name[++i] & 0xc0) != 0x80) {
                return false;
            }
        }
    }
    return bytes > 0 && bytes <= MJS_RUNS_NAME_BYTES_MAX;
}

bool mjs_runs_app_valid(const char *id) {
    size_t bytes = strlen(id);
    return bytes > 0 && bytes <= MJS_RUNS_APP_BYTES_MAX &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") == bytes;
}

// The text of a small file; false where there is none.
static bool read_text(int folder, const char *path, char *text, size_t text_bytes) {
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    size_t length = 0;
    ssize_t bytes;
    while ((bytes = read(fd, text + length, text_bytes - 1 - length)) > 0 ||
           (bytes < 0 && errno == EINTR)) {
        length += bytes > 0 ? (size_t)bytes : 0;
    }
    close(fd); // opened for reading: nothing to lose
    text[length] = '\0';
    return bytes == 0 && strlen(text) == length;
}

static void read_boot(char boot[MJS_RUNS_BOOT_BYTES]) {
    if (!read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, MJS_RUNS_BOOT_BYTES)) {
        boot[0] = '\0';
    }
    boot[strcspn(boot, "\n")] = '\0';
    if (!boot[0]) {
        memcpy(boot, "-", 2); // a kernel without it: the other two must do
    }
}

bool mjs_runs_identify(pid_t pid, struct mjs_run *run) {
    char path[32];
    char text[STAT_BYTES_MAX];
    int bytes = snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (bytes < 0 || bytes >= (int)sizeof(path) || !read_text(AT_FDCWD, path, text, sizeof(text))) {
        return false;
    }
    // Behind the program's name, which may hold anything: the state, and 19 fields later the start.
    const char *at = strrchr(text, ')');
    if (!at || at[1] != ' ' || strchr("ZXx", at[2])) {
        return false;
    }
    for (int i = 0; at && i < 20; i++) {
        at = strchr(at + 1, ' ');
    }
    if (!at) {
        return false;
    }
    run->pid = pid;
    run->start_ticks = strtoull(at + 1, NULL, 10);
    read_boot(run->boot);
    return true;
}

bool mjs_runs_alive(const struct mjs_run *run) {
    struct mjs_run now;
    return mjs_runs_identify(run->pid, &now) && now.start_ticks == run->start_ticks &&
           strcmp(now.boot, run->boot) == 0;
}

static void append_name(struct mjs_buffer *name, const char *prefix, pid_t pid) {
    mjs_buffer_printf(name, "%s%d", prefix, (int)pid);
}

mjs_result mjs_runs_record(struct mjs_runs *runs, const struct mjs_run *run,
                           struct mjs_error *err) {
    struct mjs_buffer text = {0}, name = {0}, temporary = {0};
    mjs_buffer_printf(&text, "%s%llu %s\n%s\n", magic, (unsigned long long)run->start_ticks,
                      run->boot, run->name);
    append_name(&name, record_prefix, run->pid);
    append_name(&temporary, temporary_prefix, run->pid);
    mjs_result result = MJS_OK;
    if (text.failed || name.failed || temporary.failed) {
        result = mjs_result_fail(err, MJS_ENOMEM, "out of memory");
    } else {
        unlinkat(runs->fd, temporary.data, 0); // of an earlier process with this id
        int fd = openat(runs->fd, temporary.data,
                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        int failed = fd < 0 ? errno : mjs_buffer_write_fd(fd, text.data, text.bytes);
        if (fd >= 0 && close(fd) != 0 && !failed) {
            failed = errno;
        }
        if (!failed && renameat(runs->fd, temporary.data, runs->fd, name.data) != 0) {
            failed = errno;
        }
        if (failed) {
            unlinkat(runs->fd, temporary.data, 0);
            result = mjs_result_fail_errno(err, failed, "cannot write into %s", runs->folder.data);
        }
    }
    mjs_buffer_free(&text);
    mjs_buffer_free(&name);
    mjs_buffer_free(&temporary);
    return result;
}

void mjs_runs_forget(struct mjs_runs *runs, pid_t pid) {
    struct mjs_buffer name = {0};
    append_name(&name, record_prefix, pid);
    if (!name.failed) {
        unlinkat(runs->fd, name.data, 0); // what cannot be removed is known as stale
    }
    mjs_buffer_free(&name);
}

// The process id behind `prefix`; 0: another file.
static pid_t pid_of(const char *name, const char *prefix) {
    size_t bytes = strlen(prefix);
    const char *digits = name + bytes;
    if (strncmp(name, prefix, bytes) != 0 || *digits < '1' || *digits > '9' ||
        strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 9) {
        return 0;
    }
    return (pid_t)strtol(digits, NULL, 10);
}

static bool parse_record(char *text, struct mjs_run *run) {
    size_t magic_bytes = sizeof(magic) - 1;
    if (strncmp(text, magic, magic_bytes) != 0) {
        return false;
    }
    char *at;
    run->start_ticks = strtoull(text + magic_bytes, &at, 10);
    char *line_end = strchr(at, '\n');
    char *name_end = line_end ? strchr(line_end + 1, '\n') : NULL;
    if (!name_end || *at != ' ' || line_end - at - 1 >= MJS_RUNS_BOOT_BYTES) {
        return false;
    }
    *line_end = '\0';
    *name_end = '\0';
    if (!mjs_runs_name_valid(line_end + 1)) {
        return false;
    }
    memcpy(run->boot, at + 1, strlen(at + 1) + 1);
    memcpy(run->name, line_end + 1, strlen(line_end + 1) + 1);
    return true;
}

int mjs_runs_list(struct mjs_runs *runs, struct mjs_run *list, int max) {
    int count = 0;
    int fd = openat(runs->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (!folder) {
        if (fd >= 0) {
            close(fd);
        }
        return 0;
    }
    for (struct dirent *file; (file = readdir(folder)) && count < max;) {
        char text[RECORD_BYTES_MAX];
        struct mjs_run run = {.pid = pid_of(file->d_name, record_prefix)};
        pid_t writer = pid_of(file->d_name, temporary_prefix);
        if (run.pid > 0 && read_text(runs->fd, file->d_name, text, sizeof(text)) &&
            parse_record(text, &run) && mjs_runs_alive(&run)) {
            list[count++] = run;
        } else if (run.pid > 0 || (writer > 0 && !mjs_runs_identify(writer, &run))) {
            unlinkat(runs->fd, file->d_name, 0); // what cannot be removed is stale next time, too
        }
    }
    closedir(folder);
    return count;
}

bool mjs_runs_signal(const struct mjs_run *run, int signal_number) {
#if defined(SYS_pidfd_open) && defined(SYS_pidfd_send_signal)
    // Linux 5.3: the descriptor stays this process's, whatever the number comes to mean.
    int fd = (int)syscall(SYS_pidfd_open, run->pid, 0);
    if (fd >= 0) {
        bool alive = mjs_runs_alive(run);
        errno = ESRCH;
        bool sent = alive && syscall(SYS_pidfd_send_signal, fd, signal_number, NULL, 0) == 0;
        int saved_errno = errno;
        close(fd);
        errno = saved_errno;
        if (sent || saved_errno != ENOSYS) {
            return sent;
        }
    }
#endif
    if (!mjs_runs_alive(run)) {
        errno = ESRCH;
        return false;
    }
    return kill(run->pid, signal_number) == 0;
}

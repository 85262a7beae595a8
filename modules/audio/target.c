// SPDX-License-Identifier: MIT
// Where a recording goes: the path's checks, and the temporary file that is renamed into place.
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINKS_MAX 40 // as the kernel's
#define TEMPORARY_TRIES_MAX 100
#define RENAME_NOREPLACE_FLAG 1u // <linux/fs.h>, which clashes with the C library's headers

static bool has_extension(const char *path, bool *is_wav) {
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    if (dot == NULL || dot == name)
        return false; // ".wav" is a hidden file without an extension
    *is_wav = strcasecmp(dot, ".wav") == 0 || strcasecmp(dot, ".wave") == 0;
    return *is_wav || strcasecmp(dot, ".pcm") == 0 || strcasecmp(dot, ".raw") == 0;
}

static mjs_result fail_folder(struct mjs_error *err, int sys_errno, const char *path,
                              const char *folder) {
    if (sys_errno == ENOENT)
        return mjs_result_fail(err, MJS_ENOENT,
                               "cannot write to %s: the folder %s does not exist; create it first",
                               path, folder);
    if (sys_errno == ENOTDIR)
        return mjs_result_fail(err, MJS_ENOENT, "cannot write to %s: %s is not a folder", path,
                               folder);
    if (sys_errno == EACCES)
        return mjs_result_fail(err, MJS_EACCES,
                               "cannot write to %s: no permission to create files in the folder %s",
                               path, folder);
    return mjs_result_fail_errno(err, sys_errno, "cannot write to %s: the folder %s", path, folder);
}

static mjs_result fail_too_long(struct mjs_error *err, const char *path) {
    return mjs_result_fail_errno(err, ENAMETOOLONG, "cannot write to %s", path);
}

// Resolves the folder of `current` and puts both together: one step along the symbolic links.
static mjs_result join(struct mjs_target *target, const char *current, const char *path,
                       struct mjs_error *err) {
    char folder[PATH_MAX];
    const char *slash = strrchr(current, '/');
    const char *name = slash != NULL ? slash + 1 : current;
    size_t folder_bytes = slash == NULL ? 0 : slash == current ? 1 : (size_t)(slash - current);
    if (folder_bytes >= sizeof folder)
        return fail_too_long(err, path);
    memcpy(folder, current, folder_bytes);
    folder[folder_bytes] = '\0';
    if (realpath(folder_bytes == 0 ? "." : folder, target->folder) == NULL)
        return fail_folder(err, errno, path, folder_bytes == 0 ? "." : folder);
    const char *separator = strcmp(target->folder, "/") == 0 ? "" : "/";
    int bytes =
        snprintf(target->file, sizeof target->file, "%s%s%s", target->folder, separator, name);
    if (bytes < 0 || (size_t)bytes >= sizeof target->file)
        return fail_too_long(err, path);
    return MJS_OK;
}

// Follows symbolic links by hand, because realpath refuses one that points to nothing yet.
static mjs_result follow_links(struct mjs_target *target, const char *path, struct stat *found,
                               struct mjs_error *err) {
    char link[PATH_MAX];
    char next[PATH_MAX];
    const char *current = path;
    for (int links = 0; links < LINKS_MAX; links++) {
        mjs_result result = join(target, current, path, err);
        if (result != MJS_OK)
            return result;
        target->exists = lstat(target->file, found) == 0;
        if (!target->exists && errno == ENOTDIR)
            return fail_folder(err, ENOTDIR, path, target->folder);
        if (!target->exists && errno != ENOENT)
            return mjs_result_fail_errno(err, errno, "cannot write to %s", path);
        if (!target->exists || !S_ISLNK(found->st_mode))
            return MJS_OK;
        ssize_t bytes = readlink(target->file, link, sizeof link - 1);
        if (bytes < 0)
            return mjs_result_fail_errno(err, errno, "cannot read the link %s", target->file);
        link[bytes] = '\0';
        const char *folder = link[0] == '/' ? "" : target->folder;
        int length = snprintf(next, sizeof next, "%s%s%s", folder, link[0] == '/' ? "" : "/", link);
        if (length < 0 || (size_t)length >= sizeof next)
            return fail_too_long(err, path);
        current = next;
    }
    return mjs_result_fail(err, MJS_EINVAL, "cannot write to %s: its symbolic links go in a circle",
                           path);
}

static const char *kind_of(mode_t mode) {
    if (S_ISDIR(mode))
        return "a folder";
    if (S_ISCHR(mode) || S_ISBLK(mode))
        return "a device";
    if (S_ISFIFO(mode))
        return "a named pipe";
    return S_ISSOCK(mode) ? "a socket" : "something else";
}

mjs_result mjs_target_resolve(struct mjs_target *target, const char *path, struct mjs_error *err) {
    bool is_wav;
    if (!has_extension(path, &is_wav)) {
        memset(target, 0, sizeof *target);
        return mjs_result_fail(err, MJS_EINVAL,
                               "extension must be .wav, .wave, .pcm or .raw: \"%s\"", path);
    }
    mjs_result result = mjs_target_locate(target, path, err);
    target->is_wav = is_wav;
    return result;
}

mjs_result mjs_target_locate(struct mjs_target *target, const char *path, struct mjs_error *err) {
    struct stat found;
    memset(target, 0, sizeof *target);
    mjs_result result = follow_links(target, path, &found, err);
    if (result != MJS_OK)
        return result;
    if (target->exists && !S_ISREG(found.st_mode))
        return mjs_result_fail(err, MJS_EINVAL, "cannot write to %s: it is %s, not a regular file",
                               path, kind_of(found.st_mode));
    if (access(target->folder, W_OK | X_OK) != 0)
        return fail_folder(err, errno, path, target->folder);
    if (!target->exists)
        return MJS_OK;
    // The rename would not need it, but who protects a file does not want it replaced.
    if (access(target->file, W_OK) != 0)
        return mjs_result_fail_errno(err, errno, "cannot replace %s", path);
    target->mode = found.st_mode & 0777;
    target->user = found.st_uid;
    target->group = found.st_gid;
    target->device = found.st_dev;
    target->inode = found.st_ino;
    return MJS_OK;
}

// A replaced file keeps its permissions and owner, as if it had been truncated. What the file
// system or our rights do not allow is left: it is no reason not to record.
static void keep_owner_and_mode(const struct mjs_target *target, int fd) {
    struct stat created;
    if (!target->exists || fstat(fd, &created) != 0)
        return;
    if (created.st_uid != target->user || created.st_gid != target->group) {
        if (fchown(fd, target->user, target->group) != 0)
            return; // then its permissions would be given to somebody else
    }
    if ((created.st_mode & 0777) != target->mode && fchmod(fd, target->mode) != 0)
        return;
}

mjs_result mjs_target_create_temporary(struct mjs_target *target, const char *path, int *fd_out,
                                       struct mjs_error *err) {
    static _Atomic unsigned counter;
    for (int tries = 0; tries < TEMPORARY_TRIES_MAX; tries++) {
        unsigned number = atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
        int bytes = snprintf(target->temporary, sizeof target->temporary, "%s/.maixjs-%ld-%u.part",
                             target->folder, (long)getpid(), number);
        if (bytes < 0 || (size_t)bytes >= sizeof target->temporary) {
            target->temporary[0] = '\0';
            return fail_too_long(err, path);
        }
        int fd = open(target->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) {
            keep_owner_and_mode(target, fd);
            *fd_out = fd;
            return MJS_OK;
        }
        int sys_errno = errno;
        target->temporary[0] = '\0';
        if (sys_errno != EEXIST && sys_errno != EINTR)
            return mjs_result_fail_errno(
                err, sys_errno, "cannot write to %s: no file can be created in the folder %s", path,
                target->folder);
    }
    return mjs_result_fail_errno(err, EEXIST, "cannot write to %s: too many .maixjs-*.part in %s",
                                 path, target->folder);
}

mjs_result mjs_target_replace(struct mjs_target *target, const char *path, struct mjs_error *err) {
    if (rename(target->temporary, target->file) != 0)
        return mjs_result_fail_errno(err, errno, "cannot write to %s", path);
    target->temporary[0] = '\0';
    return MJS_OK;
}

// 0, or an errno.
static int move_to_new(const char *from, const char *to) {
#ifdef SYS_renameat2
    if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE_FLAG) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
#endif
    // A file system without it. Those that have links see to the name by themselves.
    if (link(from, to) == 0) {
        (void)unlink(from); // a second name that stays does no harm
        return 0;
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
        return errno;
    // A memory card without either: nobody else gives names to recordings there.
    if (access(to, F_OK) == 0)
        return EEXIST;
    return rename(from, to) == 0 ? 0 : errno;
}

mjs_result mjs_target_place(struct mjs_target *target, const char *path, struct mjs_error *err) {
    int sys_errno = move_to_new(target->temporary, target->file);
    if (sys_errno != 0)
        return mjs_result_fail_errno(err, sys_errno, "cannot write to %s", path);
    target->temporary[0] = '\0';
    return MJS_OK;
}

void mjs_target_discard(struct mjs_target *target) {
    if (target->temporary[0] != '\0')
        (void)unlink(target->temporary); // nobody to tell: the failure that led here is reported
    target->temporary[0] = '\0';
}

mjs_result mjs_target_fail_write(const char *path, int sys_errno, struct mjs_error *err) {
    mjs_result code = mjs_result_from_errno(sys_errno);
    if (code == MJS_ENOSPC)
        code = mjs_result_fail(err, code,
                               "cannot write to %s: the disk is full; free some space, then the "
                               "next call goes on at the same place",
                               path);
    else if (code == MJS_EFBIG)
        code = mjs_result_fail(err, code,
                               "cannot write to %s: the largest size of a file is reached, of this "
                               "process (ulimit -f) or of the file system; go on in a new file",
                               path);
    else
        return mjs_result_fail_errno(err, sys_errno, "cannot write to %s", path);
    if (err != NULL)
        err->sys_errno = sys_errno;
    return code;
}

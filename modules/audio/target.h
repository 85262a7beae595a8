// SPDX-License-Identifier: MIT
// Where a recording goes: the path's checks, and the temporary file that is renamed into place.
//
// One thread at a time per target. No memory but the struct's own; the messages name the path as
// the script gave it.
#ifndef MJS_TARGET_H
#define MJS_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "../../runtime/result.h"

struct mjs_target {
    bool is_wav; // .wav or .wave; else .pcm or .raw
    bool exists; // an old file is there and will be replaced
    mode_t mode; // the old file's permissions and owner, which the new one keeps
    uid_t user;
    gid_t group;
    dev_t device; // with the inode: which file it is, under whatever name
    ino_t inode;
    char folder[PATH_MAX];    // absolute, no symbolic links
    char file[PATH_MAX];      // the file in it, at the end of all symbolic links
    char temporary[PATH_MAX]; // "": none
};

// Looks, but touches nothing: a known extension (MJS_EINVAL), the folder exists (MJS_ENOENT) and
// can be written (MJS_EACCES), the file is absent or a writable regular one (MJS_EINVAL for
// folders, devices, pipes and sockets). A symbolic link to nothing is fine where its folder exists.
MJS_MUST_USE mjs_result mjs_target_resolve(struct mjs_target *target, const char *path,
                                           struct mjs_error *err);

// The same for a file of any name.
MJS_MUST_USE mjs_result mjs_target_locate(struct mjs_target *target, const char *path,
                                          struct mjs_error *err);

// Creates an empty file in the target's folder, open for writing and closed on exec.
MJS_MUST_USE mjs_result mjs_target_create_temporary(struct mjs_target *target, const char *path,
                                                    int *fd_out, struct mjs_error *err);
// Puts it in the target's place, at once and as a whole.
MJS_MUST_USE mjs_result mjs_target_replace(struct mjs_target *target, const char *path,
                                           struct mjs_error *err);
// Puts it there if nothing has that name (MJS_EEXIST), whatever others do at the same time.
MJS_MUST_USE mjs_result mjs_target_place(struct mjs_target *target, const char *path,
                                         struct mjs_error *err);
// Removes the temporary file, if there still is one.
void mjs_target_discard(struct mjs_target *target);

// Why writing to `path` failed, in plain words.
mjs_result mjs_target_fail_write(const char *path, int sys_errno, struct mjs_error *err);

#endif

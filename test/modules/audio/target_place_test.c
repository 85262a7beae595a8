// SPDX-License-Identifier: MIT
// Giving a file a name that nothing else has, on file systems that can do less and less.
//
// This file defines syscall and link itself; the linker takes these.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "../../../modules/audio/target.h"
#include "../../support/takes.h"

static int syscall_errno; // of renameat2
static int link_errno;
static int syscalls;
static int links;

long syscall(long number, ...) {
    (void)number;
    syscalls++;
    errno = syscall_errno;
    return -1;
}

int link(const char *from, const char *to) {
    links++;
    errno = link_errno;
    return link_errno != 0 ? -1 : linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static mjs_result place(const char *name) {
    struct mjs_target target;
    struct mjs_error err;
    int fd = -1;
    CHECK_EQ_INT(mjs_target_locate(&target, in_folder(name), &err), MJS_OK);
    CHECK_EQ_INT(mjs_target_create_temporary(&target, name, &fd, &err), MJS_OK);
    CHECK_EQ_INT(write(fd, "new", 3), 3);
    CHECK_EQ_INT(close(fd), 0);
    mjs_result result = mjs_target_place(&target, name, &err);
    mjs_target_discard(&target);
    return result;
}

static void test_on(int rename_fails, int link_fails, int links_expected) {
    syscall_errno = rename_fails;
    link_errno = link_fails;
    links = 0;
    CHECK_EQ_INT(place("a.wav"), MJS_OK);
    CHECK_EQ_UINT(slurp(in_folder("a.wav")), 3);
    CHECK_EQ_UINT(count_entries(), 1); // and no temporary file
    spit(in_folder("a.wav"), "old file", 8);
    CHECK_EQ_INT(place("a.wav"), MJS_EEXIST);
    CHECK_EQ_UINT(slurp(in_folder("a.wav")), 8);
    CHECK_EQ_UINT(count_entries(), 1);
    CHECK_EQ_INT(links, links_expected);
    CHECK_EQ_INT(unlink(in_folder("a.wav")), 0);
}

int main(void) {
    make_folder();
    test_on(EINVAL, 0, 2);     // no RENAME_NOREPLACE
    test_on(ENOSYS, EPERM, 2); // an old kernel, and a FAT without links
    CHECK(syscalls > 0);
    syscall_errno = EIO; // a failure is one
    links = 0;
    CHECK_EQ_INT(place("a.wav"), MJS_EIO);
    CHECK_EQ_INT(links, 0);
    syscall_errno = EINVAL;
    link_errno = EACCES;
    CHECK_EQ_INT(place("a.wav"), MJS_EACCES);
    remove_folder();
    return check_report();
}

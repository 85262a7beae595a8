// SPDX-License-Identifier: MIT
// Where a recording may go: refused paths and their messages, permissions, symbolic links.
#include "../../../modules/audio/target.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "../../support/takes.h"

static void test_refused_paths(void) {
    struct mjs_error err;
    CHECK_EQ_INT(mjs_writer_check_path("take.mp3", &err), MJS_EINVAL);
    CHECK_EQ_STR(err.message, "extension must be .wav, .wave, .pcm or .raw: \"take.mp3\"");
    check_refused("", MJS_EINVAL, "extension");
    check_refused("wav", MJS_EINVAL, "extension");
    check_refused(".wav", MJS_EINVAL, "extension");
    check_refused("a.wav/", MJS_EINVAL, "extension");
    check_refused("a.wav/b", MJS_EINVAL, "extension");
    check_refused("/no/such/y.wav", MJS_ENOENT,
                  "/no/such/y.wav: the folder /no/such does not exist");
    spit(in_folder("plain"), "x", 1);
    check_refused(in_folder("plain/y.wav"), MJS_ENOENT, "is not a folder");
    CHECK_EQ_INT(mkdir(in_folder("dir.wav"), 0777), 0);
    check_refused(in_folder("dir.wav"), MJS_EINVAL, "a folder");
    CHECK_EQ_INT(mkfifo(in_folder("fifo.wav"), 0666), 0);
    check_refused(in_folder("fifo.wav"), MJS_EINVAL, "a named pipe");
    CHECK_EQ_INT(symlink("/dev/null", in_folder("null.wav")), 0);
    check_refused(in_folder("null.wav"), MJS_EINVAL, "a device");
    CHECK_EQ_INT(symlink("loop.wav", in_folder("loop.wav")), 0);
    check_refused(in_folder("loop.wav"), MJS_EINVAL, "circle");
    CHECK_EQ_INT(symlink("/no/such/z.wav", in_folder("far.wav")), 0);
    check_refused(in_folder("far.wav"), MJS_ENOENT, "/no/such does not exist");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s.wav", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    check_refused(in_folder("s.wav"), MJS_EINVAL, "a socket");
    close(fd);
    static char longest[PATH_MAX + 100];
    memset(longest, 'a', sizeof longest - 5);
    memcpy(longest + sizeof longest - 5, ".wav", 5);
    check_refused(longest, MJS_EINVAL, "cannot write to aaa");
    static const char *const names[] = {"plain",    "fifo.wav", "null.wav",
                                        "loop.wav", "far.wav",  "s.wav"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        CHECK_EQ_INT(unlink(in_folder(names[i])), 0);
    CHECK_EQ_INT(rmdir(in_folder("dir.wav")), 0);
}

// Root may write anywhere, so a child gives that up. Its checks end in its exit status.
static void test_no_permission(void) {
    spit(in_folder("guarded.wav"), "old", 3);
    CHECK_EQ_INT(chmod(in_folder("guarded.wav"), 0444), 0);
    CHECK_EQ_INT(chmod(folder, 0777), 0);
    CHECK_EQ_INT(mkdir(in_folder("closed"), 0555), 0);
    uint64_t failed_before = atomic_load(&check_failed);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
            _exit(77);
        check_refused(in_folder("guarded.wav"), MJS_EACCES, "cannot replace");
        check_refused(in_folder("closed/n.wav"), MJS_EACCES, "no permission to create files");
        _exit(atomic_load(&check_failed) == failed_before ? 0 : 1);
    }
    int status = 0;
    CHECK_EQ_INT(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        CHECK_SKIP("root's rights cannot be given up here");
    else
        CHECK_EQ_INT(status, 0);
    CHECK_EQ_UINT(slurp(in_folder("guarded.wav")), 3);
    CHECK_BYTES(content, "old", 3);
    CHECK_EQ_INT(unlink(in_folder("guarded.wav")), 0);
    CHECK_EQ_INT(rmdir(in_folder("closed")), 0);
}

static void test_symbolic_links(void) {
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    struct stat st;
    CHECK_EQ_INT(mkdir(in_folder("far"), 0777), 0);
    CHECK_EQ_INT(symlink("far/end.pcm", in_folder("middle")), 0); // relative to the link's folder
    CHECK_EQ_INT(symlink(in_folder("middle"), in_folder("start.wav")), 0);
    CHECK_EQ_INT(mjs_writer_check_path(in_folder("start.wav"), NULL), MJS_OK); // dangling
    struct mjs_writer *writer = create("start.wav", MJS_FORMAT_S16_LE, 1);
    append(writer, "ab", 1);
    // The same file by another name is busy.
    check_refused(in_folder("far/../far/end.pcm"), MJS_EBUSY, "already");
    end(writer);
    CHECK_EQ_INT(lstat(in_folder("start.wav"), &st), 0);
    CHECK(S_ISLNK(st.st_mode));
    CHECK_EQ_INT(lstat(in_folder("far/end.pcm"), &st), 0);
    CHECK(S_ISREG(st.st_mode));
    check_wav("far/end.pcm", &spec, "ab", 2); // the given name decides what it is
    CHECK_EQ_INT(unlink(in_folder("start.wav")), 0);
    CHECK_EQ_INT(unlink(in_folder("middle")), 0);
    CHECK_EQ_INT(unlink(in_folder("far/end.pcm")), 0);
    CHECK_EQ_INT(rmdir(in_folder("far")), 0);
}

int main(void) {
    make_folder();
    test_refused_paths();
    test_no_permission();
    test_symbolic_links();
    remove_folder();
    return check_report();
}

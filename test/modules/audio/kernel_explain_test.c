// SPDX-License-Identifier: MIT
// Why a device of the kernel cannot be opened: who has it, which group may, what there is instead.
#include "../../../modules/audio/kernel_explain.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../support/check.h"

static char folder[] = "/tmp/mjs_explain_XXXXXX";
static char dev[64];
static char proc[64];

static const char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void make_file(const char *name, const char *text, mode_t mode) {
    FILE *file = fopen(in_folder(name), "w");
    if (!CHECK(file != NULL))
        exit(EXIT_FAILURE);
    CHECK(fputs(text, file) >= 0);
    CHECK_EQ_INT(fclose(file), 0);
    CHECK_EQ_INT(chmod(in_folder(name), mode), 0);
}

static void make_folders(const char *const *names) {
    for (; *names != NULL; names++)
        CHECK_EQ_INT(mkdir(in_folder(*names), 0700), 0);
}

static void expect(unsigned card, unsigned device, int sys_errno, mjs_result code,
                   const char *message) {
    const struct mjs_kernel_sys sys = {.dev = dev, .proc = proc};
    struct mjs_error err = {0};
    CHECK_EQ_INT(mjs_kernel_explain_open(&sys, card, device, sys_errno, &err), code);
    CHECK_EQ_INT(err.code, code);
    CHECK_EQ_INT(err.sys_errno, sys_errno);
    char expected[MJS_ERROR_MESSAGE_BYTES];
    // The node's path differs from run to run.
    snprintf(expected, sizeof expected, message, in_folder("snd/pcmC0D0c"));
    CHECK_EQ_STR(err.message, expected);
}

static void test_nothing(void) {
    expect(0, 0, ENOENT, MJS_ENODEV,
           "there is no card 0 for hw:0,0: no card here has a microphone; without one use --mic "
           "sim:tone");
}

static void test_missing(void) {
    // Out of order, and with names that are none.
    static const char *const nodes[] = {"snd/pcmC2D10c", "snd/pcmC0D0c",  "snd/pcmC2D3c",
                                        "snd/pcmC0D1p",  "snd/controlC0", "snd/timer",
                                        "snd/controlC2", "snd/pcmC1D0cx"};
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
        make_file(nodes[i], "", 0600);
    expect(0, 1, ENOENT, MJS_ENODEV,
           "hw:0,1 is for playback only: there is hw:0,0, hw:2,3, hw:2,10");
    expect(2, 0, ENOENT, MJS_ENODEV,
           "card 2 has no capture device hw:2,0: there is hw:0,0, hw:2,3, hw:2,10");
    expect(5, 0, ENODEV, MJS_ENODEV,
           "there is no card 5 for hw:5,0: there is hw:0,0, hw:2,3, hw:2,10");
}

static void test_busy(void) {
    static const char *const folders[] = {"proc/asound",
                                          "proc/asound/card0",
                                          "proc/asound/card0/pcm0c",
                                          "proc/asound/card0/pcm0c/sub0",
                                          "proc/123",
                                          NULL};
    char status[128];
    expect(0, 0, EBUSY, MJS_EBUSY, "hw:0,0 is used by another program");
    make_folders(folders);
    make_file("proc/asound/card0/pcm0c/sub0/status", "state: RUNNING\nowner_pid   : 123\n", 0600);
    expect(0, 0, EBUSY, MJS_EBUSY, "hw:0,0 is used by process 123");
    make_file("proc/123/comm", "arecord\n", 0600);
    expect(0, 0, EAGAIN, MJS_EBUSY, "hw:0,0 is used by arecord (process 123)");
    snprintf(status, sizeof status, "state: RUNNING\nowner_pid   : %ld\n", (long)getpid());
    make_file("proc/asound/card0/pcm0c/sub0/status", status, 0600);
    expect(0, 0, EBUSY, MJS_EBUSY, "hw:0,0 is used by another Recorder of this script");
}

// Without /proc/asound: who has the node open.
static void test_busy_files(void) {
    static const char *const folders[] = {"proc/77", "proc/77/fd", NULL};
    char node[256];
    CHECK_EQ_INT(unlink(in_folder("proc/asound/card0/pcm0c/sub0/status")), 0);
    make_folders(folders);
    snprintf(node, sizeof node, "%s", in_folder("snd/pcmC0D0c"));
    CHECK_EQ_INT(symlink("/dev/null", in_folder("proc/77/fd/3")), 0);
    expect(0, 0, EBUSY, MJS_EBUSY, "hw:0,0 is used by another program");
    CHECK_EQ_INT(symlink(node, in_folder("proc/77/fd/4")), 0);
    expect(0, 0, EBUSY, MJS_EBUSY, "hw:0,0 is used by process 77");
}

static void test_forbidden(void) {
    struct stat status = {0};
    CHECK_EQ_INT(stat(in_folder("snd/pcmC0D0c"), &status), 0);
    if (status.st_gid != 0) {
        CHECK_SKIP("the group of this user may have any name");
        return;
    }
    expect(0, 0, EACCES, MJS_EACCES, "hw:0,0: not even the group \"root\" may open %s (mode 600)");
    CHECK_EQ_INT(chmod(in_folder("snd/pcmC0D0c"), 0660), 0);
    expect(0, 0, EPERM, MJS_EACCES,
           "hw:0,0: only the group \"root\" may open %s (sudo usermod -aG root $USER, then log in "
           "again)");
}

int main(void) {
    static const char *const folders[] = {"snd", "proc", NULL};
    if (!CHECK(mkdtemp(folder) != NULL))
        return check_report();
    snprintf(dev, sizeof dev, "%s/snd", folder);
    snprintf(proc, sizeof proc, "%s/proc", folder);
    make_folders(folders);
    test_nothing();
    test_missing();
    test_busy();
    test_busy_files();
    test_forbidden();
    expect(0, 0, EIO, MJS_EIO, "hw:0,0: cannot open %s: Input/output error");
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK_EQ_INT(system(command), 0);
    return check_report();
}

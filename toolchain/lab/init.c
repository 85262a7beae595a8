// SPDX-License-Identifier: MIT
// The lab's only program in the guest besides maixjs: process 1, and the tools that cases call.
//
//     init                                        as process 1: boots, runs the cases, powers off
//     init load <module file> [parameters]        loads a kernel module
//     init write <file> <text>                    one write(2), as sysfs wants it
//     init chmod <octal mode> <file>              what udev would do for a device node
//     init as <user> <program> [args…]            runs a program as that user, in no group of
//     root's init play <device> <format> <rate> <channels> [key=value…]     see play.c init mixer
//     <device> add|get …               see mixer.c init measure <program> [args…]              see
//     measure.c
#include "init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODULE_COMPRESSED_FILE 4 // MODULE_INIT_COMPRESSED_FILE, since Linux 5.17

int lab_fail(const char *what, const char *name) {
    fprintf(stderr, "init: %s %s: %s\n", what, name, strerror(errno));
    return 1;
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text);
    size_t tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static int load_module(const char *file, const char *parameters) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return lab_fail("open", file);
    int flags = ends_with(file, ".ko") ? 0 : MODULE_COMPRESSED_FILE;
    long status = syscall(SYS_finit_module, fd, parameters, flags);
    if (status != 0)
        return lab_fail("load", file);
    (void)close(fd);
    return 0;
}

static int write_text(const char *file, const char *text) {
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return lab_fail("open", file);
    ssize_t written = write(fd, text, strlen(text));
    if (written != (ssize_t)strlen(text))
        return lab_fail("write", file);
    (void)close(fd);
    return 0;
}

static int run_as(const char *user, char **command) {
    unsigned id = (unsigned)strtoul(user, NULL, 10);
    if (setgroups(0, NULL) != 0 || setgid(id) != 0 || setuid(id) != 0) {
        return lab_fail("become", user);
    }
    (void)execv(command[0], command);
    return lab_fail("run", command[0]);
}

static void mount_at(const char *type, const char *folder, const char *options) {
    (void)mkdir(folder, 0755);
    if (mount(type, folder, type, 0, options) != 0)
        (void)lab_fail("mount", folder);
}

// The modules of /lab/boot, whose names begin with a digit that gives their order.
static void load_boot_modules(void) {
    struct dirent **names = NULL;
    int count = scandir("/lab/boot", &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char file[512];
        (void)snprintf(file, sizeof file, "/lab/boot/%s", names[i]->d_name);
        if (names[i]->d_name[0] != '.')
            (void)load_module(file, "");
        free(names[i]);
    }
    free(names);
}

// Runs the driver, which runs the cases; gives its wait status as a shell would.
static int run_cases(void) {
    pid_t child = fork();
    if (child < 0)
        return lab_fail("fork", "");
    if (child == 0) {
        char *args[] = {"/bin/maixjs", "/lab/driver.js", NULL};
        char *env[] = {"HOME=/tmp", "PATH=/bin", NULL};
        (void)execve(args[0], args, env);
        _exit(lab_fail("run", args[0]));
    }
    // Orphans of cases end up here, too.
    int status = 0;
    while (waitpid(-1, &status, 0) != child) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int boot(void) {
    mount_at("devtmpfs", "/dev", "");
    int console = open("/dev/console", O_RDWR);
    if (console >= 0) {
        for (int fd = 0; fd <= 2; fd++)
            (void)dup2(console, fd);
        if (console > 2)
            (void)close(console);
    }
    mount_at("proc", "/proc", "");
    mount_at("sysfs", "/sys", "");
    mount_at("tmpfs", "/tmp", "size=200m");
    // Cases run as other users, too, and write into folders that root made.
    (void)umask(0);
    load_boot_modules();
    int status = run_cases();
    // The verdict: a guest that dies on its way prints no such line.
    printf("GUEST-EXIT %d\n", status);
    (void)fflush(stdout);
    sync();
    (void)reboot(RB_POWER_OFF);
    return 1;
}

int main(int argc, char **argv) {
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (getpid() == 1)
        return boot();
    const char *tool = argc > 1 ? argv[1] : "";
    if (strcmp(tool, "load") == 0 && argc > 2) {
        return load_module(argv[2], argc > 3 ? argv[3] : "");
    }
    if (strcmp(tool, "write") == 0 && argc == 4)
        return write_text(argv[2], argv[3]);
    if (strcmp(tool, "chmod") == 0 && argc == 4) {
        mode_t mode = (mode_t)strtoul(argv[2], NULL, 8);
        return chmod(argv[3], mode) == 0 ? 0 : lab_fail("chmod", argv[3]);
    }
    if (strcmp(tool, "as") == 0 && argc > 3)
        return run_as(argv[2], argv + 3);
    if (strcmp(tool, "measure") == 0 && argc > 2)
        return lab_measure(argv + 2);
    if (strcmp(tool, "play") == 0)
        return lab_play(argc - 2, argv + 2);
    if (strcmp(tool, "mixer") == 0)
        return lab_mixer(argc - 2, argv + 2);
    fprintf(stderr, "init: unknown tool \"%s\"\n", tool);
    return 2;
}

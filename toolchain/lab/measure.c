// SPDX-License-Identifier: MIT
// Runs a program and tells what it took: the lab's clock counts instructions, so that is exact.
//
//     measure <program> [arguments…]
//
// Prints one line of JSON behind what the program says: the CPU time of all its threads in
// microseconds, the largest resident set in KiB, and how often it slept. Exit status: the
// program's.
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"

static long long us_of(struct timeval time) {
    return (long long)time.tv_sec * 1000000 + time.tv_usec;
}

int lab_measure(char **command) {
    pid_t child = fork();
    if (child < 0)
        return lab_fail("fork", "");
    if (child == 0) {
        (void)execv(command[0], command);
        _exit(lab_fail("run", command[0]));
    }
    int status = 0;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child)
        return lab_fail("wait for", command[0]);
    printf("{\"userUs\":%lld,\"systemUs\":%lld,\"residentKib\":%ld,\"sleeps\":%ld}\n",
           us_of(usage.ru_utime), us_of(usage.ru_stime), usage.ru_maxrss, usage.ru_nvcsw);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

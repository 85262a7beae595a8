// SPDX-License-Identifier: MIT
// Measures how long programs take from start to end, in turns, so that a machine that is slow for a
// while is slow for all of them.
//
// spawn_time <rounds> -- <command…> -- <command…> …
// Prints a line for each command: the median and the minimum in microseconds. Standard output of
// the commands is thrown away. A command that fails ends it with status 1.
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define COMMANDS_MAX 16
#define ROUNDS_MAX 10000

extern char **environ;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000LL + now.tv_nsec;
}

// -1: it failed.
static int64_t time_one(char **command, const posix_spawn_file_actions_t *actions) {
    pid_t pid;
    int status;
    int64_t start_ns = now_ns();
    if (posix_spawn(&pid, command[0], actions, NULL, command, environ) != 0 ||
        waitpid(pid, &status, 0) != pid || status != 0) {
        return -1;
    }
    return now_ns() - start_ns;
}

static int compare(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

// Splits argv at each "--"; the words stay argv's.
static int split(int argc, char **argv, char ***commands) {
    int count = 0;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            argv[i] = NULL;
            if (count < COMMANDS_MAX && i + 1 < argc) {
                commands[count++] = argv + i + 1;
            }
        }
    }
    return count;
}

int main(int argc, char **argv) {
    char **commands[COMMANDS_MAX];
    static int64_t times[COMMANDS_MAX][ROUNDS_MAX];
    int rounds = argc > 1 ? atoi(argv[1]) : 0;
    int count = split(argc, argv, commands);
    posix_spawn_file_actions_t actions;
    if (rounds < 1 || rounds > ROUNDS_MAX || count == 0 ||
        posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) != 0) {
        fprintf(stderr, "usage: spawn_time <rounds> -- <command...> -- ...\n");
        return 2;
    }
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < count; i++) {
            times[i][round] = time_one(commands[i], &actions);
            if (times[i][round] < 0) {
                fprintf(stderr, "this failed: %s\n", commands[i][0]);
                return 1;
            }
        }
    }
    for (int i = 0; i < count; i++) {
        qsort(times[i], (size_t)rounds, sizeof(times[i][0]), compare);
        printf("%lld %lld\n", (long long)times[i][rounds / 2] / 1000,
               (long long)times[i][0] / 1000);
    }
    return 0;
}

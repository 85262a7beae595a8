// SPDX-License-Identifier: MIT
// Measures what programs take from start to end, in turns, so that a machine that is slow for a
// while is slow for all of them.
//
// measure <rounds> -- <command…> -- <command…> …
// Prints a line for each command: median, 10th and 90th percentile of the time in microseconds, the
// same three of the CPU time (its own and its children's), and the largest resident set in KiB.
// Standard output and error of the commands are thrown away. A command that fails ends it with
// status 1.
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define COMMANDS_MAX 16
#define ROUNDS_MAX 10000

extern char **environ;

static int64_t wall_us[COMMANDS_MAX][ROUNDS_MAX];
static int64_t cpu_us[COMMANDS_MAX][ROUNDS_MAX];
static long resident_kib[COMMANDS_MAX];

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t us_of(struct timeval time) { return (int64_t)time.tv_sec * 1000000 + time.tv_usec; }

// False: it failed.
static int run_one(char **command, const posix_spawn_file_actions_t *actions, int at, int round) {
    pid_t pid;
    int status;
    struct rusage usage;
    int64_t start_us = now_us();
    if (posix_spawn(&pid, command[0], actions, NULL, command, environ) != 0 ||
        wait4(pid, &status, 0, &usage) != pid || status != 0) {
        return 0;
    }
    wall_us[at][round] = now_us() - start_us;
    cpu_us[at][round] = us_of(usage.ru_utime) + us_of(usage.ru_stime);
    if (usage.ru_maxrss > resident_kib[at]) {
        resident_kib[at] = usage.ru_maxrss;
    }
    return 1;
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

static void print_percentiles(int64_t *values, int count) {
    qsort(values, (size_t)count, sizeof(values[0]), compare);
    printf("%lld %lld %lld ", (long long)values[count / 2], (long long)values[count / 10],
           (long long)values[count - 1 - count / 10]);
}

int main(int argc, char **argv) {
    char **commands[COMMANDS_MAX];
    int rounds = argc > 1 ? atoi(argv[1]) : 0;
    int count = split(argc, argv, commands);
    posix_spawn_file_actions_t actions;
    if (rounds < 1 || rounds > ROUNDS_MAX || count == 0 ||
        posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) != 0 ||
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) != 0) {
        fprintf(stderr, "usage: measure <rounds> -- <command...> -- ...\n");
        return 2;
    }
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < count; i++) {
            if (!run_one(commands[i], &actions, i, round)) {
                fprintf(stderr, "this failed: %s\n", commands[i][0]);
                return 1;
            }
        }
    }
    for (int i = 0; i < count; i++) {
        print_percentiles(wall_us[i], rounds);
        print_percentiles(cpu_us[i], rounds);
        printf("%ld\n", resident_kib[i]);
    }
    return 0;
}

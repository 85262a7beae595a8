// SPDX-License-Identifier: MIT
// Runs changed scripts and changed bytecode in the whole program, a process each: forked, so that
// the sanitizers' start is paid once.
//
// bad_input scripts|containers|control <seed> <first> <count> <folder> <corpus file…>
// Prints a line for each case that crashed, was reported by a sanitizer, or did not end, and keeps
// its input in <folder>; the last line has the counts. `containers` takes .jsc files as corpus;
// only those that the check lets pass, and some others, are run. `control` has cases that must
// fail.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../modules/registry.h"
#include "../../runtime/buffer.h"
#include "../../runtime/bytecode.h"
#include "../../runtime/hash.h"
#include "../../runtime/options.h"
#include "../../runtime/runtime.h"
#include "mutate.h"

#define CORPUS_MAX 1024
#define CORPUS_BYTES_MAX ((size_t)4 << 20)
#define SCRIPT_LIMIT_MS 300
#define HANG_MS 20000
#define SANITIZER_STATUS 99

#define RUN_ONE_OF 20

static struct mjs_buffer corpus[CORPUS_MAX];
static size_t corpus_count;
static JSContext *checker; // of containers
static int ended_well;

// Runs the file as `maixjs <file>` does. Never returns.
static void run_child(const char *path) {
    struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &no_core);
    int null = open("/dev/null", O_RDWR);
    (void)dup2(null, STDIN_FILENO);
    (void)dup2(null, STDOUT_FILENO);
    char name[] = "maixjs";
    char no_cache[] = "--no-cache";
    char time_limit[] = "--timeout=300";
    char memory_limit[] = "--memory-limit=48M";
    char script[4096];
    snprintf(script, sizeof(script), "%s", path);
    char *argv[] = {name, no_cache, time_limit, memory_limit, script, NULL};
    struct mjs_options options;
    int status = 1;
    if (mjs_options_parse(&options, 5, argv)) {
        status = mjs_runtime_run(&options, mjs_registry_modules, mjs_registry_count);
    }
    _exit(status);
}

// What the sanitizers must find: that they are there, and that their findings are counted.
static void run_control(uint64_t number) {
    volatile int large = INT32_MAX;
    volatile size_t beyond = 10;
    char *memory = malloc(10);
    if (number % 2 == 0) {
        memory[beyond] = 1;
    } else {
        large = large + 1;
    }
    free(memory);
    _exit(0);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Waits; the pipe closes when the process has ended. False: it had to be killed.
static bool wait_for(pid_t pid, int end_fd, int *status) {
    struct pollfd end = {.fd = end_fd, .events = POLLIN};
    int64_t until_ms = now_ms() + HANG_MS;
    bool ended = false;
    while (!ended && now_ms() < until_ms) {
        ended = poll(&end, 1, (int)(until_ms - now_ms())) > 0;
    }
    if (!ended) {
        kill(pid, SIGKILL);
    }
    while (waitpid(pid, status, 0) < 0 && errno == EINTR) {
    }
    return ended;
}

// Null: it ended as a program may end.
static const char *run_case(const char *path, const char *log, bool control, uint64_t number) {
    int pipe_fds[2];
    int status = 0;
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        return "pipe failed";
    }
    pid_t pid = fork();
    if (pid == 0) {
        int out = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        (void)dup2(out, STDERR_FILENO);
        if (control) {
            run_control(number);
        }
        run_child(path);
    }
    close(pipe_fds[1]);
    bool ended = pid > 0 && wait_for(pid, pipe_fds[0], &status);
    close(pipe_fds[0]);
    if (!ended) {
        return "did not end";
    }
    if (WIFSIGNALED(status)) {
        return "was ended by a signal";
    }
    ended_well += WEXITSTATUS(status) == 0;
    return WEXITSTATUS(status) == SANITIZER_STATUS ? "was reported by a sanitizer" : NULL;
}

static void make_script(struct mutate *random, struct mjs_buffer *text) {
    const struct mjs_buffer *from = &corpus[mutate_below(random, corpus_count)];
    const struct mjs_buffer *other = &corpus[mutate_below(random, corpus_count)];
    if (mutate_below(random, 20) == 0) { // no program at all
        for (size_t i = 0; i < 200; i++) {
            char c = (char)mutate_next(random);
            mjs_buffer_append(text, &c, 1);
        }
        return;
    }
    // What the engine's tests take from a file of theirs; a changed one must not end the case.
    mjs_buffer_append_text(
        text, "globalThis.assert = globalThis.assertEq = globalThis.assertEquals = () => {};\n"
              "globalThis.assert_throws = globalThis.assertThrows = (e, f) => {\n"
              "    try { f(); } catch {}\n};\n");
    struct mjs_buffer body = {0};
    mutate_take(random, from, &body);
    if (mutate_below(random, 2) == 0) {
        mutate_take(random, other, &body);
    }
    mutate_call_all(&body);
    if (mutate_below(random, 3) == 0) {
        mutate_bytes(random, &body, other);
    } else {
        mutate_words_of(random, &body, other);
    }
    mjs_buffer_append(text, mjs_buffer_text(&body), body.bytes);
    mjs_buffer_free(&body);
}

// Changes anywhere; or only of the head, and then with the checksum that fits.
static void make_container(struct mutate *random, struct mjs_buffer *bytes) {
    const struct mjs_buffer *from = &corpus[mutate_below(random, corpus_count)];
    mjs_buffer_append(bytes, from->data, from->bytes);
    if (mutate_below(random, 3) == 0) {
        mutate_bytes(random, bytes, &corpus[mutate_below(random, corpus_count)]);
        return;
    }
    for (size_t count = 1 + mutate_below(random, 3); count > 0; count--) {
        size_t at = 40 + mutate_below(random, MJS_BYTECODE_HEAD_BYTES - 40);
        if (mutate_below(random, 2) == 0) { // lengths a little off are the most interesting
            static const size_t lengths[] = {80, 88, 96};
            at = lengths[mutate_below(random, 3)];
        }
        unsigned char changed = (unsigned char)bytes->data[at];
        changed = (unsigned char)(changed + 1 + mutate_below(random, 255));
        bytes->data[at] = (char)changed;
    }
    uint64_t name_bytes;
    uint64_t code_bytes;
    memcpy(&name_bytes, bytes->data + 80, 8);
    memcpy(&code_bytes, bytes->data + 88, 8);
    uint64_t left = bytes->bytes - MJS_BYTECODE_HEAD_BYTES;
    uint64_t hashed = name_bytes <= left && code_bytes <= left - name_bytes
                          ? MJS_BYTECODE_HEAD_BYTES + name_bytes + code_bytes
                          : bytes->bytes;
    mjs_hash_sha256(bytes->data + 40, (size_t)hashed - 40, (uint8_t *)bytes->data + 8);
}

// Most are refused, which needs no process of its own.
static bool is_worth_running(struct mutate *random, const struct mjs_buffer *input) {
    struct mjs_bytecode found;
    return mjs_bytecode_check(checker, input, &found, NULL) == MJS_OK ||
           mutate_below(random, RUN_ONE_OF) == 0;
}

// Other files are not there: their imports become comments.
static void cut_imports(struct mjs_buffer *text) {
    static const char word[] = "import ";
    for (char *at = text->data; at && (at = strstr(at, word)) != NULL; at += sizeof(word) - 1) {
        char *end = strchr(at, '\n');
        char *path = strstr(at, "\"./");
        if ((at == text->data || at[-1] == '\n') && path && end && path < end) {
            at[0] = '/';
            at[1] = '/';
        }
    }
}

static bool read_corpus(int count, char **paths) {
    for (int i = 0; i < count && corpus_count < CORPUS_MAX; i++) {
        struct mjs_error err;
        if (mjs_buffer_read_file(&corpus[corpus_count], paths[i], CORPUS_BYTES_MAX, &err) !=
            MJS_OK) {
            fprintf(stderr, "%s\n", err.message);
            return false;
        }
        if (!mjs_bytecode_is(mjs_buffer_text(&corpus[corpus_count]), corpus[corpus_count].bytes)) {
            cut_imports(&corpus[corpus_count]);
        }
        corpus_count += corpus[corpus_count].bytes > 0;
    }
    return corpus_count > 0;
}

int main(int argc, char **argv) {
    if (argc < 7 || !read_corpus(argc - 6, argv + 6) || chdir(argv[5]) != 0) {
        fprintf(stderr,
                "usage: bad_input scripts|containers <seed> <first> <count> <folder> ...\n");
        return 2;
    }
    bool containers = strcmp(argv[1], "containers") == 0;
    bool control = strcmp(argv[1], "control") == 0;
    uint64_t seed = strtoull(argv[2], NULL, 10);
    uint64_t first = strtoull(argv[3], NULL, 10);
    uint64_t count = strtoull(argv[4], NULL, 10);
    int failed = 0;
    int runs = 0;
    if (containers) {
        checker = JS_NewContext(JS_NewRuntime());
    }
    for (uint64_t number = first; number < first + count; number++) {
        struct mutate random = {.state = seed * 1000003 + number};
        struct mjs_buffer input = {0};
        struct mjs_buffer path = {0};
        struct mjs_buffer log = {0};
        const char *what = NULL;
        mjs_buffer_printf(&path, "case-%s-%llu.%s", argv[1], (unsigned long long)number,
                          containers ? "jsc" : "mjs");
        mjs_buffer_printf(&log, "%s.log", path.data);
        (containers ? make_container : make_script)(&random, &input);
        if (!containers || is_worth_running(&random, &input)) {
            if (mjs_buffer_write_file(path.data, mjs_buffer_text(&input), input.bytes, 0600, false,
                                      NULL) != MJS_OK) {
                return 2;
            }
            runs++;
            what = run_case(path.data, log.data, control, number);
        }
        if (what) {
            printf("%s case %llu %s\n", argv[1], (unsigned long long)number, what);
            failed++;
        } else {
            (void)unlink(path.data);
            (void)unlink(log.data);
        }
        mjs_buffer_free(&input);
        mjs_buffer_free(&path);
        mjs_buffer_free(&log);
    }
    printf("%s: %llu cases, %d run, %d ended well, %d failed\n", argv[1], (unsigned long long)count,
           runs, ended_well, failed);
    return failed ? 1 : 0;
}

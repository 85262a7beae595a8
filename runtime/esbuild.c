// SPDX-License-Identifier: MIT
// Finds and runs esbuild.
#include "esbuild.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "errors.h"
#include "js_util.h"
#include "process.h"
#include "script.h"

#define BUNDLE_BYTES_MAX ((size_t)256 << 20)
#define MESSAGES_BYTES_MAX ((size_t)1 << 20)
#define ARGS_MAX 24

#if defined(__x86_64__)
#define PLATFORM "linux-x64"
#elif defined(__aarch64__)
#define PLATFORM "linux-arm64"
#elif defined(__riscv)
#define PLATFORM "linux-riscv64"
#else
#error "esbuild's name for this platform is not known"
#endif

extern char **environ;

// "neutral" alone would not find packages that have only a "main" field.
static const char *const fixed_options[] = {
    "--bundle",
    "--format=esm",
    "--platform=neutral",
    "--main-fields=module,main",
    "--target=es2023",
    "--sourcemap=inline",
    "--sources-content=false",
    "--external:maix",
    "--external:maix:*",
    "--external:qjs:*",
    "--log-level=warning",
    "--charset=utf8",
};
#define FIXED_OPTIONS_COUNT (sizeof(fixed_options) / sizeof(fixed_options[0]))

static const char *const transform_options[] = {
    "--target=es2023",     "--sourcemap=inline", "--sources-content=false",
    "--log-level=warning", "--charset=utf8",
};
#define TRANSFORM_OPTIONS_COUNT (sizeof(transform_options) / sizeof(transform_options[0]))

const char *mjs_esbuild_options_text(void) {
    return "bundle esm neutral module,main es2023 inline utf8 1";
}

static bool is_program(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

// Once memory is out there is no further place to look at: path->failed stays.
static bool set_path(struct mjs_buffer *path, const char *folder, size_t folder_bytes,
                     const char *rest) {
    if (path->failed) {
        return false;
    }
    mjs_buffer_free(path);
    mjs_buffer_append(path, folder, folder_bytes);
    mjs_buffer_append_text(path, rest);
    return !path->failed && is_program(path->data);
}

static bool find_beside_us(struct mjs_buffer *path) {
    char *executable = mjs_process_executable();
    char *slash = executable ? strrchr(executable, '/') : NULL;
    bool found = slash && set_path(path, executable, (size_t)(slash - executable), "/esbuild");
    free(executable);
    return found;
}

// The platform's own file first: npm's `bin/esbuild` may be a script that needs Node.
static bool find_in_project(const char *folder, struct mjs_buffer *path) {
    static const char *const places[] = {
        "/node_modules/@esbuild/" PLATFORM "/bin/esbuild",
        "/node_modules/esbuild/bin/esbuild",
    };
    size_t bytes = strlen(folder);
    for (;;) {
        while (bytes > 0 && folder[bytes - 1] == '/') {
            bytes--;
        }
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            if (set_path(path, folder, bytes, places[i])) {
                return true;
            }
        }
        if (bytes == 0) {
            return false;
        }
        while (bytes > 0 && folder[bytes - 1] != '/') {
            bytes--;
        }
    }
}

static bool find_in_path(struct mjs_buffer *path) {
    const char *at = getenv("PATH");
    while (at && *at) {
        size_t bytes = strcspn(at, ":");
        if (bytes > 0 && set_path(path, at, bytes, "/esbuild")) {
            return true;
        }
        at += bytes + (at[bytes] == ':');
    }
    return false;
}

mjs_result mjs_esbuild_find(const char *folder, struct mjs_buffer *path, struct mjs_error *err) {
    const char *chosen = getenv("MAIXJS_ESBUILD");
    if (chosen && *chosen) {
        if (!set_path(path, chosen, strlen(chosen), "") && !path->failed) {
            return mjs_result_fail(err, MJS_ENOENT, "MAIXJS_ESBUILD is not an executable file: %s",
                                   chosen);
        }
        return path->failed ? mjs_result_fail(err, MJS_ENOMEM, "out of memory") : MJS_OK;
    }
    if (find_beside_us(path) || find_in_project(folder, path) || find_in_path(path)) {
        return MJS_OK;
    }
    if (path->failed) {
        return mjs_result_fail(err, MJS_ENOMEM, "out of memory");
    }
    return mjs_result_fail(err, MJS_ENOENT,
                           "esbuild is needed for TypeScript and was not found: run `npm install "
                           "esbuild` in the project, or set MAIXJS_ESBUILD to its executable");
}

struct pipes {
    int in[2];
    int out[2];
    int messages[2];
};

static void close_fd(int *fd) {
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void close_pipes(struct pipes *pipes) {
    int *all[] = {&pipes->in[0],  &pipes->in[1],       &pipes->out[0],
                  &pipes->out[1], &pipes->messages[0], &pipes->messages[1]};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        close_fd(all[i]);
    }
}

static int start(const struct mjs_esbuild_job *job, char *const *args, struct pipes *pipes,
                 pid_t *pid) {
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) {
        return failed;
    }
    failed = posix_spawn_file_actions_adddup2(&actions, pipes->in[0], STDIN_FILENO);
    if (!failed) {
        failed = posix_spawn_file_actions_adddup2(&actions, pipes->out[1], STDOUT_FILENO);
    }
    if (!failed) {
        failed = posix_spawn_file_actions_adddup2(&actions, pipes->messages[1], STDERR_FILENO);
    }
    if (!failed && job->code) {
        failed = posix_spawn_file_actions_addchdir_np(&actions, job->code_folder);
    }
    if (!failed) {
        failed = posix_spawn(pid, job->executable, &actions, NULL, args, environ);
    }
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

// Moves everything through the pipes: the code in, the bundle and the messages out.
static mjs_result pump(const struct mjs_esbuild_job *job, struct pipes *pipes,
                       struct mjs_buffer *bundle, struct mjs_buffer *messages,
                       struct mjs_error *err) {
    size_t sent = 0;
    while (pipes->out[0] >= 0 || pipes->messages[0] >= 0) {
        if (pipes->in[1] >= 0 && sent == job->code_bytes) {
            close_fd(&pipes->in[1]);
        }
        struct pollfd fds[3] = {{.fd = pipes->out[0], .events = POLLIN},
                                {.fd = pipes->messages[0], .events = POLLIN},
                                {.fd = pipes->in[1], .events = POLLOUT}};
        if (poll(fds, 3, -1) < 0) {
            if (errno == EINTR) {
                continue; // Ctrl-C reaches esbuild too, and it ends
            }
            return mjs_result_fail_errno(err, errno, "cannot wait for esbuild");
        }
        char chunk[16384];
        for (int i = 0; i < 2; i++) {
            int *fd = i == 0 ? &pipes->out[0] : &pipes->messages[0];
            if (!fds[i].revents) {
                continue;
            }
            ssize_t bytes = read(*fd, chunk, sizeof(chunk));
            if (bytes <= 0) {
                close_fd(fd);
                continue;
            }
            struct mjs_buffer *buffer = i == 0 ? bundle : messages;
            if (buffer->bytes < (i == 0 ? BUNDLE_BYTES_MAX : MESSAGES_BYTES_MAX)) {
                mjs_buffer_append(buffer, chunk, (size_t)bytes);
            } else if (i == 0) {
                return mjs_result_fail(err, MJS_EFBIG, "the bundle is larger than %zu MiB",
                                       BUNDLE_BYTES_MAX >> 20);
            }
        }
        if (fds[2].revents) {
            ssize_t bytes = write(pipes->in[1], job->code + sent, job->code_bytes - sent);
            sent = bytes < 0 ? job->code_bytes : sent + (size_t)bytes;
        }
    }
    return bundle->failed ? mjs_result_fail(err, MJS_ENOMEM, "out of memory") : MJS_OK;
}

// Shows esbuild's messages as esbuild shows them; its advice for Node's modules does not fit here.
static void show_messages(const struct mjs_esbuild_job *job, const struct mjs_buffer *messages) {
    if (job->unwritable && strstr(mjs_buffer_text(messages), "Failed to write to output file")) {
        *job->unwritable = true;
        return;
    }
    if (job->messages) {
        mjs_buffer_append(job->messages, mjs_buffer_text(messages), messages->bytes);
        return;
    }
    // When stderr is closed nobody wants them.
    (void)mjs_buffer_write_fd(STDERR_FILENO, mjs_buffer_text(messages), messages->bytes);
    if (messages->bytes > 0 && strstr(messages->data, "--platform=node")) {
        mjs_js_warn("Node's own modules are not there: use qjs:std and qjs:os for files and "
                    "processes, maix:audio for sound");
    }
}

// = names an output, * stands for many files.
bool mjs_esbuild_takes_name(const char *path) { return strpbrk(path, "=*") == NULL; }

static int run(const struct mjs_esbuild_job *job, struct mjs_buffer *bundle,
               struct mjs_error *err) {
    struct mjs_buffer metafile = {0};
    struct mjs_buffer sourcefile = {0};
    struct mjs_buffer outfile = {0};
    struct mjs_buffer messages = {0};
    struct pipes pipes = {{-1, -1}, {-1, -1}, {-1, -1}};
    char *args[ARGS_MAX];
    size_t count = 0;
    args[count++] = (char *)"esbuild";
    const char *const *fixed = job->transform ? transform_options : fixed_options;
    size_t fixed_count = job->transform ? TRANSFORM_OPTIONS_COUNT : FIXED_OPTIONS_COUNT;
    for (size_t i = 0; i < fixed_count; i++) {
        args[count++] = (char *)fixed[i];
    }
    args[count++] = (char *)(mjs_errors_color(STDERR_FILENO) ? "--color=true" : "--color=false");
    if (job->metafile) {
        mjs_buffer_printf(&metafile, "--metafile=%s", job->metafile);
        args[count++] = metafile.data;
    }
    if (job->outfile) {
        mjs_buffer_printf(&outfile, "--outfile=%s", job->outfile);
        args[count++] = outfile.data;
    }
    if (job->code) {
        mjs_buffer_printf(&sourcefile, "--sourcefile=%s", job->code_name);
        args[count++] = (char *)"--loader=ts";
        args[count++] = sourcefile.data;
    } else {
        args[count++] = (char *)job->entry;
    }
    args[count] = NULL;
    int status = -1;
    pid_t pid = -1;
    if (metafile.failed || sourcefile.failed || outfile.failed) {
        (void)mjs_result_fail(err, MJS_ENOMEM, "out of memory");
    } else if (pipe2(pipes.in, O_CLOEXEC) != 0 || pipe2(pipes.out, O_CLOEXEC) != 0 ||
               pipe2(pipes.messages, O_CLOEXEC) != 0) {
        (void)mjs_result_fail_errno(err, errno, "cannot start esbuild");
    } else {
        int failed = start(job, args, &pipes, &pid);
        if (failed) {
            (void)mjs_result_fail_errno(err, failed, "cannot start %s", job->executable);
        } else {
            close_fd(&pipes.in[0]);
            close_fd(&pipes.out[1]);
            close_fd(&pipes.messages[1]);
            mjs_result result = pump(job, &pipes, bundle, &messages, err);
            if (result != MJS_OK) {
                kill(pid, SIGKILL);
            }
            int wait_status;
            while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR) {
            }
            status = result != MJS_OK ? -1 : WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 1;
        }
    }
    show_messages(job, &messages);
    close_pipes(&pipes);
    mjs_buffer_free(&metafile);
    mjs_buffer_free(&sourcefile);
    mjs_buffer_free(&outfile);
    mjs_buffer_free(&messages);
    return status;
}

int mjs_esbuild_run(const struct mjs_esbuild_job *job, struct mjs_buffer *bundle,
                    struct mjs_error *err) {
    if (!job->entry || mjs_esbuild_takes_name(job->entry)) {
        return run(job, bundle, err);
    }
    struct mjs_buffer text = {0};
    struct mjs_buffer folder = {0};
    struct mjs_esbuild_job as_code = *job;
    int status = -1;
    mjs_script_folder(job->entry, &folder);
    if (folder.failed) {
        (void)mjs_result_fail(err, MJS_ENOMEM, "out of memory");
    } else if (mjs_buffer_read_file(&text, job->entry, MJS_SCRIPT_BYTES_MAX, err) == MJS_OK) {
        as_code.entry = NULL;
        as_code.code = mjs_buffer_text(&text);
        as_code.code_bytes = text.bytes;
        as_code.code_name = job->entry;
        as_code.code_folder = mjs_buffer_text(&folder);
        status = run(&as_code, bundle, err);
    }
    mjs_buffer_free(&text);
    mjs_buffer_free(&folder);
    return status;
}

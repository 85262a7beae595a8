// SPDX-License-Identifier: MIT
// Runs a script in a process of its own.
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control.h"
#include "host.h"
#include "js_util.h"
#include "runs.h"
#include "supervise_relay.h"

#define READ_BYTES 16384

// The whole bundle, or why there is none: then nothing must be run.
static const char *read_bundle(int64_t wanted, struct mjs_buffer *bundle) {
    char bytes[READ_BYTES];
    while ((int64_t)bundle->bytes < wanted) {
        struct pollfd client = {.fd = STDIN_FILENO, .events = POLLIN};
        int ready = poll(&client, 1, MJS_CONTROL_SILENCE_MS);
        if (ready == 0) {
            return "nothing was heard from the other side for 6 s: nothing is run";
        }
        int64_t left = wanted - (int64_t)bundle->bytes;
        ssize_t count =
            ready < 0 ? -1
                      : read(STDIN_FILENO, bytes, left < READ_BYTES ? (size_t)left : READ_BYTES);
        if (count == 0) {
            return "the connection has ended in the middle of the bundle: nothing is run";
        }
        if (count < 0 && errno != EINTR) {
            return "the bundle cannot be read: nothing is run";
        }
        if (count > 0 && !mjs_buffer_append(bundle, bytes, (size_t)count)) {
            return "there is not enough memory for the bundle: nothing is run";
        }
    }
    return NULL;
}

// Goes to the script's working folder: that of --cwd, else ~/maixjs.
static int enter_folder(const struct mjs_options *options, struct mjs_error *err) {
    struct mjs_buffer path = {0};
    int status = MJS_STATUS_OK;
    if (options->cwd) {
        if (chdir(options->cwd) != 0) {
            (void)mjs_result_fail_errno(err, errno, "cannot use the working folder %s",
                                        options->cwd);
            status = MJS_STATUS_USAGE;
        }
    } else if (!mjs_runs_append_home(&path) || !mjs_buffer_append_text(&path, "/maixjs")) {
        (void)mjs_result_fail(err, MJS_ENOENT, "there is no home folder: give --cwd");
        status = MJS_STATUS_ENVIRONMENT;
    } else if ((mkdir(path.data, 0777) != 0 && errno != EEXIST) || chdir(path.data) != 0) {
        (void)mjs_result_fail_errno(err, errno, "cannot use the working folder %s", path.data);
        status = MJS_STATUS_ENVIRONMENT;
    }
    mjs_buffer_free(&path);
    return status;
}

// In the script's process.
static int begin_script(const struct mjs_options *options) {
    bool set = !options->app || setenv("MAIXJS_APP_ID", options->app, 1) == 0;
    for (int i = 0; i < options->env_count; i++) {
        char *equals = strchr(options->env[i], '=');
        *equals = '\0';
        set = set && setenv(options->env[i], equals + 1, 1) == 0;
        *equals = '=';
    }
    if (!set) {
        mjs_js_warn("cannot set the environment: %s", strerror(errno));
        _exit(MJS_STATUS_ERROR);
    }
    return MJS_SUPERVISE_SCRIPT;
}

// The record, and the log. Without them the script runs all the same.
static void begin_record(struct mjs_supervise_relay *relay, struct mjs_runs *runs,
                         const char *name) {
    struct mjs_error err;
    struct mjs_run run;
    struct mjs_run others[MJS_RUNS_MAX];
    bool known = mjs_runs_identify(relay->child.pid, &run);
    if (mjs_runs_open(runs, &err) != MJS_OK) {
        mjs_supervise_relay_notice(relay, "%s: there is no log, and `maixjs stop` knows nothing",
                                   err.message);
        return;
    }
    (void)mjs_runs_list(runs, others, MJS_RUNS_MAX); // removes the records of what has ended
    if (mjs_runs_log_open(&relay->log, runs, &err) != MJS_OK) {
        mjs_supervise_relay_notice(relay, "%s: there is no log", err.message);
    }
    memcpy(run.name, name, strlen(name) + 1);
    if (known && mjs_runs_record(runs, &run, &err) != MJS_OK) {
        mjs_supervise_relay_notice(relay, "%s: `maixjs stop` does not know this run", err.message);
    }
}

static int supervise(struct mjs_supervise_relay *relay, const struct mjs_options *options) {
    struct mjs_runs runs = {.fd = -1};
    begin_record(relay, &runs, options->app ? options->app : options->name);
    if (relay->control) {
        char *folder = getcwd(NULL, 0);
        mjs_supervise_relay_notice(relay, "working folder: %s", folder ? folder : "?");
        free(folder);
    }
    mjs_supervise_child_go(&relay->child);
    mjs_supervise_relay_run(relay);
    if (runs.fd >= 0) {
        mjs_runs_forget(&runs, relay->child.pid);
    }
    mjs_supervise_relay_finish(relay);
    mjs_supervise_child_close(&relay->child);
    mjs_runs_close(&runs);
    return relay->child.status;
}

// There is nothing to run: tells why, and the status.
static int refuse(struct mjs_supervise_relay *relay, bool control, const char *why, int status) {
    relay->child = (struct mjs_supervise_child){.pid = -1,
                                                .input = -1,
                                                .outputs = {-1, -1},
                                                .go = -1,
                                                .signal_fd = -1,
                                                .ended = true,
                                                .status = status};
    mjs_supervise_relay_init(relay, control);
    mjs_supervise_relay_notice(relay, "%s", why);
    mjs_supervise_relay_finish(relay);
    return status;
}

int mjs_supervise_run(const struct mjs_options *options, struct mjs_buffer *bundle) {
    struct mjs_error err;
    bool control = options->bundle_bytes > 0;
    const char *why = NULL;
    int status = MJS_STATUS_ERROR;
    struct mjs_supervise_relay *relay = calloc(1, sizeof(*relay));
    if (!relay) {
        mjs_js_warn("out of memory");
        return MJS_STATUS_MEMORY;
    }
    relay->log.fd = -1;
    // An error of write() is enough. The script's process has handlers of its own soon.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (control) {
        // Nobody to tell where that fails: the end of input is noticed soon.
        (void)mjs_buffer_write_fd(STDOUT_FILENO, MJS_CONTROL_MAGIC, MJS_CONTROL_MAGIC_BYTES);
        why = read_bundle(options->bundle_bytes, bundle);
        if (!why && (status = enter_folder(options, &err)) != MJS_STATUS_OK) {
            why = err.message;
        }
    }
    if (!why && mjs_supervise_child_fork(&relay->child, control, &err) != MJS_OK) {
        why = err.message;
        status = MJS_STATUS_ERROR;
    }
    if (!why && relay->child.pid == 0) {
        free(relay);
        return begin_script(options);
    }
    mjs_buffer_free(bundle);
    if (why) {
        status = refuse(relay, control, why, status);
    } else {
        mjs_supervise_relay_init(relay, control);
        status = supervise(relay, options);
    }
    free(relay);
    return status;
}

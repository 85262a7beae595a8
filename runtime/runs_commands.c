// SPDX-License-Identifier: MIT
// `maixjs stop` and `maixjs logs`.
#include "runs_commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "host.h"
#include "js_util.h"
#include "runs_log.h"
#include "stop.h"

#define MS 1000000LL
#define LOOK_MS 20
// A script that is asked to stop is forced after 3 s, and ended after 5, unless it took that back:
// then it is interrupted, by signals that follow each other.
#define INTERRUPT_AFTER_NS (6000 * MS)
#define INTERRUPT_AGAIN_NS (500 * MS)
#define KILL_AFTER_NS (INTERRUPT_AFTER_NS + MJS_CONTROL_KILL_MS * MS)
#define REFUSED_AFTER_KILL_NS (2000 * MS)

// Asks a run to stop, then makes it. False: it is still there.
static bool stop_run(const struct mjs_run *run, int64_t asked_at_ns, bool *killed) {
    int64_t interrupt_after_ns = INTERRUPT_AFTER_NS;
    *killed = false;
    while (mjs_runs_alive(run)) {
        int64_t since_ns = mjs_stop_now_ns() - asked_at_ns;
        if (since_ns >= interrupt_after_ns) {
            interrupt_after_ns = since_ns + INTERRUPT_AGAIN_NS;
            (void)mjs_runs_signal(run, SIGTERM); // where that fails, the next look tells
        }
        if (since_ns >= KILL_AFTER_NS && !*killed) {
            *killed = true;
            (void)mjs_runs_signal(run, SIGKILL);
        }
        if (since_ns >= KILL_AFTER_NS + REFUSED_AFTER_KILL_NS) {
            return false;
        }
        struct timespec wait = {.tv_nsec = LOOK_MS * MS};
        nanosleep(&wait, NULL);
    }
    return true;
}

int mjs_runs_commands_stop(void) {
    struct mjs_runs runs;
    struct mjs_run list[MJS_RUNS_MAX];
    struct mjs_error err;
    if (mjs_runs_open(&runs, &err) != MJS_OK) {
        mjs_js_warn("%s", err.message);
        return MJS_STATUS_ENVIRONMENT;
    }
    int status = MJS_STATUS_OK;
    int count = mjs_runs_list(&runs, list, MJS_RUNS_MAX);
    int64_t asked_at_ns = mjs_stop_now_ns();
    for (int i = 0; i < count; i++) {
        if (!mjs_runs_signal(&list[i], SIGTERM) && errno != ESRCH) {
            mjs_js_warn("cannot stop %s (process %d): %s", list[i].name, (int)list[i].pid,
                        strerror(errno));
            status = MJS_STATUS_ENVIRONMENT;
        }
    }
    for (int i = 0; i < count; i++) {
        bool killed;
        if (!stop_run(&list[i], asked_at_ns, &killed)) {
            mjs_js_warn("%s (process %d) does not end", list[i].name, (int)list[i].pid);
            status = MJS_STATUS_ENVIRONMENT;
            continue;
        }
        mjs_runs_forget(&runs, list[i].pid);
        printf("%s %s (process %d)\n", killed ? "killed" : "stopped", list[i].name,
               (int)list[i].pid);
    }
    if (count == 0) {
        printf("nothing is running\n");
    }
    mjs_runs_close(&runs);
    return status;
}

int mjs_runs_commands_logs(bool follow) {
    struct mjs_runs runs;
    struct mjs_error err;
    bool missed;
    int status = MJS_STATUS_OK;
    mjs_result result = mjs_runs_open(&runs, &err);
    if (result == MJS_OK) {
        result = mjs_runs_log_copy(&runs, STDOUT_FILENO, follow, &missed, &err);
        if (result == MJS_OK && missed) {
            mjs_js_warn("a part of the output is missing here: it came faster than it was read");
        }
        mjs_runs_close(&runs);
    }
    if (result == MJS_ENOENT) {
        mjs_js_warn("there is no log: nothing was run here with `run --device` or --app so far");
    } else if (result != MJS_OK && err.sys_errno != EPIPE) {
        mjs_js_warn("%s", err.message);
        status = MJS_STATUS_ENVIRONMENT;
    }
    return status;
}

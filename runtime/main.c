// SPDX-License-Identifier: MIT
// The maixjs executable: the command line, and which part does it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../modules/registry.h"
#include "build.h"
#include "cache.h"
#include "host.h"
#include "js_util.h"
#include "options.h"
#include "repl.h"
#include "runs_commands.h"
#include "runtime.h"
#include "supervise.h"

// A program that was started with closed standard streams must not open files in their place.
static bool open_standard_streams(void) {
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) {
            return false;
        }
    }
    return true;
}

static int clear_cache(void) {
    struct mjs_cache cache;
    struct mjs_error err;
    int removed = 0;
    if (!mjs_cache_open(&cache, &err)) {
        mjs_js_warn("%s", err.message);
        return MJS_STATUS_ENVIRONMENT;
    }
    mjs_result result = mjs_cache_clear(&cache, &removed, &err);
    if (result == MJS_OK) {
        printf("removed %d cached bundle%s from %s\n", removed, removed == 1 ? "" : "s",
               cache.folder.data);
    } else {
        mjs_js_warn("%s", err.message);
    }
    mjs_cache_close(&cache);
    return result == MJS_OK ? MJS_STATUS_OK : MJS_STATUS_ENVIRONMENT;
}

// With the record, the log and the channel where they are wanted; else right here.
static int run_script(const struct mjs_options *options) {
    struct mjs_buffer bundle = {0};
    struct mjs_options script = *options;
    if (options->app || options->bundle_bytes) {
        int status = mjs_supervise_run(options, &bundle);
        if (status != MJS_SUPERVISE_SCRIPT) {
            return status;
        }
        script.bundle = options->bundle_bytes ? &bundle : NULL;
    }
    return mjs_runtime_run(&script, mjs_registry_modules, mjs_registry_count);
}

static int run_command(const struct mjs_options *options) {
    switch (options->command) {
    case MJS_COMMAND_HELP:
        mjs_options_print_help();
        return MJS_STATUS_OK;
    case MJS_COMMAND_VERSION:
        printf("maixjs %s (QuickJS-ng %s)\n", MJS_VERSION, JS_GetVersion());
        return MJS_STATUS_OK;
    case MJS_COMMAND_NONE:
        if (mjs_repl_possible()) {
            return mjs_runtime_run(options, mjs_registry_modules, mjs_registry_count);
        }
        mjs_js_warn("a script is missing: maixjs <script.ts> (see maixjs --help)");
        return MJS_STATUS_USAGE;
    case MJS_COMMAND_BUILD:
        return mjs_build_run(options);
    case MJS_COMMAND_CACHE_CLEAR:
        return clear_cache();
    case MJS_COMMAND_DEVICES:
        return mjs_registry_print_devices(options->mic, options->json);
    case MJS_COMMAND_WAV:
        return mjs_registry_run_wav(options->arg_count, options->args);
    case MJS_COMMAND_STOP:
        return mjs_runs_commands_stop();
    case MJS_COMMAND_LOGS:
        return mjs_runs_commands_logs(options->follow);
    case MJS_COMMAND_RUN:
    case MJS_COMMAND_EVAL:
    case MJS_COMMAND_STDIN:
        return run_script(options);
    }
    abort(); // every command is handled above
}

int main(int argc, char **argv) {
    struct mjs_options options;
    if (!open_standard_streams()) {
        return MJS_STATUS_ERROR;
    }
    if (!mjs_options_parse(&options, argc, argv)) {
        return MJS_STATUS_USAGE;
    }
    int status = run_command(&options);
    if (fflush(stdout) != 0 && errno != EPIPE && status == MJS_STATUS_OK) {
        mjs_js_warn("cannot write to standard output: %s", strerror(errno));
        status = MJS_STATUS_ERROR;
    }
    return status;
}

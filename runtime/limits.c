// SPDX-License-Identifier: MIT
// Applies the limits of the command line, of the project and of the machine.
#include "limits.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "config.h"
#include "js_util.h"
#include "memory.h"
#include "script.h"
#include "stop.h"

#define STACK_LIMIT_MAX ((int64_t)1 << 30) // where the system has none
#define STACK_RESERVE_BYTES ((int64_t)1 << 20)

static void *engine_calloc(void *opaque, size_t count, size_t size) {
    (void)opaque;
    return mjs_memory_alloc_zeroed(count, size);
}

static void *engine_malloc(void *opaque, size_t size) {
    (void)opaque;
    return mjs_memory_alloc(size);
}

static void engine_free(void *opaque, void *memory) {
    (void)opaque;
    mjs_memory_free(memory);
}

static void *engine_realloc(void *opaque, void *memory, size_t size) {
    (void)opaque;
    return mjs_memory_resize(memory, size);
}

// Without it the engine does not know when to collect garbage.
static size_t engine_usable_size(const void *memory) { return mjs_memory_usable_size(memory); }

JSRuntime *mjs_limits_new_runtime(void) {
    static const JSMallocFunctions functions = {engine_calloc, engine_malloc, engine_free,
                                                engine_realloc, engine_usable_size};
    return JS_NewRuntime2(&functions, NULL);
}

// The most stack that the engine can be given: beyond the system's limit it would not throw, but
// crash. Native code, the arguments and the environment need some, too.
static int64_t stack_bytes_max(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur > STACK_LIMIT_MAX) {
        return STACK_LIMIT_MAX;
    }
    int64_t bytes = (int64_t)limit.rlim_cur;
    return bytes >= 2 * STACK_RESERVE_BYTES ? bytes - STACK_RESERVE_BYTES : bytes / 2;
}

// A script that cannot be found has no folder; whoever opens it says so.
static bool read_config(struct mjs_host *host, struct mjs_options *options) {
    struct mjs_buffer folder = {0};
    bool read = true;
    if (options->command == MJS_COMMAND_RUN) {
        char *path = realpath(options->script, NULL);
        if (path) {
            mjs_script_folder(path, &folder);
        }
        free(path);
    } else if (options->command == MJS_COMMAND_EVAL) {
        mjs_script_append_cwd(&folder);
    }
    if (folder.bytes > 0) {
        read = mjs_config_read(host->ctx, folder.data, options);
    }
    mjs_buffer_free(&folder);
    return read;
}

bool mjs_limits_begin(struct mjs_host *host, struct mjs_options *options) {
    int64_t stack_max = stack_bytes_max();
    if (!read_config(host, options)) {
        return false;
    }
    if (options->stack_bytes > stack_max) {
        mjs_js_warn("the stack size can be at most %lld bytes here (raise the limit with ulimit "
                    "-s)",
                    (long long)stack_max);
        return false;
    }
    if (options->stack_bytes) {
        JS_SetMaxStackSize(host->rt, (size_t)options->stack_bytes);
    } else if (stack_max < JS_DEFAULT_STACK_SIZE) {
        JS_SetMaxStackSize(host->rt, (size_t)stack_max);
    }
    if (options->time_limit_ms) {
        mjs_stop_set_time_limit(options->time_limit_ms);
    }
    return true;
}

void mjs_limits_begin_memory(struct mjs_host *host, const struct mjs_options *options) {
    int64_t bytes =
        options->memory_limit_bytes ? options->memory_limit_bytes : mjs_memory_board_limit("");
    if (bytes && bytes != MJS_OPTIONS_NO_LIMIT) {
        host->memory_limited = true;
        mjs_memory_set_limit(bytes);
    }
}

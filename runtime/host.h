// SPDX-License-Identifier: MIT
// The engine host's own state: one per process, on the script's thread. Only files of runtime/
// include this; native modules use js_util.h.
#ifndef MJS_HOST_H
#define MJS_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "module.h"
#include "quickjs.h"

#define MJS_STATUS_OK 0
#define MJS_STATUS_ERROR 1       // uncaught error or rejection, esbuild's errors
#define MJS_STATUS_USAGE 2       // unknown option, missing script, a directory as script
#define MJS_STATUS_ENVIRONMENT 3 // uncaught error with the code of a device or a file
#define MJS_STATUS_MEMORY 125    // the memory limit

#define MJS_HOST_WATCHES_MAX 256
#define MJS_HOST_TOOLS_MAX 4

struct mjs_timer; // timers.c
struct mjs_rejection;

// A callback of a native module that the loop calls: for a descriptor, or for the exit flag.
struct mjs_watch {
    int (*callback)(JSContext *ctx, void *opaque); // null: the slot is free
    void *opaque;
    int fd;
};

// What an error needs to be shown at its TypeScript position.
struct mjs_source {
    bool is_bytecode;           // the code is bytecode that was checked
    bool is_foreign;            // its sources are on another machine: files here are others
    struct mjs_buffer name;     // the module's name in stack frames
    struct mjs_buffer map;      // the source map's JSON, or empty
    struct mjs_buffer map_file; // where to read it from when it is needed, or empty
    size_t map_offset;          // where in that file it begins; it ends with the file
    char map_hash[65];          // what the file's content must hash to; empty: not known
    struct mjs_buffer map_base; // absolute folder that its sources are relative to
};

struct mjs_host {
    JSRuntime *rt;
    JSContext *ctx;
    const struct mjs_module *modules;
    int module_count;
    struct mjs_source source;
    struct mjs_source *imports; // what was imported at the prompt: import_count of them
    int import_count;

    bool os_loaded; // the functions below are there
    JSModuleDef *os_module;
    JSValue os_set_timeout;
    JSValue os_clear_timeout;
    JSValue os_set_read_handler;

    struct mjs_timer *timers; // sorted by due time, then by age
    int64_t next_timer_id;
    JSValue wake_timer; // quickjs-libc's timer for the first of ours, or undefined
    int64_t wake_at_ns;
    bool timers_stopped; // the exit flag was seen: only timers of before count

    int watch_fd; // an epoll instance over the descriptors below, plus one; 0: none so far
    int fd_watch_count;
    struct mjs_watch fd_watches[MJS_HOST_WATCHES_MAX];
    struct mjs_watch stop_watches[MJS_HOST_WATCHES_MAX];

    struct mjs_rejection *rejections; // rejected promises that nobody handles so far
    bool rejection_check_queued;

    bool stop_thrown; // the exit flag ended quickjs-libc's loop with an exception of ours

    bool probing; // loader.h
    bool probe_found_file;
    // Set by the prompt: loads what is neither native nor the engine's. Null: as JavaScript.
    JSModuleDef *(*load_file)(struct mjs_host *host, JSContext *ctx, const char *name,
                              JSValueConst attributes);

    bool ended; // an uncaught error was shown: nothing of the script runs any more
    int status;

    bool memory_limited; // --memory-limit was given
    bool output_failed;  // standard output could not be written (other than a closed pipe)

    // Set by the prompt: called before something is printed, so that the prompt makes room.
    void (*before_output)(struct mjs_host *host);

    int console_indent; // console.group

    JSValue signal_listeners; // process.on: an array of [name, function, once]
    int exit_code;            // process.exitCode

    JSContext *tools; // a context of our own for embedded TypeScript, made on first use
    JSModuleDef *tool_modules[MJS_HOST_TOOLS_MAX];
};

static inline struct mjs_host *mjs_host_of(JSContext *ctx) { return JS_GetContextOpaque(ctx); }

#endif

// SPDX-License-Identifier: MIT
// The command line of the executable.
#ifndef MJS_OPTIONS_H
#define MJS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

#define MJS_OPTIONS_STACK_BYTES_MIN (64 * 1024)
#define MJS_OPTIONS_MEMORY_BYTES_MIN (1024 * 1024)
#define MJS_OPTIONS_TIME_LIMIT_MS_MAX 2147483647
#define MJS_OPTIONS_NO_LIMIT INT64_MAX // of memory: "none"

enum mjs_command {
    MJS_COMMAND_RUN,         // a script
    MJS_COMMAND_EVAL,        // -e
    MJS_COMMAND_STDIN,       // -
    MJS_COMMAND_BUILD,       // build <script> -o <file>
    MJS_COMMAND_CACHE_CLEAR, // cache clear
    MJS_COMMAND_DEVICES,     // devices [--json]
    MJS_COMMAND_WAV,         // wav <args...>
    MJS_COMMAND_STOP,        // stop
    MJS_COMMAND_LOGS,        // logs [-f]
    MJS_COMMAND_HELP,
    MJS_COMMAND_VERSION,
    MJS_COMMAND_NONE, // no script: a session on a terminal
};

struct mjs_options {
    enum mjs_command command;
    const char *script; // path, or the code of -e
    const char *output; // of build
    const char *mic;    // --mic; null: not given
    bool no_cache;
    bool json;                  // of devices
    bool follow;                // of logs
    const char *app;            // --app; null: not given
    int64_t memory_limit_bytes; // 0: not given
    int64_t stack_bytes;        // 0: the engine's default
    int64_t time_limit_ms;      // 0: none
    int arg_count;              // what follows the script
    char **args;

    // `- --control`, see control.h.
    int64_t bundle_bytes; // 0: not given
    const char *cwd;      // null: not given
    const char *name;     // of the script; of `-` it is never null
    int env_count;        // NAME=VALUE each
    char **env;
    struct mjs_buffer *bundle; // what `-` runs, taken from it; null: standard input
};

// Parses; the strings stay argv's. On a usage error it prints one line with a hint to stderr and
// returns false.
bool mjs_options_parse(struct mjs_options *options, int argc, char **argv);

void mjs_options_print_help(void);

// "64M" as bytes, or an error in one line that begins with `what`.
bool mjs_options_parse_size(const char *what, const char *text, int64_t min, int64_t *bytes);

#endif

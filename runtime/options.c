// SPDX-License-Identifier: MIT
// Parses the command line.
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "js_util.h"
#include "repl.h"
#include "runs.h"

static const char help[] =
    "maixjs " MJS_VERSION ": TypeScript on MaixCAM cameras and on the PC\n"
    "\n"
    "  maixjs [options] <script.ts|.js|.jsc> [args...]   run a script\n"
    "  maixjs [options] -e <code> [args...]              run code (TypeScript allowed)\n"
    "  maixjs [options] - [args...]                      run a bundle from standard input\n"
    "  maixjs [options]                                  a session, on a terminal\n"
    "  maixjs build <script> -o <file.js|.jsc>           bundle a script into one file (.jsc: "
    "bytecode)\n"
    "  maixjs devices [--json]                           list microphones and speakers\n"
    "  maixjs wav info|check|repair <file> [--json]      what a WAV file is, what is wrong with "
    "it\n"
    "  maixjs stop                                       stop what the PC or the launcher started\n"
    "  maixjs logs [-f]                                  what it printed (-f: until it ends)\n"
    "  maixjs cache clear                                forget cached bundles\n"
    "\n"
    "Options (before the script; what follows it is the script's own):\n"
    "  --mic <device>         the microphone: hw:<card>,<device>, alsa:<name>, sim:tone, "
    "sim:ramp,\n"
    "                         sim:file,path=<file> (default: $MAIXJS_MIC, else the system's)\n"
    "  --no-cache             bundle anew, keep nothing\n"
    "  --memory-limit <size>  most memory for the script, such as 64M, or none (default: on a\n"
    "                         board half of what is available, else none)\n"
    "  --stack-size <size>    most stack for the script, such as 512K (default: 1M)\n"
    "  --timeout <ms>         end the script after that time with status 124\n"
    "  --app <id>             it is this app: `maixjs stop` and `logs` know it (for launchers)\n"
    "  --version, --help\n"
    "A project's limits stand in its package.json: \"maixjs\": { \"memoryLimit\": \"64M\",\n"
    "\"stackSize\": \"512K\", \"timeoutMs\": 60000 }.\n"
    "\n"
    "Example:\n"
    "  maixjs --mic sim:tone examples/record.ts\n"
    "\n"
    "Exit status: 0 done, also when stopped by a signal; 1 uncaught error; 2 wrong usage;\n"
    "3 uncaught error of a device or a file; 124 --timeout; 125 --memory-limit;\n"
    "128 + signal when it had to be forced.\n";

void mjs_options_print_help(void) { fputs(help, stdout); }

static bool fail(const char *text, const char *what) {
    // One line, whatever was given.
    mjs_js_warn("%s: %.*s (see maixjs --help)", text, (int)strcspn(what, "\r\n"), what);
    return false;
}

// K, M, G are powers of 1024.
bool mjs_options_parse_size(const char *what, const char *text, int64_t min, int64_t *bytes) {
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    int shift = *end == 'K' || *end == 'k'   ? 10
                : *end == 'M' || *end == 'm' ? 20
                : *end == 'G' || *end == 'g' ? 30
                                             : 0;
    if (shift) {
        end++;
    }
    if (end == text || *end || errno || number <= 0 || number > (INT64_MAX >> shift)) {
        mjs_js_warn("%s %s: give a size in bytes, or with K, M or G, such as 64M", what, text);
        return false;
    }
    *bytes = number << shift;
    if (*bytes < min) {
        mjs_js_warn("%s %s: at least %lld bytes", what, text, (long long)min);
        return false;
    }
    return true;
}

static bool parse_time(const char *text, int64_t *ms) {
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end || errno || number <= 0 || number > MJS_OPTIONS_TIME_LIMIT_MS_MAX) {
        mjs_js_warn("--timeout %s: give milliseconds, from 1 to %d", text,
                    MJS_OPTIONS_TIME_LIMIT_MS_MAX);
        return false;
    }
    *ms = number;
    return true;
}

// One option with a value; `value` is null where none follows.
static bool parse_valued(struct mjs_options *options, const char *name, const char *value) {
    if (!value || !*value) {
        return fail("this option needs a value", name);
    }
    if (strcmp(name, "--mic") == 0) {
        options->mic = value;
        return true;
    }
    if (strcmp(name, "--memory-limit") == 0) {
        if (strcmp(value, "none") == 0) {
            options->memory_limit_bytes = MJS_OPTIONS_NO_LIMIT;
            return true;
        }
        return mjs_options_parse_size(name, value, MJS_OPTIONS_MEMORY_BYTES_MIN,
                                      &options->memory_limit_bytes);
    }
    if (strcmp(name, "--stack-size") == 0) {
        return mjs_options_parse_size(name, value, MJS_OPTIONS_STACK_BYTES_MIN,
                                      &options->stack_bytes);
    }
    if (strcmp(name, "--app") == 0) {
        options->app = value;
        return mjs_runs_app_valid(value) ||
               fail("an app's id is 1 to 64 of a-z, 0-9 and _, as in its app.yaml; not", value);
    }
    return parse_time(value, &options->time_limit_ms);
}

static bool takes_value(const char *name) {
    return strcmp(name, "--mic") == 0 || strcmp(name, "--memory-limit") == 0 ||
           strcmp(name, "--stack-size") == 0 || strcmp(name, "--timeout") == 0 ||
           strcmp(name, "--app") == 0;
}

static bool parse_build(struct mjs_options *options, int argc, char **argv) {
    options->command = MJS_COMMAND_BUILD;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "-o") == 0) {
            if (i + 1 >= argc || options->output) {
                return fail("build needs one -o <file.js|.jsc>", argv[i]);
            }
            options->output = argv[++i];
        } else if (argv[i][0] == '-' && argv[i][1]) {
            return fail("unknown option of build", argv[i]);
        } else if (options->script) {
            return fail("build takes one script", argv[i]);
        } else {
            options->script = argv[i];
        }
    }
    if (!options->script || !options->output) {
        return fail("usage", "maixjs build <script> -o <file.js|.jsc>");
    }
    return true;
}

// A common slip: our own options behind the script would silently be the script's.
static bool check_script_args(const struct mjs_options *options) {
    for (int i = 0; i < options->arg_count && strcmp(options->args[i], "--") != 0; i++) {
        const char *arg = options->args[i];
        if (strcmp(arg, "--device") == 0 || strncmp(arg, "--device=", 9) == 0 ||
            strcmp(arg, "--mic") == 0 || strncmp(arg, "--mic=", 6) == 0) {
            mjs_js_warn("options stand before the script: maixjs --mic <device> %s (or put -- "
                        "before the script's own %s)",
                        options->script, arg);
            return false;
        }
    }
    return true;
}

static bool is_env(const char *text) {
    size_t name = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    return name > 0 && text[name] == '=' && (text[0] < '0' || text[0] > '9');
}

// One of the options behind `- --control`; the number of bytes is the first.
static bool parse_control_option(struct mjs_options *options, const char *name, char *value) {
    if (!value) {
        return fail("this option needs a value", name);
    }
    if (strcmp(name, "--control") == 0 && options->bundle_bytes == 0) {
        char *end;
        errno = 0;
        options->bundle_bytes = strtoll(value, &end, 10);
        if (end == value || *end || errno || options->bundle_bytes < 1 ||
            options->bundle_bytes > MJS_CONTROL_BUNDLE_BYTES_MAX) {
            return fail("--control takes the bundle's length in bytes, at most 64 MiB", value);
        }
        return true;
    }
    if (strcmp(name, "--cwd") == 0 && *value) {
        options->cwd = value;
        return true;
    }
    if (strcmp(name, "--name") == 0 && mjs_runs_name_valid(value)) {
        options->name = value;
        return true;
    }
    if (strcmp(name, "--env") == 0 && is_env(value)) {
        options->env[options->env_count++] = value;
        return true;
    }
    return fail("--control: an option or a value that it does not take", name);
}

// What stands behind `-` where the first of it is --control.
static bool parse_control(struct mjs_options *options, int argc, char **argv) {
    options->env = argv; // in the places of what was looked at already
    for (int i = 0; i < argc; i += 2) {
        if (strcmp(argv[i], "--") == 0) {
            options->arg_count = argc - i - 1;
            options->args = argv + i + 1;
            break;
        }
        if (!parse_control_option(options, argv[i], i + 1 < argc ? argv[i + 1] : NULL)) {
            return false;
        }
    }
    return !options->app || fail("--app is for a script on this machine", "not with --control");
}

static bool is_help(const char *arg) {
    return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

// Those whose help is the page; `wav` has one of its own.
static bool is_command(const char *word) {
    static const char *const words[] = {"build", "cache", "devices", "stop", "logs"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

// The first argument that is no option: a command, or a script.
static bool parse_word(struct mjs_options *options, int argc, char **argv) {
    const char *word = argv[0];
    if (argc == 2 && is_help(argv[1]) && is_command(word)) {
        options->command = MJS_COMMAND_HELP;
        return true;
    }
    if (strcmp(word, "build") == 0) {
        return parse_build(options, argc - 1, argv + 1);
    }
    if (strcmp(word, "cache") == 0) {
        options->command = MJS_COMMAND_CACHE_CLEAR;
        return argc == 2 && strcmp(argv[1], "clear") == 0 ? true
                                                          : fail("usage", "maixjs cache clear");
    }
    if (strcmp(word, "devices") == 0) {
        options->command = MJS_COMMAND_DEVICES;
        options->json = argc == 2 && strcmp(argv[1], "--json") == 0;
        return argc == 1 || options->json ? true : fail("usage", "maixjs devices [--json]");
    }
    if (strcmp(word, "wav") == 0) {
        options->command = MJS_COMMAND_WAV;
        options->arg_count = argc - 1;
        options->args = argv + 1;
        return true;
    }
    if (strcmp(word, "stop") == 0) {
        options->command = MJS_COMMAND_STOP;
        return argc == 1 || fail("usage", "maixjs stop");
    }
    if (strcmp(word, "logs") == 0) {
        options->command = MJS_COMMAND_LOGS;
        options->follow = argc == 2 && strcmp(argv[1], "-f") == 0;
        return argc == 1 || options->follow || fail("usage", "maixjs logs [-f]");
    }
    options->command = strcmp(word, "-") == 0 ? MJS_COMMAND_STDIN : MJS_COMMAND_RUN;
    options->script = word;
    options->name = word;
    if (options->command == MJS_COMMAND_STDIN && argc > 1 && strcmp(argv[1], "--control") == 0) {
        return parse_control(options, argc - 1, argv + 1);
    }
    options->arg_count = argc - 1;
    options->args = argv + 1;
    return check_script_args(options);
}

static bool parse_eval(struct mjs_options *options, int argc, char **argv) {
    if (argc < 2) {
        return fail("this option needs code", argv[0]);
    }
    options->command = MJS_COMMAND_EVAL;
    options->script = argv[1];
    options->arg_count = argc - 2;
    options->args = argv + 2;
    return true;
}

bool mjs_options_parse(struct mjs_options *options, int argc, char **argv) {
    *options = (struct mjs_options){.command = MJS_COMMAND_NONE};
    for (int i = 1; i < argc; i++) {
        char *arg = argv[i];
        if (arg[0] != '-' || !arg[1]) {
            return parse_word(options, argc - i, argv + i);
        }
        if (strcmp(arg, "-e") == 0 || strcmp(arg, "--eval") == 0) {
            return parse_eval(options, argc - i, argv + i);
        }
        if (is_help(arg)) {
            options->command = MJS_COMMAND_HELP;
            return true;
        }
        if (strcmp(arg, "--version") == 0 || strcmp(arg, "-v") == 0) {
            options->command = MJS_COMMAND_VERSION;
            return true;
        }
        if (strcmp(arg, "--no-cache") == 0) {
            options->no_cache = true;
            continue;
        }
        char *equals = strchr(arg, '=');
        const char *value = equals ? equals + 1 : i + 1 < argc ? argv[i + 1] : NULL;
        if (equals) {
            *equals = '\0';
        }
        if (!takes_value(arg)) {
            return fail("unknown option", arg);
        }
        if (!parse_valued(options, arg, value)) {
            return false;
        }
        i += equals ? 0 : 1;
    }
    if (options->app) {
        return fail("a script is missing", "--app stands before it");
    }
    if (!mjs_repl_possible() && (options->mic || options->no_cache || options->time_limit_ms ||
                                 options->stack_bytes || options->memory_limit_bytes)) {
        return fail("a script is missing", "options stand before it");
    }
    return true;
}

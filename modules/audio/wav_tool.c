// SPDX-License-Identifier: MIT
// The command `maixjs wav info|check|repair`: arguments and answers. Writing is in
// wav_tool_write.c.
#include "wav_tool.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "json_text.h"
#include "wav_file.h"
#include "wav_tool_write.h"
#include "wav_words.h"

static const char help[] =
    "maixjs wav info <file> [--json]      what a WAV file is, and its chunks\n"
    "maixjs wav check <file> [--json]     what is wrong with it, if anything\n"
    "maixjs wav repair <file> [-o <new file> | --in-place] [--json]\n"
    "                                     writes <name>-repaired.wav beside it\n"
    "\n"
    "RIFF, RIFX, RF64, BW64 and WAVE_FORMAT_EXTENSIBLE, in whatever state. Repair leaves out no\n"
    "frame that is there and replaces no file; with --in-place it writes only the wrong fields\n"
    "where that suffices, else a new file in the old one's place. A good file is left as it is.\n"
    "\n"
    "Examples:\n"
    "  maixjs wav check take.wav             after a power cut\n"
    "  maixjs wav repair take.wav            gives take-repaired.wav\n"
    "  maixjs wav info take.wav --json\n"
    "\n"
    "Exit status: 0 good (repair: now it is); 1 something is wrong; 2 wrong usage; 3 the file\n"
    "cannot be read or written.\n";

enum action { ACTION_INFO, ACTION_CHECK, ACTION_REPAIR, ACTION_COUNT };

struct arguments {
    enum action action;
    const char *path;
    const char *output; // -o; null: not given
    bool in_place;
    bool json;
};

static enum mjs_wav_tool_status fail_usage(struct mjs_buffer *err, const char *text,
                                           const char *what) {
    (void)mjs_buffer_printf(err, "wav: %s%s%s (see maixjs wav --help)", text,
                            what != NULL ? ": " : "", what != NULL ? what : "");
    return MJS_WAV_TOOL_USAGE;
}

// One argument behind the action. Null: it is fine, else what is wrong with it.
static const char *take_argument(struct arguments *arguments, int argc, char **argv, int *i,
                                 bool *only_files) {
    const char *arg = argv[*i];
    bool is_option = !*only_files && arg[0] == '-' && arg[1] != '\0';
    if (!is_option && arguments->path != NULL)
        return "one file at a time";
    if (!is_option)
        arguments->path = arg;
    else if (strcmp(arg, "--") == 0)
        *only_files = true;
    else if (strcmp(arg, "--json") == 0)
        arguments->json = true;
    else if (strcmp(arg, "--in-place") == 0)
        arguments->in_place = true;
    else if (strcmp(arg, "-o") != 0)
        return "unknown option";
    else if (arguments->output != NULL || *i + 1 >= argc || argv[*i + 1][0] == '\0')
        return "this option needs one file";
    else
        arguments->output = argv[++*i];
    return NULL;
}

// MJS_WAV_TOOL_GOOD, or why not.
static enum mjs_wav_tool_status parse(struct arguments *arguments, int argc, char **argv,
                                      struct mjs_buffer *err) {
    static const char *const actions[ACTION_COUNT] = {"info", "check", "repair"};
    int action = 0;
    if (argc == 0)
        return fail_usage(err, "say info, check or repair", NULL);
    while (action < ACTION_COUNT && strcmp(argv[0], actions[action]) != 0)
        action++;
    if (action == ACTION_COUNT)
        return fail_usage(err, "say info, check or repair, not", argv[0]);
    *arguments = (struct arguments){.action = (enum action)action};
    bool only_files = false;
    for (int i = 1; i < argc; i++) {
        const char *wrong = take_argument(arguments, argc, argv, &i, &only_files);
        if (wrong != NULL)
            return fail_usage(err, wrong, argv[i]);
    }
    if (arguments->path == NULL)
        return fail_usage(err, "a file is missing", NULL);
    if (action != ACTION_REPAIR && (arguments->output != NULL || arguments->in_place))
        return fail_usage(err, "only repair writes", arguments->in_place ? "--in-place" : "-o");
    if (arguments->output != NULL && arguments->in_place)
        return fail_usage(err, "either -o or --in-place", NULL);
    return MJS_WAV_TOOL_GOOD;
}

// ---- Answers ----

static void put_format(struct mjs_buffer *out, const struct mjs_wav_info *info) {
    if (info->container != MJS_WAV_NONE)
        mjs_wav_words_format(out, info);
    else
        (void)mjs_buffer_append_text(out, "no WAVE file");
}

static void put_count(struct mjs_buffer *out, const struct mjs_wav_info *info) {
    size_t count = info->problems_count + info->problems_omitted;
    if (count == 0)
        (void)mjs_buffer_append_text(out, "good");
    else
        (void)mjs_buffer_printf(out, "%zu thing%s wrong", count, count == 1 ? " is" : "s are");
}

static mjs_result put_chunks(struct mjs_buffer *out, const struct mjs_wav_source *source,
                             const struct mjs_wav_info *info, struct mjs_error *error) {
    struct mjs_wav_chunk chunk;
    bool found = true;
    for (uint64_t at = 0; found;) {
        mjs_result result = mjs_wav_read_chunk(source, info, &at, &chunk, &found, error);
        if (result != MJS_OK)
            return result;
        if (found)
            (void)mjs_buffer_printf(out,
                                    "  chunk \"%.4s\" at byte %" PRIu64 ": %" PRIu64 " bytes\n",
                                    (const char *)chunk.id, chunk.offset, chunk.bytes);
    }
    return MJS_OK;
}

static mjs_result answer_info(const struct arguments *arguments,
                              const struct mjs_wav_source *source, const struct mjs_wav_info *info,
                              struct mjs_buffer *out, struct mjs_error *error) {
    (void)mjs_buffer_printf(out, "%s: ", arguments->path);
    put_format(out, info);
    (void)mjs_buffer_append_text(out, "\n");
    mjs_result result = put_chunks(out, source, info, error);
    (void)mjs_buffer_append_text(out, "  ");
    put_count(out, info);
    (void)mjs_buffer_append_text(out, info->problems_count > 0 ? ": see maixjs wav check\n" : "\n");
    return result;
}

static void answer_check(const struct arguments *arguments, const struct mjs_wav_info *info,
                         struct mjs_buffer *out) {
    (void)mjs_buffer_printf(out, "%s: ", arguments->path);
    put_count(out, info);
    (void)mjs_buffer_append_text(out, "; ");
    put_format(out, info);
    (void)mjs_buffer_append_text(out, "\n");
    mjs_wav_words_problems(out, info);
}

static void answer_repair(const struct arguments *arguments, const struct mjs_wav_info *before,
                          const struct mjs_wav_repaired *repaired, struct mjs_buffer *out) {
    switch (repaired->how) {
    case MJS_WAV_REPAIR_NONE:
        (void)mjs_buffer_printf(out, "%s: good, nothing to repair\n", arguments->path);
        return;
    case MJS_WAV_REPAIR_IMPOSSIBLE:
        (void)mjs_buffer_printf(out, "%s: cannot be repaired, nothing was changed\n",
                                arguments->path);
        mjs_wav_words_problems(out, before);
        return;
    case MJS_WAV_REPAIR_PATCH:
        (void)mjs_buffer_printf(out, "repaired %s in place: ", arguments->path);
        break;
    case MJS_WAV_REPAIR_COPY:
        (void)mjs_buffer_printf(out, "wrote %s: ", repaired->path);
        break;
    }
    mjs_wav_words_format(out, &repaired->info);
    (void)mjs_buffer_append_text(out, "\n");
}

static void put_repaired(struct mjs_buffer *out, const struct mjs_wav_repaired *repaired) {
    bool fields = repaired->how == MJS_WAV_REPAIR_PATCH;
    (void)mjs_buffer_append_text(out, ",\"repaired\":");
    if (!fields && repaired->how != MJS_WAV_REPAIR_COPY) {
        (void)mjs_buffer_append_text(out, "null");
        return;
    }
    (void)mjs_buffer_append_text(out, "{\"path\":");
    (void)mjs_json_text_string(out, repaired->path);
    (void)mjs_buffer_printf(out, ",\"frames\":%" PRIu64 ",\"fieldsOnly\":%s}",
                            repaired->info.frames, fields ? "true" : "false");
}

// ---- The command ----

// The answer about a file, which repair changes after it is described.
static mjs_result answer(const struct arguments *arguments, struct mjs_wav_file *file,
                         const struct mjs_wav_info *info, struct mjs_buffer *out, bool *good,
                         struct mjs_error *error) {
    struct mjs_wav_repaired repaired = {.how = MJS_WAV_REPAIR_NONE};
    mjs_result result = MJS_OK;
    *good = info->problems_count == 0;
    if (arguments->json) {
        (void)mjs_buffer_append_text(out, "{");
        result = mjs_wav_words_json(out, arguments->path, &file->source, info, error);
    } else if (arguments->action == ACTION_INFO) {
        result = answer_info(arguments, &file->source, info, out, error);
    } else if (arguments->action == ACTION_CHECK) {
        answer_check(arguments, info, out);
    }
    if (result == MJS_OK && arguments->action == ACTION_REPAIR) {
        const struct mjs_wav_tool_place place = {arguments->path, arguments->output,
                                                 arguments->in_place};
        result = mjs_wav_tool_write(&place, file, info, &repaired, error);
        *good = repaired.how != MJS_WAV_REPAIR_IMPOSSIBLE;
        if (result == MJS_OK && arguments->json)
            put_repaired(out, &repaired);
        else if (result == MJS_OK)
            answer_repair(arguments, info, &repaired, out);
    }
    if (arguments->json)
        (void)mjs_buffer_append_text(out, "}\n");
    return result;
}

enum mjs_wav_tool_status mjs_wav_tool_run(int argc, char **argv, struct mjs_buffer *out,
                                          struct mjs_buffer *err) {
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            (void)mjs_buffer_append_text(out, help);
            return MJS_WAV_TOOL_GOOD;
        }
    }
    struct arguments arguments;
    enum mjs_wav_tool_status status = parse(&arguments, argc, argv, err);
    if (status != MJS_WAV_TOOL_GOOD)
        return status;
    struct mjs_wav_file file;
    struct mjs_wav_info info;
    struct mjs_error error;
    bool good = false;
    bool patches = arguments.action == ACTION_REPAIR && arguments.in_place;
    mjs_result result =
        mjs_wav_file_open(&file, arguments.path, patches ? O_RDWR : O_RDONLY, &error);
    if (result == MJS_OK) {
        result = mjs_wav_read_info(&file.source, &info, &error);
        if (result == MJS_OK)
            result = answer(&arguments, &file, &info, out, &good, &error);
        mjs_wav_file_close(&file);
    }
    if (result == MJS_OK && out->failed)
        result = mjs_result_fail(&error, MJS_ENOMEM, "no memory for the answer");
    if (result == MJS_OK)
        return good ? MJS_WAV_TOOL_GOOD : MJS_WAV_TOOL_WRONG;
    mjs_buffer_free(out); // a part of an answer is none
    (void)mjs_buffer_append_text(err, error.message);
    return MJS_WAV_TOOL_FAILED;
}

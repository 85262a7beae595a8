// SPDX-License-Identifier: MIT
// What the parser found, in words and as JSON.
#include "wav_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json_text.h"

// {at}, {found}, {expected} and {id} are the problem's.
struct words {
    const char *code; // of --json; stable
    const char *what;
    const char *means;
    const char *repair; // null: nothing can be done
};

static const char readers_refuse[] = "no program can read it";
static const char writes_expected[] = "writes {expected} there";
static const char leaves_out[] = "leaves them out";
static const char writes_size[] = "writes the size of the whole frames that are there";

static const struct words words_of[MJS_WAV_FAULT_COUNT] = {
    [MJS_WAV_NOT_WAVE] = {"not-wave",
                          "it does not begin as a WAVE file does (RIFF, RIFX, RF64 or BW64; WAVE)",
                          readers_refuse, NULL},
    [MJS_WAV_EMPTY_HEAD] = {"empty-head",
                            "there are zeros where the header should be: it never reached the disk",
                            readers_refuse, NULL},
    [MJS_WAV_CHAIN_BROKEN] = {"chain-broken",
                              "no chunk begins at byte {at}; the next one ({id}) is {found} bytes "
                              "behind",
                              "most readers find no sound", "leaves those bytes out"},
    [MJS_WAV_TOO_MANY_CHUNKS] = {"too-many-chunks", "there are more than 4096 chunks",
                                 "readers may give up", "leaves out those from byte {at} on"},
    [MJS_WAV_FMT_MISSING] = {"fmt-missing",
                             "there is no fmt chunk: rate, channels and format are not known",
                             readers_refuse, NULL},
    [MJS_WAV_FMT_SHORT] = {"fmt-short",
                           "the fmt chunk at byte {at} has {found} bytes and needs {expected}",
                           readers_refuse, "takes another fmt chunk"},
    [MJS_WAV_FMT_NONSENSE] = {"fmt-value", "the fmt chunk says {found} at byte {at}",
                              readers_refuse, "takes another fmt chunk"},
    [MJS_WAV_FMT_BLOCK_ALIGN] = {"block-align",
                                 "the bytes of a frame, at byte {at}, are {found}; channels and "
                                 "bits make {expected}",
                                 "readers play noise, or refuse the file", writes_expected},
    [MJS_WAV_FMT_BYTE_RATE] = {"byte-rate",
                               "the bytes of a second, at byte {at}, are {found}; rate and frame "
                               "make {expected}",
                               "some readers show a wrong length", writes_expected},
    [MJS_WAV_FMT_TWICE] = {"fmt-twice", "there is a second fmt chunk, at byte {at}",
                           "readers differ in which one they take",
                           "keeps the first one that makes sense"},
    [MJS_WAV_DATA_MISSING] = {"data-missing", "there is no data chunk, and so no sound",
                              readers_refuse, NULL},
    [MJS_WAV_DATA_BEFORE_FMT] = {"order", "the sound, at byte {at}, stands before the fmt chunk",
                                 "many readers refuse the file", "puts the fmt chunk first"},
    [MJS_WAV_DATA_TWICE] = {"data-twice", "there is a second data chunk, at byte {at}",
                            "readers play only one of them", "joins them"},
    [MJS_WAV_DATA_UNSET] = {"size-unset",
                            "the sound's size, at byte {at}, was never filled in: it says {found}, "
                            "and {expected} bytes are there",
                            "readers see no sound, or no end", writes_size},
    [MJS_WAV_DATA_STALE] = {"size-stale",
                            "the sound's size, at byte {at}, is {found} bytes, and {expected} are "
                            "there",
                            "readers lose the end", writes_size},
    [MJS_WAV_DATA_CUT] = {"cut",
                          "the sound's size, at byte {at}, is {found} bytes, but only {expected} "
                          "are there: the file is cut, as after a power cut",
                          "readers play what is there, or refuse the file", writes_size},
    [MJS_WAV_DATA_PART_FRAME] = {"part-frame",
                                 "of the last frame, at byte {at}, only {found} of {expected} "
                                 "bytes are there",
                                 "readers leave it out, or refuse the file", "leaves it out"},
    [MJS_WAV_CHUNK_CUT] = {"chunk-cut",
                           "of the chunk {id}, at byte {at}, only {found} of {expected} bytes are "
                           "there",
                           "readers that look at it may fail", "keeps what is there"},
    [MJS_WAV_PAD_MISSING] = {"pad-missing",
                             "the pad byte behind the chunk {id}, at byte {at}, is missing",
                             "readers may miss what follows", "adds it"},
    [MJS_WAV_RIFF_SIZE] = {"riff-size",
                           "the size of the whole, at byte {at}, is {found}; it should be "
                           "{expected}",
                           "strict readers cut or refuse the file",
                           "writes the right one (beyond 4 GiB as RF64)"},
    [MJS_WAV_DS64_MISSING] = {"ds64-missing", "the ds64 chunk, which has the sizes, is missing",
                              "readers refuse the file, or see no end",
                              "writes all sizes as they are"},
    [MJS_WAV_DS64_SHORT] = {"ds64-short",
                            "the ds64 chunk has {found} bytes and should have {expected}",
                            "libsndfile refuses the file", "makes it whole"},
    [MJS_WAV_DS64_FRAMES] = {"ds64-frames",
                             "the frame count, at byte {at}, is {found}, and {expected} are there",
                             "some readers show a wrong length", writes_expected},
    [MJS_WAV_FACT] = {"fact", "the frame count, at byte {at}, is {found}, and {expected} are there",
                      "some readers show a wrong length", writes_expected},
    [MJS_WAV_TRAILING] = {"trailing",
                          "{found} bytes behind the last chunk, at byte {at}, belong to nothing",
                          "readers ignore them", leaves_out},
};

const char *mjs_wav_words_codec(uint32_t codec) {
    static const struct {
        uint32_t codec;
        const char *name;
    } names[] = {{MJS_WAV_CODEC_PCM, "PCM"},
                 {2, "MS ADPCM"},
                 {MJS_WAV_CODEC_FLOAT, "float"},
                 {MJS_WAV_CODEC_ALAW, "A-law"},
                 {0x11, "IMA ADPCM"},
                 {MJS_WAV_CODEC_MULAW, "mu-law"},
                 {0x31, "GSM 6.10"},
                 {0x55, "MP3"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].codec == codec)
            return names[i].name;
    }
    return NULL;
}

// Chunk names are printable, or they would be none.
static void put_id(struct mjs_buffer *text, const uint8_t *id) {
    char name[5] = {0};
    memcpy(name, id, 4);
    size_t bytes = 4;
    while (bytes > 0 && (name[bytes - 1] == ' ' || name[bytes - 1] == '\0'))
        name[--bytes] = '\0';
    (void)mjs_buffer_append_text(text, name);
}

static void expand(struct mjs_buffer *text, const char *words,
                   const struct mjs_wav_problem *problem) {
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"{at}", problem->offset}, {"{found}", problem->found}, {"{expected}", problem->expected}};
    while (*words != '\0') {
        size_t bytes = strcspn(words, "{");
        (void)mjs_buffer_append(text, words, bytes);
        words += bytes;
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            size_t length = strlen(numbers[i].name);
            if (strncmp(words, numbers[i].name, length) == 0) {
                (void)mjs_buffer_printf(text, "%" PRIu64, numbers[i].value);
                words += length;
            }
        }
        if (strncmp(words, "{id}", 4) == 0) {
            put_id(text, problem->id);
            words += 4;
        }
    }
}

// Null: all can be repaired.
static const char *obstacle(const struct mjs_wav_info *info) {
    struct mjs_wav_plan plan;
    mjs_wav_repair_plan(info, &plan);
    if (plan.kind != MJS_WAV_REPAIR_IMPOSSIBLE)
        return NULL;
    if (!info->fmt.known)
        return "nothing, as the format is not known";
    return info->data.offset == 0 ? "nothing, as there is no sound"
                                  : "nothing, as a RIFX file must be smaller than 4 GiB";
}

static const char *repair_of(const struct words *words, const char *obstacle_words) {
    return obstacle_words == NULL && words->repair != NULL ? words->repair : obstacle_words;
}

void mjs_wav_words_problems(struct mjs_buffer *text, const struct mjs_wav_info *info) {
    const char *obstacle_words = obstacle(info);
    for (size_t i = 0; i < info->problems_count; i++) {
        const struct words *words = &words_of[info->problems[i].fault];
        (void)mjs_buffer_append_text(text, "- ");
        expand(text, words->what, &info->problems[i]);
        (void)mjs_buffer_append_text(text, "\n  means:  ");
        expand(text, words->means, &info->problems[i]);
        (void)mjs_buffer_append_text(text, "\n  repair: ");
        expand(text, repair_of(words, obstacle_words), &info->problems[i]);
        (void)mjs_buffer_append_text(text, "\n");
    }
    if (info->problems_omitted > 0)
        (void)mjs_buffer_printf(text, "- and %zu more\n", info->problems_omitted);
}

// ---- What it is ----

static const char *container_name(const struct mjs_wav_info *info) {
    static const char *const names[] = {[MJS_WAV_NONE] = NULL,
                                        [MJS_WAV_RIFF] = "RIFF",
                                        [MJS_WAV_RIFX] = "RIFX",
                                        [MJS_WAV_RF64] = "RF64",
                                        [MJS_WAV_BW64] = "BW64"};
    return names[info->container];
}

static bool has_frames(const struct mjs_wav_info *info) {
    return info->fmt.known && info->data.offset != 0 && mjs_wav_read_is_linear(&info->fmt);
}

void mjs_wav_words_duration(struct mjs_buffer *text, const struct mjs_wav_info *info) {
    uint64_t seconds = info->frames / info->fmt.rate_hz;
    uint64_t ms = info->frames % info->fmt.rate_hz * 1000 / info->fmt.rate_hz;
    (void)mjs_buffer_printf(text, "%" PRIu64 ":", seconds / 60);
    (void)mjs_buffer_printf(text, "%02u.%03u", (unsigned)(seconds % 60), (unsigned)ms);
}

static void put_codec(struct mjs_buffer *text, const struct mjs_wav_fmt *fmt) {
    const char *name = mjs_wav_words_codec(fmt->codec);
    if (fmt->format != MJS_FORMAT_NONE)
        (void)mjs_buffer_append_text(text, mjs_format_name(fmt->format));
    else if (name != NULL)
        (void)mjs_buffer_append_text(text, name);
    else
        (void)mjs_buffer_printf(text, "codec 0x%04X", (unsigned)fmt->codec);
    if (fmt->format == MJS_FORMAT_NONE && fmt->bits != 0)
        (void)mjs_buffer_printf(text, " of %u bits", (unsigned)fmt->bits);
}

void mjs_wav_words_format(struct mjs_buffer *text, const struct mjs_wav_info *info) {
    const struct mjs_wav_fmt *fmt = &info->fmt;
    (void)mjs_buffer_append_text(text, container_name(info));
    if (fmt->known) {
        (void)mjs_buffer_append_text(text, ", ");
        put_codec(text, fmt);
        (void)mjs_buffer_printf(text, ", %u Hz, %u channel%s", (unsigned)fmt->rate_hz,
                                (unsigned)fmt->channels, fmt->channels == 1 ? "" : "s");
    }
    if (has_frames(info)) {
        (void)mjs_buffer_printf(text, ", %" PRIu64 " frame%s (", info->frames,
                                info->frames == 1 ? "" : "s");
        mjs_wav_words_duration(text, info);
        (void)mjs_buffer_append_text(text, ")");
    } else if (info->data.offset != 0) {
        (void)mjs_buffer_printf(text, ", %" PRIu64 " bytes of sound", info->data.bytes);
    }
}

// ---- JSON ----

static void put_text(struct mjs_buffer *text, const char *key, const char *value) {
    (void)mjs_buffer_printf(text, ",\"%s\":", key);
    if (value != NULL)
        (void)mjs_json_text_string(text, value);
    else
        (void)mjs_buffer_append_text(text, "null");
}

static void put_number(struct mjs_buffer *text, const char *key, bool known, uint64_t value) {
    if (known)
        (void)mjs_buffer_printf(text, ",\"%s\":%" PRIu64, key, value);
    else
        (void)mjs_buffer_printf(text, ",\"%s\":null", key);
}

static void put_fmt(struct mjs_buffer *text, const struct mjs_wav_info *info) {
    const struct mjs_wav_fmt *fmt = &info->fmt;
    bool known = fmt->known;
    put_text(text, "format", fmt->format != MJS_FORMAT_NONE ? mjs_format_name(fmt->format) : NULL);
    put_text(text, "codec", known ? mjs_wav_words_codec(fmt->codec) : NULL);
    put_number(text, "codecTag", known, fmt->codec);
    (void)mjs_buffer_printf(text, ",\"extensible\":%s", fmt->extensible ? "true" : "false");
    put_number(text, "sampleRate", known, fmt->rate_hz);
    put_number(text, "channels", known, fmt->channels);
    put_number(text, "bits", known, fmt->bits);
    put_number(text, "validBits", known, fmt->valid_bits);
    put_number(text, "frames", has_frames(info), info->frames);
    if (has_frames(info))
        (void)mjs_buffer_printf(text, ",\"seconds\":%.6f",
                                (double)info->frames / (double)fmt->rate_hz);
    else
        (void)mjs_buffer_append_text(text, ",\"seconds\":null");
}

static mjs_result put_chunks(struct mjs_buffer *text, const struct mjs_wav_source *source,
                             const struct mjs_wav_info *info, struct mjs_error *err) {
    struct mjs_wav_chunk chunk;
    uint64_t at = 0;
    const char *separator = "";
    (void)mjs_buffer_append_text(text, ",\"chunks\":[");
    for (;;) {
        bool found = false;
        char id[5] = {0};
        mjs_result result = mjs_wav_read_chunk(source, info, &at, &chunk, &found, err);
        if (result != MJS_OK)
            return result;
        if (!found)
            break;
        memcpy(id, chunk.id, 4);
        (void)mjs_buffer_printf(text, "%s{\"id\":", separator);
        (void)mjs_json_text_string(text, id);
        put_number(text, "offset", true, chunk.offset);
        put_number(text, "bytes", true, chunk.bytes);
        (void)mjs_buffer_append_text(text, "}");
        separator = ",";
    }
    (void)mjs_buffer_append_text(text, "]");
    return MJS_OK;
}

static void put_problem_text(struct mjs_buffer *text, const char *key, const char *words,
                             const struct mjs_wav_problem *problem) {
    // No word of ours, and no chunk's name but for these, needs escaping.
    struct mjs_buffer plain = {0};
    expand(&plain, words, problem);
    put_text(text, key, plain.data != NULL ? plain.data : "");
    mjs_buffer_free(&plain);
}

static void put_problems(struct mjs_buffer *text, const struct mjs_wav_info *info) {
    const char *obstacle_words = obstacle(info);
    (void)mjs_buffer_append_text(text, ",\"problems\":[");
    for (size_t i = 0; i < info->problems_count; i++) {
        const struct mjs_wav_problem *problem = &info->problems[i];
        const struct words *words = &words_of[problem->fault];
        (void)mjs_buffer_printf(text, "%s{\"code\":\"%s\"", i > 0 ? "," : "", words->code);
        put_number(text, "offset", true, problem->offset);
        put_number(text, "found", true, problem->found);
        put_number(text, "expected", true, problem->expected);
        put_problem_text(text, "what", words->what, problem);
        put_problem_text(text, "means", words->means, problem);
        put_problem_text(text, "repair", repair_of(words, obstacle_words), problem);
        (void)mjs_buffer_append_text(text, "}");
    }
    (void)mjs_buffer_printf(text, "],\"problemsOmitted\":%zu,\"repairable\":%s",
                            info->problems_omitted, obstacle_words == NULL ? "true" : "false");
}

mjs_result mjs_wav_words_json(struct mjs_buffer *text, const char *path,
                              const struct mjs_wav_source *source, const struct mjs_wav_info *info,
                              struct mjs_error *err) {
    (void)mjs_buffer_printf(text, "\"good\":%s", info->problems_count == 0 ? "true" : "false");
    put_text(text, "path", path);
    put_text(text, "container", container_name(info));
    put_fmt(text, info);
    put_number(text, "dataOffset", info->data.offset != 0, info->data.offset);
    put_number(text, "dataBytes", info->data.offset != 0, info->data.bytes);
    put_number(text, "fileBytes", true, info->file_bytes);
    mjs_result result = put_chunks(text, source, info, err);
    if (result == MJS_OK)
        put_problems(text, info);
    return result;
}

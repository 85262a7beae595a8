// SPDX-License-Identifier: MIT
// Parses the options of a simulated device.
#include "sim_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// One "key=value"; neither end is NUL-terminated.
struct pair {
    const char *key;
    size_t key_bytes;
    const char *value;
    size_t value_bytes;
};

static bool text_is(const char *text, size_t bytes, const char *word) {
    return strlen(word) == bytes && memcmp(text, word, bytes) == 0;
}

static mjs_result fail_value(const struct pair *pair, const char *expected, struct mjs_error *err) {
    return mjs_result_fail(err, MJS_EINVAL, "sim: %.*s=%.*s: expected %s", (int)pair->key_bytes,
                           pair->key, (int)(pair->value_bytes < 80 ? pair->value_bytes : 80),
                           pair->value, expected);
}

static bool parse_whole(const char *text, size_t bytes, uint64_t max, uint64_t *value_out) {
    uint64_t value = 0;
    if (bytes == 0)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *value_out = value;
    return true;
}

static mjs_result set_whole(const struct pair *pair, uint64_t min, uint64_t max, uint64_t *value,
                            struct mjs_error *err) {
    if (!parse_whole(pair->value, pair->value_bytes, max, value) || *value < min) {
        char expected[80];
        (void)snprintf(expected, sizeof expected, "a whole number from %llu to %llu",
                       (unsigned long long)min, (unsigned long long)max);
        return fail_value(pair, expected, err);
    }
    return MJS_OK;
}

static mjs_result set_real(const struct pair *pair, double min, double max, const char *expected,
                           double *value_out, struct mjs_error *err) {
    char text[32];
    if (pair->value_bytes == 0 || pair->value_bytes >= sizeof text)
        return fail_value(pair, expected, err);
    (void)memcpy(text, pair->value, pair->value_bytes);
    text[pair->value_bytes] = '\0';
    // strtod also takes "nan", "inf" and hexadecimal: not meant here.
    if (strspn(text, "0123456789.+-eE") != pair->value_bytes)
        return fail_value(pair, expected, err);
    char *end = NULL;
    double value = strtod(text, &end);
    if (*end != '\0' || !(value >= min) || !(value <= max))
        return fail_value(pair, expected, err);
    *value_out = value;
    return MJS_OK;
}

static mjs_result set_hz(struct mjs_sim_options *options, const struct pair *pair,
                         struct mjs_error *err) {
    return set_real(pair, 0.001, MJS_SIM_HZ_MAX, "a frequency from 0.001 to 192000",
                    &options->tone_hz, err);
}

static mjs_result set_dbfs(struct mjs_sim_options *options, const struct pair *pair,
                           struct mjs_error *err) {
    return set_real(pair, MJS_SIM_DBFS_MIN, 0.0, "a level from -200 to 0", &options->tone_dbfs,
                    err);
}

static mjs_result set_end(struct mjs_sim_options *options, const struct pair *pair,
                          struct mjs_error *err) {
    static const char *const names[] = {"silence", "loop", "unplug"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (text_is(pair->value, pair->value_bytes, names[i])) {
            options->file_end = (enum mjs_sim_end)i;
            return MJS_OK;
        }
    }
    return fail_value(pair, "silence, loop or unplug", err);
}

static mjs_result set_path(struct mjs_sim_options *options, const struct pair *pair,
                           struct mjs_error *err) {
    if (pair->value_bytes == 0 || pair->value_bytes >= sizeof options->file_path)
        return fail_value(pair, "the path of a WAV file", err);
    (void)memcpy(options->file_path, pair->value, pair->value_bytes);
    options->file_path[pair->value_bytes] = '\0';
    return MJS_OK;
}

static mjs_result set_rate(struct mjs_sim_options *options, const struct pair *pair,
                           struct mjs_error *err) {
    uint64_t value = 0;
    mjs_result result = set_whole(pair, MJS_RATE_MIN_HZ, MJS_RATE_MAX_HZ, &value, err);
    options->rate_hz = (uint32_t)value;
    return result;
}

static mjs_result set_channels(struct mjs_sim_options *options, const struct pair *pair,
                               struct mjs_error *err) {
    uint64_t value = 0;
    mjs_result result = set_whole(pair, 1, MJS_CHANNELS_MAX, &value, err);
    options->channels = (uint32_t)value;
    return result;
}

static mjs_result set_format(struct mjs_sim_options *options, const struct pair *pair,
                             struct mjs_error *err) {
    options->format = mjs_format_from_name(pair->value, pair->value_bytes);
    if (options->format == MJS_FORMAT_NONE)
        return fail_value(pair, "a format such as S16_LE, S32_LE, S24_3LE, U8 or F32_LE", err);
    return MJS_OK;
}

static mjs_result set_pace(struct mjs_sim_options *options, const struct pair *pair,
                           struct mjs_error *err) {
    options->fast = text_is(pair->value, pair->value_bytes, "fast");
    if (!options->fast && !text_is(pair->value, pair->value_bytes, "real"))
        return fail_value(pair, "real or fast", err);
    return MJS_OK;
}

static mjs_result set_seed(struct mjs_sim_options *options, const struct pair *pair,
                           struct mjs_error *err) {
    return set_whole(pair, 0, MJS_SIM_SEED_MAX, &options->seed, err);
}

// Inserts behind all faults of the same or an earlier frame, so that the list stays sorted and
// equal frames keep the order in which they were given.
static mjs_result add_fault(struct mjs_sim_options *options, const struct mjs_sim_fault *fault,
                            struct mjs_error *err) {
    if (options->faults_count == MJS_SIM_FAULTS_MAX)
        return mjs_result_fail(err, MJS_EINVAL, "sim: more than %d faults", MJS_SIM_FAULTS_MAX);
    size_t at = options->faults_count;
    while (at > 0 && options->faults[at - 1].frame > fault->frame) {
        options->faults[at] = options->faults[at - 1];
        at--;
    }
    options->faults[at] = *fault;
    options->faults_count++;
    return MJS_OK;
}

static mjs_result set_fault_at(struct mjs_sim_options *options, const struct pair *pair,
                               enum mjs_sim_fault_kind kind, struct mjs_error *err) {
    struct mjs_sim_fault fault = {.kind = kind};
    if (!parse_whole(pair->value, pair->value_bytes, MJS_SIM_FRAME_MAX, &fault.frame))
        return fail_value(pair, "a frame index", err);
    return add_fault(options, &fault, err);
}

static mjs_result set_fault_pair(struct mjs_sim_options *options, const struct pair *pair,
                                 enum mjs_sim_fault_kind kind, uint64_t amount_max,
                                 const char *expected, struct mjs_error *err) {
    struct mjs_sim_fault fault = {.kind = kind};
    const char *colon = memchr(pair->value, ':', pair->value_bytes);
    if (colon == NULL)
        return fail_value(pair, expected, err);
    size_t frame_bytes = (size_t)(colon - pair->value);
    if (!parse_whole(pair->value, frame_bytes, MJS_SIM_FRAME_MAX, &fault.frame) ||
        !parse_whole(colon + 1, pair->value_bytes - frame_bytes - 1, amount_max, &fault.amount) ||
        fault.amount == 0) {
        return fail_value(pair, expected, err);
    }
    return add_fault(options, &fault, err);
}

static mjs_result set_xrun(struct mjs_sim_options *options, const struct pair *pair,
                           struct mjs_error *err) {
    return set_fault_pair(options, pair, MJS_SIM_XRUN, MJS_SIM_LOST_FRAMES_MAX, "<frame>:<lost>",
                          err);
}

static mjs_result set_stall(struct mjs_sim_options *options, const struct pair *pair,
                            struct mjs_error *err) {
    return set_fault_pair(options, pair, MJS_SIM_STALL, MJS_SIM_STALL_MS_MAX, "<frame>:<ms>", err);
}

static mjs_result set_unplug(struct mjs_sim_options *options, const struct pair *pair,
                             struct mjs_error *err) {
    // With a time it comes back.
    if (memchr(pair->value, ':', pair->value_bytes) != NULL)
        return set_fault_pair(options, pair, MJS_SIM_UNPLUG, MJS_SIM_AWAY_MS_MAX, "<frame>:<ms>",
                              err);
    return set_fault_at(options, pair, MJS_SIM_UNPLUG, err);
}

static mjs_result set_suspend(struct mjs_sim_options *options, const struct pair *pair,
                              struct mjs_error *err) {
    return set_fault_at(options, pair, MJS_SIM_SUSPEND, err);
}

#define FOR_TONE (1u << MJS_SIM_TONE)
#define FOR_FILE (1u << MJS_SIM_FILE)
#define FOR_ALL (FOR_TONE | FOR_FILE | 1u << MJS_SIM_RAMP)

static const struct key {
    const char *name;
    unsigned kinds; // the kinds of sound that know it
    bool repeatable;
    mjs_result (*set)(struct mjs_sim_options *options, const struct pair *pair,
                      struct mjs_error *err);
} keys[] = {
    {"hz", FOR_TONE, false, set_hz},
    {"dbfs", FOR_TONE, false, set_dbfs},
    {"end", FOR_FILE, false, set_end},
    {"path", FOR_FILE, false, set_path},
    {"rate", FOR_ALL, false, set_rate},
    {"channels", FOR_ALL, false, set_channels},
    {"format", FOR_ALL, false, set_format},
    {"pace", FOR_ALL, false, set_pace},
    {"seed", FOR_ALL, false, set_seed},
    {"xrun_at", FOR_ALL, true, set_xrun},
    {"stall_at", FOR_ALL, true, set_stall},
    {"unplug_at", FOR_ALL, true, set_unplug},
    {"suspend_at", FOR_ALL, true, set_suspend},
};
#define KEYS_COUNT (sizeof keys / sizeof keys[0])

static mjs_result parse_pair(struct mjs_sim_options *options, const struct pair *pair,
                             unsigned *seen, struct mjs_error *err) {
    for (size_t i = 0; i < KEYS_COUNT; i++) {
        if (!text_is(pair->key, pair->key_bytes, keys[i].name) ||
            (keys[i].kinds & 1u << options->kind) == 0) {
            continue;
        }
        if ((*seen & 1u << i) != 0 && !keys[i].repeatable)
            return mjs_result_fail(err, MJS_EINVAL, "sim: %s is given twice", keys[i].name);
        *seen |= 1u << i;
        return keys[i].set(options, pair, err);
    }
    return mjs_result_fail(err, MJS_EINVAL,
                           "sim: unknown key \"%.*s\"; there are %srate, channels, format, pace, "
                           "seed, xrun_at, stall_at, unplug_at, suspend_at",
                           (int)(pair->key_bytes < 80 ? pair->key_bytes : 80), pair->key,
                           options->kind == MJS_SIM_TONE   ? "hz, dbfs, "
                           : options->kind == MJS_SIM_FILE ? "end, path, "
                                                           : "");
}

static mjs_result parse_kind(struct mjs_sim_options *options, const char *text, size_t bytes,
                             struct mjs_error *err) {
    static const char *const names[] = {"tone", "ramp", "file"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (text_is(text, bytes, names[i])) {
            options->kind = (enum mjs_sim_kind)i;
            return MJS_OK;
        }
    }
    return mjs_result_fail(err, MJS_EINVAL, "sim:%.*s: there is only sim:tone, sim:ramp, sim:file",
                           (int)(bytes < 80 ? bytes : 80), text);
}

mjs_result mjs_sim_options_parse(struct mjs_sim_options *options, const char *text,
                                 struct mjs_error *err) {
    (void)memset(options, 0, sizeof *options);
    options->tone_hz = 440.0;
    options->tone_dbfs = -12.0;
    size_t kind_bytes = strcspn(text, ",");
    mjs_result result = parse_kind(options, text, kind_bytes, err);
    unsigned seen = 0;
    const char *rest = text + kind_bytes;
    while (result == MJS_OK && *rest == ',') {
        struct pair pair = {.key = rest + 1};
        pair.key_bytes = strcspn(pair.key, "=,");
        if (pair.key[pair.key_bytes] != '=') {
            return mjs_result_fail(err, MJS_EINVAL, "sim: \"%.*s\" is no key=value",
                                   (int)(pair.key_bytes < 80 ? pair.key_bytes : 80), pair.key);
        }
        pair.value = pair.key + pair.key_bytes + 1;
        // A path may contain commas: it is all the rest.
        bool is_path = text_is(pair.key, pair.key_bytes, "path");
        pair.value_bytes = is_path ? strlen(pair.value) : strcspn(pair.value, ",");
        rest = pair.value + pair.value_bytes;
        result = parse_pair(options, &pair, &seen, err);
    }
    if (result == MJS_OK && options->kind == MJS_SIM_FILE && options->file_path[0] == '\0')
        return mjs_result_fail(err, MJS_EINVAL, "sim:file needs path=<wav file> as its last key");
    return result;
}

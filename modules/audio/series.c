// SPDX-License-Identifier: MIT
// A recording in one file, or in several where one would pass the limit of WAV.
#include "series.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claim.h"
#include "writer.h"

#define NAME_BYTES_MAX 255
#define NUMBER_BYTES_MAX 16

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static mjs_result fail_memory(struct mjs_error *err) {
    return mjs_result_fail(err, MJS_ENOMEM, "no memory for a file's name");
}

static mjs_result add_path(struct mjs_series *series, const char *path, struct mjs_error *err) {
    char **paths = realloc(series->paths, (series->count + 1) * sizeof *paths);
    if (paths == NULL)
        return fail_memory(err);
    series->paths = paths;
    struct mjs_claim **claims = realloc(series->claims, (series->count + 1) * sizeof *claims);
    if (claims == NULL)
        return fail_memory(err);
    series->claims = claims;
    claims[series->count] = NULL;
    paths[series->count] = strdup(path);
    if (paths[series->count] == NULL)
        return fail_memory(err);
    series->count++;
    return MJS_OK;
}

static void drop_last_path(struct mjs_series *series) { free(series->paths[--series->count]); }

mjs_result mjs_series_create(struct mjs_series *series, const char *place, const char *shown,
                             const struct mjs_spec *spec, struct mjs_error *err) {
    *series = (struct mjs_series){.spec = *spec, .number = 1, .told = 1};
    mjs_result result = add_path(series, shown, err);
    if (result == MJS_OK)
        result = mjs_writer_create(&series->writer, place, spec, err);
    if (result == MJS_OK) {
        struct stat found;
        series->linked = lstat(place, &found) == 0 && S_ISLNK(found.st_mode);
        series->first_name = strdup(name_of(mjs_writer_file(series->writer)));
        if (series->first_name == NULL)
            result = fail_memory(err);
    }
    if (result != MJS_OK)
        mjs_series_free(series);
    return result;
}

// ---- The next file ----

// A cut must not leave a part of a character.
static size_t whole_characters(const char *text, size_t bytes) {
    while (bytes > 0 && ((unsigned char)text[bytes] & 0xC0) == 0x80)
        bytes--;
    return bytes;
}

// "take-2.wav" from "take.wav"; where that would be too long for a name, with less of "take".
static bool make_name(char name_out[NAME_BYTES_MAX + 1], const char *first, unsigned number,
                      const char *folder) {
    char end[NUMBER_BYTES_MAX];
    const char *dot = strrchr(first, '.');
    MJS_ASSERT(dot != NULL); // or it would be no recording
    size_t stem_bytes = (size_t)(dot - first);
    int number_bytes = snprintf(end, sizeof end, "-%u", number);
    long bytes_max = pathconf(folder, _PC_NAME_MAX);
    if (bytes_max <= 0 || bytes_max > NAME_BYTES_MAX)
        bytes_max = NAME_BYTES_MAX;
    size_t fixed_bytes = (size_t)number_bytes + strlen(dot);
    if (fixed_bytes >= (size_t)bytes_max)
        return false;
    size_t room = (size_t)bytes_max - fixed_bytes;
    if (stem_bytes > room)
        stem_bytes = whole_characters(first, room);
    int bytes =
        snprintf(name_out, NAME_BYTES_MAX + 1, "%.*s%s%s", (int)stem_bytes, first, end, dot);
    return bytes > 0 && bytes <= NAME_BYTES_MAX;
}

// Beside the first file, wherever a symbolic link led to.
static mjs_result make_place(char place_out[PATH_MAX], const struct mjs_series *series,
                             unsigned number, struct mjs_error *err) {
    char folder[PATH_MAX];
    char name[NAME_BYTES_MAX + 1];
    const char *last = mjs_writer_file(series->writer);
    size_t folder_bytes = (size_t)(name_of(last) - last);
    memcpy(folder, last, folder_bytes);
    folder[folder_bytes] = '\0';
    bool fits = make_name(name, series->first_name, number, folder);
    int bytes = fits ? snprintf(place_out, PATH_MAX, "%s%s", folder, name) : -1;
    if (bytes < 0 || bytes >= PATH_MAX)
        return mjs_result_fail_errno(err, ENAMETOOLONG, "cannot go on in a file beside %s", last);
    return MJS_OK;
}

// As the script would write it: in the folder that it named.
static mjs_result add_shown_path(struct mjs_series *series, const char *place,
                                 struct mjs_error *err) {
    char shown[PATH_MAX];
    const char *first = series->paths[0];
    if (series->linked)
        return add_path(series, place, err);
    int bytes = snprintf(shown, sizeof shown, "%.*s%s", (int)(name_of(first) - first), first,
                         name_of(place));
    // A path that is too long to be shown so is not too long from the root.
    return add_path(series, bytes > 0 && bytes < PATH_MAX ? shown : place, err);
}

// Makes the file at `place`, unless something has that name. `*writer_out` null: something has.
static mjs_result try_place(struct mjs_series *series, const char *place,
                            struct mjs_writer **writer_out, struct mjs_error *err) {
    struct stat found;
    *writer_out = NULL;
    // A symbolic link that leads to nothing is a name, too.
    if (lstat(place, &found) == 0)
        return MJS_OK;
    if (errno != ENOENT)
        return mjs_result_fail_errno(err, errno, "cannot go on in %s", place);
    mjs_result result = add_shown_path(series, place, err);
    if (result != MJS_OK)
        return result;
    result = mjs_writer_create_new(writer_out, place, &series->spec, err);
    if (result == MJS_OK)
        return MJS_OK;
    drop_last_path(series);
    return result == MJS_EEXIST || result == MJS_EBUSY ? MJS_OK : result;
}

// Goes on in the next file. `*ended` is how the one before ended, which is only told: the frames
// that come now have their place.
static mjs_result roll(struct mjs_series *series, mjs_result *ended, struct mjs_error *ended_err,
                       struct mjs_error *err) {
    struct mjs_writer *next = NULL;
    unsigned number = series->number;
    while (next == NULL) {
        char place[PATH_MAX];
        if (++number > MJS_SERIES_FILES_MAX)
            return mjs_result_fail(err, MJS_EEXIST, "%s: %u names beside it are taken",
                                   series->paths[0], MJS_SERIES_FILES_MAX);
        mjs_result result = make_place(place, series, number, err);
        if (result == MJS_OK)
            result = try_place(series, place, &next, err);
        if (result != MJS_OK)
            return result;
    }
    struct mjs_writer *last = series->writer;
    series->claims[series->count - 2] = mjs_writer_take_claim(last);
    *ended = mjs_writer_finish(last, ended_err);
    series->frames_of_earlier += mjs_writer_frames(last);
    mjs_writer_free(last);
    series->writer = next;
    series->number = number;
    return MJS_OK;
}

// ---- Writing ----

// Keeps the first of several failures; all frames have their place in spite of it.
static void note(mjs_result result, const struct mjs_error *failure, mjs_result *first,
                 struct mjs_error *err) {
    if (result == MJS_OK || *first != MJS_OK)
        return;
    *first = result;
    if (err != NULL)
        *err = *failure;
}

mjs_result mjs_series_append(struct mjs_series *series, const void *frames_in, uint64_t frames,
                             uint64_t *frames_written, struct mjs_error *err) {
    const uint8_t *in = frames_in;
    size_t frame_bytes = mjs_format_frame_bytes(&series->spec);
    mjs_result first = MJS_OK;
    struct mjs_error failure;
    *frames_written = 0;
    for (;;) {
        uint64_t rest = frames - *frames_written;
        uint64_t room = mjs_writer_room_frames(series->writer);
        uint64_t wanted = rest < room ? rest : room;
        uint64_t written = 0;
        mjs_result result = mjs_writer_append(series->writer, in, wanted, &written, &failure);
        *frames_written += written;
        in += written * frame_bytes;
        if (written < wanted || result == MJS_EFINISHED) {
            if (err != NULL)
                *err = failure;
            return result;
        }
        note(result, &failure, &first, err);
        if (*frames_written == frames)
            return first;
        mjs_result ended = MJS_OK;
        struct mjs_error roll_failure;
        result = roll(series, &ended, &failure, &roll_failure);
        if (result != MJS_OK) {
            // That will be told again, what came first will not.
            note(result, &roll_failure, &first, err);
            return first;
        }
        note(ended, &failure, &first, err);
    }
}

// The files are any others now.
static void release_claims(struct mjs_series *series) {
    for (size_t i = 0; i < series->count; i++) {
        mjs_claim_release(series->claims[i]);
        series->claims[i] = NULL;
    }
}

mjs_result mjs_series_finish(struct mjs_series *series, struct mjs_error *err) {
    release_claims(series);
    return series->writer != NULL ? mjs_writer_finish(series->writer, err) : MJS_OK;
}

void mjs_series_free(struct mjs_series *series) {
    mjs_writer_free(series->writer);
    release_claims(series);
    for (size_t i = 0; i < series->count; i++)
        free(series->paths[i]);
    free(series->paths);
    free(series->claims);
    free(series->first_name);
    *series = (struct mjs_series){0};
}

uint64_t mjs_series_frames(const struct mjs_series *series) {
    return series->writer != NULL ? series->frames_of_earlier + mjs_writer_frames(series->writer)
                                  : 0;
}

bool mjs_series_take_notice(struct mjs_series *series, const char **full, const char **next) {
    if (series->told >= series->count)
        return false;
    *full = series->paths[series->told - 1];
    *next = series->paths[series->told++];
    return true;
}

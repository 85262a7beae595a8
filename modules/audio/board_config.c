// SPDX-License-Identifier: MIT
// /boot/configs: read, and written whole or not at all.
#include "board_config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../runtime/buffer.h"

#define FILE_BYTES_MAX ((size_t)1024 * 1024)
#define BLANKS " \t\r"
#define FILE_MODE 0644

// A value in the file's text.
struct span {
    size_t begin;
    size_t bytes;
};

// The value of the last line `key=value`; false: there is none. Blanks may stand around all parts;
// a comment's line begins with '#', so it never has the key first.
static bool find_value(const char *text, const char *key, struct span *found) {
    size_t key_bytes = strlen(key);
    bool is_found = false;
    for (const char *line = text; *line != '\0';) {
        size_t line_bytes = strcspn(line, "\n");
        const char *at = line + strspn(line, BLANKS);
        if (strncmp(at, key, key_bytes) == 0) {
            at += key_bytes;
            at += strspn(at, BLANKS);
            if (*at == '=') {
                at++;
                at += strspn(at, BLANKS);
                size_t bytes = (size_t)(line + line_bytes - at);
                while (bytes > 0 && strchr(BLANKS, at[bytes - 1]) != NULL)
                    bytes--;
                *found = (struct span){.begin = (size_t)(at - text), .bytes = bytes};
                is_found = true;
            }
        }
        line += line_bytes + (line[line_bytes] == '\n' ? 1 : 0);
    }
    return is_found;
}

bool mjs_board_config_get(const struct mjs_board_paths *paths, const char *key,
                          char value_out[MJS_BOARD_CONFIG_VALUE_BYTES]) {
    struct mjs_buffer text = {0};
    struct span span;
    bool found = mjs_buffer_read_file(&text, mjs_board_paths(paths)->configs, FILE_BYTES_MAX,
                                      NULL) == MJS_OK &&
                 find_value(mjs_buffer_text(&text), key, &span) &&
                 span.bytes < MJS_BOARD_CONFIG_VALUE_BYTES;
    if (found) {
        memcpy(value_out, text.data + span.begin, span.bytes);
        value_out[span.bytes] = '\0';
    }
    mjs_buffer_free(&text);
    return found;
}

// The new text of the file: `old` with the one value changed, or with one line more.
static bool change(const struct mjs_buffer *old, const char *key, const char *value,
                   struct mjs_buffer *text) {
    struct span span;
    const char *before = mjs_buffer_text(old);
    if (find_value(before, key, &span))
        return mjs_buffer_append(text, before, span.begin) && mjs_buffer_append_text(text, value) &&
               mjs_buffer_append(text, before + span.begin + span.bytes,
                                 old->bytes - span.begin - span.bytes);
    bool ended = old->bytes == 0 || before[old->bytes - 1] == '\n';
    return mjs_buffer_append(text, before, old->bytes) &&
           mjs_buffer_printf(text, "%s%s=%s%s", ended ? "" : "\n", key, value, ended ? "\n" : "");
}

mjs_result mjs_board_config_set(const struct mjs_board_paths *paths, const char *key,
                                const char *value, struct mjs_error *err) {
    // Through a link the file that it points to is replaced, not the link.
    char *resolved = realpath(mjs_board_paths(paths)->configs, NULL);
    const char *path = resolved != NULL ? resolved : mjs_board_paths(paths)->configs;
    struct mjs_buffer old = {0};
    struct mjs_buffer text = {0};
    struct stat status = {.st_mode = FILE_MODE};
    mjs_result result = MJS_OK;
    if (resolved == NULL && errno != ENOENT) {
        result = mjs_result_fail_errno(err, errno, "cannot read %.200s", path);
    } else if (resolved != NULL) {
        result = mjs_buffer_read_file(&old, path, FILE_BYTES_MAX, err);
        if (result == MJS_OK && stat(path, &status) != 0)
            result = mjs_result_fail_errno(err, errno, "cannot read %.200s", path);
    }
    // A NUL would end the text for the search, and what follows it could be lost.
    if (result == MJS_OK && strlen(mjs_buffer_text(&old)) != old.bytes)
        result = mjs_result_fail(err, MJS_EINVAL, "%.200s is no text file", path);
    if (result == MJS_OK && !change(&old, key, value, &text))
        result = mjs_result_fail(err, MJS_ENOMEM, "no memory for %.200s", path);
    // Cards are not written to for nothing.
    bool same = old.bytes == text.bytes &&
                memcmp(mjs_buffer_text(&old), mjs_buffer_text(&text), old.bytes) == 0;
    if (result == MJS_OK && !same)
        result =
            mjs_buffer_write_file(path, text.data, text.bytes, status.st_mode & 07777, true, err);
    mjs_buffer_free(&old);
    mjs_buffer_free(&text);
    free(resolved);
    return result;
}

int mjs_board_config_volume(const struct mjs_board_paths *paths,
                            const struct mjs_board_card *card) {
    char text[MJS_BOARD_CONFIG_VALUE_BYTES];
    if (card == NULL || card->volume_key == NULL ||
        !mjs_board_config_get(paths, card->volume_key, text))
        return -1;
    char *end = NULL;
    long volume = strtol(text, &end, 10);
    return end == text || *end != '\0' || volume < 0 || volume > 100 ? -1 : (int)volume;
}

int mjs_board_config_scale_percent(const struct mjs_board_paths *paths,
                                   const struct mjs_board_card *card) {
    char text[MJS_BOARD_CONFIG_VALUE_BYTES];
    if (card == NULL || card->volume_scale_key == NULL ||
        !mjs_board_config_get(paths, card->volume_scale_key, text))
        return 100;
    char *end = NULL;
    double scale = strtod(text, &end);
    // Not a number is not in the range either.
    if (end == text || *end != '\0' || !(scale >= 0.01 && scale <= 1.0))
        return 100;
    return (int)(scale * 100 + 0.5);
}

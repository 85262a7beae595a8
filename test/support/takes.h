// SPDX-License-Identifier: MIT
// A temporary folder for tests of the writer, and what they do with files in it.
#ifndef MJS_TEST_TAKES_H
#define MJS_TEST_TAKES_H

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../modules/audio/wav.h"
#include "../../modules/audio/writer.h"
#include "check.h"

#define TAKE_BYTES_MAX (1 << 20)

static char folder[] = "/tmp/maixjs-writer-test-XXXXXX";
static uint8_t content[TAKE_BYTES_MAX];

// A path in the test's folder. Several are needed at once.
static inline const char *in_folder(const char *name) {
    static char paths[8][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return path;
}

static inline size_t slurp(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return SIZE_MAX;
    size_t bytes = fread(content, 1, sizeof content, file);
    fclose(file);
    return bytes;
}

static inline void spit(const char *path, const void *bytes, size_t count) {
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(bytes, 1, count, file) == count && fclose(file) == 0);
}

static inline size_t count_entries(void) {
    size_t count = 0;
    DIR *dir = opendir(folder);
    CHECK(dir != NULL);
    while (dir != NULL && readdir(dir) != NULL)
        count++;
    if (dir != NULL)
        closedir(dir);
    return count - 2; // "." and ".."
}

static inline struct mjs_writer *create(const char *name, enum mjs_format format,
                                        uint32_t channels) {
    struct mjs_spec spec = {format, 48000, channels};
    struct mjs_error err = {.message = ""};
    struct mjs_writer *writer = NULL;
    if (!CHECK_EQ_INT(mjs_writer_create(&writer, in_folder(name), &spec, &err), MJS_OK)) {
        fprintf(stderr, "%s\n", err.message);
        exit(EXIT_FAILURE);
    }
    return writer;
}

static inline void append(struct mjs_writer *writer, const void *frames, uint64_t count) {
    uint64_t written = 0;
    struct mjs_error err = {.message = ""};
    if (!CHECK_EQ_INT(mjs_writer_append(writer, frames, count, &written, &err), MJS_OK))
        fprintf(stderr, "%s\n", err.message);
    CHECK_EQ_UINT(written, count);
}

// The file is exactly: the header for these samples, they themselves, a pad byte if odd.
static inline void check_wav(const char *name, const struct mjs_spec *spec, const void *data,
                             size_t data_bytes) {
    uint8_t header[MJS_WAV_HEADER_BYTES_MAX];
    size_t header_bytes = mjs_wav_build_header(spec, data_bytes, header);
    CHECK_EQ_UINT(slurp(in_folder(name)), header_bytes + data_bytes + data_bytes % 2);
    CHECK_BYTES(content, header, header_bytes);
    CHECK_BYTES(content + header_bytes, data, data_bytes);
    if (data_bytes % 2 != 0)
        CHECK_EQ_UINT(content[header_bytes + data_bytes], 0);
}

static inline void end(struct mjs_writer *writer) {
    CHECK_EQ_INT(mjs_writer_finish(writer, NULL), MJS_OK);
    CHECK_EQ_INT(mjs_writer_finish(writer, NULL), MJS_OK); // idempotent
    mjs_writer_free(writer);
}

static inline void check_refused(const char *path, mjs_result code, const char *message_part) {
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    struct mjs_error err = {.message = ""};
    struct mjs_writer *writer = NULL;
    size_t entries = count_entries();
    CHECK_EQ_INT(mjs_writer_check_path(path, &err), code);
    if (!CHECK(strstr(err.message, message_part) != NULL))
        fprintf(stderr, "  %s: %s\n", path, err.message);
    err.message[0] = '\0';
    CHECK_EQ_INT(mjs_writer_create(&writer, path, &spec, &err), code);
    CHECK(strstr(err.message, message_part) != NULL && strchr(err.message, '\n') == NULL);
    CHECK(writer == NULL);
    CHECK_EQ_UINT(count_entries(), entries);
}

static inline void make_folder(void) { CHECK(mkdtemp(folder) != NULL); }

// Fails when a test left anything behind.
static inline void remove_folder(void) {
    CHECK_EQ_UINT(count_entries(), 0);
    CHECK_EQ_INT(rmdir(folder), 0);
}

#endif

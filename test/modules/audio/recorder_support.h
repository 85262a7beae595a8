// SPDX-License-Identifier: MIT
// A recorder under test: opened on a simulated device, its accounts checked after every call.
#ifndef MJS_TEST_RECORDER_SUPPORT_H
#define MJS_TEST_RECORDER_SUPPORT_H

#include <sys/stat.h>
#include <unistd.h>

#include "../../../modules/audio/convert.h"
#include "../../../modules/audio/recorder.h"
#include "../../../modules/audio/wav.h"
#include "../../support/check.h"
#include "ramp.h"

#define FOREVER_MS 3600000

static char test_folder[] = "/tmp/mjs_recorder_XXXXXX";

__attribute__((unused)) static void make_folder(void) {
    if (!CHECK(mkdtemp(test_folder) != NULL))
        exit(EXIT_FAILURE);
}

__attribute__((unused)) static const char *in_folder(const char *name) {
    static char paths[4][128]; // the last four answers stay
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, 128, "%s/%s", test_folder, name);
    return path;
}

__attribute__((unused)) static bool file_exists(const char *path) {
    return access(path, F_OK) == 0;
}

__attribute__((unused)) static struct mjs_recorder_options options_for(const char *device,
                                                                       enum mjs_format format) {
    return (struct mjs_recorder_options){
        .spec = {format, 48000, 1},
        .device = device,
        .buffer_ms = 4000,
        .cancel_fd = -1,
    };
}

__attribute__((unused)) static struct mjs_recorder *
open_recorder(const struct mjs_recorder_options *options) {
    struct mjs_recorder *recorder = NULL;
    struct mjs_error err = {0};
    if (!CHECK_EQ_INT(mjs_recorder_open(&recorder, options, &err), MJS_OK)) {
        fprintf(stderr, "%s\n", err.message);
        exit(EXIT_FAILURE);
    }
    return recorder;
}

// The equations of recorder.h. What the thread adds meanwhile is captured and buffered at once.
__attribute__((unused)) static void check_accounts(struct mjs_recorder *recorder) {
    struct mjs_recorder_stats stats = mjs_recorder_stats(recorder);
    CHECK_EQ_UINT(stats.captured_frames,
                  stats.delivered_frames + stats.discarded_frames + stats.buffered_frames);
    uint64_t listed = 0;
    uint64_t unwritten = 0;
    for (size_t i = 0; i < stats.gaps_count; i++) {
        bool disk = stats.gaps[i].cause == MJS_GAP_DISK;
        listed += disk ? 0 : stats.gaps[i].frames;
        unwritten += disk ? stats.gaps[i].frames : 0;
    }
    CHECK(listed <= stats.lost_frames); // those that were not reached yet are not listed
    CHECK_EQ_UINT(unwritten, stats.unwritten_frames);
    // The next frame stands behind all that was consumed and all that is known to be lost.
    struct mjs_recorder_position position = mjs_recorder_position(recorder);
    CHECK_EQ_UINT(position.frame,
                  stats.delivered_frames + stats.discarded_frames + position.lost_frames);
}

// The frames of a .pcm file, or those that a .wav file's header and length agree on.
__attribute__((unused)) static uint64_t file_frames(const char *path, const struct mjs_spec *spec) {
    struct stat status = {0};
    CHECK_EQ_INT(stat(path, &status), 0);
    size_t frame_bytes = mjs_format_frame_bytes(spec);
    if (strstr(path, ".pcm") != NULL) {
        CHECK_EQ_UINT((uint64_t)status.st_size % frame_bytes, 0);
        return (uint64_t)status.st_size / frame_bytes;
    }
    uint8_t header[MJS_WAV_HEADER_BYTES_MAX];
    uint8_t expected[MJS_WAV_HEADER_BYTES_MAX];
    size_t header_bytes = mjs_wav_header_bytes(spec);
    uint64_t data_bytes = (uint64_t)status.st_size - header_bytes;
    uint64_t frames = data_bytes / frame_bytes; // a pad byte is less than a frame, or none
    if (frame_bytes == 1 && data_bytes > 0) {
        // 8 bit mono: the header has to say whether the last byte is a pad.
        FILE *file = fopen(path, "rb");
        CHECK(file != NULL && fread(header, 1, header_bytes, file) == header_bytes);
        frames = (uint64_t)header[header_bytes - 4] | (uint64_t)header[header_bytes - 3] << 8 |
                 (uint64_t)header[header_bytes - 2] << 16;
        CHECK_EQ_UINT(frames + frames % 2, data_bytes);
        CHECK(file != NULL && fclose(file) == 0);
    }
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && fread(header, 1, header_bytes, file) == header_bytes);
    CHECK_EQ_UINT(mjs_wav_build_header(spec, frames * frame_bytes, expected), header_bytes);
    CHECK_BYTES(header, expected, header_bytes);
    CHECK(file != NULL && fclose(file) == 0);
    return frames;
}

// The file's samples must be `pcm` (in the script's format), stored as its container stores them.
__attribute__((unused)) static void check_file(const char *path, const struct mjs_spec *spec,
                                               const uint8_t *pcm, uint64_t frames) {
    CHECK_EQ_UINT(file_frames(path, spec), frames);
    bool bare = strstr(path, ".pcm") != NULL;
    const struct mjs_spec stored = {bare ? spec->format : mjs_wav_stored_format(spec->format),
                                    spec->rate_hz, spec->channels};
    size_t bytes = (size_t)frames * mjs_format_frame_bytes(spec);
    uint8_t *actual = malloc(bytes + 1);
    uint8_t *expected = malloc(bytes + 1);
    FILE *file = fopen(path, "rb");
    if (!CHECK(actual != NULL && expected != NULL && file != NULL))
        exit(EXIT_FAILURE);
    CHECK_EQ_INT(fseek(file, bare ? 0 : (long)mjs_wav_header_bytes(spec), SEEK_SET), 0);
    CHECK_EQ_UINT(fread(actual, 1, bytes, file), bytes);
    CHECK_EQ_INT(fclose(file), 0);
    mjs_convert_frames(spec, pcm, &stored, expected, (size_t)frames, MJS_GAIN_UNITY);
    CHECK_BYTES(actual, expected, bytes);
    free(actual);
    free(expected);
}

// One call, with all that must hold after it.
__attribute__((unused)) static mjs_result read_some(struct mjs_recorder *recorder, void *out,
                                                    uint64_t frames, bool wait, uint64_t *read) {
    struct mjs_error err = {0};
    mjs_result result = mjs_recorder_read(recorder, out, frames, wait, read, &err);
    CHECK(*read <= frames);
    CHECK_EQ_INT(err.code, result);
    check_accounts(recorder);
    return result;
}

__attribute__((unused)) static void read_all(struct mjs_recorder *recorder, void *out,
                                             uint64_t frames) {
    uint64_t read = 0;
    CHECK_EQ_INT(read_some(recorder, out, frames, true, &read), MJS_OK);
    CHECK_EQ_UINT(read, frames);
}

#endif

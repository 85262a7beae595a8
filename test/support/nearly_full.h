// SPDX-License-Identifier: MIT
// Brings a file within a few frames of WAV's limit, without writing 4 GiB: the rest is a hole.
#ifndef MJS_TEST_NEARLY_FULL_H
#define MJS_TEST_NEARLY_FULL_H

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../modules/audio/wav.h"
#include "../../modules/audio/writer_internal.h"
#include "check.h"

static inline void nearly_fill(struct mjs_writer *writer, uint64_t room_frames) {
    writer->frames = writer->frames_max - room_frames;
    size_t bytes = 0;
    CHECK(mjs_format_frames_to_bytes(&writer->stored_spec, writer->frames, &bytes));
    CHECK_EQ_INT(ftruncate(writer->fd, (off_t)(writer->header_bytes + bytes)), 0);
}

// The file is full: its header names all that a WAV file can hold, and FAT32 would take it. Reads
// its last `frames` frames.
static inline void read_full_end(const char *path, const struct mjs_spec *stored, uint64_t frames,
                                 uint8_t *out) {
    uint8_t header[MJS_WAV_HEADER_BYTES_MAX];
    uint8_t expected[MJS_WAV_HEADER_BYTES_MAX];
    struct stat status = {0};
    uint64_t most = mjs_wav_data_bytes_max(stored);
    size_t header_bytes = mjs_wav_build_header(stored, most, expected);
    size_t bytes = (size_t)frames * mjs_format_frame_bytes(stored);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK_EQ_INT(pread(fd, header, header_bytes, 0), (ssize_t)header_bytes);
    CHECK_BYTES(header, expected, header_bytes);
    CHECK_EQ_INT(pread(fd, out, bytes, (off_t)(header_bytes + most - bytes)), (ssize_t)bytes);
    CHECK_EQ_INT(fstat(fd, &status), 0);
    CHECK_EQ_UINT(status.st_size, header_bytes + most + most % 2);
    CHECK(status.st_size <= UINT32_MAX);
    CHECK_EQ_INT(close(fd), 0);
}

#endif

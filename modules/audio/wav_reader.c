// SPDX-License-Identifier: MIT
// Reads a whole PCM WAV file into memory.
// Source: Microsoft, "Multiple channel audio data and WAVE files" (2007).
#include "wav_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../runtime/memory.h"

#define CODEC_PCM 1u
#define CODEC_FLOAT 3u
#define CODEC_EXTENSIBLE 0xFFFEu
#define FMT_BYTES 16u
#define FMT_EXTENSIBLE_BYTES 40u
#define CHUNKS_MAX 1000

static uint32_t get_u16(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t get_u32(const uint8_t *bytes) { return get_u16(bytes) | get_u16(bytes + 2) << 16; }

static bool read_at(int fd, void *bytes_out, size_t bytes, uint64_t offset) {
    size_t done = 0;
    while (done < bytes) {
        ssize_t got = pread(fd, (uint8_t *)bytes_out + done, bytes - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? EIO : errno;
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

static enum mjs_format format_of(uint32_t codec, uint32_t bits) {
    if (codec == CODEC_FLOAT)
        return bits == 32 ? MJS_FORMAT_F32_LE : MJS_FORMAT_NONE;
    if (codec != CODEC_PCM)
        return MJS_FORMAT_NONE;
    switch (bits) {
    case 8:
        return MJS_FORMAT_U8;
    case 16:
        return MJS_FORMAT_S16_LE;
    case 24:
        return MJS_FORMAT_S24_3LE;
    case 32:
        return MJS_FORMAT_S32_LE;
    default:
        return MJS_FORMAT_NONE;
    }
}

static mjs_result parse_fmt(const uint8_t *fmt, uint32_t fmt_bytes, const char *path,
                            struct mjs_spec *spec, struct mjs_error *err) {
    uint32_t codec = get_u16(fmt);
    uint32_t bits = get_u16(fmt + 14);
    // The first two bytes of the sub-format's GUID are the codec.
    if (codec == CODEC_EXTENSIBLE && fmt_bytes >= FMT_EXTENSIBLE_BYTES)
        codec = get_u16(fmt + 24);
    spec->format = format_of(codec, bits);
    spec->channels = get_u16(fmt + 2);
    spec->rate_hz = get_u32(fmt + 4);
    if (spec->format == MJS_FORMAT_NONE)
        return mjs_result_fail(err, MJS_EUNSUPPORTED,
                               "%.200s: codec %u with %u bits; only PCM with 8, 16, 24 or 32 bits "
                               "and 32 bit float can be read",
                               path, (unsigned)codec, (unsigned)bits);
    if (spec->channels == 0 || spec->channels > MJS_CHANNELS_MAX ||
        spec->rate_hz < MJS_RATE_MIN_HZ || spec->rate_hz > MJS_RATE_MAX_HZ)
        return mjs_result_fail(err, MJS_EUNSUPPORTED, "%.200s: %u channels at %u Hz", path,
                               (unsigned)spec->channels, (unsigned)spec->rate_hz);
    if (get_u16(fmt + 12) != mjs_format_frame_bytes(spec))
        return mjs_result_fail(err, MJS_EINVAL, "%.200s: its block size does not fit its format",
                               path);
    return MJS_OK;
}

static mjs_result load_samples(int fd, uint64_t offset, uint64_t bytes, const char *path,
                               struct mjs_wav_data *data, struct mjs_error *err) {
    if (bytes > MJS_WAV_READER_BYTES_MAX)
        return mjs_result_fail(err, MJS_EFBIG, "%.200s: more than %u MiB of samples", path,
                               (unsigned)(MJS_WAV_READER_BYTES_MAX >> 20));
    data->frames = mjs_format_bytes_to_frames(&data->spec, bytes);
    size_t size = (size_t)bytes;
    data->samples = mjs_memory_alloc(size != 0 ? size : 1);
    if (data->samples == NULL)
        return mjs_result_fail(err, MJS_ENOMEM, "%.200s: no memory for its %zu bytes", path, size);
    if (!read_at(fd, data->samples, size, offset)) {
        int sys_errno = errno;
        mjs_wav_reader_free(data);
        return mjs_result_fail_errno(err, sys_errno, "cannot read %.200s", path);
    }
    return MJS_OK;
}

// Walks the chunks up to `data`; the `fmt ` chunk must stand before it.
static mjs_result load_chunks(int fd, uint64_t file_bytes, const char *path,
                              struct mjs_wav_data *data, struct mjs_error *err) {
    uint8_t riff[12];
    if (file_bytes < sizeof riff || !read_at(fd, riff, sizeof riff, 0) ||
        memcmp(riff, "RIFF", 4) != 0 || memcmp(riff + 8, "WAVE", 4) != 0)
        return mjs_result_fail(err, MJS_EINVAL, "%.200s is no WAV file", path);
    uint64_t offset = sizeof riff;
    bool have_fmt = false;
    for (int i = 0; i < CHUNKS_MAX && offset + 8 <= file_bytes; i++) {
        uint8_t head[8];
        if (!read_at(fd, head, sizeof head, offset))
            return mjs_result_fail_errno(err, errno, "cannot read %.200s", path);
        offset += sizeof head;
        uint64_t bytes = get_u32(head + 4);
        if (memcmp(head, "data", 4) == 0 && have_fmt) {
            uint64_t there = file_bytes - offset;
            return load_samples(fd, offset, bytes < there ? bytes : there, path, data, err);
        }
        if (memcmp(head, "fmt ", 4) == 0) {
            uint8_t fmt[FMT_EXTENSIBLE_BYTES] = {0};
            size_t want = bytes < sizeof fmt ? (size_t)bytes : sizeof fmt;
            if (bytes < FMT_BYTES || offset + bytes > file_bytes || !read_at(fd, fmt, want, offset))
                return mjs_result_fail(err, MJS_EINVAL, "%.200s: its fmt chunk is cut", path);
            mjs_result result = parse_fmt(fmt, (uint32_t)want, path, &data->spec, err);
            if (result != MJS_OK)
                return result;
            have_fmt = true;
        }
        offset += bytes + (bytes & 1);
    }
    return mjs_result_fail(err, MJS_EINVAL, "%.200s: no fmt chunk with a data chunk behind it",
                           path);
}

mjs_result mjs_wav_reader_load(struct mjs_wav_data *data, const char *path, struct mjs_error *err) {
    (void)memset(data, 0, sizeof *data);
    // O_NONBLOCK: a named pipe is refused below instead of waiting for its other end.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return mjs_result_fail_errno(err, errno, "cannot open %.200s", path);
    struct stat status;
    mjs_result result;
    if (fstat(fd, &status) != 0)
        result = mjs_result_fail_errno(err, errno, "cannot read %.200s", path);
    else if (!S_ISREG(status.st_mode))
        result = mjs_result_fail(err, MJS_EINVAL, "%.200s is no regular file", path);
    else
        result = load_chunks(fd, (uint64_t)status.st_size, path, data, err);
    (void)close(fd);
    return result;
}

void mjs_wav_reader_free(struct mjs_wav_data *data) {
    mjs_memory_free(data->samples);
    data->samples = NULL;
    data->frames = 0;
}

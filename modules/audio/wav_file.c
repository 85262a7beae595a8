// SPDX-License-Identifier: MIT
// A WAVE file on the disk, as a source for the parser; and all its frames in memory.
#include "wav_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../runtime/memory.h"

static int64_t read_some(void *opaque, void *bytes_out, size_t bytes, uint64_t offset) {
    const struct mjs_wav_file *file = opaque;
    for (;;) {
        ssize_t got = pread(file->fd, bytes_out, bytes, (off_t)offset);
        if (got >= 0)
            return got;
        if (errno != EINTR)
            return -errno;
    }
}

mjs_result mjs_wav_file_open(struct mjs_wav_file *file, const char *path, int flags,
                             struct mjs_error *err) {
    struct stat status;
    // O_NONBLOCK: a named pipe is refused below instead of waiting for its other end.
    file->fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
    if (file->fd < 0)
        return mjs_result_fail_errno(err, errno, "cannot open %.200s", path);
    mjs_result result = MJS_OK;
    if (fstat(file->fd, &status) != 0)
        result = mjs_result_fail_errno(err, errno, "cannot read %.200s", path);
    else if (!S_ISREG(status.st_mode))
        result = mjs_result_fail(err, MJS_EINVAL, "%.200s is no regular file", path);
    if (result != MJS_OK)
        mjs_wav_file_close(file);
    else
        file->source = (struct mjs_wav_source){read_some, file, (uint64_t)status.st_size};
    return result;
}

void mjs_wav_file_close(struct mjs_wav_file *file) {
    (void)close(file->fd); // what was written through it was synced, or its failure told
    file->fd = -1;
}

// ---- All of it ----

static mjs_result check_spec(const struct mjs_wav_info *info, const char *path,
                             struct mjs_error *err) {
    const struct mjs_wav_fmt *fmt = &info->fmt;
    if (info->container == MJS_WAV_NONE)
        return mjs_result_fail(err, MJS_EINVAL, "%.200s is no WAV file", path);
    if (fmt->offset == 0 || info->data.offset == 0)
        return mjs_result_fail(err, MJS_EINVAL, "%.200s: no %s chunk", path,
                               fmt->offset == 0 ? "fmt" : "data");
    if (!fmt->known)
        return mjs_result_fail(err, MJS_EINVAL, "%.200s: its fmt chunk makes no sense", path);
    if (fmt->format == MJS_FORMAT_NONE)
        return mjs_result_fail(err, MJS_EUNSUPPORTED,
                               "%.200s: codec %u with %u bits; only PCM with 8, 16, 24 or 32 bits "
                               "and 32 bit float can be read",
                               path, (unsigned)fmt->codec, (unsigned)fmt->bits);
    if (fmt->channels > MJS_CHANNELS_MAX || fmt->rate_hz < MJS_RATE_MIN_HZ ||
        fmt->rate_hz > MJS_RATE_MAX_HZ)
        return mjs_result_fail(err, MJS_EUNSUPPORTED, "%.200s: %u channels at %u Hz", path,
                               (unsigned)fmt->channels, (unsigned)fmt->rate_hz);
    return MJS_OK;
}

static mjs_result load_samples(struct mjs_wav_data *data, const struct mjs_wav_source *source,
                               const struct mjs_wav_info *info, const char *path,
                               struct mjs_error *err) {
    uint64_t bytes = mjs_wav_read_whole_bytes(info);
    if (bytes > MJS_WAV_FILE_LOAD_BYTES_MAX)
        return mjs_result_fail(err, MJS_EFBIG, "%.200s: more than %u MiB of samples", path,
                               (unsigned)(MJS_WAV_FILE_LOAD_BYTES_MAX >> 20));
    data->samples = mjs_memory_alloc(bytes != 0 ? (size_t)bytes : 1);
    if (data->samples == NULL)
        return mjs_result_fail(err, MJS_ENOMEM, "%.200s: no memory for its %zu bytes", path,
                               (size_t)bytes);
    for (uint64_t done = 0; done < bytes;) {
        int64_t got = source->read(source->opaque, data->samples + done, (size_t)(bytes - done),
                                   info->data.offset + done);
        if (got <= 0) {
            mjs_wav_file_unload(data);
            return mjs_result_fail_errno(err, got < 0 ? (int)-got : EIO, "cannot read %.200s",
                                         path);
        }
        done += (uint64_t)got;
    }
    const struct mjs_wav_fmt *fmt = &info->fmt;
    data->spec = (struct mjs_spec){fmt->format, fmt->rate_hz, fmt->channels};
    data->frames = info->frames;
    return MJS_OK;
}

mjs_result mjs_wav_file_load(struct mjs_wav_data *data, const char *path, struct mjs_error *err) {
    struct mjs_wav_file file;
    struct mjs_wav_info info;
    *data = (struct mjs_wav_data){0};
    mjs_result result = mjs_wav_file_open(&file, path, O_RDONLY, err);
    if (result != MJS_OK)
        return result;
    result = mjs_wav_read_info(&file.source, &info, err);
    if (result == MJS_OK)
        result = check_spec(&info, path, err);
    if (result == MJS_OK)
        result = load_samples(data, &file.source, &info, path, err);
    mjs_wav_file_close(&file);
    return result;
}

void mjs_wav_file_unload(struct mjs_wav_data *data) {
    mjs_memory_free(data->samples);
    data->samples = NULL;
    data->frames = 0;
}

// SPDX-License-Identifier: MIT
// An audio file that is good at every instant.
//
// The order of system calls keeps it so: data and pad byte in one write behind the last frame, then
// the whole header in one. Killed between the two, the file has the sizes of one block before. Only
// a file's first frames come together with their header: see write_first.
#include "writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "convert.h"
#include "wav.h"
#include "writer_internal.h"

#define EXIT_POLL_NS 1000000
// What a write does to the end though SIGKILL has come: a page, the smallest there are.
#define FIRST_BYTES_MAX 4096

// All that are open.
static pthread_mutex_t writers_lock = PTHREAD_MUTEX_INITIALIZER;
static struct mjs_writer *writers;

static void lock(pthread_mutex_t *mutex) { MJS_ASSERT(pthread_mutex_lock(mutex) == 0); }

static void unlock(pthread_mutex_t *mutex) { MJS_ASSERT(pthread_mutex_unlock(mutex) == 0); }

mjs_result mjs_writer_check_path(const char *path, struct mjs_error *err) {
    struct mjs_target target;
    mjs_result result = mjs_target_resolve(&target, path, err);
    if (result == MJS_OK && mjs_claim_is_taken(&target))
        result = mjs_claim_fail(err, path);
    return result;
}

// From now on a forced exit sees to it.
static void enlist(struct mjs_writer *writer) {
    lock(&writers_lock);
    writer->next = writers;
    writers = writer;
    unlock(&writers_lock);
}

static void delist(struct mjs_writer *writer) {
    lock(&writers_lock);
    struct mjs_writer **link = &writers;
    while (*link != writer) {
        MJS_ASSERT(*link != NULL);
        link = &(*link)->next;
    }
    *link = writer->next;
    unlock(&writers_lock);
}

static uint64_t bytes_of(const struct mjs_writer *writer, uint64_t frames) {
    size_t bytes;
    MJS_ASSERT(mjs_format_frames_to_bytes(&writer->stored_spec, frames, &bytes));
    return bytes;
}

// A file that holds no frame has its first ones written with the header.
static bool is_first(const struct mjs_writer *writer) {
    return writer->frames == 0 && writer->header_bytes > 0;
}

static bool needs_pad(const struct mjs_writer *writer, uint64_t data_bytes) {
    return writer->target.is_wav && data_bytes % 2 != 0;
}

// Writes all of it at `offset`, in one call where the system takes it in one. Returns how many
// bytes are written; fewer than wanted only with an errno in *sys_errno.
static uint64_t write_at(int fd, const void *data, size_t bytes, bool pad, uint64_t offset,
                         int *sys_errno) {
    uint8_t zero = 0;
    size_t total = bytes + pad;
    size_t done = 0;
    while (done < total) {
        size_t skip = done < bytes ? done : bytes;
        off_t at = (off_t)(offset + done);
        ssize_t some;
        if (pad) {
            struct iovec parts[2] = {
                // The cast takes const away, which an iovec cannot have; nothing is stored there.
                {.iov_base = (uint8_t *)(uintptr_t)data + skip, .iov_len = bytes - skip},
                {.iov_base = &zero, .iov_len = 1},
            };
            some = pwritev(fd, parts, 2, at);
        } else {
            some = pwrite(fd, (const uint8_t *)data + skip, bytes - skip, at); // 5 % faster
        }
        if (some < 0 && errno == EINTR)
            continue;
        if (some <= 0) {
            *sys_errno = some < 0 ? errno : EIO; // 0 is no progress and no reason
            break;
        }
        done += (size_t)some;
    }
    return done;
}

static int write_header(struct mjs_writer *writer, uint64_t data_bytes) {
    if (writer->header_bytes == 0)
        return 0;
    uint8_t header[MJS_WAV_HEADER_BYTES_MAX];
    int sys_errno = 0;
    size_t bytes = mjs_wav_build_header(&writer->stored_spec, data_bytes, header);
    (void)write_at(writer->fd, header, bytes, false, 0, &sys_errno);
    return sys_errno;
}

// The header that names the first frames, and these. ffmpeg takes a header that names none for one
// whose size is not known, and would read what stands behind it: so there must never be anything.
static uint64_t write_first(struct mjs_writer *writer, const uint8_t *data, uint64_t data_bytes,
                            bool pad, int *sys_errno) {
    uint8_t first[FIRST_BYTES_MAX];
    size_t bytes = mjs_wav_build_header(&writer->stored_spec, data_bytes, first);
    MJS_ASSERT(data_bytes < sizeof first - bytes); // less: there may be a pad byte
    memcpy(first + bytes, data, (size_t)data_bytes);
    bytes += (size_t)data_bytes;
    if (pad)
        first[bytes++] = 0;
    return write_at(writer->fd, first, bytes, false, 0, sys_errno);
}

// Lets the file end behind `frames` more frames and their pad byte. The pad byte comes from
// ftruncate, which needs no free block where a write would; if even that fails, one frame less
// makes the length even. Returns how many of the frames stay.
static uint64_t cut_behind(struct mjs_writer *writer, uint64_t frames) {
    for (;;) {
        uint64_t data_bytes = bytes_of(writer, writer->frames + frames);
        uint64_t end = writer->header_bytes + data_bytes;
        // A tail that stays is behind the header's sizes: readers do not see it.
        if (ftruncate(writer->fd, (off_t)end) != 0)
            break;
        if (!needs_pad(writer, data_bytes) || ftruncate(writer->fd, (off_t)end + 1) == 0)
            return frames;
        if (frames == 0)
            break;
        frames--;
    }
    writer->unclean = true;
    return frames;
}

// One block, with the lock held: frames as they are stored, then the header. `*kept` frames are in
// both afterwards, also on failure.
static mjs_result write_block(struct mjs_writer *writer, const uint8_t *data, uint64_t frames,
                              uint64_t *kept, struct mjs_error *err) {
    uint64_t old_bytes = bytes_of(writer, writer->frames);
    uint64_t new_bytes = bytes_of(writer, frames);
    bool pad = needs_pad(writer, old_bytes + new_bytes);
    int data_errno = 0;
    bool first = is_first(writer);
    uint64_t before = first ? writer->header_bytes : 0;
    uint64_t done = first ? write_first(writer, data, new_bytes, pad, &data_errno)
                          : write_at(writer->fd, data, (size_t)new_bytes, pad,
                                     writer->header_bytes + old_bytes, &data_errno);
    uint64_t done_data = done > before ? done - before : 0;
    *kept = data_errno == 0 ? frames : mjs_format_bytes_to_frames(&writer->stored_spec, done_data);
    // A failure that wrote nothing left the old pad byte where it is.
    bool unclean = writer->unclean || (data_errno != 0 && done > 0);
    if (unclean) {
        writer->unclean = false;
        *kept = cut_behind(writer, *kept);
    }
    bool has_header = first && data_errno == 0;
    if (unclean || (*kept > 0 && !has_header)) {
        int header_errno = write_header(writer, old_bytes + bytes_of(writer, *kept));
        if (header_errno != 0) {
            // What the header does not name is not there. If this fails too, the next block or
            // finish puts it right.
            *kept = 0;
            (void)cut_behind(writer, 0);
            (void)write_header(writer, old_bytes);
            writer->unclean = true;
            return mjs_target_fail_write(writer->path, header_errno, err);
        }
    }
    writer->frames += *kept;
    return data_errno != 0 ? mjs_target_fail_write(writer->path, data_errno, err) : MJS_OK;
}

mjs_result mjs_writer_append(struct mjs_writer *writer, const void *frames_in, uint64_t frames,
                             uint64_t *frames_written, struct mjs_error *err) {
    const uint8_t *in = frames_in;
    mjs_result result = MJS_OK;
    *frames_written = 0;
    if (writer->finished)
        return mjs_result_fail(err, MJS_EFINISHED, "%s is finished", writer->path);
    uint64_t room = writer->frames_max - writer->frames;
    uint64_t wanted = frames < room ? frames : room;
    uint64_t piece_max = writer->converts ? mjs_format_bytes_to_frames(&writer->stored_spec,
                                                                       MJS_WRITER_SCRATCH_BYTES)
                                          : wanted;
    uint64_t first_max = mjs_format_bytes_to_frames(&writer->stored_spec,
                                                    FIRST_BYTES_MAX - 1 - writer->header_bytes);
    while (*frames_written < wanted && result == MJS_OK) {
        uint64_t piece = wanted - *frames_written;
        const uint8_t *data = in;
        uint64_t kept;
        if (piece > piece_max)
            piece = piece_max;
        if (is_first(writer) && piece > first_max)
            piece = first_max;
        if (writer->converts) {
            mjs_convert_frames(&writer->spec, in, &writer->stored_spec, writer->scratch,
                               (size_t)piece, MJS_GAIN_UNITY);
            data = writer->scratch;
        }
        lock(&writer->block_lock);
        result = write_block(writer, data, piece, &kept, err);
        unlock(&writer->block_lock);
        *frames_written += kept;
        in += bytes_of(writer, kept); // both formats are equally wide
    }
    if (*frames_written > 0)
        mjs_syncer_note(&writer->syncer);
    if (result != MJS_OK)
        return result;
    if (wanted < frames)
        return mjs_result_fail(err, MJS_EFBIG,
                               "cannot write to %s: a WAV file ends at 4 GiB; go on in a new file",
                               writer->path);
    int sync_errno = mjs_syncer_take_error(&writer->syncer);
    if (sync_errno == 0)
        return MJS_OK;
    return mjs_result_fail_errno(err, sync_errno, "what was written to %s may not be on the disk",
                                 writer->path);
}

static mjs_result fail_memory(struct mjs_error *err, const char *path) {
    return mjs_result_fail(err, MJS_ENOMEM, "out of memory for the file %s", path);
}

static mjs_result alloc_writer(struct mjs_writer **writer_out, const char *path,
                               const struct mjs_spec *spec, struct mjs_error *err) {
    struct mjs_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return fail_memory(err, path);
    MJS_ASSERT(pthread_mutex_init(&writer->block_lock, NULL) == 0);
    *writer_out = writer;
    writer->fd = -1;
    writer->finished = true; // there is nothing to finish until it is open
    writer->spec = *spec;
    writer->stored_spec = *spec;
    writer->path = strdup(path);
    if (writer->path == NULL)
        return fail_memory(err, path);
    mjs_result result = mjs_target_resolve(&writer->target, path, err);
    if (result != MJS_OK)
        return result;
    uint64_t bytes_max = INT64_MAX - MJS_WAV_HEADER_BYTES_MAX - 1;
    if (writer->target.is_wav) {
        writer->stored_spec.format = mjs_wav_stored_format(spec->format);
        writer->header_bytes = mjs_wav_header_bytes(&writer->stored_spec);
        bytes_max = mjs_wav_data_bytes_max(&writer->stored_spec);
    }
    writer->frames_max = mjs_format_bytes_to_frames(&writer->stored_spec, bytes_max);
    writer->converts = writer->stored_spec.format != spec->format;
    return MJS_OK;
}

// From an allocated writer to a file in its place. The rename is the last thing that can fail, so
// that an old file is whole until the new one is.
static mjs_result open_writer(struct mjs_writer *writer, bool replace, struct mjs_error *err) {
    struct mjs_target *target = &writer->target;
    mjs_result result = mjs_target_create_temporary(target, writer->path, &writer->fd, err);
    if (result != MJS_OK)
        return result;
    int header_errno = write_header(writer, 0);
    if (header_errno != 0)
        return mjs_target_fail_write(writer->path, header_errno, err);
    // Else a power cut may leave the new name and nothing behind it, where a recording was.
    if (target->exists && fdatasync(writer->fd) != 0 && errno != EINVAL && errno != ENOSYS)
        return mjs_target_fail_write(writer->path, errno, err);
    result = mjs_syncer_start(&writer->syncer, writer->fd, target->folder, err);
    if (result != MJS_OK)
        return result;
    result = replace ? mjs_target_replace(target, writer->path, err)
                     : mjs_target_place(target, writer->path, err);
    if (result != MJS_OK) {
        (void)mjs_syncer_end(&writer->syncer); // of a file that goes away
        return result;
    }
    mjs_syncer_note(&writer->syncer);
    mjs_claim_set_file(writer->claim, writer->fd);
    enlist(writer);
    writer->finished = false;
    return MJS_OK;
}

static mjs_result create(struct mjs_writer **writer_out, const char *path,
                         const struct mjs_spec *spec, bool replace, struct mjs_error *err) {
    struct mjs_writer *writer = NULL;
    MJS_ASSERT(mjs_format_valid((int)spec->format) && spec->channels > 0);
    mjs_result result = alloc_writer(&writer, path, spec, err);
    if (result == MJS_OK && !replace && writer->target.exists)
        result = mjs_result_fail(err, MJS_EEXIST, "%s exists already", path);
    if (result == MJS_OK)
        result = mjs_claim_take(&writer->claim, &writer->target, path, err);
    if (result == MJS_OK) {
        result = open_writer(writer, replace, err);
        if (result == MJS_OK) {
            *writer_out = writer;
            return MJS_OK;
        }
        mjs_target_discard(&writer->target);
        if (writer->fd >= 0)
            (void)close(writer->fd); // its failure would tell nothing about a removed file
    }
    mjs_writer_free(writer);
    return result;
}

mjs_result mjs_writer_create(struct mjs_writer **writer_out, const char *path,
                             const struct mjs_spec *spec, struct mjs_error *err) {
    return create(writer_out, path, spec, true, err);
}

mjs_result mjs_writer_create_new(struct mjs_writer **writer_out, const char *path,
                                 const struct mjs_spec *spec, struct mjs_error *err) {
    return create(writer_out, path, spec, false, err);
}

mjs_result mjs_writer_finish(struct mjs_writer *writer, struct mjs_error *err) {
    if (writer->finished)
        return MJS_OK;
    int sys_errno = 0;
    if (writer->unclean) {
        lock(&writer->block_lock);
        (void)cut_behind(writer, 0); // a tail behind the header's sizes does no harm
        sys_errno = write_header(writer, bytes_of(writer, writer->frames));
        unlock(&writer->block_lock);
        mjs_syncer_note(&writer->syncer);
    }
    // Out of the list before its descriptor and its syncer end: a forced exit uses both.
    delist(writer);
    writer->finished = true;
    int sync_errno = mjs_syncer_end(&writer->syncer);
    if (sys_errno == 0)
        sys_errno = sync_errno;
    if (close(writer->fd) != 0 && errno != EINTR && sys_errno == 0)
        sys_errno = errno;
    writer->fd = -1;
    mjs_claim_release(writer->claim);
    writer->claim = NULL;
    return sys_errno != 0 ? mjs_target_fail_write(writer->path, sys_errno, err) : MJS_OK;
}

void mjs_writer_free(struct mjs_writer *writer) {
    if (writer == NULL)
        return;
    mjs_result lost = mjs_writer_finish(writer, NULL);
    (void)lost; // who wants to know calls finish
    mjs_claim_release(writer->claim);
    MJS_ASSERT(pthread_mutex_destroy(&writer->block_lock) == 0);
    free(writer->path);
    free(writer);
}

uint64_t mjs_writer_frames(const struct mjs_writer *writer) { return writer->frames; }

uint64_t mjs_writer_room_frames(const struct mjs_writer *writer) {
    return writer->frames_max - writer->frames;
}

const char *mjs_writer_path(const struct mjs_writer *writer) { return writer->path; }

struct mjs_claim *mjs_writer_take_claim(struct mjs_writer *writer) {
    struct mjs_claim *claim = writer->claim;
    writer->claim = NULL;
    return claim;
}

const char *mjs_writer_file(const struct mjs_writer *writer) { return writer->target.file; }

static int64_t now_ns(void) {
    struct timespec now;
    MJS_ASSERT(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool wait_a_little(int64_t deadline_ns) {
    if (now_ns() >= deadline_ns)
        return false;
    (void)nanosleep(&(struct timespec){.tv_nsec = EXIT_POLL_NS}, NULL);
    return true;
}

// pthread_mutex_timedlock would go by the wall clock, which boards set while they run.
static bool lock_until(pthread_mutex_t *mutex, int64_t deadline_ns) {
    while (pthread_mutex_trylock(mutex) != 0) {
        if (!wait_a_little(deadline_ns))
            return false;
    }
    return true;
}

void mjs_writer_sync_all_for_exit(int limit_ms) {
    int64_t deadline_ns = now_ns() + (int64_t)limit_ms * 1000000;
    if (!lock_until(&writers_lock, deadline_ns))
        return;
    // None of the locks is given back: nothing opens, closes or writes a block any more.
    for (struct mjs_writer *writer = writers; writer != NULL; writer = writer->next) {
        if (lock_until(&writer->block_lock, deadline_ns))
            mjs_syncer_kick(&writer->syncer);
    }
    // fdatasync cannot be given a limit, so it is left to the syncers, and waited for.
    for (struct mjs_writer *writer = writers; writer != NULL; writer = writer->next) {
        while (mjs_syncer_pending(&writer->syncer) && wait_a_little(deadline_ns)) {
        }
    }
}

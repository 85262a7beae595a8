// SPDX-License-Identifier: MIT
// Writes what `maixjs wav repair` makes: a new file, or the old one in its place.
#include "wav_tool_write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "target.h"

static int write_all(void *opaque, const void *bytes, size_t count, uint64_t offset) {
    const int *fd = opaque;
    size_t done = 0;
    while (done < count) {
        ssize_t some =
            pwrite(*fd, (const uint8_t *)bytes + done, count - done, (off_t)(offset + done));
        if (some < 0 && errno == EINTR)
            continue;
        if (some <= 0)
            return some < 0 ? errno : EIO;
        done += (size_t)some;
    }
    return 0;
}

// What was written must be good, and no frame may be missing: or it is not given a name.
static mjs_result read_back(const struct mjs_wav_file *file, const struct mjs_wav_info *before,
                            struct mjs_wav_info *after, const char *path, struct mjs_error *err) {
    mjs_result result = mjs_wav_read_info(&file->source, after, err);
    if (result == MJS_OK && (after->problems_count > 0 || after->frames < before->frames))
        result = mjs_result_fail(err, MJS_EIO, "%.200s: what was written reads back wrong", path);
    return result;
}

// ---- In place ----

// What stands behind the file is cut off there; a recording that was appended would be gone.
static mjs_result check_behind(const struct mjs_wav_file *file, const struct mjs_wav_info *info,
                               const char *path, struct mjs_error *err) {
    static const char ids[][5] = {"RIFF", "RIFX", "RF64", "BW64"};
    uint8_t head[4];
    for (size_t i = 0; i < info->problems_count; i++) {
        uint64_t at = info->problems[i].offset;
        const struct mjs_wav_source *source = &file->source;
        if (info->problems[i].fault != MJS_WAV_TRAILING ||
            source->read(source->opaque, head, sizeof head, at) != (int64_t)sizeof head)
            continue;
        for (size_t id = 0; id < sizeof ids / sizeof ids[0]; id++) {
            if (memcmp(head, ids[id], sizeof head) == 0)
                return mjs_result_fail(err, MJS_EINVAL,
                                       "%.200s: another recording begins at byte %" PRIu64
                                       ", which would be lost: repair it without --in-place",
                                       path, at);
        }
    }
    return MJS_OK;
}

// First the fields, one after another, each of which only makes the file better; then what is
// behind the end that they name.
static mjs_result patch(struct mjs_wav_file *file, const struct mjs_wav_plan *plan,
                        const char *path, struct mjs_error *err) {
    int failed = 0;
    for (size_t i = 0; i < plan->patches_count && failed == 0; i++) {
        const struct mjs_wav_patch *field = &plan->patches[i];
        failed = write_all(&file->fd, field->bytes, field->count, field->offset);
    }
    if (failed == 0 && fdatasync(file->fd) != 0)
        failed = errno;
    if (failed == 0 && ftruncate(file->fd, (off_t)plan->file_bytes) != 0)
        failed = errno;
    if (failed == 0 && fsync(file->fd) != 0)
        failed = errno;
    file->source.bytes = plan->file_bytes;
    return failed == 0 ? MJS_OK : mjs_target_fail_write(path, failed, err);
}

// ---- A new file ----

// "take-repaired.wav" for "take.wav".
static bool make_path(char path_out[PATH_MAX], const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    if (dot == NULL || dot == name)
        dot = name + strlen(name);
    int bytes = snprintf(path_out, PATH_MAX, "%.*s-repaired%s", (int)(dot - path), path, dot);
    return bytes > 0 && bytes < PATH_MAX;
}

// After that it is as safe as the file system can make it; not every one can sync a folder.
static void sync_folder(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    (void)close(fd);
}

static mjs_result copy_to(struct mjs_target *target, const struct mjs_wav_tool_place *place,
                          const struct mjs_wav_file *file, const struct mjs_wav_info *info,
                          struct mjs_wav_repaired *repaired, struct mjs_error *err) {
    struct mjs_wav_file copy;
    mjs_result result = mjs_target_create_temporary(target, repaired->path, &copy.fd, err);
    if (result != MJS_OK)
        return result;
    uint64_t bytes = 0;
    const struct mjs_wav_sink sink = {write_all, &copy.fd};
    result = mjs_wav_repair_copy(&file->source, info, &sink, &bytes, err);
    if (result == MJS_OK && fsync(copy.fd) != 0)
        result = mjs_target_fail_write(repaired->path, errno, err);
    mjs_wav_file_close(&copy);
    if (result == MJS_OK)
        result = mjs_wav_file_open(&copy, target->temporary, O_RDONLY, err);
    if (result == MJS_OK) {
        result = read_back(&copy, info, &repaired->info, repaired->path, err);
        mjs_wav_file_close(&copy);
    }
    if (result == MJS_OK)
        result = place->in_place ? mjs_target_replace(target, repaired->path, err)
                                 : mjs_target_place(target, repaired->path, err);
    mjs_target_discard(target);
    if (result == MJS_OK)
        sync_folder(target->folder);
    return result;
}

static mjs_result write_copy(const struct mjs_wav_tool_place *place,
                             const struct mjs_wav_file *file, const struct mjs_wav_info *info,
                             struct mjs_wav_repaired *repaired, struct mjs_error *err) {
    struct mjs_target target;
    const char *given = place->in_place ? place->path : place->output;
    bool fits = given != NULL ? snprintf(repaired->path, PATH_MAX, "%s", given) < PATH_MAX
                              : make_path(repaired->path, place->path);
    if (!fits)
        return mjs_result_fail_errno(err, ENAMETOOLONG, "cannot write beside %.200s", place->path);
    mjs_result result = mjs_target_locate(&target, repaired->path, err);
    if (result == MJS_OK && target.exists && !place->in_place)
        result = mjs_result_fail(
            err, MJS_EEXIST, "%.200s exists already: name another file with -o", repaired->path);
    if (result == MJS_OK)
        result = copy_to(&target, place, file, info, repaired, err);
    return result;
}

mjs_result mjs_wav_tool_write(const struct mjs_wav_tool_place *place, struct mjs_wav_file *file,
                              const struct mjs_wav_info *info, struct mjs_wav_repaired *repaired,
                              struct mjs_error *err) {
    struct mjs_wav_plan plan;
    mjs_wav_repair_plan(info, &plan);
    if (plan.kind == MJS_WAV_REPAIR_PATCH && !place->in_place)
        plan.kind = MJS_WAV_REPAIR_COPY;
    repaired->how = plan.kind;
    if (plan.kind == MJS_WAV_REPAIR_NONE || plan.kind == MJS_WAV_REPAIR_IMPOSSIBLE)
        return MJS_OK;
    mjs_result result = place->in_place ? check_behind(file, info, place->path, err) : MJS_OK;
    if (result != MJS_OK)
        return result;
    if (plan.kind == MJS_WAV_REPAIR_COPY)
        return write_copy(place, file, info, repaired, err);
    (void)snprintf(repaired->path, PATH_MAX, "%s", place->path);
    result = patch(file, &plan, place->path, err);
    return result == MJS_OK ? read_back(file, info, &repaired->info, place->path, err) : result;
}

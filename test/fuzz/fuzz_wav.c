// SPDX-License-Identifier: MIT
// The WAVE reader on any bytes: what it says fits the file; and what a repair makes is good, and
// has every frame that was there.
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../modules/audio/wav_file.h"
#include "../../modules/audio/wav_read.h"
#include "../../modules/audio/wav_repair.h"
#include "fuzz.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)

struct memory {
    uint8_t *data;
    size_t bytes;
};

static int64_t read_memory(void *opaque, void *bytes_out, size_t bytes, uint64_t offset) {
    const struct memory *memory = opaque;
    if (offset >= memory->bytes)
        return 0;
    size_t left = memory->bytes - (size_t)offset;
    bytes = bytes < left ? bytes : left;
    (void)memcpy(bytes_out, memory->data + offset, bytes);
    return (int64_t)bytes;
}

// Sound that a repair lengthens with zeros could be huge: then it fails as a full disk does.
static int write_memory(void *opaque, const void *bytes, size_t count, uint64_t offset) {
    struct memory *memory = opaque;
    if (offset > FILE_BYTES_MAX || count > FILE_BYTES_MAX - offset)
        return ENOSPC;
    size_t end = (size_t)offset + count;
    if (end > memory->bytes) {
        memory->data = realloc(memory->data, end);
        FUZZ_CHECK(memory->data != NULL);
        (void)memset(memory->data + memory->bytes, 0, end - memory->bytes);
        memory->bytes = end;
    }
    (void)memcpy(memory->data + offset, bytes, count);
    return 0;
}

static struct mjs_wav_source source_of(struct memory *memory) {
    return (struct mjs_wav_source){.read = read_memory, .opaque = memory, .bytes = memory->bytes};
}

static void read_info(struct memory *memory, struct mjs_wav_info *info) {
    struct mjs_wav_source source = source_of(memory);
    struct mjs_error err;
    FUZZ_CHECK(mjs_wav_read_info(&source, info, &err) == MJS_OK);
    FUZZ_CHECK(info->problems_count <= MJS_WAV_PROBLEMS_MAX);
    FUZZ_CHECK(info->chunks <= MJS_WAV_CHUNKS_MAX);
    FUZZ_CHECK(info->file_bytes == memory->bytes);
    if (info->data.offset != 0) {
        FUZZ_CHECK(info->data.offset <= memory->bytes);
        FUZZ_CHECK(info->data.bytes <= memory->bytes - info->data.offset);
    } else {
        FUZZ_CHECK(info->data.bytes == 0);
    }
    if (info->fmt.known) {
        FUZZ_CHECK(info->fmt.block_bytes != 0);
        FUZZ_CHECK(info->frames <= info->data.bytes);
        FUZZ_CHECK(mjs_wav_read_whole_bytes(info) <= info->data.bytes);
    }
    uint64_t at = 0;
    uint64_t last = 0;
    bool found = true;
    for (int count = 0; found; count++) {
        struct mjs_wav_chunk chunk;
        FUZZ_CHECK(count <= MJS_WAV_CHUNKS_MAX);
        FUZZ_CHECK(mjs_wav_read_chunk(&source, info, &at, &chunk, &found, &err) == MJS_OK);
        if (found) {
            FUZZ_CHECK(chunk.offset > last && chunk.next >= chunk.offset);
            FUZZ_CHECK(chunk.offset <= memory->bytes);
            FUZZ_CHECK(chunk.bytes <= memory->bytes - chunk.offset);
            last = chunk.offset;
        }
    }
}

// The sound is the same, byte for byte. Nothing of it may be wrong any more.
static void check_repaired(const struct memory *before, const struct mjs_wav_info *was,
                           struct memory *after) {
    struct mjs_wav_info info;
    read_info(after, &info);
    FUZZ_CHECK(info.problems_count == 0);
    FUZZ_CHECK(info.frames >= was->frames);
    FUZZ_CHECK(info.fmt.known && info.fmt.block_bytes == was->fmt.block_bytes);
    uint64_t bytes = mjs_wav_read_whole_bytes(was);
    FUZZ_CHECK(info.data.bytes >= bytes);
    FUZZ_CHECK(memcmp(before->data + was->data.offset, after->data + info.data.offset,
                      (size_t)bytes) == 0);
}

static void check_patches(const struct memory *memory, const struct mjs_wav_info *info,
                          const struct mjs_wav_plan *plan) {
    if (plan->file_bytes > FILE_BYTES_MAX)
        return;
    struct memory patched = {.data = calloc(1, (size_t)plan->file_bytes + 1),
                             .bytes = (size_t)plan->file_bytes};
    FUZZ_CHECK(patched.data != NULL && plan->patches_count <= MJS_WAV_PATCHES_MAX);
    size_t common = memory->bytes < patched.bytes ? memory->bytes : patched.bytes;
    (void)memcpy(patched.data, memory->data, common);
    for (size_t i = 0; i < plan->patches_count; i++) {
        const struct mjs_wav_patch *patch = &plan->patches[i];
        FUZZ_CHECK(patch->count <= sizeof patch->bytes);
        FUZZ_CHECK(patch->offset <= patched.bytes && patch->count <= patched.bytes - patch->offset);
        (void)memcpy(patched.data + patch->offset, patch->bytes, patch->count);
    }
    check_repaired(memory, info, &patched);
    free(patched.data);
}

static void check_copy(struct memory *memory, const struct mjs_wav_info *info) {
    struct mjs_wav_source source = source_of(memory);
    struct memory copy = {0};
    struct mjs_wav_sink sink = {.write = write_memory, .opaque = &copy};
    struct mjs_error err;
    uint64_t bytes = 0;
    mjs_result result = mjs_wav_repair_copy(&source, info, &sink, &bytes, &err);
    if (result == MJS_OK) {
        FUZZ_CHECK(bytes == copy.bytes);
        check_repaired(memory, info, &copy);
    } else {
        FUZZ_CHECK(result == MJS_ENOSPC);
    }
    free(copy.data);
}

// The same bytes as a file that is a microphone (sim:file): all frames that are there, or an error.
static void check_load(const struct memory *memory, const struct mjs_wav_info *info) {
    char path[64];
    int fd = memfd_create("wav", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && write(fd, memory->data, memory->bytes) == (ssize_t)memory->bytes);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct mjs_wav_data data;
    struct mjs_error err = {0};
    if (mjs_wav_file_load(&data, path, &err) == MJS_OK) {
        FUZZ_CHECK(data.frames == info->frames && info->fmt.format != MJS_FORMAT_NONE);
        mjs_wav_file_unload(&data);
    } else {
        FUZZ_CHECK(err.message[0] != '\0');
    }
    FUZZ_CHECK(close(fd) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct memory memory = {.data = malloc(bytes + 1), .bytes = bytes};
    FUZZ_CHECK(memory.data != NULL);
    if (bytes > 0)
        (void)memcpy(memory.data, data, bytes);
    struct mjs_wav_info info;
    read_info(&memory, &info);
    struct mjs_wav_plan plan;
    mjs_wav_repair_plan(&info, &plan);
    if (plan.kind == MJS_WAV_REPAIR_PATCH)
        check_patches(&memory, &info, &plan);
    if (plan.kind != MJS_WAV_REPAIR_IMPOSSIBLE)
        check_copy(&memory, &info);
    check_load(&memory, &info);
    free(memory.data);
    return 0;
}

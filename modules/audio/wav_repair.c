// SPDX-License-Identifier: MIT
// How a damaged WAVE file becomes a good one: by new sizes where that suffices, else by a copy.
#include "wav_repair.h"

#include <string.h>

#include "wav_read_internal.h"

#define COPY_BYTES 16384
#define FMT_AT_BYTE_RATE 8
#define FMT_AT_BLOCK 12

// ---- By patches ----

// As it is after the repair.
static bool is_larger_than_riff(const struct mjs_wav_info *info) {
    return info->end - MJS_WAV_HEAD_BYTES > UINT32_MAX;
}

static bool is_possible(const struct mjs_wav_info *info) {
    // Nobody has ever defined a RIFX with 64-bit sizes.
    return info->fmt.known && info->data.offset != 0 &&
           !(info->big_endian && is_larger_than_riff(info));
}

static bool needs_copy(const struct mjs_wav_info *info) {
    static const enum mjs_wav_fault faults[] = {
        MJS_WAV_CHAIN_BROKEN,    MJS_WAV_TOO_MANY_CHUNKS, MJS_WAV_FMT_SHORT,  MJS_WAV_FMT_TWICE,
        MJS_WAV_DATA_BEFORE_FMT, MJS_WAV_DATA_TWICE,      MJS_WAV_DS64_SHORT, MJS_WAV_DS64_MISSING,
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (mjs_wav_read_has(info, faults[i]))
            return true;
    }
    for (size_t i = 0; i < info->problems_count; i++) {
        // At the end it can be appended.
        if (info->problems[i].fault == MJS_WAV_PAD_MISSING &&
            info->problems[i].offset < info->file_bytes)
            return true;
    }
    uint64_t whole_bytes = mjs_wav_read_whole_bytes(info);
    bool moves = whole_bytes != info->data.bytes && !info->data_is_last;
    bool narrow_riff = info->riff_size_offset == 4 && is_larger_than_riff(info);
    bool narrow_data = info->data_size_offset == info->data.offset - 4 && whole_bytes > UINT32_MAX;
    return moves || narrow_riff || narrow_data || info->problems_omitted != 0;
}

static void add_patch(struct mjs_wav_plan *plan, uint64_t offset, size_t count, uint64_t value,
                      bool big_endian) {
    MJS_ASSERT(plan->patches_count < MJS_WAV_PATCHES_MAX);
    struct mjs_wav_patch *patch = &plan->patches[plan->patches_count++];
    *patch = (struct mjs_wav_patch){.offset = offset, .count = count};
    mjs_wav_put(patch->bytes, count, value, big_endian);
}

// The fields that a problem names, and what they should be.
static void add_field(const struct mjs_wav_info *info, const struct mjs_wav_problem *problem,
                      struct mjs_wav_plan *plan) {
    bool big_endian = info->big_endian;
    switch (problem->fault) {
    case MJS_WAV_FMT_BLOCK_ALIGN:
        add_patch(plan, problem->offset, 2, problem->expected, big_endian);
        break;
    case MJS_WAV_FMT_BYTE_RATE:
    case MJS_WAV_FACT:
        add_patch(plan, problem->offset, 4, problem->expected, big_endian);
        break;
    case MJS_WAV_CHUNK_CUT: // of the last chunk
        add_patch(plan, problem->offset - 4, 4, problem->found, big_endian);
        break;
    case MJS_WAV_DS64_FRAMES:
        add_patch(plan, problem->offset, 8, problem->expected, false);
        break;
    default: // all others are sizes
        break;
    }
}

void mjs_wav_repair_plan(const struct mjs_wav_info *info, struct mjs_wav_plan *plan) {
    *plan = (struct mjs_wav_plan){.kind = MJS_WAV_REPAIR_PATCH, .file_bytes = info->end};
    if (info->problems_count == 0)
        plan->kind = MJS_WAV_REPAIR_NONE;
    else if (!is_possible(info))
        plan->kind = MJS_WAV_REPAIR_IMPOSSIBLE;
    else if (needs_copy(info))
        plan->kind = MJS_WAV_REPAIR_COPY;
    if (plan->kind != MJS_WAV_REPAIR_PATCH)
        return;
    uint64_t whole_bytes = mjs_wav_read_whole_bytes(info);
    // First what the sizes then name: the pad byte is there before they count it.
    if (info->data_is_last && whole_bytes % 2 != 0)
        add_patch(plan, info->end - 1, 1, 0, false);
    for (size_t i = 0; i < info->problems_count; i++)
        add_field(info, &info->problems[i], plan);
    if (whole_bytes != info->data.named)
        add_patch(plan, info->data_size_offset,
                  info->data_size_offset == info->data.offset - 4 ? 4 : 8, whole_bytes,
                  info->big_endian);
    if (info->riff_bytes != info->end - MJS_WAV_HEAD_BYTES)
        add_patch(plan, info->riff_size_offset, info->riff_size_offset == 4 ? 4 : 8,
                  info->end - MJS_WAV_HEAD_BYTES, info->big_endian);
}

// ---- By a copy ----

struct copier {
    const struct mjs_wav_source *source;
    const struct mjs_wav_info *info;
    const struct mjs_wav_sink *sink;
    struct mjs_error *err;
    uint64_t at; // in the sink
    mjs_result result;
};

// What the copy will be.
struct sizes {
    uint64_t data_bytes;
    uint64_t riff_bytes; // all but the first 8 bytes
    bool wide;
};

static void emit(struct copier *copier, const void *bytes, size_t count) {
    if (copier->result != MJS_OK)
        return;
    int sys_errno = copier->sink->write(copier->sink->opaque, bytes, count, copier->at);
    if (sys_errno != 0)
        copier->result = mjs_result_fail_errno(copier->err, sys_errno, "cannot write the copy");
    copier->at += count;
}

static void emit_head(struct copier *copier, const void *id, uint64_t bytes) {
    uint8_t head[MJS_WAV_HEAD_BYTES];
    memcpy(head, id, 4);
    mjs_wav_put(head + 4, 4, bytes < UINT32_MAX ? bytes : UINT32_MAX, copier->info->big_endian);
    emit(copier, head, sizeof head);
}

static void emit_range(struct copier *copier, uint64_t offset, uint64_t bytes) {
    uint8_t buffer[COPY_BYTES];
    struct mjs_wav_reader reader = {copier->source, NULL, MJS_OK, copier->err};
    while (bytes > 0 && copier->result == MJS_OK) {
        size_t count = bytes < sizeof buffer ? (size_t)bytes : sizeof buffer;
        if (!mjs_wav_chunk_bytes(&reader, buffer, count, offset)) {
            copier->result = reader.result != MJS_OK
                                 ? reader.result
                                 : mjs_result_fail(copier->err, MJS_EIO,
                                                   "the file became shorter while it was read");
            return;
        }
        emit(copier, buffer, count);
        offset += count;
        bytes -= count;
    }
}

static void emit_pad(struct copier *copier, uint64_t bytes) {
    if (bytes % 2 != 0)
        emit(copier, "", 1);
}

static uint64_t padded(uint64_t bytes) { return bytes + bytes % 2; }

// Whole frames of it, where frames are so and so many bytes.
static uint64_t sound_bytes(const struct mjs_wav_info *info, const struct mjs_wav_chunk *chunk) {
    return mjs_wav_read_is_linear(&info->fmt) ? chunk->bytes - chunk->bytes % info->fmt.block_bytes
                                              : chunk->bytes;
}

enum kind { KIND_REBUILT, KIND_SOUND, KIND_OTHER };

static enum kind kind_of(const struct mjs_wav_chunk *chunk) {
    if (mjs_wav_is_id(chunk->id, "data"))
        return KIND_SOUND;
    bool rebuilt = mjs_wav_is_id(chunk->id, "fmt ") || mjs_wav_is_id(chunk->id, "ds64");
    return rebuilt ? KIND_REBUILT : KIND_OTHER;
}

static bool next(struct copier *copier, uint64_t *at, struct mjs_wav_chunk *chunk) {
    bool found = false;
    if (copier->result == MJS_OK)
        copier->result =
            mjs_wav_read_chunk(copier->source, copier->info, at, chunk, &found, copier->err);
    return found && copier->result == MJS_OK;
}

static struct sizes measure(struct copier *copier) {
    const struct mjs_wav_info *info = copier->info;
    struct sizes sizes = {0};
    struct mjs_wav_chunk chunk;
    uint64_t others = 0;
    for (uint64_t at = 0; next(copier, &at, &chunk);) {
        if (kind_of(&chunk) == KIND_SOUND)
            sizes.data_bytes += sound_bytes(info, &chunk);
        else if (kind_of(&chunk) == KIND_OTHER)
            others += MJS_WAV_HEAD_BYTES + padded(chunk.bytes);
        if (kind_of(&chunk) == KIND_OTHER && chunk.bytes > UINT32_MAX)
            copier->result = mjs_result_fail(copier->err, MJS_EUNSUPPORTED,
                                             "a chunk that is no sound is larger than 4 GiB");
    }
    sizes.riff_bytes = 4 + MJS_WAV_HEAD_BYTES + padded(info->fmt.bytes) + others +
                       MJS_WAV_HEAD_BYTES + padded(sizes.data_bytes);
    sizes.wide = sizes.riff_bytes > UINT32_MAX;
    if (sizes.wide)
        sizes.riff_bytes += MJS_WAV_HEAD_BYTES + MJS_WAV_DS64_BYTES;
    if (sizes.wide && info->big_endian)
        copier->result = mjs_result_fail(copier->err, MJS_EUNSUPPORTED,
                                         "a big-endian file cannot be larger than 4 GiB");
    return sizes;
}

static uint64_t frames_of(const struct mjs_wav_info *info, const struct sizes *sizes) {
    return sizes->data_bytes / info->fmt.block_bytes;
}

static void emit_container(struct copier *copier, const struct sizes *sizes) {
    const struct mjs_wav_info *info = copier->info;
    const char *id = sizes->wide ? "RF64" : info->big_endian ? "RIFX" : "RIFF";
    emit_head(copier, id, sizes->riff_bytes);
    emit(copier, "WAVE", 4);
    if (!sizes->wide)
        return;
    uint8_t ds64[MJS_WAV_DS64_BYTES] = {0}; // the table at its end is empty
    mjs_wav_put(ds64, 8, sizes->riff_bytes, false);
    mjs_wav_put(ds64 + 8, 8, sizes->data_bytes, false);
    mjs_wav_put(ds64 + 16, 8, frames_of(info, sizes), false);
    emit_head(copier, "ds64", sizeof ds64);
    emit(copier, ds64, sizeof ds64);
}

static void emit_fmt(struct copier *copier) {
    const struct mjs_wav_fmt *fmt = &copier->info->fmt;
    uint8_t first[MJS_WAV_FMT_BYTES_MIN];
    struct mjs_wav_reader reader = {copier->source, NULL, MJS_OK, copier->err};
    if (!mjs_wav_chunk_bytes(&reader, first, sizeof first, fmt->offset)) {
        copier->result = mjs_result_fail(copier->err, MJS_EIO, "the file changed meanwhile");
        return;
    }
    mjs_wav_put(first + FMT_AT_BYTE_RATE, 4, fmt->byte_rate, copier->info->big_endian);
    mjs_wav_put(first + FMT_AT_BLOCK, 2, fmt->block_bytes, copier->info->big_endian);
    emit_head(copier, "fmt ", fmt->bytes);
    emit(copier, first, sizeof first);
    emit_range(copier, fmt->offset + sizeof first, fmt->bytes - sizeof first);
    emit_pad(copier, fmt->bytes);
}

static void emit_others(struct copier *copier, const struct sizes *sizes, bool behind_sound) {
    const struct mjs_wav_info *info = copier->info;
    struct mjs_wav_chunk chunk;
    for (uint64_t at = 0; next(copier, &at, &chunk);) {
        if (kind_of(&chunk) != KIND_OTHER || (chunk.offset > info->data.offset) != behind_sound)
            continue;
        uint64_t skip = 0;
        emit_head(copier, chunk.id, chunk.bytes);
        if (chunk.offset == info->fact_offset && mjs_wav_read_is_linear(&info->fmt)) {
            uint8_t fact[4];
            uint64_t frames = frames_of(info, sizes);
            mjs_wav_put(fact, 4, frames < UINT32_MAX ? frames : UINT32_MAX, info->big_endian);
            emit(copier, fact, sizeof fact);
            skip = sizeof fact;
        }
        emit_range(copier, chunk.offset + skip, chunk.bytes - skip);
        emit_pad(copier, chunk.bytes);
    }
}

static void emit_sound(struct copier *copier, const struct sizes *sizes) {
    struct mjs_wav_chunk chunk;
    emit_head(copier, "data", sizes->wide ? UINT32_MAX : sizes->data_bytes);
    for (uint64_t at = 0; next(copier, &at, &chunk);) {
        if (kind_of(&chunk) == KIND_SOUND)
            emit_range(copier, chunk.offset, sound_bytes(copier->info, &chunk));
    }
    emit_pad(copier, sizes->data_bytes);
}

mjs_result mjs_wav_repair_copy(const struct mjs_wav_source *source, const struct mjs_wav_info *info,
                               const struct mjs_wav_sink *sink, uint64_t *bytes_out,
                               struct mjs_error *err) {
    struct copier copier = {.source = source, .info = info, .sink = sink, .err = err};
    MJS_ASSERT(is_possible(info));
    struct sizes sizes = measure(&copier);
    if (copier.result == MJS_OK) {
        emit_container(&copier, &sizes);
        emit_fmt(&copier);
        emit_others(&copier, &sizes, false);
        emit_sound(&copier, &sizes);
        emit_others(&copier, &sizes, true);
    }
    *bytes_out = copier.at;
    return copier.result;
}

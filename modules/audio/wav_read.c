// SPDX-License-Identifier: MIT
// Reads what a WAVE file says of itself, whatever state it is in, and names what is wrong with it.
#include "wav_read.h"

#include <string.h>

#include "wav_read_internal.h"

#define DS64_OFFSET (MJS_WAV_RIFF_BYTES + MJS_WAV_HEAD_BYTES) // it must be the first chunk

void mjs_wav_read_add(struct mjs_wav_info *info, enum mjs_wav_fault fault, const uint8_t *id,
                      uint64_t offset, uint64_t found, uint64_t expected) {
    if (info->problems_count == MJS_WAV_PROBLEMS_MAX) {
        info->problems_omitted++;
        return;
    }
    struct mjs_wav_problem *problem = &info->problems[info->problems_count++];
    *problem = (struct mjs_wav_problem){
        .fault = fault, .offset = offset, .found = found, .expected = expected};
    if (id != NULL)
        memcpy(problem->id, id, sizeof problem->id);
}

bool mjs_wav_read_has(const struct mjs_wav_info *info, enum mjs_wav_fault fault) {
    for (size_t i = 0; i < info->problems_count; i++) {
        if (info->problems[i].fault == fault)
            return true;
    }
    return false;
}

uint64_t mjs_wav_read_whole_bytes(const struct mjs_wav_info *info) {
    if (!info->fmt.known || !mjs_wav_read_is_linear(&info->fmt))
        return info->data.bytes;
    return info->frames * info->fmt.block_bytes;
}

// ---- The file ----

static enum mjs_wav_container container_of(const uint8_t *riff) {
    if (!mjs_wav_is_id(riff + 8, "WAVE"))
        return MJS_WAV_NONE;
    return mjs_wav_is_id(riff, "RIFF")   ? MJS_WAV_RIFF
           : mjs_wav_is_id(riff, "RIFX") ? MJS_WAV_RIFX
           : mjs_wav_is_id(riff, "RF64") ? MJS_WAV_RF64
           : mjs_wav_is_id(riff, "BW64") ? MJS_WAV_BW64
                                         : MJS_WAV_NONE;
}

// The first 12 bytes, and ds64 where they ask for it. False: no WAVE file.
static bool read_container(struct mjs_wav_reader *reader) {
    static const uint8_t zeros[MJS_WAV_RIFF_BYTES];
    struct mjs_wav_info *info = reader->info;
    uint8_t riff[MJS_WAV_RIFF_BYTES];
    bool there = mjs_wav_chunk_bytes(reader, riff, sizeof riff, 0);
    info->container = there ? container_of(riff) : MJS_WAV_NONE;
    if (info->container == MJS_WAV_NONE) {
        bool empty = there && memcmp(riff, zeros, sizeof riff) == 0;
        mjs_wav_read_add(info, empty ? MJS_WAV_EMPTY_HEAD : MJS_WAV_NOT_WAVE, NULL, 0,
                         reader->source->bytes, 0);
        return false;
    }
    info->big_endian = info->container == MJS_WAV_RIFX;
    info->riff_bytes = mjs_wav_u32(riff + 4, info->big_endian);
    info->riff_size_offset = 4;
    if (!mjs_wav_is_wide(info))
        return true;
    struct mjs_wav_head head;
    uint8_t wide[24];
    if (!mjs_wav_chunk_head(reader, MJS_WAV_RIFF_BYTES, false, &head) ||
        !mjs_wav_is_id(head.id, "ds64") || head.named < sizeof wide ||
        !mjs_wav_chunk_bytes(reader, wide, sizeof wide, DS64_OFFSET)) {
        mjs_wav_read_add(info, MJS_WAV_DS64_MISSING, NULL, MJS_WAV_RIFF_BYTES, 0, 0);
        return true;
    }
    info->ds64_offset = DS64_OFFSET;
    info->ds64_bytes = head.named;
    info->ds64_frames = mjs_wav_u64(wide + 16);
    if (info->riff_bytes == UINT32_MAX) {
        info->riff_bytes = mjs_wav_u64(wide);
        info->riff_size_offset = DS64_OFFSET;
    }
    if (head.named < MJS_WAV_DS64_BYTES)
        mjs_wav_read_add(info, MJS_WAV_DS64_SHORT, NULL, DS64_OFFSET, head.named,
                         MJS_WAV_DS64_BYTES);
    return true;
}

static void take_fmt(struct mjs_wav_reader *reader, const struct mjs_wav_chunk *chunk) {
    uint8_t head[MJS_WAV_FMT_BYTES_READ] = {0};
    size_t bytes = chunk->bytes < sizeof head ? (size_t)chunk->bytes : sizeof head;
    bool first = reader->info->fmt.offset == 0;
    if (!first)
        mjs_wav_read_add(reader->info, MJS_WAV_FMT_TWICE, NULL, chunk->offset - MJS_WAV_HEAD_BYTES,
                         0, 0);
    if ((first || !reader->info->fmt.known) &&
        mjs_wav_chunk_bytes(reader, head, bytes, chunk->offset))
        mjs_wav_fmt_parse(reader->info, head, chunk->offset, chunk->bytes);
}

static void take_data(struct mjs_wav_reader *reader, const struct mjs_wav_chunk *chunk,
                      enum mjs_wav_fault fault, bool from_ds64) {
    struct mjs_wav_info *info = reader->info;
    if (info->data.offset != 0) {
        mjs_wav_read_add(info, MJS_WAV_DATA_TWICE, NULL, chunk->offset - MJS_WAV_HEAD_BYTES,
                         chunk->bytes, 0);
        return;
    }
    info->data = *chunk;
    info->data_size_offset = from_ds64 ? info->ds64_offset + 8 : chunk->offset - 4;
    if (fault != MJS_WAV_FAULT_NONE && !mjs_wav_read_has(info, MJS_WAV_DS64_MISSING))
        mjs_wav_read_add(info, fault, NULL, info->data_size_offset, chunk->named, chunk->bytes);
    if (info->fmt.offset == 0)
        mjs_wav_read_add(info, MJS_WAV_DATA_BEFORE_FMT, NULL, chunk->offset - MJS_WAV_HEAD_BYTES, 0,
                         0);
}

static void take_chunk(struct mjs_wav_reader *reader, const struct mjs_wav_chunk *chunk,
                       enum mjs_wav_fault data_fault, bool from_ds64) {
    struct mjs_wav_info *info = reader->info;
    bool is_data = mjs_wav_is_id(chunk->id, "data");
    info->data_is_last = is_data && info->data.offset == 0;
    if (is_data) {
        take_data(reader, chunk, data_fault, from_ds64);
    } else if (mjs_wav_is_id(chunk->id, "fmt ")) {
        take_fmt(reader, chunk);
    } else if (mjs_wav_is_id(chunk->id, "fact") && chunk->bytes >= 4 && info->fact_offset == 0) {
        uint8_t bytes[4];
        if (mjs_wav_chunk_bytes(reader, bytes, sizeof bytes, chunk->offset)) {
            info->fact_offset = chunk->offset;
            info->fact_frames = mjs_wav_u32(bytes, info->big_endian);
        }
    }
    if (!is_data && chunk->bytes < chunk->named)
        mjs_wav_read_add(info, MJS_WAV_CHUNK_CUT, chunk->id, chunk->offset, chunk->bytes,
                         chunk->named);
    // Of the sound it is said once it is known how long that is.
    else if (chunk->pad_missing && !info->data_is_last)
        mjs_wav_read_add(info, MJS_WAV_PAD_MISSING, chunk->id, chunk->offset + chunk->bytes, 0, 0);
}

static void read_chunks(struct mjs_wav_reader *reader) {
    struct mjs_wav_info *info = reader->info;
    struct mjs_wav_chunk chunk;
    bool pad_missing = false;
    info->end = MJS_WAV_RIFF_BYTES;
    for (;;) {
        enum mjs_wav_fault data_fault = MJS_WAV_FAULT_NONE;
        bool from_ds64 = false;
        if (!mjs_wav_chunk_next(reader, info->end, &chunk, &data_fault, &from_ds64))
            break;
        if (info->chunks == MJS_WAV_CHUNKS_MAX) {
            mjs_wav_read_add(info, MJS_WAV_TOO_MANY_CHUNKS, NULL, info->end, 0, 0);
            break;
        }
        if (chunk.offset - MJS_WAV_HEAD_BYTES != info->end)
            mjs_wav_read_add(info, MJS_WAV_CHAIN_BROKEN, chunk.id, info->end,
                             chunk.offset - MJS_WAV_HEAD_BYTES - info->end, 0);
        info->chunks++;
        info->end = chunk.next;
        pad_missing = chunk.pad_missing;
        take_chunk(reader, &chunk, data_fault, from_ds64);
    }
    info->end += pad_missing && info->end == reader->source->bytes;
}

// ---- What only shows at the end ----

static bool is_data_size_wrong(const struct mjs_wav_info *info) {
    return mjs_wav_read_has(info, MJS_WAV_DATA_UNSET) ||
           mjs_wav_read_has(info, MJS_WAV_DATA_STALE) || mjs_wav_read_has(info, MJS_WAV_DATA_CUT);
}

static void count_frames(struct mjs_wav_info *info) {
    if (!info->fmt.known || info->data.offset == 0)
        return;
    uint32_t block_bytes = info->fmt.block_bytes;
    uint64_t part = info->data.bytes % block_bytes;
    info->frames = info->data.bytes / block_bytes;
    if (!mjs_wav_read_is_linear(&info->fmt))
        return;
    if (part != 0 && !is_data_size_wrong(info))
        mjs_wav_read_add(info, MJS_WAV_DATA_PART_FRAME, NULL,
                         info->data.offset + info->data.bytes - part, part, block_bytes);
    uint32_t fact_frames = info->frames < UINT32_MAX ? (uint32_t)info->frames : UINT32_MAX;
    bool elsewhere = mjs_wav_is_wide(info) && info->fact_frames == UINT32_MAX;
    if (info->fact_offset != 0 && info->fact_frames != fact_frames && !elsewhere)
        mjs_wav_read_add(info, MJS_WAV_FACT, NULL, info->fact_offset, info->fact_frames,
                         fact_frames);
    if (info->ds64_offset != 0 && info->ds64_frames != 0 && info->ds64_frames != info->frames)
        mjs_wav_read_add(info, MJS_WAV_DS64_FRAMES, NULL, info->ds64_offset + 16, info->ds64_frames,
                         info->frames);
}

// The ends of sound, container and file.
static void check_ends(struct mjs_wav_info *info) {
    const struct mjs_wav_chunk *data = &info->data;
    uint64_t whole = mjs_wav_read_whole_bytes(info);
    bool data_wrong = is_data_size_wrong(info) || whole != data->bytes;
    if (info->data_is_last)
        info->end = data->offset + whole + whole % 2;
    if (data->pad_missing && !data_wrong)
        mjs_wav_read_add(info, MJS_WAV_PAD_MISSING, data->id, data->offset + whole, 0, 0);
    bool pad_missing = info->end > info->file_bytes;
    uint64_t riff_bytes = info->end - MJS_WAV_HEAD_BYTES;
    bool only_pad = pad_missing && info->riff_bytes == riff_bytes - 1;
    if (info->riff_bytes != riff_bytes && !only_pad &&
        !mjs_wav_read_has(info, MJS_WAV_DS64_MISSING))
        mjs_wav_read_add(info, MJS_WAV_RIFF_SIZE, NULL, info->riff_size_offset, info->riff_bytes,
                         riff_bytes);
    // Of a frame that is there in part it was said.
    uint64_t known_end = info->data_is_last && data->next > info->end ? data->next : info->end;
    if (info->file_bytes > known_end)
        mjs_wav_read_add(info, MJS_WAV_TRAILING, NULL, known_end, info->file_bytes - known_end, 0);
}

mjs_result mjs_wav_read_info(const struct mjs_wav_source *source, struct mjs_wav_info *info,
                             struct mjs_error *err) {
    struct mjs_wav_reader reader = {source, info, MJS_OK, err};
    *info = (struct mjs_wav_info){.file_bytes = source->bytes};
    if (!read_container(&reader))
        return reader.result;
    read_chunks(&reader);
    if (info->fmt.offset == 0)
        mjs_wav_read_add(info, MJS_WAV_FMT_MISSING, NULL, MJS_WAV_RIFF_BYTES, 0, 0);
    if (info->data.offset == 0)
        mjs_wav_read_add(info, MJS_WAV_DATA_MISSING, NULL, info->end, 0, 0);
    count_frames(info);
    if (info->data.offset != 0)
        check_ends(info);
    return reader.result;
}
mjs_result mjs_wav_read_chunk(const struct mjs_wav_source *source, const struct mjs_wav_info *info,
                              uint64_t *at, struct mjs_wav_chunk *chunk, bool *found,
                              struct mjs_error *err) {
    struct mjs_wav_info known = *info;
    struct mjs_wav_reader reader = {source, &known, MJS_OK, err};
    enum mjs_wav_fault fault;
    bool from_ds64;
    if (*at == 0)
        *at = MJS_WAV_RIFF_BYTES;
    *found = info->container != MJS_WAV_NONE && *at < info->end &&
             mjs_wav_chunk_next(&reader, *at, chunk, &fault, &from_ds64);
    if (*found)
        *at = chunk->next;
    return reader.result;
}

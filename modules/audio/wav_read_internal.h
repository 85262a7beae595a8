// SPDX-License-Identifier: MIT
// What the parser's files share. Only for wav_read.c, wav_chunk.c, wav_fmt.c and wav_repair.c.
#ifndef MJS_WAV_READ_INTERNAL_H
#define MJS_WAV_READ_INTERNAL_H

#include <string.h>

#include "wav_read.h"

#define MJS_WAV_RIFF_BYTES 12
#define MJS_WAV_HEAD_BYTES 8
#define MJS_WAV_FMT_BYTES_MIN 16
#define MJS_WAV_FMT_BYTES_READ 40 // what of it is looked at
#define MJS_WAV_DS64_BYTES 28

static inline uint32_t mjs_wav_u16(const uint8_t *bytes, bool big_endian) {
    return big_endian ? (uint32_t)bytes[0] << 8 | bytes[1] : (uint32_t)bytes[1] << 8 | bytes[0];
}

static inline uint32_t mjs_wav_u32(const uint8_t *bytes, bool big_endian) {
    uint32_t first = mjs_wav_u16(bytes, big_endian);
    uint32_t second = mjs_wav_u16(bytes + 2, big_endian);
    return big_endian ? first << 16 | second : second << 16 | first;
}

static inline uint64_t mjs_wav_u64(const uint8_t *bytes) {
    return mjs_wav_u32(bytes, false) | (uint64_t)mjs_wav_u32(bytes + 4, false) << 32;
}

static inline void mjs_wav_put(uint8_t *bytes, size_t count, uint64_t value, bool big_endian) {
    for (size_t i = 0; i < count; i++)
        bytes[big_endian ? count - 1 - i : i] = (uint8_t)(value >> (8 * i));
}

static inline bool mjs_wav_is_id(const uint8_t *id, const char *name) {
    return memcmp(id, name, 4) == 0;
}

static inline bool mjs_wav_is_wide(const struct mjs_wav_info *info) {
    return info->container == MJS_WAV_RF64 || info->container == MJS_WAV_BW64;
}

// `id` null: no chunk is meant.
void mjs_wav_read_add(struct mjs_wav_info *info, enum mjs_wav_fault fault, const uint8_t *id,
                      uint64_t offset, uint64_t found, uint64_t expected);

// Reading, and where it failed if it did.
struct mjs_wav_reader {
    const struct mjs_wav_source *source;
    struct mjs_wav_info *info; // what is known so far
    mjs_result result;
    struct mjs_error *err;
};

struct mjs_wav_head {
    uint8_t id[4];
    uint64_t named;
    bool from_ds64;
};

// All of it, or false: it is not there, or (reader->result then fails) the source failed.
bool mjs_wav_chunk_bytes(struct mjs_wav_reader *reader, void *bytes_out, size_t bytes,
                         uint64_t offset);
bool mjs_wav_chunk_head(struct mjs_wav_reader *reader, uint64_t offset, bool behind_data,
                        struct mjs_wav_head *head);
bool mjs_wav_chunk_next(struct mjs_wav_reader *reader, uint64_t at, struct mjs_wav_chunk *chunk,
                        enum mjs_wav_fault *data_fault, bool *from_ds64);

// Fills info->fmt from the beginning of a fmt chunk, which has `bytes` in all.
void mjs_wav_fmt_parse(struct mjs_wav_info *info, const uint8_t head[MJS_WAV_FMT_BYTES_READ],
                       uint64_t offset, uint64_t bytes);

#endif

// SPDX-License-Identifier: MIT
// Reads what a WAVE file says of itself, whatever state it is in, and names what is wrong with it.
//
// Pure functions over a source; any thread. They allocate nothing, trust no size in the file, and
// read at most MJS_WAV_CHUNKS_MAX chunk heads and a few kilobytes whatever stands in it.
// RIFF, RIFX (big-endian), RF64 and BW64 (sizes of 64 bits in a `ds64` chunk),
// WAVE_FORMAT_EXTENSIBLE. Sources: Microsoft, "Multimedia Programming Interface and Data
// Specifications 1.0" (1991) and "Multiple channel audio data and WAVE files" (2007); EBU Tech 3306
// (2009); ITU-R BS.2088-1.
#ifndef MJS_WAV_READ_H
#define MJS_WAV_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "format.h"

#define MJS_WAV_CHUNKS_MAX 4096
#define MJS_WAV_PROBLEMS_MAX 32

#define MJS_WAV_TAG_EXTENSIBLE 0xFFFE
#define MJS_WAV_CODEC_PCM 1
#define MJS_WAV_CODEC_FLOAT 3
#define MJS_WAV_CODEC_ALAW 6
#define MJS_WAV_CODEC_MULAW 7

// Where the bytes come from.
struct mjs_wav_source {
    // Reads up to `bytes` at `offset`. Returns how many were read, fewer than wanted only at the
    // end, or a negative errno.
    int64_t (*read)(void *opaque, void *bytes_out, size_t bytes, uint64_t offset);
    void *opaque;
    uint64_t bytes; // the file's length
};

enum mjs_wav_container {
    MJS_WAV_NONE, // no WAVE file
    MJS_WAV_RIFF,
    MJS_WAV_RIFX,
    MJS_WAV_RF64,
    MJS_WAV_BW64,
};

// What can be wrong. The text of each is in wav_words.c.
enum mjs_wav_fault {
    MJS_WAV_FAULT_NONE,
    MJS_WAV_NOT_WAVE,        // no RIFF, RIFX, RF64 or BW64, or not of type WAVE
    MJS_WAV_EMPTY_HEAD,      // zeros where the header should be: it never reached the disk
    MJS_WAV_CHAIN_BROKEN,    // no chunk where one should be, before the sound was found
    MJS_WAV_TOO_MANY_CHUNKS, // more than MJS_WAV_CHUNKS_MAX
    MJS_WAV_FMT_MISSING,     // no fmt chunk
    MJS_WAV_FMT_SHORT,       // a fmt chunk that is too short or cut
    MJS_WAV_FMT_NONSENSE,    // no channels, no rate, no bits, a block of no bytes
    MJS_WAV_FMT_BLOCK_ALIGN, // not what channels and bits make it
    MJS_WAV_FMT_BYTE_RATE,   // likewise
    MJS_WAV_FMT_TWICE,       // a second fmt chunk that says something else
    MJS_WAV_DATA_MISSING,    // no data chunk
    MJS_WAV_DATA_BEFORE_FMT, // readers that go through the file once cannot read it
    MJS_WAV_DATA_TWICE,      // a second data chunk
    MJS_WAV_DATA_UNSET,      // data size 0 or a placeholder: the header was never completed
    MJS_WAV_DATA_STALE,      // data size smaller than the sound that is there
    MJS_WAV_DATA_CUT,        // data size larger than what is there: the file is cut
    MJS_WAV_DATA_PART_FRAME, // the last frame is there only in part
    MJS_WAV_CHUNK_CUT,       // another chunk is cut by the end of the file
    MJS_WAV_PAD_MISSING,     // no pad byte behind a chunk of odd length
    MJS_WAV_RIFF_SIZE,       // the container's size is not that of its chunks
    MJS_WAV_DS64_MISSING,    // RF64 or BW64 without it
    MJS_WAV_DS64_SHORT,      // shorter than the 28 bytes that readers want
    MJS_WAV_DS64_FRAMES,     // its frame count is wrong
    MJS_WAV_FACT,            // its frame count is wrong
    MJS_WAV_TRAILING,        // bytes behind the last chunk that belong to nothing
    MJS_WAV_FAULT_COUNT,
};

struct mjs_wav_problem {
    enum mjs_wav_fault fault;
    uint8_t id[4];     // the chunk's, where one is meant
    uint64_t offset;   // in the file: of the wrong field, or of where something should be
    uint64_t found;    // the field's value, or the bytes that are there
    uint64_t expected; // what it should be
};

// One chunk as it lies in the file.
struct mjs_wav_chunk {
    uint8_t id[4];
    uint64_t offset; // of its content; its head are the 8 bytes before
    uint64_t named;  // the size that it is said to have (for 0xFFFFFFFF in RF64: of ds64)
    uint64_t bytes;  // of its content that are there and belong to it
    uint64_t next;   // offset of the next chunk's head, or of the file's end
    bool pad_missing;
};

struct mjs_wav_fmt {
    bool known;      // frames can be counted: all below makes sense
    uint64_t offset; // of the chunk's content; 0: there is none
    uint64_t bytes;
    uint32_t tag;   // as stored: 1 PCM, 3 float, 0xFFFE extensible, …
    uint32_t codec; // the same, but of extensible the sub-format's
    bool extensible;
    uint32_t channels;
    uint32_t rate_hz;
    uint32_t byte_rate;
    uint32_t block_bytes; // of one frame, or one block of a codec; put right where it was wrong
    uint32_t bits;        // of the container of a sample; 0 for codecs that have none
    uint32_t valid_bits;
    uint32_t channel_mask;
    enum mjs_format format; // MJS_FORMAT_NONE: none of ours
};

struct mjs_wav_info {
    enum mjs_wav_container container;
    bool big_endian;
    uint64_t file_bytes;
    uint64_t riff_bytes;       // as named (of RF64 and BW64: in ds64)
    uint64_t riff_size_offset; // the field that says so
    uint64_t end;              // behind the last chunk and its pad byte, as it should be
    struct mjs_wav_fmt fmt;
    struct mjs_wav_chunk data; // the first data chunk; offset 0: there is none
    uint64_t data_size_offset; // the field that names its size
    uint64_t ds64_offset;      // of the content; 0: there is none
    uint64_t ds64_bytes;
    uint64_t ds64_frames;
    uint64_t fact_offset; // likewise
    uint32_t fact_frames;
    bool data_is_last; // no chunk stands behind the sound
    uint64_t frames;   // whole ones that are there (blocks, for codecs that have them)
    uint32_t chunks;
    struct mjs_wav_problem problems[MJS_WAV_PROBLEMS_MAX];
    size_t problems_count;
    size_t problems_omitted;
};

// Fills `info` from any content. Fails only where the source does.
MJS_MUST_USE mjs_result mjs_wav_read_info(const struct mjs_wav_source *source,
                                          struct mjs_wav_info *info, struct mjs_error *err);

// Goes through the chunks, in the file's order: `at` is 0 at first, then what it was left at.
// `*found` false: there is none any more. `info` is of the same source.
MJS_MUST_USE mjs_result mjs_wav_read_chunk(const struct mjs_wav_source *source,
                                           const struct mjs_wav_info *info, uint64_t *at,
                                           struct mjs_wav_chunk *chunk, bool *found,
                                           struct mjs_error *err);

// A frame is so and so many bytes: PCM, float, A-law, mu-law. Of other codecs, blocks are counted.
bool mjs_wav_read_is_linear(const struct mjs_wav_fmt *fmt);

// Bytes of the sound without a last frame that is there only in part.
uint64_t mjs_wav_read_whole_bytes(const struct mjs_wav_info *info);

bool mjs_wav_read_has(const struct mjs_wav_info *info, enum mjs_wav_fault fault);

#endif

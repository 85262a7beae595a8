// SPDX-License-Identifier: MIT
// The fmt chunk of a WAVE file: which format it is, and whether its fields agree with each other.
#include "wav_read_internal.h"

#define EXTENSIBLE_BYTES 40
#define AT_CHANNELS 2
#define AT_RATE 4
#define AT_BYTE_RATE 8
#define AT_BLOCK 12
#define AT_BITS 14
#define AT_VALID_BITS 18
#define AT_MASK 20
#define AT_SUBFORMAT 24
#define BITS_MAX 64

bool mjs_wav_read_is_linear(const struct mjs_wav_fmt *fmt) {
    return fmt->codec == MJS_WAV_CODEC_PCM || fmt->codec == MJS_WAV_CODEC_FLOAT ||
           fmt->codec == MJS_WAV_CODEC_ALAW || fmt->codec == MJS_WAV_CODEC_MULAW;
}

static enum mjs_format format_of(const struct mjs_wav_fmt *fmt, bool big_endian) {
    if (fmt->block_bytes * 8 != fmt->bits * fmt->channels)
        return MJS_FORMAT_NONE;
    if (fmt->codec == MJS_WAV_CODEC_FLOAT)
        return fmt->bits == 32 && !big_endian ? MJS_FORMAT_F32_LE : MJS_FORMAT_NONE;
    if (fmt->codec != MJS_WAV_CODEC_PCM)
        return MJS_FORMAT_NONE;
    switch (fmt->bits) {
    case 8:
        return MJS_FORMAT_U8;
    case 16:
        return big_endian ? MJS_FORMAT_S16_BE : MJS_FORMAT_S16_LE;
    case 24:
        return big_endian ? MJS_FORMAT_NONE : MJS_FORMAT_S24_3LE;
    case 32:
        return big_endian ? MJS_FORMAT_S32_BE : MJS_FORMAT_S32_LE;
    default:
        return MJS_FORMAT_NONE;
    }
}

static bool has_sense(const struct mjs_wav_fmt *fmt) {
    if (fmt->channels == 0 || fmt->rate_hz == 0)
        return false;
    // A codec's block cannot be guessed, a frame can.
    return mjs_wav_read_is_linear(fmt) ? fmt->bits > 0 && fmt->bits <= BITS_MAX
                                       : fmt->block_bytes > 0;
}

// Frames of samples: what is one field's is the product of others'.
static void check_linear(struct mjs_wav_info *info) {
    struct mjs_wav_fmt *fmt = &info->fmt;
    uint32_t sample_bytes = (fmt->bits + 7) / 8;
    uint32_t block_bytes = fmt->channels * sample_bytes;
    // 24 bits may stand in 4 bytes.
    bool roomy = sample_bytes == 3 && fmt->block_bytes == fmt->channels * 4;
    if (block_bytes > UINT16_MAX)
        return; // 65535 channels of 2 bytes: the field cannot say so, and nobody has them
    if (fmt->block_bytes != block_bytes && !roomy) {
        mjs_wav_read_add(info, MJS_WAV_FMT_BLOCK_ALIGN, NULL, fmt->offset + AT_BLOCK,
                         fmt->block_bytes, block_bytes);
        fmt->block_bytes = block_bytes;
    }
    uint32_t byte_rate = fmt->rate_hz * fmt->block_bytes; // wraps as the field does
    if (fmt->byte_rate != byte_rate) {
        mjs_wav_read_add(info, MJS_WAV_FMT_BYTE_RATE, NULL, fmt->offset + AT_BYTE_RATE,
                         fmt->byte_rate, byte_rate);
        fmt->byte_rate = byte_rate;
    }
}

void mjs_wav_fmt_parse(struct mjs_wav_info *info, const uint8_t head[MJS_WAV_FMT_BYTES_READ],
                       uint64_t offset, uint64_t bytes) {
    bool big_endian = info->big_endian;
    struct mjs_wav_fmt *fmt = &info->fmt;
    *fmt = (struct mjs_wav_fmt){.offset = offset, .bytes = bytes};
    if (bytes < MJS_WAV_FMT_BYTES_MIN) {
        mjs_wav_read_add(info, MJS_WAV_FMT_SHORT, NULL, offset, bytes, MJS_WAV_FMT_BYTES_MIN);
        return;
    }
    fmt->tag = mjs_wav_u16(head, big_endian);
    fmt->codec = fmt->tag;
    fmt->channels = mjs_wav_u16(head + AT_CHANNELS, big_endian);
    fmt->rate_hz = mjs_wav_u32(head + AT_RATE, big_endian);
    fmt->byte_rate = mjs_wav_u32(head + AT_BYTE_RATE, big_endian);
    fmt->block_bytes = mjs_wav_u16(head + AT_BLOCK, big_endian);
    fmt->bits = mjs_wav_u16(head + AT_BITS, big_endian);
    fmt->valid_bits = fmt->bits;
    fmt->extensible = fmt->tag == MJS_WAV_TAG_EXTENSIBLE;
    if (fmt->extensible) {
        if (bytes < EXTENSIBLE_BYTES) {
            mjs_wav_read_add(info, MJS_WAV_FMT_SHORT, NULL, offset, bytes, EXTENSIBLE_BYTES);
            return;
        }
        // The first field of the sub-format's GUID is the codec.
        fmt->codec = mjs_wav_u32(head + AT_SUBFORMAT, big_endian) & UINT16_MAX;
        fmt->valid_bits = mjs_wav_u16(head + AT_VALID_BITS, big_endian);
        fmt->channel_mask = mjs_wav_u32(head + AT_MASK, big_endian);
    }
    if (!has_sense(fmt)) {
        uint32_t at = fmt->channels == 0            ? AT_CHANNELS
                      : fmt->rate_hz == 0           ? AT_RATE
                      : mjs_wav_read_is_linear(fmt) ? AT_BITS
                                                    : AT_BLOCK;
        mjs_wav_read_add(info, MJS_WAV_FMT_NONSENSE, NULL, offset + at,
                         at == AT_BITS ? fmt->bits : 0, 0);
        return;
    }
    if (mjs_wav_read_is_linear(fmt))
        check_linear(info);
    fmt->known = fmt->block_bytes > 0;
    fmt->format = format_of(fmt, big_endian);
}

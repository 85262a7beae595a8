// SPDX-License-Identifier: MIT
// The WAVE container's header: built in one function, at open, after every block, and at the end.
#include "wav.h"

#include <string.h>

#include "../../runtime/result.h"

#define RIFF_BYTES 12
#define CHUNK_HEAD_BYTES 8
#define FMT_BYTES 16
#define FMT_EXTENSIBLE_BYTES 40
#define FMT_EXTENSION_BYTES 22 // cbSize: what stands behind it
#define FACT_BYTES 4

#define TAG_PCM 0x0001
#define TAG_FLOAT 0x0003
#define TAG_EXTENSIBLE 0xFFFE

// A sub-format GUID is the tag, 2 zero bytes, and this (KSDATAFORMAT_SUBTYPE_PCM, _IEEE_FLOAT).
static const uint8_t guid_tail[12] = {0x00, 0x00, 0x10, 0x00, 0x80, 0x00,
                                      0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71};

#define MASK_FRONT_CENTRE 4
#define MASK_FRONT_LEFT_RIGHT 3
#define MASK_UNKNOWN 0 // the channels go to the speakers in order

enum mjs_format mjs_wav_stored_format(enum mjs_format format) {
    switch (format) {
    case MJS_FORMAT_S8:
    case MJS_FORMAT_U8:
        return MJS_FORMAT_U8;
    case MJS_FORMAT_S16_LE:
    case MJS_FORMAT_S16_BE:
    case MJS_FORMAT_U16_LE:
    case MJS_FORMAT_U16_BE:
        return MJS_FORMAT_S16_LE;
    case MJS_FORMAT_S32_LE:
    case MJS_FORMAT_S32_BE:
    case MJS_FORMAT_U32_LE:
    case MJS_FORMAT_U32_BE:
        return MJS_FORMAT_S32_LE;
    case MJS_FORMAT_S24_3LE:
    case MJS_FORMAT_F32_LE:
    case MJS_FORMAT_NONE:
    default:
        return format;
    }
}

static bool is_extensible(const struct mjs_spec *spec) {
    return mjs_format_bits(spec->format) > 16 || spec->channels > 2;
}

static uint32_t channel_mask(uint32_t channels) {
    if (channels == 1)
        return MASK_FRONT_CENTRE;
    return channels == 2 ? MASK_FRONT_LEFT_RIGHT : MASK_UNKNOWN;
}

size_t mjs_wav_header_bytes(const struct mjs_spec *spec) {
    size_t fmt_bytes = is_extensible(spec) ? FMT_EXTENSIBLE_BYTES : FMT_BYTES;
    size_t fact_bytes = mjs_format_is_float(spec->format) ? CHUNK_HEAD_BYTES + FACT_BYTES : 0;
    return RIFF_BYTES + CHUNK_HEAD_BYTES + fmt_bytes + fact_bytes + CHUNK_HEAD_BYTES;
}

uint64_t mjs_wav_data_bytes_max(const struct mjs_spec *spec) {
    // The whole file stays below 4 GiB, because memory cards (FAT32) take no byte more; the sizes
    // in it are smaller still. Rounded down to an even number there is always room for the pad
    // byte.
    uint64_t room = (UINT32_MAX - mjs_wav_header_bytes(spec)) & ~UINT64_C(1);
    size_t frame_bytes = mjs_format_frame_bytes(spec);
    MJS_ASSERT(frame_bytes != 0);
    return room / frame_bytes * frame_bytes;
}

static uint8_t *put_u16(uint8_t *out, uint32_t value) {
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
    return out + 2;
}

static uint8_t *put_u32(uint8_t *out, uint64_t value) {
    return put_u16(put_u16(out, (uint32_t)value), (uint32_t)(value >> 16));
}

static uint8_t *put_bytes(uint8_t *out, const void *bytes, size_t count) {
    memcpy(out, bytes, count);
    return out + count;
}

static uint8_t *put_fmt(uint8_t *out, const struct mjs_spec *spec) {
    bool extensible = is_extensible(spec);
    uint32_t bits = mjs_format_bits(spec->format);
    uint32_t frame_bytes = (uint32_t)mjs_format_frame_bytes(spec);
    uint32_t tag = mjs_format_is_float(spec->format) ? TAG_FLOAT : TAG_PCM;
    out = put_bytes(out, "fmt ", 4);
    out = put_u32(out, extensible ? FMT_EXTENSIBLE_BYTES : FMT_BYTES);
    out = put_u16(out, extensible ? TAG_EXTENSIBLE : tag);
    out = put_u16(out, spec->channels);
    out = put_u32(out, spec->rate_hz);
    out = put_u32(out, (uint64_t)spec->rate_hz * frame_bytes);
    out = put_u16(out, frame_bytes);
    out = put_u16(out, bits);
    if (!extensible)
        return out;
    out = put_u16(out, FMT_EXTENSION_BYTES);
    out = put_u16(out, bits); // valid bits: all
    out = put_u32(out, channel_mask(spec->channels));
    out = put_u32(out, tag);
    return put_bytes(out, guid_tail, sizeof guid_tail);
}

size_t mjs_wav_build_header(const struct mjs_spec *spec, uint64_t data_bytes,
                            uint8_t header_out[MJS_WAV_HEADER_BYTES_MAX]) {
    MJS_ASSERT(data_bytes <= mjs_wav_data_bytes_max(spec));
    size_t header_bytes = mjs_wav_header_bytes(spec);
    MJS_ASSERT(header_bytes <= MJS_WAV_HEADER_BYTES_MAX);
    uint8_t *out = put_bytes(header_out, "RIFF", 4);
    out = put_u32(out, header_bytes - CHUNK_HEAD_BYTES + data_bytes + data_bytes % 2);
    out = put_bytes(out, "WAVE", 4);
    out = put_fmt(out, spec);
    if (mjs_format_is_float(spec->format)) {
        out = put_bytes(out, "fact", 4);
        out = put_u32(out, FACT_BYTES);
        out = put_u32(out, mjs_format_bytes_to_frames(spec, data_bytes));
    }
    out = put_bytes(out, "data", 4);
    out = put_u32(out, data_bytes);
    MJS_ASSERT((size_t)(out - header_out) == header_bytes);
    return header_bytes;
}

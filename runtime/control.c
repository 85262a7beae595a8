// SPDX-License-Identifier: MIT
// The decoder and encoder of the channel's frames.
#include "control.h"

static uint32_t read_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void mjs_control_init(struct mjs_control_decoder *decoder) {
    *decoder = (struct mjs_control_decoder){.credit_bytes = MJS_CONTROL_CREDIT_BYTES};
}

// What is wrong with the frame that `head` begins, or null.
static const char *begin_frame(struct mjs_control_decoder *decoder) {
    uint32_t length = read_u32(decoder->head + 1);
    switch (decoder->head[0]) {
    case MJS_CONTROL_KEEP_ALIVE:
    case MJS_CONTROL_STOP:
    case MJS_CONTROL_FORCE:
        return length == 0 ? NULL : "a frame without payload has some";
    case MJS_CONTROL_INPUT_END:
        decoder->input_ended = true;
        return length == 0 ? NULL : "a frame without payload has some";
    case MJS_CONTROL_INPUT:
        if (length > MJS_CONTROL_PAYLOAD_BYTES_MAX) {
            return "a frame is too long";
        }
        if (decoder->input_ended) {
            return "there is input behind the end of the input";
        }
        if (length > decoder->credit_bytes) {
            return "there is more input than was asked for";
        }
        decoder->credit_bytes -= length;
        decoder->left_bytes = length;
        return NULL;
    default:
        return "there is no frame of this type";
    }
}

enum mjs_control_event mjs_control_decode(struct mjs_control_decoder *decoder,
                                          const uint8_t **bytes, size_t *count,
                                          struct mjs_control_item *item) {
    if (decoder->error) {
        return MJS_CONTROL_BAD;
    }
    while (*count > 0) {
        if (decoder->left_bytes > 0) {
            size_t part = *count < decoder->left_bytes ? *count : decoder->left_bytes;
            *item = (struct mjs_control_item){MJS_CONTROL_INPUT, *bytes, part};
            *bytes += part;
            *count -= part;
            decoder->left_bytes -= (uint32_t)part;
            return MJS_CONTROL_DATA;
        }
        decoder->head[decoder->head_bytes++] = **bytes;
        *bytes += 1;
        *count -= 1;
        if (decoder->head_bytes < MJS_CONTROL_HEAD_BYTES) {
            continue;
        }
        decoder->head_bytes = 0;
        decoder->error = begin_frame(decoder);
        if (decoder->error) {
            return MJS_CONTROL_BAD;
        }
        if (decoder->head[0] != MJS_CONTROL_INPUT) {
            *item = (struct mjs_control_item){.type = (enum mjs_control_type)decoder->head[0]};
            return MJS_CONTROL_FRAME;
        }
    }
    return MJS_CONTROL_MORE;
}

void mjs_control_add_credit(struct mjs_control_decoder *decoder, uint32_t bytes) {
    decoder->credit_bytes += bytes;
}

void mjs_control_encode_u32(uint8_t bytes_out[4], uint32_t value) {
    bytes_out[0] = (uint8_t)(value >> 24);
    bytes_out[1] = (uint8_t)(value >> 16);
    bytes_out[2] = (uint8_t)(value >> 8);
    bytes_out[3] = (uint8_t)value;
}

void mjs_control_encode_head(uint8_t head_out[MJS_CONTROL_HEAD_BYTES], enum mjs_control_type type,
                             uint32_t payload_bytes) {
    head_out[0] = (uint8_t)type;
    mjs_control_encode_u32(head_out + 1, payload_bytes);
}

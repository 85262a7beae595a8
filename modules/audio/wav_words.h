// SPDX-License-Identifier: MIT
// What the parser found, in words and as JSON. Any thread; no state.
#ifndef MJS_WAV_WORDS_H
#define MJS_WAV_WORDS_H

#include "../../runtime/buffer.h"
#include "wav_repair.h"

// The codec's name, or null.
const char *mjs_wav_words_codec(uint32_t codec);

// "3:25.120"
void mjs_wav_words_duration(struct mjs_buffer *text, const struct mjs_wav_info *info);

// "RIFF, S16_LE, 48000 Hz, 1 channel, 9600 frames (0:00.200)"; of what is not known, nothing.
void mjs_wav_words_format(struct mjs_buffer *text, const struct mjs_wav_info *info);

// All problems: what and where, what it means for readers, what repair does.
void mjs_wav_words_problems(struct mjs_buffer *text, const struct mjs_wav_info *info);

// The members of an object (without its braces): everything that is known of the file.
MJS_MUST_USE mjs_result mjs_wav_words_json(struct mjs_buffer *text, const char *path,
                                           const struct mjs_wav_source *source,
                                           const struct mjs_wav_info *info, struct mjs_error *err);

#endif

// SPDX-License-Identifier: MIT
// Reads a whole PCM WAV file into memory: canonical or EXTENSIBLE, in one of our formats.
//
// Any thread. The memory belongs to the caller from a successful load to `mjs_wav_reader_free`.
#ifndef MJS_WAV_READER_H
#define MJS_WAV_READER_H

#include <stddef.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "format.h"

#define MJS_WAV_READER_BYTES_MAX (UINT64_C(256) << 20)

struct mjs_wav_data {
    struct mjs_spec spec;
    uint8_t *samples; // owned
    uint64_t frames;
};

// MJS_EINVAL: no WAV file; MJS_EUNSUPPORTED: a codec, width or channel count that we lack;
// MJS_EFBIG: more than MJS_WAV_READER_BYTES_MAX. A data size that is larger than the file is cut.
MJS_MUST_USE mjs_result mjs_wav_reader_load(struct mjs_wav_data *data, const char *path,
                                            struct mjs_error *err);
void mjs_wav_reader_free(struct mjs_wav_data *data);

#endif

// SPDX-License-Identifier: MIT
// A WAVE file on the disk, as a source for the parser; and all its frames in memory.
//
// Any thread. The memory belongs to the caller from a successful load to `mjs_wav_file_unload`.
#ifndef MJS_WAV_FILE_H
#define MJS_WAV_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "format.h"
#include "wav_read.h"

#define MJS_WAV_FILE_LOAD_BYTES_MAX (UINT64_C(256) << 20)

struct mjs_wav_file {
    int fd;
    struct mjs_wav_source source; // refers to this struct: it must stay where it is
};

// `flags`: O_RDONLY or O_RDWR. A folder, device or pipe is MJS_EINVAL.
MJS_MUST_USE mjs_result mjs_wav_file_open(struct mjs_wav_file *file, const char *path, int flags,
                                          struct mjs_error *err);
// Nothing may be read from it any more.
void mjs_wav_file_close(struct mjs_wav_file *file);

struct mjs_wav_data {
    struct mjs_spec spec;
    uint8_t *samples; // owned
    uint64_t frames;
};

// All frames that are there, whatever the sizes in the file say. MJS_EINVAL: no WAVE file;
// MJS_EUNSUPPORTED: a codec, width or channel count that we lack; MJS_EFBIG: more than
// MJS_WAV_FILE_LOAD_BYTES_MAX.
MJS_MUST_USE mjs_result mjs_wav_file_load(struct mjs_wav_data *data, const char *path,
                                          struct mjs_error *err);
void mjs_wav_file_unload(struct mjs_wav_data *data);

#endif

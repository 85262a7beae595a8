// SPDX-License-Identifier: MIT
// WAVE files in memory, good and bad, for tests of the parser and its repair.
#ifndef MJS_TEST_WAV_BUILDER_H
#define MJS_TEST_WAV_BUILDER_H

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "../../modules/audio/wav_read.h"
#include "../../modules/audio/wav_repair.h"
#include "check.h"

#define WAV_BYTES_MAX 200000
#define RIGHT UINT64_MAX // a size that fits

struct wav_memory {
    uint8_t bytes[WAV_BYTES_MAX];
    size_t count;
    bool big_endian;
    int fails; // errno of the next read
};

static inline void wav_put(struct wav_memory *wav, const void *bytes, size_t count) {
    if (wav->count + count > sizeof wav->bytes)
        exit(EXIT_FAILURE);
    memcpy(wav->bytes + wav->count, bytes, count);
    wav->count += count;
}

static inline void wav_put_number(struct wav_memory *wav, size_t width, uint64_t value) {
    uint8_t bytes[8];
    for (size_t i = 0; i < width; i++)
        bytes[wav->big_endian ? width - 1 - i : i] = (uint8_t)(value >> (8 * i));
    wav_put(wav, bytes, width);
}

static inline void wav_set_number(struct wav_memory *wav, size_t offset, size_t width,
                                  uint64_t value) {
    for (size_t i = 0; i < width; i++)
        wav->bytes[offset + (wav->big_endian ? width - 1 - i : i)] = (uint8_t)(value >> (8 * i));
}

static inline void wav_begin(struct wav_memory *wav, const char *id) {
    wav->count = 0;
    wav->fails = 0;
    wav->big_endian = strcmp(id, "RIFX") == 0;
    wav_put(wav, id, 4);
    wav_put_number(wav, 4, 0);
    wav_put(wav, "WAVE", 4);
}

// Content of `bytes` bytes that is no text, and the pad byte.
static inline void wav_chunk(struct wav_memory *wav, const char *id, size_t bytes, uint64_t size) {
    wav_put(wav, id, 4);
    wav_put_number(wav, 4, size == RIGHT ? bytes : size);
    for (size_t i = 0; i < bytes; i++)
        wav_put(wav, &(uint8_t){(uint8_t)(0x80 | (i * 7 >> 3))}, 1);
    if (bytes % 2 != 0)
        wav_put(wav, "", 1);
}

static inline void wav_fmt(struct wav_memory *wav, unsigned codec, unsigned channels, unsigned bits,
                           unsigned block_bytes) {
    wav_put(wav, "fmt ", 4);
    wav_put_number(wav, 4, 16);
    wav_put_number(wav, 2, codec);
    wav_put_number(wav, 2, channels);
    wav_put_number(wav, 4, 48000);
    wav_put_number(wav, 4, UINT64_C(48000) * block_bytes);
    wav_put_number(wav, 2, block_bytes);
    wav_put_number(wav, 2, bits);
}

static inline void wav_end(struct wav_memory *wav) { wav_set_number(wav, 4, 4, wav->count - 8); }

static inline int64_t wav_memory_read(void *opaque, void *bytes_out, size_t bytes,
                                      uint64_t offset) {
    struct wav_memory *wav = opaque;
    if (wav->fails != 0)
        return -wav->fails;
    if (offset >= wav->count)
        return 0;
    size_t left = wav->count - (size_t)offset;
    size_t some = bytes < left ? bytes : left;
    some = some > 3 ? some - 1 : some; // a source may give less than asked
    memcpy(bytes_out, wav->bytes + offset, some);
    return (int64_t)some;
}

static inline struct mjs_wav_source wav_source(struct wav_memory *wav) {
    return (struct mjs_wav_source){wav_memory_read, wav, wav->count};
}

static inline int wav_memory_write(void *opaque, const void *bytes, size_t count, uint64_t offset) {
    struct wav_memory *wav = opaque;
    CHECK_EQ_UINT(offset, wav->count); // front to back
    wav_put(wav, bytes, count);
    return wav->fails;
}

static inline void wav_read(struct wav_memory *wav, struct mjs_wav_info *info) {
    struct mjs_wav_source source = wav_source(wav);
    struct mjs_error err;
    CHECK_EQ_INT(mjs_wav_read_info(&source, info, &err), MJS_OK);
}

static inline void wav_patch(struct wav_memory *wav, const struct mjs_wav_plan *plan) {
    size_t before = wav->count;
    if (plan->file_bytes > before)
        memset(wav->bytes + before, 0, (size_t)plan->file_bytes - before);
    for (size_t i = 0; i < plan->patches_count; i++)
        memcpy(wav->bytes + plan->patches[i].offset, plan->patches[i].bytes,
               plan->patches[i].count);
    wav->count = (size_t)plan->file_bytes;
}

// The same format and frames, and nothing wrong.
static inline void wav_check_repaired(struct wav_memory *after, struct wav_memory *before,
                                      const struct mjs_wav_info *old) {
    static struct mjs_wav_info info;
    wav_read(after, &info);
    CHECK_EQ_UINT(info.problems_count, 0);
    CHECK_EQ_UINT(info.fmt.channels, old->fmt.channels);
    CHECK_EQ_UINT(info.fmt.rate_hz, old->fmt.rate_hz);
    CHECK_EQ_INT(info.fmt.format, old->fmt.format);
    CHECK(info.frames >= old->frames);
    CHECK_BYTES(after->bytes + info.data.offset, before->bytes + old->data.offset,
                (size_t)mjs_wav_read_whole_bytes(old));
}

static inline uint64_t max_bytes(uint64_t a, uint64_t b) { return a > b ? a : b; }

// Reads; the faults must be these, in this order, ended by MJS_WAV_FAULT_NONE. Then repairs in
// every way that there is.
static inline void wav_expect(struct wav_memory *wav, enum mjs_wav_repair kind, uint64_t frames,
                              ...) {
    static struct mjs_wav_info info;
    static struct wav_memory copy;
    struct mjs_wav_plan plan;
    struct mjs_error err;
    size_t count = 0;
    va_list faults;
    wav_read(wav, &info);
    CHECK_EQ_UINT(info.frames, frames);
    va_start(faults, frames);
    for (int fault; (fault = va_arg(faults, int)) != MJS_WAV_FAULT_NONE; count++)
        CHECK_EQ_INT(count < info.problems_count ? (int)info.problems[count].fault : -1, fault);
    va_end(faults);
    CHECK_EQ_UINT(info.problems_count, count);
    mjs_wav_repair_plan(&info, &plan);
    CHECK_EQ_INT(plan.kind, kind);
    if (plan.kind == MJS_WAV_REPAIR_IMPOSSIBLE)
        return;
    struct mjs_wav_source source = wav_source(wav);
    const struct mjs_wav_sink sink = {wav_memory_write, &copy};
    uint64_t bytes = 0;
    copy.count = 0;
    copy.fails = 0;
    copy.big_endian = wav->big_endian;
    CHECK_EQ_INT(mjs_wav_repair_copy(&source, &info, &sink, &bytes, &err), MJS_OK);
    CHECK_EQ_UINT(bytes, copy.count);
    wav_check_repaired(&copy, wav, &info);
    if (plan.kind != MJS_WAV_REPAIR_PATCH)
        return;
    // Interrupted after any of the fields, no frame is out of reach.
    for (size_t i = 0; i <= plan.patches_count; i++) {
        static struct mjs_wav_info between;
        struct mjs_wav_plan part = plan;
        part.patches_count = i;
        part.file_bytes = i == 0 ? wav->count : max_bytes(wav->count, plan.file_bytes);
        memcpy(&copy, wav, sizeof copy);
        wav_patch(&copy, &part);
        wav_read(&copy, &between);
        CHECK(between.frames >= info.frames);
    }
    memcpy(&copy, wav, sizeof copy);
    wav_patch(&copy, &plan);
    wav_check_repaired(&copy, wav, &info);
}

#endif

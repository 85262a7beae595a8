// SPDX-License-Identifier: MIT
// The WAVE parser on good files of every kind and on bad ones: what it finds, and that repair mends
// it without a lost frame.
#include "../../../modules/audio/wav_read.h"

#include "../../../modules/audio/wav.h"
#include "../../support/wav_builder.h"

static struct wav_memory wav;
static struct mjs_wav_info info;

// The kind of repair, the frames, and the faults.
#define EXPECT(kind, ...) wav_expect(&wav, MJS_WAV_REPAIR_##kind, __VA_ARGS__, MJS_WAV_FAULT_NONE)

// "RIFF", S16 mono, so many bytes of sound, said to be so many.
static void build(size_t data_bytes, uint64_t data_size) {
    wav_begin(&wav, "RIFF");
    wav_fmt(&wav, 1, 1, 16, 2);
    wav_chunk(&wav, "data", data_bytes, data_size);
    wav_end(&wav);
}

static void test_our_own(void) {
    for (int format = 1; format < MJS_FORMAT_COUNT; format++) {
        for (uint32_t channels = 1; channels <= MJS_CHANNELS_MAX; channels++) {
            const struct mjs_spec spec = {mjs_wav_stored_format((enum mjs_format)format), 44100,
                                          channels};
            size_t bytes = 5 * mjs_format_frame_bytes(&spec);
            uint8_t header[MJS_WAV_HEADER_BYTES_MAX];
            wav.count = 0;
            wav_put(&wav, header, mjs_wav_build_header(&spec, bytes, header));
            for (size_t i = 0; i < bytes + bytes % 2; i++)
                wav_put(&wav, "\x85", 1);
            EXPECT(NONE, 5);
            wav_read(&wav, &info);
            CHECK_EQ_INT(info.fmt.format, spec.format);
            CHECK_EQ_UINT(info.fmt.channels, channels);
            CHECK_EQ_UINT(info.fmt.rate_hz, 44100);
            CHECK_EQ_UINT(info.fmt.valid_bits, mjs_format_bits(spec.format));
            CHECK_EQ_UINT(info.data.offset, mjs_wav_header_bytes(&spec));
        }
    }
}

static void test_other_good_ones(void) {
    wav_begin(&wav, "RIFX");
    wav_chunk(&wav, "LIST", 26, RIGHT);
    wav_fmt(&wav, 1, 2, 16, 4);
    wav_chunk(&wav, "odd!", 7, RIGHT);
    wav_chunk(&wav, "data", 40, RIGHT);
    wav_chunk(&wav, "id3 ", 5, RIGHT);
    wav_end(&wav);
    EXPECT(NONE, 10);
    wav_read(&wav, &info);
    CHECK_EQ_INT(info.fmt.format, MJS_FORMAT_S16_BE);
    CHECK_EQ_UINT(info.chunks, 5);
    wav_begin(&wav, "RIFF"); // IMA ADPCM: blocks of 256 bytes, the last one not full
    wav_fmt(&wav, 0x11, 1, 4, 256);
    wav_chunk(&wav, "fact", 4, RIGHT);
    wav_chunk(&wav, "data", 700, RIGHT);
    wav_end(&wav);
    EXPECT(NONE, 2);
    wav_begin(&wav, "RIFF"); // 24 bits in 4 bytes
    wav_fmt(&wav, 1, 2, 24, 8);
    wav_chunk(&wav, "data", 80, RIGHT);
    wav_end(&wav);
    EXPECT(NONE, 10);
    wav_read(&wav, &info);
    CHECK_EQ_INT(info.fmt.format, MJS_FORMAT_NONE);
    build(0, RIGHT);
    EXPECT(NONE, 0);
}

static void test_sound_sizes(void) {
    build(100, 0); // never filled in
    EXPECT(PATCH, 50, MJS_WAV_DATA_UNSET);
    build(100, UINT32_MAX);
    wav_set_number(&wav, 4, 4, UINT32_MAX);
    EXPECT(PATCH, 50, MJS_WAV_DATA_UNSET, MJS_WAV_RIFF_SIZE);
    build(100, 0x7FFFF000);
    EXPECT(PATCH, 50, MJS_WAV_DATA_UNSET);
    build(100, 40); // killed before the last header: one block behind
    wav_set_number(&wav, 4, 4, 36 + 40);
    EXPECT(PATCH, 50, MJS_WAV_DATA_STALE, MJS_WAV_RIFF_SIZE);
    build(100, RIGHT);
    for (wav.count = 143; wav.count >= 44; wav.count--) // cut at every byte
        EXPECT(PATCH, (wav.count - 44) / 2, MJS_WAV_DATA_CUT, MJS_WAV_RIFF_SIZE);
    for (; wav.count >= 36; wav.count--) // no room for the chunk's head
        EXPECT(IMPOSSIBLE, 0, MJS_WAV_DATA_MISSING);
    build(101, RIGHT);
    EXPECT(PATCH, 50, MJS_WAV_DATA_PART_FRAME, MJS_WAV_RIFF_SIZE);
    wav_begin(&wav, "RIFF"); // with a chunk behind it, which would have to move
    wav_fmt(&wav, 1, 1, 16, 2);
    wav_chunk(&wav, "data", 101, RIGHT);
    wav_chunk(&wav, "LIST", 20, RIGHT);
    wav_end(&wav);
    EXPECT(COPY, 50, MJS_WAV_DATA_PART_FRAME);
    wav_begin(&wav, "RIFF"); // 8 bit, odd, cut: the pad byte has to be made
    wav_fmt(&wav, 1, 1, 8, 1);
    wav_chunk(&wav, "data", 99, RIGHT);
    wav_end(&wav);
    wav.count -= 5;
    EXPECT(PATCH, 95, MJS_WAV_DATA_CUT, MJS_WAV_RIFF_SIZE);
}

static void test_ends(void) {
    build(100, RIGHT);
    wav_put(&wav, "TAGsomething of an MP3 file", 27);
    EXPECT(PATCH, 50, MJS_WAV_TRAILING);
    build(100, RIGHT);
    wav_put(&wav, "x", 1); // less than a frame
    EXPECT(PATCH, 50, MJS_WAV_TRAILING);
    build(100, RIGHT);
    wav_put(&wav, "RIFF\x40\0\0\0WAVEfmt ", 16); // another file
    EXPECT(PATCH, 50, MJS_WAV_TRAILING);
    build(100, RIGHT);
    wav_chunk(&wav, "LIST", 9, RIGHT); // appended, not counted
    EXPECT(PATCH, 50, MJS_WAV_RIFF_SIZE);
    wav_put(&wav, "\x01\x02\x03\x04", 4);
    EXPECT(PATCH, 50, MJS_WAV_RIFF_SIZE, MJS_WAV_TRAILING);
    build(100, RIGHT);
    wav_chunk(&wav, "LIST", 90, RIGHT);
    wav_end(&wav);
    wav.count -= 31;
    EXPECT(PATCH, 50, MJS_WAV_CHUNK_CUT, MJS_WAV_RIFF_SIZE);
    wav_begin(&wav, "RIFF");
    wav_fmt(&wav, 1, 1, 8, 1);
    wav_chunk(&wav, "data", 9, RIGHT);
    wav_end(&wav);
    wav.count--;
    EXPECT(PATCH, 9, MJS_WAV_PAD_MISSING);
    wav_set_number(&wav, 4, 4, wav.count - 8); // as Python's module writes it
    EXPECT(PATCH, 9, MJS_WAV_PAD_MISSING);
    wav_chunk(&wav, "LIST", 20, RIGHT);
    wav_end(&wav);
    EXPECT(COPY, 9, MJS_WAV_PAD_MISSING);
    for (uint64_t riff = 0; riff < 200; riff += 7) {
        build(100, RIGHT);
        wav_set_number(&wav, 4, 4, riff);
        EXPECT(PATCH, 50, MJS_WAV_RIFF_SIZE);
    }
}

static void test_order(void) {
    wav_begin(&wav, "RIFF");
    wav_chunk(&wav, "data", 100, RIGHT);
    wav_fmt(&wav, 1, 1, 16, 2);
    wav_end(&wav);
    EXPECT(COPY, 50, MJS_WAV_DATA_BEFORE_FMT);
    wav_begin(&wav, "RIFF");
    wav_fmt(&wav, 1, 1, 16, 2);
    wav_chunk(&wav, "data", 100, RIGHT);
    wav_chunk(&wav, "LIST", 4, RIGHT);
    wav_chunk(&wav, "data", 60, RIGHT);
    wav_end(&wav);
    EXPECT(COPY, 50, MJS_WAV_DATA_TWICE); // and the copy has 80
    wav_begin(&wav, "RIFF");
    wav_fmt(&wav, 1, 1, 16, 2);
    wav_fmt(&wav, 1, 2, 16, 4);
    wav_chunk(&wav, "data", 100, RIGHT);
    wav_end(&wav);
    EXPECT(COPY, 50, MJS_WAV_FMT_TWICE);
    wav_begin(&wav, "RIFF");
    wav_fmt(&wav, 1, 1, 16, 2);
    wav_put(&wav, "\x01\x02\x03 junk that is no chunk", 25);
    wav_chunk(&wav, "data", 100, RIGHT);
    wav_end(&wav);
    EXPECT(COPY, 50, MJS_WAV_CHAIN_BROKEN);
    wav_begin(&wav, "RIFF"); // a chunk that claims to be longer than the file
    wav_fmt(&wav, 1, 1, 16, 2);
    wav_chunk(&wav, "LIST", 30, 1 << 20);
    wav_chunk(&wav, "data", 100, RIGHT);
    wav_end(&wav);
    EXPECT(COPY, 50, MJS_WAV_CHAIN_BROKEN);
    wav_begin(&wav, "RIFF");
    for (int i = 0; i < MJS_WAV_CHUNKS_MAX - 2; i++)
        wav_chunk(&wav, "many", 0, RIGHT);
    wav_fmt(&wav, 1, 1, 16, 2);
    wav_chunk(&wav, "data", 100, RIGHT);
    wav_end(&wav);
    EXPECT(NONE, 50);
    wav_chunk(&wav, "more", 0, RIGHT);
    wav_end(&wav);
    EXPECT(COPY, 50, MJS_WAV_TOO_MANY_CHUNKS, MJS_WAV_RIFF_SIZE, MJS_WAV_TRAILING);
}

// With a fmt chunk whose field at `offset` is `value`.
static void build_fmt(size_t offset, size_t width, uint64_t value) {
    build(100, RIGHT);
    wav_set_number(&wav, 20 + offset, width, value);
}

static void test_formats(void) {
    build_fmt(12, 2, 0);
    EXPECT(PATCH, 50, MJS_WAV_FMT_BLOCK_ALIGN);
    build_fmt(12, 2, 4);
    EXPECT(PATCH, 50, MJS_WAV_FMT_BLOCK_ALIGN);
    build_fmt(8, 4, 1);
    EXPECT(PATCH, 50, MJS_WAV_FMT_BYTE_RATE);
    build_fmt(2, 2, 0); // channels
    EXPECT(IMPOSSIBLE, 0, MJS_WAV_FMT_NONSENSE);
    build_fmt(4, 4, 0); // rate
    EXPECT(IMPOSSIBLE, 0, MJS_WAV_FMT_NONSENSE);
    build_fmt(14, 2, 0); // bits
    EXPECT(IMPOSSIBLE, 0, MJS_WAV_FMT_NONSENSE);
    build_fmt(0, 2, 0xFFFE); // extensible without the rest
    EXPECT(IMPOSSIBLE, 0, MJS_WAV_FMT_SHORT);
    wav_begin(&wav, "RIFF"); // ADPCM with a block of 0 bytes
    wav_fmt(&wav, 2, 1, 4, 0);
    wav_chunk(&wav, "data", 100, RIGHT);
    wav_end(&wav);
    EXPECT(IMPOSSIBLE, 0, MJS_WAV_FMT_NONSENSE);
    wav_begin(&wav, "RIFF");
    wav_chunk(&wav, "fmt ", 0, RIGHT);
    wav_chunk(&wav, "data", 100, RIGHT);
    wav_end(&wav);
    EXPECT(IMPOSSIBLE, 0, MJS_WAV_FMT_SHORT);
    wav_begin(&wav, "RIFF"); // but a better one follows
    wav_chunk(&wav, "fmt ", 0, RIGHT);
    wav_fmt(&wav, 1, 1, 16, 2);
    wav_chunk(&wav, "data", 100, RIGHT);
    wav_end(&wav);
    EXPECT(COPY, 50, MJS_WAV_FMT_SHORT, MJS_WAV_FMT_TWICE);
    wav_begin(&wav, "RIFF");
    wav_chunk(&wav, "data", 100, RIGHT);
    wav_end(&wav);
    EXPECT(IMPOSSIBLE, 0, MJS_WAV_DATA_BEFORE_FMT, MJS_WAV_FMT_MISSING);
    wav_begin(&wav, "RIFF");
    wav_fmt(&wav, 3, 1, 32, 4);
    wav_chunk(&wav, "fact", 4, RIGHT);
    wav_chunk(&wav, "data", 100, RIGHT);
    wav_end(&wav);
    EXPECT(PATCH, 25, MJS_WAV_FACT);
}

static void test_no_wave(void) {
    wav.count = 0;
    EXPECT(IMPOSSIBLE, 0, MJS_WAV_NOT_WAVE);
    wav_put(&wav, "RIFF\0\0\0\0AVI ....", 16);
    EXPECT(IMPOSSIBLE, 0, MJS_WAV_NOT_WAVE);
    memset(wav.bytes, 0, 5000); // a file whose first block never reached the disk
    wav.count = 5000;
    EXPECT(IMPOSSIBLE, 0, MJS_WAV_EMPTY_HEAD);
}

// ---- Sizes of 64 bits ----

static void build_wide(const char *id, size_t ds64_bytes, uint64_t riff, uint64_t data,
                       uint64_t frames) {
    wav_begin(&wav, id);
    wav_put(&wav, "ds64", 4);
    wav_put_number(&wav, 4, ds64_bytes);
    wav_put_number(&wav, 8, riff);
    wav_put_number(&wav, 8, data);
    wav_put_number(&wav, 8, frames);
    wav_put_number(&wav, 4, 0);
    wav.count -= 28 - ds64_bytes;
    wav_fmt(&wav, 1, 1, 16, 2);
    wav_chunk(&wav, "data", 100, UINT32_MAX);
    wav_set_number(&wav, 4, 4, UINT32_MAX);
}

static void test_wide(void) {
    const size_t end = 12 + 36 + 24 + 8 + 100;
    build_wide("RF64", 28, end - 8, 100, 50);
    EXPECT(NONE, 50);
    build_wide("BW64", 28, end - 8, 100, 0);
    EXPECT(NONE, 50);
    build_wide("RF64", 28, end - 8, 100, 7);
    EXPECT(PATCH, 50, MJS_WAV_DS64_FRAMES);
    build_wide("RF64", 28, 0, 0, 0);
    EXPECT(PATCH, 50, MJS_WAV_DATA_UNSET, MJS_WAV_RIFF_SIZE);
    build_wide("RF64", 28, end - 8, 60, 50);
    EXPECT(PATCH, 50, MJS_WAV_DATA_STALE);
    build_wide("RF64", 28, UINT64_MAX, UINT64_MAX - 7, 50);
    EXPECT(PATCH, 50, MJS_WAV_DATA_CUT, MJS_WAV_RIFF_SIZE);
    build_wide("RF64", 24, end - 12, 100, 50); // as some write it
    EXPECT(COPY, 50, MJS_WAV_DS64_SHORT);
    build(100, UINT32_MAX);
    memcpy(wav.bytes, "RF64", 4);
    EXPECT(COPY, 50, MJS_WAV_DS64_MISSING);
    // Another chunk's size, in the table.
    build_wide("RF64", 28, 0, 100, 50);
    wav_begin(&wav, "RF64");
    wav_put(&wav, "ds64\x28\0\0\0", 8);
    wav_put_number(&wav, 8, 12 + 48 + 24 + 108 + 18 - 8);
    wav_put_number(&wav, 8, 100);
    wav_put_number(&wav, 8, 50);
    wav_put_number(&wav, 4, 1);
    wav_put(&wav, "long", 4);
    wav_put_number(&wav, 8, 10);
    wav_fmt(&wav, 1, 1, 16, 2);
    wav_chunk(&wav, "long", 10, UINT32_MAX);
    wav_chunk(&wav, "data", 100, UINT32_MAX);
    wav_set_number(&wav, 4, 4, UINT32_MAX);
    EXPECT(NONE, 50);
}

// A source that says it is larger than 4 GiB: zeros behind what is there.
static int64_t read_huge(void *opaque, void *bytes_out, size_t bytes, uint64_t offset) {
    struct wav_memory *memory = opaque;
    memset(bytes_out, 0, bytes);
    if (offset < memory->count) {
        size_t left = memory->count - (size_t)offset;
        memcpy(bytes_out, memory->bytes + offset, left < bytes ? left : bytes);
    }
    return (int64_t)bytes;
}

static uint64_t huge_bytes;
static uint8_t huge_head[200];

static int write_huge(void *opaque, const void *bytes, size_t count, uint64_t offset) {
    (void)opaque;
    if (offset + count <= sizeof huge_head)
        memcpy(huge_head + offset, bytes, count);
    else if (offset < sizeof huge_head)
        memcpy(huge_head + offset, bytes, sizeof huge_head - (size_t)offset);
    huge_bytes = offset + count;
    return 0;
}

// Sizes that wrapped, as old recorders leave them: everything that is there, as RF64.
static void test_larger_than_riff(void) {
    const uint64_t data_bytes = (UINT64_C(1) << 32) + 1000;
    struct mjs_wav_plan plan;
    struct mjs_error err;
    uint64_t bytes = 0;
    build(10, 1000);
    wav_set_number(&wav, 4, 4, 1036);
    const struct mjs_wav_source source = {read_huge, &wav, 44 + data_bytes};
    const struct mjs_wav_sink sink = {write_huge, NULL};
    CHECK_EQ_INT(mjs_wav_read_info(&source, &info, &err), MJS_OK);
    CHECK(mjs_wav_read_has(&info, MJS_WAV_DATA_STALE));
    CHECK_EQ_UINT(info.frames, data_bytes / 2);
    mjs_wav_repair_plan(&info, &plan);
    CHECK_EQ_INT(plan.kind, MJS_WAV_REPAIR_COPY);
    CHECK_EQ_INT(mjs_wav_repair_copy(&source, &info, &sink, &bytes, &err), MJS_OK);
    CHECK_EQ_UINT(bytes, 44 + 36 + data_bytes);
    CHECK_EQ_UINT(huge_bytes, bytes);
    memcpy(wav.bytes, huge_head, sizeof huge_head);
    wav.count = sizeof huge_head;
    const struct mjs_wav_source copy = {read_huge, &wav, bytes};
    CHECK_EQ_INT(mjs_wav_read_info(&copy, &info, &err), MJS_OK);
    CHECK_EQ_UINT(info.problems_count, 0);
    CHECK_EQ_INT(info.container, MJS_WAV_RF64);
    CHECK_EQ_UINT(info.frames, data_bytes / 2);
    // Big-endian files cannot be so large.
    build(10, 1000);
    wav_begin(&wav, "RIFX");
    wav_fmt(&wav, 1, 1, 16, 2);
    wav_chunk(&wav, "data", 10, 1000);
    CHECK_EQ_INT(mjs_wav_read_info(&source, &info, &err), MJS_OK);
    mjs_wav_repair_plan(&info, &plan);
    CHECK_EQ_INT(plan.kind, MJS_WAV_REPAIR_IMPOSSIBLE);
}

// ---- Failures ----

static void test_source_fails(void) {
    struct mjs_error err = {.message = ""};
    build(100, RIGHT);
    struct mjs_wav_source source = wav_source(&wav);
    CHECK_EQ_INT(mjs_wav_read_info(&source, &info, &err), MJS_OK);
    wav.fails = EIO;
    CHECK_EQ_INT(mjs_wav_read_info(&source, &info, &err), MJS_EIO);
    CHECK_EQ_INT(err.sys_errno, EIO);
    build(100, RIGHT);
    CHECK_EQ_INT(mjs_wav_read_info(&source, &info, &err), MJS_OK);
    wav.count = 60; // it became shorter meanwhile
    static struct wav_memory copy;
    const struct mjs_wav_sink sink = {wav_memory_write, &copy};
    uint64_t bytes = 0;
    CHECK_EQ_INT(mjs_wav_repair_copy(&source, &info, &sink, &bytes, &err), MJS_EIO);
    build(100, RIGHT);
    copy.count = 0;
    copy.fails = ENOSPC;
    CHECK_EQ_INT(mjs_wav_repair_copy(&source, &info, &sink, &bytes, &err), MJS_ENOSPC);
}

int main(void) {
    test_our_own();
    test_other_good_ones();
    test_sound_sizes();
    test_ends();
    test_order();
    test_formats();
    test_no_wave();
    test_wide();
    test_larger_than_riff();
    test_source_fails();
    return check_report();
}

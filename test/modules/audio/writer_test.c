// SPDX-License-Identifier: MIT
// The writer on a real file system: every state of the file between calls, limits.
#include "../../../modules/audio/writer.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "../../support/takes.h"

static void test_wav_after_every_append(void) {
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    struct mjs_writer *writer = create("a.wav", MJS_FORMAT_S16_LE, 1);
    check_wav("a.wav", &spec, "", 0);
    append(writer, "abcd", 2);
    check_wav("a.wav", &spec, "abcd", 4);
    append(writer, "", 0);
    check_wav("a.wav", &spec, "abcd", 4);
    append(writer, "efghij", 3);
    check_wav("a.wav", &spec, "abcdefghij", 10);
    CHECK_EQ_UINT(mjs_writer_frames(writer), 5);
    CHECK_EQ_STR(mjs_writer_path(writer), in_folder("a.wav"));
    CHECK_EQ_INT(mjs_writer_finish(writer, NULL), MJS_OK);
    uint64_t written = 9;
    struct mjs_error err;
    CHECK_EQ_INT(mjs_writer_append(writer, "xx", 1, &written, &err), MJS_EFINISHED);
    CHECK_EQ_UINT(written, 0);
    CHECK_EQ_UINT(mjs_writer_frames(writer), 5); // still readable
    end(writer);
    check_wav("a.wav", &spec, "abcdefghij", 10);
    CHECK_EQ_UINT(count_entries(), 1);
    CHECK_EQ_INT(unlink(in_folder("a.wav")), 0);
}

// The pad byte stands in the file in every state, and the next block takes its place.
static void test_odd_data(void) {
    struct mjs_spec spec = {MJS_FORMAT_U8, 48000, 1};
    struct mjs_writer *writer = create("odd.WAVE", MJS_FORMAT_U8, 1);
    append(writer, "a", 1);
    check_wav("odd.WAVE", &spec, "a", 1);
    append(writer, "b", 1);
    check_wav("odd.WAVE", &spec, "ab", 2);
    append(writer, "cde", 3);
    check_wav("odd.WAVE", &spec, "abcde", 5);
    append(writer, "fg", 2);
    check_wav("odd.WAVE", &spec, "abcdefg", 7);
    end(writer);
    check_wav("odd.WAVE", &spec, "abcdefg", 7);
    spec = (struct mjs_spec){MJS_FORMAT_S24_3LE, 48000, 1};
    writer = create("odd.WAVE", MJS_FORMAT_S24_3LE, 1); // a shorter take over a longer one
    append(writer, "abc", 1);
    check_wav("odd.WAVE", &spec, "abc", 3);
    append(writer, "defghi", 2);
    check_wav("odd.WAVE", &spec, "abcdefghi", 9);
    end(writer);
    CHECK_EQ_INT(unlink(in_folder("odd.WAVE")), 0);
}

static void test_stored_formats(void) {
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 2};
    struct mjs_writer *writer = create("be.wav", MJS_FORMAT_S16_BE, 2);
    append(writer, "\x12\x34\x56\x78", 1);
    check_wav("be.wav", &spec, "\x34\x12\x78\x56", 4);
    end(writer);
    writer = create("be.wav", MJS_FORMAT_U16_BE, 2);
    append(writer, "\x80\x00\xff\xff", 1);
    check_wav("be.wav", &spec, "\0\0\xff\x7f", 4);
    end(writer);
    spec = (struct mjs_spec){MJS_FORMAT_U8, 48000, 1};
    writer = create("be.wav", MJS_FORMAT_S8, 1);
    append(writer, "\x00\x80\x7f", 3);
    check_wav("be.wav", &spec, "\x80\x00\xff", 3);
    end(writer);
    // More than the scratch buffer, not a multiple of it.
    static uint8_t be[100002];
    static uint8_t le[100002];
    for (size_t i = 0; i < sizeof be; i++) {
        be[i] = (uint8_t)(i * 7 >> 2);
        le[i ^ 1] = be[i];
    }
    spec = (struct mjs_spec){MJS_FORMAT_S16_LE, 48000, 1};
    writer = create("be.wav", MJS_FORMAT_S16_BE, 1);
    append(writer, be, 40001);
    append(writer, be + 80002, 10000);
    check_wav("be.wav", &spec, le, sizeof le);
    end(writer);
    CHECK_EQ_INT(unlink(in_folder("be.wav")), 0);
}

static void test_bare_pcm(void) {
    struct mjs_writer *writer = create("p.pcm", MJS_FORMAT_U8, 1);
    CHECK_EQ_UINT(slurp(in_folder("p.pcm")), 0);
    append(writer, "\x00\xff\x80", 3); // no pad, nothing converted
    CHECK_EQ_UINT(slurp(in_folder("p.pcm")), 3);
    end(writer);
    writer = create("p.RAW", MJS_FORMAT_S16_BE, 1);
    append(writer, "\x12\x34", 1);
    end(writer);
    CHECK_EQ_UINT(slurp(in_folder("p.RAW")), 2);
    CHECK_BYTES(content, "\x12\x34", 2);
    CHECK_EQ_INT(unlink(in_folder("p.pcm")), 0);
    CHECK_EQ_INT(unlink(in_folder("p.RAW")), 0);
}

static void test_shorter_over_longer_and_mode(void) {
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    struct stat st;
    memset(content, 'x', 5000);
    spit(in_folder("t.wav"), content, 5000);
    CHECK_EQ_INT(chmod(in_folder("t.wav"), 0640), 0);
    struct mjs_writer *writer = create("t.wav", MJS_FORMAT_S16_LE, 1);
    append(writer, "ab", 1);
    check_wav("t.wav", &spec, "ab", 2);
    end(writer);
    CHECK_EQ_INT(stat(in_folder("t.wav"), &st), 0);
    CHECK_EQ_UINT(st.st_mode & 07777, 0640); // kept
    mode_t old_mask = umask(027);
    end(create("new.wav", MJS_FORMAT_S16_LE, 1));
    umask(old_mask);
    CHECK_EQ_INT(stat(in_folder("new.wav"), &st), 0);
    CHECK_EQ_UINT(st.st_mode & 07777, 0640); // 0666 without the mask's bits
    CHECK_EQ_INT(unlink(in_folder("t.wav")), 0);
    CHECK_EQ_INT(unlink(in_folder("new.wav")), 0);
}

static void test_busy(void) {
    struct mjs_writer *writer = create("b.wav", MJS_FORMAT_S16_LE, 1);
    struct mjs_writer *other = create("c.wav", MJS_FORMAT_S16_LE, 1);
    append(writer, "ab", 1);
    check_refused(in_folder("b.wav"), MJS_EBUSY, "recording to it already");
    check_refused(in_folder("./b.wav"), MJS_EBUSY, "recording to it already");
    // Another name of the same file, as a bind mount and a file system that ignores case give it.
    CHECK(link(in_folder("b.wav"), in_folder("other.wav")) == 0);
    check_refused(in_folder("other.wav"), MJS_EBUSY, "recording to it already");
    CHECK(unlink(in_folder("other.wav")) == 0);
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    check_wav("b.wav", &spec, "ab", 2); // the take was not touched
    end(writer);
    CHECK_EQ_INT(mjs_writer_check_path(in_folder("b.wav"), NULL), MJS_OK);
    end(create("b.wav", MJS_FORMAT_S16_LE, 1));
    mjs_writer_free(other); // finishes by itself
    check_wav("c.wav", &spec, "", 0);
    mjs_writer_free(NULL);
    CHECK_EQ_INT(unlink(in_folder("b.wav")), 0);
    CHECK_EQ_INT(unlink(in_folder("c.wav")), 0);
}

static void set_file_limit(rlim_t bytes) {
    struct rlimit limit;
    CHECK_EQ_INT(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    CHECK_EQ_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

// A real limit in the middle of a block: the kernel writes a part, then refuses.
static void test_file_size_limit(enum mjs_format format, uint32_t channels, size_t limit_bytes,
                                 size_t first_frames) {
    static uint8_t in[4096];
    struct mjs_spec spec = {format, 48000, channels};
    struct mjs_spec stored = {mjs_wav_stored_format(format), 48000, channels};
    size_t frame_bytes = mjs_format_frame_bytes(&spec);
    size_t header_bytes = mjs_wav_header_bytes(&stored);
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 31 >> 3);
    struct mjs_writer *writer = create("limit.wav", format, channels);
    struct mjs_error err;
    uint64_t written;
    append(writer, in, first_frames);
    set_file_limit(limit_bytes);
    CHECK_EQ_INT(mjs_writer_append(writer, in + first_frames * frame_bytes, 100, &written, &err),
                 MJS_EFBIG);
    CHECK_EQ_INT(err.sys_errno, EFBIG);
    // As many whole frames as fit, with the pad byte.
    uint64_t frames = (limit_bytes - header_bytes) / frame_bytes;
    while (header_bytes + frames * frame_bytes + (frames * frame_bytes) % 2 > limit_bytes)
        frames--;
    CHECK_EQ_UINT(first_frames + written, frames);
    CHECK_EQ_UINT(mjs_writer_frames(writer), frames);
    check_wav("limit.wav", &spec, in, frames * frame_bytes);
    // Still no room: nothing changes.
    CHECK_EQ_INT(mjs_writer_append(writer, in + frames * frame_bytes, 100, &written, &err),
                 MJS_EFBIG);
    CHECK_EQ_UINT(written, 0);
    check_wav("limit.wav", &spec, in, frames * frame_bytes);
    set_file_limit(RLIM_INFINITY);
    append(writer, in + frames * frame_bytes, 100); // goes on at the same place
    check_wav("limit.wav", &spec, in, (frames + 100) * frame_bytes);
    end(writer);
    CHECK_EQ_INT(unlink(in_folder("limit.wav")), 0);
}

static void test_file_size_limits(void) {
    for (size_t limit = 80; limit < 100; limit++) {
        test_file_size_limit(MJS_FORMAT_U8, 1, limit, 7);
        test_file_size_limit(MJS_FORMAT_U8, 1, limit, 8);
        test_file_size_limit(MJS_FORMAT_S16_LE, 2, limit, 1);
        test_file_size_limit(MJS_FORMAT_S24_3LE, 1, limit, 1);
        test_file_size_limit(MJS_FORMAT_S24_3LE, 1, limit, 2);
    }
    // Not even the header fits: the old file stays.
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    struct mjs_writer *writer = NULL;
    spit(in_folder("old.wav"), "old", 3);
    set_file_limit(20);
    CHECK_EQ_INT(mjs_writer_create(&writer, in_folder("old.wav"), &spec, NULL), MJS_EFBIG);
    set_file_limit(RLIM_INFINITY);
    CHECK_EQ_UINT(slurp(in_folder("old.wav")), 3);
    CHECK_EQ_UINT(count_entries(), 1);
    CHECK_EQ_INT(unlink(in_folder("old.wav")), 0);
}

int main(void) {
    make_folder();
    CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR); // as the program does
    test_wav_after_every_append();
    test_odd_data();
    test_stored_formats();
    test_bare_pcm();
    test_shorter_over_longer_and_mode();
    test_busy();
    test_file_size_limits();
    remove_folder();
    return check_report();
}

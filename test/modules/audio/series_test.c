// SPDX-License-Identifier: MIT
// A recording that passes 4 GiB: where it goes on, that no frame is lost between, and what stops
// it.
#include "../../../modules/audio/series.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../../support/nearly_full.h"
#include "../../support/takes.h"

#define FRAMES 40

static uint8_t sound[FRAMES * MJS_FRAME_BYTES_MAX];

// The linker takes this one: syncs of one file fail.
static _Atomic int bad_fd = -1;

int fdatasync(int fd) {
    if (fd != bad_fd)
        return (int)syscall(SYS_fdatasync, fd);
    errno = EIO;
    return -1;
}

static struct mjs_series start(const char *path, enum mjs_format format, uint32_t channels) {
    const struct mjs_spec spec = {format, 48000, channels};
    struct mjs_series series;
    struct mjs_error err = {.message = ""};
    if (!CHECK_EQ_INT(mjs_series_create(&series, path, path, &spec, &err), MJS_OK)) {
        fprintf(stderr, "%s\n", err.message);
        exit(EXIT_FAILURE);
    }
    return series;
}

// Appends frames `first` to `first + count` of `sound`.
static mjs_result add(struct mjs_series *series, size_t first, uint64_t count, uint64_t *written,
                      struct mjs_error *err) {
    size_t frame_bytes = mjs_format_frame_bytes(&series->spec);
    return mjs_series_append(series, sound + first * frame_bytes, count, written, err);
}

static void add_all(struct mjs_series *series, size_t first, uint64_t count) {
    uint64_t written = 0;
    struct mjs_error err = {.message = ""};
    if (!CHECK_EQ_INT(add(series, first, count, &written, &err), MJS_OK))
        fprintf(stderr, "%s\n", err.message);
    CHECK_EQ_UINT(written, count);
}

static void finish(struct mjs_series *series) {
    CHECK_EQ_INT(mjs_series_finish(series, NULL), MJS_OK);
    CHECK_EQ_INT(mjs_series_finish(series, NULL), MJS_OK);
    mjs_series_free(series);
    mjs_series_free(series);
}

static void drop(const char *name) { CHECK_EQ_INT(unlink(in_folder(name)), 0); }

static void no_notice(struct mjs_series *series) {
    const char *full = NULL;
    const char *next = NULL;
    CHECK(!mjs_series_take_notice(series, &full, &next));
}

static void test_straddle(enum mjs_format format, uint32_t channels) {
    static uint8_t out[sizeof sound];
    const struct mjs_spec stored = {mjs_wav_stored_format(format), 48000, channels};
    struct mjs_series series = start(in_folder("a.wav"), format, channels);
    uint64_t most = mjs_writer_room_frames(series.writer);
    bool converts = stored.format != format; // then only the places are compared
    nearly_fill(series.writer, 7);
    add_all(&series, 0, 2); // exact before the limit
    no_notice(&series);
    add_all(&series, 2, 20);
    CHECK_EQ_UINT(mjs_series_frames(&series), most + 15);
    size_t frame_bytes = mjs_format_frame_bytes(&stored);
    read_full_end(in_folder("a.wav"), &stored, 7, out);
    if (!converts) {
        CHECK_BYTES(out, sound, 7 * frame_bytes);
        check_wav("a-2.wav", &stored, sound + 7 * frame_bytes, 15 * frame_bytes);
    }
    add_all(&series, 22, 1);
    if (!converts)
        check_wav("a-2.wav", &stored, sound + 7 * frame_bytes, 16 * frame_bytes);
    CHECK_EQ_UINT(series.count, 2);
    CHECK_EQ_STR(series.paths[0], in_folder("a.wav"));
    CHECK_EQ_STR(series.paths[1], in_folder("a-2.wav"));
    const char *full = NULL;
    const char *next = NULL;
    CHECK(mjs_series_take_notice(&series, &full, &next));
    CHECK_EQ_STR(full, in_folder("a.wav"));
    CHECK_EQ_STR(next, in_folder("a-2.wav"));
    no_notice(&series); // only once
    finish(&series);
    CHECK_EQ_UINT(count_entries(), 2);
    drop("a.wav");
    drop("a-2.wav");
}

// A file that is exactly full is alone until there is one frame more; and so is the next one.
static void test_exactly_full(void) {
    const struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    struct mjs_series series = start(in_folder("e.WAV"), MJS_FORMAT_S16_LE, 1);
    nearly_fill(series.writer, 5);
    add_all(&series, 0, 5);
    add_all(&series, 5, 0);
    CHECK_EQ_UINT(count_entries(), 1);
    add_all(&series, 5, 1);
    check_wav("e-2.WAV", &spec, sound + 10, 2);
    nearly_fill(series.writer, 3);
    add_all(&series, 6, 8);
    check_wav("e-3.WAV", &spec, sound + 18, 10);
    CHECK_EQ_UINT(series.count, 3);
    CHECK_EQ_UINT(mjs_series_frames(&series), 2 * (mjs_wav_data_bytes_max(&spec) / 2) + 5);
    finish(&series);
    drop("e.WAV");
    drop("e-2.WAV");
    drop("e-3.WAV");
}

// What has the name is left alone: a file, a link to nothing, a folder, another recording.
static void test_names_taken(void) {
    const struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    spit(in_folder("n-2.wav"), "mine", 4);
    CHECK_EQ_INT(symlink("nowhere", in_folder("n-3.wav")), 0);
    CHECK_EQ_INT(mkdir(in_folder("n-4.wav"), 0700), 0);
    struct mjs_series other = start(in_folder("n-5.wav"), MJS_FORMAT_S16_LE, 1);
    add_all(&other, 0, 1);
    struct mjs_series series = start(in_folder("n.wav"), MJS_FORMAT_S16_LE, 1);
    nearly_fill(series.writer, 1);
    add_all(&series, 0, 3);
    CHECK_EQ_STR(series.paths[1], in_folder("n-6.wav"));
    check_wav("n-6.wav", &spec, sound + 2, 4);
    CHECK_EQ_UINT(slurp(in_folder("n-2.wav")), 4);
    check_wav("n-5.wav", &spec, sound, 2);
    struct stat found;
    CHECK(stat(in_folder("nowhere"), &found) != 0);
    // What it goes on in is a recording like every other.
    CHECK_EQ_INT(mjs_writer_check_path(in_folder("n-6.wav"), NULL), MJS_EBUSY);
    // And its earlier files are part of it until the end.
    CHECK_EQ_INT(mjs_writer_check_path(in_folder("n.wav"), NULL), MJS_EBUSY);
    nearly_fill(series.writer, 0);
    add_all(&series, 3, 1); // not n-2.wav, also if it is free now
    CHECK_EQ_STR(series.paths[2], in_folder("n-7.wav"));
    CHECK_EQ_INT(mjs_writer_check_path(in_folder("n.wav"), NULL), MJS_EBUSY);
    CHECK_EQ_INT(mjs_writer_check_path(in_folder("n-6.wav"), NULL), MJS_EBUSY);
    finish(&series);
    CHECK_EQ_INT(mjs_writer_check_path(in_folder("n.wav"), NULL), MJS_OK);
    CHECK_EQ_INT(mjs_writer_check_path(in_folder("n-6.wav"), NULL), MJS_OK);
    CHECK_EQ_INT(mjs_writer_check_path(in_folder("n-7.wav"), NULL), MJS_OK);
    finish(&other);
    drop("n-2.wav");
    drop("n-3.wav");
    CHECK_EQ_INT(rmdir(in_folder("n-4.wav")), 0);
    drop("n-5.wav");
    drop("n.wav");
    drop("n-6.wav");
    drop("n-7.wav");
}

// The number fits into the longest name, and no character is cut.
static void test_long_name(void) {
    char name[256];
    for (size_t i = 0; i < 250; i += 2)
        memcpy(name + i, "\xc3\xa9", 2); // é
    memcpy(name + 250, "x.wav", 6);
    struct mjs_series series = start(in_folder(name), MJS_FORMAT_S16_LE, 1);
    nearly_fill(series.writer, 0);
    add_all(&series, 0, 1);
    const char *next = strrchr(series.paths[1], '/') + 1;
    CHECK_EQ_UINT(strlen(next), 254);
    CHECK_BYTES(next, name, 248);
    CHECK_EQ_STR(next + 248, "-2.wav");
    drop(next);
    finish(&series);
    drop(name);
}

// Beside the file itself, not beside a link to it; named as the script named it, not where it is.
static void test_places(void) {
    char shown[] = "sub/../t.wav";
    char cwd[PATH_MAX];
    CHECK(getcwd(cwd, sizeof cwd) != NULL);
    CHECK_EQ_INT(mkdir(in_folder("sub"), 0700), 0);
    CHECK_EQ_INT(symlink("sub/real.wav", in_folder("link.wav")), 0);
    struct mjs_series series = start(in_folder("link.wav"), MJS_FORMAT_S16_LE, 1);
    nearly_fill(series.writer, 0);
    add_all(&series, 0, 1);
    CHECK_EQ_STR(series.paths[0], in_folder("link.wav"));
    CHECK_EQ_STR(series.paths[1], in_folder("sub/real-2.wav"));
    finish(&series);
    CHECK_EQ_INT(chdir(folder), 0);
    series = start(shown, MJS_FORMAT_S16_LE, 1);
    CHECK_EQ_INT(chdir("/"), 0); // the recording stays where it is
    nearly_fill(series.writer, 0);
    add_all(&series, 0, 1);
    CHECK_EQ_STR(series.paths[1], "sub/../t-2.wav");
    finish(&series);
    CHECK_EQ_INT(chdir(cwd), 0);
    drop("t.wav");
    drop("t-2.wav");
    drop("link.wav");
    drop("sub/real.wav");
    drop("sub/real-2.wav");
    CHECK_EQ_INT(rmdir(in_folder("sub")), 0);
}

static void set_limit(int resource, rlim_t value) {
    struct rlimit limit;
    CHECK_EQ_INT(getrlimit((__rlimit_resource_t)resource, &limit), 0);
    limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
    CHECK_EQ_INT(setrlimit((__rlimit_resource_t)resource, &limit), 0);
}

// No next file: the reason, the full file good, and later it goes on at the very frame.
static void test_no_next_file(void) {
    const struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    uint8_t out[8];
    struct mjs_error err = {.message = ""};
    uint64_t written = 9;
    struct rlimit files;
    CHECK_EQ_INT(getrlimit(RLIMIT_NOFILE, &files), 0);
    struct mjs_series series = start(in_folder("x.wav"), MJS_FORMAT_S16_LE, 1);
    nearly_fill(series.writer, 4);
    set_limit(RLIMIT_NOFILE, 0);
    CHECK_EQ_INT(add(&series, 0, 10, &written, &err), MJS_EMFILE);
    CHECK_EQ_UINT(written, 4);
    CHECK(strstr(err.message, "x-2.wav") != NULL);
    CHECK_EQ_INT(add(&series, 4, 6, &written, &err), MJS_EMFILE);
    CHECK_EQ_UINT(written, 0);
    set_limit(RLIMIT_NOFILE, files.rlim_cur);
    CHECK_EQ_UINT(series.count, 1);
    CHECK_EQ_UINT(count_entries(), 1);
    no_notice(&series);
    read_full_end(in_folder("x.wav"), &spec, 4, out);
    CHECK_BYTES(out, sound, 8);
    add_all(&series, 4, 6);
    check_wav("x-2.wav", &spec, sound + 8, 12);
    // A limit of the process is no reason for another file.
    set_limit(RLIMIT_FSIZE, 60);
    CHECK_EQ_INT(add(&series, 10, 10, &written, &err), MJS_EFBIG);
    CHECK_EQ_INT(err.sys_errno, EFBIG);
    CHECK_EQ_UINT(written, 2);
    set_limit(RLIMIT_FSIZE, RLIM_INFINITY);
    CHECK_EQ_UINT(count_entries(), 2);
    CHECK_EQ_INT(mjs_series_finish(&series, NULL), MJS_OK);
    CHECK_EQ_INT(add(&series, 0, 1, &written, &err), MJS_EFINISHED);
    finish(&series);
    drop("x.wav");
    drop("x-2.wav");
}

// What is told only once must not be hidden by what the next call tells as well.
static void test_two_failures(void) {
    struct mjs_error err = {.message = ""};
    uint64_t written = 0;
    struct rlimit files;
    CHECK_EQ_INT(getrlimit(RLIMIT_NOFILE, &files), 0);
    struct mjs_series series = start(in_folder("e.wav"), MJS_FORMAT_S16_LE, 1);
    nearly_fill(series.writer, 4);
    set_limit(RLIMIT_NOFILE, 0);
    atomic_store(&series.writer->syncer.failed_errno, EIO); // as its thread would
    CHECK_EQ_INT(add(&series, 0, 10, &written, &err), MJS_EIO);
    CHECK_EQ_UINT(written, 4);
    CHECK_EQ_INT(err.sys_errno, EIO);
    CHECK_EQ_INT(add(&series, 4, 6, &written, &err), MJS_EMFILE);
    set_limit(RLIMIT_NOFILE, files.rlim_cur);
    finish(&series);
    drop("e.wav");
}

// The full file cannot be brought to the disk: that is told, and no frame is lost for it.
static void test_end_fails(void) {
    const struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    struct mjs_error err = {.message = ""};
    uint64_t written = 0;
    struct mjs_series series = start(in_folder("f.wav"), MJS_FORMAT_S16_LE, 1);
    nearly_fill(series.writer, 2);
    bad_fd = series.writer->fd;
    CHECK_EQ_INT(add(&series, 0, 5, &written, &err), MJS_EIO);
    bad_fd = -1;
    CHECK_EQ_UINT(written, 5);
    CHECK(strstr(err.message, "f.wav") != NULL);
    check_wav("f-2.wav", &spec, sound + 4, 6);
    add_all(&series, 5, 1);
    finish(&series);
    drop("f.wav");
    drop("f-2.wav");
}

// The folder is gone: the file lives on without a name, but there is no place for another.
static void test_no_folder(void) {
    struct mjs_error err = {.message = ""};
    uint64_t written = 9;
    CHECK_EQ_INT(mkdir(in_folder("gone"), 0700), 0);
    struct mjs_series series = start(in_folder("gone/x.wav"), MJS_FORMAT_S16_LE, 1);
    nearly_fill(series.writer, 1);
    drop("gone/x.wav");
    CHECK_EQ_INT(rmdir(in_folder("gone")), 0);
    CHECK_EQ_INT(add(&series, 0, 2, &written, &err), MJS_ENOENT);
    CHECK_EQ_UINT(written, 1);
    CHECK(strstr(err.message, "gone") != NULL);
    CHECK_EQ_UINT(count_entries(), 0);
    finish(&series);
}

static void test_bare_pcm_has_no_limit(void) {
    struct stat status;
    struct mjs_series series = start(in_folder("b.pcm"), MJS_FORMAT_U8, 1);
    series.writer->frames = UINT64_C(3) << 32;
    add_all(&series, 0, 10);
    CHECK_EQ_INT(stat(in_folder("b.pcm"), &status), 0);
    CHECK_EQ_UINT(status.st_size, (UINT64_C(3) << 32) + 10);
    CHECK_EQ_UINT(mjs_series_frames(&series), (UINT64_C(3) << 32) + 10);
    finish(&series);
    CHECK_EQ_UINT(count_entries(), 1);
    drop("b.pcm");
}

static void test_cannot_be_created(void) {
    const struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    struct mjs_series series;
    struct mjs_error err;
    CHECK_EQ_INT(mjs_series_create(&series, "/nowhere/a.wav", "a.wav", &spec, &err), MJS_ENOENT);
    CHECK_EQ_UINT(series.count, 0);
    CHECK_EQ_UINT(mjs_series_frames(&series), 0);
    CHECK_EQ_INT(mjs_series_finish(&series, &err), MJS_OK);
    mjs_series_free(&series);
}

int main(void) {
    make_folder();
    CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR); // as the program does
    for (size_t i = 0; i < sizeof sound; i++)
        sound[i] = (uint8_t)(i * 37 >> 2 | 1);
    static const enum mjs_format formats[] = {MJS_FORMAT_U8,      MJS_FORMAT_S16_LE,
                                              MJS_FORMAT_S24_3LE, MJS_FORMAT_S32_LE,
                                              MJS_FORMAT_F32_LE,  MJS_FORMAT_S16_BE};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        for (uint32_t channels = 1; channels <= MJS_CHANNELS_MAX; channels++)
            test_straddle(formats[i], channels);
    }
    test_exactly_full();
    test_names_taken();
    test_long_name();
    test_places();
    test_no_next_file();
    test_two_failures();
    test_end_fails();
    test_no_folder();
    test_bare_pcm_has_no_limit();
    test_cannot_be_created();
    remove_folder();
    return check_report();
}

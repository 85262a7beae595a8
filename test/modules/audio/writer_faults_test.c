// SPDX-License-Identifier: MIT
// The writer on a disk that fails: short writes, full, broken, at every call; and which system
// calls it makes, in which order.
//
// This file defines pwrite, pwritev, ftruncate, fdatasync and rename itself; the linker takes
// these.
#include "../../../modules/audio/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "../../support/takes.h"

#define CALLS_MAX 64
#define FORCED_BLOCKS_MAX 200000 // of 4 bytes: below TAKE_BYTES_MAX

enum call_kind { CALL_WRITE, CALL_TRUNCATE };

static struct {
    enum call_kind kind;
    off_t offset;
    size_t bytes;
} calls[CALLS_MAX];
static size_t calls_count;

// What the next write and ftruncate calls do, in order: -1 as always, 0 to write only so many
// bytes and succeed, `fail_errno` to fail.
struct fault {
    int fail_errno;
    size_t short_bytes; // with fail_errno 0
};
static const struct fault *faults;
static size_t faults_count;
static _Atomic int sync_errno;
static _Atomic uint64_t syncs;
static int rename_errno;

static bool next_fault(struct fault *fault) {
    if (faults_count == 0)
        return false;
    *fault = *faults++;
    faults_count--;
    return fault->fail_errno >= 0;
}

#define USE_FAULTS(...)                                                                            \
    do {                                                                                           \
        static const struct fault list[] = {__VA_ARGS__};                                          \
        faults = list;                                                                             \
        faults_count = sizeof list / sizeof list[0];                                               \
    } while (0)
#define FINE {-1, 0}

static void note_call(enum call_kind kind, off_t offset, size_t bytes) {
    if (calls_count == CALLS_MAX)
        abort();
    calls[calls_count].kind = kind;
    calls[calls_count].offset = offset;
    calls[calls_count++].bytes = bytes;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    struct fault fault;
    size_t total = 0;
    for (int i = 0; i < count; i++)
        total += parts[i].iov_len;
    note_call(CALL_WRITE, offset, total);
    if (next_fault(&fault)) {
        if (fault.fail_errno > 0) {
            errno = fault.fail_errno;
            return -1;
        }
        if (total > fault.short_bytes)
            total = fault.short_bytes;
    }
    size_t done = 0;
    for (int i = 0; i < count && done < total; i++) {
        size_t some = parts[i].iov_len < total - done ? parts[i].iov_len : total - done;
        if (syscall(SYS_pwrite64, fd, parts[i].iov_base, some, offset + (off_t)done) != (long)some)
            abort();
        done += some;
    }
    return (ssize_t)done;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    struct iovec part = {.iov_base = (uint8_t *)(uintptr_t)bytes, .iov_len = count};
    return pwritev(fd, &part, 1, offset);
}

int ftruncate(int fd, off_t length) {
    struct fault fault;
    note_call(CALL_TRUNCATE, length, 0);
    if (next_fault(&fault)) {
        errno = fault.fail_errno;
        return -1;
    }
    return (int)syscall(SYS_ftruncate, fd, length);
}

int fdatasync(int fd) {
    (void)fd;
    atomic_fetch_add(&syncs, 1);
    errno = atomic_exchange(&sync_errno, 0);
    return errno == 0 ? 0 : -1;
}

int rename(const char *from, const char *to) {
    if (rename_errno != 0) {
        errno = rename_errno;
        return -1;
    }
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static void check_call(size_t index, enum call_kind kind, off_t offset, size_t bytes) {
    CHECK(index < calls_count);
    CHECK_EQ_INT(calls[index].kind, kind);
    CHECK_EQ_INT(calls[index].offset, offset);
    CHECK_EQ_UINT(calls[index].bytes, bytes);
}

static struct mjs_writer *create_fresh(const char *name, enum mjs_format format) {
    struct mjs_writer *writer = create(name, format, 1);
    calls_count = 0;
    return writer;
}

static void append_failing(struct mjs_writer *writer, const void *frames, uint64_t count,
                           mjs_result code, uint64_t expected_written) {
    uint64_t written = 99;
    struct mjs_error err = {.message = ""};
    CHECK_EQ_INT(mjs_writer_append(writer, frames, count, &written, &err), code);
    CHECK_EQ_UINT(written, expected_written);
    CHECK_EQ_INT(err.code, code);
    CHECK(strstr(err.message, mjs_writer_path(writer)) != NULL);
    CHECK_EQ_UINT(faults_count, 0); // all of them happened
}

// The first frames together with their header. Then two writes a block, whatever it is: data with
// its pad byte, then the whole header.
static void test_calls(void) {
    struct mjs_writer *writer = create_fresh("f.wav", MJS_FORMAT_S24_3LE);
    append(writer, "abc", 1);
    append(writer, "defghi", 2);
    CHECK_EQ_UINT(calls_count, 3);
    check_call(0, CALL_WRITE, 0, 68 + 3 + 1);
    check_call(1, CALL_WRITE, 71, 6 + 1); // over the pad byte
    check_call(2, CALL_WRITE, 0, 68);
    end(writer);
    CHECK_EQ_UINT(calls_count, 3); // nothing is left to write at the end
    writer = create_fresh("f.wav", MJS_FORMAT_S16_BE);
    append(writer, "abcd", 2);
    CHECK_EQ_UINT(calls_count, 1);
    check_call(0, CALL_WRITE, 0, 44 + 4);
    end(writer);
    // Of a large block only a page's worth: more might be cut by a kill.
    static const uint8_t block[5000];
    writer = create_fresh("f.wav", MJS_FORMAT_S16_LE);
    append(writer, block, sizeof block / 2);
    CHECK_EQ_UINT(calls_count, 3);
    check_call(0, CALL_WRITE, 0, 44 + 4050);
    check_call(1, CALL_WRITE, 44 + 4050, 950);
    check_call(2, CALL_WRITE, 0, 44);
    end(writer);
    CHECK_EQ_INT(unlink(in_folder("f.wav")), 0);
    writer = create_fresh("f.pcm", MJS_FORMAT_S24_3LE);
    append(writer, "abc", 1);
    CHECK_EQ_UINT(calls_count, 1);
    check_call(0, CALL_WRITE, 0, 3);
    end(writer);
    CHECK_EQ_INT(unlink(in_folder("f.pcm")), 0);
}

static void test_short_writes_go_on(void) {
    struct mjs_spec spec = {MJS_FORMAT_U8, 48000, 1};
    struct mjs_writer *writer = create_fresh("f.wav", MJS_FORMAT_U8);
    USE_FAULTS({0, 10}, {EINTR, 0}, {0, 35},
               FINE); // 10 of the header; its rest and a frame; a frame
    append(writer, "xy", 2);
    CHECK_EQ_UINT(faults_count, 0);
    USE_FAULTS({0, 2}, {EINTR, 0}, {0, 1}, {0, 2}, FINE, {0, 10}, {EINTR, 0});
    append(writer, "abcde", 5); // 2, interrupted, 1, 2, the pad byte; 10 of the header, the rest
    CHECK_EQ_UINT(faults_count, 0);
    check_wav("f.wav", &spec, "xyabcde", 7);
    end(writer);
    CHECK_EQ_INT(unlink(in_folder("f.wav")), 0);
}

static void test_disk_full(void) {
    struct mjs_spec spec = {MJS_FORMAT_S24_3LE, 48000, 1};
    struct mjs_writer *writer = create_fresh("f.wav", MJS_FORMAT_S24_3LE);
    append(writer, "abc", 1);
    // Nothing fits: nothing changes, not even the pad byte.
    calls_count = 0;
    USE_FAULTS({ENOSPC, 0});
    append_failing(writer, "defghi", 2, MJS_ENOSPC, 0);
    CHECK_EQ_UINT(calls_count, 1);
    check_wav("f.wav", &spec, "abc", 3);
    // A part of a frame fits, over the pad byte: it is cut off, the pad byte comes back.
    USE_FAULTS({0, 2}, {ENOSPC, 0});
    append_failing(writer, "defghi", 2, MJS_ENOSPC, 0);
    check_wav("f.wav", &spec, "abc", 3);
    // One frame and a bit: the frame stays.
    USE_FAULTS({0, 4}, {ENOSPC, 0});
    append_failing(writer, "defghi", 2, MJS_ENOSPC, 1);
    check_wav("f.wav", &spec, "abcdef", 6);
    // All but the pad byte: the frame stays, the pad byte comes from ftruncate.
    USE_FAULTS({0, 3}, {ENOSPC, 0});
    append_failing(writer, "ghi", 1, MJS_ENOSPC, 1);
    check_wav("f.wav", &spec, "abcdefghi", 9);
    append(writer, "jkl", 1);
    // If that fails too, one frame less makes the length even.
    USE_FAULTS({0, 3}, {ENOSPC, 0}, FINE, {ENOSPC, 0});
    append_failing(writer, "mno", 1, MJS_ENOSPC, 0);
    check_wav("f.wav", &spec, "abcdefghijkl", 12);
    append(writer, "mno", 1); // room again: at the same place
    check_wav("f.wav", &spec, "abcdefghijklmno", 15);
    end(writer);
    check_wav("f.wav", &spec, "abcdefghijklmno", 15);
    CHECK_EQ_INT(unlink(in_folder("f.wav")), 0);
}

// The disk is full at a file's first frames, which come with their header.
static void test_first_frames_fail(void) {
    struct mjs_spec spec = {MJS_FORMAT_S24_3LE, 48000, 1};
    struct mjs_writer *writer = create_fresh("f.wav", MJS_FORMAT_S24_3LE);
    // Nothing fits: nothing changes.
    USE_FAULTS({ENOSPC, 0});
    append_failing(writer, "abcdef", 2, MJS_ENOSPC, 0);
    check_wav("f.wav", &spec, "", 0);
    // A part of the header; all of it and a part of a frame: it names none again.
    USE_FAULTS({0, 50}, {ENOSPC, 0});
    append_failing(writer, "abcdef", 2, MJS_ENOSPC, 0);
    check_wav("f.wav", &spec, "", 0);
    USE_FAULTS({0, 70}, {ENOSPC, 0});
    append_failing(writer, "abcdef", 2, MJS_ENOSPC, 0);
    check_wav("f.wav", &spec, "", 0);
    // And the header cannot be put right either: the next block does it.
    USE_FAULTS({0, 70}, {ENOSPC, 0}, FINE, {EIO, 0}, {EIO, 0}, {EIO, 0});
    append_failing(writer, "abcdef", 2, MJS_EIO, 0);
    append(writer, "ghi", 1);
    check_wav("f.wav", &spec, "ghi", 3);
    end(writer);
    CHECK_EQ_INT(unlink(in_folder("f.wav")), 0);
    // One frame and a bit: the frame stays.
    writer = create_fresh("f.wav", MJS_FORMAT_S24_3LE);
    USE_FAULTS({0, 72}, {ENOSPC, 0});
    append_failing(writer, "abcdef", 2, MJS_ENOSPC, 1);
    check_wav("f.wav", &spec, "abc", 3);
    end(writer);
    CHECK_EQ_INT(unlink(in_folder("f.wav")), 0);
}

// The header cannot be written: what it does not name is taken back.
static void test_header_fails(void) {
    struct mjs_spec spec = {MJS_FORMAT_U8, 48000, 1};
    struct mjs_writer *writer = create_fresh("f.wav", MJS_FORMAT_U8);
    append(writer, "abc", 3);
    USE_FAULTS(FINE, {EIO, 0});
    append_failing(writer, "defg", 4, MJS_EIO, 0);
    check_wav("f.wav", &spec, "abc", 3);
    // A torn header, and everything after it fails: the next block puts it right.
    USE_FAULTS(FINE, {0, 6}, {EIO, 0}, {EIO, 0}, {EIO, 0});
    append_failing(writer, "defgh", 5, MJS_EIO, 0);
    append(writer, "xy", 2);
    check_wav("f.wav", &spec, "abcxy", 5);
    // The same, and the next block fits not at all, but the header is put right.
    USE_FAULTS(FINE, {0, 6}, {EIO, 0}, {EIO, 0}, {EIO, 0});
    append_failing(writer, "defgh", 5, MJS_EIO, 0);
    USE_FAULTS({ENOSPC, 0});
    append_failing(writer, "zz", 2, MJS_ENOSPC, 0);
    check_wav("f.wav", &spec, "abcxy", 5);
    // The same, and finish puts it right.
    USE_FAULTS(FINE, {0, 6}, {EIO, 0}, {EIO, 0}, {EIO, 0});
    append_failing(writer, "defgh", 5, MJS_EIO, 0);
    CHECK_EQ_INT(mjs_writer_finish(writer, NULL), MJS_OK);
    mjs_writer_free(writer);
    check_wav("f.wav", &spec, "abcxy", 5);
    CHECK_EQ_INT(unlink(in_folder("f.wav")), 0);
}

// Bytes that cannot be cut off stand behind the sizes of the header until the next block.
static void test_cut_fails(void) {
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    struct mjs_writer *writer = create_fresh("f.wav", MJS_FORMAT_S16_LE);
    append(writer, "xy", 1);
    USE_FAULTS({0, 3}, {EIO, 0}, {EIO, 0});
    append_failing(writer, "abcd", 2, MJS_EIO, 1);
    CHECK_EQ_UINT(slurp(in_folder("f.wav")), 44 + 5);
    CHECK_BYTES(content + 40, "\x04\0\0\0", 4);
    append(writer, "", 0);
    append(writer, "cd", 1);
    check_wav("f.wav", &spec, "xyabcd", 6);
    end(writer);
    CHECK_EQ_INT(unlink(in_folder("f.wav")), 0);
}

static void test_create_fails(void) {
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    struct mjs_writer *writer = NULL;
    struct mjs_error err;
    spit(in_folder("f.wav"), "old", 3);
    USE_FAULTS({0, 5}, {ENOSPC, 0});
    CHECK_EQ_INT(mjs_writer_create(&writer, in_folder("f.wav"), &spec, &err), MJS_ENOSPC);
    CHECK(strstr(err.message, "the disk is full") != NULL);
    rename_errno = EIO;
    CHECK_EQ_INT(mjs_writer_create(&writer, in_folder("f.wav"), &spec, &err), MJS_EIO);
    rename_errno = 0;
    atomic_store(&sync_errno, EIO); // an old file stays until the new one is on the disk
    CHECK_EQ_INT(mjs_writer_create(&writer, in_folder("f.wav"), &spec, &err), MJS_EIO);
    CHECK(writer == NULL);
    CHECK_EQ_UINT(slurp(in_folder("f.wav")), 3); // the old file is whole
    CHECK_BYTES(content, "old", 3);
    CHECK_EQ_UINT(count_entries(), 1);
    end(create("f.wav", MJS_FORMAT_S16_LE, 1)); // and is not taken for being recorded
    CHECK_EQ_INT(unlink(in_folder("f.wav")), 0);
}

static void test_sync_errors(void) {
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    struct mjs_error err = {.message = ""};
    struct mjs_writer *writer = create_fresh("f.wav", MJS_FORMAT_S16_LE);
    append(writer, "ab", 1);
    atomic_store(&sync_errno, EIO);
    while (atomic_load(&sync_errno) != 0)
        sched_yield(); // the syncer comes by itself, within a second
    // Its error becomes visible a moment after the call that failed.
    uint64_t appended = 1;
    mjs_result result = MJS_OK;
    while (result == MJS_OK) {
        uint64_t written = 0;
        calls_count = 0;
        result = mjs_writer_append(writer, "cd", 1, &written, &err);
        CHECK_EQ_UINT(written, 1); // the frames are in the file all the same
        appended += written;
        sched_yield();
    }
    CHECK_EQ_INT(result, MJS_EIO);
    CHECK(strstr(err.message, "may not be on the disk") != NULL);
    append(writer, "ef", 1); // once
    CHECK_EQ_UINT(mjs_writer_frames(writer), appended + 1);
    atomic_store(&sync_errno, ENOSPC);
    CHECK_EQ_INT(mjs_writer_finish(writer, &err), MJS_ENOSPC);
    CHECK_EQ_INT(mjs_writer_finish(writer, &err), MJS_OK);
    mjs_writer_free(writer);
    // A file without a single frame is synced too.
    uint64_t before = atomic_load(&syncs);
    end(create("f.wav", MJS_FORMAT_S16_LE, 1));
    CHECK(atomic_load(&syncs) > before);
    check_wav("f.wav", &spec, "", 0);
    CHECK_EQ_INT(unlink(in_folder("f.wav")), 0);
}

static void *append_many(void *arg) {
    uint64_t written;
    for (int i = 0; i < FORCED_BLOCKS_MAX; i++) {
        calls_count = 0;
        if (mjs_writer_append(arg, "abcd", 2, &written, NULL) != MJS_OK)
            return NULL;
    }
    return NULL;
}

// A forced end while another thread writes: after it no block starts, and all is synced.
static void test_forced_exit(void) {
    struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
    uint64_t failed_before = atomic_load(&check_failed);
    pid_t child = fork();
    if (child == 0) {
        pthread_t owner;
        struct mjs_writer *writer = create("f.wav", MJS_FORMAT_S16_LE, 1);
        struct mjs_writer *idle = create("idle.wav", MJS_FORMAT_S16_LE, 1);
        append(idle, "ab", 1);
        CHECK_EQ_INT(pthread_create(&owner, NULL, append_many, writer), 0);
        while (slurp(in_folder("f.wav")) < 1000)
            sched_yield();
        uint64_t before = atomic_load(&syncs);
        mjs_writer_sync_all_for_exit(60000);
        CHECK(atomic_load(&syncs) >= before + 2);
        size_t bytes = slurp(in_folder("f.wav"));
        for (int i = 0; i < 1000; i++)
            sched_yield();
        CHECK_EQ_UINT(slurp(in_folder("f.wav")), bytes); // the owner stands still
        _exit(atomic_load(&check_failed) == failed_before ? 0 : 1);
    }
    int status = 1;
    CHECK_EQ_INT(waitpid(child, &status, 0), child);
    CHECK_EQ_INT(status, 0);
    size_t data_bytes = slurp(in_folder("f.wav")) - 44;
    static uint8_t samples[TAKE_BYTES_MAX];
    for (size_t i = 0; i < sizeof samples; i++)
        samples[i] = (uint8_t)"abcd"[i % 4];
    check_wav("f.wav", &spec, samples, data_bytes);
    check_wav("idle.wav", &spec, "ab", 2);
    CHECK_EQ_INT(unlink(in_folder("f.wav")), 0);
    CHECK_EQ_INT(unlink(in_folder("idle.wav")), 0);
}

int main(void) {
    make_folder();
    test_calls();
    test_short_writes_go_on();
    test_disk_full();
    test_first_frames_fail();
    test_header_fails();
    test_cut_fails();
    test_create_fails();
    test_sync_errors();
    test_forced_exit();
    remove_folder();
    return check_report();
}

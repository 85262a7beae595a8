// SPDX-License-Identifier: MIT
// The recorder with losses: device, full ring, unplugged device, failing disk. All of it counted.
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>

#include "../../../modules/audio/recorder.h"
#include "../../../modules/audio/recorder_gaps.h"
#include "recorder_support.h"

#define FAULTS "xrun_at=1000:50,xrun_at=3000:1,suspend_at=5000"
#define SUSPENDED 4800
#define DEVICE_FRAMES 20000

static uint8_t pcm[1 << 20];

static const struct fault {
    uint64_t frame;
    uint64_t frames;
    bool exact;
    enum mjs_gap_cause cause;
} faults[] = {
    {1000, 50, true, MJS_GAP_DEVICE},
    {3000, 1, true, MJS_GAP_DEVICE},
    {5000, SUSPENDED, false, MJS_GAP_SUSPEND},
};
#define FAULTS_COUNT (sizeof faults / sizeof faults[0])

static struct mjs_recorder *open_faulty(struct mjs_recorder_options *options,
                                        enum mjs_on_overrun on_overrun) {
    *options = options_for("sim:ramp,pace=fast," FAULTS ",unplug_at=20000", MJS_FORMAT_S32_LE);
    options->path = in_folder("loss.pcm");
    options->on_overrun = on_overrun;
    return open_recorder(options);
}

static void check_gaps(struct mjs_recorder *recorder, bool silence) {
    struct mjs_recorder_stats stats = mjs_recorder_stats(recorder);
    uint64_t lost = 0;
    CHECK_EQ_UINT(stats.gaps_count, FAULTS_COUNT);
    CHECK_EQ_UINT(stats.overruns, FAULTS_COUNT);
    CHECK_EQ_UINT(stats.gaps_omitted, 0);
    for (size_t i = 0; i < FAULTS_COUNT && i < stats.gaps_count; i++) {
        const struct mjs_recorder_gap *gap = &stats.gaps[i];
        CHECK_EQ_UINT(gap->frame, faults[i].frame);
        CHECK_EQ_UINT(gap->at, silence ? faults[i].frame : faults[i].frame - lost);
        CHECK_EQ_UINT(gap->frames, faults[i].frames);
        CHECK_EQ_INT(gap->exact, faults[i].exact);
        CHECK_EQ_INT(gap->cause, faults[i].cause);
        CHECK(gap->time_ns > 0);
        lost += gap->frames;
    }
    CHECK_EQ_UINT(stats.lost_frames, lost);
    CHECK_EQ_UINT(stats.silence_frames, silence ? lost : 0);
    CHECK_EQ_UINT(stats.delivered_frames, DEVICE_FRAMES - lost);
    struct mjs_recorder_gap first = {0};
    CHECK(mjs_recorder_take_loss_notice(recorder, &first));
    CHECK_EQ_UINT(first.frame, faults[0].frame);
    CHECK_EQ_UINT(first.frames, faults[0].frames);
    CHECK(!mjs_recorder_take_loss_notice(recorder, &first)); // only once
}

// What must have been delivered: the ramp without the lost frames, or with zeros instead.
static uint64_t expected_pcm(uint32_t *out, bool silence) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < DEVICE_FRAMES; i++) {
        bool lost = false;
        for (size_t f = 0; f < FAULTS_COUNT; f++)
            lost = lost || (i >= faults[f].frame && i < faults[f].frame + faults[f].frames);
        if (!lost || silence)
            out[count++] = lost ? 0 : (uint32_t)i;
    }
    return count;
}

static void test_device_losses(enum mjs_on_overrun on_overrun, bool wait, uint64_t piece) {
    static uint32_t expected[DEVICE_FRAMES];
    struct mjs_recorder_options options;
    struct mjs_recorder *recorder = open_faulty(&options, on_overrun);
    bool silence = on_overrun == MJS_ON_OVERRUN_SILENCE;
    struct mjs_recorder_gap notice = {0};
    CHECK(!mjs_recorder_take_loss_notice(recorder, &notice));
    uint64_t done = 0;
    uint64_t thrown = 0;
    mjs_result result = MJS_OK;
    while (result == MJS_OK || result == MJS_EOVERRUN) {
        uint64_t read = 0;
        uint64_t available = mjs_recorder_available(recorder);
        result = read_some(recorder, pcm + done * 4, piece, wait, &read);
        CHECK(wait || result == MJS_EOVERRUN || result == MJS_ELOST ||
              read >= (available < piece ? available : piece));
        done += read;
        CHECK_EQ_UINT(file_frames(options.path, &options.spec), done); // before read returns
        if (result != MJS_EOVERRUN)
            continue;
        const struct mjs_recorder_gap *gap = mjs_recorder_last_gap(recorder);
        CHECK_EQ_UINT(gap->frame, faults[thrown].frame);
        CHECK_EQ_UINT(gap->frames, faults[thrown].frames);
        CHECK(wait || read == 0);
        CHECK_EQ_UINT(done, gap->at);
        thrown++;
    }
    CHECK_EQ_INT(result, MJS_ELOST);
    CHECK_EQ_UINT(thrown, on_overrun == MJS_ON_OVERRUN_THROW ? FAULTS_COUNT : 0);
    CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_ERROR);
    CHECK_EQ_UINT(done, expected_pcm(expected, silence));
    CHECK_BYTES(pcm, expected, done * 4);
    check_file(options.path, &options.spec, pcm, done);
    check_gaps(recorder, silence);
    // It stays lost until it is opened anew; then it goes on in the same file.
    uint64_t read = 0;
    CHECK_EQ_INT(read_some(recorder, pcm, 10, wait, &read), MJS_ELOST);
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK);
    CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_RECORDING);
    read_all(recorder, pcm, 900);
    CHECK_RAMP(&options.spec, pcm, 900, 0);
    struct mjs_recorder_summary summary = {0};
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    CHECK_EQ_UINT(summary.frames, done + 900);
    CHECK_EQ_UINT(summary.lost_frames, 51 + SUSPENDED);
    check_accounts(recorder);
    CHECK_EQ_UINT(file_frames(options.path, &options.spec), summary.frames);
    mjs_recorder_free(recorder);
    CHECK_EQ_INT(unlink(options.path), 0);
}

// record() without an argument asks for what is available, maybe 0: it must meet what comes next.
static void test_probe(void) {
    struct mjs_recorder_options options =
        options_for("sim:ramp,pace=fast,xrun_at=100:5,unplug_at=200", MJS_FORMAT_S32_LE);
    options.on_overrun = MJS_ON_OVERRUN_THROW;
    struct mjs_recorder *recorder = open_recorder(&options);
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK);
    uint64_t read = 0;
    while (mjs_recorder_stats(recorder).captured_frames < 195)
        (void)poll(NULL, 0, 1);
    CHECK_EQ_UINT(mjs_recorder_available(recorder), 100);
    CHECK_EQ_INT(read_some(recorder, NULL, 0, false, &read), MJS_OK); // frames come next
    CHECK_EQ_INT(read_some(recorder, pcm, 100, false, &read), MJS_OK);
    CHECK_EQ_UINT(mjs_recorder_available(recorder), 0);
    CHECK_EQ_INT(read_some(recorder, NULL, 0, true, &read), MJS_OK); // 0 frames are there at once
    CHECK_EQ_INT(read_some(recorder, NULL, 0, false, &read), MJS_EOVERRUN);
    CHECK_EQ_UINT(mjs_recorder_available(recorder), 95);
    CHECK_EQ_INT(read_some(recorder, pcm, 95, false, &read), MJS_OK);
    CHECK_EQ_UINT(mjs_recorder_read_position(recorder).frame, 105);
    CHECK_EQ_UINT(mjs_recorder_read_position(recorder).lost_frames, 5);
    do {
        (void)poll(NULL, 0, 1); // the thread may not have met the end yet
    } while (read_some(recorder, NULL, 0, false, &read) == MJS_OK);
    CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_ERROR);
    mjs_recorder_free(recorder);
}

static void test_reset_over_gaps(void) {
    struct mjs_recorder_options options =
        options_for("sim:ramp,pace=fast,xrun_at=100:5,stall_at=1000:3600000", MJS_FORMAT_S32_LE);
    options.on_overrun = MJS_ON_OVERRUN_SILENCE;
    struct mjs_recorder *recorder = open_recorder(&options);
    read_all(recorder, pcm, 102); // two of the five frames of silence
    while (mjs_recorder_available(recorder) < 898)
        (void)poll(NULL, 0, 1);
    CHECK_EQ_UINT(mjs_recorder_available(recorder), 898);
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK);
    check_accounts(recorder);
    struct mjs_recorder_stats stats = mjs_recorder_stats(recorder);
    CHECK_EQ_UINT(stats.discarded_frames, 895);
    CHECK_EQ_UINT(stats.silence_frames, 2);
    CHECK_EQ_UINT(mjs_recorder_position(recorder).frame, 1000);
    CHECK_EQ_UINT(mjs_recorder_available(recorder), 0);
    mjs_recorder_free(recorder);
}

// Nobody reads until frames are lost: what is there is contiguous, and the ramp proves the gap.
static void test_full_ring(enum mjs_on_overrun on_overrun) {
    struct mjs_recorder_options options = options_for("sim:ramp", MJS_FORMAT_S32_LE);
    options.buffer_ms = 1; // the least: two periods
    options.on_overrun = on_overrun;
    options.path = in_folder("full.wav");
    struct mjs_recorder *recorder = open_recorder(&options);
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK);
    while (mjs_recorder_stats(recorder).lost_frames == 0)
        (void)poll(NULL, 0, 1);
    uint64_t buffered = mjs_recorder_stats(recorder).buffered_frames;
    CHECK_EQ_UINT(buffered, 1024);
    read_all(recorder, pcm, buffered);
    CHECK_RAMP(&options.spec, pcm, buffered, 0);
    uint64_t read = 0;
    mjs_result result = read_some(recorder, pcm, 1, true, &read);
    struct mjs_recorder_stats stats = mjs_recorder_stats(recorder);
    CHECK(stats.gaps_count >= 1);
    uint64_t lost = stats.gaps[0].frames;
    CHECK_EQ_UINT(stats.gaps[0].frame, buffered);
    CHECK_EQ_UINT(stats.gaps[0].at, buffered);
    CHECK_EQ_INT(stats.gaps[0].cause, MJS_GAP_OVERRUN);
    CHECK(stats.gaps[0].exact && lost > 0);
    if (on_overrun == MJS_ON_OVERRUN_THROW) {
        CHECK_EQ_INT(result, MJS_EOVERRUN);
        CHECK_EQ_UINT(read, 0);
        read_all(recorder, pcm, 1);
    } else if (on_overrun == MJS_ON_OVERRUN_SILENCE) {
        CHECK_EQ_INT(result, MJS_OK);
        for (uint64_t i = 1; i < lost; i++)
            read_all(recorder, pcm, 1);
        CHECK_EQ_UINT(mjs_recorder_stats(recorder).silence_frames, lost);
        read_all(recorder, pcm, 1);
    }
    CHECK_RAMP(&options.spec, pcm, 1, buffered + lost);
    struct mjs_recorder_summary summary = {0};
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    check_accounts(recorder);
    uint64_t silence = on_overrun == MJS_ON_OVERRUN_SILENCE ? lost : 0;
    CHECK_EQ_UINT(summary.frames, buffered + 1 + silence);
    CHECK_EQ_UINT(file_frames(options.path, &options.spec), summary.frames);
    mjs_recorder_free(recorder);
    CHECK_EQ_INT(unlink(options.path), 0);
}

static void limit_file_size(rlim_t bytes) {
    struct rlimit limit;
    CHECK_EQ_INT(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    CHECK_EQ_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

// A disk that takes no more, and later does again: nothing is lost silently.
static void test_disk(bool wait) {
    struct mjs_recorder_options options = options_for("sim:ramp,pace=fast", MJS_FORMAT_S32_LE);
    options.path = in_folder("disk.pcm");
    struct mjs_recorder *recorder = open_recorder(&options);
    uint64_t read = 0;
    read_all(recorder, pcm, 500);
    limit_file_size(1000 * 4);
    // Fails at once, with the block that it was about: 2400 frames are 50 ms.
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK); // drops what piled up
    uint64_t from = mjs_recorder_position(recorder).frame;
    while (mjs_recorder_available(recorder) < 10000)
        (void)poll(NULL, 0, 1);
    CHECK_EQ_INT(read_some(recorder, pcm, 10000, wait, &read), MJS_EFBIG);
    CHECK_EQ_UINT(read, 2400);
    CHECK_RAMP(&options.spec, pcm, 2400, from);
    CHECK_EQ_UINT(file_frames(options.path, &options.spec), 1000);
    CHECK_EQ_UINT(mjs_recorder_stats(recorder).unwritten_frames, 1900);
    CHECK_EQ_INT(read_some(recorder, pcm, 100, wait, &read), MJS_EFBIG);
    CHECK_EQ_UINT(read, 100);
    limit_file_size(RLIM_INFINITY);
    read_all(recorder, pcm, 300);
    CHECK_RAMP(&options.spec, pcm, 300, from + 2500);
    struct mjs_recorder_stats stats = mjs_recorder_stats(recorder);
    CHECK_EQ_UINT(stats.unwritten_frames, 2000);
    CHECK_EQ_UINT(stats.gaps_count, 1); // the two are one gap
    CHECK_EQ_UINT(stats.gaps[0].frame, from + 500);
    CHECK_EQ_UINT(stats.gaps[0].at, 1000);
    CHECK_EQ_UINT(stats.gaps[0].frames, 2000);
    CHECK_EQ_INT(stats.gaps[0].cause, MJS_GAP_DISK);
    CHECK_EQ_UINT(stats.lost_frames, 0);
    struct mjs_recorder_gap notice;
    CHECK(!mjs_recorder_take_loss_notice(recorder, &notice));
    struct mjs_recorder_summary summary = {0};
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    CHECK_EQ_UINT(summary.frames, 1300);
    CHECK_EQ_UINT(summary.frames, stats.delivered_frames - stats.unwritten_frames);
    CHECK_EQ_UINT(file_frames(options.path, &options.spec), 1300);
    mjs_recorder_free(recorder);
    CHECK_EQ_INT(unlink(options.path), 0);
}

static void test_gaps_list(void) {
    static struct mjs_recorder_gaps gaps;
    struct mjs_recorder_gap gap = {.frames = 1, .exact = true, .cause = MJS_GAP_OVERRUN};
    for (uint64_t i = 0; i < MJS_RECORDER_GAPS_MAX + 10; i++) {
        gap.frame = i * 10;
        mjs_recorder_gaps_add(&gaps, &gap);
    }
    CHECK_EQ_UINT(gaps.count, MJS_RECORDER_GAPS_MAX);
    CHECK_EQ_UINT(gaps.omitted, 10);
    // Beyond the end, adjacent disk gaps are still one.
    gap = (struct mjs_recorder_gap){.frame = 99999, .at = 5, .frames = 7, .cause = MJS_GAP_DISK};
    mjs_recorder_gaps_add(&gaps, &gap);
    gap.frame += 7;
    mjs_recorder_gaps_add(&gaps, &gap);
    CHECK_EQ_UINT(gaps.omitted, 11);
    CHECK_EQ_UINT(gaps.last.frames, 14);
    mjs_recorder_gaps_end_disk(&gaps);
    gap.frame += 7;
    mjs_recorder_gaps_add(&gaps, &gap);
    CHECK_EQ_UINT(gaps.omitted, 12);
    CHECK_EQ_UINT(gaps.list[MJS_RECORDER_GAPS_MAX - 1].frames, 1);
}

int main(void) {
    // As the program does: a write beyond the limit is an error, not a signal.
    CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    make_folder();
    for (int mode = MJS_ON_OVERRUN_MARK; mode <= MJS_ON_OVERRUN_THROW; mode++) {
        static const uint64_t pieces[] = {1, 13, 480, 2400, 100000};
        for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
            test_device_losses((enum mjs_on_overrun)mode, true, pieces[i]);
            test_device_losses((enum mjs_on_overrun)mode, false, pieces[i]);
        }
        test_full_ring((enum mjs_on_overrun)mode);
    }
    test_probe();
    test_reset_over_gaps();
    test_disk(true);
    test_disk(false);
    test_gaps_list();
    CHECK_EQ_INT(rmdir(test_folder), 0); // nothing is left behind
    return check_report();
}

// SPDX-License-Identifier: MIT
// A recorder whose take passes 4 GiB: silence, gaps and unwritten frames right at the limit.
#include <sys/resource.h>

#include "../../../modules/audio/recorder_internal.h"
#include "../../support/nearly_full.h"
#include "recorder_support.h"

#define FRAMES_MAX 4000

static const struct mjs_spec spec = {MJS_FORMAT_S16_LE, 48000, 1};
static uint8_t pcm[FRAMES_MAX * 2];
static uint8_t stored[FRAMES_MAX * 2];

static struct mjs_recorder *start(const char *device, enum mjs_on_overrun on_overrun) {
    struct mjs_recorder_options options = options_for(device, spec.format);
    options.path = in_folder("big.wav");
    options.on_overrun = on_overrun;
    struct mjs_recorder *recorder = open_recorder(&options);
    read_all(recorder, pcm, 900);
    return recorder;
}

static struct mjs_recorder_summary end(struct mjs_recorder *recorder) {
    struct mjs_recorder_summary summary = {0};
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    CHECK_EQ_STR(summary.path, in_folder("big.wav"));
    return summary;
}

static void clean_up(struct mjs_recorder *recorder) {
    mjs_recorder_free(recorder);
    CHECK_EQ_INT(unlink(in_folder("big.wav")), 0);
    CHECK_EQ_INT(unlink(in_folder("big-2.wav")), 0);
}

// 50 frames of silence, of which 20 fit into the first file.
static void test_silence_at_the_limit(void) {
    struct mjs_recorder *recorder =
        start("sim:ramp,pace=fast,xrun_at=1000:50", MJS_ON_OVERRUN_SILENCE);
    nearly_fill(recorder->take.series.writer, 120);
    read_all(recorder, pcm, 300);
    read_full_end(in_folder("big.wav"), &spec, 120, stored);
    CHECK_BYTES(stored, pcm, 120 * 2);
    CHECK_RAMP(&spec, pcm, 100, 900);
    for (size_t i = 100 * 2; i < 150 * 2; i++)
        CHECK_EQ_UINT(pcm[i], 0);
    CHECK_RAMP(&spec, pcm + 150 * 2, 150, 1050);
    check_file(in_folder("big-2.wav"), &spec, pcm + 120 * 2, 180);
    struct mjs_recorder_stats stats = mjs_recorder_stats(recorder);
    CHECK_EQ_UINT(stats.gaps_count, 1);
    CHECK_EQ_UINT(stats.gaps[0].at, 1000); // in the take, whichever file that is
    CHECK_EQ_UINT(stats.silence_frames, 50);
    struct mjs_recorder_summary summary = end(recorder);
    CHECK_EQ_UINT(summary.frames, mjs_wav_data_bytes_max(&spec) / 2 + 180);
    CHECK_EQ_UINT(mjs_recorder_series(recorder)->count, 2); // also when it is finished
    clean_up(recorder);
}

// A gap that is only marked, between the last frame of a file and the first of the next.
static void test_gap_at_the_limit(void) {
    struct mjs_recorder *recorder =
        start("sim:ramp,pace=fast,xrun_at=1000:50", MJS_ON_OVERRUN_MARK);
    nearly_fill(recorder->take.series.writer, 100);
    read_all(recorder, pcm, 300);
    read_full_end(in_folder("big.wav"), &spec, 100, stored);
    CHECK_RAMP(&spec, stored, 100, 900);
    CHECK_RAMP(&spec, pcm + 100 * 2, 200, 1050);
    check_file(in_folder("big-2.wav"), &spec, pcm + 100 * 2, 200);
    CHECK_EQ_UINT(mjs_recorder_stats(recorder).gaps[0].at, 1000);
    CHECK_EQ_UINT(end(recorder).lost_frames, 50);
    clean_up(recorder);
}

// There is no next file for a while: what did not fit is counted, delivered, and a gap.
static void test_unwritten_at_the_limit(void) {
    struct rlimit files;
    struct rlimit none;
    uint64_t read = 0;
    struct mjs_error err = {0};
    struct mjs_recorder *recorder = start("sim:ramp,pace=fast", MJS_ON_OVERRUN_MARK);
    nearly_fill(recorder->take.series.writer, 100);
    CHECK_EQ_INT(getrlimit(RLIMIT_NOFILE, &files), 0);
    none = files;
    none.rlim_cur = 0;
    CHECK_EQ_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    CHECK_EQ_INT(mjs_recorder_read(recorder, pcm, 300, true, &read, &err), MJS_EMFILE);
    CHECK_EQ_UINT(read, 300);
    CHECK_EQ_INT(mjs_recorder_read(recorder, pcm + 600, 50, true, &read, &err), MJS_EMFILE);
    CHECK_EQ_INT(setrlimit(RLIMIT_NOFILE, &files), 0);
    CHECK_RAMP(&spec, pcm, 350, 900); // delivered all the same
    check_accounts(recorder);
    read_all(recorder, pcm, 40);
    read_full_end(in_folder("big.wav"), &spec, 100, stored);
    CHECK_RAMP(&spec, stored, 100, 900);
    CHECK_RAMP(&spec, pcm, 40, 1250);
    check_file(in_folder("big-2.wav"), &spec, pcm, 40);
    struct mjs_recorder_stats stats = mjs_recorder_stats(recorder);
    CHECK_EQ_UINT(stats.unwritten_frames, 250);
    CHECK_EQ_UINT(stats.gaps_count, 1); // two calls, one gap
    CHECK_EQ_UINT(stats.gaps[0].at, 1000);
    CHECK_EQ_UINT(stats.gaps[0].frame, 1000);
    CHECK_EQ_UINT(stats.gaps[0].frames, 250);
    CHECK_EQ_INT(stats.gaps[0].cause, MJS_GAP_DISK);
    (void)end(recorder);
    clean_up(recorder);
}

// Takes and files: switch ends the second file of the first take, and counts from one again.
static void test_switch_behind_the_limit(void) {
    struct mjs_error err = {0};
    struct mjs_recorder *recorder = start("sim:ramp,pace=fast", MJS_ON_OVERRUN_MARK);
    nearly_fill(recorder->take.series.writer, 10);
    read_all(recorder, pcm, 30);
    // Both files are its own.
    CHECK_EQ_INT(mjs_recorder_switch(recorder, in_folder("big.wav"), &err), MJS_EBUSY);
    CHECK_EQ_INT(mjs_recorder_switch(recorder, in_folder("big-2.wav"), &err), MJS_EBUSY);
    read_all(recorder, pcm + 60, 5);
    CHECK_EQ_INT(mjs_recorder_switch(recorder, in_folder("next.wav"), &err), MJS_OK);
    CHECK_EQ_UINT(mjs_recorder_series(recorder)->count, 1);
    CHECK_EQ_STR(mjs_recorder_series(recorder)->paths[0], in_folder("next.wav"));
    check_file(in_folder("big-2.wav"), &spec, pcm + 20, 25);
    read_all(recorder, pcm, 7);
    CHECK_RAMP(&spec, pcm, 7, 935);
    check_file(in_folder("next.wav"), &spec, pcm, 7);
    CHECK_EQ_INT(mjs_recorder_switch(recorder, NULL, &err), MJS_OK);
    CHECK_EQ_UINT(mjs_recorder_series(recorder)->count, 0);
    read_all(recorder, pcm, 7);
    CHECK_EQ_INT(unlink(in_folder("next.wav")), 0);
    clean_up(recorder);
}

int main(void) {
    make_folder();
    test_silence_at_the_limit();
    test_gap_at_the_limit();
    test_unwritten_at_the_limit();
    test_switch_behind_the_limit();
    CHECK_EQ_INT(rmdir(test_folder), 0);
    return check_report();
}

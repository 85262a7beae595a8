// SPDX-License-Identifier: MIT
// onLost "wait": a device that disappears is waited for, and what is missing meanwhile is a gap.
#include <fcntl.h>
#include <poll.h>

#include "recorder_support.h"

// At 48000 Hz: 2400 frames from 1000 on; then 480 from 4000 on and, at once, 20 more.
#define AWAY_TWICE "sim:ramp,pace=fast,unplug_at=1000:50,unplug_at=4000:10,xrun_at=4480:20"
#define READ_FRAMES 3000

static uint8_t bytes[READ_FRAMES * 4];

static struct mjs_recorder *open_waiting(const char *device, const char *path,
                                         enum mjs_on_overrun on_overrun, int cancel_fd) {
    struct mjs_recorder_options options = options_for(device, MJS_FORMAT_S32_LE);
    options.path = path;
    options.on_overrun = on_overrun;
    options.on_lost = MJS_ON_LOST_WAIT;
    options.cancel_fd = cancel_fd;
    return open_recorder(&options);
}

static void check_two_gaps(struct mjs_recorder *recorder) {
    struct mjs_recorder_stats stats = mjs_recorder_stats(recorder);
    CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_RECORDING);
    CHECK_EQ_UINT(stats.lost_frames, 2900);
    CHECK_EQ_UINT(stats.overruns, 2);
    if (!CHECK_EQ_UINT(stats.gaps_count, 2))
        return;
    CHECK_EQ_UINT(stats.gaps[0].frame, 1000);
    CHECK_EQ_UINT(stats.gaps[0].frames, 2400);
    CHECK_EQ_UINT(stats.gaps[1].frame, 4000);
    CHECK_EQ_UINT(stats.gaps[1].frames, 500);
    for (size_t i = 0; i < 2; i++) {
        CHECK(!stats.gaps[i].exact); // the clock says it
        CHECK_EQ_INT(stats.gaps[i].cause, MJS_GAP_DEVICE);
    }
}

static void test_marked(bool wait) {
    const char *path = in_folder("marked.wav");
    struct mjs_recorder *recorder = open_waiting(AWAY_TWICE, path, MJS_ON_OVERRUN_MARK, -1);
    const struct mjs_spec *spec = mjs_recorder_spec(recorder);
    uint64_t frames = 0;
    while (frames < READ_FRAMES) {
        uint64_t read = 0;
        CHECK_EQ_INT(read_some(recorder, bytes + frames * 4, READ_FRAMES - frames, wait, &read),
                     MJS_OK);
        frames += read;
    }
    CHECK_RAMP(spec, bytes, 1000, 0);
    CHECK_RAMP(spec, bytes + 1000 * 4, 600, 3400);
    CHECK_RAMP(spec, bytes + 1600 * 4, 1400, 4500);
    check_two_gaps(recorder);
    struct mjs_recorder_summary summary = {0};
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    CHECK_EQ_UINT(summary.frames, READ_FRAMES);
    CHECK_EQ_UINT(summary.lost_frames, 2900);
    check_file(path, spec, bytes, READ_FRAMES);
    mjs_recorder_free(recorder);
    CHECK_EQ_INT(unlink(path), 0);
}

// The time line holds: the frame that comes after it stands where it would have.
static void test_silence(void) {
    struct mjs_recorder *recorder = open_waiting(AWAY_TWICE, NULL, MJS_ON_OVERRUN_SILENCE, -1);
    const struct mjs_spec *spec = mjs_recorder_spec(recorder);
    static const uint8_t zeros[READ_FRAMES * 4];
    read_all(recorder, bytes, READ_FRAMES);
    CHECK_RAMP(spec, bytes, 1000, 0);
    CHECK_BYTES(bytes + 1000 * 4, zeros, (READ_FRAMES - 1000) * 4);
    read_all(recorder, bytes, READ_FRAMES);
    CHECK_BYTES(bytes, zeros, 400 * 4);
    CHECK_RAMP(spec, bytes + 400 * 4, 600, 3400);
    CHECK_RAMP(spec, bytes + 1500 * 4, 1500, 4500);
    check_two_gaps(recorder);
    mjs_recorder_free(recorder);
}

static void test_thrown(void) {
    struct mjs_recorder *recorder = open_waiting(AWAY_TWICE, NULL, MJS_ON_OVERRUN_THROW, -1);
    static const uint64_t until[] = {1000, 600};
    uint64_t read = 0;
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQ_INT(read_some(recorder, bytes, READ_FRAMES, true, &read), MJS_EOVERRUN);
        CHECK_EQ_UINT(read, until[i]);
        CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_RECORDING);
    }
    read_all(recorder, bytes, 100);
    CHECK_RAMP(mjs_recorder_spec(recorder), bytes, 100, 4500);
    mjs_recorder_free(recorder);
}

// In real time it is away for as long as it says.
static void test_real_time(void) {
    struct mjs_recorder *recorder =
        open_waiting("sim:ramp,unplug_at=480:150", NULL, MJS_ON_OVERRUN_MARK, -1);
    read_all(recorder, bytes, 960);
    CHECK_RAMP(mjs_recorder_spec(recorder), bytes, 480, 0);
    CHECK_RAMP(mjs_recorder_spec(recorder), bytes + 480 * 4, 480, 480 + 7200);
    CHECK_EQ_UINT(mjs_recorder_stats(recorder).lost_frames, 7200);
    mjs_recorder_free(recorder);
}

// It never comes back: whoever waits is woken when the program is asked to stop, and gets what was
// captured before.
static void test_cancelled(void) {
    int pipe_fds[2];
    uint64_t read = 0;
    CHECK_EQ_INT(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
    struct mjs_recorder *recorder =
        open_waiting("sim:ramp,pace=fast,unplug_at=700", NULL, MJS_ON_OVERRUN_MARK, pipe_fds[0]);
    read_all(recorder, bytes, 600);
    CHECK_EQ_INT(write(pipe_fds[1], "x", 1), 1);
    CHECK_EQ_INT(read_some(recorder, bytes, READ_FRAMES, true, &read), MJS_OK);
    CHECK_EQ_UINT(read, 100);
    CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_RECORDING);
    // Nothing is lost as long as it is not back.
    CHECK_EQ_UINT(mjs_recorder_stats(recorder).lost_frames, 0);
    // Non-blocking: nothing there, and no error.
    CHECK_EQ_INT(read_some(recorder, bytes, READ_FRAMES, false, &read), MJS_OK);
    CHECK_EQ_UINT(read, 0);
    mjs_recorder_free(recorder);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
}

// Stopped while it is away: the thread ends at once, and the error is told then.
static void test_stopped_while_away(void) {
    uint64_t read = 0;
    struct mjs_recorder *recorder =
        open_waiting("sim:ramp,pace=fast,unplug_at=700", NULL, MJS_ON_OVERRUN_MARK, -1);
    read_all(recorder, bytes, 700);
    for (;;) {
        CHECK_EQ_INT(mjs_recorder_stop(recorder, NULL), MJS_OK);
        mjs_result result = read_some(recorder, bytes, READ_FRAMES, true, &read);
        CHECK_EQ_UINT(read, 0);
        if (result == MJS_ELOST)
            break;
        // The thread had not met it yet.
        CHECK_EQ_INT(result, MJS_OK);
        CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK);
    }
    CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_ERROR);
    // Opened again it is another one.
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK);
    read_all(recorder, bytes, 700);
    CHECK_RAMP(mjs_recorder_spec(recorder), bytes, 700, 0);
    struct mjs_recorder_summary summary = {0};
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    CHECK_EQ_UINT(summary.lost_frames, 0);
    mjs_recorder_free(recorder);
}

int main(void) {
    make_folder();
    test_marked(true);
    test_marked(false);
    test_silence();
    test_thrown();
    test_real_time();
    test_cancelled();
    test_stopped_while_away();
    CHECK_EQ_INT(rmdir(test_folder), 0);
    return check_report();
}

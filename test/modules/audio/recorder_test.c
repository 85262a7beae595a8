// SPDX-License-Identifier: MIT
// The recorder without losses: every frame once and in order, files, takes, its life.
#include "../../../modules/audio/recorder.h"

#include <poll.h>
#include <sys/eventfd.h>

#include "recorder_support.h"

#define TAKE_FRAMES 3000

enum file_kind { NO_FILE, WAV_FILE, PCM_FILE };

static uint8_t pcm[1 << 20];

// Reads one take of the ramp from `index` on, in pieces of all sizes.
static void read_take(struct mjs_recorder *recorder, uint64_t index, bool wait, bool save) {
    static const uint64_t pieces[] = {1, 7, 480, 10, 2000, 333};
    const struct mjs_spec *spec = mjs_recorder_spec(recorder);
    size_t frame_bytes = mjs_format_frame_bytes(spec);
    uint64_t done = 0;
    for (size_t i = 0; done < TAKE_FRAMES; i++) {
        uint64_t frames = pieces[i % 6] < TAKE_FRAMES - done ? pieces[i % 6] : TAKE_FRAMES - done;
        uint64_t read = 0;
        uint8_t *out = save ? NULL : pcm + done * frame_bytes;
        CHECK_EQ_INT(read_some(recorder, out, frames, wait, &read), MJS_OK);
        CHECK(!wait || read == frames);
        CHECK(read == 0 || mjs_recorder_read_position(recorder).frame == index + done);
        done += read;
    }
    // What went only into the file is compared with the ramp there.
    for (uint64_t i = 0; save && i < TAKE_FRAMES; i++)
        ramp_frame(spec, index + i, pcm + i * frame_bytes);
    CHECK_RAMP(spec, pcm, TAKE_FRAMES, index);
}

static void record_two_takes(const struct mjs_spec *spec, enum file_kind kind, bool wait,
                             bool save) {
    static const char *const names[2][3] = {{NULL, "one.wav", "one.pcm"},
                                            {NULL, "two.wav", "two.pcm"}};
    struct mjs_recorder_options options = options_for("sim:ramp,pace=fast", spec->format);
    const char *one = kind == NO_FILE ? NULL : in_folder(names[0][kind]);
    const char *two = kind == NO_FILE ? NULL : in_folder(names[1][kind]);
    options.spec = *spec;
    options.path = one;
    struct mjs_recorder *recorder = open_recorder(&options);
    struct mjs_recorder_summary summary = {0};
    CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_PREPARED);
    read_take(recorder, 0, wait, save);
    CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_RECORDING);
    if (kind != NO_FILE)
        check_file(one, spec, pcm, TAKE_FRAMES); // before finish
    CHECK_EQ_INT(mjs_recorder_switch(recorder, two, NULL), MJS_OK);
    check_accounts(recorder);
    read_take(recorder, TAKE_FRAMES, wait, save);
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    check_accounts(recorder);
    CHECK_EQ_UINT(summary.frames, TAKE_FRAMES);
    CHECK_EQ_UINT(summary.lost_frames, 0);
    CHECK(summary.start_ms > 1e12);
    if (kind != NO_FILE) {
        CHECK_EQ_STR(summary.path, two);
        check_file(two, spec, pcm, TAKE_FRAMES);
        CHECK_EQ_UINT(file_frames(one, spec), TAKE_FRAMES);
        CHECK_EQ_INT(unlink(one), 0);
        CHECK_EQ_INT(unlink(two), 0);
    }
    mjs_recorder_free(recorder);
}

// All formats, rates and channels; the modes rotate over them, and all meet all formats.
static void test_every_frame(void) {
    static const uint32_t rates_hz[] = {8000, 11025, 16000, 22050, 32000, 44100, 48000};
    unsigned mode = 0;
    for (int format = 1; format < MJS_FORMAT_COUNT; format++) {
        for (size_t rate = 0; rate < sizeof rates_hz / sizeof rates_hz[0]; rate++) {
            for (uint32_t channels = 1; channels <= 2; channels++, mode++) {
                const struct mjs_spec spec = {(enum mjs_format)format, rates_hz[rate], channels};
                record_two_takes(&spec, (enum file_kind)(mode % 3), mode / 3 % 2 == 0, false);
            }
        }
        for (mode = 0; mode < 12; mode++) {
            const struct mjs_spec spec = {(enum mjs_format)format, 16000, 1 + mode / 6};
            record_two_takes(&spec, (enum file_kind)(mode % 3), mode / 3 % 2 == 0, mode % 3 != 0);
        }
    }
}

static void test_conversion(void) {
    struct mjs_recorder_options options =
        options_for("sim:ramp,pace=fast,format=S16_LE,channels=2", MJS_FORMAT_S32_LE);
    options.path = in_folder("converted.wav");
    struct mjs_recorder *recorder = open_recorder(&options);
    CHECK_EQ_UINT(mjs_recorder_hardware(recorder)->spec.channels, 2);
    read_all(recorder, pcm, 20000);
    for (uint64_t i = 0; i < 20000; i++) {
        int32_t sample;
        memcpy(&sample, pcm + i * 4, 4);
        CHECK_EQ_INT(sample, (int32_t)i * 65536); // both channels are equal: so is their average
    }
    check_file(options.path, &options.spec, pcm, 20000);
    mjs_recorder_set_gain(recorder, 0);
    read_all(recorder, pcm, 1000);
    for (uint64_t i = 0; i < 4000; i++)
        CHECK_EQ_UINT(pcm[i], 0);
    mjs_recorder_free(recorder);
    CHECK_EQ_INT(unlink(options.path), 0);
    options = options_for("sim:ramp,channels=3", MJS_FORMAT_S16_LE);
    options.spec.channels = 2;
    struct mjs_error err = {0};
    CHECK_EQ_INT(mjs_recorder_open(&recorder, &options, &err), MJS_EUNSUPPORTED);
}

static void test_stall(void) {
    struct mjs_recorder_options options =
        options_for("sim:ramp,pace=fast,stall_at=960:3600000", MJS_FORMAT_S16_LE);
    int cancel_fd = eventfd(0, EFD_CLOEXEC);
    options.cancel_fd = cancel_fd;
    struct mjs_recorder *recorder = open_recorder(&options);
    uint64_t read = 1;
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK);
    struct pollfd event = {.fd = mjs_recorder_event_fd(recorder), .events = POLLIN};
    mjs_recorder_arm(recorder, 960);
    CHECK_EQ_INT(poll(&event, 1, -1), 1);
    mjs_recorder_disarm(recorder);
    CHECK_EQ_INT(poll(&event, 1, 0), 0);
    CHECK_EQ_UINT(mjs_recorder_available(recorder), 960);
    // Only 20 ms are ready of the 50 asked for.
    CHECK_EQ_INT(read_some(recorder, pcm, 2400, false, &read), MJS_OK);
    CHECK_EQ_UINT(read, 960);
    CHECK_RAMP(&options.spec, pcm, 960, 0);
    CHECK_EQ_INT(read_some(recorder, pcm, 2400, false, &read), MJS_OK);
    CHECK_EQ_UINT(read, 0);
    // The exit flag: no call waits any more, though the device says nothing for an hour.
    CHECK_EQ_INT(write(cancel_fd, &(uint64_t){1}, 8), 8);
    CHECK_EQ_INT(read_some(recorder, pcm, 2400, true, &read), MJS_OK);
    CHECK_EQ_UINT(read, 0);
    mjs_recorder_free(recorder);
    // What is there is taken along by a call that would have waited for more.
    recorder = open_recorder(&options);
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK);
    while (mjs_recorder_available(recorder) < 960)
        (void)poll(NULL, 0, 1);
    CHECK_EQ_INT(read_some(recorder, pcm, 2400, true, &read), MJS_OK);
    CHECK_EQ_UINT(read, 960);
    // A stopped stream gives what is buffered, short, also to a call that waits.
    CHECK_EQ_INT(mjs_recorder_stop(recorder, NULL), MJS_OK);
    CHECK_EQ_INT(read_some(recorder, pcm, 2400, true, &read), MJS_OK);
    CHECK_EQ_UINT(read, 0);
    mjs_recorder_free(recorder);
    (void)close(cancel_fd);
}

static void test_stop_and_restart(void) {
    struct mjs_recorder_options options = options_for("sim:ramp,pace=fast", MJS_FORMAT_S32_LE);
    options.path = in_folder("restart.pcm");
    struct mjs_recorder *recorder = open_recorder(&options);
    uint64_t read = 0;
    read_all(recorder, pcm, 1000);
    CHECK_EQ_INT(mjs_recorder_set_periods(recorder, 240, 0, NULL), MJS_EBUSY);
    CHECK_EQ_INT(mjs_recorder_stop(recorder, NULL), MJS_OK);
    CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_STOPPED);
    uint64_t buffered = mjs_recorder_available(recorder);
    CHECK(buffered > 0);
    CHECK_EQ_INT(read_some(recorder, pcm, 100, true, &read), MJS_OK);
    CHECK_RAMP(&options.spec, pcm, 100, 1000);
    // reset(true): what is buffered is dropped, and counted; the same file goes on.
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK);
    CHECK_EQ_UINT(mjs_recorder_stats(recorder).discarded_frames, buffered - 100);
    read_all(recorder, pcm, 500);
    CHECK_RAMP(&options.spec, pcm, 500, 1000 + buffered);
    CHECK_EQ_UINT(file_frames(options.path, &options.spec), 1600);
    CHECK_EQ_INT(mjs_recorder_stop(recorder, NULL), MJS_OK);
    // What is buffered would be dropped: refused until it is read.
    CHECK_EQ_INT(mjs_recorder_set_periods(recorder, 240, 0, NULL), MJS_EBUSY);
    uint64_t rest = mjs_recorder_available(recorder);
    CHECK_EQ_INT(mjs_recorder_read(recorder, NULL, rest, false, &read, NULL), MJS_OK);
    CHECK_EQ_UINT(read, rest);
    CHECK_EQ_INT(mjs_recorder_set_periods(recorder, 240, 0, NULL), MJS_OK);
    CHECK_EQ_UINT(mjs_recorder_hardware(recorder)->period_frames, 240);
    CHECK_EQ_UINT(mjs_recorder_available(recorder), 0);
    check_accounts(recorder);
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK);
    read_all(recorder, pcm, 500);
    CHECK_RAMP(&options.spec, pcm, 500, 0); // a device that was opened anew
    struct mjs_recorder_summary summary = {0};
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    CHECK_EQ_UINT(summary.frames, 2100 + rest);
    mjs_recorder_free(recorder);
    CHECK_EQ_INT(unlink(options.path), 0);
}

static void test_never_started(void) {
    struct mjs_recorder_options options = options_for("sim:ramp,pace=fast", MJS_FORMAT_S16_LE);
    options.path = in_folder("never.wav");
    struct mjs_recorder *recorder = open_recorder(&options);
    struct mjs_recorder_summary summary = {.frames = 1};
    CHECK(!file_exists(options.path));
    const char *other = in_folder("other.wav");
    CHECK_EQ_INT(mjs_recorder_switch(recorder, other, NULL), MJS_OK);
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    CHECK_EQ_UINT(summary.frames, 0);
    CHECK(summary.path == NULL && summary.start_ms <= 0);
    CHECK(!file_exists(options.path) && !file_exists(other));
    mjs_recorder_free(recorder);
    // Stopped before it started: it stays so, and gives nothing.
    recorder = open_recorder(&options);
    uint64_t read = 1;
    CHECK_EQ_INT(mjs_recorder_stop(recorder, NULL), MJS_OK);
    CHECK_EQ_INT(read_some(recorder, pcm, 100, true, &read), MJS_OK);
    CHECK_EQ_UINT(read, 0);
    CHECK(!file_exists(options.path));
    mjs_recorder_free(recorder);
}

static void test_after_the_end(void) {
    struct mjs_recorder_options options = options_for("sim:ramp,pace=fast", MJS_FORMAT_S16_LE);
    options.path = in_folder("end.wav");
    struct mjs_recorder *recorder = open_recorder(&options);
    struct mjs_recorder_summary summary = {0};
    uint64_t read = 0;
    read_all(recorder, pcm, 1000);
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    CHECK_EQ_UINT(summary.frames, 1000);
    CHECK_EQ_STR(summary.path, options.path);
    CHECK_EQ_INT(read_some(recorder, pcm, 10, true, &read), MJS_EFINISHED);
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_EFINISHED);
    // A path that cannot be: nothing changes.
    CHECK_EQ_INT(mjs_recorder_switch(recorder, "/nowhere/x.wav", NULL), MJS_ENOENT);
    CHECK_EQ_INT(mjs_recorder_switch(recorder, "x.mp3", NULL), MJS_EINVAL);
    CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_FINISHED);
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    CHECK_EQ_STR(summary.path, options.path);
    // The next take; the first one is not touched any more.
    const char *two = in_folder("end2.wav");
    CHECK_EQ_INT(mjs_recorder_switch(recorder, two, NULL), MJS_OK);
    CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_RECORDING);
    CHECK(file_exists(two));
    read_all(recorder, pcm, 500);
    // A failure leaves the take as it is; without a path it goes on without a file.
    CHECK_EQ_INT(mjs_recorder_switch(recorder, "/nowhere/x.wav", NULL), MJS_ENOENT);
    CHECK_EQ_INT(mjs_recorder_switch(recorder, two, NULL), MJS_EBUSY);
    read_all(recorder, pcm, 500);
    CHECK_EQ_INT(mjs_recorder_switch(recorder, NULL, NULL), MJS_OK);
    read_all(recorder, pcm, 500);
    CHECK_EQ_INT(mjs_recorder_close(recorder, NULL), MJS_OK);
    CHECK_EQ_INT(mjs_recorder_close(recorder, NULL), MJS_OK);
    check_accounts(recorder);
    CHECK_EQ_UINT(mjs_recorder_stats(recorder).delivered_frames, 2500);
    CHECK_EQ_INT(mjs_recorder_state(recorder), MJS_RECORDER_RELEASED);
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    CHECK(summary.path == NULL);
    CHECK_EQ_UINT(summary.frames, 500);
    CHECK_EQ_INT(read_some(recorder, pcm, 10, true, &read), MJS_ECLOSED);
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_ECLOSED);
    CHECK_EQ_INT(mjs_recorder_stop(recorder, NULL), MJS_ECLOSED);
    CHECK_EQ_INT(mjs_recorder_switch(recorder, two, NULL), MJS_ECLOSED);
    CHECK_EQ_INT(mjs_recorder_event_fd(recorder), -1);
    CHECK_EQ_UINT(mjs_recorder_available(recorder), 0);
    mjs_recorder_free(recorder);
    CHECK_EQ_UINT(file_frames(options.path, &options.spec), 1000);
    CHECK_EQ_UINT(file_frames(two, &options.spec), 1000);
    CHECK_EQ_INT(unlink(options.path), 0);
    CHECK_EQ_INT(unlink(two), 0);
}

static void test_bad_options(void) {
    struct mjs_recorder *recorder = NULL;
    struct mjs_error err = {0};
    struct mjs_recorder_options options = options_for("sim:ramp", MJS_FORMAT_NONE);
    CHECK_EQ_INT(mjs_recorder_open(&recorder, &options, &err), MJS_EINVAL);
    options = options_for("sim:ramp", MJS_FORMAT_S16_LE);
    options.spec.channels = 0;
    CHECK_EQ_INT(mjs_recorder_open(&recorder, &options, &err), MJS_EINVAL);
    options = options_for("sim:ramp", MJS_FORMAT_S16_LE);
    options.spec.rate_hz = 100;
    CHECK_EQ_INT(mjs_recorder_open(&recorder, &options, &err), MJS_EINVAL);
    options = options_for("sim:ramp", MJS_FORMAT_S16_LE);
    options.buffer_ms = 0;
    CHECK_EQ_INT(mjs_recorder_open(&recorder, &options, &err), MJS_EINVAL);
    options = options_for("sim:ramp", MJS_FORMAT_S16_LE);
    options.path = "/nowhere/x.wav";
    CHECK_EQ_INT(mjs_recorder_open(&recorder, &options, &err), MJS_ENOENT);
    options = options_for("sim:ramp,x=1", MJS_FORMAT_S16_LE);
    CHECK_EQ_INT(mjs_recorder_open(&recorder, &options, &err), MJS_EINVAL);
    options = options_for("sim:ramp,rate=16000", MJS_FORMAT_S16_LE);
    CHECK_EQ_INT(mjs_recorder_open(&recorder, &options, &err), MJS_EUNSUPPORTED);
    mjs_recorder_free(NULL);
}

int main(void) {
    make_folder();
    test_every_frame();
    test_conversion();
    test_stall();
    test_stop_and_restart();
    test_never_started();
    test_after_the_end();
    test_bad_options();
    CHECK_EQ_INT(rmdir(test_folder), 0); // nothing is left behind
    return check_report();
}

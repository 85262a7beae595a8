// SPDX-License-Identifier: MIT
// A recorder whose counters stand near 2^31, 2^32, 2^53 and 2^63 from the start, as after days or
// for ever; and recorders that leave no byte behind.
//
// The counters are set from here, by what the core's own files share: there is no way to do so from
// outside.
#include <malloc.h>

#include "../../../modules/audio/capture_internal.h"
#include "../../../modules/audio/recorder_internal.h"
#include "recorder_support.h"

// How far before the round number everything begins.
#define BEFORE 700
#define LOST 300
#define LOST_AT 500
#define SLEPT 4800
#define SLEPT_AT 1500
#define FRAMES 3000
#define PART 100
#define PARTS 4
#define ROUNDS 60

static uint8_t pcm[FRAMES * 8];

// As if so many had been captured, delivered (or discarded), and lost before; none is buffered.
static void set_counters(struct mjs_recorder *recorder, uint64_t frames, uint64_t lost) {
    struct mjs_capture *capture = recorder->capture;
    atomic_store(&capture->frames.written, frames);
    atomic_store(&capture->frames.consumed, frames);
    capture->frames.consumed_seen = frames;
    capture->frames.written_seen = frames;
    atomic_store(&capture->gaps.written, frames);
    atomic_store(&capture->gaps.consumed, frames);
    capture->gaps.consumed_seen = frames;
    capture->gaps.written_seen = frames;
    atomic_store(&capture->lost_frames, lost);
    atomic_store(&capture->overruns, frames);
    atomic_store(&capture->gap_frames_published, lost);
    capture->gap_frames_taken = lost;
    recorder->discarded_frames = frames / 2;
    recorder->delivered_frames = frames - frames / 2;
    recorder->silence_frames = frames;
    recorder->lost_frames_passed = lost;
    recorder->take.delivered_frames = frames;
    recorder->take.lost_frames = lost;
}

// The index of what is delivered next; faults are passed in front of it.
static uint64_t next_index(uint64_t index, enum mjs_on_overrun on_overrun) {
    bool skips = on_overrun == MJS_ON_OVERRUN_MARK;
    if (skips && index == LOST_AT)
        index += LOST;
    if (skips && index == SLEPT_AT)
        index += SLEPT;
    return index;
}

static bool is_silent(uint64_t index) {
    return (index >= LOST_AT && index < LOST_AT + LOST) ||
           (index >= SLEPT_AT && index < SLEPT_AT + SLEPT);
}

static void check_frames(uint64_t *index, const uint8_t *data, enum mjs_on_overrun on_overrun) {
    for (size_t i = 0; i < PART; i++) {
        *index = next_index(*index, on_overrun);
        uint32_t sample = 0;
        (void)memcpy(&sample, data + i * sizeof sample, sizeof sample);
        bool silent = on_overrun == MJS_ON_OVERRUN_SILENCE && is_silent(*index);
        CHECK_EQ_UINT(sample, silent ? 0 : *index);
        ++*index;
    }
}

static void check_gap(const struct mjs_recorder_gap *gap, uint64_t frame, uint64_t at,
                      uint64_t frames) {
    CHECK_EQ_UINT(gap->frame, frame);
    CHECK_EQ_UINT(gap->at, at);
    CHECK_EQ_UINT(gap->frames, frames);
}

static void test_near(uint64_t near, enum mjs_on_overrun on_overrun) {
    struct mjs_recorder_options options =
        options_for("sim:ramp,pace=fast,xrun_at=500:300,suspend_at=1500", MJS_FORMAT_S32_LE);
    options.on_overrun = on_overrun;
    struct mjs_recorder *recorder = open_recorder(&options);
    const uint64_t frames = near - BEFORE;
    const uint64_t lost = near - 2 * BEFORE;
    set_counters(recorder, frames, lost);
    check_accounts(recorder);
    uint64_t index = 0;
    for (size_t done = 0; done < FRAMES; done += PART) {
        read_all(recorder, pcm, PART);
        check_frames(&index, pcm, on_overrun);
    }
    bool silence = on_overrun == MJS_ON_OVERRUN_SILENCE;
    struct mjs_recorder_stats stats = mjs_recorder_stats(recorder);
    CHECK_EQ_UINT(stats.lost_frames, lost + LOST + SLEPT);
    CHECK_EQ_UINT(stats.overruns, frames + 2);
    CHECK_EQ_UINT(stats.gaps_count, 2);
    check_gap(&stats.gaps[0], frames + lost + LOST_AT, frames + LOST_AT, LOST);
    check_gap(&stats.gaps[1], frames + lost + SLEPT_AT, frames + SLEPT_AT - (silence ? 0 : LOST),
              SLEPT);
    CHECK_EQ_UINT(stats.delivered_frames + stats.silence_frames - frames,
                  frames - frames / 2 + FRAMES);
    struct mjs_recorder_position position = mjs_recorder_position(recorder);
    CHECK_EQ_UINT(position.frame, frames + lost + index);
    struct mjs_recorder_summary summary = {0};
    CHECK_EQ_INT(mjs_recorder_finish(recorder, &summary, NULL), MJS_OK);
    CHECK_EQ_UINT(summary.frames, frames + FRAMES);
    check_accounts(recorder);
    mjs_recorder_free(recorder);
}

// The counters go on when the device is opened anew, with a ring that begins at 0.
static void test_new_device(uint64_t near) {
    struct mjs_recorder_options options = options_for("sim:ramp,pace=fast", MJS_FORMAT_S32_LE);
    struct mjs_recorder *recorder = open_recorder(&options);
    set_counters(recorder, near - BEFORE, near);
    read_all(recorder, pcm, PART);
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK);
    read_all(recorder, pcm, PART);
    CHECK_EQ_INT(mjs_recorder_stop(recorder, NULL), MJS_OK);
    while (mjs_recorder_available(recorder) > 0) {
        uint64_t rest = mjs_recorder_available(recorder);
        read_all(recorder, pcm, rest < FRAMES ? rest : FRAMES);
    }
    uint64_t captured = mjs_recorder_stats(recorder).captured_frames;
    CHECK(captured > near);
    CHECK_EQ_INT(mjs_recorder_set_periods(recorder, 100, 4, NULL), MJS_OK);
    check_accounts(recorder);
    CHECK_EQ_UINT(mjs_recorder_stats(recorder).captured_frames, captured);
    CHECK_EQ_INT(mjs_recorder_start(recorder, NULL), MJS_OK);
    read_all(recorder, pcm, PART);
    CHECK(mjs_recorder_stats(recorder).captured_frames >= captured + PART);
    mjs_recorder_free(recorder);
}

// ---- No byte is left ----

static void use_recorder(unsigned round) {
    static const char *const devices[] = {"sim:ramp,pace=fast", "sim:tone,pace=fast,unplug_at=50",
                                          "sim:ramp,pace=fast,xrun_at=10:5", "sim:ramp,format=U8",
                                          "sim:nothing"};
    struct mjs_recorder_options options =
        options_for(devices[round % (sizeof devices / sizeof devices[0])], MJS_FORMAT_S16_LE);
    options.path = round % 6 == 0 ? in_folder("trace.wav") : NULL;
    struct mjs_recorder *recorder = NULL;
    if (mjs_recorder_open(&recorder, &options, NULL) != MJS_OK)
        return;
    uint64_t read = 0;
    (void)mjs_recorder_read(recorder, pcm, round % 7 * 10, true, &read, NULL);
    if (round % 2 == 0)
        (void)mjs_recorder_switch(recorder, round % 12 == 0 ? in_folder("next.pcm") : NULL, NULL);
    mjs_recorder_free(recorder);
}

// What is allocated. Its successor, with wider counts, needs a newer glibc than 2.31.
static uint64_t used_bytes(void) {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    struct mallinfo info = mallinfo();
#pragma clang diagnostic pop
    return (uint64_t)(unsigned)info.uordblks + (uint64_t)(unsigned)info.hblkhd;
}

// What is kept for all (a thread's own memory) may come late, but not for each recorder: some part
// of the rounds leaves nothing.
static void test_no_byte_is_left(void) {
    uint64_t least = UINT64_MAX;
    for (unsigned part = 0; part < PARTS; part++) {
        uint64_t before = used_bytes();
        for (unsigned round = 0; round < ROUNDS; round++)
            use_recorder(round);
        uint64_t more = used_bytes() - before;
        least = more < least ? more : least;
    }
    CHECK_EQ_UINT(least, 0);
}

int main(void) {
    make_folder();
    static const uint64_t rounds[] = {UINT64_C(1) << 31, UINT64_C(1) << 32, UINT64_C(1) << 53};
    for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
        test_near(rounds[i], MJS_ON_OVERRUN_MARK);
        test_near(rounds[i], MJS_ON_OVERRUN_SILENCE);
        test_new_device(rounds[i]);
    }
    test_no_byte_is_left();
    (void)unlink(in_folder("trace.wav"));
    (void)unlink(in_folder("next.pcm"));
    CHECK_EQ_INT(rmdir(test_folder), 0);
    return check_report();
}

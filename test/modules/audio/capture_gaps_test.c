// SPDX-License-Identifier: MIT
// A device that loses frames again and again while nobody reads: more gaps than the capture thread
// can pass on, and more frames than the ring holds. Each frame is captured or counted all the same.
#include <sched.h>

#include "../../../modules/audio/capture_internal.h"
#include "../../support/check.h"

#define RING_FRAMES 4096
#define PERIOD_FRAMES 4

// A device of our own: some frames, a loss, some frames, …; a sample is its frame's index.
struct device {
    struct mjs_pcm pcm;
    uint64_t index; // of the next frame
    uint64_t end;   // it is gone there
    uint64_t before_loss;
    uint64_t loss;
    uint64_t run; // frames since the last loss
};

static mjs_result device_start(struct mjs_pcm *pcm, struct mjs_error *err) {
    (void)pcm;
    (void)err;
    return MJS_OK;
}

// It has frames all the time, as a device that was not looked after for long.
static void device_wait(struct mjs_pcm *pcm, int wake_fd, int limit_ms) {
    (void)pcm;
    (void)wake_fd;
    (void)limit_ms;
}

static enum mjs_pcm_read_status device_read(struct mjs_pcm *pcm, void *frames_out,
                                            size_t frames_max, size_t *frames,
                                            struct mjs_pcm_loss *loss, struct mjs_error *err) {
    struct device *device = (struct device *)pcm;
    uint32_t *out = frames_out;
    *frames = 0;
    if (device->index >= device->end) {
        (void)mjs_result_fail(err, MJS_ELOST, "the end");
        return MJS_PCM_GONE;
    }
    if (device->run == device->before_loss) {
        *loss = (struct mjs_pcm_loss){device->loss, true, MJS_GAP_DEVICE};
        device->index += device->loss;
        device->run = 0;
        return MJS_PCM_LOSS;
    }
    while (*frames < frames_max && *frames < PERIOD_FRAMES && device->run < device->before_loss) {
        out[(*frames)++] = (uint32_t)device->index++;
        device->run++;
    }
    return MJS_PCM_FRAMES;
}

static void device_stop(struct mjs_pcm *pcm) { (void)pcm; }

static const struct mjs_pcm_ops device_ops = {
    .scheme = "test",
    .start = device_start,
    .wait = device_wait,
    .read = device_read,
    .stop = device_stop,
    .close = device_stop,
};

static struct mjs_capture *run_device(struct device *device) {
    device->pcm.ops = &device_ops;
    device->pcm.hardware = (struct mjs_pcm_hardware){
        .spec = {MJS_FORMAT_S32_LE, 48000, 1},
        .period_frames = PERIOD_FRAMES,
        .period_count = 4,
    };
    struct mjs_capture *capture = NULL;
    CHECK_EQ_INT(mjs_capture_create(&capture, &device->pcm, RING_FRAMES, MJS_ON_LOST_THROW, NULL),
                 MJS_OK);
    CHECK_EQ_INT(mjs_capture_start(capture, NULL), MJS_OK);
    return capture;
}

// All that the capture has, across gaps: each frame at its index. Returns the index behind it.
static uint64_t drain(struct mjs_capture *capture, uint64_t index, uint64_t *gaps) {
    for (;;) {
        const void *frames = NULL;
        size_t count = mjs_capture_peek(capture, &frames);
        const uint32_t *samples = frames;
        for (size_t i = 0; i < count; i++)
            CHECK_EQ_UINT(samples[i], index++);
        mjs_capture_consume(capture, count);
        struct mjs_capture_gap gap;
        if (count > 0)
            continue;
        if (!mjs_capture_gap(capture, &gap, true))
            return index;
        CHECK(gap.frames > 0);
        index += gap.frames;
        ++*gaps;
    }
}

static void check_end(struct mjs_capture *capture, const struct device *device, uint64_t index) {
    struct mjs_capture_counters counted = mjs_capture_counters(capture);
    CHECK_EQ_UINT(counted.captured_frames + counted.lost_frames, device->index);
    CHECK_EQ_UINT(counted.captured_frames, counted.consumed_frames);
    CHECK_EQ_UINT(index, device->index);
    CHECK_EQ_UINT(mjs_capture_gap_frames(capture), 0);
    CHECK_EQ_INT(mjs_capture_status(capture, NULL), MJS_ELOST);
}

static void wait_for_end(struct mjs_capture *capture) {
    while (mjs_capture_running(capture))
        (void)sched_yield();
}

// Nobody reads until it is over.
static void test_nobody_reads(uint64_t before_loss, uint64_t loss, uint64_t end) {
    struct device device = {.end = end, .before_loss = before_loss, .loss = loss};
    struct mjs_capture *capture = run_device(&device);
    wait_for_end(capture);
    uint64_t gaps = 0;
    uint64_t index = drain(capture, 0, &gaps);
    check_end(capture, &device, index);
    CHECK(gaps > 0 && gaps <= MJS_CAPTURE_GAPS_CAPACITY + 1);
    CHECK_EQ_UINT(mjs_capture_counters(capture).overruns, gaps);
    mjs_capture_free(capture);
}

// Somebody reads now and then: gaps find room again, and are published in order.
static void test_slow_reader(uint64_t before_loss, uint64_t loss, uint64_t end) {
    struct device device = {.end = end, .before_loss = before_loss, .loss = loss};
    struct mjs_capture *capture = run_device(&device);
    uint64_t index = 0;
    uint64_t gaps = 0;
    while (mjs_capture_running(capture)) {
        index = drain(capture, index, &gaps);
        for (int i = 0; i < 100; i++)
            (void)sched_yield();
    }
    index = drain(capture, index, &gaps);
    check_end(capture, &device, index);
    CHECK_EQ_UINT(mjs_capture_counters(capture).overruns, gaps);
    mjs_capture_free(capture);
}

int main(void) {
    test_nobody_reads(3, 2, 200000);   // the gaps are full first
    test_nobody_reads(100, 7, 200000); // the ring is full first
    test_nobody_reads(16, 1, 4353);    // both at about the same time
    for (uint64_t before_loss = 1; before_loss < 40; before_loss += 3)
        test_nobody_reads(before_loss, 1 + before_loss % 5, 20000);
    test_slow_reader(3, 2, 3000000);
    test_slow_reader(20, 5, 3000000);
    return check_report();
}

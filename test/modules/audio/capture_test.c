// SPDX-License-Identifier: MIT
// The capture thread: every frame is either in the ring or counted as lost, exactly.
#include "../../../modules/audio/capture.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../support/check.h"
#include "ramp.h"

static struct mjs_capture *open_capture(const char *device, uint64_t buffer_frames) {
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S32_LE, 48000, 1}};
    struct mjs_pcm *pcm = NULL;
    struct mjs_capture *capture = NULL;
    struct mjs_error err = {0};
    if (!CHECK_EQ_INT(mjs_pcm_open(&pcm, device, &want, &err), MJS_OK) ||
        !CHECK_EQ_INT(mjs_capture_create(&capture, pcm, buffer_frames, MJS_ON_LOST_THROW, &err),
                      MJS_OK)) {
        fprintf(stderr, "%s: %s\n", device, err.message);
        exit(EXIT_FAILURE);
    }
    return capture;
}

static struct mjs_capture *start_capture(const char *device, uint64_t buffer_frames) {
    struct mjs_capture *capture = open_capture(device, buffer_frames);
    CHECK_EQ_INT(mjs_capture_start(capture, NULL), MJS_OK);
    return capture;
}

static void check_counters(struct mjs_capture *capture) {
    struct mjs_capture_counters before = mjs_capture_counters(capture);
    uint64_t available = mjs_capture_available(capture);
    struct mjs_capture_counters after = mjs_capture_counters(capture);
    CHECK(before.consumed_frames + available >= before.captured_frames);
    CHECK(after.consumed_frames + available <= after.captured_frames);
}

// Reads up to `frames` frames across gaps; each one must be the ramp's. `*index` is the device's
// next frame. Returns the frames read; the gaps are added up in `*lost`.
static uint64_t read_ramp(struct mjs_capture *capture, uint64_t frames, uint64_t *index,
                          uint64_t *lost) {
    uint64_t done = 0;
    while (done < frames) {
        const void *pcm = NULL;
        size_t count = mjs_capture_peek(capture, &pcm);
        struct mjs_capture_gap gap;
        check_counters(capture);
        if (count > 0) {
            count = count < frames - done ? count : (size_t)(frames - done);
            CHECK_RAMP(&mjs_capture_hardware(capture)->spec, pcm, count, *index);
            mjs_capture_consume(capture, count);
            *index += count;
            done += count;
        } else if (mjs_capture_gap(capture, &gap, true)) {
            CHECK_EQ_UINT(gap.position, mjs_capture_counters(capture).consumed_frames);
            *index += gap.frames;
            *lost += gap.frames;
        } else if (!mjs_capture_running(capture) && mjs_capture_peek(capture, &pcm) == 0 &&
                   !mjs_capture_gap(capture, &gap, false)) {
            break;
        } else {
            uint64_t rest = frames - done;
            (void)mjs_capture_wait(capture, rest < 777 ? rest : 777, -1, -1);
        }
    }
    return done;
}

static void test_unpaced_never_overruns(uint64_t buffer_frames) {
    struct mjs_capture *capture = start_capture("sim:ramp,pace=fast", buffer_frames);
    uint64_t index = 0;
    uint64_t lost = 0;
    // A ring of a few frames means a change of threads for each: fewer will do.
    const uint64_t frames = buffer_frames < 10 ? 20000 : 300000;
    CHECK_EQ_UINT(read_ramp(capture, frames, &index, &lost), frames);
    mjs_capture_stop(capture);
    struct mjs_capture_counters counters = mjs_capture_counters(capture);
    CHECK_EQ_UINT(lost, 0);
    CHECK_EQ_UINT(counters.lost_frames, 0);
    CHECK_EQ_UINT(counters.overruns, 0);
    CHECK_EQ_UINT(counters.consumed_frames, frames);
    CHECK_EQ_UINT(counters.captured_frames, frames + mjs_capture_available(capture));
    // What was left in the ring goes on over a new start.
    CHECK_EQ_INT(mjs_capture_start(capture, NULL), MJS_OK);
    CHECK_EQ_UINT(read_ramp(capture, 5000, &index, &lost), 5000);
    CHECK_EQ_UINT(lost, 0);
    mjs_capture_free(capture);
}

static void test_device_losses(void) {
    struct mjs_capture *capture = start_capture(
        "sim:ramp,pace=fast,xrun_at=1000:50,xrun_at=1050:7,suspend_at=9000,unplug_at=20000", 4096);
    uint64_t index = 0;
    uint64_t lost = 0;
    CHECK_EQ_UINT(read_ramp(capture, UINT64_MAX, &index, &lost), 20000 - 57 - 4800);
    CHECK_EQ_UINT(index, 20000);
    CHECK_EQ_UINT(lost, 57 + 4800);
    struct mjs_capture_counters counters = mjs_capture_counters(capture);
    CHECK_EQ_UINT(counters.lost_frames, lost);
    CHECK_EQ_UINT(counters.overruns, 2); // the two xruns are one contiguous loss
    struct mjs_error err = {0};
    CHECK_EQ_INT(mjs_capture_status(capture, &err), MJS_ELOST);
    CHECK_EQ_INT(err.code, MJS_ELOST);
    mjs_capture_stop(capture);
    CHECK_EQ_INT(mjs_capture_status(capture, NULL), MJS_ELOST);
    CHECK_EQ_INT(mjs_capture_start(capture, NULL), MJS_ELOST);
    mjs_capture_free(capture);
}

// More losses than the gap ring holds, each after one frame: the rest waits (unpaced), none is
// lost.
static void test_many_gaps(void) {
    static char device[8192] = "sim:ramp,pace=fast";
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S32_LE, 48000, 1}};
    struct mjs_error err = {0};
    struct mjs_pcm *pcm = NULL;
    size_t length = strlen(device);
    // Short enough for a device's name: the gap ring itself is filled by the paced test below.
    for (int i = 1; i <= 30; i++)
        length += (size_t)snprintf(device + length, sizeof device - length, ",xrun_at=%d:2", i * 3);
    CHECK_EQ_INT(mjs_pcm_open(&pcm, device, &want, &err), MJS_OK);
    struct mjs_capture *capture = NULL;
    CHECK_EQ_INT(mjs_capture_create(&capture, pcm, 16, MJS_ON_LOST_THROW, &err), MJS_OK);
    CHECK_EQ_INT(mjs_capture_start(capture, NULL), MJS_OK);
    uint64_t index = 0;
    uint64_t lost = 0;
    CHECK_EQ_UINT(read_ramp(capture, 100, &index, &lost), 100);
    CHECK_EQ_UINT(lost, 60);
    CHECK_EQ_UINT(mjs_capture_counters(capture).overruns, 30);
    mjs_capture_free(capture);
}

// Until the thread has dropped something. No wall time is asserted: it only ends earlier or later.
static void wait_for_loss(struct mjs_capture *capture, uint64_t more_than) {
    while (mjs_capture_counters(capture).lost_frames <= more_than)
        (void)poll(NULL, 0, 1);
}

static void test_full_ring(void) {
    // 1024 frames: two periods and a bit, then the newest are dropped.
    struct mjs_capture *capture = start_capture("sim:ramp", 1000);
    uint64_t index = 0;
    uint64_t lost = 0;
    uint64_t gaps_lost = 0;
    for (int round = 0; round < 3; round++) {
        wait_for_loss(capture, gaps_lost);
        // Full, and nothing in it is missing.
        CHECK_EQ_UINT(mjs_capture_available(capture), 1024);
        uint64_t before = lost;
        CHECK_EQ_UINT(read_ramp(capture, 1024, &index, &lost), 1024);
        CHECK_EQ_UINT(lost, before);
        // The next frame comes behind the gap; the ramp shows that the gap's length is exact.
        CHECK_EQ_UINT(read_ramp(capture, 1, &index, &lost), 1);
        CHECK(lost > before);
        gaps_lost = lost;
    }
    mjs_capture_stop(capture);
    // All that was lost is told, also what the end of the thread cut short.
    (void)read_ramp(capture, UINT64_MAX, &index, &lost);
    struct mjs_capture_counters counters = mjs_capture_counters(capture);
    CHECK_EQ_UINT(counters.lost_frames, lost);
    CHECK_EQ_UINT(counters.captured_frames + counters.lost_frames, index);
    CHECK_EQ_UINT(counters.high_water_frames, 1024);
    CHECK_EQ_UINT(mjs_capture_gap_frames(capture), 0);
    mjs_capture_free(capture);
}

static void test_loss_at_the_end(void) {
    struct mjs_capture *capture = start_capture("sim:ramp", 512);
    wait_for_loss(capture, 0);
    mjs_capture_stop(capture);
    uint64_t lost_frames = mjs_capture_counters(capture).lost_frames;
    CHECK_EQ_UINT(mjs_capture_gap_frames(capture), lost_frames);
    CHECK_EQ_UINT(mjs_capture_available_before_gap(capture), 512);
    mjs_capture_consume(capture, 512);
    struct mjs_capture_gap gap;
    CHECK(mjs_capture_gap(capture, &gap, false));
    CHECK(mjs_capture_gap(capture, &gap, true));
    CHECK_EQ_UINT(gap.frames, lost_frames);
    CHECK_EQ_UINT(gap.position, 512);
    CHECK(gap.exact && gap.cause == MJS_GAP_OVERRUN && gap.time_ns > 0);
    CHECK(!mjs_capture_gap(capture, &gap, true));
    mjs_capture_free(capture);
}

static void test_waiting(void) {
    struct mjs_capture *capture = start_capture("sim:ramp,pace=fast,stall_at=960:3600000", 4096);
    const void *pcm = NULL;
    CHECK(!mjs_capture_wait(capture, 960, -1, -1));
    CHECK_EQ_UINT(mjs_capture_peek(capture, &pcm), 960);
    CHECK(!mjs_capture_wait(capture, 961, -1, 1)); // the limit
    int cancel_fd = eventfd(1, EFD_CLOEXEC);
    CHECK(mjs_capture_wait(capture, 961, cancel_fd, -1));
    CHECK(!mjs_capture_wait(capture, 960, cancel_fd, -1)); // there already: not cancelled
    struct pollfd event = {.fd = mjs_capture_event_fd(capture), .events = POLLIN};
    mjs_capture_arm(capture, 961);
    CHECK_EQ_INT(poll(&event, 1, 0), 0);
    mjs_capture_arm(capture, 960);
    CHECK_EQ_INT(poll(&event, 1, 0), 1);
    mjs_capture_disarm(capture);
    CHECK_EQ_INT(poll(&event, 1, 0), 0);
    mjs_capture_arm(capture, 961);
    mjs_capture_stop(capture);
    CHECK_EQ_INT(poll(&event, 1, 0), 1); // the stream was stopped
    mjs_capture_disarm(capture);
    CHECK(!mjs_capture_wait(capture, 961, -1, -1)); // nothing can come any more
    (void)close(cancel_fd);
    mjs_capture_free(capture);
}

// Who waits for more than a small ring can hold is woken while there is room for what comes
// meanwhile: at the latest when half of it is full, and not when frames are lost already.
static void test_waiting_leaves_room(void) {
    static const struct {
        const char *device;
        uint64_t buffer_frames;
        uint64_t expected;
    } cases[] = {
        {"sim:ramp,stall_at=480:3600000", 1000, 480},
        {"sim:ramp,stall_at=1920:3600000", 4096, 1920},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mjs_capture *capture = start_capture(cases[i].device, cases[i].buffer_frames);
        struct pollfd event = {.fd = mjs_capture_event_fd(capture), .events = POLLIN};
        mjs_capture_arm(capture, UINT32_MAX);
        CHECK_EQ_INT(poll(&event, 1, 10000), 1);
        CHECK_EQ_UINT(mjs_capture_available(capture), cases[i].expected);
        CHECK_EQ_UINT(mjs_capture_counters(capture).lost_frames, 0);
        mjs_capture_free(capture);
    }
}

// A reader in an event loop: armed for different amounts, it must never be left asleep.
static void test_events(void) {
    struct mjs_capture *capture = start_capture("sim:ramp,pace=fast", 1024);
    uint64_t index = 0;
    uint64_t lost = 0;
    for (uint64_t i = 0; i < 3000; i++) {
        uint64_t frames = 1 + i * 37 % 1024;
        struct pollfd event = {.fd = mjs_capture_event_fd(capture), .events = POLLIN};
        mjs_capture_arm(capture, frames);
        while (mjs_capture_available(capture) < frames) {
            if (!CHECK_EQ_INT(poll(&event, 1, 30000), 1))
                exit(check_report());
            mjs_capture_disarm(capture);
            mjs_capture_arm(capture, frames);
        }
        mjs_capture_disarm(capture);
        CHECK_EQ_UINT(read_ramp(capture, frames, &index, &lost), frames);
    }
    CHECK_EQ_UINT(lost, 0);
    mjs_capture_free(capture);
}

static void test_replace(void) {
    struct mjs_capture *capture = start_capture("sim:ramp,pace=fast,unplug_at=700", 4096);
    uint64_t index = 0;
    uint64_t lost = 0;
    CHECK_EQ_UINT(read_ramp(capture, 500, &index, &lost), 500);
    while (mjs_capture_running(capture))
        (void)mjs_capture_wait(capture, 4096, -1, -1);
    mjs_capture_stop(capture);
    CHECK_EQ_UINT(mjs_capture_available(capture), 200);
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, 48000, 2}};
    struct mjs_pcm *pcm = NULL;
    mjs_capture_close_pcm(capture);
    CHECK_EQ_INT(mjs_capture_start(capture, NULL), MJS_ELOST);
    CHECK_EQ_INT(mjs_pcm_open(&pcm, "sim:ramp,pace=fast", &want, NULL), MJS_OK);
    CHECK_EQ_INT(mjs_capture_replace_pcm(capture, pcm, NULL), MJS_OK);
    struct mjs_capture_counters counters = mjs_capture_counters(capture);
    CHECK_EQ_UINT(counters.captured_frames, 700);
    CHECK_EQ_UINT(counters.consumed_frames, 700);
    CHECK_EQ_INT(mjs_capture_start(capture, NULL), MJS_OK);
    index = 0;
    CHECK_EQ_UINT(read_ramp(capture, 9000, &index, &lost), 9000);
    CHECK_EQ_UINT(mjs_capture_counters(capture).consumed_frames, 9700);
    mjs_capture_free(capture);
    mjs_capture_free(NULL);
}

// How many threads of this process are real-time ones.
static unsigned count_real_time(void) {
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/task");
    if (!CHECK(folder != NULL))
        return 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        long tid = strtol(entry->d_name, NULL, 10);
        if (tid > 0 && sched_getscheduler((pid_t)tid) == SCHED_FIFO)
            count++;
    }
    (void)closedir(folder);
    return count;
}

// The thread of a device with a clock is a real-time one where that is permitted, that of another
// never: it would not sleep.
static void test_priority(void) {
    const struct sched_param lowest = {.sched_priority = 1};
    const struct sched_param none = {.sched_priority = 0};
    const void *frames = NULL;
    bool permitted = pthread_setschedparam(pthread_self(), SCHED_FIFO, &lowest) == 0;
    CHECK_EQ_INT(pthread_setschedparam(pthread_self(), SCHED_OTHER, &none), 0);
    for (int fast = 0; fast < 2; fast++) {
        struct mjs_capture *capture = start_capture(fast ? "sim:ramp,pace=fast" : "sim:ramp", 4096);
        (void)mjs_capture_wait(capture, 1, -1, -1);
        CHECK(mjs_capture_peek(capture, &frames) > 0);
        CHECK_EQ_UINT(count_real_time(), permitted && !fast ? 1 : 0);
        mjs_capture_free(capture);
    }
    CHECK_EQ_UINT(count_real_time(), 0);
}

int main(void) {
    test_unpaced_never_overruns(1);
    test_unpaced_never_overruns(3);
    test_unpaced_never_overruns(1000);
    test_unpaced_never_overruns(65536);
    test_device_losses();
    test_many_gaps();
    test_full_ring();
    test_loss_at_the_end();
    test_waiting();
    test_waiting_leaves_room();
    test_events();
    test_replace();
    test_priority();
    return check_report();
}

// SPDX-License-Identifier: MIT
// The kernel backend against a kernel of our own: what it agrees on, and every fault of a device.
// The real kernel is in the lab.
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include "kernel_fake.h"

#define RATE_HZ 16000
#define PERIOD 160
#define SECOND FAKE_NS_PER_S

// The three ways to the frames: mapped pages, SYNC_PTR, READI.
static const struct {
    bool no_pages;
    bool no_mapping;
} ways[] = {{false, false}, {true, false}, {true, true}};
#define WAYS_COUNT (sizeof ways / sizeof ways[0])

static mjs_result open_wanted(struct mjs_pcm **pcm, size_t way, const struct mjs_pcm_want *want,
                              struct mjs_error *err) {
    const struct mjs_kernel_choice choice = {&fake_sys, ways[way].no_pages, ways[way].no_mapping};
    return mjs_pcm_kernel_open(pcm, 7, 3, &choice, want, err);
}

static struct mjs_pcm *start_card(size_t way) {
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, RATE_HZ, 1}};
    struct mjs_pcm *pcm = NULL;
    struct mjs_error err = {0};
    if (!CHECK_EQ_INT(open_wanted(&pcm, way, &want, &err), MJS_OK)) {
        fprintf(stderr, "%s\n", err.message);
        exit(EXIT_FAILURE);
    }
    CHECK_EQ_INT(fake.maps, ways[way].no_mapping ? 0 : ways[way].no_pages ? 1 : 3);
    CHECK_EQ_UINT(fake.stop_threshold, fake.boundary); // an overrun does not stop it
    CHECK_EQ_UINT(fake.avail_min, PERIOD);
    CHECK_EQ_INT(pcm->ops->start(pcm, &err), MJS_OK);
    return pcm;
}

static void close_card(struct mjs_pcm *pcm) {
    pcm->ops->stop(pcm);
    pcm->ops->close(pcm);
    CHECK_EQ_INT(fake.fds, 0);
    CHECK_EQ_INT(fake.maps, 0);
}

// ---- What read answers ----

static uint8_t out[FAKE_BUFFER_BYTES_MAX];

static void expect_frames(struct mjs_pcm *pcm, size_t max, size_t expected, uint64_t index) {
    struct mjs_pcm_loss loss = {0};
    struct mjs_error err = {0};
    size_t frames = 99;
    CHECK_EQ_INT(pcm->ops->read(pcm, out, max, &frames, &loss, &err), MJS_PCM_FRAMES);
    CHECK_EQ_UINT(frames, expected);
    for (size_t i = 0; i < expected; i++)
        if (!CHECK_EQ_UINT(out[2 * i] | out[2 * i + 1] << 8, (index + i) & 0xFFFF))
            break;
    CHECK_EQ_INT(err.code, MJS_OK);
}

static void expect_loss(struct mjs_pcm *pcm, uint64_t lost, bool exact, enum mjs_gap_cause cause) {
    struct mjs_pcm_loss loss = {0};
    struct mjs_error err = {0};
    size_t frames = 99;
    CHECK_EQ_INT(pcm->ops->read(pcm, out, 100, &frames, &loss, &err), MJS_PCM_LOSS);
    CHECK_EQ_UINT(frames, 0);
    CHECK_EQ_UINT(loss.frames, lost);
    CHECK_EQ_INT(loss.exact, exact);
    CHECK_EQ_INT(loss.cause, cause);
    CHECK_EQ_INT(err.code, MJS_OK);
}

static void expect_gone(struct mjs_pcm *pcm, mjs_result code) {
    struct mjs_pcm_loss loss = {0};
    struct mjs_error err = {0};
    size_t frames = 99;
    CHECK_EQ_INT(pcm->ops->read(pcm, out, 100, &frames, &loss, &err), MJS_PCM_GONE);
    CHECK_EQ_UINT(frames, 0);
    CHECK_EQ_INT(err.code, code);
    CHECK(strstr(err.message, "hw:7,3") != NULL);
}

// ---- Negotiation ----

static void expect_form(const struct mjs_pcm_want *want, enum mjs_format format, uint32_t channels,
                        uint32_t period, uint32_t count) {
    struct mjs_pcm *pcm = NULL;
    struct mjs_error err = {0};
    if (!CHECK_EQ_INT(open_wanted(&pcm, 0, want, &err), MJS_OK)) {
        fprintf(stderr, "%s\n", err.message);
        return;
    }
    CHECK_EQ_INT(pcm->hardware.spec.format, format);
    CHECK_EQ_UINT(pcm->hardware.spec.channels, channels);
    CHECK_EQ_UINT(pcm->hardware.spec.rate_hz, want->spec.rate_hz);
    CHECK_EQ_UINT(pcm->hardware.period_frames, period);
    CHECK_EQ_UINT(pcm->hardware.period_count, count);
    CHECK_EQ_UINT(fake.channels, channels);
    CHECK_EQ_UINT(fake.rate_hz, want->spec.rate_hz);
    CHECK_EQ_UINT(fake.buffer, period * count); // whole periods
    CHECK_EQ_STR(pcm->hardware.device, "hw:7,3");
    CHECK_EQ_STR(pcm->hardware.name, "Fake, Microphone");
    CHECK(pcm->hardware.has_card && pcm->hardware.card == 7 && !pcm->hardware.unpaced);
    close_card(pcm);
}

static void expect_refusal(uint32_t rate_hz, uint32_t channels, mjs_result code,
                           const char *named) {
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, rate_hz, channels}};
    struct mjs_pcm *pcm = NULL;
    struct mjs_error err = {0};
    CHECK_EQ_INT(open_wanted(&pcm, 0, &want, &err), code);
    if (!CHECK(strstr(err.message, named) != NULL))
        fprintf(stderr, "\"%s\" does not say \"%s\"\n", err.message, named);
    CHECK(strchr(err.message, '\n') == NULL);
    CHECK_EQ_INT(fake.fds, 0);
    CHECK_EQ_INT(fake.maps, 0);
}

static void test_forms(void) {
    const uint64_t s16 = UINT64_C(1) << (unsigned)SNDRV_PCM_FORMAT_S16_LE;
    const uint64_t s32 = UINT64_C(1) << (unsigned)SNDRV_PCM_FORMAT_S32_LE;
    const uint64_t s24 = UINT64_C(1) << (unsigned)SNDRV_PCM_FORMAT_S24_3LE;
    const uint64_t unknown = UINT64_C(1) << (unsigned)SNDRV_PCM_FORMAT_S24_LE;
    static const struct {
        enum mjs_format wanted, got;
        uint32_t channels, got_channels;
        int offers; // 0: S16; 1: S16 and S32; 2: S24_3 and S32; 3: S16 and S24_3
    } forms[] = {
        {MJS_FORMAT_S16_LE, MJS_FORMAT_S16_LE, 1, 1, 0},
        {MJS_FORMAT_S16_LE, MJS_FORMAT_S16_LE, 2, 2, 1},
        {MJS_FORMAT_S32_LE, MJS_FORMAT_S32_LE, 2, 2, 1},
        {MJS_FORMAT_S16_LE, MJS_FORMAT_S24_3LE, 1, 1, 2}, // wider keeps all bits
        {MJS_FORMAT_U8, MJS_FORMAT_S16_LE, 1, 1, 3},      // the narrowest that is wide enough
        {MJS_FORMAT_S32_LE, MJS_FORMAT_S24_3LE, 1, 1, 3}, // the widest there is
        {MJS_FORMAT_F32_LE, MJS_FORMAT_S16_LE, 1, 1, 0},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const uint64_t offers[] = {s16, s16 | s32, s24 | s32, s16 | s24};
        const struct mjs_pcm_want want = {.spec = {forms[i].wanted, RATE_HZ, forms[i].channels}};
        fake_reset();
        fake.formats = offers[forms[i].offers] | unknown;
        expect_form(&want, forms[i].got, forms[i].got_channels, PERIOD, RATE_HZ / 2 / PERIOD);
    }
    const struct mjs_pcm_want mono = {.spec = {MJS_FORMAT_S16_LE, RATE_HZ, 1}};
    fake_reset();
    fake.channels_min = 2; // mono is the average
    expect_form(&mono, MJS_FORMAT_S16_LE, 2, PERIOD, 50);
    const struct mjs_pcm_want four = {.spec = {MJS_FORMAT_S16_LE, RATE_HZ, 4}};
    fake_reset();
    expect_form(&four, MJS_FORMAT_S16_LE, 1, PERIOD, 50); // a copy to each
    fake.channels_min = 2;
    expect_refusal(RATE_HZ, 4, MJS_EUNSUPPORTED, "neither 4 channels");
    fake_reset();
    fake.formats = unknown;
    expect_refusal(RATE_HZ, 1, MJS_EUNSUPPORTED, "no format");
}

static void test_periods(void) {
    struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, RATE_HZ, 1}};
    fake_reset();
    fake.buffer_max = 1000; // what the device has, in whole periods
    expect_form(&want, MJS_FORMAT_S16_LE, 1, 160, 6);
    fake_reset();
    fake.period_step = 64; // at most 10 ms
    expect_form(&want, MJS_FORMAT_S16_LE, 1, 128, 62);
    fake_reset();
    fake.period_min = 1024; // none as short
    expect_form(&want, MJS_FORMAT_S16_LE, 1, 1024, 7);
    fake_reset();
    want.period_frames = 320;
    want.period_count = 8;
    expect_form(&want, MJS_FORMAT_S16_LE, 1, 320, 8);
    fake_reset();
    want.spec.rate_hz = 44100;
    want.period_frames = 0;
    want.period_count = 0;
    expect_form(&want, MJS_FORMAT_S16_LE, 1, 441, 37); // of 16384 frames
}

static void test_rates(void) {
    fake_reset();
    fake.rates[0] = 8000;
    fake.rates[1] = 48000;
    expect_refusal(44100, 1, MJS_EUNSUPPORTED, "hw:7,3 cannot run at 44100 Hz; it has 8000 48000");
    fake.rates[1] = 0;
    expect_refusal(44100, 1, MJS_EUNSUPPORTED, "it has 8000");
    fake.rates[0] = 12345;
    expect_refusal(44100, 1, MJS_EUNSUPPORTED, "between 12345 and 12345");
    fake_reset();
    expect_refusal(500, 1, MJS_EUNSUPPORTED, "it has 1000 to 384000");
}

// The kernel promises mapped frames and refuses them: then they are read by READI.
static void test_refused_memory(void) {
    fake_reset();
    fake.maps_pages = false;
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, RATE_HZ, 1}};
    struct mjs_pcm *pcm = NULL;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ_INT(open_wanted(&pcm, 0, &want, NULL), MJS_OK);
        CHECK_EQ_INT(fake.maps, i == 0 ? 1 : 0);
        CHECK_EQ_INT(pcm->ops->start(pcm, NULL), MJS_OK);
        uint64_t index = fake.index;
        fake_run(200);
        expect_frames(pcm, 1000, 200, index);
        expect_frames(pcm, 1000, 0, 0);
        close_card(pcm);
        fake.maps_data = false;
        fake.mapped_access = i == 0;
    }
}

// ---- Frames ----

static void test_steady(size_t way) {
    fake_reset();
    struct mjs_pcm *pcm = start_card(way);
    expect_frames(pcm, 1000, 0, 0);
    uint64_t index = 0;
    // Several times round the buffer, in reads that end anywhere.
    for (unsigned i = 0; i < 200; i++) {
        fake_run(PERIOD + i);
        expect_frames(pcm, 100, 100, index);
        expect_frames(pcm, 1000, PERIOD + i - 100, index + 100);
        index += PERIOD + i;
        pcm->ops->wait(pcm, -1, 1000);
        CHECK_EQ_UINT(fake.polls, i + 1);
        // Before it sleeps the kernel knows what was read; else poll would return at once.
        CHECK_EQ_UINT(fake.told_at_poll, index % fake.boundary);
    }
    close_card(pcm);
}

static void test_wrap(size_t way) {
    fake_reset();
    struct mjs_pcm *pcm = start_card(way);
    pcm->ops->stop(pcm);
    fake.start_at = fake.boundary - 70;
    CHECK_EQ_INT(pcm->ops->start(pcm, NULL), MJS_OK);
    fake_run(100);
    expect_frames(pcm, 60, 60, 0);
    expect_frames(pcm, 1000, 40, 60);
    fake_run(fake.buffer + 5);
    expect_loss(pcm, 5, true, MJS_GAP_DEVICE);
    expect_frames(pcm, 1000, 1000, 105);
    close_card(pcm);
}

static void test_overrun(size_t way) {
    fake_reset();
    struct mjs_pcm *pcm = start_card(way);
    fake_run(PERIOD);
    expect_frames(pcm, 1000, PERIOD, 0);
    fake_run(fake.buffer); // full, but nothing is lost
    expect_frames(pcm, 10, 10, PERIOD);
    fake_run(96 + 10);
    expect_loss(pcm, 96, true, MJS_GAP_DEVICE);
    expect_frames(pcm, fake.buffer, fake.buffer, PERIOD + 10 + 96);
    fake_run(3 * fake.buffer);
    expect_loss(pcm, 2 * fake.buffer, true, MJS_GAP_DEVICE);
    CHECK_EQ_UINT(fake.starts, 1); // it never stopped
    close_card(pcm);
}

// While frames are copied the device comes round: the first of them are lost, the others are not.
static void test_overrun_while_copying(size_t way) {
    for (unsigned again = 0; again < 2; again++) {
        fake_reset();
        struct mjs_pcm *pcm = start_card(way);
        fake.no_rewind = again == 1;
        fake_run(fake.buffer - 10);
        fake.run_at_copy = 40;
        fake.times_asked = 0;
        bool all = ways[way].no_mapping && fake.no_rewind;
        expect_loss(pcm, all ? 100 : 30, true, MJS_GAP_DEVICE);
        expect_frames(pcm, 100, 100, all ? 100 : 30);
        close_card(pcm);
    }
    // The thread was kept from running meanwhile.
    fake_reset();
    struct mjs_pcm *pcm = start_card(way);
    fake_run(PERIOD);
    fake.run_at_copy = fake.buffer;
    fake.times_asked = 0;
    expect_loss(pcm, ways[way].no_mapping ? 100 : PERIOD, true, MJS_GAP_DEVICE);
    if (ways[way].no_mapping)
        expect_loss(pcm, PERIOD - 100, true, MJS_GAP_DEVICE);
    expect_frames(pcm, 100, 100, PERIOD);
    close_card(pcm);
    // Less than that is no loss.
    fake_reset();
    pcm = start_card(way);
    fake_run(fake.buffer - 40);
    fake.run_at_copy = 40;
    fake.times_asked = 0;
    expect_frames(pcm, 100, 100, 0);
    expect_frames(pcm, 100, 100, 100);
    close_card(pcm);
}

// A device whose position lags is a period ahead of what it says.
static void test_batch(size_t way) {
    fake_reset();
    fake.info = SNDRV_PCM_INFO_BATCH;
    struct mjs_pcm *pcm = start_card(way);
    fake_run(fake.buffer);
    expect_loss(pcm, PERIOD, true, MJS_GAP_DEVICE);
    expect_frames(pcm, 100, 100, PERIOD);
    close_card(pcm);
}

// ---- Faults ----

// The driver stops by itself. What it captured before is read where it is mapped.
static void test_driver_stops(size_t way) {
    fake_reset();
    struct mjs_pcm *pcm = start_card(way);
    fake_run(PERIOD);
    expect_frames(pcm, 1000, PERIOD, 0);
    fake_run(50);
    fake_stop(SNDRV_PCM_STATE_XRUN);
    fake_pass(SECOND / 2);
    if (!ways[way].no_mapping)
        expect_frames(pcm, 1000, 50, PERIOD);
    expect_loss(pcm, RATE_HZ / 2 + (ways[way].no_mapping ? 50 : 0), false, MJS_GAP_DEVICE);
    CHECK_EQ_UINT(fake.starts, 2);
    uint64_t index = fake.index;
    fake_run(10);
    expect_frames(pcm, 1000, 10, index);
    // Again and again, and it is given up.
    for (int i = 0; i < 100; i++) {
        fake_stop(SNDRV_PCM_STATE_XRUN);
        expect_loss(pcm, 1, false, MJS_GAP_DEVICE);
    }
    fake_stop(SNDRV_PCM_STATE_XRUN);
    expect_gone(pcm, MJS_ELOST);
    close_card(pcm);
    // It was pulled meanwhile.
    fake_reset();
    pcm = start_card(way);
    fake_stop(SNDRV_PCM_STATE_XRUN);
    fake.start_error = -ENODEV;
    expect_gone(pcm, MJS_ELOST);
    CHECK_EQ_INT(pcm->ops->start(pcm, NULL), MJS_ELOST);
    close_card(pcm);
    // Any other failure is told as it is.
    fake_reset();
    pcm = start_card(way);
    fake.fail_at = fake.calls + 1;
    fake.fail_error = -EIO;
    expect_gone(pcm, MJS_EIO);
    close_card(pcm);
}

static void test_suspend(size_t way) {
    static const struct {
        unsigned again;
        int error;
        unsigned starts;
    } cases[] = {
        {0, 0, 1},       // it goes on at once
        {3, 0, 1},       // it needs a moment
        {0, -ENOSYS, 2}, // it cannot: started anew
        {100000, 0, 2},  // it never does: started anew, after 2 s
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_reset();
        fake.resume_again = cases[i].again;
        fake.resume_error = cases[i].error;
        struct mjs_pcm *pcm = start_card(way);
        fake_run(PERIOD);
        expect_frames(pcm, 1000, PERIOD, 0);
        fake_stop(SNDRV_PCM_STATE_SUSPENDED);
        fake.slept_ns = 10 * SECOND; // which CLOCK_MONOTONIC does not see
        uint64_t began_ns = fake.monotonic_ns;
        struct mjs_pcm_loss loss = {0};
        enum mjs_pcm_read_status status = MJS_PCM_FRAMES;
        unsigned turns = 0;
        for (; status == MJS_PCM_FRAMES && turns < 1000; turns++) {
            size_t frames = 99;
            status = pcm->ops->read(pcm, out, 100, &frames, &loss, NULL);
            CHECK_EQ_UINT(frames, 0);
            if (status == MJS_PCM_FRAMES)
                pcm->ops->wait(pcm, -1, 1000);
        }
        CHECK_EQ_INT(status, MJS_PCM_LOSS);
        CHECK_EQ_INT(loss.cause, MJS_GAP_SUSPEND);
        CHECK(!loss.exact);
        uint64_t waited = (fake.monotonic_ns - began_ns) * RATE_HZ / SECOND;
        CHECK_EQ_UINT(loss.frames, 10 * RATE_HZ + waited);
        CHECK(fake.monotonic_ns - began_ns <= 2 * SECOND + SECOND / 10);
        CHECK_EQ_UINT(fake.starts, cases[i].starts);
        fake_run(10);
        expect_frames(pcm, 1000, 10, PERIOD);
        close_card(pcm);
    }
}

// Reading a clock is a system call on some boards: once a period is enough. All the same a sleep
// that neither the kernel nor the driver tells of is seen, and is no part of a later loss.
static void test_clocks(size_t way) {
    fake_reset();
    struct mjs_pcm *pcm = start_card(way);
    fake_run(PERIOD);
    expect_frames(pcm, 1000, PERIOD, 0);
    unsigned before = fake.clock_reads;
    fake_run(PERIOD);
    expect_frames(pcm, 1000, PERIOD, PERIOD);
    pcm->ops->wait(pcm, -1, 1000);
    CHECK_EQ_UINT(fake.clock_reads - before, 1);
    fake.slept_ns = 3 * SECOND;
    for (unsigned i = 2; i < 4; i++) {
        fake_run(PERIOD);
        expect_frames(pcm, 1000, PERIOD, i * PERIOD);
    }
    fake_stop(SNDRV_PCM_STATE_XRUN);
    fake_pass(SECOND / 2);
    expect_loss(pcm, RATE_HZ / 2, false, MJS_GAP_DEVICE);
    close_card(pcm);
}

// Everything that was captured is read before the loss is told, as far as the device tells.
static void test_unplugged(size_t way) {
    bool pages = !ways[way].no_pages;
    fake_reset();
    struct mjs_pcm *pcm = start_card(way);
    fake_run(100);
    expect_frames(pcm, 30, 30, 0);
    fake_run(20);
    fake_stop(SNDRV_PCM_STATE_DISCONNECTED);
    fake.gone = true;
    fake.revents = POLLERR;
    // The page shows the last 20; SYNC_PTR answers no more, but what it said last is in memory.
    if (!ways[way].no_mapping) {
        expect_frames(pcm, 50, 50, 30);
        expect_frames(pcm, 1000, pages ? 40 : 20, 80);
    }
    expect_gone(pcm, MJS_ELOST);
    expect_gone(pcm, MJS_ELOST);
    // It looks, and sleeps in between.
    struct mjs_pcm_loss loss = {0};
    CHECK(pcm->ops->reopen(pcm, &loss) != MJS_OK);
    CHECK_EQ_INT(fake.fds, 0);
    CHECK_EQ_INT(fake.maps, 0);
    expect_gone(pcm, MJS_ELOST);
    pcm->ops->wait(pcm, -1, 1000);
    fake_pass(3 * SECOND - 20000000); // which that wait took
    // Another device is there: not that one.
    fake.gone = false;
    fake.revents = 0;
    fake.channels_min = 2;
    CHECK_EQ_INT(pcm->ops->reopen(pcm, &loss), MJS_EUNSUPPORTED);
    CHECK_EQ_INT(fake.fds, 0);
    fake.channels_min = 1;
    fake.start_error = -EIO;
    CHECK(pcm->ops->reopen(pcm, &loss) != MJS_OK);
    fake.start_error = 0;
    CHECK_EQ_INT(pcm->ops->reopen(pcm, &loss), MJS_OK);
    CHECK_EQ_INT(loss.cause, MJS_GAP_DEVICE);
    CHECK(!loss.exact);
    // From the last frame that was read on.
    CHECK_EQ_UINT(loss.frames, 3 * RATE_HZ + (pages ? 0 : ways[way].no_mapping ? 90 : 20));
    uint64_t index = fake.index;
    fake_run(10);
    expect_frames(pcm, 1000, 10, index);
    close_card(pcm);
}

// poll says that there is an error which read does not see: the thread must not spin.
static void test_poll_error(void) {
    fake_reset();
    struct mjs_pcm *pcm = start_card(0);
    fake.revents = POLLERR;
    uint64_t began_ns = fake.monotonic_ns;
    pcm->ops->wait(pcm, -1, 1000);
    CHECK_EQ_UINT(fake.monotonic_ns, began_ns);
    pcm->ops->wait(pcm, -1, 1000);
    CHECK(fake.monotonic_ns > began_ns);
    close_card(pcm);
}

// mallinfo2 is newer than the C library that we build for; what is used here fits into an int.
static size_t heap_bytes(void) {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    return (size_t)mallinfo().uordblks;
#pragma clang diagnostic pop
}

// The device vanishes, or one call fails, at each step of opening and starting: one error, and no
// descriptor, mapping or memory is left behind.
static void test_vanishing(size_t way) {
    static const int errors[] = {-ENODEV, -ENOMEM, -EIO};
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, RATE_HZ, 1}};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        unsigned refused = 0;
        bool all = false;
        for (unsigned at = 1; !all && at < 200; at++) {
            struct mjs_pcm *pcm = NULL;
            struct mjs_error err = {0};
            fake_reset();
            fake.fail_at = at;
            fake.fail_error = errors[i];
            size_t before_bytes = heap_bytes();
            mjs_result result = open_wanted(&pcm, way, &want, &err);
            if (result == MJS_OK)
                result = pcm->ops->start(pcm, &err);
            all = fake.calls < at;
            if (result != MJS_OK) {
                refused++;
                CHECK_EQ_INT(err.code, result);
                CHECK(err.message[0] != '\0' && strchr(err.message, '\n') == NULL);
                CHECK(strstr(err.message, "hw:7,3") != NULL);
                if (errors[i] == -ENODEV)
                    CHECK(result == MJS_ENODEV || result == MJS_ELOST);
            }
            if (pcm != NULL)
                pcm->ops->close(pcm);
            CHECK_EQ_INT(fake.fds, 0);
            CHECK_EQ_INT(fake.maps, 0);
            CHECK_EQ_UINT(heap_bytes(), before_bytes);
        }
        CHECK(all && refused > 10);
    }
}

int main(void) {
    test_forms();
    test_periods();
    test_rates();
    test_refused_memory();
    test_poll_error();
    for (size_t way = 0; way < WAYS_COUNT; way++) {
        test_steady(way);
        test_wrap(way);
        test_overrun(way);
        test_overrun_while_copying(way);
        test_batch(way);
        test_driver_stops(way);
        test_suspend(way);
        test_clocks(way);
        test_unplugged(way);
        test_vanishing(way);
    }
    return check_report();
}

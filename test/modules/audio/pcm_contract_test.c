// SPDX-License-Identifier: MIT
// What every capture backend promises (pcm.h), checked on each one that can run here.
#include "../../../modules/audio/pcm.h"

#include <sys/eventfd.h>

#include "alsa_support.h"

#define RATE_HZ 16000
#define CANARY 0xA5

static struct mjs_pcm *open_device(const char *device, uint32_t rate_hz, uint32_t channels) {
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, rate_hz, channels}};
    struct mjs_pcm *pcm = NULL;
    struct mjs_error err = {0};
    if (!CHECK_EQ_INT(mjs_pcm_open(&pcm, device, &want, &err), MJS_OK)) {
        fprintf(stderr, "%s: %s\n", device, err.message);
        exit(EXIT_FAILURE);
    }
    CHECK_EQ_INT(err.code, MJS_OK);
    return pcm;
}

static void check_hardware(const struct mjs_pcm *pcm, const char *device) {
    const struct mjs_pcm_hardware *hardware = &pcm->hardware;
    CHECK(mjs_format_valid((int)hardware->spec.format));
    CHECK_EQ_UINT(hardware->spec.rate_hz, RATE_HZ);
    CHECK(hardware->spec.channels >= 1 && hardware->spec.channels <= MJS_CHANNELS_MAX);
    CHECK(hardware->period_frames > 0 && hardware->period_frames <= RATE_HZ / 100);
    CHECK(hardware->period_count >= 2);
    CHECK_EQ_STR(hardware->device, device);
    CHECK(hardware->name[0] != '\0');
}

// Reads `frames` frames in reads of at most `max`; never more than asked for is written.
static void read_frames(struct mjs_pcm *pcm, size_t frames, size_t max) {
    static uint8_t out[1 << 16];
    size_t frame_bytes = mjs_format_frame_bytes(&pcm->hardware.spec);
    struct mjs_error err = {0};
    size_t done = 0;
    CHECK((max + 1) * frame_bytes <= sizeof out);
    while (done < frames) {
        struct mjs_pcm_loss loss = {0};
        size_t got = SIZE_MAX;
        memset(out, CANARY, sizeof out);
        pcm->ops->wait(pcm, -1, 1000);
        if (!CHECK_EQ_INT(pcm->ops->read(pcm, out, max, &got, &loss, &err), MJS_PCM_FRAMES))
            exit(check_report());
        CHECK(got <= max);
        for (size_t i = 0; i < frame_bytes; i++)
            CHECK_EQ_UINT(out[got * frame_bytes + i], CANARY);
        done += got;
    }
    CHECK_EQ_INT(err.code, MJS_OK); // untouched on success
}

static void check_contract(const char *device, bool unpaced) {
    struct mjs_pcm *pcm = open_device(device, RATE_HZ, 1);
    check_hardware(pcm, device);
    CHECK_EQ_INT(pcm->hardware.unpaced, unpaced);
    // Closed without ever having been started.
    pcm->ops->close(pcm);
    pcm = open_device(device, RATE_HZ, 2);
    for (int run = 0; run < 3; run++) {
        CHECK_EQ_INT(pcm->ops->start(pcm, NULL), MJS_OK);
        read_frames(pcm, 500, 1000);
        read_frames(pcm, 3, 1);
        read_frames(pcm, 100, 33);
        // A wake-up ends every wait; its descriptor is left as it is.
        int wake_fd = eventfd(1, EFD_CLOEXEC);
        pcm->ops->wait(pcm, wake_fd, -1);
        uint64_t count = 0;
        CHECK_EQ_INT(read(wake_fd, &count, sizeof count), (int)sizeof count);
        (void)close(wake_fd);
        pcm->ops->stop(pcm);
    }
    pcm->ops->close(pcm);
    // Two at once, and each its own.
    struct mjs_pcm *first = open_device(device, RATE_HZ, 1);
    struct mjs_pcm *second = open_device(device, RATE_HZ, 1);
    CHECK_EQ_INT(first->ops->start(first, NULL), MJS_OK);
    CHECK_EQ_INT(second->ops->start(second, NULL), MJS_OK);
    read_frames(first, 100, 100);
    read_frames(second, 100, 100);
    first->ops->stop(first);
    second->ops->stop(second);
    first->ops->close(first);
    second->ops->close(second);
}

// Other periods are taken where they can be.
static void check_periods(const char *device) {
    const struct mjs_pcm_want want = {{MJS_FORMAT_S16_LE, RATE_HZ, 1}, 320, 8};
    struct mjs_pcm *pcm = NULL;
    CHECK_EQ_INT(mjs_pcm_open(&pcm, device, &want, NULL), MJS_OK);
    CHECK_EQ_UINT(pcm->hardware.period_frames, 320);
    CHECK_EQ_UINT(pcm->hardware.period_count, 8);
    pcm->ops->close(pcm);
}

int main(void) {
    static const struct {
        const char *device;
        bool unpaced;
    } sims[] = {
        {"sim:tone", false},
        {"sim:tone,pace=fast", true},
        {"sim:ramp", false},
        {"sim:ramp,pace=fast,format=S32_LE,channels=2", true},
    };
    make_alsa_config();
    for (size_t i = 0; i < sizeof sims / sizeof sims[0]; i++) {
        check_contract(sims[i].device, sims[i].unpaced);
        check_periods(sims[i].device);
    }
    if (have_alsa()) {
        check_contract("alsa:ramp", true);
        check_contract("alsa:ramp,pace=fast", true);
        check_periods("alsa:ramp");
    }
    remove_alsa_config();
    return check_report();
}

// SPDX-License-Identifier: MIT
// What every capture backend promises (pcm.h), checked on each one that can run here; or on the
// devices that are named as arguments, which is how the lab checks the kernel's.
#include "../../../modules/audio/pcm.h"

#include <dirent.h>
#include <sys/eventfd.h>

#include "../../../modules/audio/pcm_kernel.h"
#include "alsa_support.h"

#define RATE_HZ 16000
#define CANARY 0xA5

// Of "hw:" devices: how their frames are read. Null: as it comes.
static const struct mjs_kernel_choice *way;

static mjs_result open_wanted(struct mjs_pcm **pcm, const char *device,
                              const struct mjs_pcm_want *want, struct mjs_error *err) {
    unsigned card = 0;
    unsigned number = 0;
    if (way != NULL && sscanf(device, "hw:%3u,%3u", &card, &number) == 2)
        return mjs_pcm_kernel_open(pcm, card, number, way, want, err);
    return mjs_pcm_open(pcm, device, want, err);
}

static struct mjs_pcm *open_device(const char *device, uint32_t rate_hz, uint32_t channels) {
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, rate_hz, channels}};
    struct mjs_pcm *pcm = NULL;
    struct mjs_error err = {0};
    if (!CHECK_EQ_INT(open_wanted(&pcm, device, &want, &err), MJS_OK)) {
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

// Two at once, and each its own; or the second is refused, and the first goes on.
static void check_two(const char *device) {
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, RATE_HZ, 1}};
    struct mjs_pcm *first = open_device(device, RATE_HZ, 1);
    struct mjs_pcm *second = NULL;
    struct mjs_error err = {0};
    mjs_result result = open_wanted(&second, device, &want, &err);
    if (result != MJS_OK) {
        CHECK_EQ_INT(result, MJS_EBUSY);
        CHECK(strstr(err.message, device) != NULL && strchr(err.message, '\n') == NULL);
        CHECK_EQ_INT(first->ops->start(first, NULL), MJS_OK);
        read_frames(first, 100, 100);
        first->ops->stop(first);
        first->ops->close(first);
        return;
    }
    CHECK_EQ_INT(first->ops->start(first, NULL), MJS_OK);
    CHECK_EQ_INT(second->ops->start(second, NULL), MJS_OK);
    read_frames(first, 100, 100);
    read_frames(second, 100, 100);
    first->ops->stop(first);
    second->ops->stop(second);
    first->ops->close(first);
    second->ops->close(second);
}

static size_t count_entries(const char *folder_path) {
    size_t count = 0;
    DIR *folder = opendir(folder_path);
    if (!CHECK(folder != NULL))
        return 0;
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count;
}

// Descriptors and threads of this process.
static size_t count_resources(void) {
    return count_entries("/proc/self/fd") + count_entries("/proc/self/task");
}

// A rate that no device has: refused, and nothing is left open.
static void check_refusal(const char *device) {
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, 383999, 1}};
    struct mjs_pcm *pcm = NULL;
    struct mjs_error err = {0};
    mjs_result result = open_wanted(&pcm, device, &want, &err);
    if (result == MJS_OK) {
        CHECK_EQ_UINT(pcm->hardware.spec.rate_hz, want.spec.rate_hz);
        pcm->ops->close(pcm);
        return;
    }
    CHECK_EQ_INT(result, MJS_EUNSUPPORTED);
    CHECK_EQ_INT(err.code, MJS_EUNSUPPORTED);
    CHECK(strstr(err.message, "383999") != NULL && strchr(err.message, '\n') == NULL);
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
    check_two(device);
}

// Other periods are taken where they can be.
static void check_periods(const char *device) {
    const struct mjs_pcm_want want = {{MJS_FORMAT_S16_LE, RATE_HZ, 1}, 320, 8};
    struct mjs_pcm *pcm = NULL;
    CHECK_EQ_INT(open_wanted(&pcm, device, &want, NULL), MJS_OK);
    CHECK_EQ_UINT(pcm->hardware.period_frames, 320);
    CHECK_EQ_UINT(pcm->hardware.period_count, 8);
    pcm->ops->close(pcm);
}

static void check_device(const char *device, bool unpaced) {
    check_contract(device, unpaced);
    check_periods(device);
    // The first time round libraries may have kept something for themselves.
    check_refusal(device);
    size_t before = count_resources();
    for (int i = 0; i < 10; i++)
        check_refusal(device);
    check_contract(device, unpaced);
    CHECK_EQ_UINT(count_resources(), before);
}

static int check_named(int count, char **devices) {
    static const struct mjs_kernel_choice ways[] = {
        {NULL, false, false}, {NULL, true, false}, {NULL, false, true}};
    for (int i = 0; i < count; i++) {
        bool kernel = strncmp(devices[i], "hw:", 3) == 0;
        for (size_t j = 0; j < (kernel ? sizeof ways / sizeof ways[0] : 1); j++) {
            way = &ways[j];
            check_device(devices[i], strstr(devices[i], "pace=fast") != NULL);
        }
    }
    return check_report();
}

int main(int argc, char **argv) {
    if (argc > 1)
        return check_named(argc - 1, argv + 1);
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
        check_device(sims[i].device, sims[i].unpaced);
    }
    if (have_alsa()) {
        check_device("alsa:ramp", true);
        check_device("alsa:ramp,pace=fast", true);
    }
    remove_alsa_config();
    return check_report();
}

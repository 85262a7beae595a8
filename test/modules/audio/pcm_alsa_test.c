// SPDX-License-Identifier: MIT
// libasound devices, without a sound card: bit-exact from a PCM of type file, and clear refusals.
#include "../../../modules/audio/pcm.h"

#include "../../../modules/audio/recorder.h"
#include "alsa_support.h"

static uint8_t pcm_bytes[1 << 20];

static struct mjs_pcm *open_device(const char *device, enum mjs_format format, uint32_t rate_hz,
                                   uint32_t channels) {
    const struct mjs_pcm_want want = {.spec = {format, rate_hz, channels}};
    struct mjs_pcm *pcm = NULL;
    struct mjs_error err = {0};
    if (!CHECK_EQ_INT(mjs_pcm_open(&pcm, device, &want, &err), MJS_OK)) {
        fprintf(stderr, "%s: %s\n", device, err.message);
        exit(EXIT_FAILURE);
    }
    return pcm;
}

static void expect_error(const char *device, uint32_t rate_hz, mjs_result code, const char *named) {
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, rate_hz, 1}};
    struct mjs_pcm *pcm = NULL;
    struct mjs_error err = {0};
    CHECK_EQ_INT(mjs_pcm_open(&pcm, device, &want, &err), code);
    if (!CHECK(strstr(err.message, named) != NULL))
        fprintf(stderr, "\"%s\" does not say \"%s\"\n", err.message, named);
    CHECK(strchr(err.message, '\n') == NULL);
}

static void test_bad_names(void) {
    expect_error("hw:", 16000, MJS_EINVAL, "hw:0,0");
    expect_error("hw:0", 16000, MJS_EINVAL, "hw:0,0");
    expect_error("hw:0,", 16000, MJS_EINVAL, "hw:0,0");
    expect_error("hw:0,0,0", 16000, MJS_EINVAL, "hw:0,0");
    expect_error("hw:00,0", 16000, MJS_EINVAL, "hw:0,0");
    expect_error("hw:256,0", 16000, MJS_EINVAL, "hw:0,0");
    expect_error("hw:-1,0", 16000, MJS_EINVAL, "hw:0,0");
    expect_error("hw:Loopback,0", 16000, MJS_EINVAL, "hw:0,0");
    expect_error("alsa:", 16000, MJS_EINVAL, "alsa:default");
    expect_error("alsa:,pace=fast", 16000, MJS_EINVAL, "alsa:default");
}

static void test_missing_devices(void) {
    expect_error("alsa:nosuchpcm", 16000, MJS_ENODEV, "nosuchpcm");
    expect_error("hw:31,7", 16000, MJS_ENODEV, "hw:31,7");
}

// The default: where neither alsa:default nor hw:0,0 can be had, both are named, and a way out.
static void test_default(void) {
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, 16000, 1}};
    struct mjs_pcm *pcm = NULL;
    struct mjs_error err = {0};
    if (mjs_pcm_open(&pcm, NULL, &want, &err) == MJS_OK) {
        CHECK(strncmp(pcm->hardware.device, "sim:", 4) != 0); // never a silent simulation
        pcm->ops->close(pcm);
        CHECK_SKIP("this machine has a capture device");
        return;
    }
    CHECK_EQ_INT(err.code, MJS_ENODEV);
    CHECK(strstr(err.message, "alsa:default") != NULL && strstr(err.message, "hw:0,0") != NULL);
    CHECK(strstr(err.message, "--mic sim:tone") != NULL);
    CHECK(strchr(err.message, '\n') == NULL);
}

// Never at another speed than asked for.
static void test_rates(void) {
    expect_error("alsa:plugged", 2000, MJS_EUNSUPPORTED, "cannot run at 2000 Hz");
    expect_error("alsa:plugged", 2000, MJS_EUNSUPPORTED, " 44100 48000");
    struct mjs_pcm *pcm = open_device("alsa:plugged", MJS_FORMAT_S16_LE, 48000, 1);
    CHECK_EQ_UINT(pcm->hardware.spec.rate_hz, 48000);
    pcm->ops->close(pcm);
}

static void test_negotiation(void) {
    struct mjs_pcm *pcm = open_device("alsa:ramp", MJS_FORMAT_S16_LE, 48000, 1);
    CHECK(pcm->hardware.unpaced);
    CHECK_EQ_UINT(pcm->hardware.period_frames, 480); // 10 ms
    CHECK(pcm->hardware.period_count >= 4);
    CHECK_EQ_STR(pcm->hardware.device, "alsa:ramp");
    CHECK(pcm->hardware.name[0] != '\0');
    pcm->ops->close(pcm);
    // A plug-in does not say what stands behind it; the user can.
    pcm = open_device("alsa:plugged", MJS_FORMAT_S16_LE, 16000, 2);
    CHECK(!pcm->hardware.unpaced);
    pcm->ops->close(pcm);
    pcm = open_device("alsa:plugged,pace=fast", MJS_FORMAT_S16_LE, 16000, 2);
    CHECK(pcm->hardware.unpaced);
    pcm->ops->close(pcm);
    // Every format of ours that the PCM takes is taken as it is.
    for (int format = 1; format < MJS_FORMAT_COUNT; format++) {
        pcm = open_device("alsa:ramp", (enum mjs_format)format, 16000, 2);
        CHECK_EQ_INT(pcm->hardware.spec.format, format);
        pcm->ops->close(pcm);
    }
}

// 5 s, which is more than the ring holds: unpaced, so nothing can be lost; then across a stop.
static void test_bit_exact(bool wait) {
    const struct mjs_recorder_options options = {
        .spec = {MJS_FORMAT_S16_LE, 16000, 1},
        .device = "alsa:ramp",
        .buffer_ms = 500,
        .cancel_fd = -1,
    };
    struct mjs_recorder *recorder = NULL;
    struct mjs_error err = {0};
    if (!CHECK_EQ_INT(mjs_recorder_open(&recorder, &options, &err), MJS_OK)) {
        fprintf(stderr, "%s\n", err.message);
        exit(EXIT_FAILURE);
    }
    const uint64_t frames = 80000;
    uint64_t done = 0;
    while (done < frames) {
        uint64_t read = 0;
        uint64_t rest = frames - done < 1777 ? frames - done : 1777;
        CHECK_EQ_INT(mjs_recorder_read(recorder, pcm_bytes + done * 2, rest, wait, &read, &err),
                     MJS_OK);
        done += read;
    }
    CHECK_RAMP(&options.spec, pcm_bytes, frames, 0);
    struct mjs_recorder_stats stats = mjs_recorder_stats(recorder);
    CHECK_EQ_UINT(stats.lost_frames, 0);
    CHECK_EQ_UINT(stats.captured_frames, frames + stats.buffered_frames);
    mjs_recorder_free(recorder);
}

int main(void) {
    make_alsa_config();
    test_bad_names();
    test_default();
    if (have_alsa()) {
        test_missing_devices();
        test_rates();
        test_negotiation();
        test_bit_exact(true);
        test_bit_exact(false);
    }
    remove_alsa_config();
    return check_report();
}

// SPDX-License-Identifier: MIT
// Simulated devices: what they sound like, what they offer, and their faults.
#include "../../../modules/audio/pcm.h"

#include <math.h>
#include <unistd.h>

#include "../../../modules/audio/sim_options.h"
#include "../../../modules/audio/wav.h"
#include "../../support/check.h"
#include "ramp.h"

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

static struct mjs_pcm *start_device(const char *device, enum mjs_format format, uint32_t rate_hz,
                                    uint32_t channels) {
    struct mjs_pcm *pcm = open_device(device, format, rate_hz, channels);
    CHECK_EQ_INT(pcm->ops->start(pcm, NULL), MJS_OK);
    return pcm;
}

static void expect_error(const char *device, mjs_result code, const char *named) {
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, 48000, 1}};
    struct mjs_pcm *pcm = NULL;
    struct mjs_error err = {0};
    CHECK_EQ_INT(mjs_pcm_open(&pcm, device, &want, &err), code);
    if (!CHECK(strstr(err.message, named) != NULL))
        fprintf(stderr, "%s: \"%s\" does not say \"%s\"\n", device, err.message, named);
    CHECK(strchr(err.message, '\n') == NULL);
}

// Reads one answer; `max` frames at most.
static enum mjs_pcm_read_status read_once(struct mjs_pcm *pcm, void *out, size_t max,
                                          size_t *frames, struct mjs_pcm_loss *loss) {
    struct mjs_error err = {0};
    return pcm->ops->read(pcm, out, max, frames, loss, &err);
}

static void expect_frames(struct mjs_pcm *pcm, size_t max, size_t expected, uint64_t index) {
    static uint8_t pcm_bytes[1 << 20];
    struct mjs_pcm_loss loss = {0};
    size_t frames = 0;
    CHECK_EQ_INT(read_once(pcm, pcm_bytes, max, &frames, &loss), MJS_PCM_FRAMES);
    CHECK_EQ_UINT(frames, expected);
    CHECK_RAMP(&pcm->hardware.spec, pcm_bytes, frames, index);
}

static void expect_loss(struct mjs_pcm *pcm, uint64_t lost, bool exact, enum mjs_gap_cause cause) {
    uint8_t frame[MJS_FRAME_BYTES_MAX];
    struct mjs_pcm_loss loss = {0};
    size_t frames = 0;
    CHECK_EQ_INT(read_once(pcm, frame, 1, &frames, &loss), MJS_PCM_LOSS);
    CHECK_EQ_UINT(loss.frames, lost);
    CHECK_EQ_INT(loss.exact, exact);
    CHECK_EQ_INT(loss.cause, cause);
}

static void expect_gone(struct mjs_pcm *pcm) {
    uint8_t frame[MJS_FRAME_BYTES_MAX];
    struct mjs_pcm_loss loss = {0};
    struct mjs_error err = {0};
    size_t frames = 1;
    CHECK_EQ_INT(pcm->ops->read(pcm, frame, 1, &frames, &loss, &err), MJS_PCM_GONE);
    CHECK_EQ_INT(err.code, MJS_ELOST);
    CHECK_EQ_UINT(frames, 0);
}

static void test_bad_names(void) {
    expect_error("sim:noise", MJS_EINVAL, "sim:tone");
    expect_error("sim:", MJS_EINVAL, "sim:tone");
    expect_error("sim:tone,colour=red", MJS_EINVAL, "colour");
    expect_error("sim:ramp,hz=440", MJS_EINVAL, "hz");
    expect_error("sim:tone,hz", MJS_EINVAL, "hz");
    expect_error("sim:tone,", MJS_EINVAL, "key=value");
    expect_error("sim:tone,hz=", MJS_EINVAL, "hz=");
    expect_error("sim:tone,hz=nan", MJS_EINVAL, "nan");
    expect_error("sim:tone,hz=1e99", MJS_EINVAL, "1e99");
    expect_error("sim:tone,hz=440x", MJS_EINVAL, "440x");
    expect_error("sim:tone,hz=30000", MJS_EINVAL, "half the rate");
    expect_error("sim:tone,dbfs=1", MJS_EINVAL, "dbfs=1");
    expect_error("sim:tone,hz=1,hz=2", MJS_EINVAL, "hz is given twice");
    expect_error("sim:ramp,pace=slow", MJS_EINVAL, "real or fast");
    expect_error("sim:ramp,channels=9", MJS_EINVAL, "1 to 8");
    expect_error("sim:ramp,format=S17", MJS_EINVAL, "S17");
    expect_error("sim:ramp,rate=0", MJS_EINVAL, "rate=0");
    expect_error("sim:ramp,rate=16000", MJS_EUNSUPPORTED, "16000");
    expect_error("sim:ramp,seed=-1", MJS_EINVAL, "seed");
    expect_error("sim:ramp,xrun_at=10", MJS_EINVAL, "<frame>:<lost>");
    expect_error("sim:ramp,xrun_at=10:0", MJS_EINVAL, "<frame>:<lost>");
    expect_error("sim:ramp,stall_at=x:1", MJS_EINVAL, "<frame>:<ms>");
    expect_error("sim:ramp,unplug_at=99999999999999999999", MJS_EINVAL, "unplug_at");
    expect_error("sim:ramp,unplug_at=5:", MJS_EINVAL, "<frame>:<ms>");
    expect_error("sim:ramp,unplug_at=5:0", MJS_EINVAL, "<frame>:<ms>");
    expect_error("sim:file", MJS_EINVAL, "path=");
    expect_error("sim:file,path=", MJS_EINVAL, "path");
    expect_error("sim:file,path=/nowhere/x.wav", MJS_ENOENT, "/nowhere/x.wav");
    expect_error("sim:file,path=/dev/null", MJS_EINVAL, "regular");
    expect_error("sim:file,end=never,path=x", MJS_EINVAL, "silence, loop or unplug");
    expect_error("microphone", MJS_EINVAL, "hw:<card>,<device>");
    expect_error("oss:0", MJS_ENODEV, "sim:tone");
}

// Gone, and there again: by its own clock, so at once where it has none.
static void test_comes_back(void) {
    struct mjs_pcm *pcm = start_device("sim:ramp,pace=fast,unplug_at=100:250,unplug_at=2200",
                                       MJS_FORMAT_S16_LE, 8000, 1);
    struct mjs_pcm_loss loss = {0};
    expect_frames(pcm, 1000, 100, 0);
    expect_gone(pcm);
    expect_gone(pcm);
    CHECK_EQ_INT(pcm->ops->reopen(pcm, &loss), MJS_OK);
    CHECK_EQ_UINT(loss.frames, 2000);
    CHECK(!loss.exact);
    CHECK_EQ_INT(loss.cause, MJS_GAP_DEVICE);
    expect_frames(pcm, 1000, 100, 2100);
    expect_gone(pcm);
    CHECK_EQ_INT(pcm->ops->reopen(pcm, &loss), MJS_ENODEV); // for ever
    CHECK_EQ_INT(pcm->ops->start(pcm, NULL), MJS_ELOST);
    pcm->ops->close(pcm);
    // With a clock: not yet.
    pcm = start_device("sim:ramp,unplug_at=0:3600000", MJS_FORMAT_S16_LE, 8000, 1);
    expect_gone(pcm);
    CHECK_EQ_INT(pcm->ops->reopen(pcm, &loss), MJS_ENODEV);
    pcm->ops->close(pcm);
}

static void test_too_many_faults(void) {
    char device[4096] = "ramp";
    size_t length = 4;
    for (int i = 0; i <= MJS_SIM_FAULTS_MAX; i++)
        length += (size_t)snprintf(device + length, sizeof device - length, ",xrun_at=1:1");
    struct mjs_sim_options options;
    struct mjs_error err = {0};
    CHECK_EQ_INT(mjs_sim_options_parse(&options, device, &err), MJS_EINVAL);
    device[length - strlen(",xrun_at=1:1")] = '\0';
    CHECK_EQ_INT(mjs_sim_options_parse(&options, device, &err), MJS_OK);
    CHECK_EQ_UINT(options.faults_count, MJS_SIM_FAULTS_MAX);
}

static void test_ramp_formats(void) {
    for (int format = 1; format < MJS_FORMAT_COUNT; format++) {
        for (uint32_t channels = 1; channels <= 3; channels++) {
            struct mjs_pcm *pcm =
                start_device("sim:ramp,pace=fast", (enum mjs_format)format, 48000, channels);
            CHECK(pcm->hardware.unpaced);
            CHECK_EQ_UINT(pcm->hardware.period_frames, 480);
            expect_frames(pcm, 70000, 70000, 0);
            expect_frames(pcm, 1, 1, 70000);
            pcm->ops->stop(pcm);
            CHECK_EQ_INT(pcm->ops->start(pcm, NULL), MJS_OK);
            expect_frames(pcm, 100, 100, 70001); // the index goes on
            pcm->ops->close(pcm);
        }
    }
}

static void test_offers(void) {
    struct mjs_pcm *pcm =
        open_device("sim:ramp,channels=2,format=S32_LE,rate=16000", MJS_FORMAT_U8, 16000, 1);
    CHECK_EQ_INT(pcm->hardware.spec.format, MJS_FORMAT_S32_LE);
    CHECK_EQ_UINT(pcm->hardware.spec.channels, 2);
    CHECK(!pcm->hardware.unpaced);
    CHECK_EQ_STR(pcm->hardware.device, "sim:ramp,channels=2,format=S32_LE,rate=16000");
    pcm->ops->close(pcm);
}

static void test_faults(void) {
    struct mjs_pcm *pcm = start_device(
        "sim:ramp,pace=fast,unplug_at=20000,xrun_at=1000:50,xrun_at=1050:7,suspend_at=2000",
        MJS_FORMAT_S32_LE, 8000, 1);
    expect_frames(pcm, 5000, 1000, 0);
    expect_loss(pcm, 50, true, MJS_GAP_DEVICE);
    expect_loss(pcm, 7, true, MJS_GAP_DEVICE);
    expect_frames(pcm, 5000, 2000 - 1057, 1057);
    expect_loss(pcm, 800, false, MJS_GAP_SUSPEND);
    expect_frames(pcm, 50000, 20000 - 2800, 2800);
    expect_gone(pcm);
    expect_gone(pcm);
    pcm->ops->stop(pcm);
    CHECK_EQ_INT(pcm->ops->start(pcm, NULL), MJS_ELOST);
    pcm->ops->close(pcm);
    // Opened again it behaves the same from the start.
    pcm = start_device("sim:ramp,pace=fast,unplug_at=3", MJS_FORMAT_S16_LE, 8000, 1);
    expect_frames(pcm, 10, 3, 0);
    expect_gone(pcm);
    pcm->ops->close(pcm);
}

static void test_stall(void) {
    // An hour: only the wake-up can end the wait in time.
    struct mjs_pcm *pcm =
        start_device("sim:ramp,pace=fast,stall_at=960:3600000", MJS_FORMAT_S16_LE, 48000, 1);
    expect_frames(pcm, 5000, 960, 0);
    expect_frames(pcm, 5000, 0, 960);
    int wake[2];
    CHECK_EQ_INT(pipe(wake), 0);
    CHECK_EQ_INT(write(wake[1], "x", 1), 1);
    pcm->ops->wait(pcm, wake[0], -1);
    expect_frames(pcm, 5000, 0, 960);
    pcm->ops->close(pcm);
    // A short one ends by itself, and nothing is lost by it.
    pcm = start_device("sim:ramp,pace=fast,stall_at=960:1", MJS_FORMAT_S16_LE, 48000, 1);
    expect_frames(pcm, 5000, 960, 0);
    expect_frames(pcm, 10, 0, 960);
    char byte;
    CHECK_EQ_INT(read(wake[0], &byte, 1), 1);
    pcm->ops->wait(pcm, wake[0], -1);
    expect_frames(pcm, 40, 40, 960);
    pcm->ops->close(pcm);
    (void)close(wake[0]);
    (void)close(wake[1]);
}

static void test_real_pace(void) {
    struct mjs_pcm *pcm =
        start_device("sim:ramp,xrun_at=100:60,stall_at=700:5", MJS_FORMAT_S16_LE, 48000, 2);
    static uint8_t out[1 << 16];
    uint64_t index = 0;
    bool lost = false;
    // Whole periods, but for the place of the fault.
    while (index < 480 * 3) {
        struct mjs_pcm_loss loss = {0};
        size_t frames = 0;
        pcm->ops->wait(pcm, -1, 1000);
        enum mjs_pcm_read_status status = read_once(pcm, out, sizeof out / 4, &frames, &loss);
        if (status == MJS_PCM_LOSS) {
            CHECK_EQ_UINT(index, 100);
            CHECK_EQ_UINT(loss.frames, 60);
            lost = true;
            index += loss.frames;
            continue;
        }
        CHECK_EQ_INT(status, MJS_PCM_FRAMES);
        CHECK_RAMP(&pcm->hardware.spec, out, frames, index);
        index += frames;
        CHECK(frames == 0 || index == 100 || index == 700 || index % 480 == 0);
    }
    CHECK(lost);
    pcm->ops->close(pcm);
}

static void test_tone(void) {
    // 1000 Hz at 48 kHz: 48 frames a turn; -6.0206 dBFS is half of full scale.
    struct mjs_pcm *pcm =
        start_device("sim:tone,hz=1000,dbfs=-6.0206,pace=fast", MJS_FORMAT_S32_LE, 48000, 1);
    static int32_t whole[48000];
    static int32_t pieces[48000];
    struct mjs_pcm_loss loss = {0};
    size_t frames = 0;
    CHECK_EQ_INT(read_once(pcm, whole, 48000, &frames, &loss), MJS_PCM_FRAMES);
    CHECK_EQ_UINT(frames, 48000);
    double worst = 0;
    for (int i = 0; i < 48000; i++) {
        double expected = 0.5 * 2147483647.0 * sin(6.283185307179586 * i / 48.0);
        double error = fabs((double)whole[i] - expected);
        worst = error > worst ? error : worst;
    }
    // -120 dB below full scale; the level itself is given with five digits.
    CHECK(worst < 2147483647.0 * 1e-6);
    pcm->ops->close(pcm);
    // However reads are cut, each frame is the same.
    pcm = start_device("sim:tone,hz=1000,dbfs=-6.0206,pace=fast", MJS_FORMAT_S32_LE, 48000, 1);
    for (size_t done = 0; done < 48000; done += frames) {
        size_t max = 1 + done % 977;
        max = max < 48000 - done ? max : 48000 - done;
        CHECK_EQ_INT(read_once(pcm, pieces + done, max, &frames, &loss), MJS_PCM_FRAMES);
        CHECK_EQ_UINT(frames, max);
    }
    CHECK_BYTES(pieces, whole, sizeof whole);
    pcm->ops->close(pcm);
    // Another seed begins elsewhere in the turn.
    pcm = start_device("sim:tone,hz=1000,seed=7,pace=fast", MJS_FORMAT_S32_LE, 48000, 1);
    CHECK_EQ_INT(read_once(pcm, pieces, 1, &frames, &loss), MJS_PCM_FRAMES);
    CHECK(pieces[0] != whole[0]);
    pcm->ops->close(pcm);
}

// Writes a WAV file of `frames` ramp frames; returns its device name, with `options`.
static void make_file(char device[256], const struct mjs_spec *spec, uint64_t frames,
                      const char *path, const char *options) {
    uint8_t header[MJS_WAV_HEADER_BYTES_MAX];
    size_t frame_bytes = mjs_format_frame_bytes(spec);
    size_t bytes = mjs_wav_build_header(spec, frames * frame_bytes, header);
    FILE *file = fopen(path, "wb");
    if (!CHECK(file != NULL))
        exit(EXIT_FAILURE);
    CHECK_EQ_UINT(fwrite(header, 1, bytes, file), bytes);
    for (uint64_t i = 0; i < frames; i++) {
        uint8_t frame[MJS_FRAME_BYTES_MAX];
        CHECK_EQ_UINT(fwrite(frame, 1, ramp_frame(spec, i, frame), file), frame_bytes);
    }
    CHECK_EQ_INT(fclose(file), 0);
    snprintf(device, 256, "sim:file,pace=fast,%spath=%s", options, path);
}

static void test_file(void) {
    char folder[] = "/tmp/mjs_sim_XXXXXX";
    CHECK(mkdtemp(folder) != NULL);
    char path[128];
    char device[256];
    snprintf(path, sizeof path, "%s/a,b=c.wav", folder); // commas belong to the path
    static const enum mjs_format stored[] = {MJS_FORMAT_U8, MJS_FORMAT_S16_LE, MJS_FORMAT_S24_3LE,
                                             MJS_FORMAT_S32_LE, MJS_FORMAT_F32_LE};
    for (size_t i = 0; i < sizeof stored / sizeof stored[0]; i++) {
        const struct mjs_spec spec = {stored[i], 16000, 2};
        make_file(device, &spec, 1000, path, "end=unplug,");
        struct mjs_pcm *pcm = start_device(device, MJS_FORMAT_S16_LE, 16000, 2);
        CHECK_EQ_INT(pcm->hardware.spec.format, stored[i]);
        expect_frames(pcm, 400, 400, 0);
        expect_frames(pcm, 4000, 600, 400);
        expect_gone(pcm);
        pcm->ops->close(pcm);
    }
    const struct mjs_spec spec = {MJS_FORMAT_S16_LE, 16000, 1};
    static int16_t out[5000];
    struct mjs_pcm_loss loss = {0};
    size_t frames = 0;
    make_file(device, &spec, 1000, path, "end=loop,");
    struct mjs_pcm *pcm = start_device(device, MJS_FORMAT_S16_LE, 16000, 1);
    CHECK_EQ_INT(read_once(pcm, out, 2500, &frames, &loss), MJS_PCM_FRAMES);
    CHECK_EQ_UINT(frames, 2500);
    for (size_t i = 0; i < frames; i++)
        CHECK_EQ_INT(out[i], (int)(i % 1000));
    pcm->ops->close(pcm);
    make_file(device, &spec, 1000, path, "channels=2,");
    pcm = start_device(device, MJS_FORMAT_S16_LE, 16000, 1);
    CHECK_EQ_UINT(pcm->hardware.spec.channels, 2);
    CHECK_EQ_INT(read_once(pcm, out, 1100, &frames, &loss), MJS_PCM_FRAMES);
    CHECK_EQ_UINT(frames, 1100);
    for (size_t i = 0; i < frames * 2; i++)
        CHECK_EQ_INT(out[i], i / 2 < 1000 ? (int)(i / 2) : 0); // silence behind the end
    pcm->ops->close(pcm);
    // The test asks for 48 kHz: never at a wrong speed.
    expect_error(device, MJS_EUNSUPPORTED, "16000");
    make_file(device, &spec, 0, path, "");
    expect_error(device, MJS_EINVAL, "no frames");
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fputs("RIFF....WAVEdata", file) >= 0 && fclose(file) == 0);
    expect_error(device, MJS_EINVAL, "a,b=c.wav");
    CHECK_EQ_INT(unlink(path), 0);
    CHECK_EQ_INT(rmdir(folder), 0);
}

int main(void) {
    test_bad_names();
    test_comes_back();
    test_too_many_faults();
    test_ramp_formats();
    test_offers();
    test_faults();
    test_stall();
    test_real_pace();
    test_tone();
    test_file();
    return check_report();
}

// SPDX-License-Identifier: MIT
// The libasound backend against a libasound of our own: a strict card, and every fault of a device.
//
// The backend is compiled a second time, under other names, with a table of functions that follow a
// script. libasound's own restricted PCMs need a card (and its type `share` crashes in close).
#define mjs_alsa_lib_get fake_lib_get
#define mjs_alsa_lib_collect fake_lib_collect
#define mjs_pcm_alsa_ops fake_alsa_ops
#include "../../../modules/audio/pcm_alsa.c"

#include "../../support/check.h"

// The card: S16_LE and S24_3LE, 2 and 4 channels, 16000 and 48000 Hz; a period of 160 frames.
static struct {
    int number; // negative: a plug-in without a card
    int open_error;
    int type;
    const long *answers; // of readi: frames, or an error; 0 ends it
    int resume_again;    // so often resume answers -EAGAIN
    int start_error;
    int state;
    int opens;
    int closes;
    int starts;
    int format;
    unsigned channels;
    unsigned rate_hz;
} card;

static const char *fake_strerror(int error) { return strerror(-error); }

static int fake_open(struct mjs_snd_pcm **pcm, const char *name, int stream, int mode) {
    CHECK(name[0] != '\0');
    CHECK_EQ_INT(stream, MJS_SND_STREAM_CAPTURE);
    CHECK_EQ_INT(mode, MJS_SND_NONBLOCK);
    if (card.open_error != 0)
        return card.open_error;
    card.opens++;
    *pcm = (struct mjs_snd_pcm *)&card;
    return 0;
}

static int fake_close(struct mjs_snd_pcm *pcm) {
    CHECK(pcm == (struct mjs_snd_pcm *)&card);
    card.closes++;
    return 0;
}

static int fake_type(struct mjs_snd_pcm *pcm) {
    (void)pcm;
    return card.type;
}

static int fake_state(struct mjs_snd_pcm *pcm) {
    (void)pcm;
    return card.state;
}

static size_t fake_sizeof(void) { return 64; }

static int fake_info(struct mjs_snd_pcm *pcm, struct mjs_snd_info *info) {
    (void)pcm;
    (void)info;
    return 0;
}

static const char *fake_info_name(const struct mjs_snd_info *info) {
    (void)info;
    return "Fake Microphone";
}

static int fake_info_card(const struct mjs_snd_info *info) {
    (void)info;
    return card.number;
}

static int fake_any(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params) {
    (void)pcm;
    return params != NULL ? 0 : -EINVAL;
}

static int fake_access(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params, int access) {
    (void)pcm;
    (void)params;
    return access == MJS_SND_ACCESS_RW_INTERLEAVED ? 0 : -EINVAL;
}

static int fake_test_format(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params, int format) {
    (void)pcm;
    (void)params;
    return format == 2 || format == 32 ? 0 : -EINVAL;
}

static int fake_set_format(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params, int format) {
    card.format = format;
    return fake_test_format(pcm, params, format);
}

static int fake_test_channels(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                              unsigned channels) {
    (void)pcm;
    (void)params;
    return channels == 2 || channels == 4 ? 0 : -EINVAL;
}

static int fake_set_channels(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                             unsigned channels) {
    card.channels = channels;
    return fake_test_channels(pcm, params, channels);
}

static int fake_test_rate(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params, unsigned rate,
                          int direction) {
    (void)pcm;
    (void)params;
    return direction == 0 && (rate == 16000 || rate == 48000) ? 0 : -EINVAL;
}

static int fake_set_rate(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params, unsigned rate,
                         int direction) {
    card.rate_hz = rate;
    return fake_test_rate(pcm, params, rate, direction);
}

static int fake_period(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                       unsigned long *frames, int *direction) {
    (void)pcm;
    (void)params;
    *frames = 160;
    *direction = 0;
    return 0;
}

static int fake_buffer(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                       unsigned long *frames) {
    (void)pcm;
    (void)params;
    *frames = 1600;
    return 0;
}

static int fake_get_period(const struct mjs_snd_hw_params *params, unsigned long *frames,
                           int *direction) {
    (void)params;
    *frames = 160;
    *direction = 0;
    return 0;
}

static int fake_get_buffer(const struct mjs_snd_hw_params *params, unsigned long *frames) {
    (void)params;
    *frames = 1600;
    return 0;
}

static int fake_sw(struct mjs_snd_pcm *pcm, struct mjs_snd_sw_params *params) {
    (void)pcm;
    (void)params;
    return 0;
}

static int fake_avail_min(struct mjs_snd_pcm *pcm, struct mjs_snd_sw_params *params,
                          unsigned long frames) {
    (void)pcm;
    (void)params;
    CHECK_EQ_UINT(frames, 160);
    return 0;
}

static int fake_prepare(struct mjs_snd_pcm *pcm) {
    (void)pcm;
    return 0;
}

static int fake_start(struct mjs_snd_pcm *pcm) {
    (void)pcm;
    card.starts++;
    card.state = MJS_SND_STATE_RUNNING;
    return card.start_error;
}

static int fake_resume(struct mjs_snd_pcm *pcm) {
    (void)pcm;
    return card.resume_again-- > 0 ? -EAGAIN : -ENOSYS;
}

static long fake_avail(struct mjs_snd_pcm *pcm) {
    (void)pcm;
    return 160;
}

static long fake_readi(struct mjs_snd_pcm *pcm, void *frames_out, unsigned long frames) {
    (void)pcm;
    (void)frames_out;
    long answer = *card.answers != 0 ? *card.answers++ : -EAGAIN;
    CHECK(answer < 0 || (unsigned long)answer <= frames);
    return answer;
}

static int fake_fds_count(struct mjs_snd_pcm *pcm) {
    (void)pcm;
    return 0;
}

static int fake_fds(struct mjs_snd_pcm *pcm, struct pollfd *fds, unsigned count) {
    (void)pcm;
    (void)fds;
    return (int)count;
}

static int fake_revents(struct mjs_snd_pcm *pcm, struct pollfd *fds, unsigned count,
                        unsigned short *revents) {
    (void)pcm;
    (void)fds;
    (void)count;
    *revents = 0;
    return 0;
}

static const struct mjs_alsa_lib fake_lib = {
    .strerror = fake_strerror,
    .pcm_open = fake_open,
    .pcm_close = fake_close,
    .pcm_type = fake_type,
    .pcm_state = fake_state,
    .info_sizeof = fake_sizeof,
    .pcm_info = fake_info,
    .info_get_name = fake_info_name,
    .info_get_card = fake_info_card,
    .hw_params_sizeof = fake_sizeof,
    .hw_params_any = fake_any,
    .hw_params_set_access = fake_access,
    .hw_params_test_format = fake_test_format,
    .hw_params_set_format = fake_set_format,
    .hw_params_test_channels = fake_test_channels,
    .hw_params_set_channels = fake_set_channels,
    .hw_params_test_rate = fake_test_rate,
    .hw_params_set_rate = fake_set_rate,
    .hw_params_set_period_size_near = fake_period,
    .hw_params_set_buffer_size_near = fake_buffer,
    .hw_params = fake_any,
    .hw_params_get_period_size = fake_get_period,
    .hw_params_get_buffer_size = fake_get_buffer,
    .sw_params_sizeof = fake_sizeof,
    .sw_params_current = fake_sw,
    .sw_params_set_avail_min = fake_avail_min,
    .sw_params = fake_sw,
    .pcm_prepare = fake_prepare,
    .pcm_start = fake_start,
    .pcm_drop = fake_prepare,
    .pcm_resume = fake_resume,
    .pcm_avail = fake_avail,
    .pcm_readi = fake_readi,
    .poll_descriptors_count = fake_fds_count,
    .poll_descriptors = fake_fds,
    .poll_descriptors_revents = fake_revents,
};

const struct mjs_alsa_lib *mjs_alsa_lib_get(struct mjs_error *err) {
    (void)err;
    return &fake_lib;
}

void mjs_alsa_lib_collect(char text[MJS_ALSA_MESSAGE_BYTES]) {
    if (text != NULL)
        text[0] = '\0';
}

static struct mjs_pcm *open_card(const long *answers) {
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, 16000, 2}};
    struct mjs_pcm *pcm = NULL;
    memset(&card, 0, sizeof card);
    card.answers = answers;
    CHECK_EQ_INT(fake_alsa_ops.open(&pcm, "card", &want, NULL), MJS_OK);
    CHECK_EQ_INT(pcm->ops->start(pcm, NULL), MJS_OK);
    return pcm;
}

static void expect_open(enum mjs_format wanted, uint32_t wanted_channels, enum mjs_format format,
                        uint32_t channels) {
    const struct mjs_pcm_want want = {.spec = {wanted, 48000, wanted_channels}};
    struct mjs_pcm *pcm = NULL;
    memset(&card, 0, sizeof card);
    const int number = wanted_channels == 1 ? -1 : 3;
    card.number = number;
    CHECK_EQ_INT(fake_alsa_ops.open(&pcm, "card", &want, NULL), MJS_OK);
    CHECK_EQ_INT(pcm->hardware.spec.format, format);
    CHECK_EQ_UINT(pcm->hardware.spec.channels, channels);
    CHECK_EQ_UINT(card.channels, channels);
    CHECK_EQ_INT(card.format, format == MJS_FORMAT_S16_LE ? 2 : 32);
    CHECK_EQ_UINT(card.rate_hz, 48000);
    CHECK_EQ_UINT(pcm->hardware.period_count, 10);
    CHECK_EQ_STR(pcm->hardware.device, "alsa:card");
    CHECK_EQ_STR(pcm->hardware.name, "Fake Microphone");
    CHECK(pcm->hardware.has_card == (number >= 0));
    CHECK_EQ_UINT(pcm->hardware.card, number >= 0 ? number : 0);
    pcm->ops->close(pcm);
    CHECK_EQ_INT(card.closes, 1);
}

static void expect_refusal(int open_error, uint32_t rate_hz, uint32_t channels, mjs_result code,
                           const char *named) {
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, rate_hz, channels}};
    struct mjs_pcm *pcm = NULL;
    struct mjs_error err = {0};
    memset(&card, 0, sizeof card);
    card.open_error = open_error;
    CHECK_EQ_INT(fake_alsa_ops.open(&pcm, "card", &want, &err), code);
    CHECK_EQ_INT(card.closes, card.opens); // nothing is left open
    if (!CHECK(strstr(err.message, named) != NULL))
        fprintf(stderr, "\"%s\" does not say \"%s\"\n", err.message, named);
}

static void test_negotiation(void) {
    expect_open(MJS_FORMAT_S16_LE, 2, MJS_FORMAT_S16_LE, 2);
    expect_open(MJS_FORMAT_U8, 2, MJS_FORMAT_S16_LE, 2);      // the narrowest that is wide enough
    expect_open(MJS_FORMAT_S32_LE, 4, MJS_FORMAT_S24_3LE, 4); // the widest there is
    expect_open(MJS_FORMAT_S16_BE, 1, MJS_FORMAT_S16_LE, 2);  // mono is the average
    expect_refusal(0, 16000, 3, MJS_EUNSUPPORTED, "3 channels");
    expect_refusal(0, 44100, 2, MJS_EUNSUPPORTED, "it has 16000 48000");
    expect_refusal(-ENOENT, 16000, 2, MJS_ENODEV, "alsa:card");
    expect_refusal(-EHOSTDOWN, 16000, 2, MJS_ENODEV, "alsa:card");
    expect_refusal(-EBUSY, 16000, 2, MJS_EBUSY, "alsa:card");
    expect_refusal(-EACCES, 16000, 2, MJS_EACCES, "alsa:card");
}

static enum mjs_pcm_read_status read_card(struct mjs_pcm *pcm, size_t *frames,
                                          struct mjs_pcm_loss *loss, struct mjs_error *err) {
    static uint8_t out[1600 * 4];
    return pcm->ops->read(pcm, out, 1600, frames, loss, err);
}

static void expect_frames(struct mjs_pcm *pcm, size_t expected) {
    struct mjs_pcm_loss loss = {0};
    size_t frames = 99;
    CHECK_EQ_INT(read_card(pcm, &frames, &loss, NULL), MJS_PCM_FRAMES);
    CHECK_EQ_UINT(frames, expected);
}

static void expect_loss(struct mjs_pcm *pcm, enum mjs_gap_cause cause) {
    struct mjs_pcm_loss loss = {0};
    struct mjs_error err = {0};
    size_t frames = 99;
    CHECK_EQ_INT(read_card(pcm, &frames, &loss, &err), MJS_PCM_LOSS);
    CHECK_EQ_UINT(frames, 0);
    CHECK(loss.frames > 0 && !loss.exact);
    CHECK_EQ_INT(loss.cause, cause);
    CHECK_EQ_INT(err.code, MJS_OK);
}

static void expect_gone(struct mjs_pcm *pcm, mjs_result code) {
    struct mjs_pcm_loss loss = {0};
    struct mjs_error err = {0};
    size_t frames = 99;
    CHECK_EQ_INT(read_card(pcm, &frames, &loss, &err), MJS_PCM_GONE);
    CHECK_EQ_UINT(frames, 0);
    CHECK_EQ_INT(err.code, code);
    CHECK(strstr(err.message, "alsa:card") != NULL);
}

static void test_faults(void) {
    static const long overrun[] = {160, -EPIPE, 160, -EAGAIN, 20, -EIO, 0};
    struct mjs_pcm *pcm = open_card(overrun);
    expect_frames(pcm, 160);
    expect_loss(pcm, MJS_GAP_DEVICE);
    CHECK_EQ_INT(card.starts, 2);
    expect_frames(pcm, 160);
    expect_frames(pcm, 0);
    expect_frames(pcm, 20);
    expect_gone(pcm, MJS_EIO);
    pcm->ops->close(pcm);

    // The system slept; the device needs a moment, then cannot resume and is started anew.
    static const long sleep[] = {160, -ESTRPIPE, 160, -ENODEV, 0};
    pcm = open_card(sleep);
    card.resume_again = 2;
    expect_frames(pcm, 160);
    expect_frames(pcm, 0);
    pcm->ops->wait(pcm, -1, 0);
    expect_frames(pcm, 0);
    expect_loss(pcm, MJS_GAP_SUSPEND);
    CHECK_EQ_INT(card.starts, 2);
    expect_frames(pcm, 160);
    expect_gone(pcm, MJS_ELOST);
    pcm->ops->close(pcm);

    // Pulled while it overran.
    static const long pulled[] = {160, -EPIPE, 0};
    pcm = open_card(pulled);
    expect_frames(pcm, 160);
    card.start_error = -ENODEV;
    expect_gone(pcm, MJS_ELOST);
    CHECK_EQ_INT(pcm->ops->start(pcm, NULL), MJS_ELOST);
    pcm->ops->close(pcm);
}

// A sound server that ends shows as EIO of its plug-in: the device is gone.
static void test_server_gone(void) {
    static const long answers[] = {160, -EIO, 0};
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, 16000, 2}};
    struct mjs_pcm *pcm = NULL;
    struct mjs_pcm_loss loss = {0};
    struct mjs_error err = {0};
    size_t frames = 0;
    memset(&card, 0, sizeof card);
    card.answers = answers;
    card.type = 15; // ioplug
    CHECK_EQ_INT(fake_alsa_ops.open(&pcm, "pulse", &want, NULL), MJS_OK);
    CHECK_EQ_INT(pcm->ops->start(pcm, NULL), MJS_OK);
    expect_frames(pcm, 160);
    CHECK_EQ_INT(read_card(pcm, &frames, &loss, &err), MJS_PCM_GONE);
    CHECK_EQ_INT(err.code, MJS_ELOST);
    pcm->ops->close(pcm);
}

// A device that overruns again and again without a frame in between is given up.
static void test_hopeless(void) {
    static long answers[RECOVERIES_MAX + 3];
    for (size_t i = 0; i < RECOVERIES_MAX + 2; i++)
        answers[i] = -EPIPE;
    struct mjs_pcm *pcm = open_card(answers);
    for (int i = 0; i < RECOVERIES_MAX; i++)
        expect_loss(pcm, MJS_GAP_DEVICE);
    expect_gone(pcm, MJS_ELOST);
    pcm->ops->close(pcm);
}

int main(void) {
    test_negotiation();
    test_faults();
    test_server_gone();
    test_hopeless();
    return check_report();
}

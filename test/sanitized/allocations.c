// SPDX-License-Identifier: MIT
// Each allocation fails once in what a script on this machine does not reach: the kernel's cards
// and mixers (simulated ones), a board's settings, keys, a recorder under the engine.
#include <unistd.h>

#include "../../modules/audio/board_config.h"
#include "../../modules/audio/devices.h"
#include "../../modules/audio/mixer.h"
#include "../../modules/audio/pcm_kernel.h"
#include "../../modules/audio/recorder.h"
#include "../../modules/key/keys.h"
// They are of the tests that own them, and allocate nothing.
#include "../modules/audio/kernel_fake.h"
#include "../modules/audio/mixer_card.h"

#define FAILURES_MAX 1000

static mjs_result open_kernel_card(struct mjs_error *err) {
    const struct mjs_kernel_choice choice = {&fake_sys, false, false};
    const struct mjs_pcm_want want = {.spec = {MJS_FORMAT_S16_LE, 16000, 1}};
    struct mjs_pcm *pcm = NULL;
    fake_reset();
    mjs_result result = mjs_pcm_kernel_open(&pcm, 7, 3, &choice, &want, err);
    if (result == MJS_OK)
        pcm->ops->close(pcm);
    CHECK_EQ_INT(fake.fds, 0);
    CHECK_EQ_INT(fake.maps, 0);
    return result;
}

static mjs_result open_kernel_mixer(struct mjs_error *err) {
    struct mjs_mixer *mixer = NULL;
    CARD_SET_UP(card_maixcam2);
    const struct mjs_board_card *board = mjs_board_find_card("AxeraAudio", "Axera Audio");
    mjs_result result = mjs_mixer_open_device(&mixer, &card_device, board, 100, err);
    if (result == MJS_OK)
        mixer->ops->close(mixer);
    CHECK_EQ_UINT(card.closes, result == MJS_OK ? 1 : 0); // taken over on success only
    return result;
}

static mjs_result set_board_config(struct mjs_error *err) {
    struct mjs_board_paths paths = *mjs_board_paths(NULL);
    paths.configs = "configs";
    return mjs_board_config_set(&paths, "maix_audio_input_volume", "70", err);
}

static mjs_result open_keys(struct mjs_error *err) {
    const struct mjs_keys_options options = {.device = "/dev/null", .no_terminal = true};
    struct mjs_keys *keys = NULL;
    mjs_result result = mjs_keys_open(&keys, &options, err);
    if (result == MJS_OK)
        mjs_keys_close(keys);
    // Without a failure it says that this is no device of keys.
    return result == MJS_ENOMEM ? result : MJS_OK;
}

static const struct {
    const char *name;
    mjs_result (*run)(struct mjs_error *err);
} scenarios[] = {
    {"kernel card", open_kernel_card},
    {"kernel mixer", open_kernel_mixer},
    {"board settings", set_board_config},
    {"keys", open_keys},
};

int main(void) {
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        unsigned failures = 0;
        for (bool failed = true; failed && failures < FAILURES_MAX; failures += failed) {
            struct mjs_error err = {0};
            fail_begin(failures + 1);
            mjs_result result = scenarios[i].run(&err);
            failed = fail_happened();
            if (failed)
                CHECK(result == MJS_OK || (result == MJS_ENOMEM && err.message[0] != '\0'));
            else
                CHECK_EQ_INT(result, MJS_OK);
        }
        printf("%s: %u allocations\n", scenarios[i].name, failures);
        CHECK(failures > 0 && failures < FAILURES_MAX);
    }
    (void)unlink("configs");
    return check_report();
}

// SPDX-License-Identifier: MIT
// Names of devices: the options of simulated ones, and opening what they name. Names for libasound
// are not opened: those could name files to write.
#include <string.h>

#include "../../modules/audio/pcm.h"
#include "../../modules/audio/sim_options.h"
#include "fuzz.h"

static void check_options(const char *text) {
    struct mjs_sim_options options;
    struct mjs_error err = {0};
    mjs_result result = mjs_sim_options_parse(&options, text, &err);
    if (result != MJS_OK) {
        FUZZ_CHECK(result == MJS_EINVAL && err.message[0] != '\0');
        return;
    }
    FUZZ_CHECK(options.faults_count <= MJS_SIM_FAULTS_MAX);
    for (size_t i = 0; i < options.faults_count; i++) {
        FUZZ_CHECK(options.faults[i].frame <= MJS_SIM_FRAME_MAX);
        FUZZ_CHECK(i == 0 || options.faults[i].frame >= options.faults[i - 1].frame);
    }
    FUZZ_CHECK(memchr(options.file_path, '\0', sizeof options.file_path) != NULL);
}

static void open_device(const char *name) {
    struct mjs_pcm *pcm = NULL;
    struct mjs_error err = {0};
    struct mjs_pcm_want want = {
        .spec = {.rate_hz = 16000, .channels = 1, .format = MJS_FORMAT_S16_LE}};
    mjs_result result = mjs_pcm_open(&pcm, name, &want, &err);
    if (result != MJS_OK) {
        FUZZ_CHECK(pcm == NULL && err.message[0] != '\0');
        return;
    }
    FUZZ_CHECK(pcm->hardware.period_frames > 0 && pcm->hardware.spec.rate_hz == 16000);
    pcm->ops->close(pcm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    char *text = malloc(bytes + 1);
    FUZZ_CHECK(text != NULL);
    if (bytes > 0)
        (void)memcpy(text, data, bytes);
    text[bytes] = '\0';
    check_options(strncmp(text, "sim:", 4) == 0 ? text + 4 : text);
    if (strncmp(text, "alsa:", 5) != 0 && strstr(text, "path=") == NULL)
        open_device(text);
    free(text);
    return 0;
}

// SPDX-License-Identifier: MIT
// libasound without a sound card: PCMs of type file, which give the bytes of a file, at once.
#ifndef MJS_TEST_ALSA_SUPPORT_H
#define MJS_TEST_ALSA_SUPPORT_H

#include <stdlib.h>
#include <unistd.h>

#include "../../../modules/audio/alsa_lib.h"
#include "../../support/check.h"
#include "ramp.h"

#define ALSA_RAMP_FRAMES 400000

static char alsa_folder[] = "/tmp/mjs_alsa_XXXXXX";

// False: it is not installed here; in CI that is a failure.
__attribute__((unused)) static bool have_alsa(void) {
    struct mjs_error err = {0};
    if (mjs_alsa_lib_get(&err) != NULL)
        return true;
    CHECK_EQ_INT(err.code, MJS_EUNSUPPORTED);
    CHECK(strstr(err.message, "libasound2") != NULL && strstr(err.message, "sim:tone") != NULL);
    const char *ci = getenv("CI");
    CHECK(ci == NULL || strcmp(ci, "true") != 0);
    CHECK_SKIP("libasound is not installed (apt install libasound2)");
    return false;
}

// Makes these PCMs, before libasound is first used:
// - ramp: the low 16 bits of the frame index, mono; takes any parameters
// - plugged: the same behind plug, which converts and resamples; it has no rate below 4000 Hz
__attribute__((unused)) static void make_alsa_config(void) {
    char path[128];
    if (!CHECK(mkdtemp(alsa_folder) != NULL))
        exit(EXIT_FAILURE);
    snprintf(path, sizeof path, "%s/ramp.raw", alsa_folder);
    FILE *file = fopen(path, "wb");
    if (!CHECK(file != NULL))
        exit(EXIT_FAILURE);
    const struct mjs_spec spec = {MJS_FORMAT_S16_LE, 16000, 1};
    for (uint64_t frame = 0; frame < ALSA_RAMP_FRAMES; frame++) {
        uint8_t bytes[MJS_FRAME_BYTES_MAX];
        size_t count = ramp_frame(&spec, frame, bytes);
        CHECK_EQ_UINT(fwrite(bytes, 1, count, file), count);
    }
    CHECK_EQ_INT(fclose(file), 0);
    snprintf(path, sizeof path, "%s/asound.conf", alsa_folder);
    file = fopen(path, "w");
    if (!CHECK(file != NULL))
        exit(EXIT_FAILURE);
    CHECK(fprintf(file,
                  "</usr/share/alsa/alsa.conf>\n"
                  "pcm.ramp { type file slave.pcm { type null } file /dev/null\n"
                  "  infile \"%s/ramp.raw\" format raw }\n"
                  "pcm.plugged { type plug slave { pcm ramp rate 16000 format S16_LE } }\n",
                  alsa_folder) > 0);
    CHECK_EQ_INT(fclose(file), 0);
    CHECK_EQ_INT(setenv("ALSA_CONFIG_PATH", path, 1), 0);
}

__attribute__((unused)) static void remove_alsa_config(void) {
    static const char *const names[] = {"ramp.raw", "asound.conf"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", alsa_folder, names[i]);
        CHECK_EQ_INT(unlink(path), 0);
    }
    CHECK_EQ_INT(rmdir(alsa_folder), 0);
}

#endif

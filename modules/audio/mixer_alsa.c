// SPDX-License-Identifier: MIT
// libasound's simple mixer: sound servers and plug-ins have one, too.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mixer.h"

#define ELEMENTS_MAX 1024 // libasound's list ends by itself; this bounds a broken one

struct alsa_mixer {
    struct mjs_mixer mixer;
    const struct mjs_alsa_lib *lib;
    struct mjs_snd_mixer *handle;
    struct mjs_snd_mixer_elem *element; // its memory is the handle's
    long min;
    long max;
};

static mjs_result fail_call(const struct alsa_mixer *alsa, int error, const char *what,
                            struct mjs_error *err) {
    return mjs_result_fail(err, error == -ENODEV ? MJS_ELOST : mjs_result_from_errno(-error),
                           "mixer: cannot use %s: %.100s", what, alsa->lib->strerror(error));
}

static mjs_result get_volume(struct mjs_mixer *mixer, int *volume, struct mjs_error *err) {
    struct alsa_mixer *alsa = (struct alsa_mixer *)mixer;
    double sum = 0;
    int count = 0;
    for (int channel = 0; channel < MJS_SND_MIXER_CHANNELS; channel++) {
        if (!alsa->lib->mixer_has_channel(alsa->element, channel))
            continue;
        long value = 0;
        int error = alsa->lib->mixer_get_volume(alsa->element, channel, &value);
        if (error < 0)
            return fail_call(alsa, error, mixer->volume, err);
        sum += mjs_mixer_to_volume(value, alsa->min, alsa->max, false, 100);
        count++;
    }
    *volume = count > 0 ? (int)(sum / count + 0.5) : 0;
    return MJS_OK;
}

static mjs_result set_volume(struct mjs_mixer *mixer, int volume, struct mjs_error *err) {
    struct alsa_mixer *alsa = (struct alsa_mixer *)mixer;
    long value = mjs_mixer_from_volume(volume, alsa->min, alsa->max, false, 100);
    int error = alsa->lib->mixer_set_volume_all(alsa->element, value);
    return error < 0 ? fail_call(alsa, error, mixer->volume, err) : MJS_OK;
}

static mjs_result get_mute(struct mjs_mixer *mixer, bool *muted, struct mjs_error *err) {
    struct alsa_mixer *alsa = (struct alsa_mixer *)mixer;
    *muted = true;
    for (int channel = 0; channel < MJS_SND_MIXER_CHANNELS; channel++) {
        if (!alsa->lib->mixer_has_channel(alsa->element, channel))
            continue;
        int on = 0;
        int error = alsa->lib->mixer_get_switch(alsa->element, channel, &on);
        if (error < 0)
            return fail_call(alsa, error, mixer->mute, err);
        *muted = *muted && on == 0;
    }
    return MJS_OK;
}

static mjs_result set_mute(struct mjs_mixer *mixer, bool muted, struct mjs_error *err) {
    struct alsa_mixer *alsa = (struct alsa_mixer *)mixer;
    int error = alsa->lib->mixer_set_switch_all(alsa->element, muted ? 0 : 1);
    return error < 0 ? fail_call(alsa, error, mixer->mute, err) : MJS_OK;
}

static void close_mixer(struct mjs_mixer *mixer) {
    struct alsa_mixer *alsa = (struct alsa_mixer *)mixer;
    (void)alsa->lib->mixer_close(alsa->handle);
    free(alsa);
}

// How well an element fits: the usual name of "the microphone that is chosen", then any other that
// has a volume, then one that can only be muted. 0: not at all.
static int rank(const struct alsa_mixer *alsa, struct mjs_snd_mixer_elem *element) {
    bool volume = alsa->lib->mixer_has_volume(element) != 0;
    bool on_off = alsa->lib->mixer_has_switch(element) != 0;
    const char *name = alsa->lib->mixer_name(element);
    if (!alsa->lib->mixer_is_active(element) || (!volume && !on_off) || name == NULL)
        return 0;
    return !volume ? 1 : strcmp(name, "Capture") == 0 ? 4 : strncmp(name, "Mic", 3) == 0 ? 3 : 2;
}

static void choose(struct alsa_mixer *alsa) {
    int best = 0;
    int seen = 0;
    for (struct mjs_snd_mixer_elem *at = alsa->lib->mixer_first(alsa->handle);
         at != NULL && seen < ELEMENTS_MAX; at = alsa->lib->mixer_next(at), seen++) {
        int fits = rank(alsa, at);
        if (fits > best) {
            best = fits;
            alsa->element = at;
        }
    }
    if (best == 0)
        return;
    const char *name = alsa->lib->mixer_name(alsa->element);
    if (alsa->lib->mixer_has_volume(alsa->element) &&
        alsa->lib->mixer_get_range(alsa->element, &alsa->min, &alsa->max) >= 0 &&
        alsa->max > alsa->min)
        (void)snprintf(alsa->mixer.volume, sizeof alsa->mixer.volume, "%.47s", name);
    if (alsa->lib->mixer_has_switch(alsa->element))
        (void)snprintf(alsa->mixer.mute, sizeof alsa->mixer.mute, "%.47s", name);
}

mjs_result mjs_mixer_open_alsa(struct mjs_mixer **mixer_out, const struct mjs_alsa_lib *lib,
                               const char *name, struct mjs_error *err) {
    static const struct mjs_mixer_ops ops = {get_volume, set_volume, get_mute, set_mute,
                                             close_mixer};
    struct alsa_mixer *alsa = calloc(1, sizeof *alsa);
    if (alsa == NULL)
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a mixer");
    alsa->mixer.ops = &ops;
    alsa->lib = lib;
    char message[MJS_ALSA_MESSAGE_BYTES];
    mjs_alsa_lib_collect(message);
    int error = lib->mixer_open(&alsa->handle, 0);
    bool opened = error >= 0;
    if (error >= 0)
        error = lib->mixer_attach(alsa->handle, name);
    if (error >= 0)
        error = lib->mixer_register(alsa->handle, NULL, NULL);
    if (error >= 0)
        error = lib->mixer_load(alsa->handle);
    mjs_alsa_lib_collect(NULL);
    if (error < 0) {
        if (opened)
            (void)lib->mixer_close(alsa->handle);
        free(alsa);
        return mjs_result_fail(err, MJS_EUNSUPPORTED, "no mixer \"%.100s\": %.150s", name,
                               message[0] != '\0' ? message : lib->strerror(error));
    }
    choose(alsa);
    *mixer_out = &alsa->mixer;
    return MJS_OK;
}

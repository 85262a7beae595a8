// SPDX-License-Identifier: MIT
// What volume() and mute() of one recorder act on.
#include "mixer_volume.h"

#include <stdio.h>
#include <string.h>

#include "board_config.h"

static mjs_result open_mixer(const struct mjs_mixer_volume *volume, struct mjs_mixer **mixer,
                             struct mjs_error *err) {
    if (volume->is_kernel)
        return mjs_mixer_open_kernel(mixer, volume->paths, volume->card, err);
    const struct mjs_alsa_lib *lib = mjs_alsa_lib_get(err);
    return lib != NULL ? mjs_mixer_open_alsa(mixer, lib, volume->alsa_name, err) : MJS_EUNSUPPORTED;
}

static bool has_scheme(const struct mjs_pcm_hardware *hardware, const char *scheme) {
    return strncmp(hardware->device, scheme, strlen(scheme)) == 0;
}

// Which mixer belongs to the device; nothing is opened yet.
static mjs_result find_mixer(struct mjs_mixer_volume *volume,
                             const struct mjs_pcm_hardware *hardware, struct mjs_error *err) {
    bool is_alsa = has_scheme(hardware, "alsa:");
    volume->is_kernel = has_scheme(hardware, "hw:") && hardware->has_card;
    volume->card = hardware->card;
    if (volume->is_kernel)
        return MJS_OK;
    if (!is_alsa)
        return mjs_result_fail(err, MJS_EUNSUPPORTED, "mixer: true: %.200s has no mixer",
                               hardware->device);
    // A sound server's PCM has no card, but a mixer of the same name.
    const char *name = hardware->device + strlen("alsa:");
    const char *options = strstr(name, ",pace=");
    if (hardware->has_card)
        (void)snprintf(volume->alsa_name, sizeof volume->alsa_name, "hw:%u",
                       (unsigned)hardware->card);
    else
        (void)snprintf(volume->alsa_name, sizeof volume->alsa_name, "%.*s",
                       (int)(options != NULL ? options - name : MJS_DEVICE_NAME_BYTES_MAX), name);
    return MJS_OK;
}

// A board's own volume is set whenever a recorder is made: the launcher's settings page has it.
static mjs_result apply_settings(const struct mjs_mixer_volume *volume, struct mjs_mixer *mixer,
                                 struct mjs_error *err) {
    int wanted = mjs_board_config_volume(volume->paths, volume->board);
    if (wanted < 0 || mixer->volume[0] == '\0')
        return MJS_OK;
    return mixer->ops->set_volume(mixer, wanted, err);
}

static void use_software(struct mjs_mixer_volume *volume) {
    volume->volume_control[0] = '\0';
    volume->mute_control[0] = '\0';
}

mjs_result mjs_mixer_volume_open(struct mjs_mixer_volume *volume,
                                 const struct mjs_pcm_hardware *hardware,
                                 enum mjs_mixer_wanted wanted, const struct mjs_board_paths *paths,
                                 struct mjs_error *err) {
    *volume = (struct mjs_mixer_volume){.paths = paths, .software_volume = MJS_MIXER_VOLUME_MAX};
    if (wanted == MJS_MIXER_NO || (wanted == MJS_MIXER_DEFAULT && !has_scheme(hardware, "hw:")))
        return MJS_OK;
    struct mjs_mixer *mixer = NULL;
    struct mjs_error *reason = wanted == MJS_MIXER_YES ? err : NULL;
    mjs_result result = find_mixer(volume, hardware, reason);
    if (result == MJS_OK)
        result = open_mixer(volume, &mixer, reason);
    // Without being asked for, a mixer that cannot be had is no reason not to record: the volume is
    // a software gain then, and hardware() says so.
    if (result != MJS_OK)
        return wanted == MJS_MIXER_YES ? result : MJS_OK;
    volume->board = mixer->board;
    memcpy(volume->volume_control, mixer->volume, sizeof volume->volume_control);
    memcpy(volume->mute_control, mixer->mute, sizeof volume->mute_control);
    if (wanted == MJS_MIXER_YES && mixer->volume[0] == '\0' && mixer->mute[0] == '\0')
        result = mjs_result_fail(err, MJS_EUNSUPPORTED,
                                 "mixer: true: the mixer of %.200s has no capture volume or switch",
                                 hardware->device);
    else
        result = apply_settings(volume, mixer, err);
    mixer->ops->close(mixer);
    if (result != MJS_OK)
        use_software(volume);
    return result;
}

// ---- Calls ----

// The mixer as it is now. A card that came back may be another one, without the control.
static mjs_result reopen(const struct mjs_mixer_volume *volume, bool for_mute,
                         struct mjs_mixer **mixer_out, struct mjs_error *err) {
    struct mjs_mixer *mixer = NULL;
    mjs_result result = open_mixer(volume, &mixer, err);
    if (result != MJS_OK)
        return result;
    if ((for_mute ? mixer->mute[0] : mixer->volume[0]) == '\0') {
        mixer->ops->close(mixer);
        return mjs_result_fail(err, MJS_ELOST, "the sound card has no \"%s\" any more",
                               for_mute ? volume->mute_control : volume->volume_control);
    }
    *mixer_out = mixer;
    return MJS_OK;
}

mjs_result mjs_mixer_volume_get(struct mjs_mixer_volume *volume, int *value,
                                struct mjs_error *err) {
    *value = volume->software_volume;
    if (volume->volume_control[0] == '\0')
        return MJS_OK;
    struct mjs_mixer *mixer = NULL;
    mjs_result result = reopen(volume, false, &mixer, err);
    if (result != MJS_OK)
        return result;
    result = mixer->ops->get_volume(mixer, value, err);
    mixer->ops->close(mixer);
    return result;
}

static mjs_result persist_volume(const struct mjs_mixer_volume *volume, int value,
                                 struct mjs_error *err) {
    char text[MJS_BOARD_CONFIG_VALUE_BYTES];
    (void)snprintf(text, sizeof text, "%d", value);
    return mjs_board_config_set(volume->paths, volume->board->volume_key, text, err);
}

mjs_result mjs_mixer_volume_set(struct mjs_mixer_volume *volume, int value, bool persist,
                                struct mjs_error *err) {
    bool in_mixer = volume->volume_control[0] != '\0';
    if (persist && (!in_mixer || volume->board == NULL || volume->board->volume_key == NULL))
        return mjs_result_fail(err, MJS_EUNSUPPORTED,
                               "persist: true: only MaixCAM2 keeps a volume, that of its mixer");
    if (!in_mixer) {
        volume->software_volume = value;
        return MJS_OK;
    }
    struct mjs_mixer *mixer = NULL;
    mjs_result result = reopen(volume, false, &mixer, err);
    if (result != MJS_OK)
        return result;
    result = mixer->ops->set_volume(mixer, value, err);
    mixer->ops->close(mixer);
    return result == MJS_OK && persist ? persist_volume(volume, value, err) : result;
}

mjs_result mjs_mixer_volume_get_mute(struct mjs_mixer_volume *volume, bool *muted,
                                     struct mjs_error *err) {
    *muted = volume->software_muted;
    if (volume->mute_control[0] == '\0')
        return MJS_OK;
    struct mjs_mixer *mixer = NULL;
    mjs_result result = reopen(volume, true, &mixer, err);
    if (result != MJS_OK)
        return result;
    result = mixer->ops->get_mute(mixer, muted, err);
    mixer->ops->close(mixer);
    return result;
}

mjs_result mjs_mixer_volume_set_mute(struct mjs_mixer_volume *volume, bool muted,
                                     struct mjs_error *err) {
    if (volume->mute_control[0] == '\0') {
        volume->software_muted = muted;
        return MJS_OK;
    }
    struct mjs_mixer *mixer = NULL;
    mjs_result result = reopen(volume, true, &mixer, err);
    if (result != MJS_OK)
        return result;
    result = mixer->ops->set_mute(mixer, muted, err);
    mixer->ops->close(mixer);
    return result;
}

float mjs_mixer_volume_gain(const struct mjs_mixer_volume *volume) {
    if (volume->software_muted)
        return 0.0f;
    return volume->software_volume == MJS_MIXER_VOLUME_MAX
               ? 1.0f
               : (float)volume->software_volume / MJS_MIXER_VOLUME_MAX;
}

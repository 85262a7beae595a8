// SPDX-License-Identifier: MIT
// What volume() and mute() of one recorder act on: the device's mixer, or software on delivery.
//
// Script's thread only. Owns nothing that must be freed: a mixer is opened for each call.
// A mixer that has a volume but no mute switch is muted in software, and the other way round.
#ifndef MJS_MIXER_VOLUME_H
#define MJS_MIXER_VOLUME_H

#include "mixer.h"
#include "pcm.h"

enum mjs_mixer_wanted {
    MJS_MIXER_DEFAULT, // the mixer of hw: devices where it has one, software for all others
    MJS_MIXER_YES,     // the mixer, or MJS_EUNSUPPORTED
    MJS_MIXER_NO,      // software
};

struct mjs_mixer_volume {
    const struct mjs_board_paths *paths; // null: the real machine
    const struct mjs_board_card *board;  // null: an ordinary card
    bool is_kernel;                      // else libasound's
    unsigned card;
    char alsa_name[MJS_DEVICE_NAME_BYTES_MAX];
    char volume_control[MJS_MIXER_NAME_BYTES]; // "": software
    char mute_control[MJS_MIXER_NAME_BYTES];   // likewise
    int software_volume;                       // 0 to 100
    bool software_muted;
};

// Decides it for an open device; `paths` must live as long as `volume`. What a board's settings
// say about the volume (MaixCAM2) is applied to the mixer here, as MaixPy does; nothing else is
// changed. On failure `volume` is software.
MJS_MUST_USE mjs_result mjs_mixer_volume_open(struct mjs_mixer_volume *volume,
                                              const struct mjs_pcm_hardware *hardware,
                                              enum mjs_mixer_wanted wanted,
                                              const struct mjs_board_paths *paths,
                                              struct mjs_error *err);

MJS_MUST_USE mjs_result mjs_mixer_volume_get(struct mjs_mixer_volume *volume, int *value,
                                             struct mjs_error *err);
// `persist`: also into the board's settings; MJS_EUNSUPPORTED, with nothing changed, where the
// board keeps no volume.
MJS_MUST_USE mjs_result mjs_mixer_volume_set(struct mjs_mixer_volume *volume, int value,
                                             bool persist, struct mjs_error *err);
MJS_MUST_USE mjs_result mjs_mixer_volume_get_mute(struct mjs_mixer_volume *volume, bool *muted,
                                                  struct mjs_error *err);
MJS_MUST_USE mjs_result mjs_mixer_volume_set_mute(struct mjs_mixer_volume *volume, bool muted,
                                                  struct mjs_error *err);

// What is left to do on delivery: 1 is nothing, 0 silence.
float mjs_mixer_volume_gain(const struct mjs_mixer_volume *volume);

#endif

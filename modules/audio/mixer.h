// SPDX-License-Identifier: MIT
// The mixer of a capture device: its volume and its mute switch, whoever owns them.
//
// Script's thread only; never the capture thread. A mixer is opened for a call and closed again, so
// that a card that was unplugged and came back is no special case. A getter changes nothing.
//
// Volume is 0 to 100, linear in the control's range and rounded to the nearest step both ways: a
// control of 25 steps knows 25 volumes. Setting sets all channels alike, getting takes their
// average; muted is what is muted on all channels.
#ifndef MJS_MIXER_H
#define MJS_MIXER_H

#include <stdbool.h>

#include "alsa_lib.h"
#include "mixer_elements.h"

#define MJS_MIXER_VOLUME_MAX 100

struct mjs_mixer;

struct mjs_mixer_ops {
    mjs_result (*get_volume)(struct mjs_mixer *mixer, int *volume, struct mjs_error *err);
    mjs_result (*set_volume)(struct mjs_mixer *mixer, int volume, struct mjs_error *err);
    mjs_result (*get_mute)(struct mjs_mixer *mixer, bool *muted, struct mjs_error *err);
    mjs_result (*set_mute)(struct mjs_mixer *mixer, bool muted, struct mjs_error *err);
    void (*close)(struct mjs_mixer *mixer);
};

// Every backend's struct begins with this.
struct mjs_mixer {
    const struct mjs_mixer_ops *ops;
    char volume[MJS_MIXER_NAME_BYTES];  // the control's name; "": there is none, do not call
    char mute[MJS_MIXER_NAME_BYTES];    // likewise
    const struct mjs_board_card *board; // null: an ordinary card
};

// The kernel's control device of a card: the board's controls, or on other cards those that have
// the usual names ("Capture Volume", "Mic Capture Switch", …). Having neither is no failure.
MJS_MUST_USE mjs_result mjs_mixer_open_kernel(struct mjs_mixer **mixer_out,
                                              const struct mjs_board_paths *paths, unsigned card,
                                              struct mjs_error *err);
// The same on a device that is open already (taken over on success only).
MJS_MUST_USE mjs_result mjs_mixer_open_device(struct mjs_mixer **mixer_out,
                                              const struct mjs_mixer_device *device,
                                              const struct mjs_board_card *board, int scale_percent,
                                              struct mjs_error *err);

// libasound's simple mixer of that name ("hw:0", "default"): its first capture element.
MJS_MUST_USE mjs_result mjs_mixer_open_alsa(struct mjs_mixer **mixer_out,
                                            const struct mjs_alsa_lib *lib, const char *name,
                                            struct mjs_error *err);

// A volume as a value of a control, and back. `scale_percent` (1 to 100) of the range is "all".
long mjs_mixer_from_volume(int volume, long min, long max, bool inverted, int scale_percent);
double mjs_mixer_to_volume(long value, long min, long max, bool inverted, int scale_percent);

#endif

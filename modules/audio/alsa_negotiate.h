// SPDX-License-Identifier: MIT
// Agrees with a libasound PCM on format, channels, rate and periods.
//
// Script's thread. Keeps nothing.
#ifndef MJS_ALSA_NEGOTIATE_H
#define MJS_ALSA_NEGOTIATE_H

#include "alsa_lib.h"
#include "pcm.h"

// Sets spec and periods of `hardware` (whose device name is set before). The wanted format and
// channels where the PCM takes them, else the closest that can be converted; the rate exactly, else
// MJS_EUNSUPPORTED, naming the rates there are.
MJS_MUST_USE mjs_result mjs_alsa_negotiate(const struct mjs_alsa_lib *lib,
                                           struct mjs_snd_pcm *handle,
                                           const struct mjs_pcm_want *want,
                                           struct mjs_pcm_hardware *hardware,
                                           struct mjs_error *err);

#endif

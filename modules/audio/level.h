// SPDX-License-Identifier: MIT
// Peak and RMS level of PCM. Pure; any thread.
#ifndef MJS_LEVEL_H
#define MJS_LEVEL_H

#include <stddef.h>

#include "format.h"

// dB below full scale (AES17's sine reference is not used: a full-scale square wave is 0 dBFS in
// both). Digital silence, and no samples at all, is -infinity.
struct mjs_level {
    double peak_dbfs;
    double rms_dbfs;
};

// All channels together. `samples` counts single samples, not frames.
struct mjs_level mjs_level_measure(enum mjs_format format, const void *pcm, size_t samples);

#endif

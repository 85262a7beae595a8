// SPDX-License-Identifier: MIT
// Who has a PCM device of the kernel open, after /proc/asound. Any thread; keeps nothing.
#ifndef MJS_DEVICES_HOLDER_H
#define MJS_DEVICES_HOLDER_H

#include <stdbool.h>

#include "board.h"

struct mjs_devices_holder {
    long pid;         // 0: not told
    char program[32]; // "" where it cannot be told (another user's, gone)
};

// True when every substream of the device is open; `holder` is who has the first of them.
// False: free, or there is no such device.
bool mjs_devices_holder_find(const struct mjs_board_paths *paths, unsigned card, unsigned device,
                             bool capture, struct mjs_devices_holder *holder);

#endif

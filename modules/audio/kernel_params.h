// SPDX-License-Identifier: MIT
// Agrees with the kernel's PCM on access, format, channels, rate, periods and buffer, by intervals.
//
// Script's thread at open, capture thread when a device came back. Allocates and keeps nothing.
#ifndef MJS_KERNEL_PARAMS_H
#define MJS_KERNEL_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"
#include "kernel_sys.h"
#include "pcm.h"

// What was agreed, beside `struct mjs_pcm_hardware`.
struct mjs_kernel_setup {
    bool mapped;       // frames are read from mapped memory, else by READI
    bool batch;        // the hardware's position may lag by up to a period
    bool sync_pointer; // every move of our pointer must be told by an ioctl
    uint32_t buffer_frames;
    uint32_t period_frames;
    uint64_t boundary; // where the positions wrap: a multiple of buffer_frames
};

// Sets hardware and software parameters of `fd`, and spec and periods of `hardware` (whose device
// name is set before). The wanted format and channels where the device takes them, else the closest
// that can be converted; the rate exactly, else MJS_EUNSUPPORTED, naming those it has. `board`: the
// card's row, or null. `allow_mapped` false: frames are read by READI.
MJS_MUST_USE mjs_result mjs_kernel_params_set(const struct mjs_kernel_sys *sys, int fd,
                                              const struct mjs_pcm_want *want,
                                              const struct mjs_board_card *board, bool allow_mapped,
                                              struct mjs_pcm_hardware *hardware,
                                              struct mjs_kernel_setup *setup,
                                              struct mjs_error *err);

#endif

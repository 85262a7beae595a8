// SPDX-License-Identifier: MIT
// Opens a device of the kernel with what a test may choose beside its name.
//
// As pcm.h's open. Everybody else says "hw:<card>,<device>".
#ifndef MJS_PCM_KERNEL_H
#define MJS_PCM_KERNEL_H

#include <stdbool.h>

#include "kernel_sys.h"
#include "pcm.h"

struct mjs_kernel_choice {
    const struct mjs_kernel_sys *sys; // null: the real kernel
    bool no_pages;                    // SYNC_PTR although the status page could be mapped
    bool no_mapping;                  // READI although the frames could be mapped
};

MJS_MUST_USE mjs_result mjs_pcm_kernel_open(struct mjs_pcm **pcm_out, unsigned card,
                                            unsigned device, const struct mjs_kernel_choice *choice,
                                            const struct mjs_pcm_want *want, struct mjs_error *err);

#endif

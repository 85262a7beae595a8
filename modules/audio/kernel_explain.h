// SPDX-License-Identifier: MIT
// Why a device of the kernel cannot be opened, in one line for people: who has it, which group may,
// what there is instead.
//
// Script's thread. Reads /dev/snd and /proc; keeps nothing.
#ifndef MJS_KERNEL_EXPLAIN_H
#define MJS_KERNEL_EXPLAIN_H

#include "../../runtime/result.h"
#include "kernel_sys.h"

// open() of the capture device's node gave `sys_errno`. The result for it; fills `err`, if given.
mjs_result mjs_kernel_explain_open(const struct mjs_kernel_sys *sys, unsigned card, unsigned device,
                                   int sys_errno, struct mjs_error *err);

#endif

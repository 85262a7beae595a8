// SPDX-License-Identifier: MIT
// How a script's process is stopped: asked, then interrupted, at last killed. The process itself
// (stop.h) overlooks a second signal within 250 ms of the first, and interrupts a script that has
// not ended 3 s after it, unless the script took the request back. The supervisor's thread.
#ifndef MJS_SUPERVISE_STOP_H
#define MJS_SUPERVISE_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "supervise_child.h"

// Moments on CLOCK_MONOTONIC; 0: not at all.
struct mjs_supervise_stop {
    int64_t asked_at_ns;
    int64_t interrupt_at_ns;
    int64_t kill_at_ns;
};

// The earlier of two moments.
int64_t mjs_supervise_stop_earlier(int64_t a_ns, int64_t b_ns);

// Asks, unless it was asked already.
void mjs_supervise_stop_ask(struct mjs_supervise_stop *stop,
                            const struct mjs_supervise_child *child);
// Interrupts it for sure, as soon as that has an effect; kills it MJS_CONTROL_KILL_MS later.
void mjs_supervise_stop_force(struct mjs_supervise_stop *stop,
                              const struct mjs_supervise_child *child);
// Asks, and will force in a while: nobody is there to do it any more.
void mjs_supervise_stop_abandon(struct mjs_supervise_stop *stop,
                                const struct mjs_supervise_child *child);
// Passes on a signal that we got ourselves; 0: the script has it already.
void mjs_supervise_stop_pass_on(struct mjs_supervise_stop *stop,
                                const struct mjs_supervise_child *child, int signal_number);

// Does what is due, and returns when something will be. `*killed`: it had to be.
int64_t mjs_supervise_stop_look(struct mjs_supervise_stop *stop,
                                const struct mjs_supervise_child *child, bool *killed);

#endif

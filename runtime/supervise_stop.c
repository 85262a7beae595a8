// SPDX-License-Identifier: MIT
// How a script's process is stopped.
#include "supervise_stop.h"

#include <signal.h>

#include "control.h"
#include "stop.h"

#define MS 1000000LL
#define INTERRUPT_AFTER_NS (300 * MS) // more than the 250 ms in which it is overlooked
#define INTERRUPT_AGAIN_NS (500 * MS)
#define ABANDONED_AFTER_NS (6000 * MS) // more than the 5 s in which it ends by itself
#define KILL_AFTER_NS (MJS_CONTROL_KILL_MS * MS)

int64_t mjs_supervise_stop_earlier(int64_t a_ns, int64_t b_ns) {
    return a_ns == 0 || (b_ns != 0 && b_ns < a_ns) ? b_ns : a_ns;
}

static void interrupt_at(struct mjs_supervise_stop *stop, int64_t at_ns, int64_t kill_at_ns) {
    stop->interrupt_at_ns = mjs_supervise_stop_earlier(stop->interrupt_at_ns, at_ns);
    stop->kill_at_ns = mjs_supervise_stop_earlier(stop->kill_at_ns, kill_at_ns);
}

void mjs_supervise_stop_pass_on(struct mjs_supervise_stop *stop,
                                const struct mjs_supervise_child *child, int signal_number) {
    stop->asked_at_ns = mjs_supervise_stop_earlier(stop->asked_at_ns, mjs_stop_now_ns());
    mjs_supervise_child_signal(child, signal_number);
}

void mjs_supervise_stop_ask(struct mjs_supervise_stop *stop,
                            const struct mjs_supervise_child *child) {
    if (stop->asked_at_ns == 0) {
        mjs_supervise_stop_pass_on(stop, child, SIGINT);
    }
}

void mjs_supervise_stop_force(struct mjs_supervise_stop *stop,
                              const struct mjs_supervise_child *child) {
    mjs_supervise_stop_ask(stop, child);
    int64_t now_ns = mjs_stop_now_ns();
    int64_t heeded_ns = stop->asked_at_ns + INTERRUPT_AFTER_NS;
    interrupt_at(stop, now_ns > heeded_ns ? now_ns : heeded_ns, now_ns + KILL_AFTER_NS);
}

void mjs_supervise_stop_abandon(struct mjs_supervise_stop *stop,
                                const struct mjs_supervise_child *child) {
    mjs_supervise_stop_ask(stop, child);
    int64_t at_ns = mjs_stop_now_ns() + ABANDONED_AFTER_NS;
    interrupt_at(stop, at_ns, at_ns + KILL_AFTER_NS);
}

int64_t mjs_supervise_stop_look(struct mjs_supervise_stop *stop,
                                const struct mjs_supervise_child *child, bool *killed) {
    *killed = false;
    if (child->ended) {
        return 0;
    }
    int64_t now_ns = mjs_stop_now_ns();
    if (stop->interrupt_at_ns && now_ns >= stop->interrupt_at_ns) {
        // Again and again: one that was not delivered yet swallows the next.
        mjs_supervise_child_signal(child, SIGINT);
        stop->interrupt_at_ns = now_ns + INTERRUPT_AGAIN_NS;
    }
    if (stop->kill_at_ns && now_ns >= stop->kill_at_ns) {
        mjs_supervise_child_signal(child, SIGKILL);
        stop->kill_at_ns = 0;
        *killed = true;
    }
    return mjs_supervise_stop_earlier(stop->interrupt_at_ns, stop->kill_at_ns);
}

// SPDX-License-Identifier: MIT
// Between a script's process and whoever watches it: its output goes on, and to the log; the
// client's frames (control.h) come in. One loop around poll(), which waits for nobody: a client
// that does not read makes the script wait, as a pipe does, but never a request to stop.
#ifndef MJS_SUPERVISE_RELAY_H
#define MJS_SUPERVISE_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "control.h"
#include "runs_log.h"
#include "supervise_child.h"
#include "supervise_queue.h"
#include "supervise_stop.h"

struct mjs_supervise_relay {
    bool control; // standard input and output are the channel; else output is passed on as it is
    struct mjs_supervise_child child;
    struct mjs_supervise_stop stop;
    struct mjs_runs_log log;

    struct mjs_supervise_queue outputs[2]; // to our own standard output and error; the channel: [0]
    struct mjs_supervise_queue input;      // to the script's standard input
    struct mjs_control_decoder decoder;
    bool listening; // to the client's frames
    bool input_ended;
    uint32_t owed_credit_bytes;
    int64_t heard_at_ns;

    bool detached;          // the client is gone: nothing waits for it
    bool lost;              // some output was not delivered
    int64_t quiet_at_ns;    // its end, or when the last of its own output was read
    int64_t progress_at_ns; // when the client has last taken something
    int unread_bytes[2];    // of its own output, once it has ended
};

// The descriptors of `child` and the log are the relay's from now on.
void mjs_supervise_relay_init(struct mjs_supervise_relay *relay, bool control);

// One line for the user, now or, where the client does not read, never; and for the log.
void mjs_supervise_relay_notice(struct mjs_supervise_relay *relay, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Until the script has ended and its output is read. Its status is child.status.
void mjs_supervise_relay_run(struct mjs_supervise_relay *relay);

// Tells the status, and waits until the client has everything, or is gone.
void mjs_supervise_relay_finish(struct mjs_supervise_relay *relay);

#endif

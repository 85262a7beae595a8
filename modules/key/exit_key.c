// SPDX-License-Identifier: MIT
// Listens for the exit key.
#include "exit_key.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "key_input.h"
#include "keys.h"

// The process's one listener: the key is the process's, like its signals.
static struct mjs_keys *listener;
static bool enabled;
static int holds;

// A signal, not the flag alone: a script that ignores the flag ends after 3 s, and at once when the
// key is pressed again.
static void on_press(void) { (void)kill(getpid(), SIGINT); }

static void update(void) {
    bool wanted = enabled && holds == 0;
    if (!wanted) {
        mjs_keys_close(listener);
        listener = NULL;
    } else if (listener == NULL) {
        struct mjs_error err;
        const struct mjs_keys_options options = {.no_terminal = true, .on_press = on_press};
        if (mjs_keys_open(&listener, &options, &err) != MJS_OK) {
            listener = NULL; // programs run without a key, too
        }
    }
}

void mjs_exit_key_enable(void) {
    const char *device = getenv("MAIXJS_KEY");
    enabled = mjs_key_input_on_board() || (device != NULL && *device != '\0');
    update();
}

void mjs_exit_key_disable(void) {
    enabled = false;
    update();
}

void mjs_exit_key_start(void) { mjs_exit_key_enable(); }

void mjs_exit_key_hold(void) {
    holds++;
    update();
}

void mjs_exit_key_release(void) {
    MJS_ASSERT(holds > 0);
    holds--;
    update();
}

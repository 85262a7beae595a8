// SPDX-License-Identifier: MIT
// Listens to keys, on a thread of its own that sleeps until one is pressed.
//
// All functions may be called from any thread but the listener's; the owner closes.
#ifndef MJS_KEYS_H
#define MJS_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "key_states.h"

struct mjs_keys;

struct mjs_keys_options {
    const char *device; // null: $MAIXJS_KEY, the board's keys, or the terminal
    bool no_terminal;
    int64_t long_press_ms; // 0: none
    // Called on the listener's thread whenever a key goes down; null: events are kept instead.
    void (*on_press)(void);
};

MJS_MUST_USE mjs_result mjs_keys_open(struct mjs_keys **keys_out,
                                      const struct mjs_keys_options *options,
                                      struct mjs_error *err);
// Restores the terminal, ends the thread, frees. Null is nothing.
void mjs_keys_close(struct mjs_keys *keys);

// Readable while there is an event, or once all devices are gone. Only to be polled.
int mjs_keys_fd(const struct mjs_keys *keys);
// Takes the oldest event. False: there is none.
bool mjs_keys_take(struct mjs_keys *keys, struct mjs_key_event *event);
// True once all devices are gone.
bool mjs_keys_is_lost(struct mjs_keys *keys);
// See mjs_key_states_ask.
bool mjs_keys_ask(struct mjs_keys *keys, uint16_t code);
void mjs_keys_set_long_press(struct mjs_keys *keys, int64_t long_press_ms);

#endif

// SPDX-License-Identifier: MIT
// Which keys are down: turns what devices report into presses, releases and long presses. Pure; the
// owner locks.
#ifndef MJS_KEY_STATES_H
#define MJS_KEY_STATES_H

#include <stdbool.h>
#include <stdint.h>

#define MJS_KEY_OK 0x160 // the kernel's number, and MaixPy's
#define MJS_KEY_CODES_MAX 64
#define MJS_KEY_EVENTS_MAX 64

enum mjs_key_state { MJS_KEY_RELEASED, MJS_KEY_PRESSED, MJS_KEY_LONG_PRESSED };

struct mjs_key_event {
    uint16_t code; // 0: none
    uint8_t state;
};

struct mjs_key_entry {
    int64_t since_ns;
    uint16_t code;
    uint8_t device;
    bool is_down;
    bool was_pressed; // since mjs_key_states_ask
    bool is_long;     // a long press was reported
};

struct mjs_key_states {
    struct mjs_key_entry entries[MJS_KEY_CODES_MAX];
    int count;
    struct mjs_key_event events[MJS_KEY_EVENTS_MAX]; // a ring: the oldest is lost when it is full
    int first;
    int event_count;
    int64_t long_ns; // 0: no long presses
};

// A key of a device went down or up. What changes nothing (the kernel's own repeats) is ignored.
void mjs_key_states_set(struct mjs_key_states *states, int device, uint16_t code, bool is_down,
                        int64_t now_ns);
// The device is gone: what is down there comes up.
void mjs_key_states_release(struct mjs_key_states *states, int device, int64_t now_ns);
// Reports the long presses that are due; returns when the next one is, INT64_MAX: none.
int64_t mjs_key_states_tick(struct mjs_key_states *states, int64_t now_ns);
// Takes the oldest event. False: there is none.
bool mjs_key_states_take(struct mjs_key_states *states, struct mjs_key_event *event);
// True when the key (0: any) is down, or was pressed since the last time that this was asked.
bool mjs_key_states_ask(struct mjs_key_states *states, uint16_t code);

#endif

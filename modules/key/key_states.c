// SPDX-License-Identifier: MIT
// Which keys are down, and the events that follow.
#include "key_states.h"

#include <stddef.h>

static void add_event(struct mjs_key_states *states, uint16_t code, enum mjs_key_state state) {
    if (states->event_count == MJS_KEY_EVENTS_MAX) {
        states->first = (states->first + 1) % MJS_KEY_EVENTS_MAX;
        states->event_count--;
    }
    int at = (states->first + states->event_count) % MJS_KEY_EVENTS_MAX;
    states->events[at] = (struct mjs_key_event){.code = code, .state = (uint8_t)state};
    states->event_count++;
}

// The entry of a key, made if need be; one that nobody asks for is given up for it. Null: full.
static struct mjs_key_entry *entry_of(struct mjs_key_states *states, int device, uint16_t code) {
    struct mjs_key_entry *unused = NULL;
    for (int i = 0; i < states->count; i++) {
        struct mjs_key_entry *entry = &states->entries[i];
        if (entry->code == code && entry->device == device) {
            return entry;
        }
        unused = entry->is_down ? unused : entry;
    }
    if (states->count < MJS_KEY_CODES_MAX) {
        unused = &states->entries[states->count++];
    }
    if (unused != NULL) {
        *unused = (struct mjs_key_entry){.code = code, .device = (uint8_t)device};
    }
    return unused;
}

void mjs_key_states_set(struct mjs_key_states *states, int device, uint16_t code, bool is_down,
                        int64_t now_ns) {
    struct mjs_key_entry *entry = entry_of(states, device, code);
    if (entry == NULL || entry->is_down == is_down) {
        return;
    }
    entry->is_down = is_down;
    entry->is_long = false;
    entry->since_ns = now_ns;
    entry->was_pressed = entry->was_pressed || is_down;
    add_event(states, code, is_down ? MJS_KEY_PRESSED : MJS_KEY_RELEASED);
}

void mjs_key_states_release(struct mjs_key_states *states, int device, int64_t now_ns) {
    for (int i = 0; i < states->count; i++) {
        if (states->entries[i].device == device) {
            mjs_key_states_set(states, device, states->entries[i].code, false, now_ns);
        }
    }
}

int64_t mjs_key_states_tick(struct mjs_key_states *states, int64_t now_ns) {
    int64_t next_ns = INT64_MAX;
    for (int i = 0; states->long_ns > 0 && i < states->count; i++) {
        struct mjs_key_entry *entry = &states->entries[i];
        if (!entry->is_down || entry->is_long) {
            continue;
        }
        int64_t due_ns = entry->since_ns + states->long_ns;
        if (now_ns >= due_ns) {
            entry->is_long = true;
            add_event(states, entry->code, MJS_KEY_LONG_PRESSED);
        } else if (due_ns < next_ns) {
            next_ns = due_ns;
        }
    }
    return next_ns;
}

bool mjs_key_states_take(struct mjs_key_states *states, struct mjs_key_event *event) {
    if (states->event_count == 0) {
        return false;
    }
    *event = states->events[states->first];
    states->first = (states->first + 1) % MJS_KEY_EVENTS_MAX;
    states->event_count--;
    return true;
}

bool mjs_key_states_ask(struct mjs_key_states *states, uint16_t code) {
    bool pressed = false;
    for (int i = 0; i < states->count; i++) {
        struct mjs_key_entry *entry = &states->entries[i];
        if (code == 0 || entry->code == code) {
            pressed = pressed || entry->is_down || entry->was_pressed;
            entry->was_pressed = false;
        }
    }
    return pressed;
}

// SPDX-License-Identifier: MIT
// Where keys come from: the kernel's input devices, or the terminal. One owner.
#ifndef MJS_KEY_INPUT_H
#define MJS_KEY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "key_states.h"

#define MJS_KEY_INPUTS_MAX 16
#define MJS_KEY_INPUT_EVENT_BYTES 24 // struct input_event of 64-bit Linux

struct mjs_key_input {
    int fd; // -1: gone
    bool is_terminal;
    uint8_t partial[MJS_KEY_INPUT_EVENT_BYTES]; // a FIFO may hand over half an event
    size_t partial_bytes;
};

struct mjs_key_inputs {
    struct mjs_key_input list[MJS_KEY_INPUTS_MAX];
    int count;
};

// True on a MaixCAM of any kind.
bool mjs_key_input_on_board(void);

// Opens `device` (a path), or with null: $MAIXJS_KEY, the board's keys, or on a PC the terminal
// (unless `no_terminal`). MJS_ENODEV where there is none.
MJS_MUST_USE mjs_result mjs_key_input_open(struct mjs_key_inputs *inputs, const char *device,
                                           bool no_terminal, struct mjs_error *err);
void mjs_key_input_close(struct mjs_key_inputs *inputs);

// Reads what has come from input `index`, which poll() called readable. False: the device is gone,
// its keys came up, and its descriptor is closed.
bool mjs_key_input_read(struct mjs_key_inputs *inputs, int index, struct mjs_key_states *states,
                        int64_t now_ns);

#endif

// SPDX-License-Identifier: MIT
// The terminal as a keyboard: single keys without Enter, not shown; Ctrl-C stays what it is. One
// user a process.
#ifndef MJS_KEY_TERMINAL_H
#define MJS_KEY_TERMINAL_H

#include <stdbool.h>

#include "../../runtime/result.h"

// MJS_ENODEV: standard input is no terminal, or not ours. MJS_EBUSY: it is in use.
MJS_MUST_USE mjs_result mjs_key_terminal_enter(struct mjs_error *err);
// Restores it; nothing where it was not entered. Any thread, async-signal-safe.
void mjs_key_terminal_leave(void);
// False while another job has the terminal: reading would fail.
bool mjs_key_terminal_is_ours(void);

#endif

// SPDX-License-Identifier: MIT
// The prompt's terminal: single keys while it waits, the terminal's own ways while code runs, and
// its old settings however the program ends, but for SIGKILL. Ctrl-C is counted here.
#ifndef MJS_REPL_TERMINAL_H
#define MJS_REPL_TERMINAL_H

#include <stdbool.h>

#include "result.h"

// Takes SIGINT, SIGWINCH and the signals of crashes. `edits`: switch to single keys at all; false
// where the terminal edits lines itself. Script's thread, once.
MJS_MUST_USE mjs_result mjs_repl_terminal_open(bool edits, struct mjs_error *err);

// Single keys; back. Both do nothing where that is so already.
void mjs_repl_terminal_enter(void);
void mjs_repl_terminal_leave(void); // any thread, signal handlers

// Readable when Ctrl-C was pressed or the window's size has changed.
int mjs_repl_terminal_fd(void);
void mjs_repl_terminal_clear_fd(void);

// While this is on, Ctrl-C also sets the exit flag, which ends calls that wait.
void mjs_repl_terminal_set_running(bool on);

// How often Ctrl-C was pressed since the last `clear`.
int mjs_repl_terminal_interrupts(void);
void mjs_repl_terminal_clear_interrupts(void);

int mjs_repl_terminal_columns(void);

#endif

// SPDX-License-Identifier: MIT
// The default exit key: on a board, any key stops the program as Ctrl-C does, unless a Key is open.
// Script's thread only.
#ifndef MJS_EXIT_KEY_H
#define MJS_EXIT_KEY_H

// Before the script runs: listens where there are keys (a board, or MAIXJS_KEY). A board without
// any, or without permission, is no failure.
void mjs_exit_key_start(void);
// The script turns it on or off.
void mjs_exit_key_enable(void);
void mjs_exit_key_disable(void);
// While a Key is open the keys are the script's. Each hold is undone by one release.
void mjs_exit_key_hold(void);
void mjs_exit_key_release(void);

#endif

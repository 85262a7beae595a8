// SPDX-License-Identifier: MIT
// The session at a terminal: `maixjs` without arguments. The loop runs while the prompt waits; the
// prompt itself is embedded TypeScript (ts/runtime/repl.ts). Script's thread, unless said
// otherwise.
#ifndef MJS_REPL_H
#define MJS_REPL_H

#include "host.h"

// Standard input and output are terminals.
bool mjs_repl_possible(void);

// Runs until the user leaves or the program is asked to stop. Sets host->status.
void mjs_repl_run(struct mjs_host *host);

// For the engine's interrupt handler: Ctrl-C was pressed, and what runs is the user's.
bool mjs_repl_interrupted(void);

// The terminal as it was. Any thread; does nothing outside of a session.
void mjs_repl_restore_terminal(void);

#endif

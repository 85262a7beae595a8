// SPDX-License-Identifier: MIT
// `maixjs stop` and `maixjs logs`: what is printed, and the exit status.
#ifndef MJS_RUNS_COMMANDS_H
#define MJS_RUNS_COMMANDS_H

#include <stdbool.h>

// Stops every recorded run, and waits until it has ended.
int mjs_runs_commands_stop(void);

// Prints the log of the last run; `follow`: until it has ended.
int mjs_runs_commands_logs(bool follow);

#endif

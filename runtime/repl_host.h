// SPDX-License-Identifier: MIT
// What the session's C lends to its TypeScript: compiling, running, showing, history.
#ifndef MJS_REPL_HOST_H
#define MJS_REPL_HOST_H

#include "host.h"

struct mjs_repl {
    struct mjs_host *host; // null: no session
    JSValue compiled;      // what `run` runs
    int in_prompt;         // the prompt's own code runs, so many calls deep
    bool running;          // what was typed runs, up to its first await
    bool awaiting;         // what was typed has come to an await
    bool hidden;           // the prompt made room for output
    bool left;             // the user leaves
};

// The object that `start` of repl.ts gets.
JSValue mjs_repl_host_make(struct mjs_repl *repl, JSContext *ctx, bool dumb);

// repl.c: what was typed has come to its end. 0, or -1 with an exception pending.
int mjs_repl_settled(bool is_error, JSValueConst value);

#endif

// SPDX-License-Identifier: MIT
// What the engine host knows of a native module: its name, how to make it, how to end it.
#ifndef MJS_MODULE_H
#define MJS_MODULE_H

#include "quickjs.h"

struct mjs_module {
    const char *name; // "maix:audio"
    // Creates the module (JS_NewCModule with its exports declared). Null on exception.
    JSModuleDef *(*create)(JSContext *ctx, const char *name);
    // Called on the script's thread before the script runs, whether it imports the module or not.
    // May be null; must not fail the program.
    void (*start)(void);
    // Ends what must not be lost (open recordings), on the script's thread, before the engine is
    // freed and also from exit(). May be null. Called once or more; must not call JavaScript.
    void (*finalise)(void);
    // The same from another thread, when the process is ended by force: bounded, at most ~100 ms.
    void (*finalise_forced)(void);
};

#endif

// SPDX-License-Identifier: MIT
// The host's own TypeScript (ts/runtime), embedded as bytecode and run in a context of its own, so
// that a script that changes built-ins cannot break it. Loaded on first use only.
#ifndef MJS_TOOLS_H
#define MJS_TOOLS_H

#include "host.h"

enum mjs_tool {
    MJS_TOOL_ERRORS,
    MJS_TOOL_INSPECT,
    MJS_TOOL_MANIFEST,
    MJS_TOOL_REPL,
    MJS_TOOL_COUNT
};

// The context in which the arguments of a call may be made. Null: exception pending.
JSContext *mjs_tools_context(struct mjs_host *host);

// Calls an exported function of a tool. JS_EXCEPTION: the exception is pending in the tools'
// context, which `mjs_tools_context` returns.
JSValue mjs_tools_call(struct mjs_host *host, enum mjs_tool tool, const char *function, int argc,
                       JSValueConst *argv);

void mjs_tools_free(struct mjs_host *host);

#endif

// SPDX-License-Identifier: MIT
// Recorder.stream(): chunks of a recording in the event loop. Script's thread only.
//
// A stream is open from the call until it has ended; while it is, the recorder's handle points to
// it, and it keeps the Recorder object alive. While somebody waits for a chunk, the stream itself
// is kept alive, and the event loop watches the recorder for it.
#ifndef MJS_STREAM_JS_H
#define MJS_STREAM_JS_H

#include "quickjs.h"
#include "recorder_js.h"

#define MJS_STREAM_REQUESTS_MAX 1024

struct mjs_stream;

// 0 ok, -1 exception pending. The class is not exported.
int mjs_stream_js_init(JSContext *ctx);

// The member `stream` of Recorder.
JSValue mjs_stream_js_open(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv);

// Ends the handle's stream, if it has one: who waits gets what was read for them already, then
// `done`. May run JavaScript (a `then` of the script's): call it last.
void mjs_stream_js_end(JSContext *ctx, struct mjs_recorder_handle *handle);

// The handle goes away, from the garbage collector: nobody can be waiting.
void mjs_stream_js_forget(struct mjs_recorder_handle *handle);

// The engine is about to go away: lets go of everything without telling anybody.
void mjs_stream_js_abandon(struct mjs_stream *stream);

#endif

// SPDX-License-Identifier: MIT
// What stream_js.c (the class) and stream_serve_js.c (its requests) share. Only for these two.
#ifndef MJS_STREAM_SERVE_JS_H
#define MJS_STREAM_SERVE_JS_H

#include <stdbool.h>
#include <stdint.h>

#include "args_js.h"
#include "stream_js.h"

#define MJS_STREAM_NO_WATCH (-1)

// Somebody who waits for next().
struct mjs_stream_request {
    struct mjs_stream_request *next;
    JSValue settle[2]; // resolve, reject
};

struct mjs_stream {
    JSContext *ctx;
    struct mjs_recorder_handle *handle; // null: it has ended
    JSValue recorder;                   // keeps the Recorder object alive while it is open
    JSValueConst self;                  // our own object; not counted
    JSValue pin;                        // our own object, counted while somebody waits
    struct mjs_stream_request *first;
    struct mjs_stream_request *last;
    int request_count;

    uint64_t chunk_frames;
    uint64_t block_frames;        // how much is waited for at once: the file gets it in blocks
    struct mjs_fresh_bytes fresh; // the chunk that is being read
    uint64_t filled_frames;
    uint64_t first_frame;      // of the chunk
    uint64_t lost_frames;      // lost up to the last frame that was read
    uint64_t lost_seen_frames; // lost up to the end of the chunk before
    JSValue error;             // what the next request is rejected with; undefined: nothing

    int watched_fd;
    int stop_watch;
};

// Appends a request and gives its promise.
JSValue mjs_stream_serve_js_add(JSContext *ctx, struct mjs_stream *stream);
// Lets the event loop answer. 0 ok, -1 exception pending.
int mjs_stream_serve_js_watch(struct mjs_stream *stream);
// Answers requests: one, or all where nothing more can come. 0 ok, -1 exception pending.
int mjs_stream_serve_js_now(struct mjs_stream *stream);
// Ends the stream: what was read for the first who waits is theirs, the others get `done`.
void mjs_stream_serve_js_end(struct mjs_stream *stream);
// The stream has ended, nobody is told: others may read the recorder.
void mjs_stream_serve_js_detach(struct mjs_stream *stream);
// Takes the requests away without answering.
void mjs_stream_serve_js_drop(struct mjs_stream *stream);
// { value, done }; takes `value` over.
JSValue mjs_stream_serve_js_step(JSContext *ctx, JSValue value, bool done);

#endif

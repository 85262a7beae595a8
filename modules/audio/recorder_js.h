// SPDX-License-Identifier: MIT
// The class Recorder: what its parts (lifecycle, reading, streaming) share. Script's thread only.
//
// Ownership: the JavaScript object owns its handle, the handle its recorder; garbage collection
// closes. A stream keeps the JavaScript object alive; the handle points to its open stream without
// owning it.
#ifndef MJS_RECORDER_JS_H
#define MJS_RECORDER_JS_H

#include <stdbool.h>

#include "mixer_volume.h"
#include "quickjs.h"
#include "recorder.h"

struct mjs_stream;

struct mjs_recorder_handle {
    struct mjs_recorder_handle *next; // of all that exist, so that each can be finalised
    struct mjs_recorder_handle *previous;
    struct mjs_recorder *recorder; // null: the constructor failed
    struct mjs_stream *stream;     // the open one, or null
    struct mjs_mixer_volume volume;
    bool block;
    bool has_file;
};

// Defines the class and the module's export "Recorder". 0 ok, -1 exception pending.
int mjs_recorder_js_init(JSContext *ctx, JSModuleDef *module);

// Finishes every recording and lets go of every stream. Calls no JavaScript.
void mjs_recorder_js_finish_all(void);

// The handle of `this`: TypeError for another object. `open`: ECLOSED after close(), too.
struct mjs_recorder_handle *mjs_recorder_js_any(JSContext *ctx, JSValueConst this_value);
struct mjs_recorder_handle *mjs_recorder_js_open(JSContext *ctx, JSValueConst this_value);
// As `open`, and EFINISHED after finish() and EBUSY during a stream.
struct mjs_recorder_handle *mjs_recorder_js_reader(JSContext *ctx, JSValueConst this_value);

// Prints one line at the first loss of a recorder, and one where its take goes on in another file.
void mjs_recorder_js_warn(struct mjs_recorder_handle *handle);

// The error of a failed call that delivered `frames`, with err.frames, err.data (`data` is taken
// over; undefined: none) and err.gap. An exception where that fails.
JSValue mjs_recorder_js_new_error(JSContext *ctx, struct mjs_recorder_handle *handle,
                                  const struct mjs_error *err, uint64_t frames, JSValue data);

// recorder_info_js.c: plain objects.
JSValue mjs_recorder_info_js_gap(JSContext *ctx, const struct mjs_recorder_gap *gap);
JSValue mjs_recorder_info_js_stats(JSContext *ctx, struct mjs_recorder *recorder);
JSValue mjs_recorder_info_js_hardware(JSContext *ctx, const struct mjs_recorder_handle *handle);
JSValue mjs_recorder_info_js_summary(JSContext *ctx, struct mjs_recorder *recorder,
                                     const struct mjs_recorder_summary *summary);
JSValue mjs_recorder_info_js_state(JSContext *ctx, enum mjs_recorder_state state);

// recorder_read_js.c: the members that read.
JSValue mjs_recorder_read_js_record(JSContext *ctx, JSValueConst this_value, int argc,
                                    JSValueConst *argv);
JSValue mjs_recorder_read_js_save(JSContext *ctx, JSValueConst this_value, int argc,
                                  JSValueConst *argv);
JSValue mjs_recorder_read_js_bytes(JSContext *ctx, JSValueConst this_value, int argc,
                                   JSValueConst *argv);
JSValue mjs_recorder_read_js_into(JSContext *ctx, JSValueConst this_value, int argc,
                                  JSValueConst *argv);

// recorder_volume_js.c.
JSValue mjs_recorder_volume_js_volume(JSContext *ctx, JSValueConst this_value, int argc,
                                      JSValueConst *argv);
JSValue mjs_recorder_volume_js_mute(JSContext *ctx, JSValueConst this_value, int argc,
                                    JSValueConst *argv);

// recorder_options_js.c: reads the constructor's arguments.
struct mjs_recorder_arguments {
    struct mjs_recorder_options options; // path and device point to the strings below
    const char *path;                    // free with JS_FreeCString, as device
    const char *device;
    bool block;
    enum mjs_mixer_wanted mixer;
};
// 0 ok, -1 exception pending (nothing to free then).
int mjs_recorder_options_js_read(JSContext *ctx, int argc, JSValueConst *argv,
                                 struct mjs_recorder_arguments *out);
void mjs_recorder_options_js_free(JSContext *ctx, struct mjs_recorder_arguments *arguments);

#endif

// SPDX-License-Identifier: MIT
// The module maix:audio: Format, fmtBits, level, and what the classes' files add.
#include "audio_js.h"

#include "../../runtime/js_util.h"
#include "args_js.h"
#include "chunk_js.h"
#include "devices_js.h"
#include "recorder_js.h"
#include "stream_js.h"
#include "writer.h"
#include "writer_js.h"

#define FORCED_END_MS 100

static JSValue fmt_bits(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    enum mjs_format format;
    if (argc == 0 || JS_IsUndefined(argv[0])) {
        return JS_ThrowTypeError(ctx, "format must be a number");
    }
    if (mjs_args_js_format(ctx, argv[0], true, &format) != 0) {
        return JS_EXCEPTION;
    }
    return JS_NewUint32(ctx, mjs_format_bits(format));
}

static JSValue level(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    enum mjs_format format;
    struct mjs_args_bytes area;
    if (mjs_args_js_format(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, false, &format) != 0 ||
        mjs_args_js_bytes(ctx, argc > 0 ? argv[0] : JS_UNDEFINED, "the data", false, &area) != 0) {
        return JS_EXCEPTION;
    }
    size_t sample_bytes = mjs_format_bits(format) / 8;
    if (area.bytes % sample_bytes != 0) {
        return JS_ThrowRangeError(ctx, "the data must be whole samples of %d bytes, not %.0f",
                                  (int)sample_bytes, (double)area.bytes);
    }
    return mjs_chunk_js_level(ctx, format, area.data, area.bytes);
}

#define FORMAT(name) JS_PROP_INT32_DEF("FMT_" #name, MJS_FORMAT_##name, JS_PROP_ENUMERABLE)

static const JSCFunctionListEntry formats[] = {
    FORMAT(NONE),   FORMAT(S8),      FORMAT(S16_LE), FORMAT(S32_LE), FORMAT(S16_BE),
    FORMAT(S32_BE), FORMAT(U8),      FORMAT(U16_LE), FORMAT(U32_LE), FORMAT(U16_BE),
    FORMAT(U32_BE), FORMAT(S24_3LE), FORMAT(F32_LE),
};

static const JSCFunctionListEntry exports[] = {
    JS_OBJECT_DEF("Format", formats, sizeof formats / sizeof formats[0], JS_PROP_ENUMERABLE),
    JS_CFUNC_DEF("fmtBits", 1, fmt_bits),
    JS_CFUNC_DEF("level", 1, level),
    JS_CFUNC_DEF("devices", 0, mjs_devices_js_devices),
};

#define EXPORT_COUNT ((int)(sizeof exports / sizeof exports[0]))

static int init(JSContext *ctx, JSModuleDef *module) {
    // The list of recordings to finalise, and the event loop, are the first thread's.
    if (mjs_js_check_thread(ctx, "maix:audio") != 0 ||
        JS_SetModuleExportList(ctx, module, exports, EXPORT_COUNT) != 0 ||
        mjs_chunk_js_init(ctx) != 0 || mjs_stream_js_init(ctx) != 0 ||
        mjs_recorder_js_init(ctx, module) != 0 || mjs_writer_js_init(ctx, module) != 0) {
        return -1;
    }
    return 0;
}

JSModuleDef *mjs_audio_js_create(JSContext *ctx, const char *name) {
    JSModuleDef *module = JS_NewCModule(ctx, name, init);
    if (module == NULL || JS_AddModuleExportList(ctx, module, exports, EXPORT_COUNT) != 0 ||
        JS_AddModuleExport(ctx, module, "Recorder") != 0 ||
        JS_AddModuleExport(ctx, module, "WavWriter") != 0) {
        return NULL;
    }
    return module;
}

void mjs_audio_js_finalise(void) {
    mjs_recorder_js_finish_all();
    mjs_writer_js_finish_all();
}

void mjs_audio_js_finalise_forced(void) { mjs_writer_sync_all_for_exit(FORCED_END_MS); }

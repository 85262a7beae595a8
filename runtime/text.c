// SPDX-License-Identifier: MIT
// TextEncoder and TextDecoder. Source of the rules: https://encoding.spec.whatwg.org/
#include "text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"
#include "js_util.h"
#include "result.h"

#define SEQUENCE_BYTES_MAX 4

static JSClassID encoder_class;
static JSClassID decoder_class;
static const char replacement[] = "\xEF\xBF\xBD";

struct decoder {
    bool fatal;
    bool ignore_bom;
    bool bom_seen;                       // the stream has begun
    uint8_t pending[SEQUENCE_BYTES_MAX]; // a sequence that the last chunk cut off
    int pending_bytes;
};

static void finalize_decoder(JSRuntime *rt, JSValueConst value) {
    js_free_rt(rt, JS_GetOpaque(value, decoder_class));
}

static const JSClassDef encoder_def = {.class_name = "TextEncoder"};
static const JSClassDef decoder_def = {.class_name = "TextDecoder", .finalizer = finalize_decoder};

static int64_t get_length(JSContext *ctx, JSValueConst view, const char *name) {
    int64_t length = -1;
    JSValue value = JS_GetPropertyStr(ctx, view, name);
    if (!JS_IsException(value) && JS_ToInt64(ctx, &length, value) != 0) {
        length = -1;
    }
    JS_FreeValue(ctx, value);
    return length;
}

// The bytes of an ArrayBuffer or a view. They stay where they are as long as the answer, the
// ArrayBuffer, is held and no JavaScript runs. JS_EXCEPTION: a TypeError is pending.
static JSValue open_bytes(JSContext *ctx, JSValueConst value, uint8_t **data, size_t *length) {
    size_t whole;
    if (JS_IsArrayBuffer(value)) {
        *data = JS_GetArrayBuffer(ctx, length, value); // a TypeError where it is detached
        return *data ? JS_DupValue(ctx, value) : JS_EXCEPTION;
    }
    if (!JS_IsDataView(value) && JS_GetTypedArrayType(value) < 0) {
        return JS_ThrowTypeError(ctx, "bytes must be an ArrayBuffer or a view of one");
    }
    // The script's own view of it: the engine's functions tell the old length of a view that
    // follows a resizable buffer. An own property may lie, so it is checked.
    int64_t offset = get_length(ctx, value, "byteOffset");
    int64_t bytes = offset < 0 ? -1 : get_length(ctx, value, "byteLength");
    JSValue buffer = bytes < 0 ? JS_EXCEPTION : JS_GetPropertyStr(ctx, value, "buffer");
    *data = JS_IsException(buffer) ? NULL : JS_GetArrayBuffer(ctx, &whole, buffer);
    if (*data && (size_t)offset <= whole && (size_t)bytes <= whole - (size_t)offset) {
        *data += offset;
        *length = (size_t)bytes;
        return buffer;
    }
    JS_FreeValue(ctx, buffer);
    if (!JS_HasException(ctx)) {
        JS_ThrowTypeError(ctx, "the bytes lie outside of their ArrayBuffer");
    }
    return JS_EXCEPTION;
}

// --- TextEncoder ---

// The engine writes lone surrogates as three bytes ED A0..BF xx; UTF-8 has U+FFFD for them, which
// is three bytes too.
static void replace_surrogates(uint8_t *bytes, size_t length) {
    for (size_t i = 0; i + 2 < length; i++) {
        if (bytes[i] == 0xED && bytes[i + 1] >= 0xA0) {
            memcpy(bytes + i, replacement, 3);
        }
    }
}

static JSValue encoder_new(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    JSValue proto = JS_GetPropertyStr(ctx, new_target, "prototype");
    JSValue object = JS_NewObjectProtoClass(ctx, proto, encoder_class);
    JS_FreeValue(ctx, proto);
    if (!JS_IsException(object)) {
        JS_SetOpaque(object, &encoder_class); // not null, so that methods can check `this`
    }
    return object;
}

static JSValue encoder_encode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    if (!JS_GetOpaque2(ctx, this_val, encoder_class)) {
        return JS_EXCEPTION;
    }
    size_t length = 0;
    const char *text = "";
    bool given = argc > 0 && !JS_IsUndefined(argv[0]);
    if (given && !(text = JS_ToCStringLen(ctx, &length, argv[0]))) {
        return JS_EXCEPTION;
    }
    JSValue array = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)text, length);
    if (given) {
        JS_FreeCString(ctx, text);
    }
    size_t bytes;
    uint8_t *data = JS_IsException(array) ? NULL : JS_GetUint8Array(ctx, &bytes, array);
    if (data) {
        replace_surrogates(data, bytes);
    }
    return array;
}

static JSValue encoder_encode_into(JSContext *ctx, JSValueConst this_val, int argc,
                                   JSValueConst *argv) {
    (void)argc;
    if (!JS_GetOpaque2(ctx, this_val, encoder_class)) {
        return JS_EXCEPTION;
    }
    if (JS_GetTypedArrayType(argv[1]) != JS_TYPED_ARRAY_UINT8) {
        return JS_ThrowTypeError(ctx, "the destination must be a Uint8Array");
    }
    size_t length;
    const char *text = JS_ToCStringLen(ctx, &length, argv[0]);
    if (!text) {
        return JS_EXCEPTION;
    }
    uint8_t *data;
    size_t room;
    JSValue buffer = open_bytes(ctx, argv[1], &data, &room);
    if (JS_IsException(buffer) || JS_IsImmutableArrayBuffer(buffer) == 1) {
        if (!JS_HasException(ctx)) {
            JS_ThrowTypeError(ctx, "the destination must not be immutable");
        }
        JS_FreeValue(ctx, buffer);
        JS_FreeCString(ctx, text);
        return JS_EXCEPTION;
    }
    size_t written = 0;
    int64_t read_units = 0;
    while (written < length) {
        uint8_t lead = (uint8_t)text[written];
        size_t step = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        if (written + step > room || written + step > length) {
            break;
        }
        memcpy(data + written, text + written, step);
        replace_surrogates(data + written, step);
        written += step;
        read_units += step == 4 ? 2 : 1;
    }
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, buffer);
    JSValue result = JS_NewObject(ctx);
    JS_DefinePropertyValueStr(ctx, result, "read", JS_NewInt64(ctx, read_units), JS_PROP_C_W_E);
    JS_DefinePropertyValueStr(ctx, result, "written", JS_NewInt64(ctx, (int64_t)written),
                              JS_PROP_C_W_E);
    return result;
}

// --- TextDecoder ---

// Looks at the sequence that begins at `bytes`. Returns its length when it is complete and valid,
// 0 when it is valid so far but cut off, and minus the number of bytes that one replacement
// character stands for when it is not valid (the standard's "maximal subpart").
static int sequence_length(const uint8_t *bytes, size_t length) {
    uint8_t lead = bytes[0];
    if (lead < 0x80) {
        return 1;
    }
    int needed = lead >= 0xC2 && lead <= 0xDF   ? 1
                 : lead >= 0xE0 && lead <= 0xEF ? 2
                 : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                : 0;
    if (!needed) {
        return -1;
    }
    uint8_t lower = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t upper = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    for (int i = 1; i <= needed; i++) {
        if ((size_t)i >= length) {
            return 0;
        }
        if (bytes[i] < lower || bytes[i] > upper) {
            return -i;
        }
        lower = 0x80;
        upper = 0xBF;
    }
    return needed + 1;
}

// Decodes what is in `in` (pending bytes first). False: invalid and fatal.
static bool decode(struct decoder *decoder, const struct mjs_buffer *in, bool more,
                   struct mjs_buffer *out) {
    const uint8_t *bytes = (const uint8_t *)mjs_buffer_text(in);
    size_t at = 0;
    decoder->pending_bytes = 0;
    while (at < in->bytes) {
        int length = sequence_length(bytes + at, in->bytes - at);
        if (length > 0) {
            mjs_buffer_append(out, bytes + at, (size_t)length);
            at += (size_t)length;
            continue;
        }
        if (length == 0 && more) {
            decoder->pending_bytes = (int)(in->bytes - at);
            memcpy(decoder->pending, bytes + at, in->bytes - at);
            return true;
        }
        if (decoder->fatal) {
            return false;
        }
        mjs_buffer_append(out, replacement, 3);
        at += length == 0 ? in->bytes - at : (size_t)-length;
    }
    return true;
}

static bool is_utf8_label(const char *label) {
    static const char *const labels[] = {"utf-8",         "utf8",          "unicode-1-1-utf-8",
                                         "unicode11utf8", "unicode20utf8", "x-unicode20utf8"};
    size_t skip = strspn(label, " \t\n\f\r");
    size_t length = strcspn(label + skip, " \t\n\f\r");
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        if (strlen(labels[i]) == length && strncasecmp(label + skip, labels[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static int get_flag(JSContext *ctx, JSValueConst options, const char *name, bool *flag) {
    *flag = false;
    if (JS_IsUndefined(options) || JS_IsNull(options)) {
        return 0;
    }
    JSValue value = JS_GetPropertyStr(ctx, options, name);
    if (JS_IsException(value)) {
        return -1;
    }
    *flag = JS_ToBool(ctx, value) > 0;
    JS_FreeValue(ctx, value);
    return 0;
}

static JSValue decoder_new(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    if (argc > 0 && !JS_IsUndefined(argv[0])) {
        const char *label = JS_ToCString(ctx, argv[0]);
        if (!label) {
            return JS_EXCEPTION;
        }
        bool known = is_utf8_label(label);
        if (!known) {
            JS_ThrowRangeError(ctx, "TextDecoder knows only utf-8, not \"%s\"", label);
        }
        JS_FreeCString(ctx, label);
        if (!known) {
            return JS_EXCEPTION;
        }
    }
    struct decoder flags = {0};
    JSValueConst options = argc > 1 ? argv[1] : JS_UNDEFINED;
    if (get_flag(ctx, options, "fatal", &flags.fatal) != 0 ||
        get_flag(ctx, options, "ignoreBOM", &flags.ignore_bom) != 0) {
        return JS_EXCEPTION;
    }
    JSValue proto = JS_GetPropertyStr(ctx, new_target, "prototype");
    JSValue object = JS_NewObjectProtoClass(ctx, proto, decoder_class);
    JS_FreeValue(ctx, proto);
    struct decoder *decoder = JS_IsException(object) ? NULL : js_malloc(ctx, sizeof(*decoder));
    if (!decoder) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    *decoder = flags;
    JS_SetOpaque(object, decoder);
    return object;
}

// Appends the bytes of an ArrayBuffer or a view. 0 ok, -1 exception pending.
static int append_bytes(JSContext *ctx, JSValueConst value, struct mjs_buffer *in) {
    uint8_t *data;
    size_t length;
    JSValue buffer = open_bytes(ctx, value, &data, &length);
    if (JS_IsException(buffer)) {
        return -1;
    }
    mjs_buffer_append(in, data, length);
    JS_FreeValue(ctx, buffer);
    return 0;
}

static JSValue decoder_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct decoder *decoder = JS_GetOpaque2(ctx, this_val, decoder_class);
    bool more;
    if (!decoder || get_flag(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, "stream", &more) != 0) {
        return JS_EXCEPTION;
    }
    struct mjs_buffer in = {0};
    struct mjs_buffer out = {0};
    mjs_buffer_append(&in, decoder->pending, (size_t)decoder->pending_bytes);
    JSValue result = JS_EXCEPTION;
    if (argc > 0 && !JS_IsUndefined(argv[0]) && append_bytes(ctx, argv[0], &in) != 0) {
        goto done;
    }
    bool valid = decode(decoder, &in, more, &out);
    if (in.failed || out.failed) {
        JS_ThrowOutOfMemory(ctx);
        goto done;
    }
    if (!valid) {
        decoder->pending_bytes = 0;
        decoder->bom_seen = false;
        JS_ThrowTypeError(ctx, "the bytes are not valid UTF-8");
        goto done;
    }
    size_t skip = 0;
    if (!decoder->bom_seen && out.bytes > 0) {
        skip = !decoder->ignore_bom && out.bytes >= 3 && memcmp(out.data, "\xEF\xBB\xBF", 3) == 0
                   ? 3
                   : 0;
        decoder->bom_seen = true;
    }
    if (!more) {
        decoder->bom_seen = false;
    }
    result = JS_NewStringLen(ctx, mjs_buffer_text(&out) + skip, out.bytes - skip);
done:
    mjs_buffer_free(&in);
    mjs_buffer_free(&out);
    return result;
}

static JSValue get_encoding(JSContext *ctx, JSValueConst this_val) {
    (void)this_val;
    return JS_NewString(ctx, "utf-8");
}

static JSValue get_decoder_flag(JSContext *ctx, JSValueConst this_val, int which) {
    struct decoder *decoder = JS_GetOpaque2(ctx, this_val, decoder_class);
    if (!decoder) {
        return JS_EXCEPTION;
    }
    return JS_NewBool(ctx, which == 0 ? decoder->fatal : decoder->ignore_bom);
}

static const JSCFunctionListEntry encoder_functions[] = {
    JS_CFUNC_DEF("encode", 0, encoder_encode),
    JS_CFUNC_DEF("encodeInto", 2, encoder_encode_into),
    JS_CGETSET_DEF("encoding", get_encoding, NULL),
};

static const JSCFunctionListEntry decoder_functions[] = {
    JS_CFUNC_DEF("decode", 0, decoder_decode),
    JS_CGETSET_DEF("encoding", get_encoding, NULL),
    JS_CGETSET_MAGIC_DEF("fatal", get_decoder_flag, NULL, 0),
    JS_CGETSET_MAGIC_DEF("ignoreBOM", get_decoder_flag, NULL, 1),
};

static int install_class(JSContext *ctx, JSValueConst global, JSClassID *id, const JSClassDef *def,
                         JSCFunction *construct, const JSCFunctionListEntry *functions, int count) {
    // Each runtime counts its classes by itself. A worker must take the number as well, or it gives
    // it to its next class (os.Worker), and methods take the one for the other.
    JSRuntime *rt = JS_GetRuntime(ctx);
    JSClassID taken = 0;
    JS_NewClassID(rt, &taken);
    if (*id == 0) {
        *id = taken;
    }
    MJS_ASSERT(*id == taken);
    if (JS_NewClass(rt, *id, def) != 0) {
        return -1;
    }
    JSValue proto = JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, proto, functions, count);
    JSValue constructor =
        JS_NewCFunction2(ctx, construct, def->class_name, 0, JS_CFUNC_constructor, 0);
    JS_SetConstructor(ctx, constructor, proto);
    JS_SetClassProto(ctx, *id, proto);
    int result = JS_DefinePropertyValueStr(ctx, global, def->class_name, constructor,
                                           JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    return result < 0 ? -1 : 0;
}

int mjs_text_install(JSContext *ctx) {
    JSValue global = JS_GetGlobalObject(ctx);
    int failed =
        install_class(ctx, global, &encoder_class, &encoder_def, encoder_new, encoder_functions,
                      (int)(sizeof(encoder_functions) / sizeof(encoder_functions[0])));
    failed |=
        install_class(ctx, global, &decoder_class, &decoder_def, decoder_new, decoder_functions,
                      (int)(sizeof(decoder_functions) / sizeof(decoder_functions[0])));
    JS_FreeValue(ctx, global);
    return failed;
}

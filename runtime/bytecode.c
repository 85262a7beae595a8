// SPDX-License-Identifier: MIT
// Writes, checks and loads the container of bytecode.
#include "bytecode.h"

#include <string.h>

#define CONTAINER_VERSION 1
#define VERSION_BYTES 16
#define HASHED_FROM 40

static const char magic[8] = {'\x89', 'M', 'J', 'S', 'C', '\r', '\n', '\x1a'};

_Static_assert(sizeof(MJS_VERSION) <= VERSION_BYTES, "our version has its place");

bool mjs_bytecode_is(const void *bytes, size_t count) {
    return count >= sizeof(magic) && memcmp(bytes, magic, sizeof(magic)) == 0;
}

static void put_number(char *at, uint64_t number, int bytes) {
    for (int i = 0; i < bytes; i++) {
        at[i] = (char)(number >> (8 * i) & 0xff);
    }
}

static uint64_t get_number(const char *at, int bytes) {
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++) {
        number |= (uint64_t)(unsigned char)at[i] << (8 * i);
    }
    return number;
}

// The engine says which version its bytecode has only by writing some.
static int engine_bytecode_version(JSContext *ctx) {
    size_t bytes;
    uint8_t *written = JS_WriteObject(ctx, &bytes, JS_UNDEFINED, 0);
    if (!written) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return -1;
    }
    int version = bytes > 0 ? written[0] : -1;
    js_free(ctx, written);
    return version;
}

// The parts of the head that say who can load it.
static bool put_versions(JSContext *ctx, char *head) {
    int version = engine_bytecode_version(ctx);
    size_t engine_bytes = strlen(JS_GetVersion());
    if (version < 0 || engine_bytes > VERSION_BYTES) {
        return false;
    }
    put_number(head + 40, CONTAINER_VERSION, 4);
    put_number(head + 44, (uint64_t)version, 4);
    memcpy(head + 48, JS_GetVersion(), engine_bytes);
    memcpy(head + 64, MJS_VERSION, sizeof(MJS_VERSION) - 1);
    return true;
}

static int init_nothing(JSContext *ctx, JSModuleDef *module) {
    (void)ctx;
    (void)module;
    return 0;
}

// Stands for whatever is imported: the parser wants a module, but nothing of it before it is
// linked.
static JSModuleDef *load_nothing(JSContext *ctx, const char *name, void *opaque) {
    (void)opaque;
    return JS_NewCModule(ctx, name, init_nothing);
}

// The engine's own name for what is imported is the one in the code.
static char *keep_name(JSContext *ctx, const char *base, const char *name, void *opaque) {
    (void)base;
    (void)opaque;
    return js_strdup(ctx, name);
}

static bool write_container(JSContext *ctx, const char *name, const uint8_t *code,
                            size_t code_bytes, const struct mjs_buffer *map,
                            struct mjs_buffer *container) {
    char head[MJS_BYTECODE_HEAD_BYTES] = {0};
    memcpy(head, magic, sizeof(magic));
    put_number(head + 80, strlen(name), 8);
    put_number(head + 88, code_bytes, 8);
    put_number(head + 96, map->bytes, 8);
    mjs_hash_sha256(mjs_buffer_text(map), map->bytes, (uint8_t *)head + 104);
    size_t start = container->bytes;
    if (!put_versions(ctx, head) || !mjs_buffer_append(container, head, sizeof(head)) ||
        !mjs_buffer_append_text(container, name) ||
        !mjs_buffer_append(container, code, code_bytes)) {
        return false;
    }
    char *all = container->data + start;
    mjs_hash_sha256(all + HASHED_FROM, container->bytes - start - HASHED_FROM,
                    (uint8_t *)all + sizeof(magic));
    return map->bytes == 0 || mjs_buffer_append(container, map->data, map->bytes);
}

static bool compile(JSContext *ctx, const char *name, const struct mjs_buffer *code,
                    const struct mjs_buffer *map, struct mjs_buffer *container) {
    JSValue module = JS_Eval(ctx, mjs_buffer_text(code), code->bytes, name,
                             JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(module)) {
        return false;
    }
    size_t bytes;
    uint8_t *written =
        JS_WriteObject(ctx, &bytes, module, JS_WRITE_OBJ_BYTECODE | JS_WRITE_OBJ_STRIP_SOURCE);
    JS_FreeValue(ctx, module);
    bool made = written && write_container(ctx, name, written, bytes, map, container);
    js_free(ctx, written);
    return made;
}

mjs_result mjs_bytecode_compile(const char *name, const struct mjs_buffer *code,
                                const struct mjs_buffer *map, struct mjs_buffer *container,
                                struct mjs_error *err) {
    JSRuntime *rt = JS_NewRuntime();
    JSContext *ctx = rt ? JS_NewContext(rt) : NULL;
    mjs_result result = MJS_OK;
    if (!ctx) {
        result = mjs_result_fail(err, MJS_ENOMEM, "out of memory");
    } else {
        JS_SetModuleLoaderFunc(rt, keep_name, load_nothing, NULL);
        if (!compile(ctx, name, code, map, container) && !JS_HasException(ctx)) {
            result = mjs_result_fail(err, MJS_ENOMEM, "out of memory");
        } else if (JS_HasException(ctx)) {
            JSValue exception = JS_GetException(ctx);
            const char *text = JS_ToCString(ctx, exception);
            result = mjs_result_fail(err, MJS_EINVAL, "cannot compile to bytecode: %s",
                                     text ? text : "out of memory");
            JS_FreeCString(ctx, text);
            JS_FreeValue(ctx, exception);
        }
        JS_FreeContext(ctx);
    }
    if (rt) {
        JS_FreeRuntime(rt);
    }
    return result;
}

// Whether the three lengths fit into what is there; the map may be left out, but not cut.
static bool lengths_fit(const struct mjs_buffer *container, const char *head) {
    uint64_t name_bytes = get_number(head + 80, 8);
    uint64_t code_bytes = get_number(head + 88, 8);
    uint64_t map_bytes = get_number(head + 96, 8);
    uint64_t left = container->bytes - MJS_BYTECODE_HEAD_BYTES;
    if (name_bytes == 0 || name_bytes > left || code_bytes == 0 || code_bytes > left - name_bytes) {
        return false;
    }
    left -= name_bytes + code_bytes;
    return left == map_bytes || left == 0;
}

static mjs_result check_versions(JSContext *ctx, const char *head, struct mjs_error *err) {
    char expected[MJS_BYTECODE_HEAD_BYTES] = {0};
    if (!put_versions(ctx, expected)) {
        return mjs_result_fail(err, MJS_ENOMEM, "out of memory");
    }
    if (memcmp(head + 40, expected + 40, 40) != 0) {
        return mjs_result_fail(err, MJS_EUNSUPPORTED,
                               "was built by another version (maixjs %.*s with QuickJS-ng %.*s; "
                               "this is maixjs %s with %s): build it again",
                               VERSION_BYTES, head + 64, VERSION_BYTES, head + 48, MJS_VERSION,
                               JS_GetVersion());
    }
    return MJS_OK;
}

mjs_result mjs_bytecode_check(JSContext *ctx, const struct mjs_buffer *container,
                              struct mjs_bytecode *found, struct mjs_error *err) {
    const char *head = mjs_buffer_text(container);
    if (!mjs_bytecode_is(head, container->bytes)) {
        return mjs_result_fail(err, MJS_EINVAL, "is no bytecode of maixjs build");
    }
    if (container->bytes < MJS_BYTECODE_HEAD_BYTES || !lengths_fit(container, head)) {
        return mjs_result_fail(err, MJS_EINVAL, "is damaged: it is not as long as it says");
    }
    size_t name_bytes = (size_t)get_number(head + 80, 8);
    size_t code_bytes = (size_t)get_number(head + 88, 8);
    size_t end = MJS_BYTECODE_HEAD_BYTES + name_bytes + code_bytes;
    uint8_t hash[MJS_HASH_BYTES];
    mjs_hash_sha256(head + HASHED_FROM, end - HASHED_FROM, hash);
    if (memcmp(hash, head + sizeof(magic), sizeof(hash)) != 0) {
        return mjs_result_fail(err, MJS_EINVAL, "is damaged: its checksum is wrong");
    }
    mjs_result result = check_versions(ctx, head, err);
    if (result != MJS_OK) {
        return result;
    }
    const char *name = head + MJS_BYTECODE_HEAD_BYTES;
    // The first byte is the version that the engine will look at.
    if (memchr(name, '\0', name_bytes) ||
        (uint64_t)(unsigned char)name[name_bytes] != get_number(head + 44, 4)) {
        return mjs_result_fail(err, MJS_EINVAL, "is damaged: its parts do not fit together");
    }
    *found = (struct mjs_bytecode){.name = name,
                                   .name_bytes = name_bytes,
                                   .code = (const uint8_t *)name + name_bytes,
                                   .code_bytes = code_bytes,
                                   .map_offset = end,
                                   .map_bytes = (size_t)get_number(head + 96, 8)};
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < MJS_HASH_BYTES; i++) {
        found->map_hash[2 * i] = digits[(unsigned char)head[104 + i] >> 4];
        found->map_hash[2 * i + 1] = digits[(unsigned char)head[104 + i] & 15];
    }
    return MJS_OK;
}

void mjs_bytecode_unwrap(struct mjs_buffer *container, const struct mjs_bytecode *found) {
    memmove(container->data, found->code, found->code_bytes);
    container->bytes = found->code_bytes;
    container->data[container->bytes] = '\0';
}

JSValue mjs_bytecode_load(JSContext *ctx, const void *code, size_t code_bytes) {
    JSValue module = JS_ReadObject(ctx, code, code_bytes, JS_READ_OBJ_BYTECODE);
    if (JS_IsException(module)) {
        return JS_EXCEPTION;
    }
    if (JS_VALUE_GET_TAG(module) != JS_TAG_MODULE) {
        JS_FreeValue(ctx, module);
        return JS_ThrowSyntaxError(ctx, "this bytecode is no module");
    }
    if (JS_ResolveModule(ctx, module) != 0) {
        JS_FreeValue(ctx, module);
        return JS_EXCEPTION;
    }
    return module;
}

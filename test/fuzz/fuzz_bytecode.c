// SPDX-License-Identifier: MIT
// The check of the bytecode's container: what it lets pass lies inside of the file. The first byte
// says whether the checksum is made to fit, so that what is checked behind it is reached.
#include <string.h>

#include "../../runtime/bytecode.h"
#include "../../runtime/hash.h"
#include "fuzz.h"

#define HASHED_FROM 40
#define FIT_CHECKSUM 1
#define FIT_VERSIONS 2

static JSContext *ctx;
static struct mjs_buffer good;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    struct mjs_buffer code = {0};
    struct mjs_buffer map = {0};
    struct mjs_error err;
    ctx = JS_NewContext(JS_NewRuntime());
    FUZZ_CHECK(ctx != NULL && mjs_buffer_append_text(&code, "export const x = 1;") &&
               mjs_buffer_append_text(&map, "{}"));
    FUZZ_CHECK(mjs_bytecode_compile("a.js", &code, &map, &good, &err) == MJS_OK);
    mjs_buffer_free(&code);
    mjs_buffer_free(&map);
    return 0;
}

static uint64_t number_at(const struct mjs_buffer *bytes, size_t at) {
    uint64_t number;
    (void)memcpy(&number, bytes->data + at, sizeof number);
    return number;
}

static void fit(struct mjs_buffer *container, uint8_t how) {
    if (container->bytes < MJS_BYTECODE_HEAD_BYTES)
        return;
    if ((how & FIT_VERSIONS) != 0) {
        (void)memcpy(container->data, good.data, 8);
        (void)memcpy(container->data + HASHED_FROM, good.data + HASHED_FROM, 80 - HASHED_FROM);
    }
    if ((how & FIT_CHECKSUM) != 0) {
        uint64_t left = container->bytes - MJS_BYTECODE_HEAD_BYTES;
        uint64_t name = number_at(container, 80);
        uint64_t code = number_at(container, 88);
        uint64_t end = name <= left && code <= left - name ? MJS_BYTECODE_HEAD_BYTES + name + code
                                                           : container->bytes;
        mjs_hash_sha256(container->data + HASHED_FROM, (size_t)end - HASHED_FROM,
                        (uint8_t *)container->data + 8);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes < 1)
        return 0;
    struct mjs_buffer container = {0};
    FUZZ_CHECK(mjs_buffer_append(&container, data + 1, bytes - 1));
    if (container.bytes > 0)
        fit(&container, data[0]);
    (void)mjs_bytecode_is(mjs_buffer_text(&container), container.bytes);
    struct mjs_bytecode found;
    struct mjs_error err = {0};
    if (mjs_bytecode_check(ctx, &container, &found, &err) == MJS_OK) {
        const char *end = container.data + container.bytes;
        FUZZ_CHECK(found.name >= container.data && found.name_bytes <= (size_t)(end - found.name));
        FUZZ_CHECK((const char *)found.code >= container.data &&
                   found.code_bytes <= (size_t)(end - (const char *)found.code));
        FUZZ_CHECK(found.map_offset <= container.bytes);
        size_t code_bytes = found.code_bytes;
        mjs_bytecode_unwrap(&container, &found);
        FUZZ_CHECK(container.bytes == code_bytes);
    } else {
        FUZZ_CHECK(err.message[0] != '\0');
    }
    mjs_buffer_free(&container);
    return 0;
}

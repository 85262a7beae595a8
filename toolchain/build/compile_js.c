// SPDX-License-Identifier: MIT
// A tool of the build: compiles one ES module to bytecode and writes it as a C array.
//
// compile_js <name> <module.js> <output.c>
// The array is `mjs_embedded_<name>`. Its debug information keeps line numbers; the source itself
// is stripped. The bytecode is trusted by the executable that it is linked into, and by no other.
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quickjs.h"

#define SOURCE_BYTES_MAX (16u << 20)
#define BYTES_PER_LINE 20

static _Noreturn void fail(const char *what, const char *subject) {
    fprintf(stderr, "compile_js: %s: %s\n", what, subject);
    exit(1);
}

// The whole file, with a NUL behind it, which JS_Eval needs.
static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file)
        fail("cannot open", path);
    char *text = malloc(SOURCE_BYTES_MAX + 1);
    if (!text)
        fail("out of memory", path);
    *length = fread(text, 1, SOURCE_BYTES_MAX, file);
    if (ferror(file))
        fail("cannot read", path);
    if (*length == SOURCE_BYTES_MAX)
        fail("too large", path);
    if (fclose(file))
        fail("cannot close", path);
    text[*length] = 0;
    return text;
}

static _Noreturn void fail_with_exception(JSContext *ctx, const char *path) {
    JSValue error = JS_GetException(ctx);
    const char *text = JS_ToCString(ctx, error);
    fail(path, text ? text : "an exception that has no text");
}

static void write_array(FILE *out, const char *name, const uint8_t *bytes, size_t count) {
    fprintf(out, "// Made by toolchain/build/compile_js.c.\n");
    fprintf(out, "extern const unsigned char mjs_embedded_%s[];\n", name);
    fprintf(out, "extern const unsigned long mjs_embedded_%s_bytes;\n", name);
    fprintf(out, "const unsigned long mjs_embedded_%s_bytes = %zu;\n", name, count);
    fprintf(out, "const unsigned char mjs_embedded_%s[] = {", name);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%u,", i % BYTES_PER_LINE == 0 ? "\n" : "", bytes[i]);
    fprintf(out, "\n};\n");
}

int main(int argc, char **argv) {
    if (argc != 4)
        fail("usage", "compile_js <name> <module.js> <output.c>");
    const char *name = argv[1];
    size_t source_bytes;
    char *source = read_file(argv[2], &source_bytes);

    JSRuntime *runtime = JS_NewRuntime();
    JSContext *ctx = runtime ? JS_NewContext(runtime) : NULL;
    if (!ctx)
        fail("out of memory", name);
    char module_name[128];
    snprintf(module_name, sizeof module_name, "maixjs:%s", name);

    JSValue module = JS_Eval(ctx, source, source_bytes, module_name,
                             JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(module))
        fail_with_exception(ctx, argv[2]);
    size_t count;
    uint8_t *bytes =
        JS_WriteObject(ctx, &count, module, JS_WRITE_OBJ_BYTECODE | JS_WRITE_OBJ_STRIP_DEBUG);
    if (!bytes)
        fail_with_exception(ctx, argv[2]);

    FILE *out = fopen(argv[3], "w");
    if (!out)
        fail("cannot create", argv[3]);
    write_array(out, name, bytes, count);
    if (ferror(out) || fclose(out))
        fail("cannot write", argv[3]);

    js_free(ctx, bytes);
    JS_FreeValue(ctx, module);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    free(source);
    return 0;
}

// SPDX-License-Identifier: MIT
// Options objects and arguments, through the binding: the engine runs fuzz_options.mjs, which makes
// them of the bytes and calls the recorder. One engine for all: libFuzzer is driven from inside of
// a native function.
//
// MJS_FUZZ_SCRIPT: the script's path.
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../../modules/registry.h"
#include "../../runtime/options.h"
#include "../../runtime/runtime.h"
#include "fuzz.h"
#include "quickjs.h"

#define MODULES_MAX 32
#define RUNS_PER_COLLECTION 64

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*run_one)(const uint8_t *data, size_t bytes));

static int main_argc;
static char **main_argv;
static JSContext *ctx;
static JSValueConst callback;
// In memory: on a disk, each sync would cost what a hundred inputs do.
static char folder[64] = "/dev/shm/maixjs-fuzz-XXXXXX";

static void remove_folder(void) {
    if (chdir(folder) == 0) {
        const char *const names[] = {"a.wav", "b.raw", "a-2.wav", "b-2.raw"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            (void)unlink(names[i]);
    }
    if (chdir("/") == 0)
        (void)rmdir(folder);
}

static int run_one(const uint8_t *data, size_t bytes) {
    static unsigned runs;
    JSValue argument = JS_NewArrayBufferCopy(ctx, data, bytes);
    JSValue result = JS_Call(ctx, callback, JS_UNDEFINED, 1, &argument);
    if (JS_IsException(result)) {
        JSValue error = JS_GetException(ctx);
        JSValue stack = JS_GetPropertyStr(ctx, error, "stack");
        const char *text = JS_ToCString(ctx, error);
        const char *where = JS_ToCString(ctx, stack);
        fprintf(stderr, "%s\n%s\n", text ? text : "?", where ? where : "");
        abort();
    }
    JS_FreeValue(ctx, result);
    JS_FreeValue(ctx, argument);
    if (++runs % RUNS_PER_COLLECTION == 0)
        JS_RunGC(JS_GetRuntime(ctx));
    return 0;
}

static JSValue fuzz(JSContext *context, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    ctx = context;
    callback = argv[0];
    FUZZ_CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0 && atexit(remove_folder) == 0);
    return JS_NewInt32(ctx, LLVMFuzzerRunDriver(&main_argc, &main_argv, run_one));
}

static int init_module(JSContext *context, JSModuleDef *module) {
    return JS_SetModuleExport(context, module, "fuzz", JS_NewCFunction(context, fuzz, "fuzz", 1));
}

static JSModuleDef *create_module(JSContext *context, const char *name) {
    JSModuleDef *module = JS_NewCModule(context, name, init_module);
    if (module != NULL && JS_AddModuleExport(context, module, "fuzz") != 0)
        return NULL;
    return module;
}

int main(int argc, char **argv) {
    static struct mjs_module modules[MODULES_MAX];
    char name[] = "maixjs";
    char no_cache[] = "--no-cache";
    char memory[] = "--memory-limit=256M"; // large buffers are refused, not allocated
    char script[] = MJS_FUZZ_SCRIPT;
    char *arguments[] = {name, no_cache, memory, script, NULL};
    struct mjs_options options;
    main_argc = argc;
    main_argv = argv;
    int count = mjs_registry_count;
    FUZZ_CHECK(count < MODULES_MAX);
    (void)memcpy(modules, mjs_registry_modules, (size_t)count * sizeof modules[0]);
    modules[count++] = (struct mjs_module){.name = "maix:fuzz", .create = create_module};
    if (!mjs_options_parse(&options, 4, arguments))
        return 2;
    return mjs_runtime_run(&options, modules, count);
}

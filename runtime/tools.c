// SPDX-License-Identifier: MIT
// Loads and calls the embedded TypeScript.
#include "tools.h"

// Made by the build from ts/runtime/*.ts.
extern const unsigned char mjs_embedded_errors[];
extern const unsigned long mjs_embedded_errors_bytes;
extern const unsigned char mjs_embedded_inspect[];
extern const unsigned long mjs_embedded_inspect_bytes;
extern const unsigned char mjs_embedded_manifest[];
extern const unsigned long mjs_embedded_manifest_bytes;
extern const unsigned char mjs_embedded_repl[];
extern const unsigned long mjs_embedded_repl_bytes;

_Static_assert(MJS_TOOL_COUNT <= MJS_HOST_TOOLS_MAX, "every tool has its place");

JSContext *mjs_tools_context(struct mjs_host *host) {
    if (!host->tools) {
        host->tools = JS_NewContext(host->rt);
        if (host->tools) {
            JS_SetContextOpaque(host->tools, host);
        }
    }
    return host->tools;
}

static JSModuleDef *load(struct mjs_host *host, enum mjs_tool tool) {
    const unsigned char *const codes[MJS_TOOL_COUNT] = {
        [MJS_TOOL_ERRORS] = mjs_embedded_errors,
        [MJS_TOOL_INSPECT] = mjs_embedded_inspect,
        [MJS_TOOL_MANIFEST] = mjs_embedded_manifest,
        [MJS_TOOL_REPL] = mjs_embedded_repl,
    };
    const unsigned long sizes[MJS_TOOL_COUNT] = {
        [MJS_TOOL_ERRORS] = mjs_embedded_errors_bytes,
        [MJS_TOOL_INSPECT] = mjs_embedded_inspect_bytes,
        [MJS_TOOL_MANIFEST] = mjs_embedded_manifest_bytes,
        [MJS_TOOL_REPL] = mjs_embedded_repl_bytes,
    };
    JSContext *ctx = mjs_tools_context(host);
    if (!ctx) {
        return NULL;
    }
    JSValue module = JS_ReadObject(ctx, codes[tool], sizes[tool], JS_READ_OBJ_BYTECODE);
    if (JS_IsException(module)) {
        return NULL;
    }
    if (JS_ResolveModule(ctx, module) != 0) {
        JS_FreeValue(ctx, module);
        return NULL;
    }
    JSModuleDef *def = JS_VALUE_GET_PTR(module);
    JSValue result = JS_EvalFunction(ctx, module);
    if (JS_IsException(result)) {
        return NULL;
    }
    JS_FreeValue(ctx, result);
    return def;
}

JSValue mjs_tools_call(struct mjs_host *host, enum mjs_tool tool, const char *function, int argc,
                       JSValueConst *argv) {
    if (!host->tool_modules[tool]) {
        host->tool_modules[tool] = load(host, tool);
        if (!host->tool_modules[tool]) {
            return JS_EXCEPTION;
        }
    }
    JSContext *ctx = host->tools;
    JSValue exports = JS_GetModuleNamespace(ctx, host->tool_modules[tool]);
    JSValue func = JS_GetPropertyStr(ctx, exports, function);
    JS_FreeValue(ctx, exports);
    JSValue result =
        JS_IsException(func) ? JS_EXCEPTION : JS_Call(ctx, func, JS_UNDEFINED, argc, argv);
    JS_FreeValue(ctx, func);
    return result;
}

void mjs_tools_free(struct mjs_host *host) {
    if (host->tools) {
        JS_FreeContext(host->tools);
        host->tools = NULL;
    }
}

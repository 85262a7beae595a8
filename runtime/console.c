// SPDX-License-Identifier: MIT
// A plain console: strings as they are, errors with their TypeScript stack, objects inspected.
#include "console.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "js_util.h"
#include "stop.h"
#include "tools.h"

static int append_string(JSContext *ctx, JSValueConst value, struct mjs_buffer *line) {
    size_t bytes;
    const char *text = JS_ToCStringLen(ctx, &bytes, value);
    if (!text) {
        return -1;
    }
    mjs_buffer_append(line, text, bytes);
    JS_FreeCString(ctx, text);
    return 0;
}

// Objects and symbols, through the embedded inspector. What cannot be inspected is still named.
static int append_inspected(struct mjs_host *host, JSContext *ctx, JSValueConst value,
                            struct mjs_buffer *line) {
    JSValue text = mjs_tools_call(host, MJS_TOOL_INSPECT, "inspect", 1, &value);
    if (JS_IsException(text)) {
        JSContext *tools = mjs_tools_context(host);
        JS_FreeValue(ctx, JS_GetException(tools ? tools : ctx));
        mjs_buffer_append_text(line, JS_IsFunction(ctx, value) ? "[Function]" : "[object]");
        return 0;
    }
    int failed = append_string(ctx, text, line);
    JS_FreeValue(ctx, text);
    return failed;
}

static void write_line(struct mjs_host *host, int fd, const struct mjs_buffer *line) {
    if (host->before_output) {
        host->before_output(host);
    }
    fflush(stdout); // what was written through qjs:std comes first
    int failed = mjs_buffer_write_fd(fd, mjs_buffer_text(line), line->bytes);
    if (!failed || fd != STDOUT_FILENO) {
        return;
    }
    if (failed == EPIPE) {
        mjs_stop_request(); // nobody reads any more, as in `maixjs script.ts | head -1`
    } else if (host && !host->output_failed) {
        host->output_failed = true;
        mjs_js_warn("cannot write to standard output: %s", strerror(failed));
    }
}

static JSValue console_write(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                             int fd) {
    (void)this_val;
    struct mjs_host *host = mjs_host_of(ctx); // null in a worker
    struct mjs_buffer line = {0};
    int failed = 0;
    for (int i = 0; i < argc && !failed; i++) {
        if (i > 0) {
            mjs_buffer_append_text(&line, " ");
        }
        if (host && JS_IsError(argv[i])) {
            mjs_errors_format(host, argv[i], mjs_errors_color(fd), &line);
        } else if (host && (JS_IsObject(argv[i]) || JS_IsSymbol(argv[i]))) {
            failed = append_inspected(host, ctx, argv[i], &line);
        } else {
            failed = append_string(ctx, argv[i], &line);
        }
    }
    if (!failed) {
        mjs_buffer_append_text(&line, "\n");
        if (line.failed) {
            JS_ThrowOutOfMemory(ctx);
            failed = -1;
        } else {
            write_line(host, fd, &line);
        }
    }
    mjs_buffer_free(&line);
    return failed ? JS_EXCEPTION : JS_UNDEFINED;
}

static const JSCFunctionListEntry console_functions[] = {
    JS_CFUNC_MAGIC_DEF("log", 0, console_write, STDOUT_FILENO),
    JS_CFUNC_MAGIC_DEF("info", 0, console_write, STDOUT_FILENO),
    JS_CFUNC_MAGIC_DEF("debug", 0, console_write, STDOUT_FILENO),
    JS_CFUNC_MAGIC_DEF("warn", 0, console_write, STDERR_FILENO),
    JS_CFUNC_MAGIC_DEF("error", 0, console_write, STDERR_FILENO),
};

int mjs_console_install(JSContext *ctx) {
    JSValue console = JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, console, console_functions,
                               (int)(sizeof(console_functions) / sizeof(console_functions[0])));
    JSValue global = JS_GetGlobalObject(ctx);
    int result = JS_DefinePropertyValueStr(ctx, global, "console", console,
                                           JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    JS_FreeValue(ctx, global);
    return result < 0 ? -1 : 0;
}

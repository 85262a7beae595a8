// SPDX-License-Identifier: MIT
// The console: strings as they are, errors with their TypeScript stack, objects inspected.
#include "console.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "js_util.h"
#include "stop.h"
#include "tools.h"

#define ARGS_MAX 64 // of a call whose first argument has formats
#define INDENT 2
#define INDENT_MAX 100

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

// Forgets what a tool threw: printing never throws what a value's own code does.
static void forget_exception(struct mjs_host *host, JSContext *ctx) {
    JSContext *tools = mjs_tools_context(host);
    JS_FreeValue(ctx, JS_GetException(tools ? tools : ctx));
}

// Objects and symbols, through the embedded inspector. What cannot be inspected is still named.
static int append_inspected(struct mjs_host *host, JSContext *ctx, JSValueConst value, bool color,
                            struct mjs_buffer *line) {
    JSValue options = JS_NewObject(ctx);
    JS_SetPropertyStr(ctx, options, "color", JS_NewBool(ctx, color));
    JSValueConst args[2] = {value, options};
    JSValue text = mjs_tools_call(host, MJS_TOOL_INSPECT, "inspect", 2, args);
    JS_FreeValue(ctx, options);
    if (JS_IsException(text)) {
        forget_exception(host, ctx);
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
        mjs_stop_request_for(SIGPIPE); // nobody reads any more: `maixjs script.ts | head -1`
    } else if (host && !host->output_failed) {
        host->output_failed = true;
        mjs_js_warn("cannot write to standard output: %s", strerror(failed));
    }
}

// console.group's indentation, in front of each line.
static void indent_lines(const struct mjs_host *host, struct mjs_buffer *line) {
    if (!host || host->console_indent == 0) {
        return;
    }
    struct mjs_buffer indented = {0};
    const char *at = mjs_buffer_text(line);
    const char *end = at + line->bytes;
    for (bool more = true; more;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        more = stop != NULL;
        stop = stop ? stop : end;
        mjs_buffer_printf(&indented, "%*s", host->console_indent, "");
        mjs_buffer_append(&indented, at, (size_t)(stop - at));
        mjs_buffer_append_text(&indented, more ? "\n" : "");
        at = stop + 1;
    }
    mjs_buffer_free(line);
    *line = indented;
}

// Whether the value is shown as String(value) has it, but for the n of a bigint. -0 is not.
static bool is_plain(JSValueConst value) {
    if (JS_VALUE_GET_TAG(value) == JS_TAG_FLOAT64) {
        return !signbit(JS_VALUE_GET_FLOAT64(value)) || JS_VALUE_GET_FLOAT64(value) < 0;
    }
    return !JS_IsObject(value) && !JS_IsSymbol(value);
}

// The engine's DOMException is an error for everybody but the engine.
static bool is_error(JSContext *ctx, JSValueConst value) {
    if (JS_IsError(value) || !JS_IsObject(value)) {
        return JS_IsError(value);
    }
    JSAtom atom = JS_GetClassName(JS_GetRuntime(ctx), JS_GetClassID(value));
    const char *name = JS_AtomToCString(ctx, atom);
    bool found = name && strcmp(name, "DOMException") == 0;
    JS_FreeCString(ctx, name);
    JS_FreeAtom(ctx, atom);
    return found;
}

static int append_value(struct mjs_host *host, JSContext *ctx, JSValueConst value, int fd,
                        struct mjs_buffer *line) {
    if (JS_IsString(value) || !host) {
        return append_string(ctx, value, line);
    }
    if (is_error(ctx, value)) {
        mjs_errors_format(host, value, mjs_errors_color(fd), line);
        return 0;
    }
    bool color = mjs_errors_color(fd);
    // Most values need no inspector, which takes a moment to load.
    if (!color && is_plain(value)) {
        int failed = append_string(ctx, value, line);
        mjs_buffer_append_text(line, JS_IsBigInt(value) ? "n" : "");
        return failed;
    }
    return append_inspected(host, ctx, value, color, line);
}

// The `%` formats of the first argument. Returns how many arguments they took; 0: there are none.
static int append_formatted(struct mjs_host *host, JSContext *ctx, int argc, JSValueConst *argv,
                            int fd, struct mjs_buffer *line) {
    if (!host || argc < 2 || argc > ARGS_MAX - 1 || !JS_IsString(argv[0])) {
        return 0;
    }
    const char *text = JS_ToCString(ctx, argv[0]);
    bool has_formats = text && strchr(text, '%');
    JS_FreeCString(ctx, text);
    if (!has_formats) {
        return text ? 0 : -1;
    }
    JSValueConst args[ARGS_MAX] = {JS_NewBool(ctx, mjs_errors_color(fd))};
    memcpy(args + 1, argv, (size_t)argc * sizeof(*argv));
    JSValue made = mjs_tools_call(host, MJS_TOOL_INSPECT, "format", argc + 1, args);
    if (JS_IsException(made)) {
        forget_exception(host, ctx);
        return 0;
    }
    JSValue filled = JS_GetPropertyUint32(ctx, made, 0);
    JSValue used = JS_GetPropertyUint32(ctx, made, 1);
    int32_t count = 0;
    bool failed = append_string(ctx, filled, line) != 0 || JS_ToInt32(ctx, &count, used) != 0;
    JS_FreeValue(ctx, filled);
    JS_FreeValue(ctx, used);
    JS_FreeValue(ctx, made);
    return failed ? -1 : count;
}

static JSValue write_values(JSContext *ctx, int argc, JSValueConst *argv, int fd) {
    struct mjs_host *host = mjs_host_of(ctx); // null in a worker
    struct mjs_buffer line = {0};
    int done = append_formatted(host, ctx, argc, argv, fd, &line);
    bool failed = done < 0;
    for (int i = done; i < argc && !failed; i++) {
        if (i > 0) {
            mjs_buffer_append_text(&line, " ");
        }
        failed = append_value(host, ctx, argv[i], fd, &line) != 0;
    }
    if (!failed) {
        indent_lines(host, &line);
        mjs_buffer_append_text(&line, "\n");
        if (line.failed) {
            JS_ThrowOutOfMemory(ctx);
            failed = true;
        } else {
            write_line(host, fd, &line);
        }
    }
    mjs_buffer_free(&line);
    return failed ? JS_EXCEPTION : JS_UNDEFINED;
}

static JSValue console_write(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                             int fd) {
    (void)this_val;
    return write_values(ctx, argc, argv, fd);
}

static JSValue console_group(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    JSValue result = argc > 0 ? write_values(ctx, argc, argv, STDOUT_FILENO) : JS_UNDEFINED;
    struct mjs_host *host = mjs_host_of(ctx);
    if (host && host->console_indent < INDENT_MAX) {
        host->console_indent += INDENT;
    }
    return result;
}

static JSValue console_group_end(JSContext *ctx, JSValueConst this_val, int argc,
                                 JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    struct mjs_host *host = mjs_host_of(ctx);
    if (host && host->console_indent > 0) {
        host->console_indent -= INDENT;
    }
    return JS_UNDEFINED;
}

static JSValue console_assert(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    if (argc > 0 && JS_ToBool(ctx, argv[0]) > 0) {
        return JS_UNDEFINED;
    }
    // What is said stands behind "Assertion failed", as one format where it begins with text.
    const char *text = argc > 1 && JS_IsString(argv[1]) ? JS_ToCString(ctx, argv[1]) : NULL;
    struct mjs_buffer front = {0};
    mjs_buffer_printf(&front, argc > 1 ? "Assertion failed:%s%s" : "Assertion failed",
                      text ? " " : "", text ? text : "");
    JSValue first = JS_NewStringLen(ctx, mjs_buffer_text(&front), front.bytes);
    mjs_buffer_free(&front);
    JSValueConst args[ARGS_MAX] = {first};
    int count = 1;
    for (int i = text ? 2 : 1; i < argc && count < ARGS_MAX; i++) {
        args[count++] = argv[i];
    }
    JS_FreeCString(ctx, text);
    JSValue result =
        JS_IsException(first) ? JS_EXCEPTION : write_values(ctx, count, args, STDERR_FILENO);
    JS_FreeValue(ctx, first);
    return result;
}

// Our own frame, which the engine has put first, says nothing.
static void drop_first_frame(JSContext *ctx, JSValueConst error) {
    JSValue stack = JS_GetPropertyStr(ctx, error, "stack");
    const char *text = JS_IsString(stack) ? JS_ToCString(ctx, stack) : NULL;
    const char *line_end = text ? strchr(text, '\n') : NULL;
    if (line_end) {
        JS_DefinePropertyValueStr(ctx, error, "stack", JS_NewString(ctx, line_end + 1),
                                  JS_PROP_CONFIGURABLE);
    }
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, stack);
}

// "Trace: <values>" and where this is called from.
static JSValue console_trace(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    struct mjs_host *host = mjs_host_of(ctx);
    struct mjs_buffer text = {0};
    int done = append_formatted(host, ctx, argc, argv, STDERR_FILENO, &text);
    bool failed = done < 0;
    for (int i = done; i < argc && !failed; i++) {
        mjs_buffer_append_text(&text, i > 0 ? " " : "");
        failed = append_value(host, ctx, argv[i], STDERR_FILENO, &text) != 0;
    }
    if (!failed) {
        JS_ThrowPlainError(ctx, "%s", "");
        JSValue error = JS_GetException(ctx);
        drop_first_frame(ctx, error);
        JS_DefinePropertyValueStr(ctx, error, "name", JS_NewString(ctx, "Trace"), 0);
        JS_DefinePropertyValueStr(ctx, error, "message",
                                  JS_NewStringLen(ctx, mjs_buffer_text(&text), text.bytes), 0);
        JSValue result = write_values(ctx, 1, (JSValueConst *)&error, STDERR_FILENO);
        failed = JS_IsException(result);
        JS_FreeValue(ctx, error);
    }
    mjs_buffer_free(&text);
    return failed ? JS_EXCEPTION : JS_UNDEFINED;
}

enum tool_method { TABLE, DIR, COUNT, COUNT_RESET, TIME, TIME_LOG, TIME_END };

// The methods that ts/runtime/console.ts does; it answers with a line, or nothing.
static JSValue console_tool(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                            int method) {
    (void)this_val;
    static const char *const names[] = {
        [TABLE] = "table",      [DIR] = "dir",
        [COUNT] = "count",      [COUNT_RESET] = "countReset",
        [TIME] = "time",        [TIME_LOG] = "timeLog",
        [TIME_END] = "timeEnd",
    };
    struct mjs_host *host = mjs_host_of(ctx);
    if (!host) {
        return write_values(ctx, argc, argv, STDOUT_FILENO);
    }
    JSValue name = JS_NewString(ctx, names[method]);
    JSValueConst args[ARGS_MAX] = {name, JS_NewBool(ctx, mjs_errors_color(STDOUT_FILENO)),
                                   JS_NewFloat64(ctx, (double)mjs_stop_now_ns() / 1e6)};
    int count = 3;
    for (int i = 0; i < argc && count < ARGS_MAX; i++) {
        args[count++] = argv[i];
    }
    JSValue line = mjs_tools_call(host, MJS_TOOL_INSPECT, "call", count, args);
    JS_FreeValue(ctx, name);
    if (JS_IsException(line)) {
        forget_exception(host, ctx);
        return write_values(ctx, argc > 1 ? 1 : argc, argv, STDOUT_FILENO);
    }
    if (!JS_IsObject(line)) {
        return JS_UNDEFINED;
    }
    JSValue is_error = JS_GetPropertyUint32(ctx, line, 0);
    JSValue text = JS_GetPropertyUint32(ctx, line, 1);
    JS_FreeValue(ctx, line);
    int fd = JS_ToBool(ctx, is_error) > 0 ? STDERR_FILENO : STDOUT_FILENO;
    JSValue result = write_values(ctx, 1, (JSValueConst *)&text, fd);
    JS_FreeValue(ctx, text);
    return result;
}

static const JSCFunctionListEntry console_functions[] = {
    JS_CFUNC_MAGIC_DEF("log", 0, console_write, STDOUT_FILENO),
    JS_CFUNC_MAGIC_DEF("info", 0, console_write, STDOUT_FILENO),
    JS_CFUNC_MAGIC_DEF("debug", 0, console_write, STDOUT_FILENO),
    JS_CFUNC_MAGIC_DEF("warn", 0, console_write, STDERR_FILENO),
    JS_CFUNC_MAGIC_DEF("error", 0, console_write, STDERR_FILENO),
    JS_CFUNC_DEF("trace", 0, console_trace),
    JS_CFUNC_DEF("assert", 0, console_assert),
    JS_CFUNC_DEF("group", 0, console_group),
    JS_CFUNC_DEF("groupCollapsed", 0, console_group),
    JS_CFUNC_DEF("groupEnd", 0, console_group_end),
    JS_CFUNC_MAGIC_DEF("table", 1, console_tool, TABLE),
    JS_CFUNC_MAGIC_DEF("dir", 1, console_tool, DIR),
    JS_CFUNC_MAGIC_DEF("count", 0, console_tool, COUNT),
    JS_CFUNC_MAGIC_DEF("countReset", 0, console_tool, COUNT_RESET),
    JS_CFUNC_MAGIC_DEF("time", 0, console_tool, TIME),
    JS_CFUNC_MAGIC_DEF("timeLog", 0, console_tool, TIME_LOG),
    JS_CFUNC_MAGIC_DEF("timeEnd", 0, console_tool, TIME_END),
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

// SPDX-License-Identifier: MIT
// Shows errors through the embedded formatter, and without it where even that fails.
#include "errors.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hash.h"
#include "js_util.h"
#include "mappings.h"
#include "memory.h"
#include "tools.h"

#define MAP_BYTES_MAX ((size_t)64 << 20)
// What is left of its mappings for the lines of one stack, and decoded in the engine.
#define MAPPINGS_BYTES_MAX ((size_t)1 << 20)
#define MAPPED_LINES_MAX 100
#define SOURCE_BYTES_MAX ((size_t)16 << 20)
#define SOURCE_LINE_BYTES_MAX ((size_t)1 << 20)
// The kernel counts a process's start in such ticks, and a file is seldom changed that early.
#define CHANGE_SLACK_NS 50000000LL

bool mjs_errors_color(int fd) {
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    // Set by `maixjs run` and `dev`: the terminal is at the other end of a channel.
    const char *forced = getenv("FORCE_COLOR");
    if (no_color && no_color[0]) {
        return false;
    }
    if (forced && forced[0] && strcmp(forced, "0") != 0) {
        return true;
    }
    return isatty(fd) == 1 && !(term && strcmp(term, "dumb") == 0);
}

// The map's text, read from the cache when it is needed for the first time.
static void load_map(struct mjs_source *source) {
    if (source->map.bytes > 0 || source->map_file.bytes == 0) {
        return;
    }
    char hash[MJS_HASH_HEX_BYTES];
    mjs_result result =
        mjs_buffer_read_file(&source->map, mjs_buffer_text(&source->map_file), MAP_BYTES_MAX, NULL);
    if (result == MJS_EFBIG) {
        mjs_buffer_free(&source->map);
        return; // the file's name stays: there is a map, but it is not used
    }
    if (source->map_offset > 0 && source->map_offset <= source->map.bytes) {
        // Of a container of bytecode the map is the end.
        source->map.bytes -= source->map_offset;
        memmove(source->map.data, source->map.data + source->map_offset, source->map.bytes + 1);
    }
    mjs_hash_sha256_hex(mjs_buffer_text(&source->map), source->map.bytes, hash);
    if (result != MJS_OK || (source->map_hash[0] && strcmp(hash, source->map_hash) != 0)) {
        mjs_buffer_free(&source->map); // no map is better than a wrong one
    }
    mjs_buffer_free(&source->map_file);
}

// What the error comes out of: the script, or what the prompt imported, whichever has the first
// frame.
static struct mjs_source *source_of(struct mjs_host *host, JSValueConst value) {
    struct mjs_source *found = &host->source;
    JSValue stack = host->import_count > 0 && JS_IsError(value)
                        ? JS_GetPropertyStr(host->ctx, value, "stack")
                        : JS_UNDEFINED;
    const char *text = JS_IsString(stack) ? JS_ToCString(host->ctx, stack) : NULL;
    const char *first = NULL;
    for (int i = 0; text && i < host->import_count; i++) {
        struct mjs_buffer place = {0};
        mjs_buffer_printf(&place, "(%s:", mjs_buffer_text(&host->imports[i].name));
        const char *at = strstr(text, mjs_buffer_text(&place));
        if (at && (!first || at < first)) {
            first = at;
            found = &host->imports[i];
        }
        mjs_buffer_free(&place);
    }
    JS_FreeCString(host->ctx, text);
    if (JS_IsException(stack)) {
        JS_FreeValue(host->ctx, JS_GetException(host->ctx));
    }
    JS_FreeValue(host->ctx, stack);
    return found;
}

static void set_map(struct mjs_source *source, JSContext *ctx, JSValueConst context) {
    load_map(source);
    JSValue map = JS_UNDEFINED;
    if (source->map.bytes > 0 && source->map.bytes <= MAP_BYTES_MAX) {
        map = JS_NewStringLen(ctx, source->map.data, source->map.bytes);
    }
    if (JS_IsException(map)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        map = JS_UNDEFINED;
    }
    if (JS_IsUndefined(map) && (source->map.bytes > 0 || source->map_file.bytes > 0)) {
        struct mjs_buffer note = {0};
        mjs_buffer_printf(&note,
                          "(positions are the bundle's: its source map is larger than %zu MiB, or "
                          "than the memory)",
                          MAP_BYTES_MAX >> 20);
        JS_SetPropertyStr(ctx, context, "mapNote", JS_NewString(ctx, mjs_buffer_text(&note)));
        mjs_buffer_free(&note);
    }
    JS_SetPropertyStr(ctx, context, "map", map);
}

// sliceMappings(mappings, lines): see mappings.h; undefined where that fails.
static JSValue slice_mappings(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    uint32_t lines[MAPPED_LINES_MAX];
    int count = 0;
    size_t bytes;
    const char *text = JS_ToCStringLen(ctx, &bytes, argv[0]);
    if (!text) {
        return JS_EXCEPTION;
    }
    while (count < MAPPED_LINES_MAX) {
        JSValue line = JS_GetPropertyUint32(ctx, argv[1], (uint32_t)count);
        if (!JS_IsNumber(line) || JS_ToUint32(ctx, &lines[count], line) != 0) {
            JS_FreeValue(ctx, line);
            break;
        }
        count++;
    }
    struct mjs_buffer out = {0};
    JSValue result = JS_UNDEFINED;
    if (mjs_mappings_slice(text, bytes, lines, count, MAPPINGS_BYTES_MAX, &out)) {
        result = JS_NewStringLen(ctx, mjs_buffer_text(&out), out.bytes);
    }
    mjs_buffer_free(&out);
    JS_FreeCString(ctx, text);
    return result;
}

static int64_t ns_of(struct timespec time) {
    return (int64_t)time.tv_sec * 1000000000LL + time.tv_nsec;
}

// For how long this process has been running; 0: not known.
static int64_t running_ns(void) {
    struct mjs_buffer stat = {0};
    struct timespec now;
    int64_t since_ns = 0;
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && mjs_buffer_read_fd(&stat, fd, 4096, "stat", NULL) == MJS_OK) {
        // Behind the program's name, which may hold anything: the 20th field is the start.
        const char *at = strrchr(mjs_buffer_text(&stat), ')');
        for (int i = 0; at && i < 20; i++) {
            at = strchr(at + 1, ' ');
        }
        long ticks_hz = sysconf(_SC_CLK_TCK);
        if (at && ticks_hz > 0 && clock_gettime(CLOCK_BOOTTIME, &now) == 0) {
            since_ns = ns_of(now) - strtoll(at, NULL, 10) * (1000000000LL / ticks_hz);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    mjs_buffer_free(&stat);
    return since_ns;
}

// A file that was changed while the program ran is not what runs.
static bool changed_since_start(const char *path) {
    struct stat status;
    struct timespec now;
    if (stat(path, &status) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return true;
    }
    int64_t ago_ns = ns_of(now) - ns_of(status.st_mtim);
    return ago_ns >= 0 && ago_ns + CHANGE_SLACK_NS < running_ns();
}

// readLine(path, line): a line of a source file; undefined: there is none to show.
static JSValue read_line(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    uint32_t line = 0;
    struct mjs_buffer file = {0};
    JSValue result = JS_UNDEFINED;
    const char *path = JS_ToCString(ctx, argv[0]);
    if (!path || JS_ToUint32(ctx, &line, argv[1]) != 0) {
        JS_FreeCString(ctx, path);
        return JS_EXCEPTION;
    }
    if (path[0] == '/' && !changed_since_start(path) &&
        mjs_buffer_read_file(&file, path, SOURCE_BYTES_MAX, NULL) == MJS_OK) {
        const char *at = mjs_buffer_text(&file);
        const char *end = at + file.bytes;
        for (uint32_t i = 1; at && i < line; i++) {
            at = memchr(at, '\n', (size_t)(end - at));
            at = at ? at + 1 : NULL;
        }
        const char *stop = at ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        size_t bytes = at ? (size_t)((stop ? stop : end) - at) : 0;
        if (at && bytes <= SOURCE_LINE_BYTES_MAX) {
            result = JS_NewStringLen(ctx, at, bytes);
        }
    }
    mjs_buffer_free(&file);
    JS_FreeCString(ctx, path);
    return result;
}

// `excerpt`: with the line of source.
static JSValue make_context(struct mjs_source *source, JSContext *ctx, bool color, bool excerpt) {
    JSValue context = JS_NewObject(ctx);
    char *cwd = getcwd(NULL, 0);
    JS_SetPropertyStr(ctx, context, "bundleName",
                      JS_NewString(ctx, mjs_buffer_text(&source->name)));
    set_map(source, ctx, context);
    JS_SetPropertyStr(ctx, context, "mapBase",
                      JS_NewString(ctx, mjs_buffer_text(&source->map_base)));
    JS_SetPropertyStr(ctx, context, "cwd", JS_NewString(ctx, cwd ? cwd : "/"));
    JS_SetPropertyStr(ctx, context, "color", JS_NewBool(ctx, color));
    JS_SetPropertyStr(ctx, context, "sliceMappings",
                      JS_NewCFunction(ctx, slice_mappings, "sliceMappings", 2));
    if (excerpt && !source->is_foreign) {
        JS_SetPropertyStr(ctx, context, "readLine", JS_NewCFunction(ctx, read_line, "readLine", 2));
    }
    free(cwd);
    return context;
}

static bool append_value(JSContext *ctx, JSValueConst value, struct mjs_buffer *text) {
    size_t bytes;
    const char *string = JS_ToCStringLen(ctx, &bytes, value);
    if (!string) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return false;
    }
    bool appended = mjs_buffer_append(text, string, bytes);
    JS_FreeCString(ctx, string);
    return appended;
}

// What is left when the formatter cannot run: the engine's own text and stack.
static void format_plainly(JSContext *ctx, JSValueConst value, struct mjs_buffer *text) {
    if (!append_value(ctx, value, text)) {
        mjs_buffer_append_text(text, "an error that cannot be shown");
    }
    if (JS_IsError(value)) {
        JSValue stack = JS_GetPropertyStr(ctx, value, "stack");
        if (JS_IsString(stack)) {
            mjs_buffer_append_text(text, "\n");
            append_value(ctx, stack, text);
        } else if (JS_IsException(stack)) {
            JS_FreeValue(ctx, JS_GetException(ctx));
        }
        JS_FreeValue(ctx, stack);
    }
}

static void format(struct mjs_host *host, JSValueConst value, bool color, bool excerpt,
                   struct mjs_buffer *text) {
    JSContext *ctx = mjs_tools_context(host);
    JSValue formatted = JS_EXCEPTION;
    if (ctx) {
        JSValue context = make_context(source_of(host, value), ctx, color, excerpt);
        JSValueConst args[2] = {value, context};
        formatted = mjs_tools_call(host, MJS_TOOL_ERRORS, "formatError", 2, args);
        JS_FreeValue(ctx, context);
        if (JS_IsException(formatted)) {
            JS_FreeValue(ctx, JS_GetException(ctx));
        }
    }
    if (!JS_IsString(formatted) || !append_value(ctx, formatted, text)) {
        format_plainly(host->ctx, value, text);
    }
    JS_FreeValue(host->ctx, formatted);
    while (text->bytes > 0 && text->data[text->bytes - 1] == '\n') {
        text->data[--text->bytes] = '\0';
    }
}

void mjs_errors_format(struct mjs_host *host, JSValueConst value, bool color,
                       struct mjs_buffer *text) {
    format(host, value, color, false, text);
}

void mjs_errors_show_uncaught(struct mjs_host *host, JSValueConst value) {
    // The script ended; what it filled up must not keep its error from being shown.
    mjs_memory_set_limit(0);
    struct mjs_buffer text = {0};
    format(host, value, mjs_errors_color(STDERR_FILENO), true, &text);
    mjs_buffer_append_text(&text, "\n");
    if (host->before_output) {
        host->before_output(host);
    }
    // When stderr cannot be written there is nowhere left to say so.
    (void)mjs_buffer_write_fd(STDERR_FILENO, mjs_buffer_text(&text), text.bytes);
    if (text.failed) {
        mjs_js_warn("out of memory while an error was shown");
    }
    mjs_buffer_free(&text);
}

// The string value of an own data property, without running getters. Null: none. Free it.
static const char *own_string(JSContext *ctx, JSValueConst object, const char *name) {
    JSAtom atom = JS_NewAtom(ctx, name);
    JSPropertyDescriptor property;
    int found = JS_IsObject(object) && !JS_IsProxy(object)
                    ? JS_GetOwnProperty(ctx, &property, object, atom)
                    : 0;
    JS_FreeAtom(ctx, atom);
    if (found < 0) {
        JS_FreeValue(ctx, JS_GetException(ctx));
    }
    if (found <= 0) {
        return NULL;
    }
    const char *text = JS_IsString(property.value) ? JS_ToCString(ctx, property.value) : NULL;
    JS_FreeValue(ctx, property.value);
    JS_FreeValue(ctx, property.getter);
    JS_FreeValue(ctx, property.setter);
    return text;
}

int mjs_errors_status(struct mjs_host *host, JSValueConst value) {
    static const mjs_result environment[] = {
        MJS_ENODEV, MJS_EBUSY,    MJS_EACCES,    MJS_ENOENT, MJS_EINVAL,
        MJS_ENOSPC, MJS_EIO,      MJS_EFBIG,     MJS_EMFILE, MJS_EUNSUPPORTED,
        MJS_ELOST,  MJS_EOVERRUN, MJS_ETIMEDOUT, MJS_EEXIST, MJS_ENOTEMPTY,
    };
    int status = MJS_STATUS_ERROR;
    const char *code = own_string(host->ctx, value, "code");
    for (size_t i = 0; code && i < sizeof(environment) / sizeof(environment[0]); i++) {
        if (strcmp(code, mjs_result_name(environment[i])) == 0) {
            status = MJS_STATUS_ENVIRONMENT;
        }
    }
    JS_FreeCString(host->ctx, code);
    if (host->memory_limited && status == MJS_STATUS_ERROR && JS_IsError(value)) {
        const char *message = own_string(host->ctx, value, "message");
        status = message && strcmp(message, "out of memory") == 0 ? MJS_STATUS_MEMORY : status;
        JS_FreeCString(host->ctx, message);
    }
    return status;
}

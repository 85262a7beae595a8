// SPDX-License-Identifier: MIT
// The session's loop, and what it lends to ts/runtime/repl.ts.
#include "repl.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "js_util.h"
#include "loader.h"
#include "loop.h"
#include "repl_host.h"
#include "repl_import.h"
#include "repl_terminal.h"
#include "stop.h"
#include "tools.h"

#define INPUT_BYTES 4096
#define UTF8_BYTES_MAX 4

static struct mjs_repl session;

bool mjs_repl_possible(void) { return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1; }

// The prompt's own code is never interrupted. Once is for what was typed and runs; a callback in
// the background that does not end takes twice.
bool mjs_repl_interrupted(void) {
    int count = session.host && !session.in_prompt ? mjs_repl_terminal_interrupts() : 0;
    return count >= (session.running || session.awaiting ? 1 : 2);
}

void mjs_repl_restore_terminal(void) { mjs_repl_terminal_leave(); }

// Calls the prompt. It throws nothing but what memory's end throws, and then the session ends.
static int call(const char *function, int argc, JSValueConst *argv) {
    struct mjs_host *host = session.host;
    session.in_prompt++;
    JSValue result = mjs_tools_call(host, MJS_TOOL_REPL, function, argc, argv);
    session.in_prompt--;
    if (JS_IsException(result)) {
        JS_FreeValue(host->tools, JS_GetException(host->tools));
        mjs_js_warn("the prompt failed (out of memory?)");
        session.left = true;
        host->status = MJS_STATUS_ERROR;
    }
    JS_FreeValue(host->tools, result);
    if (!session.left) {
        return 0;
    }
    // An exception is what ends quickjs-libc's loop; `ended` says that it is no error.
    host->ended = true;
    JS_Throw(host->ctx, JS_NULL);
    return -1;
}

int mjs_repl_settled(bool is_error, JSValueConst value) {
    JSValueConst args[2] = {JS_NewBool(session.host->tools, is_error), value};
    return call("settled", 2, args);
}

// Bytes at the end of `data` that begin a character of UTF-8 and do not finish it.
static size_t unfinished_bytes(const unsigned char *data, size_t bytes) {
    for (size_t back = 1; back < UTF8_BYTES_MAX && back <= bytes; back++) {
        unsigned char c = data[bytes - back];
        size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        if (c < 0x80 || c >= 0xc0) {
            return length > back ? back : 0;
        }
    }
    return 0;
}

static int on_input(JSContext *ctx, void *opaque) {
    (void)ctx;
    (void)opaque;
    static unsigned char kept[UTF8_BYTES_MAX];
    static size_t kept_bytes;
    unsigned char data[UTF8_BYTES_MAX + INPUT_BYTES];
    memcpy(data, kept, kept_bytes);
    ssize_t got = read(STDIN_FILENO, data + kept_bytes, INPUT_BYTES);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return 0;
    }
    size_t bytes = kept_bytes + (got > 0 ? (size_t)got : 0);
    kept_bytes = got > 0 ? unfinished_bytes(data, bytes) : 0;
    memcpy(kept, data + bytes - kept_bytes, kept_bytes);
    bytes -= kept_bytes;
    if (got > 0 && bytes == 0) {
        return 0;
    }
    // Nothing to read: the end of input, or the terminal has gone.
    JSValue text = JS_NewStringLen(session.host->tools, (const char *)data, got > 0 ? bytes : 0);
    int failed = call(got > 0 ? "input" : "end", 1, (JSValueConst *)&text);
    JS_FreeValue(session.host->tools, text);
    return failed;
}

// Ctrl-C at the prompt, or while something is awaited: what waits for the exit flag is told.
static int on_signal(JSContext *ctx, void *opaque) {
    (void)ctx;
    (void)opaque;
    mjs_repl_terminal_clear_fd();
    if (mjs_repl_terminal_interrupts() == 0) {
        return call("redraw", 0, NULL);
    }
    mjs_repl_terminal_clear_interrupts();
    if (session.awaiting) {
        session.awaiting = false;
        mjs_stop_request();
        mjs_loop_call_stop_watches(session.host);
        mjs_stop_clear();
    }
    return call("interrupt", 0, NULL);
}

static JSValue show_again(JSContext *ctx, int argc, JSValueConst *argv) {
    (void)ctx;
    (void)argc;
    (void)argv;
    session.hidden = false;
    return call("show", 0, NULL) == 0 ? JS_UNDEFINED : JS_EXCEPTION;
}

// Something in the background prints: the prompt makes room, and comes back behind it.
static void before_output(struct mjs_host *host) {
    if (session.hidden || session.in_prompt || session.running) {
        return;
    }
    session.hidden = true;
    (void)call("hide", 0, NULL);
    (void)JS_EnqueueJob(host->ctx, show_again, 0, NULL);
}

static bool begin(struct mjs_host *host) {
    struct mjs_error err;
    const char *term = getenv("TERM");
    bool dumb = !term || !*term || strcmp(term, "dumb") == 0;
    if (mjs_repl_terminal_open(!dumb, &err) != MJS_OK) {
        mjs_js_warn("%s", err.message);
        host->status = MJS_STATUS_ERROR;
        return false;
    }
    session.host = host;
    JSContext *ctx = mjs_tools_context(host);
    JSValue lent = ctx ? mjs_repl_host_make(&session, ctx, dumb) : JS_EXCEPTION;
    if (JS_IsException(lent) || mjs_js_watch_fd(host->ctx, STDIN_FILENO, on_input, NULL) != 0 ||
        mjs_js_watch_fd(host->ctx, mjs_repl_terminal_fd(), on_signal, NULL) != 0) {
        mjs_loop_uncaught(host);
        return false;
    }
    host->before_output = before_output;
    mjs_loader_set_files(host, mjs_repl_import_name, mjs_repl_import_load);
    mjs_repl_terminal_enter();
    int failed = call("start", 1, (JSValueConst *)&lent);
    JS_FreeValue(ctx, lent);
    return failed == 0;
}

void mjs_repl_run(struct mjs_host *host) {
    bool goes_on = begin(host);
    while (goes_on) {
        mjs_loop_run(host);
        goes_on = host->ended && !session.left && !mjs_stop_requested();
        if (goes_on) {
            // An uncaught error was shown; the session survives it.
            host->ended = false;
            host->status = MJS_STATUS_OK;
            mjs_loop_recheck_rejections(host);
            if (mjs_repl_terminal_interrupts() > 0) {
                goes_on = on_signal(host->ctx, NULL) == 0;
            }
        }
    }
    if (session.left) {
        JS_FreeValue(host->ctx, JS_GetException(host->ctx));
    } else if (mjs_stop_requested()) {
        (void)call("hide", 0, NULL);
    }
    host->before_output = NULL;
    mjs_repl_terminal_leave();
    JS_FreeValue(host->ctx, session.compiled);
    session.compiled = JS_UNDEFINED;
}

// SPDX-License-Identifier: MIT
// The event loop around quickjs-libc's.
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "errors.h"
#include "js_util.h"
#include "quickjs-libc.h"
#include "stop.h"
#include "timers.h"

// quickjs-libc delivers signals to its loop by number; these are used by nobody, and we only borrow
// their handler, so that setting the exit flag wakes the loop wherever it waits. Two, in turn: its
// sleep goes on unless the set of pending signals has changed since it began, and the first may
// have come between its look at them and the sleep.
#define WAKE_SIGNAL 63
#define WAKE_SIGNAL_AGAIN 62
#define NS_PER_MS 1000000LL

struct mjs_rejection {
    struct mjs_rejection *next;
    JSValue promise;
    JSValue reason;
};

static _Atomic(void (*)(int)) wake_handler; // quickjs-libc's signal handler

static void free_rejection(JSContext *ctx, struct mjs_rejection *rejection) {
    JS_FreeValue(ctx, rejection->promise);
    JS_FreeValue(ctx, rejection->reason);
    js_free(ctx, rejection);
}

void mjs_loop_uncaught(struct mjs_host *host) {
    JSValue exception = JS_GetException(host->ctx);
    if (JS_IsNull(exception) && host->memory_limited) {
        // So little was left that not even the error could be made.
        JS_SetMemoryLimit(host->rt, 0);
        JS_ThrowOutOfMemory(host->ctx);
        exception = JS_GetException(host->ctx);
    }
    if (!host->ended && !mjs_stop_forced()) {
        host->ended = true;
        host->status = mjs_errors_status(host, exception);
        mjs_errors_show_uncaught(host, exception);
    }
    JS_FreeValue(host->ctx, exception);
}

// Runs behind all promise jobs: what is unhandled now was not handled in time.
static JSValue check_rejections(JSContext *ctx, int argc, JSValueConst *argv) {
    (void)argc;
    (void)argv;
    struct mjs_host *host = mjs_host_of(ctx);
    host->rejection_check_queued = false;
    if (!host->rejections) {
        return JS_UNDEFINED;
    }
    if (JS_IsJobPending(host->rt)) {
        host->rejection_check_queued = true;
        return JS_EnqueueJob(ctx, check_rejections, 0, NULL) == 0 ? JS_UNDEFINED : JS_EXCEPTION;
    }
    struct mjs_rejection *first = host->rejections;
    JSValue reason = JS_DupValue(ctx, first->reason);
    host->rejections = first->next;
    free_rejection(ctx, first);
    return JS_Throw(ctx, reason);
}

void mjs_loop_recheck_rejections(struct mjs_host *host) {
    if (host->rejections && !host->rejection_check_queued) {
        host->rejection_check_queued = JS_EnqueueJob(host->ctx, check_rejections, 0, NULL) == 0;
    }
}

static void on_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, bool is_handled,
                         void *opaque) {
    struct mjs_host *host = opaque;
    struct mjs_rejection **at = &host->rejections;
    while (*at && !JS_IsSameValue(ctx, (*at)->promise, promise)) {
        at = &(*at)->next;
    }
    struct mjs_rejection *rejection = *at;
    if (is_handled && rejection) {
        *at = rejection->next;
        free_rejection(ctx, rejection);
    } else if (!is_handled && !rejection) {
        rejection = js_mallocz(ctx, sizeof(*rejection));
        if (!rejection) {
            return; // out of memory: that exception is pending and says so
        }
        rejection->promise = JS_DupValue(ctx, promise);
        rejection->reason = JS_DupValue(ctx, reason);
        *at = rejection;
        if (!host->rejection_check_queued) {
            host->rejection_check_queued = JS_EnqueueJob(host->ctx, check_rejections, 0, NULL) == 0;
        }
    }
}

void mjs_loop_init(struct mjs_host *host) {
    host->os_set_timeout = JS_UNDEFINED;
    host->os_clear_timeout = JS_UNDEFINED;
    host->os_set_read_handler = JS_UNDEFINED;
    JS_SetHostPromiseRejectionTracker(host->rt, on_rejection, host);
}

void mjs_loop_free(struct mjs_host *host) {
    mjs_timers_free(host);
    while (host->rejections) {
        struct mjs_rejection *rejection = host->rejections;
        host->rejections = rejection->next;
        free_rejection(host->ctx, rejection);
    }
    if (host->watch_fd) {
        close(host->watch_fd - 1);
        host->watch_fd = 0;
    }
    JS_FreeValue(host->ctx, host->os_set_timeout);
    JS_FreeValue(host->ctx, host->os_clear_timeout);
    JS_FreeValue(host->ctx, host->os_set_read_handler);
    mjs_loop_init(host);
}

static void wake_loop(void) {
    static _Atomic unsigned calls;
    void (*handler)(int) = atomic_load(&wake_handler);
    if (handler) {
        handler(atomic_fetch_add(&calls, 1) % 2 == 0 ? WAKE_SIGNAL : WAKE_SIGNAL_AGAIN);
    }
}

// Called by quickjs-libc's loop once the exit flag is set: an exception ends that loop, and
// mjs_loop_run goes on.
static JSValue on_stop(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    if (!mjs_stop_requested()) {
        return JS_UNDEFINED;
    }
    mjs_host_of(ctx)->stop_thrown = true;
    return JS_Throw(ctx, JS_NULL);
}

static int register_on_stop(JSContext *ctx, JSValueConst os, int signal_number) {
    JSValue signal_function = JS_GetPropertyStr(ctx, os, "signal");
    JSValue args[2] = {JS_NewInt32(ctx, signal_number), JS_NewCFunction(ctx, on_stop, "stop", 0)};
    JSValue result = JS_Call(ctx, signal_function, JS_UNDEFINED, 2, (JSValueConst *)args);
    JS_FreeValue(ctx, args[1]);
    JS_FreeValue(ctx, signal_function);
    return JS_IsException(result) ? -1 : 0;
}

// Registers on_stop with os.signal and borrows the handler that this installs.
static int hook_stop(struct mjs_host *host, JSValueConst os) {
    if (register_on_stop(host->ctx, os, WAKE_SIGNAL) != 0 ||
        register_on_stop(host->ctx, os, WAKE_SIGNAL_AGAIN) != 0) {
        return -1;
    }
    struct sigaction action;
    if (sigaction(WAKE_SIGNAL, NULL, &action) == 0) {
        atomic_store(&wake_handler, action.sa_handler);
        mjs_stop_set_wake_hook(wake_loop);
        if (mjs_stop_requested()) {
            wake_loop();
        }
    }
    return 0;
}

int mjs_loop_load_os(struct mjs_host *host) {
    if (host->os_loaded) {
        return 0;
    }
    static const char code[] = "import * as os from 'qjs:os'; export default os;";
    JSContext *ctx = host->ctx;
    JSValue module = JS_Eval(ctx, code, sizeof(code) - 1, "maixjs:os",
                             JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(module)) {
        return -1;
    }
    JSModuleDef *def = JS_VALUE_GET_PTR(module);
    JSValue result = JS_EvalFunction(ctx, module);
    if (JS_IsException(result)) {
        return -1;
    }
    JS_FreeValue(ctx, result);
    JSValue exports = JS_GetModuleNamespace(ctx, def);
    JSValue os = JS_GetPropertyStr(ctx, exports, "default");
    JS_FreeValue(ctx, exports);
    host->os_set_timeout = JS_GetPropertyStr(ctx, os, "setTimeout");
    host->os_clear_timeout = JS_GetPropertyStr(ctx, os, "clearTimeout");
    host->os_set_read_handler = JS_GetPropertyStr(ctx, os, "setReadHandler");
    int failed = hook_stop(host, os);
    JS_FreeValue(ctx, os);
    host->os_loaded = failed == 0;
    return failed;
}

// Runs all pending jobs. False: an uncaught error ended the script, or it was interrupted.
static bool run_jobs(struct mjs_host *host) {
    for (;;) {
        JSContext *ctx = NULL;
        int ran = JS_ExecutePendingJob(host->rt, &ctx);
        if (ran == 0) {
            return true;
        }
        if (ran < 0) {
            mjs_loop_uncaught(host);
            return false;
        }
    }
}

bool mjs_loop_call_stop_watches(struct mjs_host *host) {
    for (int i = 0; i < MJS_HOST_WATCHES_MAX; i++) {
        struct mjs_watch watch = host->stop_watches[i];
        if (watch.callback && watch.callback(host->ctx, watch.opaque) != 0) {
            mjs_loop_uncaught(host);
            return false;
        }
    }
    return true;
}

// The exit flag is set: what waits is told, and what follows from that runs. Then the program ends,
// whatever timers or descriptors it still waits for.
static void end_idle_loop(struct mjs_host *host) {
    mjs_timers_stop(host, MJS_LOOP_GRACE_MS * NS_PER_MS);
    if (!mjs_loop_call_stop_watches(host)) {
        return;
    }
    while (run_jobs(host)) {
        int ran = mjs_timers_run_one(host);
        if (ran < 0) {
            mjs_loop_uncaught(host);
            return;
        }
        if (ran > 0 || JS_IsJobPending(host->rt)) {
            continue;
        }
        int64_t next_ns = mjs_timers_next_ns(host);
        if (next_ns == INT64_MAX || mjs_stop_forced()) {
            return;
        }
        int64_t left_ms = (next_ns - mjs_stop_now_ns()) / NS_PER_MS + 1;
        js_std_poll_io(host->ctx, left_ms > 0 ? (int)left_ms : 0);
        if (JS_HasException(host->ctx)) {
            mjs_loop_uncaught(host);
            return;
        }
    }
}

void mjs_loop_run(struct mjs_host *host) {
    // A script that imports qjs:os may wait there without us: the exit flag must wake that too.
    if (host->os_module && mjs_loop_load_os(host) != 0) {
        mjs_loop_uncaught(host);
        return;
    }
    for (;;) {
        errno = 0;
        int failed = js_std_loop(host->ctx);
        bool interrupted = errno == EINTR;
        if (host->ended || mjs_stop_forced()) {
            return;
        }
        if (mjs_stop_requested()) {
            if (failed && !host->stop_thrown) {
                mjs_loop_uncaught(host);
                return;
            }
            JS_FreeValue(host->ctx, JS_GetException(host->ctx));
            end_idle_loop(host);
            return;
        }
        if (failed) {
            mjs_loop_uncaught(host);
            return;
        }
        // quickjs-libc ends its loop when a signal interrupts poll(); that is not the end.
        if (!interrupted) {
            return;
        }
    }
}

// --- js_util.h: what native modules wait for ---

// quickjs-libc finds a ready descriptor only where those before it in its table are ready, too, and
// else spins. So it sees one of ours, behind which the kernel keeps all the others.
static JSValue on_fds_ready(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    struct mjs_host *host = mjs_host_of(ctx);
    struct epoll_event event;
    if (!host->watch_fd || epoll_wait(host->watch_fd - 1, &event, 1, 0) != 1) {
        return JS_UNDEFINED; // interrupted, or taken back meanwhile: the loop asks again
    }
    struct mjs_watch watch = host->fd_watches[event.data.u32];
    if (watch.callback && watch.callback(ctx, watch.opaque) != 0) {
        return JS_EXCEPTION;
    }
    return JS_UNDEFINED;
}

static int set_read_handler(struct mjs_host *host, int fd, JSValue func) {
    JSContext *ctx = host->ctx;
    JSValue args[2] = {JS_NewInt32(ctx, fd), func};
    JSValue result = JS_Call(ctx, host->os_set_read_handler, JS_UNDEFINED, 2, (JSValueConst *)args);
    JS_FreeValue(ctx, func);
    JS_FreeValue(ctx, result);
    return JS_IsException(result) ? -1 : 0;
}

// Adds a descriptor; the first one is what makes the loop wait.
static int add_watch(struct mjs_host *host, int slot, int fd) {
    if (!host->watch_fd) {
        host->watch_fd = epoll_create1(EPOLL_CLOEXEC) + 1;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)slot};
    if (epoll_ctl(host->watch_fd - 1, EPOLL_CTL_ADD, fd, &event) != 0) {
        struct mjs_error err;
        (void)mjs_result_fail_errno(&err, errno, "cannot wait for a descriptor");
        mjs_js_throw(host->ctx, &err);
        return -1;
    }
    if (host->fd_watch_count++ > 0) {
        return 0;
    }
    JSValue func = JS_NewCFunction(host->ctx, on_fds_ready, "ready", 0);
    if (JS_IsException(func) || set_read_handler(host, host->watch_fd - 1, func) != 0) {
        host->fd_watch_count--;
        return -1;
    }
    return 0;
}

static int remove_watch(struct mjs_host *host, int slot) {
    struct mjs_watch *watch = &host->fd_watches[slot];
    watch->callback = NULL;
    // It fails where the descriptor was closed already, and is out of the set with that.
    (void)epoll_ctl(host->watch_fd - 1, EPOLL_CTL_DEL, watch->fd, NULL);
    if (--host->fd_watch_count > 0) {
        return 0;
    }
    int failed = set_read_handler(host, host->watch_fd - 1, JS_NULL);
    close(host->watch_fd - 1);
    host->watch_fd = 0;
    return failed;
}

int mjs_js_watch_fd(JSContext *ctx, int fd, mjs_js_ready *callback, void *opaque) {
    struct mjs_host *host = mjs_host_of(ctx);
    if (mjs_loop_load_os(host) != 0) {
        return -1;
    }
    int slot = -1;
    for (int i = MJS_HOST_WATCHES_MAX - 1; i >= 0; i--) {
        struct mjs_watch *watch = &host->fd_watches[i];
        if (watch->callback && watch->fd == fd) {
            slot = i;
            break;
        }
        slot = watch->callback ? slot : i;
    }
    bool known = slot >= 0 && host->fd_watches[slot].callback && host->fd_watches[slot].fd == fd;
    if (!callback) {
        return known ? remove_watch(host, slot) : 0;
    }
    if (slot < 0) {
        JS_ThrowRangeError(ctx, "more than %d streams wait at once", MJS_HOST_WATCHES_MAX);
        return -1;
    }
    if (!known && add_watch(host, slot, fd) != 0) {
        return -1;
    }
    host->fd_watches[slot] = (struct mjs_watch){callback, opaque, fd};
    return 0;
}

int mjs_js_watch_stop(JSContext *ctx, mjs_js_ready *callback, void *opaque) {
    struct mjs_host *host = mjs_host_of(ctx);
    for (int i = 0; i < MJS_HOST_WATCHES_MAX; i++) {
        if (!host->stop_watches[i].callback) {
            host->stop_watches[i] = (struct mjs_watch){callback, opaque, -1};
            return i;
        }
    }
    JS_ThrowRangeError(ctx, "more than %d streams wait at once", MJS_HOST_WATCHES_MAX);
    return -1;
}

void mjs_js_unwatch_stop(JSContext *ctx, int id) {
    if (id >= 0 && id < MJS_HOST_WATCHES_MAX) {
        mjs_host_of(ctx)->stop_watches[id].callback = NULL;
    }
}

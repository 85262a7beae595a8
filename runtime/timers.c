// SPDX-License-Identifier: MIT
// Timers in their order, above one timer of quickjs-libc's loop.
#include "timers.h"

#include <math.h>

#include "loop.h"
#include "stop.h"

#define MS_MAX 2147483647.0
#define NS_PER_MS 1000000LL
#define ARGS_MAX 16

struct mjs_timer {
    struct mjs_timer *next;
    int64_t id;
    int64_t due_ns;
    int64_t interval_ns; // 0: fires once
    JSValue func;
    int arg_count;
    JSValue args[ARGS_MAX];
};

static JSValue on_wake(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

static void free_timer(JSContext *ctx, struct mjs_timer *timer) {
    JS_FreeValue(ctx, timer->func);
    for (int i = 0; i < timer->arg_count; i++) {
        JS_FreeValue(ctx, timer->args[i]);
    }
    js_free(ctx, timer);
}

static void insert(struct mjs_host *host, struct mjs_timer *timer) {
    struct mjs_timer **at = &host->timers;
    while (*at && (*at)->due_ns <= timer->due_ns) {
        at = &(*at)->next;
    }
    timer->next = *at;
    *at = timer;
}

static int disarm(struct mjs_host *host) {
    if (JS_IsUndefined(host->wake_timer)) {
        return 0;
    }
    JSValue id = host->wake_timer;
    host->wake_timer = JS_UNDEFINED;
    JSValue result =
        JS_Call(host->ctx, host->os_clear_timeout, JS_UNDEFINED, 1, (JSValueConst *)&id);
    JS_FreeValue(host->ctx, id);
    JS_FreeValue(host->ctx, result);
    return JS_IsException(result) ? -1 : 0;
}

// Makes quickjs-libc's timer match our first one.
static int arm(struct mjs_host *host) {
    JSContext *ctx = host->ctx;
    int64_t due_ns = mjs_timers_next_ns(host);
    if (!JS_IsUndefined(host->wake_timer) && host->wake_at_ns == due_ns) {
        return 0;
    }
    if (disarm(host) != 0) {
        return -1;
    }
    if (due_ns == INT64_MAX) {
        return 0;
    }
    if (mjs_loop_load_os(host) != 0) {
        return -1;
    }
    int64_t left_ns = due_ns - mjs_stop_now_ns();
    int64_t left_ms = left_ns > 0 ? (left_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
    JSValue args[2] = {JS_NewCFunction(ctx, on_wake, "timers", 0), JS_NewInt64(ctx, left_ms)};
    JSValue id = JS_IsException(args[0])
                     ? JS_EXCEPTION
                     : JS_Call(ctx, host->os_set_timeout, JS_UNDEFINED, 2, (JSValueConst *)args);
    JS_FreeValue(ctx, args[0]);
    if (JS_IsException(id)) {
        return -1;
    }
    host->wake_timer = id;
    host->wake_at_ns = due_ns;
    return 0;
}

int64_t mjs_timers_next_ns(const struct mjs_host *host) {
    return host->timers ? host->timers->due_ns : INT64_MAX;
}

int mjs_timers_run_one(struct mjs_host *host) {
    JSContext *ctx = host->ctx;
    struct mjs_timer *timer = host->timers;
    int64_t now_ns = mjs_stop_now_ns();
    if (!timer || timer->due_ns > now_ns) {
        return 0;
    }
    JSValue func = JS_DupValue(ctx, timer->func);
    JSValue args[ARGS_MAX];
    int arg_count = timer->arg_count;
    for (int i = 0; i < arg_count; i++) {
        args[i] = JS_DupValue(ctx, timer->args[i]);
    }
    host->timers = timer->next;
    if (timer->interval_ns) {
        // From the time it was due, so that intervals do not drift; from now when it fell behind.
        timer->due_ns += timer->interval_ns;
        if (timer->due_ns <= now_ns) {
            timer->due_ns = now_ns + timer->interval_ns;
        }
        insert(host, timer);
    } else {
        free_timer(ctx, timer);
    }
    JSValue result = JS_Call(ctx, func, JS_UNDEFINED, arg_count, (JSValueConst *)args);
    JS_FreeValue(ctx, func);
    for (int i = 0; i < arg_count; i++) {
        JS_FreeValue(ctx, args[i]);
    }
    if (JS_IsException(result)) {
        return -1;
    }
    JS_FreeValue(ctx, result);
    return 1;
}

// Promise jobs run between two timers. 0 ok, -1 exception pending.
static int run_jobs(struct mjs_host *host) {
    JSContext *ctx;
    int ran;
    do {
        ran = JS_ExecutePendingJob(host->rt, &ctx);
    } while (ran > 0);
    return ran;
}

// Fires all that is due by now, not one a turn of the loop: quickjs-libc's timer takes at least
// 1 ms, so many timers at the same time would take many milliseconds. What the script sets
// meanwhile is due later, so descriptors have their turn.
static JSValue on_wake(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    struct mjs_host *host = mjs_host_of(ctx);
    JS_FreeValue(ctx, host->wake_timer);
    host->wake_timer = JS_UNDEFINED;
    int64_t now_ns = mjs_stop_now_ns();
    while (mjs_timers_next_ns(host) <= now_ns && !mjs_stop_requested()) {
        if (mjs_timers_run_one(host) < 0 || run_jobs(host) < 0) {
            return JS_EXCEPTION;
        }
    }
    return arm(host) == 0 ? JS_UNDEFINED : JS_EXCEPTION;
}

// The delay in ns, as Node has it: at least 1 ms; what makes no sense is 1 ms too.
static int get_delay_ns(JSContext *ctx, JSValueConst value, int64_t *delay_ns) {
    double ms = 0;
    if (!JS_IsUndefined(value) && JS_ToFloat64(ctx, &ms, value) != 0) {
        return -1;
    }
    if (!(ms >= 1 && ms <= MS_MAX)) {
        ms = 1;
    }
    *delay_ns = (int64_t)floor(ms) * NS_PER_MS;
    return 0;
}

static JSValue set_timer(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                         int repeats) {
    (void)this_val;
    struct mjs_host *host = mjs_host_of(ctx);
    JSValueConst func = argc > 0 ? argv[0] : JS_UNDEFINED;
    if (!JS_IsFunction(ctx, func)) {
        return JS_ThrowTypeError(ctx, "%s: the first argument must be a function",
                                 repeats ? "setInterval" : "setTimeout");
    }
    if (argc - 2 > ARGS_MAX) {
        return JS_ThrowRangeError(ctx, "at most %d arguments for a timer's function", ARGS_MAX);
    }
    int64_t delay_ns;
    if (get_delay_ns(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, &delay_ns) != 0) {
        return JS_EXCEPTION;
    }
    int64_t id = host->next_timer_id++;
    if (host->timers_stopped) {
        return JS_NewInt64(ctx, id); // the program ends; it will not fire
    }
    struct mjs_timer *timer = js_mallocz(ctx, sizeof(*timer));
    if (!timer) {
        return JS_EXCEPTION;
    }
    timer->id = id;
    timer->due_ns = mjs_stop_now_ns() + delay_ns;
    timer->interval_ns = repeats ? delay_ns : 0;
    timer->func = JS_DupValue(ctx, func);
    timer->arg_count = argc > 2 ? argc - 2 : 0;
    for (int i = 0; i < timer->arg_count; i++) {
        timer->args[i] = JS_DupValue(ctx, argv[i + 2]);
    }
    insert(host, timer);
    return arm(host) == 0 ? JS_NewInt64(ctx, id) : JS_EXCEPTION;
}

static JSValue clear_timer(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    struct mjs_host *host = mjs_host_of(ctx);
    if (argc < 1 || !JS_IsNumber(argv[0])) {
        return JS_UNDEFINED; // clearTimeout(undefined) is common and harmless
    }
    int64_t id;
    if (JS_ToInt64(ctx, &id, argv[0]) != 0) {
        return JS_EXCEPTION;
    }
    for (struct mjs_timer **at = &host->timers; *at; at = &(*at)->next) {
        struct mjs_timer *timer = *at;
        if (timer->id == id) {
            *at = timer->next;
            free_timer(ctx, timer);
            return arm(host) == 0 ? JS_UNDEFINED : JS_EXCEPTION;
        }
    }
    return JS_UNDEFINED;
}

void mjs_timers_stop(struct mjs_host *host, int64_t grace_ns) {
    int64_t last_ns = mjs_stop_now_ns() + grace_ns;
    host->timers_stopped = true;
    struct mjs_timer **at = &host->timers;
    while (*at) {
        struct mjs_timer *timer = *at;
        if (timer->interval_ns || timer->due_ns > last_ns) {
            *at = timer->next;
            free_timer(host->ctx, timer);
        } else {
            at = &timer->next;
        }
    }
}

static const JSCFunctionListEntry timer_functions[] = {
    JS_CFUNC_MAGIC_DEF("setTimeout", 2, set_timer, 0),
    JS_CFUNC_MAGIC_DEF("setInterval", 2, set_timer, 1),
    JS_CFUNC_DEF("clearTimeout", 1, clear_timer),
    JS_CFUNC_DEF("clearInterval", 1, clear_timer),
};

int mjs_timers_install(struct mjs_host *host) {
    host->next_timer_id = 1;
    host->wake_timer = JS_UNDEFINED;
    JSValue global = JS_GetGlobalObject(host->ctx);
    int result =
        JS_SetPropertyFunctionList(host->ctx, global, timer_functions,
                                   (int)(sizeof(timer_functions) / sizeof(timer_functions[0])));
    JS_FreeValue(host->ctx, global);
    return result;
}

void mjs_timers_free(struct mjs_host *host) {
    while (host->timers) {
        struct mjs_timer *timer = host->timers;
        host->timers = timer->next;
        free_timer(host->ctx, timer);
    }
    JS_FreeValue(host->ctx, host->wake_timer);
    host->wake_timer = JS_UNDEFINED;
}

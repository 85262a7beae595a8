// SPDX-License-Identifier: MIT
// The module maix:time: clocks, sleeps that the exit flag ends; the rest is
// ts/runtime/maix_time.ts.
#include "time_js.h"

#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "../../runtime/embedded.h"
#include "../../runtime/js_util.h"
#include "../../runtime/stop.h"

// Made by the build from ts/runtime/maix_time.ts.
extern const unsigned char mjs_embedded_maix_time[];
extern const unsigned long mjs_embedded_maix_time_bytes;

#define ZONE_PATH_BYTES_MAX 4096
#define NS_PER_S 1000000000.0
#define SLEEP_S_MAX 1e9

static struct timespec now_of(clockid_t clock) {
    struct timespec now = {0};
    // Fails only for a clock that does not exist; Linux has both.
    (void)clock_gettime(clock, &now);
    return now;
}

static double seconds_of(clockid_t clock) {
    struct timespec now = now_of(clock);
    return (double)now.tv_sec + (double)now.tv_nsec / NS_PER_S;
}

// `magic` of the clock functions: a unit, and whether the clock is the monotonic one.
enum unit { UNIT_S, UNIT_MS, UNIT_US };
#define UNIT_MASK 3
#define MONOTONIC 4

static JSValue read_whole(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv,
                          int magic) {
    (void)this_value;
    (void)argc;
    (void)argv;
    static const int64_t units_per_s[] = {[UNIT_S] = 1, [UNIT_MS] = 1000, [UNIT_US] = 1000000};
    int64_t units = units_per_s[magic & UNIT_MASK];
    struct timespec now = now_of((magic & MONOTONIC) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME);
    int64_t whole = (int64_t)now.tv_sec * units + (int64_t)now.tv_nsec / (1000000000 / units);
    return JS_NewInt64(ctx, whole);
}

static JSValue read_seconds(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv,
                            int magic) {
    (void)this_value;
    (void)argc;
    (void)argv;
    return JS_NewFloat64(ctx,
                         seconds_of((magic & MONOTONIC) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME));
}

static JSValue difference(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv,
                          int magic) {
    (void)this_value;
    double last = 0;
    double now = 0;
    JSValueConst first = argc > 0 ? argv[0] : JS_UNDEFINED;
    if (mjs_js_get_number(ctx, first, "last", 0, 1e300, &last) != 0) {
        return JS_EXCEPTION;
    }
    if (argc < 2 || JS_IsUndefined(argv[1])) {
        now = seconds_of((magic & MONOTONIC) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME);
    } else if (mjs_js_get_number(ctx, argv[1], "now", 0, 1e300, &now) != 0) {
        return JS_EXCEPTION;
    }
    return JS_NewFloat64(ctx, now - last);
}

// `magic`: the unit.
static JSValue sleep_for(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv,
                         int magic) {
    (void)this_value;
    static const char *const names[] = {[UNIT_S] = "s", [UNIT_MS] = "ms", [UNIT_US] = "us"};
    static const double ns_per_unit[] = {[UNIT_S] = 1e9, [UNIT_MS] = 1e6, [UNIT_US] = 1e3};
    double units = 0;
    if (mjs_js_get_number(ctx, argc > 0 ? argv[0] : JS_UNDEFINED, names[magic], 0,
                          SLEEP_S_MAX * NS_PER_S / ns_per_unit[magic], &units) != 0) {
        return JS_EXCEPTION;
    }
    mjs_stop_sleep_ns((int64_t)(units * ns_per_unit[magic]));
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry exports[] = {
    JS_CFUNC_MAGIC_DEF("time", 0, read_seconds, 0),
    JS_CFUNC_MAGIC_DEF("timeS", 0, read_whole, UNIT_S),
    JS_CFUNC_MAGIC_DEF("timeMs", 0, read_whole, UNIT_MS),
    JS_CFUNC_MAGIC_DEF("timeUs", 0, read_whole, UNIT_US),
    JS_CFUNC_MAGIC_DEF("timeDiff", 1, difference, 0),
    JS_CFUNC_MAGIC_DEF("ticksS", 0, read_seconds, MONOTONIC),
    JS_CFUNC_MAGIC_DEF("ticksMs", 0, read_whole, UNIT_MS | MONOTONIC),
    JS_CFUNC_MAGIC_DEF("ticksUs", 0, read_whole, UNIT_US | MONOTONIC),
    JS_CFUNC_MAGIC_DEF("ticksDiff", 1, difference, MONOTONIC),
    JS_CFUNC_MAGIC_DEF("sleep", 1, sleep_for, UNIT_S),
    JS_CFUNC_MAGIC_DEF("sleepMs", 1, sleep_for, UNIT_MS),
    JS_CFUNC_MAGIC_DEF("sleepUs", 1, sleep_for, UNIT_US),
};

#define EXPORT_COUNT ((int)(sizeof exports / sizeof exports[0]))

// --- For the TypeScript ---

// zoneAt(second): seconds east of UTC, and the zone's name.
static JSValue get_zone(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    int64_t second;
    if (JS_ToInt64(ctx, &second, argv[0]) != 0) {
        return JS_EXCEPTION;
    }
    time_t when = (time_t)second;
    struct tm local;
    tzset(); // localtime_r need not look at TZ again
    if (localtime_r(&when, &local) == NULL) {
        return JS_ThrowRangeError(ctx, "timestamp is too far away");
    }
    JSValueConst fields[] = {JS_NewInt64(ctx, (int64_t)local.tm_gmtoff),
                             JS_NewString(ctx, local.tm_zone)};
    return JS_NewArrayFrom(ctx, 2, fields);
}

// zoneLink(): what /etc/localtime links to, or undefined.
static JSValue get_zone_link(JSContext *ctx, JSValueConst this_value, int argc,
                             JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    (void)argv;
    char path[ZONE_PATH_BYTES_MAX];
    ssize_t bytes = readlink("/etc/localtime", path, sizeof path);
    return bytes >= 0 ? JS_NewStringLen(ctx, path, (size_t)bytes) : JS_UNDEFINED;
}

static const JSCFunctionListEntry natives[] = {
    JS_CFUNC_MAGIC_DEF("timeUs", 0, read_whole, UNIT_US),
    JS_CFUNC_MAGIC_DEF("ticksUs", 0, read_whole, UNIT_US | MONOTONIC),
    JS_CFUNC_DEF("zoneAt", 1, get_zone),
    JS_CFUNC_DEF("zoneLink", 0, get_zone_link),
};

static const char *const names[] = {
    "DateTime",  "FPS",           "now", "localtime", "gmtime",        "strptime", "timezone",
    "timezone2", "listTimezones", "fps", "fpsStart",  "fpsSetBuffLen", NULL,
};

static const struct mjs_embedded embedded = {
    .module = "maix:time",
    .code = mjs_embedded_maix_time,
    .code_bytes = &mjs_embedded_maix_time_bytes,
    .names = names,
    .natives = natives,
    .native_count = sizeof natives / sizeof natives[0],
};

static int init(JSContext *ctx, JSModuleDef *module) {
    if (mjs_embedded_define(ctx, module, &embedded) != 0) {
        return -1;
    }
    return JS_SetModuleExportList(ctx, module, exports, EXPORT_COUNT);
}

JSModuleDef *mjs_time_js_create(JSContext *ctx, const char *name) {
    JSModuleDef *module = mjs_embedded_create(ctx, name, init, &embedded);
    if (module == NULL || JS_AddModuleExportList(ctx, module, exports, EXPORT_COUNT) != 0) {
        return NULL;
    }
    return module;
}

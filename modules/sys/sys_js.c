// SPDX-License-Identifier: MIT
// The module maix:sys: the system calls under ts/runtime/maix_sys.ts.
#include "sys_js.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtime/embedded.h"

// Made by the build from ts/runtime/maix_sys.ts.
extern const unsigned char mjs_embedded_maix_sys[];
extern const unsigned long mjs_embedded_maix_sys_bytes;

static JSValue get_version(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    (void)argv;
    return JS_NewString(ctx, MJS_VERSION);
}

// addresses(): [interface, address, ...] of IPv4, in the system's order.
static JSValue get_addresses(JSContext *ctx, JSValueConst this_value, int argc,
                             JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    (void)argv;
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0) {
        return mjs_embedded_throw_errno(ctx, errno, "list the network interfaces", "");
    }
    JSValue list = JS_NewArray(ctx);
    uint32_t count = 0;
    for (const struct ifaddrs *at = all; at != NULL && !JS_IsException(list); at = at->ifa_next) {
        if (at->ifa_addr == NULL || at->ifa_addr->sa_family != AF_INET) {
            continue;
        }
        struct sockaddr_in address;
        char text[INET_ADDRSTRLEN] = "";
        memcpy(&address, at->ifa_addr, sizeof address);
        (void)inet_ntop(AF_INET, &address.sin_addr, text, sizeof text); // the text has room
        if (JS_DefinePropertyValueUint32(ctx, list, count, JS_NewString(ctx, at->ifa_name),
                                         JS_PROP_C_W_E) < 0 ||
            JS_DefinePropertyValueUint32(ctx, list, count + 1, JS_NewString(ctx, text),
                                         JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, list);
            list = JS_EXCEPTION;
        }
        count += 2;
    }
    freeifaddrs(all);
    return list;
}

// diskUsage(path): [total, used, free] bytes.
static JSValue get_disk_usage(JSContext *ctx, JSValueConst this_value, int argc,
                              JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    const char *path = JS_ToCString(ctx, argv[0]);
    if (path == NULL) {
        return JS_EXCEPTION;
    }
    struct statvfs status;
    int failed;
    do {
        failed = statvfs(path, &status);
    } while (failed != 0 && errno == EINTR);
    if (failed != 0) {
        JSValue thrown = mjs_embedded_throw_errno(ctx, errno, "look at", path);
        JS_FreeCString(ctx, path);
        return thrown;
    }
    JS_FreeCString(ctx, path);
    double block = (double)status.f_frsize;
    JSValueConst fields[] = {
        JS_NewFloat64(ctx, (double)status.f_blocks * block),
        JS_NewFloat64(ctx, (double)(status.f_blocks - status.f_bfree) * block),
        JS_NewFloat64(ctx, (double)status.f_bavail * block),
    };
    return JS_NewArrayFrom(ctx, 3, fields);
}

// run(command): its exit status, 128 and more where a signal ended it.
static JSValue run_command(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    const char *command = JS_ToCString(ctx, argv[0]);
    if (command == NULL) {
        return JS_EXCEPTION;
    }
    char *arguments[] = {strdup(command), NULL};
    pid_t child = 0;
    int status = 0;
    int failure = arguments[0] == NULL
                      ? ENOMEM
                      : posix_spawnp(&child, command, NULL, NULL, arguments, environ);
    while (failure == 0 && waitpid(child, &status, 0) < 0) {
        failure = errno == EINTR ? 0 : errno;
    }
    free(arguments[0]);
    JSValue value = failure == 0 ? JS_NewInt32(ctx, WIFEXITED(status) ? WEXITSTATUS(status)
                                                                      : 128 + WTERMSIG(status))
                                 : mjs_embedded_throw_errno(ctx, failure, "run", command);
    JS_FreeCString(ctx, command);
    return value;
}

static const JSCFunctionListEntry natives[] = {
    JS_CFUNC_DEF("version", 0, get_version),
    JS_CFUNC_DEF("addresses", 0, get_addresses),
    JS_CFUNC_DEF("diskUsage", 1, get_disk_usage),
    JS_CFUNC_DEF("run", 1, run_command),
};

static const char *const names[] = {
    "osVersion",
    "maixpyVersion",
    "runtimeVersion",
    "deviceConfigs",
    "deviceId",
    "deviceName",
    "deviceKey",
    "hostName",
    "hostDomain",
    "ipAddress",
    "macAddress",
    "memoryInfo",
    "cpuFreq",
    "cpuTemp",
    "cpuUsage",
    "npuFreq",
    "uptime",
    "diskUsage",
    "diskPartitions",
    "bytesToHuman",
    "poweroff",
    "reboot",
    NULL,
};

static const struct mjs_embedded embedded = {
    .module = "maix:sys",
    .code = mjs_embedded_maix_sys,
    .code_bytes = &mjs_embedded_maix_sys_bytes,
    .names = names,
    .natives = natives,
    .native_count = sizeof natives / sizeof natives[0],
};

static int init(JSContext *ctx, JSModuleDef *module) {
    return mjs_embedded_define(ctx, module, &embedded);
}

JSModuleDef *mjs_sys_js_create(JSContext *ctx, const char *name) {
    return mjs_embedded_create(ctx, name, init, &embedded);
}

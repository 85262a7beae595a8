// SPDX-License-Identifier: MIT
// The module maix:fs: the system calls under ts/runtime/maix_fs.ts, which checks the arguments.
#include "fs_js.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../runtime/embedded.h"

// Made by the build from ts/runtime/maix_fs.ts.
extern const unsigned char mjs_embedded_maix_fs[];
extern const unsigned long mjs_embedded_maix_fs_bytes;

#define MODE_FILE 0666
#define MODE_FOLDER 0777

// stat(path, follow): [mode, size], or undefined where there is nothing.
static JSValue get_status(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    const char *path = JS_ToCString(ctx, argv[0]);
    if (path == NULL) {
        return JS_EXCEPTION;
    }
    struct stat status;
    int failed = JS_ToBool(ctx, argv[1]) ? stat(path, &status) : lstat(path, &status);
    if (failed != 0) {
        JSValue value = errno == ENOENT || errno == ENOTDIR
                            ? JS_UNDEFINED
                            : mjs_embedded_throw_errno(ctx, errno, "look at", path);
        JS_FreeCString(ctx, path);
        return value;
    }
    JS_FreeCString(ctx, path);
    JSValueConst fields[] = {JS_NewInt64(ctx, (int64_t)status.st_mode),
                             JS_NewInt64(ctx, (int64_t)status.st_size)};
    return JS_NewArrayFrom(ctx, 2, fields);
}

// What takes one path or two.
enum change { CHANGE_MKDIR, CHANGE_RMDIR, CHANGE_REMOVE, CHANGE_RENAME, CHANGE_SYMLINK };

static int apply(enum change change, const char *path, const char *other) {
    switch (change) {
    case CHANGE_MKDIR:
        return mkdir(path, MODE_FOLDER);
    case CHANGE_RMDIR:
        return rmdir(path);
    case CHANGE_REMOVE:
        return unlink(path);
    case CHANGE_RENAME:
        return rename(path, other);
    case CHANGE_SYMLINK:
        return symlink(path, other);
    }
    abort();
}

// `magic`: the change. mkdir(path) returns false where something is there already.
static JSValue change_one(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv,
                          int magic) {
    (void)this_value;
    static const char *const verbs[] = {
        [CHANGE_MKDIR] = "make the folder", [CHANGE_RMDIR] = "remove the folder",
        [CHANGE_REMOVE] = "remove",         [CHANGE_RENAME] = "rename to",
        [CHANGE_SYMLINK] = "make the link",
    };
    const char *path = JS_ToCString(ctx, argv[0]);
    const char *other = argc > 1 ? JS_ToCString(ctx, argv[1]) : path;
    JSValue value = JS_EXCEPTION;
    if (path != NULL && other != NULL) {
        value = JS_TRUE;
        if (apply((enum change)magic, path, other) != 0) {
            value = magic == CHANGE_MKDIR && errno == EEXIST
                        ? JS_FALSE
                        : mjs_embedded_throw_errno(ctx, errno, verbs[magic], other);
        }
    }
    if (other != path) {
        JS_FreeCString(ctx, other);
    }
    JS_FreeCString(ctx, path);
    return value;
}

static JSValue get_real_path(JSContext *ctx, JSValueConst this_value, int argc,
                             JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    const char *path = JS_ToCString(ctx, argv[0]);
    if (path == NULL) {
        return JS_EXCEPTION;
    }
    char *real = realpath(path, NULL);
    JSValue value =
        real != NULL ? JS_NewString(ctx, real) : mjs_embedded_throw_errno(ctx, errno, "find", path);
    free(real);
    JS_FreeCString(ctx, path);
    return value;
}

static JSValue get_current(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    (void)argv;
    char *path = getcwd(NULL, 0);
    JSValue value = path != NULL
                        ? JS_NewString(ctx, path)
                        : mjs_embedded_throw_errno(ctx, errno, "find the current folder", "");
    free(path);
    return value;
}

static JSValue sync_all(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)ctx;
    (void)this_value;
    (void)argc;
    (void)argv;
    sync();
    return JS_UNDEFINED;
}

// --- Open files ---

// open(path, "r" "w" "a" "r+" "w+" "a+"): the descriptor.
static JSValue open_file(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    const char *path = JS_ToCString(ctx, argv[0]);
    const char *mode = JS_ToCString(ctx, argv[1]);
    JSValue value = JS_EXCEPTION;
    if (path != NULL && mode != NULL) {
        int flags = mode[1] == '+' ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;
        flags |= mode[0] == 'w' ? O_CREAT | O_TRUNC : mode[0] == 'a' ? O_CREAT | O_APPEND : 0;
        int fd;
        do {
            fd = open(path, flags | O_CLOEXEC, MODE_FILE);
        } while (fd < 0 && errno == EINTR);
        value = fd >= 0 ? JS_NewInt32(ctx, fd) : mjs_embedded_throw_errno(ctx, errno, "open", path);
    }
    JS_FreeCString(ctx, mode);
    JS_FreeCString(ctx, path);
    return value;
}

// `magic`: 0 close, 1 sync.
static JSValue settle(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv,
                      int magic) {
    (void)this_value;
    (void)argc;
    int32_t fd;
    if (JS_ToInt32(ctx, &fd, argv[0]) != 0) {
        return JS_EXCEPTION;
    }
    // Linux closes the descriptor also where close says EINTR.
    int failed = magic == 0 ? close(fd) : fsync(fd);
    if (failed != 0 && errno != EINTR) {
        return mjs_embedded_throw_errno(ctx, errno, magic == 0 ? "close the file" : "sync the file",
                                        "");
    }
    return JS_UNDEFINED;
}

// read(fd, Uint8Array): bytes read; 0 at the end, or for no bytes.
static JSValue read_bytes(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    int32_t fd;
    size_t bytes;
    if (JS_ToInt32(ctx, &fd, argv[0]) != 0) {
        return JS_EXCEPTION;
    }
    uint8_t *data = JS_GetUint8Array(ctx, &bytes, argv[1]);
    if (data == NULL) {
        return JS_EXCEPTION;
    }
    ssize_t count;
    do {
        count = read(fd, data, bytes);
    } while (count < 0 && errno == EINTR);
    return count >= 0 ? JS_NewInt64(ctx, (int64_t)count)
                      : mjs_embedded_throw_errno(ctx, errno, "read the file", "");
}

// write(fd, Uint8Array): all of it. An error says in `written` how many bytes the file has taken.
static JSValue write_bytes(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    int32_t fd;
    size_t bytes;
    if (JS_ToInt32(ctx, &fd, argv[0]) != 0) {
        return JS_EXCEPTION;
    }
    const uint8_t *data = JS_GetUint8Array(ctx, &bytes, argv[1]);
    if (data == NULL) {
        return JS_EXCEPTION;
    }
    size_t written = 0;
    while (written < bytes) {
        ssize_t count = write(fd, data + written, bytes - written);
        if (count >= 0) {
            written += (size_t)count;
        } else if (errno != EINTR) {
            (void)mjs_embedded_throw_errno(ctx, errno, "write the file", "");
            JSValue error = JS_GetException(ctx);
            (void)JS_DefinePropertyValueStr(ctx, error, "written",
                                            JS_NewInt64(ctx, (int64_t)written), JS_PROP_C_W_E);
            return JS_Throw(ctx, error);
        }
    }
    return JS_UNDEFINED;
}

// seek(fd, offset, whence): the new position.
static JSValue seek_file(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    int32_t fd;
    int64_t offset;
    int32_t whence;
    if (JS_ToInt32(ctx, &fd, argv[0]) != 0 || JS_ToInt64(ctx, &offset, argv[1]) != 0 ||
        JS_ToInt32(ctx, &whence, argv[2]) != 0) {
        return JS_EXCEPTION;
    }
    off_t position = lseek(fd, (off_t)offset, whence);
    return position >= 0 ? JS_NewInt64(ctx, (int64_t)position)
                         : mjs_embedded_throw_errno(ctx, errno, "seek in the file", "");
}

static const JSCFunctionListEntry natives[] = {
    JS_CFUNC_DEF("stat", 2, get_status),
    JS_CFUNC_MAGIC_DEF("mkdir", 1, change_one, CHANGE_MKDIR),
    JS_CFUNC_MAGIC_DEF("rmdir", 1, change_one, CHANGE_RMDIR),
    JS_CFUNC_MAGIC_DEF("remove", 1, change_one, CHANGE_REMOVE),
    JS_CFUNC_MAGIC_DEF("rename", 2, change_one, CHANGE_RENAME),
    JS_CFUNC_MAGIC_DEF("symlink", 2, change_one, CHANGE_SYMLINK),
    JS_CFUNC_DEF("realpath", 1, get_real_path),
    JS_CFUNC_DEF("getcwd", 0, get_current),
    JS_CFUNC_DEF("syncAll", 0, sync_all),
    JS_CFUNC_DEF("open", 2, open_file),
    JS_CFUNC_MAGIC_DEF("close", 1, settle, 0),
    JS_CFUNC_MAGIC_DEF("sync", 1, settle, 1),
    JS_CFUNC_DEF("read", 2, read_bytes),
    JS_CFUNC_DEF("write", 2, write_bytes),
    JS_CFUNC_DEF("seek", 3, seek_file),
};

static const char *const names[] = {
    "SEEK",     "File",    "open",     "read",    "readText", "write",   "append", "exists",
    "isdir",    "isfile",  "islink",   "getsize", "listdir",  "walk",    "mkdir",  "rmdir",
    "remove",   "rename",  "symlink",  "sync",    "isabs",    "dirname", "join",   "basename",
    "splitext", "abspath", "realpath", "getcwd",  "tempdir",  NULL,
};

static const struct mjs_embedded embedded = {
    .module = "maix:fs",
    .code = mjs_embedded_maix_fs,
    .code_bytes = &mjs_embedded_maix_fs_bytes,
    .names = names,
    .natives = natives,
    .native_count = sizeof natives / sizeof natives[0],
};

static int init(JSContext *ctx, JSModuleDef *module) {
    return mjs_embedded_define(ctx, module, &embedded);
}

JSModuleDef *mjs_fs_js_create(JSContext *ctx, const char *name) {
    return mjs_embedded_create(ctx, name, init, &embedded);
}

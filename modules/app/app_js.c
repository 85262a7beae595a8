// SPDX-License-Identifier: MIT
// The module maix:app: the exit flag, where an app's files are; the rest is ts/runtime/maix_app.ts.
#include "app_js.h"

#include <string.h>

#include "../../runtime/embedded.h"
#include "../../runtime/js_util.h"
#include "../../runtime/stop.h"
#include "paths.h"

// Made by the build from ts/runtime/maix_app.ts.
extern const unsigned char mjs_embedded_maix_app[];
extern const unsigned long mjs_embedded_maix_app_bytes;

// Set by setAppId, or empty.
static char chosen_id[MJS_APP_ID_BYTES_MAX];

static JSValue is_asked(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv,
                        int magic) {
    (void)this_value;
    (void)argc;
    (void)argv;
    bool exit = mjs_stop_requested();
    return JS_NewBool(ctx, magic != 0 ? !exit : exit);
}

static JSValue set_exit_flag(JSContext *ctx, JSValueConst this_value, int argc,
                             JSValueConst *argv) {
    (void)this_value;
    bool exit = false;
    if (mjs_js_get_bool(ctx, argc > 0 ? argv[0] : JS_UNDEFINED, "exit", &exit) != 0) {
        return JS_EXCEPTION;
    }
    if (exit) {
        mjs_stop_request();
    } else {
        mjs_stop_clear();
    }
    return JS_UNDEFINED;
}

// 0 ok, -1 exception pending.
static int get_app_id(JSContext *ctx, char id_out[MJS_APP_ID_BYTES_MAX]) {
    if (chosen_id[0] != '\0') {
        memcpy(id_out, chosen_id, sizeof chosen_id);
        return 0;
    }
    struct mjs_error err;
    if (mjs_paths_app_id(id_out, &err) != MJS_OK) {
        mjs_js_throw(ctx, &err);
        return -1;
    }
    return 0;
}

static JSValue app_id(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    (void)argc;
    (void)argv;
    char id[MJS_APP_ID_BYTES_MAX];
    return get_app_id(ctx, id) == 0 ? JS_NewString(ctx, id) : JS_EXCEPTION;
}

// An id argument; free with JS_FreeCString. Null: exception pending.
static const char *get_id_argument(JSContext *ctx, JSValueConst value) {
    const char *id = mjs_js_get_string(ctx, value, "id");
    if (id != NULL && !mjs_paths_id_valid(id)) {
        JS_ThrowRangeError(ctx, "id must be 1 to 64 letters, digits, _ - ., not \"%s\"", id);
        JS_FreeCString(ctx, id);
        return NULL;
    }
    return id;
}

static JSValue set_app_id(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value;
    const char *id = get_id_argument(ctx, argc > 0 ? argv[0] : JS_UNDEFINED);
    if (id == NULL) {
        return JS_EXCEPTION;
    }
    memcpy(chosen_id, id, strlen(id) + 1);
    JS_FreeCString(ctx, id);
    return JS_NewString(ctx, chosen_id);
}

// `magic`: the folder.
static JSValue get_folder(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv,
                          int magic) {
    (void)this_value;
    (void)argc;
    (void)argv;
    char id[MJS_APP_ID_BYTES_MAX] = "";
    char path[MJS_PATH_BYTES_MAX];
    bool needs_id = magic == MJS_FOLDER_APP || magic == MJS_FOLDER_DATA;
    if (needs_id && get_app_id(ctx, id) != 0) {
        return JS_EXCEPTION;
    }
    struct mjs_error err;
    if (mjs_paths_folder((enum mjs_folder)magic, id, MJS_BOARD_FOLDER, path, &err) != MJS_OK) {
        return mjs_js_throw(ctx, &err);
    }
    return JS_NewString(ctx, path);
}

static JSValue get_app_path(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    if (argc == 0 || JS_IsUndefined(argv[0])) {
        return get_folder(ctx, this_value, argc, argv, MJS_FOLDER_APP);
    }
    const char *id = get_id_argument(ctx, argv[0]);
    if (id == NULL) {
        return JS_EXCEPTION;
    }
    char path[MJS_PATH_BYTES_MAX];
    struct mjs_error err;
    mjs_result result = mjs_paths_installed(id, MJS_BOARD_FOLDER, path, &err);
    JS_FreeCString(ctx, id);
    return result == MJS_OK ? JS_NewString(ctx, path) : mjs_js_throw(ctx, &err);
}

static JSValue get_config_path(JSContext *ctx, JSValueConst this_value, int argc,
                               JSValueConst *argv) {
    static const char file_name[] = "/config.ini";
    JSValue folder = get_folder(ctx, this_value, argc, argv, MJS_FOLDER_DATA);
    if (JS_IsException(folder)) {
        return JS_EXCEPTION;
    }
    const char *text = JS_ToCString(ctx, folder);
    JS_FreeValue(ctx, folder);
    if (text == NULL) {
        return JS_EXCEPTION;
    }
    char path[MJS_PATH_BYTES_MAX + sizeof file_name];
    size_t bytes = strlen(text); // it came out of a buffer of that size
    memcpy(path, text, bytes);
    memcpy(path + bytes, file_name, sizeof file_name);
    JS_FreeCString(ctx, text);
    return JS_NewString(ctx, path);
}

static const JSCFunctionListEntry exports[] = {
    JS_CFUNC_MAGIC_DEF("needExit", 0, is_asked, 0),
    JS_CFUNC_MAGIC_DEF("running", 0, is_asked, 1),
    JS_CFUNC_DEF("setExitFlag", 1, set_exit_flag),
    JS_CFUNC_DEF("appId", 0, app_id),
    JS_CFUNC_DEF("setAppId", 1, set_app_id),
    JS_CFUNC_MAGIC_DEF("getAppsPath", 0, get_folder, MJS_FOLDER_APPS),
    JS_CFUNC_DEF("getAppPath", 0, get_app_path),
    JS_CFUNC_MAGIC_DEF("getAppDataPath", 0, get_folder, MJS_FOLDER_DATA),
    JS_CFUNC_DEF("getAppConfigPath", 0, get_config_path),
    JS_CFUNC_MAGIC_DEF("getTmpPath", 0, get_folder, MJS_FOLDER_TMP),
    JS_CFUNC_MAGIC_DEF("getSharePath", 0, get_folder, MJS_FOLDER_SHARE),
    JS_CFUNC_MAGIC_DEF("getPicturePath", 0, get_folder, MJS_FOLDER_PICTURE),
    JS_CFUNC_MAGIC_DEF("getVideoPath", 0, get_folder, MJS_FOLDER_VIDEO),
    JS_CFUNC_MAGIC_DEF("getFontPath", 0, get_folder, MJS_FOLDER_FONT),
    JS_CFUNC_MAGIC_DEF("getIconPath", 0, get_folder, MJS_FOLDER_ICON),
};

#define EXPORT_COUNT ((int)(sizeof exports / sizeof exports[0]))

static const char *const names[] = {
    "getStartParam",
    "getSysConfigKv",
    "getAppConfigKv",
    "setAppConfigKv",
    "setExitMsg",
    "getExitMsg",
    "haveExitMsg",
    "getAppsInfoPath",
    "getAppsInfo",
    "getAppInfo",
    "switchApp",
    "Version",
    NULL,
};

static const struct mjs_embedded embedded = {
    .module = "maix:app",
    .code = mjs_embedded_maix_app,
    .code_bytes = &mjs_embedded_maix_app_bytes,
    .names = names,
    .natives = exports,
    .native_count = EXPORT_COUNT,
};

static int init(JSContext *ctx, JSModuleDef *module) {
    if (mjs_embedded_define(ctx, module, &embedded) != 0) {
        return -1;
    }
    return JS_SetModuleExportList(ctx, module, exports, EXPORT_COUNT);
}

JSModuleDef *mjs_app_js_create(JSContext *ctx, const char *name) {
    JSModuleDef *module = mjs_embedded_create(ctx, name, init, &embedded);
    if (module == NULL || JS_AddModuleExportList(ctx, module, exports, EXPORT_COUNT) != 0) {
        return NULL;
    }
    return module;
}

// SPDX-License-Identifier: MIT
// Where an app's files are: below /maixapp on a board, below the user's data folder elsewhere, or
// where MAIXJS_DATA says. Reads the environment each time; script's thread.
#ifndef MJS_PATHS_H
#define MJS_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "../../runtime/result.h"

#define MJS_PATH_BYTES_MAX 4096
#define MJS_APP_ID_BYTES_MAX 65 // with its NUL
#define MJS_BOARD_FOLDER "/maixapp"
#define MJS_APP_ID_DEFAULT "maixjs"

enum mjs_folder {
    MJS_FOLDER_APPS, // not created
    MJS_FOLDER_APP,  // not created
    MJS_FOLDER_DATA,
    MJS_FOLDER_TMP,
    MJS_FOLDER_SHARE,
    MJS_FOLDER_PICTURE,
    MJS_FOLDER_VIDEO,
    MJS_FOLDER_FONT,
    MJS_FOLDER_ICON,
};

// 1 to 64 letters, digits, `_ - .`, not beginning with a dot: safe as one part of a path.
bool mjs_paths_id_valid(const char *id);

// MAIXJS_APP_ID, else `id` of app.yaml in the current folder, else the default.
MJS_MUST_USE mjs_result mjs_paths_app_id(char id_out[MJS_APP_ID_BYTES_MAX], struct mjs_error *err);

// The folder's absolute path. `board_folder` (MJS_BOARD_FOLDER but in tests) is a folder on boards.
// `app_id` is that of the running app (APP, DATA).
MJS_MUST_USE mjs_result mjs_paths_folder(enum mjs_folder folder, const char *app_id,
                                         const char *board_folder,
                                         char path_out[MJS_PATH_BYTES_MAX], struct mjs_error *err);

// Where an app of that id is installed, running or not. Not created.
MJS_MUST_USE mjs_result mjs_paths_installed(const char *app_id, const char *board_folder,
                                            char path_out[MJS_PATH_BYTES_MAX],
                                            struct mjs_error *err);

#endif

// SPDX-License-Identifier: MIT
// Where an app's files are.
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APP_YAML "app.yaml"
#define APP_YAML_BYTES_MAX 65536
#define MODE_BOARD 0755
#define MODE_USER 0700 // as the XDG base directory specification says

// --- The app's id ---

bool mjs_paths_id_valid(const char *id) {
    size_t bytes = strlen(id);
    if (bytes == 0 || bytes >= MJS_APP_ID_BYTES_MAX || id[0] == '.') {
        return false;
    }
    // Only ASCII letters, whatever the locale says.
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-.";
    return strspn(id, allowed) == bytes;
}

// The value of a line `id: value # comment`, quotes taken off; its length.
static size_t find_yaml_id(const char *text, const char **value) {
    const char *line = text;
    while (line != NULL && strncmp(line, "id:", 3) != 0) {
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    if (line == NULL) {
        return 0;
    }
    const char *begin = line + 3;
    begin += strspn(begin, " \t");
    if (*begin == '"' || *begin == '\'') {
        const char quote[] = {*begin, '\n', '\0'};
        *value = begin + 1;
        return strcspn(*value, quote);
    }
    *value = begin;
    return strcspn(begin, " \t\r\n#");
}

// `*found` false: there is no app.yaml.
static mjs_result read_yaml_id(char id_out[MJS_APP_ID_BYTES_MAX], bool *found,
                               struct mjs_error *err) {
    char *text = NULL;
    *found = false;
    int fd = open(APP_YAML, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? MJS_OK : mjs_result_fail_errno(err, errno, "cannot read app.yaml");
    }
    mjs_result result = MJS_OK;
    text = malloc(APP_YAML_BYTES_MAX + 1);
    ssize_t bytes = text != NULL ? read(fd, text, APP_YAML_BYTES_MAX) : -1;
    if (text == NULL) {
        result = mjs_result_fail(err, MJS_ENOMEM, "no memory to read app.yaml");
    } else if (bytes < 0) {
        result = mjs_result_fail_errno(err, errno, "cannot read app.yaml");
    } else {
        text[bytes] = '\0';
        const char *value = NULL;
        size_t value_bytes = find_yaml_id(text, &value);
        *found = true;
        id_out[0] = '\0';
        if (value_bytes > 0 && value_bytes < MJS_APP_ID_BYTES_MAX) {
            memcpy(id_out, value, value_bytes);
            id_out[value_bytes] = '\0';
        }
        if (!mjs_paths_id_valid(id_out)) {
            result = mjs_result_fail(err, MJS_EINVAL,
                                     "app.yaml in the current folder has no usable id: it must be "
                                     "1 to 64 letters, digits, _ - .");
        }
    }
    free(text);
    close(fd);
    return result;
}

mjs_result mjs_paths_app_id(char id_out[MJS_APP_ID_BYTES_MAX], struct mjs_error *err) {
    const char *given = getenv("MAIXJS_APP_ID");
    if (given != NULL && given[0] != '\0') {
        if (!mjs_paths_id_valid(given)) {
            return mjs_result_fail(
                err, MJS_EINVAL, "MAIXJS_APP_ID must be 1 to 64 letters, digits, _ - ., not \"%s\"",
                given);
        }
        memcpy(id_out, given, strlen(given) + 1);
        return MJS_OK;
    }
    bool found = false;
    mjs_result result = read_yaml_id(id_out, &found, err);
    if (result == MJS_OK && !found) {
        memcpy(id_out, MJS_APP_ID_DEFAULT, sizeof MJS_APP_ID_DEFAULT);
    }
    return result;
}

// --- Folders ---

__attribute__((format(printf, 3, 4))) static mjs_result
print_path(char path_out[MJS_PATH_BYTES_MAX], struct mjs_error *err, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(path_out, MJS_PATH_BYTES_MAX, format, arguments);
    va_end(arguments);
    if (bytes < 0 || bytes >= MJS_PATH_BYTES_MAX) {
        return mjs_result_fail(err, MJS_EINVAL, "the path is longer than %d bytes",
                               MJS_PATH_BYTES_MAX - 1);
    }
    return MJS_OK;
}

// The variable's value if it is an absolute path, as the XDG specification wants it; else null.
static const char *absolute_from(const char *variable) {
    const char *value = getenv(variable);
    return value != NULL && value[0] == '/' ? value : NULL;
}

static bool is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

// Null: MAIXJS_DATA is not set.
static mjs_result get_moved_root(const char **root, struct mjs_error *err) {
    const char *moved = getenv("MAIXJS_DATA");
    *root = moved != NULL && moved[0] != '\0' ? moved : NULL;
    if (*root != NULL && moved[0] != '/') {
        return mjs_result_fail(err, MJS_EINVAL, "MAIXJS_DATA must be an absolute path, not \"%s\"",
                               moved);
    }
    return MJS_OK;
}

static mjs_result find_root(const char *board_folder, char path_out[MJS_PATH_BYTES_MAX],
                            bool *board, struct mjs_error *err) {
    const char *moved = NULL;
    *board = false;
    mjs_result result = get_moved_root(&moved, err);
    if (result != MJS_OK) {
        return result;
    }
    if (moved != NULL) {
        return print_path(path_out, err, "%s", moved);
    }
    if (is_folder(board_folder)) {
        *board = true;
        return print_path(path_out, err, "%s", board_folder);
    }
    const char *data = absolute_from("XDG_DATA_HOME");
    if (data != NULL) {
        return print_path(path_out, err, "%s/maixjs", data);
    }
    const char *home = absolute_from("HOME");
    if (home != NULL) {
        return print_path(path_out, err, "%s/.local/share/maixjs", home);
    }
    return mjs_result_fail(err, MJS_ENOENT,
                           "HOME is not set, so there is no data folder: set MAIXJS_DATA to one");
}

static mjs_result make_one_folder(const char *path, mode_t mode, struct mjs_error *err) {
    if (mkdir(path, mode) == 0 || is_folder(path)) {
        return MJS_OK;
    }
    int failure = errno;
    if (failure == EEXIST) {
        return mjs_result_fail(err, MJS_EINVAL, "%s is not a folder", path);
    }
    return mjs_result_fail_errno(err, failure, "cannot make the folder %s", path);
}

// Makes the folder and those above it.
static mjs_result make_folder(const char *path, mode_t mode, struct mjs_error *err) {
    if (is_folder(path)) {
        return MJS_OK;
    }
    char above[MJS_PATH_BYTES_MAX];
    mjs_result result = print_path(above, err, "%s", path);
    // Each slash but the first and the doubled ones ends a folder above.
    for (char *at = above + 1; result == MJS_OK && *at != '\0'; at++) {
        if (*at == '/' && at[-1] != '/') {
            *at = '\0';
            result = make_one_folder(above, mode, err);
            *at = '/';
        }
    }
    return result == MJS_OK ? make_one_folder(path, mode, err) : result;
}

// A folder in a place that others can write to must be our own.
static mjs_result check_private(const char *path, struct mjs_error *err) {
    struct stat status;
    if (lstat(path, &status) != 0) {
        return mjs_result_fail_errno(err, errno, "cannot use the folder %s", path);
    }
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0) {
        return mjs_result_fail(err, MJS_EACCES,
                               "%s is not a private folder of yours: remove it, or set MAIXJS_DATA",
                               path);
    }
    return MJS_OK;
}

static mjs_result get_user_tmp(char path_out[MJS_PATH_BYTES_MAX], struct mjs_error *err) {
    const char *runtime = absolute_from("XDG_RUNTIME_DIR");
    const char *tmp = absolute_from("TMPDIR");
    mjs_result result = runtime != NULL
                            ? print_path(path_out, err, "%s/maixjs", runtime)
                            : print_path(path_out, err, "%s/maixjs-%lu", tmp != NULL ? tmp : "/tmp",
                                         (unsigned long)geteuid());
    if (result == MJS_OK) {
        result = make_folder(path_out, MODE_USER, err);
    }
    return result == MJS_OK ? check_private(path_out, err) : result;
}

static mjs_result get_tmp(const char *board_folder, char path_out[MJS_PATH_BYTES_MAX],
                          struct mjs_error *err) {
    const char *moved = NULL;
    mjs_result result = get_moved_root(&moved, err);
    if (result != MJS_OK) {
        return result;
    }
    bool board = moved == NULL && is_folder(board_folder);
    if (moved == NULL && !board) {
        return get_user_tmp(path_out, err);
    }
    result = print_path(path_out, err, "%s/tmp", board ? board_folder : moved);
    return result == MJS_OK ? make_folder(path_out, board ? MODE_BOARD : MODE_USER, err) : result;
}

// The running app's own folder. The launcher starts an app in it.
static mjs_result get_app(const char *root, bool board, const char *app_id,
                          char path_out[MJS_PATH_BYTES_MAX], struct mjs_error *err) {
    if (!board) {
        return print_path(path_out, err, "%s/apps/%s", root, app_id);
    }
    if (getcwd(path_out, MJS_PATH_BYTES_MAX) == NULL) {
        return mjs_result_fail_errno(err, errno, "cannot find the current folder");
    }
    return MJS_OK;
}

mjs_result mjs_paths_folder(enum mjs_folder folder, const char *app_id, const char *board_folder,
                            char path_out[MJS_PATH_BYTES_MAX], struct mjs_error *err) {
    static const char *const shared[] = {
        [MJS_FOLDER_SHARE] = "",       [MJS_FOLDER_PICTURE] = "/picture",
        [MJS_FOLDER_VIDEO] = "/video", [MJS_FOLDER_FONT] = "/font",
        [MJS_FOLDER_ICON] = "/icon",
    };
    if (folder == MJS_FOLDER_TMP) {
        return get_tmp(board_folder, path_out, err);
    }
    char root[MJS_PATH_BYTES_MAX];
    char app[MJS_PATH_BYTES_MAX];
    bool board = false;
    mjs_result result = find_root(board_folder, root, &board, err);
    if (result != MJS_OK) {
        return result;
    }
    if (folder == MJS_FOLDER_APPS) {
        return print_path(path_out, err, "%s/apps", root);
    }
    if (folder == MJS_FOLDER_APP) {
        return get_app(root, board, app_id, path_out, err);
    }
    if (folder == MJS_FOLDER_DATA) {
        result = get_app(root, board, app_id, app, err);
        result = result == MJS_OK ? print_path(path_out, err, "%s/data", app) : result;
    } else {
        result = print_path(path_out, err, "%s/share%s", root, shared[folder]);
    }
    return result == MJS_OK ? make_folder(path_out, board ? MODE_BOARD : MODE_USER, err) : result;
}

mjs_result mjs_paths_installed(const char *app_id, const char *board_folder,
                               char path_out[MJS_PATH_BYTES_MAX], struct mjs_error *err) {
    char root[MJS_PATH_BYTES_MAX];
    bool board = false;
    mjs_result result = find_root(board_folder, root, &board, err);
    return result == MJS_OK ? print_path(path_out, err, "%s/apps/%s", root, app_id) : result;
}

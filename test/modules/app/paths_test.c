// SPDX-License-Identifier: MIT
// Where an app's files are on a board; the scripts' tests have the PC.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../modules/app/paths.h"
#include "../../support/check.h"

#define FOLDER_BYTES 128

static char base[FOLDER_BYTES];

static const char *below(const char *name) {
    static char path[FOLDER_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", base, name);
    return path;
}

static bool is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void check_folder(enum mjs_folder folder, const char *board, const char *expected,
                         bool made) {
    char path[MJS_PATH_BYTES_MAX];
    struct mjs_error err = {0};
    CHECK_EQ_INT(mjs_paths_folder(folder, "mine", board, path, &err), MJS_OK);
    CHECK_EQ_STR(path, expected);
    CHECK(is_folder(path) == made);
}

// A board: MaixPy's folders below the board's folder, the app's own in the current folder.
static void test_board(void) {
    char board[FOLDER_BYTES + 64];
    char app[FOLDER_BYTES + 64];
    snprintf(board, sizeof board, "%s", below("maixapp"));
    snprintf(app, sizeof app, "%s", below("app"));
    CHECK_EQ_INT(mkdir(board, 0755), 0);
    CHECK_EQ_INT(mkdir(app, 0755), 0);
    CHECK_EQ_INT(chdir(app), 0);
    check_folder(MJS_FOLDER_APPS, board, below("maixapp/apps"), false);
    check_folder(MJS_FOLDER_APP, board, app, true);
    check_folder(MJS_FOLDER_DATA, board, below("app/data"), true);
    check_folder(MJS_FOLDER_TMP, board, below("maixapp/tmp"), true);
    check_folder(MJS_FOLDER_SHARE, board, below("maixapp/share"), true);
    check_folder(MJS_FOLDER_PICTURE, board, below("maixapp/share/picture"), true);
    check_folder(MJS_FOLDER_VIDEO, board, below("maixapp/share/video"), true);
    check_folder(MJS_FOLDER_FONT, board, below("maixapp/share/font"), true);
    check_folder(MJS_FOLDER_ICON, board, below("maixapp/share/icon"), true);

    char path[MJS_PATH_BYTES_MAX];
    struct mjs_error err = {0};
    CHECK_EQ_INT(mjs_paths_installed("other", board, path, &err), MJS_OK);
    CHECK_EQ_STR(path, below("maixapp/apps/other"));
    CHECK(!is_folder(path));

    // The launcher can be asked for other folders on a board, too.
    CHECK_EQ_INT(setenv("MAIXJS_DATA", below("moved"), 1), 0);
    check_folder(MJS_FOLDER_DATA, board, below("moved/apps/mine/data"), true);
    check_folder(MJS_FOLDER_TMP, board, below("moved/tmp"), true);
    CHECK_EQ_INT(unsetenv("MAIXJS_DATA"), 0);
}

// No board, and a home whose path does not fit.
static void test_too_long(void) {
    static char home[MJS_PATH_BYTES_MAX];
    memset(home, 'x', sizeof home - 1);
    home[0] = '/';
    CHECK_EQ_INT(setenv("HOME", home, 1), 0);
    char path[MJS_PATH_BYTES_MAX];
    struct mjs_error err = {0};
    CHECK_EQ_INT(mjs_paths_folder(MJS_FOLDER_DATA, "mine", below("none"), path, &err), MJS_EINVAL);
    CHECK(strstr(err.message, "longer") != NULL);
}

static void test_ids(void) {
    static const char *const good[] = {"a", "A-b_c.9", "0"};
    static const char *const bad[] = {"", ".", "..", ".a", "a/b", "a b", "a\n", "\xc3\xa4"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(mjs_paths_id_valid(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!mjs_paths_id_valid(bad[i]));
    }
    char longest[MJS_APP_ID_BYTES_MAX + 1];
    memset(longest, 'x', sizeof longest);
    longest[MJS_APP_ID_BYTES_MAX - 1] = '\0';
    CHECK(mjs_paths_id_valid(longest));
    longest[MJS_APP_ID_BYTES_MAX - 1] = 'x';
    longest[MJS_APP_ID_BYTES_MAX] = '\0';
    CHECK(!mjs_paths_id_valid(longest));
}

static int remove_base(void) {
    static const char *const folders[] = {
        "moved/apps/mine/data",
        "moved/apps/mine",
        "moved/apps",
        "moved/tmp",
        "moved",
        "app/data",
        "app",
        "maixapp/share/picture",
        "maixapp/share/video",
        "maixapp/share/font",
        "maixapp/share/icon",
        "maixapp/share",
        "maixapp/tmp",
        "maixapp",
    };
    int failed = chdir("/");
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        failed |= rmdir(below(folders[i]));
    }
    return failed | rmdir(base);
}

int main(void) {
    static const char *const variables[] = {"MAIXJS_DATA", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        CHECK_EQ_INT(unsetenv(variables[i]), 0);
    }
    snprintf(base, sizeof base, "/tmp/maixjs-paths-XXXXXX");
    if (mkdtemp(base) == NULL) {
        perror(base);
        return 1;
    }
    test_ids();
    test_board();
    test_too_long();
    // Nothing but the named folders was made.
    CHECK_EQ_INT(remove_base(), 0);
    return check_report();
}

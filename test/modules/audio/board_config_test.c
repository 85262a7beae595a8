// SPDX-License-Identifier: MIT
// /boot/configs: what is read, and that writing keeps every other byte.
#include "../../../modules/audio/board_config.h"
#include "../../support/tree.h"

#include <dirent.h>

#define KEY "maix_audio_input_volume"
#define SCALE "maix_audio_input_volume_scale"

static struct mjs_board_paths paths;

static void expect_file(const char *expected) {
    char text[1024] = "";
    FILE *file = fopen(paths.configs, "rb");
    CHECK(file != NULL);
    if (file == NULL)
        return;
    size_t bytes = fread(text, 1, sizeof text - 1, file);
    text[bytes] = '\0';
    fclose(file);
    CHECK_EQ_STR(text, expected);
}

static void expect_set(const char *before, const char *value, const char *after) {
    tree_write("boot/configs", before);
    CHECK_EQ_INT(mjs_board_config_set(&paths, KEY, value, NULL), MJS_OK);
    expect_file(after);
    char read[MJS_BOARD_CONFIG_VALUE_BYTES];
    CHECK(mjs_board_config_get(&paths, KEY, read));
    CHECK_EQ_STR(read, value);
}

static void test_set(void) {
    expect_set(KEY "=10\n", "70", KEY "=70\n");
    expect_set(KEY "=10", "70", KEY "=70"); // no newline at the end before, none after
    expect_set("# a comment\r\n\n" KEY " =\t10 \r\nx=1\n", "7",
               "# a comment\r\n\n" KEY " =\t7 \r\nx=1\n");
    expect_set("#" KEY "=1\n" SCALE "=0.5\n", "7", "#" KEY "=1\n" SCALE "=0.5\n" KEY "=7\n");
    expect_set("x=1", "7", "x=1\n" KEY "=7"); // what was the last line stays a line
    expect_set("", "7", KEY "=7\n");
    expect_set(KEY "=1\nx\n" KEY "=2\n", "7", KEY "=1\nx\n" KEY "=7\n"); // the last one counts
    expect_set(KEY "=\n", "100", KEY "=100\n");
    expect_set(KEY "\n", "7", KEY "\n" KEY "=7\n");
    expect_set("\xff\xfe=\x01\n" KEY "=5\n", "6", "\xff\xfe=\x01\n" KEY "=6\n");
}

static void test_get(void) {
    char value[MJS_BOARD_CONFIG_VALUE_BYTES] = "untouched";
    tree_write("boot/configs", "x" KEY "=1\n" SCALE "=0.5\n");
    CHECK(!mjs_board_config_get(&paths, KEY, value));
    CHECK_EQ_STR(value, "untouched");
    char line[256];
    snprintf(line, sizeof line, KEY "=%0100d\n", 7);
    tree_write("boot/configs", line);
    CHECK(!mjs_board_config_get(&paths, KEY, value)); // too long to be one of ours
    CHECK(unlink(paths.configs) == 0);
    CHECK(!mjs_board_config_get(&paths, KEY, value));
}

static void test_file(void) {
    struct stat before;
    struct stat after;
    // Its mode stays, a link stays a link, and nothing else is left in the folder.
    tree_write("boot/real", KEY "=1\n");
    CHECK(chmod(tree_path("boot/real"), 0640) == 0);
    CHECK(symlink("real", paths.configs) == 0);
    CHECK_EQ_INT(mjs_board_config_set(&paths, KEY, "2", NULL), MJS_OK);
    CHECK(lstat(paths.configs, &after) == 0 && S_ISLNK(after.st_mode));
    CHECK(stat(paths.configs, &before) == 0 && (before.st_mode & 0777) == 0640);
    expect_file(KEY "=2\n");
    // The same value again: not written.
    CHECK_EQ_INT(mjs_board_config_set(&paths, KEY, "2", NULL), MJS_OK);
    CHECK(stat(paths.configs, &after) == 0);
    CHECK_EQ_UINT(after.st_ino, before.st_ino);
    CHECK_EQ_INT(mjs_board_config_set(&paths, KEY, "3", NULL), MJS_OK);
    CHECK(stat(paths.configs, &after) == 0);
    CHECK(after.st_ino != before.st_ino); // replaced, not written over
    CHECK(unlink(paths.configs) == 0 && unlink(tree_path("boot/real")) == 0);
    // None yet: it is made.
    CHECK_EQ_INT(mjs_board_config_set(&paths, KEY, "4", NULL), MJS_OK);
    expect_file(KEY "=4\n");
    int entries = 0;
    DIR *folder = opendir(tree_path("boot"));
    while (folder != NULL && readdir(folder) != NULL)
        entries++;
    closedir(folder);
    CHECK_EQ_INT(entries, 3); // ".", "..", and the file
}

static void test_refused(void) {
    struct mjs_error err = {0};
    FILE *file = fopen(paths.configs, "wb");
    CHECK(file != NULL && fwrite("a\0b\n", 1, 4, file) == 4 && fclose(file) == 0);
    CHECK_EQ_INT(mjs_board_config_set(&paths, KEY, "4", &err), MJS_EINVAL);
    struct stat status;
    CHECK(stat(paths.configs, &status) == 0 && status.st_size == 4);
    CHECK(unlink(paths.configs) == 0 && mkfifo(paths.configs, 0600) == 0);
    CHECK_EQ_INT(mjs_board_config_set(&paths, KEY, "4", &err), MJS_EINVAL);
    CHECK(unlink(paths.configs) == 0);
    struct mjs_board_paths nowhere = paths;
    nowhere.configs = tree_path("none/configs");
    CHECK_EQ_INT(mjs_board_config_set(&nowhere, KEY, "4", &err), MJS_ENOENT);
}

static void test_meaning(void) {
    const struct mjs_board_card *maixcam = mjs_board_find_card("cv182xaadc", NULL);
    const struct mjs_board_card *maixcam2 = mjs_board_find_card("AxeraAudio", NULL);
    static const struct {
        const char *text;
        int volume;
        int scale_percent;
    } cases[] = {
        {KEY "=70\n" SCALE "=0.5\n", 70, 50},
        {KEY "=0\n" SCALE "=0.01\n", 0, 1},
        {KEY "=100\n" SCALE "=1.0\n", 100, 100},
        {KEY "=101\n" SCALE "=1.01\n", -1, 100},
        {KEY "=-1\n" SCALE "=0\n", -1, 100},
        {KEY "=a\n" SCALE "=nan\n", -1, 100},
        {KEY "=\n" SCALE "=\n", -1, 100},
        {KEY "=5x\n" SCALE "=0.333x\n", -1, 100},
        {"", -1, 100},
        {SCALE "=0.335\n", -1, 34},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tree_write("boot/configs", cases[i].text);
        CHECK_EQ_INT(mjs_board_config_volume(&paths, maixcam2), cases[i].volume);
        CHECK_EQ_INT(mjs_board_config_scale_percent(&paths, maixcam2), cases[i].scale_percent);
        CHECK_EQ_INT(mjs_board_config_scale_percent(&paths, maixcam), cases[i].scale_percent);
        // MaixCAM keeps no volume, other cards nothing at all.
        CHECK_EQ_INT(mjs_board_config_volume(&paths, maixcam), -1);
        CHECK_EQ_INT(mjs_board_config_volume(&paths, NULL), -1);
        CHECK_EQ_INT(mjs_board_config_scale_percent(&paths, NULL), 100);
    }
}

int main(void) {
    paths = tree_make();
    test_set();
    test_get();
    test_file();
    test_refused();
    test_meaning();
    tree_remove();
    return check_report();
}

// SPDX-License-Identifier: MIT
// A machine made of files: /proc/asound, /boot and the user's runtime folder below a temporary
// folder, for tests of what is known of sound cards.
#ifndef MJS_TEST_TREE_H
#define MJS_TEST_TREE_H

#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../modules/audio/board.h"
#include "check.h"

static char tree_root[] = "/tmp/maixjs-tree-test-XXXXXX";

// A path below the root. Several are needed at once; each stays valid.
static inline const char *tree_path(const char *name) {
    static char paths[64][256];
    static unsigned next;
    char *path = paths[next++ % 64];
    snprintf(path, 256, "%s/%s", tree_root, name);
    return path;
}

// Writes a file, and makes the folders above it.
static inline void tree_write(const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s", tree_path(name));
    for (char *at = path + sizeof tree_root; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        (void)mkdir(path, 0700);
        *at = '/';
    }
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(text, 1, strlen(text), file) == strlen(text) && fclose(file) == 0);
}

static inline struct mjs_board_paths tree_make(void) {
    CHECK(mkdtemp(tree_root) != NULL);
    tree_write("boot_id", "6a1b2c3d-0000-4000-8000-000000000001\n");
    (void)mkdir(tree_path("run"), 0700);
    return (struct mjs_board_paths){
        .board = tree_path("boot/board"),
        .configs = tree_path("boot/configs"),
        .asound = tree_path("asound"),
        .snd = tree_path("snd"),
        .boot_id = tree_path("boot_id"),
        .proc = tree_path("proc"),
        .runtime = tree_path("run"),
    };
}

static inline int tree_remove_one(const char *path, const struct stat *status, int type,
                                  struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void tree_remove(void) {
    CHECK(nftw(tree_root, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

#define TREE_MAIXCAM_CARDS                                                                         \
    " 0 [cv182xaadc     ]: cv182xa_adc - cv182xa_adc\n"                                            \
    "                      cv182xa_adc\n"                                                          \
    " 1 [cv182xadac     ]: cv182xa_dac - cv182xa_dac\n"                                            \
    "                      cv182xa_dac\n"
#define TREE_MAIXCAM2_CARDS                                                                        \
    " 0 [AxeraAudio     ]: Axera_Audio - Axera Audio\n"                                            \
    "                      Axera Audio\n"

#endif

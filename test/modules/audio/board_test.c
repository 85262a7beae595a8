// SPDX-License-Identifier: MIT
// How boards are recognised, what their table says, and priming once per boot.
#include <fcntl.h>

#include "../../support/tree.h"

static struct mjs_board_paths paths;

static const struct mjs_spec cd_stereo = {MJS_FORMAT_S16_LE, 44100, 2};

static void test_no_board(void) {
    CHECK(mjs_board_name(&paths) == NULL);
    CHECK(mjs_board_default_microphone_at(&paths) == NULL);
    CHECK(mjs_board_card_of(&paths, 0) == NULL);
    tree_write("asound/cards", "--- no soundcards ---\n");
    CHECK(mjs_board_name(&paths) == NULL);
    struct mjs_board_listed list[2];
    CHECK_EQ_UINT(mjs_board_list_cards(&paths, list, 2), 0);
}

static void test_ordinary_card(void) {
    tree_write("asound/cards", " 1 [PCH            ]: HDA-Intel - HDA Intel PCH\n"
                               "                      HDA Intel PCH at 0xb1610000 irq 139\n"
                               "12 [Mic            ]: USB-Audio - Blue [x]: - Microphone\n");
    struct mjs_board_listed list[4];
    CHECK_EQ_UINT(mjs_board_list_cards(&paths, list, 4), 2);
    CHECK_EQ_UINT(list[0].number, 1);
    CHECK_EQ_STR(list[0].id, "PCH");
    CHECK_EQ_STR(list[0].name, "HDA Intel PCH");
    CHECK_EQ_UINT(list[1].number, 12);
    CHECK_EQ_STR(list[1].id, "Mic");
    CHECK_EQ_STR(list[1].name, "Blue [x]: - Microphone");
    CHECK_EQ_UINT(mjs_board_list_cards(&paths, list, 1), 1);
    const struct mjs_board_card *row = mjs_board_card_of(&paths, 1);
    CHECK(row == NULL);
    CHECK(mjs_board_name(&paths) == NULL);
    CHECK(mjs_board_default_microphone_at(&paths) == NULL);
    // Nothing is known, so nothing is refused.
    CHECK(mjs_board_rate_allowed(row, 12345));
    CHECK(!mjs_board_prime_needed(&paths, row, &cd_stereo));
    char text[MJS_BOARD_RATES_TEXT_BYTES] = "x";
    mjs_board_rates_text(row, text);
    CHECK_EQ_STR(text, "");
}

static void test_maixcam(void) {
    tree_write("asound/cards", TREE_MAIXCAM_CARDS);
    CHECK_EQ_STR(mjs_board_name(&paths), "MaixCAM");
    CHECK_EQ_STR(mjs_board_default_microphone_at(&paths), "hw:0,0");
    const struct mjs_board_card *row = mjs_board_card_of(&paths, 0);
    CHECK(row != NULL && row->has_capture && row->prime);
    static const uint32_t good[] = {8000, 11025, 16000, 22050, 32000, 44100, 48000};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK(mjs_board_rate_allowed(row, good[i]));
    // The driver takes these, and runs on a wrong clock.
    static const uint32_t bad[] = {0, 8001, 12000, 24000, 47999, 64000, 96000, 192000};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!mjs_board_rate_allowed(row, bad[i]));
    char text[MJS_BOARD_RATES_TEXT_BYTES];
    mjs_board_rates_text(row, text);
    CHECK_EQ_STR(text, "8000 11025 16000 22050 32000 44100 48000");
    const struct mjs_board_card *speaker = mjs_board_card_of(&paths, 1);
    CHECK(speaker != NULL && !speaker->has_capture && !speaker->prime);
    CHECK(speaker != NULL && speaker->playback.volume_inverted);
    CHECK(mjs_board_card_of(&paths, 2) == NULL);
    // The file tells the Pro from the other; the cards are the same.
    tree_write("boot/board", "id=maixcam_pro\nname=MaixCAM-Pro\n");
    CHECK_EQ_STR(mjs_board_name(&paths), "MaixCAM-Pro");
    tree_write("boot/board", "maixcam\r\n");
    CHECK_EQ_STR(mjs_board_name(&paths), "MaixCAM");
    tree_write("boot/board", "");
    CHECK_EQ_STR(mjs_board_name(&paths), "MaixCAM");
    // A USB microphone that was found first moves it.
    tree_write("asound/cards", " 0 [Mic            ]: USB-Audio - Mic\n"
                               " 1 [cv182xaadc     ]: cv182xa_adc - cv182xa_adc\n");
    CHECK_EQ_STR(mjs_board_default_microphone_at(&paths), "hw:1,0");
    // No driver: still the board's microphone, so that the error names it.
    tree_write("boot/board", "id=maixcam\n");
    tree_write("asound/cards", "--- no soundcards ---\n");
    CHECK_EQ_STR(mjs_board_default_microphone_at(&paths), "hw:0,0");
    CHECK(unlink(tree_path("boot/board")) == 0);
}

static void test_maixcam2(void) {
    tree_write("asound/cards", TREE_MAIXCAM2_CARDS);
    CHECK_EQ_STR(mjs_board_name(&paths), "MaixCAM2");
    const struct mjs_board_card *row = mjs_board_card_of(&paths, 0);
    CHECK(row != NULL && row->has_capture && row->has_playback && !row->prime);
    // Its driver says what it can do.
    CHECK(mjs_board_rate_allowed(row, 96000));
    CHECK(row != NULL && row->channels_min == 2 && row->channels_max == 2);
}

static void test_found_by_either_name(void) {
    CHECK(mjs_board_find_card("cv182xaadc", NULL) != NULL);
    CHECK(mjs_board_find_card("ADC", "cv182xa_adc") != NULL);
    CHECK(mjs_board_find_card("Audio", "Axera Audio") != NULL);
    CHECK(mjs_board_find_card("cv182xaadc2", "other") == NULL);
    CHECK(mjs_board_find_card("", "") == NULL);
    CHECK(mjs_board_find_card(NULL, NULL) == NULL);
}

static void test_priming(void) {
    const struct mjs_board_card *row = mjs_board_find_card("cv182xaadc", NULL);
    const struct mjs_spec first = {MJS_FORMAT_S16_LE, MJS_BOARD_PRIME_RATE_HZ, 1};
    const struct mjs_spec wide = {MJS_FORMAT_S32_LE, MJS_BOARD_PRIME_RATE_HZ, 1};
    CHECK(mjs_board_prime_needed(&paths, row, &cd_stereo));
    CHECK(mjs_board_prime_needed(&paths, row, &wide));
    CHECK(!mjs_board_prime_needed(&paths, row, &first)); // it is the priming itself
    mjs_board_prime_done(&paths, row);
    CHECK(!mjs_board_prime_needed(&paths, row, &cd_stereo));
    mjs_board_prime_done(&paths, row); // again: nothing happens
    struct stat status;
    CHECK(stat(tree_path("run/maixjs"), &status) == 0 && (status.st_mode & 0777) == 0700);
    // The next boot.
    tree_write("boot_id", "6a1b2c3d-0000-4000-8000-000000000002\n");
    CHECK(mjs_board_prime_needed(&paths, row, &cd_stereo));
    // Cards without the quirk leave nothing behind.
    mjs_board_prime_done(&paths, mjs_board_find_card("cv182xadac", NULL));
    mjs_board_prime_done(&paths, NULL);
    CHECK(access(tree_path("run/maixjs/primed-cv182xadac-6a1b2c3d-0000-4000-8000-000000000002"),
                 F_OK) != 0);
}

// Nobody else may say that the card was primed: the driver would crash.
static void test_planted_markers(void) {
    const struct mjs_board_card *row = mjs_board_find_card("cv182xaadc", NULL);
    const char *marker =
        tree_path("run/maixjs/primed-cv182xaadc-6a1b2c3d-0000-4000-8000-000000000002");
    tree_write("elsewhere", "");
    CHECK(symlink(tree_path("elsewhere"), marker) == 0);
    CHECK(mjs_board_prime_needed(&paths, row, &cd_stereo));
    mjs_board_prime_done(&paths, row); // follows no link, replaces nothing
    CHECK(mjs_board_prime_needed(&paths, row, &cd_stereo));
    CHECK(unlink(marker) == 0 && mkfifo(marker, 0600) == 0);
    CHECK(mjs_board_prime_needed(&paths, row, &cd_stereo));
    CHECK(unlink(marker) == 0);
    mjs_board_prime_done(&paths, row);
    CHECK(!mjs_board_prime_needed(&paths, row, &cd_stereo));
    // A folder that others can write to is not believed.
    CHECK(chmod(tree_path("run/maixjs"), 0777) == 0);
    CHECK(mjs_board_prime_needed(&paths, row, &cd_stereo));
    CHECK(chmod(tree_path("run/maixjs"), 0700) == 0);
    CHECK(!mjs_board_prime_needed(&paths, row, &cd_stereo));
    // Nor is a link to a folder.
    CHECK(rename(tree_path("run/maixjs"), tree_path("run/moved")) == 0);
    CHECK(symlink("moved", tree_path("run/maixjs")) == 0);
    CHECK(mjs_board_prime_needed(&paths, row, &cd_stereo));
}

static void test_no_place_for_markers(void) {
    const struct mjs_board_card *row = mjs_board_find_card("cv182xaadc", NULL);
    struct mjs_board_paths nowhere = paths;
    nowhere.runtime = tree_path("no/such/folder");
    mjs_board_prime_done(&nowhere, row);
    CHECK(mjs_board_prime_needed(&nowhere, row, &cd_stereo));
    nowhere = paths;
    nowhere.boot_id = tree_path("no/such/file");
    mjs_board_prime_done(&nowhere, row);
    CHECK(mjs_board_prime_needed(&nowhere, row, &cd_stereo));
    // XDG_RUNTIME_DIR is where it goes without a folder of the test's.
    nowhere = paths;
    nowhere.runtime = NULL;
    CHECK(mkdir(tree_path("xdg"), 0700) == 0);
    CHECK(setenv("XDG_RUNTIME_DIR", tree_path("xdg"), 1) == 0);
    mjs_board_prime_done(&nowhere, row);
    CHECK(!mjs_board_prime_needed(&nowhere, row, &cd_stereo));
    CHECK(access(tree_path("xdg/maixjs"), F_OK) == 0);
    CHECK(unsetenv("XDG_RUNTIME_DIR") == 0);
}

int main(void) {
    paths = tree_make();
    test_no_board();
    test_ordinary_card();
    test_maixcam();
    test_maixcam2();
    test_found_by_either_name();
    test_priming();
    test_planted_markers();
    test_no_place_for_markers();
    tree_remove();
    return check_report();
}

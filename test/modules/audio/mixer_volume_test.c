// SPDX-License-Identifier: MIT
// What volume() and mute() act on: which device has which mixer, and what is left to software.
//
// The file is compiled a second time, under other names, on a simulated control device.
#define mjs_mixer_open_kernel fake_open_kernel
#define mjs_mixer_volume_open fake_volume_open
#define mjs_mixer_volume_get fake_volume_get
#define mjs_mixer_volume_set fake_volume_set
#define mjs_mixer_volume_get_mute fake_volume_get_mute
#define mjs_mixer_volume_set_mute fake_volume_set_mute
#define mjs_mixer_volume_gain fake_volume_gain
#include "../../../modules/audio/mixer_volume.c"

#include "../../support/tree.h"
#include "mixer_card.h"

static struct mjs_board_paths paths;
static int open_error; // of the control device
static unsigned opened_card;

mjs_result fake_open_kernel(struct mjs_mixer **mixer_out, const struct mjs_board_paths *given,
                            unsigned number, struct mjs_error *err) {
    if (open_error != 0)
        return mjs_result_fail_errno(err, open_error, "no control device");
    opened_card = number;
    const struct mjs_board_card *board = mjs_board_card_of(given, number);
    return mjs_mixer_open_device(mixer_out, &card_device, board,
                                 mjs_board_config_scale_percent(given, board), err);
}

static struct mjs_pcm_hardware device(const char *name, int number) {
    struct mjs_pcm_hardware hardware = {.has_card = number >= 0,
                                        .card = number >= 0 ? (uint32_t)number : 0};
    snprintf(hardware.device, sizeof hardware.device, "%s", name);
    return hardware;
}

static struct mjs_mixer_volume open_volume(const char *name, int number,
                                           enum mjs_mixer_wanted wanted, mjs_result expected) {
    const struct mjs_pcm_hardware hardware = device(name, number);
    struct mjs_mixer_volume volume;
    struct mjs_error err = {.message = ""};
    CHECK_EQ_INT(fake_volume_open(&volume, &hardware, wanted, &paths, &err), expected);
    CHECK((err.message[0] != '\0') == (expected != MJS_OK));
    return volume;
}

static int get(struct mjs_mixer_volume *volume) {
    int value = -1;
    CHECK_EQ_INT(fake_volume_get(volume, &value, NULL), MJS_OK);
    return value;
}

static void set(struct mjs_mixer_volume *volume, int value) {
    CHECK_EQ_INT(fake_volume_set(volume, value, false, NULL), MJS_OK);
}

static bool is_gain(const struct mjs_mixer_volume *volume, float expected) {
    float gain = fake_volume_gain(volume);
    return gain >= expected && gain <= expected;
}

static void test_software(void) {
    CARD_SET_UP(card_maixcam);
    struct mjs_mixer_volume volume = open_volume("sim:tone", -1, MJS_MIXER_DEFAULT, MJS_OK);
    CHECK(is_gain(&volume, 1.0f));
    CHECK_EQ_INT(get(&volume), 100);
    set(&volume, 50);
    CHECK_EQ_INT(get(&volume), 50);
    CHECK(is_gain(&volume, 0.5f));
    bool muted = true;
    CHECK_EQ_INT(fake_volume_get_mute(&volume, &muted, NULL), MJS_OK);
    CHECK(!muted);
    CHECK_EQ_INT(fake_volume_set_mute(&volume, true, NULL), MJS_OK);
    CHECK(is_gain(&volume, 0.0f));
    CHECK_EQ_INT(get(&volume), 50); // muting forgets no volume
    // A PC's microphone is never turned up by default, and a board's not when it is not wanted.
    volume = open_volume("alsa:default", 0, MJS_MIXER_DEFAULT, MJS_OK);
    CHECK_EQ_STR(volume.volume_control, "");
    volume = open_volume("hw:0,0", 0, MJS_MIXER_NO, MJS_OK);
    CHECK_EQ_STR(volume.volume_control, "");
    set(&volume, 20);
    CHECK_EQ_UINT(card.writes, 0);
    CHECK_EQ_INT(fake_volume_set(&volume, 20, true, NULL), MJS_EUNSUPPORTED);
    (void)open_volume("sim:tone", -1, MJS_MIXER_YES, MJS_EUNSUPPORTED);
}

static void test_board(void) {
    tree_write("asound/cards", TREE_MAIXCAM_CARDS);
    CARD_SET_UP(card_maixcam);
    struct mjs_mixer_volume volume = open_volume("hw:0,0", 0, MJS_MIXER_DEFAULT, MJS_OK);
    CHECK_EQ_STR(volume.volume_control, "ADC Capture Volume");
    CHECK_EQ_UINT(card.writes, 0); // opening changes nothing
    CHECK_EQ_INT(get(&volume), 50);
    set(&volume, 100);
    CHECK_EQ_INT(card.elements[0].values[1], 24);
    CHECK(is_gain(&volume, 1.0f)); // all of it is the mixer's
    CHECK_EQ_INT(fake_volume_set_mute(&volume, true, NULL), MJS_OK);
    CHECK_EQ_INT(card.elements[1].values[0], 1);
    CHECK(is_gain(&volume, 1.0f));
    bool muted = false;
    CHECK_EQ_INT(fake_volume_get_mute(&volume, &muted, NULL), MJS_OK);
    CHECK(muted);
    // MaixCAM keeps no volume: refused before anything is changed.
    unsigned writes = card.writes;
    CHECK_EQ_INT(fake_volume_set(&volume, 10, true, NULL), MJS_EUNSUPPORTED);
    CHECK_EQ_UINT(card.writes, writes);
    // Half the range is "all" on this board.
    tree_write("boot/configs", "maix_audio_input_volume_scale=0.5\n");
    set(&volume, 100);
    CHECK_EQ_INT(card.elements[0].values[0], 12);
    CHECK_EQ_INT(get(&volume), 100);
    CHECK(unlink(paths.configs) == 0);
    CHECK_EQ_INT((int)card.closes, 7); // every one that was opened
}

static void test_maixcam2(void) {
    tree_write("asound/cards", TREE_MAIXCAM2_CARDS);
    tree_write("boot/configs", "# mine\nmaix_audio_input_volume=80");
    CARD_SET_UP(card_maixcam2);
    struct mjs_mixer_volume volume = open_volume("hw:0,0", 0, MJS_MIXER_DEFAULT, MJS_OK);
    CHECK_EQ_INT(card.elements[1].values[0], 96); // the board's setting, as MaixPy
    CHECK_EQ_INT(card.elements[2].values[0], 96);
    CHECK_EQ_INT(get(&volume), 80);
    char text[MJS_BOARD_CONFIG_VALUE_BYTES];
    set(&volume, 30);
    CHECK(mjs_board_config_get(&paths, "maix_audio_input_volume", text));
    CHECK_EQ_STR(text, "80"); // not written without being asked
    CHECK_EQ_INT(fake_volume_set(&volume, 40, true, NULL), MJS_OK);
    CHECK_EQ_INT(card.elements[1].values[0], 48);
    CHECK(mjs_board_config_get(&paths, "maix_audio_input_volume", text));
    CHECK_EQ_STR(text, "40");
    CHECK(unlink(paths.configs) == 0);
}

static void test_halves(void) {
    static const struct card_element only_volume[] = {
        {"Capture Volume", CARD_INTEGER, 2, 0, 10, {5, 5}, 0},
    };
    static const struct card_element only_mute[] = {
        {"Capture Switch", CARD_BOOLEAN, 1, 0, 1, {1}, 0},
    };
    tree_write("asound/cards", " 2 [PCH            ]: HDA-Intel - HDA Intel PCH\n");
    CARD_SET_UP(only_volume);
    struct mjs_mixer_volume volume = open_volume("hw:2,0", 2, MJS_MIXER_DEFAULT, MJS_OK);
    CHECK_EQ_UINT(opened_card, 2);
    CHECK_EQ_INT(fake_volume_set_mute(&volume, true, NULL), MJS_OK);
    CHECK(is_gain(&volume, 0.0f)); // silence on delivery
    CHECK_EQ_INT(card.elements[0].values[0], 5);
    CARD_SET_UP(only_mute);
    volume = open_volume("hw:2,0", 2, MJS_MIXER_YES, MJS_OK);
    set(&volume, 50);
    CHECK(is_gain(&volume, 0.5f));
    CHECK_EQ_INT(fake_volume_set_mute(&volume, true, NULL), MJS_OK);
    CHECK_EQ_INT(card.elements[0].values[0], 0);
    CHECK(is_gain(&volume, 0.5f));
}

static void test_missing(void) {
    static const struct card_element none[] = {{"Jack", CARD_BOOLEAN, 1, 0, 1, {1}, 0}};
    CARD_SET_UP(none);
    struct mjs_mixer_volume volume = open_volume("hw:2,0", 2, MJS_MIXER_DEFAULT, MJS_OK);
    set(&volume, 50);
    CHECK(is_gain(&volume, 0.5f));
    (void)open_volume("hw:2,0", 2, MJS_MIXER_YES, MJS_EUNSUPPORTED);
    open_error = EACCES;
    volume = open_volume("hw:2,0", 2, MJS_MIXER_DEFAULT, MJS_OK);
    CHECK_EQ_STR(volume.volume_control, "");
    (void)open_volume("hw:2,0", 2, MJS_MIXER_YES, MJS_EACCES);
    open_error = 0;
}

// Pulled while a recorder lives, and another card in its place.
static void test_gone(void) {
    CARD_SET_UP(card_maixcam);
    tree_write("asound/cards", TREE_MAIXCAM_CARDS);
    struct mjs_mixer_volume volume = open_volume("hw:0,0", 0, MJS_MIXER_DEFAULT, MJS_OK);
    int value = -1;
    bool muted = false;
    struct mjs_error err = {0};
    open_error = ENODEV;
    CHECK_EQ_INT(fake_volume_get(&volume, &value, &err), MJS_ENODEV);
    CHECK_EQ_INT(fake_volume_set(&volume, 1, false, &err), MJS_ENODEV);
    CHECK_EQ_INT(fake_volume_get_mute(&volume, &muted, &err), MJS_ENODEV);
    CHECK_EQ_INT(fake_volume_set_mute(&volume, true, &err), MJS_ENODEV);
    open_error = 0;
    card.elements[0].name = "Other";
    CHECK_EQ_INT(fake_volume_get(&volume, &value, &err), MJS_ELOST);
    CHECK(strstr(err.message, "ADC Capture Volume") != NULL);
    card.elements[0].name = "ADC Capture Volume"; // it came back
    CHECK_EQ_INT(get(&volume), 50);
}

// Which of libasound's mixers, without a card in this machine.
static void test_alsa_names(void) {
    struct mjs_mixer_volume volume = {0};
    struct mjs_pcm_hardware hardware = device("alsa:default,pace=fast", -1);
    CHECK_EQ_INT(find_mixer(&volume, &hardware, NULL), MJS_OK);
    CHECK_EQ_STR(volume.alsa_name, "default");
    hardware = device("alsa:plughw:1,0", 1);
    CHECK_EQ_INT(find_mixer(&volume, &hardware, NULL), MJS_OK);
    CHECK_EQ_STR(volume.alsa_name, "hw:1");
    CHECK(!volume.is_kernel);
}

int main(void) {
    paths = tree_make();
    test_software();
    test_board();
    test_maixcam2();
    test_halves();
    test_missing();
    test_gone();
    test_alsa_names();
    tree_remove();
    return check_report();
}

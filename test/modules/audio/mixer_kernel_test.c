// SPDX-License-Identifier: MIT
// The kernel's mixer on a simulated control device: ranges, stereo, inverted, missing, failing.
#include "mixer_card.h"

static struct mjs_mixer *open_card(const struct mjs_board_card *board, int scale_percent) {
    struct mjs_mixer *mixer = NULL;
    CHECK_EQ_INT(mjs_mixer_open_device(&mixer, &card_device, board, scale_percent, NULL), MJS_OK);
    return mixer;
}

static int get(struct mjs_mixer *mixer) {
    int volume = -1;
    unsigned writes = card.writes;
    CHECK_EQ_INT(mixer->ops->get_volume(mixer, &volume, NULL), MJS_OK);
    CHECK_EQ_UINT(card.writes, writes); // a getter changes nothing
    return volume;
}

static bool get_mute(struct mjs_mixer *mixer) {
    bool muted = false;
    unsigned writes = card.writes;
    CHECK_EQ_INT(mixer->ops->get_mute(mixer, &muted, NULL), MJS_OK);
    CHECK_EQ_UINT(card.writes, writes);
    return muted;
}

static void set(struct mjs_mixer *mixer, int volume) {
    CHECK_EQ_INT(mixer->ops->set_volume(mixer, volume, NULL), MJS_OK);
}

// Every volume on ranges of all kinds: the nearest step, and the same again from there.
static void test_arithmetic(void) {
    static const long ranges[][2] = {{0, 24}, {0, 100}, {0, 1}, {-50, 50}, {-1, 65535}, {7, 9}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        long min = ranges[i][0];
        long max = ranges[i][1];
        for (int inverted = 0; inverted <= 1; inverted++) {
            long loudest = inverted ? min : max;
            CHECK_EQ_INT(mjs_mixer_from_volume(100, min, max, inverted, 100), loudest);
            CHECK_EQ_INT(mjs_mixer_from_volume(0, min, max, inverted, 100), min + max - loudest);
            for (int volume = 0; volume <= 100; volume++) {
                long value = mjs_mixer_from_volume(volume, min, max, inverted, 100);
                double back = mjs_mixer_to_volume(value, min, max, inverted, 100);
                int rounded = (int)(back + 0.5);
                CHECK(value >= min && value <= max);
                CHECK_EQ_INT(mjs_mixer_from_volume(rounded, min, max, inverted, 100), value);
                if (max - min >= 100)
                    CHECK_EQ_INT(rounded, volume);
                // Half a step away at most.
                CHECK((back - volume) * (double)(max - min) <= 50.0001);
                CHECK((volume - back) * (double)(max - min) <= 50.0001);
            }
        }
    }
    CHECK_EQ_INT(mjs_mixer_from_volume(100, 0, 24, false, 50), 12);
    CHECK_EQ_INT(mjs_mixer_from_volume(50, 0, 24, false, 50), 6);
    CHECK_EQ_INT(mjs_mixer_from_volume(100, 0, 24, true, 50), 12);
    CHECK((int)mjs_mixer_to_volume(12, 0, 24, false, 50) == 100);
    CHECK((int)mjs_mixer_to_volume(24, 0, 24, false, 50) == 100); // beyond "all"
    CHECK((int)mjs_mixer_to_volume(-9, 0, 24, false, 100) == 0);  // a lying driver
    CHECK_EQ_INT(mjs_mixer_from_volume(100, 0, 24, false, 1), 0);
}

static void test_maixcam(void) {
    CARD_SET_UP(card_maixcam);
    struct mjs_mixer *mixer = open_card(mjs_board_find_card("cv182xaadc", NULL), 100);
    CHECK_EQ_STR(mixer->volume, "ADC Capture Volume");
    CHECK_EQ_STR(mixer->mute, "ADC Capture Mute");
    CHECK_EQ_INT(get(mixer), 50);
    set(mixer, 100); // both sides
    CHECK_EQ_INT(card.elements[0].values[0], 24);
    CHECK_EQ_INT(card.elements[0].values[1], 24);
    CHECK_EQ_INT(get(mixer), 100);
    card.elements[0].values[1] = 0; // somebody else sets the right side: the average
    CHECK_EQ_INT(get(mixer), 50);
    // 1 mutes; muted is what is muted on both sides.
    CHECK(!get_mute(mixer));
    CHECK_EQ_INT(mixer->ops->set_mute(mixer, true, NULL), MJS_OK);
    CHECK_EQ_INT(card.elements[1].values[0] + card.elements[1].values[1], 2);
    CHECK(get_mute(mixer));
    card.elements[1].values[1] = 0;
    CHECK(!get_mute(mixer));
    CHECK_EQ_INT(mixer->ops->set_mute(mixer, false, NULL), MJS_OK);
    CHECK_EQ_INT(card.elements[1].values[0], 0);
    mixer->ops->close(mixer);
    CHECK_EQ_UINT(card.closes, 1);
    // The board's user has said that half of it is enough.
    mixer = open_card(mjs_board_find_card("cv182xaadc", NULL), 50);
    set(mixer, 100);
    CHECK_EQ_INT(card.elements[0].values[0], 12);
    CHECK_EQ_INT(get(mixer), 100);
    mixer->ops->close(mixer);
}

static void test_maixcam2(void) {
    CARD_SET_UP(card_maixcam2);
    struct mjs_mixer *mixer = open_card(mjs_board_find_card(NULL, "Axera Audio"), 100);
    CHECK_EQ_STR(mixer->volume, "RX LEFT DIG GAIN");
    CHECK_EQ_INT(get(mixer), 50);
    set(mixer, 73);
    CHECK_EQ_INT(card.elements[1].values[0], 88); // 87.6
    CHECK_EQ_INT(card.elements[2].values[0], 88);
    CHECK_EQ_INT(card.elements[0].values[0], 7); // the vendor's tuning stays
    CHECK_EQ_INT(get(mixer), 73);
    CHECK_EQ_INT(mixer->ops->set_mute(mixer, true, NULL), MJS_OK);
    CHECK_EQ_INT(card.elements[3].values[0], 1);
    mixer->ops->close(mixer);
}

// A control whose largest value is the quietest, as the speaker's of MaixCAM.
static void test_inverted(void) {
    static const struct card_element elements[] = {
        {"DAC Playback Volume", CARD_INTEGER, 2, 0, 32, {8, 8}, 0},
        {"DAC Playback MUTE", CARD_BOOLEAN, 1, 0, 1, {1}, 0},
    };
    CARD_SET_UP(elements);
    struct mjs_board_card row = *mjs_board_find_card("cv182xadac", NULL);
    row.capture = row.playback;
    struct mjs_mixer *mixer = open_card(&row, 100);
    CHECK_EQ_INT(get(mixer), 75);
    set(mixer, 100);
    CHECK_EQ_INT(card.elements[0].values[1], 0);
    set(mixer, 0);
    CHECK_EQ_INT(card.elements[0].values[1], 32);
    CHECK_EQ_INT(get(mixer), 0);
    CHECK(get_mute(mixer));
    mixer->ops->close(mixer);
}

// A card that is no board's: the usual names, "Switch" means sound.
static void test_usual_names(void) {
    static const struct card_element elements[] = {
        {"Master Playback Volume", CARD_INTEGER, 2, 0, 87, {1, 1}, 0},
        {"Mic Boost Volume", CARD_INTEGER, 2, 0, 3, {1, 1}, 0},
        {"Capture Volume", SNDRV_CTL_ELEM_TYPE_ENUMERATED, 1, 0, 0, {0}, 0}, // no number: passed
                                                                             // over
        {"Mic Capture Volume", CARD_INTEGER, 2, -16, 47, {47, 47}, 0},
        {"Mic Capture Switch", CARD_BOOLEAN, 1, 0, 1, {1}, 0},
    };
    CARD_SET_UP(elements);
    struct mjs_mixer *mixer = open_card(NULL, 100);
    CHECK_EQ_STR(mixer->volume, "Mic Capture Volume");
    CHECK_EQ_STR(mixer->mute, "Mic Capture Switch");
    CHECK_EQ_INT(get(mixer), 100);
    set(mixer, 0);
    CHECK_EQ_INT(card.elements[3].values[0], -16);
    CHECK(!get_mute(mixer));
    CHECK_EQ_INT(mixer->ops->set_mute(mixer, true, NULL), MJS_OK);
    CHECK_EQ_INT(card.elements[4].values[0], 0);
    CHECK(get_mute(mixer));
    mixer->ops->close(mixer);
}

static void test_nothing_usable(void) {
    static const struct card_element elements[] = {
        {"Capture Volume", CARD_INTEGER, 1, 5, 5, {5}, 0}, // no range
        {"Mic Capture Volume", CARD_INTEGER, 1, 0, 9, {5}, SNDRV_CTL_ELEM_ACCESS_READ},
        {"ADC Capture Volume", CARD_INTEGER, 0, 0, 9, {5}, 0}, // no values
        {"PCM Capture Volume",
         CARD_INTEGER,
         1,
         0,
         9,
         {5},
         CARD_READ_WRITE | SNDRV_CTL_ELEM_ACCESS_INACTIVE},
        {"Capture Switch", CARD_BOOLEAN, 1, 0, 1, {1}, SNDRV_CTL_ELEM_ACCESS_READ},
    };
    CARD_SET_UP(elements);
    struct mjs_mixer *mixer = open_card(NULL, 100);
    CHECK_EQ_STR(mixer->volume, "");
    CHECK_EQ_STR(mixer->mute, "");
    mixer->ops->close(mixer);
    // A board whose driver has other controls than we know.
    mixer = open_card(mjs_board_find_card("cv182xaadc", NULL), 100);
    CHECK_EQ_STR(mixer->volume, "");
    mixer->ops->close(mixer);
    CARD_SET_UP(card_maixcam);
    card.elements[0].name = NULL; // no elements at all
    mixer = open_card(NULL, 100);
    CHECK_EQ_STR(mixer->volume, "");
    mixer->ops->close(mixer);
}

static void test_failures(void) {
    CARD_SET_UP(card_maixcam);
    const struct mjs_board_card *row = mjs_board_find_card("cv182xaadc", NULL);
    struct mjs_mixer *mixer = open_card(row, 100);
    struct mjs_error err = {0};
    int volume = -1;
    card.fail_request = SNDRV_CTL_IOCTL_ELEM_READ;
    card.fail_error = -ENODEV;
    CHECK_EQ_INT(mixer->ops->get_volume(mixer, &volume, &err), MJS_ELOST);
    CHECK_EQ_INT(volume, -1);
    card.fail_request = SNDRV_CTL_IOCTL_ELEM_WRITE;
    card.fail_error = -EPERM;
    CHECK_EQ_INT(mixer->ops->set_volume(mixer, 10, &err), MJS_EACCES);
    CHECK(strstr(err.message, "ADC Capture Volume") != NULL);
    CHECK_EQ_INT(mixer->ops->set_mute(mixer, true, &err), MJS_EACCES);
    mixer->ops->close(mixer);
    card.fail_request = SNDRV_CTL_IOCTL_ELEM_LIST;
    card.fail_error = -EIO;
    CHECK_EQ_INT(mjs_mixer_open_device(&mixer, &card_device, row, 100, &err), MJS_EIO);
    CHECK_EQ_UINT(card.closes, 1); // not taken over
    // Elements that vanish between listing and asking are passed over.
    card.fail_request = SNDRV_CTL_IOCTL_ELEM_INFO;
    mixer = open_card(row, 100);
    CHECK_EQ_STR(mixer->volume, "");
    mixer->ops->close(mixer);
}

// The real device's way, as far as it goes without a card.
static void test_no_card(void) {
    const struct mjs_board_paths *real = mjs_board_paths(NULL);
    struct mjs_board_paths paths = *real;
    paths.snd = "/nonexistent";
    struct mjs_error err = {0};
    struct mjs_mixer *mixer = NULL;
    CHECK_EQ_INT(mjs_mixer_open_kernel(&mixer, &paths, 7, &err), MJS_ENODEV);
    CHECK(strstr(err.message, "sound card 7") != NULL);
    CHECK(mixer == NULL);
}

int main(void) {
    test_arithmetic();
    test_maixcam();
    test_maixcam2();
    test_inverted();
    test_usual_names();
    test_nothing_usable();
    test_failures();
    test_no_card();
    return check_report();
}

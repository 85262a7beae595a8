// SPDX-License-Identifier: MIT
// libasound's simple mixer: against a library of our own, and the real one without a card.
#include <errno.h>
#include <string.h>

#include "../../../modules/audio/mixer.h"
#include "../../support/check.h"

struct element {
    const char *name;
    int inactive;
    int volume;
    int on_off;
    long min;
    long max;
    long values[2]; // channels 0 and 1, "front left" and "front right"
    int switches[2];
};

static struct {
    struct element elements[4];
    size_t count;
    int open_error;
    int attach_error;
    int load_error;
    int call_error;
    int opens;
    int closes;
} fake;

static struct element *of(struct mjs_snd_mixer_elem *element) {
    return (struct element *)(void *)element;
}

static struct mjs_snd_mixer_elem *at(size_t index) {
    return index < fake.count ? (struct mjs_snd_mixer_elem *)(void *)&fake.elements[index] : NULL;
}

static const char *fake_strerror(int error) { return strerror(-error); }

static int fake_open(struct mjs_snd_mixer **mixer, int mode) {
    CHECK_EQ_INT(mode, 0);
    if (fake.open_error != 0)
        return fake.open_error;
    fake.opens++;
    *mixer = (struct mjs_snd_mixer *)(void *)&fake;
    return 0;
}

static int fake_close(struct mjs_snd_mixer *mixer) {
    CHECK(mixer == (struct mjs_snd_mixer *)(void *)&fake);
    fake.closes++;
    return 0;
}

static int fake_attach(struct mjs_snd_mixer *mixer, const char *name) {
    (void)mixer;
    CHECK_EQ_STR(name, "hw:3");
    return fake.attach_error;
}

static int fake_register(struct mjs_snd_mixer *mixer, void *options, void **classp) {
    (void)mixer;
    CHECK(options == NULL && classp == NULL);
    return 0;
}

static int fake_load(struct mjs_snd_mixer *mixer) {
    (void)mixer;
    return fake.load_error;
}

static struct mjs_snd_mixer_elem *fake_first(struct mjs_snd_mixer *mixer) {
    (void)mixer;
    return at(0);
}

static struct mjs_snd_mixer_elem *fake_next(struct mjs_snd_mixer_elem *element) {
    return at((size_t)(of(element) - fake.elements) + 1);
}

static const char *fake_name(struct mjs_snd_mixer_elem *element) { return of(element)->name; }
static int fake_is_active(struct mjs_snd_mixer_elem *element) { return !of(element)->inactive; }
static int fake_has_volume(struct mjs_snd_mixer_elem *element) { return of(element)->volume; }
static int fake_has_switch(struct mjs_snd_mixer_elem *element) { return of(element)->on_off; }

static int fake_has_channel(struct mjs_snd_mixer_elem *element, int channel) {
    (void)element;
    return channel < 2;
}

static int fake_get_range(struct mjs_snd_mixer_elem *element, long *min, long *max) {
    *min = of(element)->min;
    *max = of(element)->max;
    return 0;
}

static int fake_get_volume(struct mjs_snd_mixer_elem *element, int channel, long *value) {
    *value = of(element)->values[channel];
    return fake.call_error;
}

static int fake_set_volume_all(struct mjs_snd_mixer_elem *element, long value) {
    of(element)->values[0] = value;
    of(element)->values[1] = value;
    return fake.call_error;
}

static int fake_get_switch(struct mjs_snd_mixer_elem *element, int channel, int *value) {
    *value = of(element)->switches[channel];
    return fake.call_error;
}

static int fake_set_switch_all(struct mjs_snd_mixer_elem *element, int value) {
    of(element)->switches[0] = value;
    of(element)->switches[1] = value;
    return fake.call_error;
}

static const struct mjs_alsa_lib lib = {
    .strerror = fake_strerror,
    .mixer_open = fake_open,
    .mixer_close = fake_close,
    .mixer_attach = fake_attach,
    .mixer_register = fake_register,
    .mixer_load = fake_load,
    .mixer_first = fake_first,
    .mixer_next = fake_next,
    .mixer_name = fake_name,
    .mixer_is_active = fake_is_active,
    .mixer_has_channel = fake_has_channel,
    .mixer_has_volume = fake_has_volume,
    .mixer_has_switch = fake_has_switch,
    .mixer_get_range = fake_get_range,
    .mixer_get_volume = fake_get_volume,
    .mixer_set_volume_all = fake_set_volume_all,
    .mixer_get_switch = fake_get_switch,
    .mixer_set_switch_all = fake_set_switch_all,
};

static void set_up(const struct element *elements, size_t count) {
    memset(&fake, 0, sizeof fake);
    if (count > 0)
        memcpy(fake.elements, elements, count * sizeof elements[0]);
    fake.count = count;
}

static void test_capture(void) {
    static const struct element elements[] = {
        {"Master", 0, 0, 0, 0, 87, {1, 1}, {1, 1}}, // playback only
        {"Mic", 0, 1, 0, 0, 10, {0, 0}, {1, 1}},
        {"Capture", 0, 1, 1, -10, 53, {53, 53}, {1, 1}},
        {"Digital", 0, 1, 0, 0, 120, {60, 60}, {1, 1}},
    };
    set_up(elements, 4);
    struct mjs_mixer *mixer = NULL;
    CHECK_EQ_INT(mjs_mixer_open_alsa(&mixer, &lib, "hw:3", NULL), MJS_OK);
    CHECK_EQ_STR(mixer->volume, "Capture");
    CHECK_EQ_STR(mixer->mute, "Capture");
    int volume = 0;
    CHECK_EQ_INT(mixer->ops->get_volume(mixer, &volume, NULL), MJS_OK);
    CHECK_EQ_INT(volume, 100);
    CHECK_EQ_INT(mixer->ops->set_volume(mixer, 0, NULL), MJS_OK);
    CHECK_EQ_INT(fake.elements[2].values[1], -10);
    fake.elements[2].values[1] = 53;
    CHECK_EQ_INT(mixer->ops->get_volume(mixer, &volume, NULL), MJS_OK);
    CHECK_EQ_INT(volume, 50); // the average
    bool muted = true;
    CHECK_EQ_INT(mixer->ops->get_mute(mixer, &muted, NULL), MJS_OK);
    CHECK(!muted);
    CHECK_EQ_INT(mixer->ops->set_mute(mixer, true, NULL), MJS_OK);
    CHECK_EQ_INT(fake.elements[2].switches[0], 0);
    CHECK_EQ_INT(mixer->ops->get_mute(mixer, &muted, NULL), MJS_OK);
    CHECK(muted);
    fake.elements[2].switches[1] = 1;
    CHECK_EQ_INT(mixer->ops->get_mute(mixer, &muted, NULL), MJS_OK);
    CHECK(!muted);
    // A card that is pulled while it is used.
    fake.call_error = -ENODEV;
    CHECK_EQ_INT(mixer->ops->get_volume(mixer, &volume, NULL), MJS_ELOST);
    CHECK_EQ_INT(mixer->ops->set_volume(mixer, 1, NULL), MJS_ELOST);
    CHECK_EQ_INT(mixer->ops->get_mute(mixer, &muted, NULL), MJS_ELOST);
    CHECK_EQ_INT(mixer->ops->set_mute(mixer, true, NULL), MJS_ELOST);
    mixer->ops->close(mixer);
    CHECK_EQ_INT(fake.closes, 1);
}

static void test_choice(void) {
    static const struct element elements[] = {
        {"Line", 0, 0, 1, 0, 0, {0, 0}, {1, 1}},    // only a switch
        {"Capture", 1, 1, 1, 0, 9, {0, 0}, {1, 1}}, // not active
        {"Digital", 0, 1, 0, 0, 120, {60, 60}, {1, 1}},
    };
    struct mjs_mixer *mixer = NULL;
    set_up(elements, 3);
    CHECK_EQ_INT(mjs_mixer_open_alsa(&mixer, &lib, "hw:3", NULL), MJS_OK);
    CHECK_EQ_STR(mixer->volume, "Digital");
    CHECK_EQ_STR(mixer->mute, "");
    mixer->ops->close(mixer);
    set_up(elements, 2);
    CHECK_EQ_INT(mjs_mixer_open_alsa(&mixer, &lib, "hw:3", NULL), MJS_OK);
    CHECK_EQ_STR(mixer->volume, "");
    CHECK_EQ_STR(mixer->mute, "Line");
    mixer->ops->close(mixer);
    set_up(elements, 0);
    CHECK_EQ_INT(mjs_mixer_open_alsa(&mixer, &lib, "hw:3", NULL), MJS_OK);
    CHECK_EQ_STR(mixer->volume, "");
    CHECK_EQ_STR(mixer->mute, "");
    mixer->ops->close(mixer);
}

static void test_failures(void) {
    struct mjs_mixer *mixer = NULL;
    struct mjs_error err = {0};
    set_up(NULL, 0);
    fake.open_error = -ENOMEM;
    CHECK_EQ_INT(mjs_mixer_open_alsa(&mixer, &lib, "hw:3", &err), MJS_EUNSUPPORTED);
    CHECK_EQ_INT(fake.closes, 0);
    set_up(NULL, 0);
    fake.attach_error = -ENOENT;
    CHECK_EQ_INT(mjs_mixer_open_alsa(&mixer, &lib, "hw:3", &err), MJS_EUNSUPPORTED);
    CHECK(strstr(err.message, "hw:3") != NULL);
    CHECK_EQ_INT(fake.closes, 1);
    set_up(NULL, 0);
    fake.load_error = -EIO;
    CHECK_EQ_INT(mjs_mixer_open_alsa(&mixer, &lib, "hw:3", &err), MJS_EUNSUPPORTED);
    CHECK_EQ_INT(fake.closes, 1);
    CHECK(mixer == NULL);
}

// The names of the functions are right, and nothing is printed.
static void test_real_library(void) {
    struct mjs_error err = {0};
    const struct mjs_alsa_lib *real = mjs_alsa_lib_get(&err);
    if (real == NULL) {
        CHECK_SKIP("libasound is not installed");
        return;
    }
    struct mjs_mixer *mixer = NULL;
    CHECK_EQ_INT(mjs_mixer_open_alsa(&mixer, real, "hw:31", &err), MJS_EUNSUPPORTED);
    CHECK(strstr(err.message, "no mixer \"hw:31\": ") != NULL);
}

int main(void) {
    test_capture();
    test_choice();
    test_failures();
    test_real_library();
    return check_report();
}

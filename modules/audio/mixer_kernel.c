// SPDX-License-Identifier: MIT
// The mixer of a kernel's sound card.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board_config.h"
#include "mixer.h"

struct kernel {
    struct mjs_mixer mixer;
    struct mjs_mixer_device device;
    struct mjs_mixer_element volumes[MJS_BOARD_CONTROLS_MAX];
    unsigned volumes_count;
    struct mjs_mixer_element mute;
    bool volume_inverted;
    bool mute_on_is_muted;
    int scale_percent;
};

// Cards that are no board's, in the order of looking. "<name> Volume", "<name> Switch".
static const char *const usual_names[] = {
    "Capture",
    "Mic Capture",
    "Internal Mic Capture",
    "Microphone Capture",
    "Headset Capture",
    "ADC Capture",
    "Digital Capture",
    "PCM Capture",
    "Line Capture",
    "Input",
    "Mic",
};

// ---- Volumes and values ----

static double whole(long min, long max, int scale_percent) {
    return ((double)max - (double)min) * scale_percent / 100.0;
}

long mjs_mixer_from_volume(int volume, long min, long max, bool inverted, int scale_percent) {
    double steps = whole(min, max, scale_percent) * volume / MJS_MIXER_VOLUME_MAX;
    long rounded = (long)(steps + 0.5); // not negative
    return inverted ? max - rounded : min + rounded;
}

double mjs_mixer_to_volume(long value, long min, long max, bool inverted, int scale_percent) {
    double steps = inverted ? (double)max - (double)value : (double)value - (double)min;
    double volume = steps * MJS_MIXER_VOLUME_MAX / whole(min, max, scale_percent);
    // Louder than "all" is all: somebody else may have set it.
    return volume < 0 ? 0 : volume > MJS_MIXER_VOLUME_MAX ? MJS_MIXER_VOLUME_MAX : volume;
}

// ---- The interface ----

static mjs_result get_volume(struct mjs_mixer *mixer, int *volume, struct mjs_error *err) {
    struct kernel *kernel = (struct kernel *)mixer;
    double sum = 0;
    unsigned count = 0;
    for (unsigned i = 0; i < kernel->volumes_count; i++) {
        const struct mjs_mixer_element *element = &kernel->volumes[i];
        long values[MJS_MIXER_VALUES_MAX];
        mjs_result result = mjs_mixer_elements_read(&kernel->device, element, values, err);
        if (result != MJS_OK)
            return result;
        for (unsigned at = 0; at < element->count; at++, count++)
            sum += mjs_mixer_to_volume(values[at], element->min, element->max,
                                       kernel->volume_inverted, kernel->scale_percent);
    }
    *volume = (int)(sum / count + 0.5); // at least one value each: see usable
    return MJS_OK;
}

static mjs_result set_volume(struct mjs_mixer *mixer, int volume, struct mjs_error *err) {
    struct kernel *kernel = (struct kernel *)mixer;
    for (unsigned i = 0; i < kernel->volumes_count; i++) {
        const struct mjs_mixer_element *element = &kernel->volumes[i];
        long value = mjs_mixer_from_volume(volume, element->min, element->max,
                                           kernel->volume_inverted, kernel->scale_percent);
        mjs_result result = mjs_mixer_elements_write(&kernel->device, element, value, err);
        if (result != MJS_OK)
            return result;
    }
    return MJS_OK;
}

static mjs_result get_mute(struct mjs_mixer *mixer, bool *muted, struct mjs_error *err) {
    struct kernel *kernel = (struct kernel *)mixer;
    long values[MJS_MIXER_VALUES_MAX];
    mjs_result result = mjs_mixer_elements_read(&kernel->device, &kernel->mute, values, err);
    if (result != MJS_OK)
        return result;
    *muted = true;
    for (unsigned i = 0; i < kernel->mute.count; i++)
        *muted = *muted && (values[i] != 0) == kernel->mute_on_is_muted;
    return MJS_OK;
}

static mjs_result set_mute(struct mjs_mixer *mixer, bool muted, struct mjs_error *err) {
    struct kernel *kernel = (struct kernel *)mixer;
    return mjs_mixer_elements_write(&kernel->device, &kernel->mute,
                                    muted == kernel->mute_on_is_muted ? 1 : 0, err);
}

static void close_mixer(struct mjs_mixer *mixer) {
    struct kernel *kernel = (struct kernel *)mixer;
    kernel->device.close(kernel->device.opaque);
    free(kernel);
}

// ---- Open ----

static bool usable(const struct mjs_mixer_element *element) {
    // Nothing real is wider; the arithmetic above would be.
    bool sane = element->max > element->min && (double)element->max - (double)element->min < 1e9;
    return sane && element->count > 0 && element->readable && element->writable &&
           element->type != MJS_MIXER_OTHER;
}

// The first usable element of that name; null: there is none.
static const struct mjs_mixer_element *find(const struct mjs_mixer_element *list, size_t count,
                                            const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0 && usable(&list[i]))
            return &list[i];
    return NULL;
}

static void take_mute(struct kernel *kernel, const struct mjs_mixer_element *element,
                      bool on_is_muted) {
    if (element == NULL)
        return;
    kernel->mute = *element;
    kernel->mute_on_is_muted = on_is_muted;
    memcpy(kernel->mixer.mute, element->name, sizeof kernel->mixer.mute);
}

static void take_volume(struct kernel *kernel, const struct mjs_mixer_element *element) {
    if (element == NULL || element->type != MJS_MIXER_INTEGER)
        return;
    if (kernel->volumes_count == 0)
        memcpy(kernel->mixer.volume, element->name, sizeof kernel->mixer.volume);
    kernel->volumes[kernel->volumes_count++] = *element;
}

static void choose_board(struct kernel *kernel, const struct mjs_mixer_element *list,
                         size_t count) {
    const struct mjs_board_mixer *names = &kernel->mixer.board->capture;
    for (size_t i = 0; i < MJS_BOARD_CONTROLS_MAX && names->volume[i] != NULL; i++)
        take_volume(kernel, find(list, count, names->volume[i]));
    kernel->volume_inverted = names->volume_inverted;
    if (names->mute != NULL)
        take_mute(kernel, find(list, count, names->mute), names->mute_on_is_muted);
}

static void choose_usual(struct kernel *kernel, const struct mjs_mixer_element *list,
                         size_t count) {
    for (size_t i = 0; i < sizeof usual_names / sizeof usual_names[0]; i++) {
        char name[MJS_MIXER_NAME_BYTES];
        if (kernel->volumes_count == 0) {
            (void)snprintf(name, sizeof name, "%s Volume", usual_names[i]);
            take_volume(kernel, find(list, count, name));
        }
        if (kernel->mixer.mute[0] == '\0') {
            (void)snprintf(name, sizeof name, "%s Switch", usual_names[i]);
            take_mute(kernel, find(list, count, name), false);
        }
        if (kernel->mixer.mute[0] == '\0') {
            (void)snprintf(name, sizeof name, "%s Mute", usual_names[i]);
            take_mute(kernel, find(list, count, name), true);
        }
    }
}

mjs_result mjs_mixer_open_device(struct mjs_mixer **mixer_out,
                                 const struct mjs_mixer_device *device,
                                 const struct mjs_board_card *board, int scale_percent,
                                 struct mjs_error *err) {
    static const struct mjs_mixer_ops ops = {get_volume, set_volume, get_mute, set_mute,
                                             close_mixer};
    struct mjs_mixer_element *list = NULL;
    size_t count = 0;
    mjs_result result = mjs_mixer_elements_list(device, &list, &count, err);
    if (result != MJS_OK)
        return result;
    struct kernel *kernel = calloc(1, sizeof *kernel);
    if (kernel == NULL) {
        free(list);
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a mixer");
    }
    kernel->mixer.ops = &ops;
    kernel->mixer.board = board;
    kernel->device = *device;
    kernel->scale_percent = scale_percent;
    if (board != NULL)
        choose_board(kernel, list, count);
    else
        choose_usual(kernel, list, count);
    free(list);
    *mixer_out = &kernel->mixer;
    return MJS_OK;
}

mjs_result mjs_mixer_open_kernel(struct mjs_mixer **mixer_out, const struct mjs_board_paths *paths,
                                 unsigned card, struct mjs_error *err) {
    struct mjs_mixer_device device;
    mjs_result result = mjs_mixer_elements_open(&device, paths, card, err);
    if (result != MJS_OK)
        return result;
    const struct mjs_board_card *board = mjs_board_card_of(paths, card);
    result = mjs_mixer_open_device(mixer_out, &device, board,
                                   mjs_board_config_scale_percent(paths, board), err);
    if (result != MJS_OK)
        device.close(device.opaque);
    return result;
}

// SPDX-License-Identifier: MIT
// A simulated control device: elements in memory behind the kernel's ioctls.
#ifndef MJS_TEST_MIXER_CARD_H
#define MJS_TEST_MIXER_CARD_H

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <sound/asound.h>

#include "../../../modules/audio/mixer.h"
#include "../../support/check.h"

#define CARD_ELEMENTS_MAX 16
#define CARD_VALUES_MAX 4

#define CARD_READ_WRITE (SNDRV_CTL_ELEM_ACCESS_READ | SNDRV_CTL_ELEM_ACCESS_WRITE)

struct card_element {
    const char *name; // null ends the list
    int type;         // SNDRV_CTL_ELEM_TYPE_…
    unsigned count;
    long min;
    long max;
    long values[CARD_VALUES_MAX];
    unsigned access; // 0: readable and writable
};

static struct {
    struct card_element elements[CARD_ELEMENTS_MAX];
    unsigned long fail_request; // this ioctl answers fail_error
    int fail_error;
    unsigned writes;
    unsigned closes;
} card;

static inline unsigned card_count(void) {
    unsigned count = 0;
    while (count < CARD_ELEMENTS_MAX && card.elements[count].name != NULL)
        count++;
    return count;
}

static inline void card_fill_id(struct snd_ctl_elem_id *id, unsigned at) {
    *id = (struct snd_ctl_elem_id){.numid = at + 1, .iface = SNDRV_CTL_ELEM_IFACE_MIXER};
    memcpy(id->name, card.elements[at].name, strlen(card.elements[at].name));
}

static inline int card_list(struct snd_ctl_elem_list *list) {
    list->count = card_count();
    list->used = 0;
    for (unsigned at = list->offset; at < list->count && list->used < list->space; at++)
        card_fill_id(&list->pids[list->used++], at);
    return 0;
}

static inline int card_info(struct snd_ctl_elem_info *info) {
    unsigned at = info->id.numid - 1;
    if (at >= card_count())
        return -ENOENT;
    const struct card_element *element = &card.elements[at];
    card_fill_id(&info->id, at);
    info->type = (snd_ctl_elem_type_t)element->type;
    info->count = element->count;
    info->access = element->access != 0 ? element->access : CARD_READ_WRITE;
    info->value.integer.min = element->min;
    info->value.integer.max = element->max;
    return 0;
}

static inline int card_value(struct snd_ctl_elem_value *value, bool write) {
    unsigned at = value->id.numid - 1;
    if (at >= card_count())
        return -ENOENT;
    struct card_element *element = &card.elements[at];
    for (unsigned i = 0; i < element->count && i < CARD_VALUES_MAX; i++) {
        long *stored = &element->values[i];
        if (!write)
            value->value.integer.value[i] = *stored;
        else if (value->value.integer.value[i] < element->min ||
                 value->value.integer.value[i] > element->max)
            return -EINVAL; // as most drivers
        else
            *stored = value->value.integer.value[i];
    }
    card.writes += write ? 1 : 0;
    return 0;
}

static inline int card_control(void *opaque, unsigned long request, void *argument) {
    CHECK(opaque == &card);
    if (request == card.fail_request)
        return card.fail_error;
    switch (request) {
    case SNDRV_CTL_IOCTL_ELEM_LIST:
        return card_list(argument);
    case SNDRV_CTL_IOCTL_ELEM_INFO:
        return card_info(argument);
    case SNDRV_CTL_IOCTL_ELEM_READ:
        return card_value(argument, false);
    case SNDRV_CTL_IOCTL_ELEM_WRITE:
        return card_value(argument, true);
    default:
        return -ENOTTY;
    }
}

static inline void card_close(void *opaque) {
    CHECK(opaque == &card);
    card.closes++;
}

static const struct mjs_mixer_device card_device = {card_control, card_close, &card};

static inline void card_set_up(const struct card_element *elements, size_t count) {
    memset(&card, 0, sizeof card);
    memcpy(card.elements, elements, count * sizeof elements[0]);
}
#define CARD_SET_UP(elements) card_set_up(elements, sizeof elements / sizeof elements[0])

#define CARD_INTEGER SNDRV_CTL_ELEM_TYPE_INTEGER
#define CARD_BOOLEAN SNDRV_CTL_ELEM_TYPE_BOOLEAN

static const struct card_element card_maixcam[] = {
    {"ADC Capture Volume", CARD_INTEGER, 2, 0, 24, {12, 12}, 0},
    {"ADC Capture Mute", CARD_BOOLEAN, 2, 0, 1, {0, 0}, 0},
};

static const struct card_element card_maixcam2[] = {
    {"RX LEFT ANA GAIN", CARD_INTEGER, 1, 0, 0x36, {7}, 0},
    {"RX LEFT DIG GAIN", CARD_INTEGER, 1, 0, 0x78, {60}, 0},
    {"RX RIGHT DIG GAIN", CARD_INTEGER, 1, 0, 0x78, {60}, 0},
    {"ADC MUTE", CARD_BOOLEAN, 1, 0, 1, {0}, 0},
    {"ALC ENABLE", CARD_BOOLEAN, 1, 0, 1, {0}, 0},
};

#endif

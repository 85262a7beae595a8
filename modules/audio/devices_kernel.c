// SPDX-License-Identifier: MIT
// The list of devices: the kernel's cards, what their devices can do, and who has them.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <sound/asound.h>

#include "devices.h"

#define FILE_BYTES_MAX 65536
#define FORMATS_MAX 64

static const uint32_t usual_rates_hz[MJS_DEVICES_RATES_MAX] = {
    8000,  11025, 12000, 16000, 22050,  24000,  32000,  44100,
    48000, 64000, 88200, 96000, 176400, 192000, 352800, 384000};

// The kernel's numbers of formats; those without a name here are nobody's microphone.
static const char *const format_names[FORMATS_MAX] = {
    "S8",
    "U8",
    "S16_LE",
    "S16_BE",
    "U16_LE",
    "U16_BE",
    "S24_LE",
    "S24_BE",
    "U24_LE",
    "U24_BE",
    "S32_LE",
    "S32_BE",
    "U32_LE",
    "U32_BE",
    "FLOAT_LE",
    "FLOAT_BE",
    "FLOAT64_LE",
    "FLOAT64_BE",
    [20] = "MU_LAW",
    [21] = "A_LAW",
    [22] = "IMA_ADPCM",
    [25] = "S20_LE",
    [26] = "S20_BE",
    [32] = "S24_3LE",
    [33] = "S24_3BE",
    [34] = "U24_3LE",
    [35] = "U24_3BE",
    [36] = "S20_3LE",
    [37] = "S20_3BE",
    [38] = "U20_3LE",
    [39] = "U20_3BE",
    [40] = "S18_3LE",
    [41] = "S18_3BE",
    [42] = "U18_3LE",
    [43] = "U18_3BE",
};

// ---- What a device can do ----

// Everything is possible; the kernel then takes away what is not.
static void allow_all(struct snd_pcm_hw_params *params) {
    memset(params, 0, sizeof *params);
    for (size_t i = 0; i < sizeof params->masks / sizeof params->masks[0]; i++)
        memset(&params->masks[i], 0xff, sizeof params->masks[i]);
    for (size_t i = 0; i < sizeof params->intervals / sizeof params->intervals[0]; i++)
        params->intervals[i].max = UINT32_MAX;
    params->rmask = UINT32_MAX;
    params->info = UINT32_MAX;
}

static struct snd_interval *interval_of(struct snd_pcm_hw_params *params, unsigned param) {
    return &params->intervals[param - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
}

static bool has_rate(const struct mjs_kernel_sys *sys, int fd, uint32_t rate_hz) {
    struct snd_pcm_hw_params params;
    allow_all(&params);
    struct snd_interval *rate = interval_of(&params, SNDRV_PCM_HW_PARAM_RATE);
    rate->min = rate_hz;
    rate->max = rate_hz;
    rate->integer = 1;
    return sys->ioctl(fd, SNDRV_PCM_IOCTL_HW_REFINE, &params) >= 0;
}

static void add_format(struct mjs_devices_entry *entry, const char *name) {
    size_t length = strlen(entry->formats);
    (void)snprintf(entry->formats + length, sizeof entry->formats - length, "%s%s",
                   length > 0 ? " " : "", name);
}

static void ask_device(const struct mjs_kernel_sys *sys, int fd, const struct mjs_board_card *board,
                       struct mjs_devices_entry *entry) {
    struct snd_pcm_hw_params params;
    allow_all(&params);
    if (sys->ioctl(fd, SNDRV_PCM_IOCTL_HW_REFINE, &params) < 0)
        return;
    const struct snd_mask *mask =
        &params.masks[SNDRV_PCM_HW_PARAM_FORMAT - SNDRV_PCM_HW_PARAM_FIRST_MASK];
    for (unsigned i = 0; i < FORMATS_MAX; i++)
        if (format_names[i] != NULL && (mask->bits[i / 32] >> (i % 32) & 1u) != 0)
            add_format(entry, format_names[i]);
    const struct snd_interval *channels = interval_of(&params, SNDRV_PCM_HW_PARAM_CHANNELS);
    entry->channels_min = channels->min + (channels->openmin != 0 ? 1 : 0);
    entry->channels_max = channels->max - (channels->openmax != 0 ? 1 : 0);
    for (size_t i = 0; i < MJS_DEVICES_RATES_MAX; i++)
        if (mjs_board_rate_allowed(board, usual_rates_hz[i]) &&
            has_rate(sys, fd, usual_rates_hz[i]))
            entry->rates_hz[entry->rates_count++] = usual_rates_hz[i];
    entry->is_known = true;
}

// What the board's table knows, so that a device that must be primed stays closed.
static bool take_from_table(const struct mjs_board_card *board, struct mjs_devices_entry *entry) {
    if (board == NULL || board->formats == NULL || board->rates_count == 0)
        return false;
    (void)snprintf(entry->formats, sizeof entry->formats, "%s", board->formats);
    entry->channels_min = board->channels_min;
    entry->channels_max = board->channels_max;
    for (size_t i = 0; i < board->rates_count && i < MJS_DEVICES_RATES_MAX; i++)
        entry->rates_hz[entry->rates_count++] = board->rates_hz[i];
    entry->is_known = true;
    return true;
}

static void look_at(struct mjs_devices *devices, const struct mjs_devices_machine *machine,
                    struct mjs_devices_entry *entry, unsigned device) {
    const struct mjs_board_card *board = mjs_board_card_of(machine->paths, entry->card);
    bool told = take_from_table(board, entry);
    entry->is_busy = mjs_devices_holder_find(machine->paths, entry->card, device, entry->capture,
                                             &entry->holder);
    if (told || entry->is_busy)
        return;
    char path[MJS_DEVICE_NAME_BYTES_MAX];
    (void)snprintf(path, sizeof path, "%.400s/pcmC%uD%u%c", mjs_board_paths(machine->paths)->snd,
                   entry->card, device, entry->capture ? 'c' : 'p');
    int fd = machine->sys->open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        ask_device(machine->sys, fd, board, entry);
        machine->sys->close(fd);
    } else if (fd == -EBUSY || fd == -EAGAIN) {
        entry->is_busy = true;
    } else if (fd == -EACCES || fd == -EPERM) {
        mjs_devices_note(devices, "no permission for %.120s: be in the group \"audio\"", path);
    } else {
        mjs_devices_note(devices, "cannot open %.120s: %.80s", path, strerror(-fd));
    }
}

// ---- Cards ----

struct open_card {
    const struct mjs_kernel_sys *sys;
    int fd;
};

static int control_card(void *opaque, unsigned long request, void *argument) {
    const struct open_card *card = opaque;
    return card->sys->ioctl(card->fd, request, argument);
}

static void close_card(void *opaque) {
    const struct open_card *card = opaque;
    card->sys->close(card->fd);
}

static void add_controls(struct mjs_devices *devices, const struct mjs_devices_machine *machine,
                         struct mjs_devices_card *card) {
    char path[MJS_DEVICE_NAME_BYTES_MAX];
    (void)snprintf(path, sizeof path, "%.400s/controlC%u", mjs_board_paths(machine->paths)->snd,
                   card->number);
    struct open_card opened = {machine->sys,
                               machine->sys->open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    if (opened.fd < 0) {
        bool denied = opened.fd == -EACCES || opened.fd == -EPERM;
        mjs_devices_note(devices, "cannot open %.120s: %.80s%s", path, strerror(-opened.fd),
                         denied ? " (be in the group \"audio\")" : "");
        return;
    }
    const struct mjs_mixer_device device = {control_card, close_card, &opened};
    struct mjs_error err = {.message = ""};
    if (mjs_mixer_elements_list(&device, &card->controls, &card->controls_count, &err) != MJS_OK)
        mjs_devices_note(devices, "%.120s: %.120s", path, err.message);
    device.close(device.opaque);
}

static const struct mjs_devices_card *find_card(const struct mjs_devices *devices,
                                                unsigned number) {
    for (size_t i = 0; i < devices->cards_count; i++)
        if (devices->cards[i].number == number)
            return &devices->cards[i];
    return NULL;
}

// ---- /proc/asound/pcm ----

// "01-00: ALC285 Analog : ALC285 Analog : playback 1 : capture 1"
static bool add_line(struct mjs_devices *devices, const struct mjs_devices_machine *machine,
                     const char *line) {
    char *end = NULL;
    unsigned long card = strtoul(line, &end, 10);
    unsigned long device = *end == '-' ? strtoul(end + 1, &end, 10) : 0;
    if (strncmp(end, ": ", 2) != 0 || card >= MJS_BOARD_CARDS_MAX || device > UINT16_MAX)
        return true; // no such line
    const char *id = end + 2;
    int id_bytes = (int)strcspn(id, ":");
    while (id_bytes > 0 && id[id_bytes - 1] == ' ')
        id_bytes--;
    const struct mjs_devices_card *owner = find_card(devices, (unsigned)card);
    for (int capture = 1; capture >= 0; capture--) {
        if (strstr(line, capture ? ": capture " : ": playback ") == NULL)
            continue;
        struct mjs_devices_entry *entry = mjs_devices_append(devices);
        if (entry == NULL)
            return false;
        (void)snprintf(entry->device, sizeof entry->device, "hw:%lu,%lu", card, device);
        (void)snprintf(entry->name, sizeof entry->name, "%s%s%.*s",
                       owner != NULL ? owner->name : "", owner != NULL && id_bytes > 0 ? ", " : "",
                       id_bytes < 64 ? id_bytes : 64, id);
        entry->capture = capture != 0;
        entry->playback = capture == 0;
        entry->has_card = true;
        entry->card = (unsigned)card;
        look_at(devices, machine, entry, (unsigned)device);
    }
    return true;
}

mjs_result mjs_devices_kernel_add(struct mjs_devices *devices,
                                  const struct mjs_devices_machine *machine,
                                  struct mjs_error *err) {
    struct mjs_board_listed listed[MJS_BOARD_CARDS_MAX];
    size_t count = mjs_board_list_cards(machine->paths, listed, MJS_BOARD_CARDS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct mjs_devices_card *card = &devices->cards[devices->cards_count++];
        *card = (struct mjs_devices_card){.number = listed[i].number};
        memcpy(card->id, listed[i].id, sizeof card->id);
        memcpy(card->name, listed[i].name, sizeof card->name);
        add_controls(devices, machine, card);
    }
    struct mjs_buffer path = {0};
    struct mjs_buffer text = {0};
    mjs_result result = MJS_OK;
    if (mjs_buffer_printf(&path, "%s/pcm", mjs_board_paths(machine->paths)->asound) &&
        mjs_buffer_read_file(&text, path.data, FILE_BYTES_MAX, NULL) == MJS_OK &&
        text.data != NULL) {
        char *rest = NULL;
        for (char *line = strtok_r(text.data, "\n", &rest); line != NULL && result == MJS_OK;
             line = strtok_r(NULL, "\n", &rest))
            if (!add_line(devices, machine, line))
                result = mjs_result_fail(err, MJS_ENOMEM, "no memory for the list of devices");
    }
    mjs_buffer_free(&path);
    mjs_buffer_free(&text);
    return result;
}

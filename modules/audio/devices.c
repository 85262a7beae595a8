// SPDX-License-Identifier: MIT
// The list of devices: libasound's part, the default, and the list's memory.
#include "devices.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROWTH 32

struct mjs_devices_entry *mjs_devices_append(struct mjs_devices *devices) {
    if (devices->count == MJS_DEVICES_MAX)
        return NULL;
    if (devices->count % GROWTH == 0) {
        struct mjs_devices_entry *grown =
            realloc(devices->list, (devices->count + GROWTH) * sizeof *grown);
        if (grown == NULL)
            return NULL;
        devices->list = grown;
    }
    struct mjs_devices_entry *entry = &devices->list[devices->count++];
    *entry = (struct mjs_devices_entry){0};
    return entry;
}

void mjs_devices_note(struct mjs_devices *devices, const char *format, ...) {
    if (devices->notes_count == MJS_DEVICES_NOTES_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    // Too long is cut off.
    (void)vsnprintf(devices->notes[devices->notes_count++], MJS_DEVICES_NOTE_BYTES, format,
                    arguments);
    va_end(arguments);
}

void mjs_devices_free(struct mjs_devices *devices) {
    for (size_t i = 0; i < devices->cards_count; i++)
        free(devices->cards[i].controls);
    free(devices->list);
    *devices = (struct mjs_devices){0};
}

// ---- libasound ----

// "First line\nsecond line" as one line.
static void one_line(const char *text, char line[MJS_DEVICES_NAME_BYTES]) {
    size_t length = 0;
    for (; *text != '\0' && length + 3 < MJS_DEVICES_NAME_BYTES; text++) {
        if (*text == '\n') {
            memcpy(line + length, ", ", 2);
            length += 2;
        } else {
            line[length++] = *text;
        }
    }
    line[length] = '\0';
}

static bool add_hint(struct mjs_devices *devices, const struct mjs_alsa_lib *lib,
                     const void *hint) {
    char *name = lib->hint_get(hint, "NAME");
    char *text = lib->hint_get(hint, "DESC");
    char *direction = lib->hint_get(hint, "IOID"); // null: both
    bool kept = true;
    // A name that long cannot be given to --mic either.
    if (name != NULL && strlen(name) < MJS_DEVICE_NAME_BYTES_MAX - sizeof "alsa:") {
        struct mjs_devices_entry *entry = mjs_devices_append(devices);
        kept = entry != NULL;
        if (kept) {
            (void)snprintf(entry->device, sizeof entry->device, "alsa:%s", name);
            one_line(text != NULL ? text : name, entry->name);
            entry->capture = direction == NULL || strcmp(direction, "Input") == 0;
            entry->playback = direction == NULL || strcmp(direction, "Output") == 0;
        }
    }
    free(name);
    free(text);
    free(direction);
    return kept;
}

static void add_alsa(struct mjs_devices *devices, const struct mjs_devices_machine *machine) {
    const struct mjs_alsa_lib *lib = machine->lib;
    if (lib == NULL) {
        if (machine->lib_missing != NULL)
            mjs_devices_note(devices, "%s", machine->lib_missing);
        return;
    }
    void **hints = NULL;
    char message[MJS_ALSA_MESSAGE_BYTES];
    mjs_alsa_lib_collect(message);
    int error = lib->hint(-1, "pcm", &hints);
    for (size_t i = 0; error >= 0 && hints != NULL && hints[i] != NULL; i++) {
        if (!add_hint(devices, lib, hints[i])) {
            mjs_devices_note(devices, "there are more devices than can be listed");
            break;
        }
    }
    if (hints != NULL)
        (void)lib->hint_free(hints);
    mjs_alsa_lib_collect(NULL);
    if (error < 0)
        mjs_devices_note(devices, "libasound lists no devices: %s",
                         message[0] != '\0' ? message : lib->strerror(error));
}

// ---- The default ----

static struct mjs_devices_entry *find_capture(const struct mjs_devices *devices,
                                              const char *device) {
    for (size_t i = 0; i < devices->count; i++)
        if (devices->list[i].capture && strcmp(devices->list[i].device, device) == 0)
            return &devices->list[i];
    return NULL;
}

// The first of the kernel's; null: there is none.
static const struct mjs_devices_entry *find_microphone(const struct mjs_devices *devices) {
    for (size_t i = 0; i < devices->count; i++)
        if (devices->list[i].capture && devices->list[i].has_card)
            return &devices->list[i];
    return NULL;
}

// As mjs_pcm_open chooses, without opening: the board's microphone, alsa:default, hw:0,0.
static void choose_default(struct mjs_devices *devices, const struct mjs_devices_machine *machine,
                           const char *preferred) {
    const char *chosen = preferred;
    if (chosen == NULL)
        chosen = mjs_board_default_microphone_at(machine->paths);
    // libasound has a default wherever there is a card; it need not list it.
    if (chosen == NULL && machine->lib != NULL &&
        (find_capture(devices, "alsa:default") != NULL || find_microphone(devices) != NULL))
        chosen = "alsa:default";
    if (chosen == NULL && find_capture(devices, "hw:0,0") != NULL)
        chosen = "hw:0,0";
    if (chosen == NULL)
        return;
    (void)snprintf(devices->default_device, sizeof devices->default_device, "%s", chosen);
    struct mjs_devices_entry *entry = find_capture(devices, chosen);
    if (entry != NULL)
        entry->is_default = true;
}

mjs_result mjs_devices_list(struct mjs_devices *devices, const struct mjs_devices_machine *machine,
                            const char *preferred, struct mjs_error *err) {
    *devices = (struct mjs_devices){.board = mjs_board_name(machine->paths)};
    mjs_result result = mjs_devices_kernel_add(devices, machine, err);
    if (result != MJS_OK)
        return result;
    add_alsa(devices, machine);
    choose_default(devices, machine, preferred);
    return MJS_OK;
}

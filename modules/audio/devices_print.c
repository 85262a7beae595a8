// SPDX-License-Identifier: MIT
// The list of devices as JSON, and as a table for people.
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "json_text.h"

// ---- JSON ----

static void put_string_or_null(struct mjs_buffer *text, const char *key, const char *string) {
    (void)mjs_buffer_printf(text, "\"%s\":", key);
    if (string == NULL || string[0] == '\0')
        (void)mjs_buffer_append_text(text, "null");
    else
        (void)mjs_json_text_string(text, string);
}

static void put_controls(struct mjs_buffer *text, const struct mjs_devices_card *card) {
    static const char *const types[] = {[MJS_MIXER_INTEGER] = "integer",
                                        [MJS_MIXER_BOOLEAN] = "boolean",
                                        [MJS_MIXER_OTHER] = "other"};
    for (size_t i = 0; i < card->controls_count; i++) {
        const struct mjs_mixer_element *control = &card->controls[i];
        (void)mjs_buffer_append_text(text, i > 0 ? ",{" : "{");
        put_string_or_null(text, "name", control->name);
        (void)mjs_buffer_printf(
            text,
            ",\"device\":%u,\"index\":%u,\"type\":\"%s\",\"values\":%u,\"min\":%ld,"
            "\"max\":%ld,\"writable\":%s}",
            control->device, control->index, types[control->type], control->count, control->min,
            control->max, control->writable ? "true" : "false");
    }
}

static void put_abilities(struct mjs_buffer *text, const struct mjs_devices_entry *entry) {
    if (!entry->is_known) {
        (void)mjs_buffer_append_text(text, "\"formats\":null,\"rates\":null,\"channels\":null,");
        return;
    }
    (void)mjs_buffer_append_text(text, "\"formats\":[");
    for (const char *at = entry->formats; *at != '\0';) {
        size_t bytes = strcspn(at, " ");
        (void)mjs_buffer_printf(text, "%s\"%.*s\"", at != entry->formats ? "," : "", (int)bytes,
                                at);
        at += bytes + (at[bytes] == ' ' ? 1 : 0);
    }
    (void)mjs_buffer_append_text(text, "],\"rates\":[");
    for (size_t i = 0; i < entry->rates_count; i++)
        (void)mjs_buffer_printf(text, "%s%u", i > 0 ? "," : "", (unsigned)entry->rates_hz[i]);
    (void)mjs_buffer_printf(text, "],\"channels\":{\"min\":%u,\"max\":%u},",
                            (unsigned)entry->channels_min, (unsigned)entry->channels_max);
}

static const char *direction_of(const struct mjs_devices_entry *entry) {
    return entry->capture && entry->playback ? "both" : entry->capture ? "capture" : "playback";
}

static void put_entry(struct mjs_buffer *text, const struct mjs_devices_entry *entry) {
    (void)mjs_buffer_append_text(text, "{");
    put_string_or_null(text, "device", entry->device);
    (void)mjs_buffer_append_text(text, ",");
    put_string_or_null(text, "name", entry->name);
    (void)mjs_buffer_printf(text, ",\"direction\":\"%s\",\"isDefault\":%s,", direction_of(entry),
                            entry->is_default ? "true" : "false");
    if (entry->has_card)
        (void)mjs_buffer_printf(text, "\"card\":%u,", entry->card);
    else
        (void)mjs_buffer_append_text(text, "\"card\":null,");
    put_abilities(text, entry);
    if (!entry->is_busy) {
        (void)mjs_buffer_append_text(text, "\"busy\":null}");
        return;
    }
    if (entry->holder.pid > 0)
        (void)mjs_buffer_printf(text, "\"busy\":{\"pid\":%ld,", entry->holder.pid);
    else
        (void)mjs_buffer_append_text(text, "\"busy\":{\"pid\":null,");
    put_string_or_null(text, "program", entry->holder.program);
    (void)mjs_buffer_append_text(text, "}}");
}

bool mjs_devices_print_json(const struct mjs_devices *devices, struct mjs_buffer *text) {
    (void)mjs_buffer_append_text(text, "{");
    put_string_or_null(text, "board", devices->board);
    (void)mjs_buffer_append_text(text, ",");
    put_string_or_null(text, "defaultDevice", devices->default_device);
    (void)mjs_buffer_append_text(text, ",\"devices\":[");
    for (size_t i = 0; i < devices->count; i++) {
        (void)mjs_buffer_append_text(text, i > 0 ? ",\n" : "\n");
        put_entry(text, &devices->list[i]);
    }
    (void)mjs_buffer_append_text(text, "],\"cards\":[");
    for (size_t i = 0; i < devices->cards_count; i++) {
        const struct mjs_devices_card *card = &devices->cards[i];
        (void)mjs_buffer_printf(text, "%s{\"number\":%u,", i > 0 ? ",\n" : "\n", card->number);
        put_string_or_null(text, "id", card->id);
        (void)mjs_buffer_append_text(text, ",");
        put_string_or_null(text, "name", card->name);
        (void)mjs_buffer_append_text(text, ",\"controls\":[");
        put_controls(text, card);
        (void)mjs_buffer_append_text(text, "]}");
    }
    (void)mjs_buffer_append_text(text, "],\"notes\":[");
    for (size_t i = 0; i < devices->notes_count; i++) {
        (void)mjs_buffer_append_text(text, i > 0 ? "," : "");
        (void)mjs_json_text_string(text, devices->notes[i]);
    }
    (void)mjs_buffer_append_text(text, "]}\n");
    return !text->failed;
}

// ---- The table ----

// libasound offers a dozen ways to play for each card; without a player they are only noise.
static bool is_shown(const struct mjs_devices_entry *entry) {
    return entry->capture || entry->has_card;
}

// Names for a terminal: nothing that moves its cursor.
static void put_plain(struct mjs_buffer *text, const char *string) {
    for (; *string != '\0'; string++) {
        unsigned char c = (unsigned char)*string;
        (void)mjs_buffer_append(text, c < ' ' || c == 0x7f ? "?" : string, 1);
    }
}

static void put_details(struct mjs_buffer *text, const struct mjs_devices_entry *entry,
                        int indent) {
    if (entry->is_busy) {
        (void)mjs_buffer_printf(text, "%*sbusy", indent, "");
        if (entry->holder.pid > 0) {
            (void)mjs_buffer_append_text(text, ": ");
            put_plain(text, entry->holder.program);
            (void)mjs_buffer_printf(text, "%s(process %ld)",
                                    entry->holder.program[0] != '\0' ? " " : "", entry->holder.pid);
        }
        (void)mjs_buffer_append_text(text, "\n");
    }
    if (!entry->is_known)
        return;
    (void)mjs_buffer_printf(text, "%*s%s; %u", indent, "", entry->formats,
                            (unsigned)entry->channels_min);
    if (entry->channels_max != entry->channels_min)
        (void)mjs_buffer_printf(text, " to %u", (unsigned)entry->channels_max);
    (void)mjs_buffer_printf(text, " channel%s;", entry->channels_max == 1 ? "" : "s");
    for (size_t i = 0; i < entry->rates_count; i++)
        (void)mjs_buffer_printf(text, " %u", (unsigned)entry->rates_hz[i]);
    (void)mjs_buffer_append_text(text, entry->rates_count > 0 ? " Hz\n" : " no usual rate\n");
}

static void put_mixers(struct mjs_buffer *text, const struct mjs_devices *devices) {
    for (size_t i = 0; i < devices->cards_count; i++) {
        const struct mjs_devices_card *card = &devices->cards[i];
        if (card->controls_count == 0)
            continue;
        (void)mjs_buffer_printf(text, "\nMixer of card %u (", card->number);
        put_plain(text, card->name);
        (void)mjs_buffer_append_text(text, "):\n");
        for (size_t at = 0; at < card->controls_count; at++) {
            const struct mjs_mixer_element *control = &card->controls[at];
            (void)mjs_buffer_append_text(text, "  ");
            put_plain(text, control->name);
            if (control->index > 0)
                (void)mjs_buffer_printf(text, " [%u]", control->index);
            if (control->type == MJS_MIXER_INTEGER)
                (void)mjs_buffer_printf(text, ": %ld to %ld", control->min, control->max);
            else if (control->type == MJS_MIXER_BOOLEAN)
                (void)mjs_buffer_append_text(text, ": on or off");
            (void)mjs_buffer_printf(text, "%s\n", control->writable ? "" : " (read only)");
        }
    }
}

static void put_rows(struct mjs_buffer *text, const struct mjs_devices *devices) {
    int width = (int)sizeof "DEVICE" - 1;
    for (size_t i = 0; i < devices->count; i++) {
        int bytes = (int)strlen(devices->list[i].device);
        width = is_shown(&devices->list[i]) && bytes > width ? bytes : width;
    }
    (void)mjs_buffer_printf(text, "  %-*s  %-8s  NAME\n", width, "DEVICE", "FOR");
    for (size_t i = 0; i < devices->count; i++) {
        const struct mjs_devices_entry *entry = &devices->list[i];
        if (!is_shown(entry))
            continue;
        (void)mjs_buffer_printf(text, "%s ", entry->is_default ? "*" : " ");
        put_plain(text, entry->device);
        (void)mjs_buffer_printf(text, "%*s  %-8s  ", width - (int)strlen(entry->device), "",
                                direction_of(entry));
        put_plain(text, entry->name);
        (void)mjs_buffer_append_text(text, "\n");
        put_details(text, entry, width + 14);
    }
}

bool mjs_devices_print_table(const struct mjs_devices *devices, struct mjs_buffer *text) {
    size_t hidden = 0;
    size_t captures = 0;
    for (size_t i = 0; i < devices->count; i++) {
        hidden += is_shown(&devices->list[i]) ? 0 : 1;
        captures += devices->list[i].capture && devices->list[i].has_card ? 1 : 0;
    }
    if (devices->board != NULL)
        (void)mjs_buffer_printf(text, "Board: %s\n", devices->board);
    if (devices->count > hidden)
        put_rows(text, devices);
    else
        (void)mjs_buffer_append_text(text, "There is no sound device.\n");
    put_mixers(text, devices);
    (void)mjs_buffer_append_text(text, "\n");
    if (devices->default_device[0] != '\0') {
        (void)mjs_buffer_append_text(text, "Recorded from (*): ");
        put_plain(text, devices->default_device);
        (void)mjs_buffer_append_text(text, "\n");
    }
    if (captures == 0)
        (void)mjs_buffer_append_text(text, "There is no sound card with a microphone. Without one: "
                                           "maixjs --mic sim:tone <script>\n");
    if (hidden > 0)
        (void)mjs_buffer_printf(text, "%zu more for playback only: --json lists them\n", hidden);
    for (size_t i = 0; i < devices->notes_count; i++) {
        (void)mjs_buffer_append_text(text, "note: ");
        put_plain(text, devices->notes[i]);
        (void)mjs_buffer_append_text(text, "\n");
    }
    return !text->failed;
}

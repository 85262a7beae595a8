// SPDX-License-Identifier: MIT
// The table of the boards' sound cards, and how a machine is recognised.
//
// The facts are from the vendors' drivers and from MaixCDK; each row says why it says so.
#include "board.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime/buffer.h"

#define FILE_BYTES_MAX 65536
#define WORD_BYTES 64

// The SG2002's ADC and DAC have clock tables for these only. Its driver lets other rates pass
// hw_params and then runs on a wrong clock: sound at a wrong speed, without an error.
static const uint32_t sg2002_rates_hz[] = {8000, 11025, 16000, 22050, 32000, 44100, 48000};
#define SG2002_RATES_COUNT (sizeof sg2002_rates_hz / sizeof sg2002_rates_hz[0])

static const struct mjs_board_card cards[] = {
    {
        // MaixCAM and MaixCAM Pro: the microphone is a card of its own, with one device.
        .board = "MaixCAM",
        .id = "cv182xaadc",
        .rates_hz = sg2002_rates_hz,
        .rates_count = SG2002_RATES_COUNT,
        // Known here, because even looking at the device means opening it (see prime).
        .channels_min = 1,
        .channels_max = 2,
        .formats = "S16_LE",
        .has_capture = true,
        // The driver crashes when its first stream ever is not 16 kHz mono S16_LE. MaixCDK opens
        // the device in that form first, and so do we, in-process.
        .prime = true,
        // The analogue gain, 0 to 24, left and right in one control; what MaixPy's volume() sets.
        .capture = {.volume = {"ADC Capture Volume"},
                    .mute = "ADC Capture Mute",
                    .mute_on_is_muted = true},
        // A part of the range that the user of the board has set as "all", 0.01 to 1.0.
        .volume_scale_key = "maix_audio_input_volume_scale",
    },
    {
        // The other half: the speaker's DAC, on the same clock.
        .board = "MaixCAM",
        .id = "cv182xadac",
        .rates_hz = sg2002_rates_hz,
        .rates_count = SG2002_RATES_COUNT,
        .channels_min = 1,
        .channels_max = 2,
        .formats = "S16_LE",
        .has_playback = true,
        // An attenuation: 0 is the loudest, 32 the quietest.
        .playback = {.volume = {"DAC Playback Volume"},
                     .volume_inverted = true,
                     .mute = "DAC Playback MUTE",
                     .mute_on_is_muted = true},
    },
    {
        // MaixCAM2: one card for both; its driver tells the truth about rates, so none are listed.
        .board = "MaixCAM2",
        .id = "AxeraAudio",
        .channels_min = 2, // there is no mono stream: ours is the average of both microphones
        .channels_max = 2,
        .formats = "S16_LE S18_3LE S20_3LE S24_LE S32_LE",
        .has_capture = true,
        .has_playback = true,
        // The digital gain, 0 to 0x78, one control a side. The analogue gain stays as the vendor
        // has tuned it. (MaixPy has no mixer here: it multiplies by up to 10 in software.)
        .capture = {.volume = {"RX LEFT DIG GAIN", "RX RIGHT DIG GAIN"},
                    .mute = "ADC MUTE",
                    .mute_on_is_muted = true},
        .playback = {.volume = {"TX LEFT ANA GAIN", "TX RIGHT ANA GAIN"},
                     .mute = "DAC MUTE",
                     .mute_on_is_muted = true},
        // MaixPy keeps its last volume() there and sets it again when a recorder is made.
        .volume_key = "maix_audio_input_volume",
        .volume_scale_key = "maix_audio_input_volume_scale",
    },
};
#define CARDS_COUNT (sizeof cards / sizeof cards[0])

const struct mjs_board_paths *mjs_board_paths(const struct mjs_board_paths *paths) {
    static const struct mjs_board_paths real = {
        .board = "/boot/board",
        .configs = "/boot/configs",
        .asound = "/proc/asound",
        .snd = "/dev/snd",
        .boot_id = "/proc/sys/kernel/random/boot_id",
        .proc = "/proc",
        .runtime = NULL,
    };
    return paths != NULL ? paths : &real;
}

// ---- Recognition ----

// Letters and digits in lower case: the kernel makes "cv182xaadc" out of "cv182xa_adc" itself, and
// the same for "Axera Audio".
static void to_word(const char *text, char word[WORD_BYTES]) {
    size_t length = 0;
    for (; *text != '\0' && length < WORD_BYTES - 1; text++)
        if (isalnum((unsigned char)*text))
            word[length++] = (char)tolower((unsigned char)*text);
    word[length] = '\0';
}

static bool same_word(const char *a, const char *b) {
    char word_a[WORD_BYTES];
    char word_b[WORD_BYTES];
    to_word(a, word_a);
    to_word(b, word_b);
    return strcmp(word_a, word_b) == 0;
}

const struct mjs_board_card *mjs_board_find_card(const char *id, const char *name) {
    for (size_t i = 0; i < CARDS_COUNT; i++)
        if ((id != NULL && same_word(id, cards[i].id)) ||
            (name != NULL && same_word(name, cards[i].id)))
            return &cards[i];
    return NULL;
}

// " 0 [cv182xaadc     ]: cv182xa_adc - cv182xa_adc"; false for the lines in between.
static bool parse_card(const char *line, struct mjs_board_listed *card) {
    char *end = NULL;
    unsigned long number = strtoul(line, &end, 10);
    if (end == line || strncmp(end, " [", 2) != 0 || number >= MJS_BOARD_CARDS_MAX)
        return false;
    const char *id = end + 2;
    const char *id_end = strchr(id, ']');
    const char *name = id_end != NULL ? strstr(id_end, " - ") : NULL;
    if (id_end == NULL)
        return false;
    size_t id_bytes = (size_t)(id_end - id);
    while (id_bytes > 0 && id[id_bytes - 1] == ' ')
        id_bytes--;
    card->number = (unsigned)number;
    (void)snprintf(card->id, sizeof card->id, "%.*s", (int)(id_bytes < 31 ? id_bytes : 31), id);
    (void)snprintf(card->name, sizeof card->name, "%.95s", name != NULL ? name + 3 : card->id);
    return true;
}

size_t mjs_board_list_cards(const struct mjs_board_paths *paths, struct mjs_board_listed *list,
                            size_t max) {
    struct mjs_buffer path = {0};
    struct mjs_buffer text = {0};
    size_t count = 0;
    if (mjs_buffer_printf(&path, "%s/cards", mjs_board_paths(paths)->asound) &&
        mjs_buffer_read_file(&text, path.data, FILE_BYTES_MAX, NULL) == MJS_OK &&
        text.data != NULL) {
        char *rest = NULL;
        for (char *line = strtok_r(text.data, "\n", &rest); line != NULL && count < max;
             line = strtok_r(NULL, "\n", &rest))
            count += parse_card(line, &list[count]) ? 1 : 0;
    }
    mjs_buffer_free(&path);
    mjs_buffer_free(&text);
    return count;
}

const struct mjs_board_card *mjs_board_card_of(const struct mjs_board_paths *paths, unsigned card) {
    struct mjs_board_listed list[MJS_BOARD_CARDS_MAX];
    size_t count = mjs_board_list_cards(paths, list, MJS_BOARD_CARDS_MAX);
    for (size_t i = 0; i < count; i++)
        if (list[i].number == card)
            return mjs_board_find_card(list[i].id, list[i].name);
    return NULL;
}

// The first card of the machine that is a board's microphone; its number.
static const struct mjs_board_card *find_microphone(const struct mjs_board_paths *paths,
                                                    unsigned *number) {
    struct mjs_board_listed list[MJS_BOARD_CARDS_MAX];
    size_t count = mjs_board_list_cards(paths, list, MJS_BOARD_CARDS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct mjs_board_card *row = mjs_board_find_card(list[i].id, list[i].name);
        if (row != NULL && row->has_capture) {
            *number = list[i].number;
            return row;
        }
    }
    return NULL;
}

// The value of `id` in /boot/board, or the whole of it where there are no such lines; "" for none.
static void read_board_id(const struct mjs_board_paths *paths, char word[WORD_BYTES]) {
    struct mjs_buffer text = {0};
    word[0] = '\0';
    if (mjs_buffer_read_file(&text, mjs_board_paths(paths)->board, FILE_BYTES_MAX, NULL) ==
            MJS_OK &&
        text.data != NULL) {
        char *rest = NULL;
        for (char *line = strtok_r(text.data, "\r\n", &rest); line != NULL && word[0] == '\0';
             line = strtok_r(NULL, "\r\n", &rest)) {
            const char *equals = strchr(line, '=');
            if (equals == NULL || strncmp(line, "id=", 3) == 0)
                to_word(equals != NULL ? equals + 1 : line, word);
        }
    }
    mjs_buffer_free(&text);
}

const char *mjs_board_name(const struct mjs_board_paths *paths) {
    // MaixCAM (no speaker) and MaixCAM Pro (with one) have the same cards: only the file tells.
    static const struct {
        const char *id;
        const char *name;
    } names[] = {
        {"maixcam2", "MaixCAM2"},
        {"maixcampro", "MaixCAM-Pro"},
        {"maixcam", "MaixCAM"},
    };
    char word[WORD_BYTES];
    read_board_id(paths, word);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(word, names[i].id, strlen(names[i].id)) == 0)
            return names[i].name;
    unsigned number = 0;
    const struct mjs_board_card *row = find_microphone(paths, &number);
    return row != NULL ? row->board : NULL;
}

const char *mjs_board_default_microphone_at(const struct mjs_board_paths *paths) {
    // Card 0 on all of them, unless something that is plugged in was found earlier.
    static const char *const names[] = {"hw:0,0", "hw:1,0", "hw:2,0", "hw:3,0"};
    unsigned number = 0;
    if (find_microphone(paths, &number) != NULL && number < sizeof names / sizeof names[0])
        return names[number];
    // A board whose driver is not loaded: its error should name the microphone that it has.
    return mjs_board_name(paths) != NULL ? names[0] : NULL;
}

const char *mjs_board_default_microphone(void) { return mjs_board_default_microphone_at(NULL); }

// ---- Rates ----

bool mjs_board_rate_allowed(const struct mjs_board_card *card, uint32_t rate_hz) {
    if (card == NULL || card->rates_count == 0)
        return true;
    for (size_t i = 0; i < card->rates_count; i++)
        if (card->rates_hz[i] == rate_hz)
            return true;
    return false;
}

void mjs_board_rates_text(const struct mjs_board_card *card,
                          char text[MJS_BOARD_RATES_TEXT_BYTES]) {
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; card != NULL && i < card->rates_count; i++) {
        int written = snprintf(text + length, MJS_BOARD_RATES_TEXT_BYTES - length, "%s%u",
                               i > 0 ? " " : "", (unsigned)card->rates_hz[i]);
        length += written > 0 ? (size_t)written : 0;
        if (length >= MJS_BOARD_RATES_TEXT_BYTES)
            return; // cut off; no table is that long
    }
}

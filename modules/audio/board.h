// SPDX-License-Identifier: MIT
// What is known of the boards' sound cards: how to recognise them, what their drivers get wrong,
// which mixer controls are the microphone's. All quirks of boards stand in board.c's table.
//
// Script's thread (or a test's). Rows are static and never freed. `paths` may be null everywhere:
// the real machine. Tests hand in a tree of their own; there is no environment variable for it, so
// that nothing a user sets can make a PC look like a board.
#ifndef MJS_BOARD_H
#define MJS_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "format.h"

#define MJS_BOARD_CARDS_MAX 32 // as the kernel
#define MJS_BOARD_RATES_TEXT_BYTES 128
#define MJS_BOARD_CONTROLS_MAX 2

struct mjs_board_paths {
    const char *board;   // /boot/board
    const char *configs; // /boot/configs
    const char *asound;  // /proc/asound
    const char *snd;     // /dev/snd
    const char *boot_id; // /proc/sys/kernel/random/boot_id
    const char *proc;    // /proc
    const char *runtime; // folder for our markers; null: the user's runtime folder
};
// The real ones where `paths` is null, else `paths`.
const struct mjs_board_paths *mjs_board_paths(const struct mjs_board_paths *paths);

// The controls of one direction of a card; names as in /dev/snd/controlC<n>, null: there is none.
struct mjs_board_mixer {
    const char *volume[MJS_BOARD_CONTROLS_MAX]; // all are set alike (left and right)
    bool volume_inverted;                       // the largest value is the quietest
    const char *mute;
    bool mute_on_is_muted; // true: "… Mute", 1 mutes; false: "… Switch", 0 mutes
};

// One row: a kind of sound card.
struct mjs_board_card {
    const char *board; // for people: "MaixCAM"
    const char *id;    // compared with the card's id and name: letters and digits only, any case
    // Rates that really work; none: those that the driver says.
    const uint32_t *rates_hz;
    size_t rates_count;
    // What it offers, so that nothing need be opened to know; 0: ask the driver.
    uint32_t channels_min;
    uint32_t channels_max;
    const char *formats; // "S16_LE S32_LE", or null
    bool has_capture;
    bool has_playback;
    // The first open since boot must be 16 kHz mono S16_LE, else the driver may crash.
    bool prime;
    struct mjs_board_mixer capture;
    struct mjs_board_mixer playback;
    const char *volume_key;       // in /boot/configs, applied at open; null: this board has none
    const char *volume_scale_key; // in /boot/configs
};

// The row for a card's id and name (either may be null); null: an ordinary card.
const struct mjs_board_card *mjs_board_find_card(const char *id, const char *name);
// The row for the card of that number, after /proc/asound/cards; null: an ordinary card, or none.
const struct mjs_board_card *mjs_board_card_of(const struct mjs_board_paths *paths, unsigned card);

// A card of the kernel, as /proc/asound/cards lists it.
struct mjs_board_listed {
    unsigned number;
    char id[32];
    char name[96];
};
// Fills at most `max`; the count. No sound at all: 0.
size_t mjs_board_list_cards(const struct mjs_board_paths *paths, struct mjs_board_listed *list,
                            size_t max);

// "MaixCAM", "MaixCAM-Pro", "MaixCAM2": after /boot/board, else after the sound cards; null: none.
const char *mjs_board_name(const struct mjs_board_paths *paths);

// "hw:0,0" on a recognised board, else null.
const char *mjs_board_default_microphone_at(const struct mjs_board_paths *paths);
const char *mjs_board_default_microphone(void);

// ---- For the kernel backend ----

// May the card run at that rate? Ask before hw_params: some drivers take any rate and then run on a
// wrong clock. A null row allows all.
bool mjs_board_rate_allowed(const struct mjs_board_card *card, uint32_t rate_hz);
// "8000 11025 16000"; "" for a null row.
void mjs_board_rates_text(const struct mjs_board_card *card, char text[MJS_BOARD_RATES_TEXT_BYTES]);

// True: before opening the device for `wanted`, open it as MJS_BOARD_PRIME_RATE_HZ mono S16_LE,
// prepare, start, close; then call mjs_board_prime_done. False for ordinary cards, when the wanted
// form is that one anyway (call prime_done then, too), and when it was done since boot.
bool mjs_board_prime_needed(const struct mjs_board_paths *paths, const struct mjs_board_card *card,
                            const struct mjs_spec *wanted);
#define MJS_BOARD_PRIME_RATE_HZ 16000
// Remembers it for this boot, for all programs of this user; nothing for ordinary cards. Where no
// marker can be made, priming is done again by the next program, which is harmless.
void mjs_board_prime_done(const struct mjs_board_paths *paths, const struct mjs_board_card *card);

#endif

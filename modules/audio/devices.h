// SPDX-License-Identifier: MIT
// The capture and playback devices of this machine: the kernel's and libasound's.
//
// Script's thread. Looking disturbs nobody: a device that is in use is not opened, and one that
// must be primed first (board.h) is described from the board's table.
#ifndef MJS_DEVICES_H
#define MJS_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../runtime/buffer.h"
#include "alsa_lib.h"
#include "devices_holder.h"
#include "kernel_sys.h"
#include "mixer_elements.h"
#include "pcm.h"

#define MJS_DEVICES_MAX 1024
#define MJS_DEVICES_RATES_MAX 16
#define MJS_DEVICES_FORMATS_BYTES 512
#define MJS_DEVICES_NAME_BYTES 256
#define MJS_DEVICES_NOTES_MAX 16
#define MJS_DEVICES_NOTE_BYTES 256

struct mjs_devices_entry {
    char device[MJS_DEVICE_NAME_BYTES_MAX]; // what --mic takes: "hw:0,0", "alsa:default"
    char name[MJS_DEVICES_NAME_BYTES];      // for people, one line
    bool capture;
    bool playback; // the kernel's are one or the other
    bool is_default;
    bool has_card;
    unsigned card;
    // What it can do, where that is known.
    bool is_known;
    char formats[MJS_DEVICES_FORMATS_BYTES];  // the kernel's names, a blank between
    uint32_t rates_hz[MJS_DEVICES_RATES_MAX]; // of the usual ones
    size_t rates_count;
    uint32_t channels_min;
    uint32_t channels_max;
    bool is_busy;
    struct mjs_devices_holder holder; // of a busy one, as far as it can be told
};

struct mjs_devices_card {
    unsigned number;
    char id[32];
    char name[96];
    struct mjs_mixer_element *controls; // owned by the list
    size_t controls_count;
};

struct mjs_devices {
    const char *board;                              // "MaixCAM"; null: none
    char default_device[MJS_DEVICE_NAME_BYTES_MAX]; // what a recorder takes; "": there is none
    struct mjs_devices_card cards[MJS_BOARD_CARDS_MAX];
    size_t cards_count;
    struct mjs_devices_entry *list;
    size_t count;
    char notes[MJS_DEVICES_NOTES_MAX][MJS_DEVICES_NOTE_BYTES]; // what could not be looked at
    size_t notes_count;
};

// Where to look. Null `paths`: the real machine. Null `lib`: `lib_missing`, if not null, says why.
struct mjs_devices_machine {
    const struct mjs_board_paths *paths;
    const struct mjs_kernel_sys *sys;
    const struct mjs_alsa_lib *lib;
    const char *lib_missing;
};

// Fills `devices`, to be freed also on failure. `preferred`: the user's choice (--mic), or null.
MJS_MUST_USE mjs_result mjs_devices_list(struct mjs_devices *devices,
                                         const struct mjs_devices_machine *machine,
                                         const char *preferred, struct mjs_error *err);
void mjs_devices_free(struct mjs_devices *devices);

// As JSON (the type Devices of audio.d.ts), and as a table for people. False: out of memory.
bool mjs_devices_print_json(const struct mjs_devices *devices, struct mjs_buffer *text);
bool mjs_devices_print_table(const struct mjs_devices *devices, struct mjs_buffer *text);

// devices_kernel.c, for devices.c: adds the kernel's cards and devices.
MJS_MUST_USE mjs_result mjs_devices_kernel_add(struct mjs_devices *devices,
                                               const struct mjs_devices_machine *machine,
                                               struct mjs_error *err);
// A new entry at the end, all zeros; null: MJS_DEVICES_MAX are there, or no memory.
struct mjs_devices_entry *mjs_devices_append(struct mjs_devices *devices);
void mjs_devices_note(struct mjs_devices *devices, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

// SPDX-License-Identifier: MIT
// The elements of a card's control device (/dev/snd/controlC<n>), without libasound.
//
// Script's thread. Every call is a few system calls; nothing is kept between them.
#ifndef MJS_MIXER_ELEMENTS_H
#define MJS_MIXER_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "../../runtime/result.h"
#include "board.h"

#define MJS_MIXER_ELEMENTS_MAX 1024
#define MJS_MIXER_NAME_BYTES 48 // longer than any of the kernel's
#define MJS_MIXER_VALUES_MAX 128

// An open control device. Tests have one of their own.
struct mjs_mixer_device {
    // One ioctl: 0 or more, or a negative errno.
    int (*control)(void *opaque, unsigned long request, void *argument);
    void (*close)(void *opaque);
    void *opaque;
};

enum mjs_mixer_type { MJS_MIXER_INTEGER, MJS_MIXER_BOOLEAN, MJS_MIXER_OTHER };

struct mjs_mixer_element {
    unsigned numid;  // the kernel's name for it
    unsigned index;  // of several that are called the same
    unsigned device; // the PCM device that it belongs to; 0 as a rule
    char name[MJS_MIXER_NAME_BYTES];
    enum mjs_mixer_type type;
    unsigned count; // values: one a channel, as a rule
    long min;
    long max;
    bool readable;
    bool writable;
};

// Opens the control device of a card: MJS_ENODEV where there is none, MJS_EACCES naming the group.
MJS_MUST_USE mjs_result mjs_mixer_elements_open(struct mjs_mixer_device *device,
                                                const struct mjs_board_paths *paths, unsigned card,
                                                struct mjs_error *err);

// All elements, in the card's order, as an array that the caller frees.
MJS_MUST_USE mjs_result mjs_mixer_elements_list(const struct mjs_mixer_device *device,
                                                struct mjs_mixer_element **list_out,
                                                size_t *count_out, struct mjs_error *err);

// The values of an integer or boolean element. Setting sets all `count` of them to `value`.
MJS_MUST_USE mjs_result mjs_mixer_elements_read(const struct mjs_mixer_device *device,
                                                const struct mjs_mixer_element *element,
                                                long values[MJS_MIXER_VALUES_MAX],
                                                struct mjs_error *err);
MJS_MUST_USE mjs_result mjs_mixer_elements_write(const struct mjs_mixer_device *device,
                                                 const struct mjs_mixer_element *element,
                                                 long value, struct mjs_error *err);

#endif

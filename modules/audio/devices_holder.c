// SPDX-License-Identifier: MIT
// Who has a PCM device of the kernel open, after /proc/asound.
#include "devices_holder.h"

#include <stdlib.h>
#include <string.h>

#include "../../runtime/buffer.h"

#define FILE_BYTES_MAX 4096
#define SUBSTREAMS_MAX 64 // more than any card has

// The program's name, after /proc/<pid>/comm.
static void name_program(const struct mjs_board_paths *paths, struct mjs_devices_holder *holder) {
    struct mjs_buffer path = {0};
    struct mjs_buffer text = {0};
    if (mjs_buffer_printf(&path, "%s/%ld/comm", mjs_board_paths(paths)->proc, holder->pid) &&
        mjs_buffer_read_file(&text, path.data, FILE_BYTES_MAX, NULL) == MJS_OK) {
        size_t length = strcspn(mjs_buffer_text(&text), "\n");
        length = length < sizeof holder->program - 1 ? length : sizeof holder->program - 1;
        for (size_t i = 0; i < length; i++) {
            // A program may call itself anything; ours is one line of text.
            unsigned char c = (unsigned char)text.data[i];
            holder->program[i] = c < ' ' || c == 0x7f ? '?' : (char)c;
        }
        holder->program[length] = '\0';
    }
    mjs_buffer_free(&path);
    mjs_buffer_free(&text);
}

bool mjs_devices_holder_find(const struct mjs_board_paths *paths, unsigned card, unsigned device,
                             bool capture, struct mjs_devices_holder *holder) {
    bool held = false;
    bool free_found = false;
    *holder = (struct mjs_devices_holder){0};
    for (unsigned sub = 0; sub < SUBSTREAMS_MAX && !free_found; sub++) {
        struct mjs_buffer path = {0};
        struct mjs_buffer text = {0};
        bool read = mjs_buffer_printf(&path, "%s/card%u/pcm%u%c/sub%u/status",
                                      mjs_board_paths(paths)->asound, card, device,
                                      capture ? 'c' : 'p', sub) &&
                    mjs_buffer_read_file(&text, path.data, FILE_BYTES_MAX, NULL) == MJS_OK;
        if (read && strncmp(mjs_buffer_text(&text), "closed", 6) == 0) {
            free_found = true;
        } else if (read && !held) {
            const char *pid = strstr(mjs_buffer_text(&text), "owner_pid");
            pid = pid != NULL ? strchr(pid, ':') : NULL;
            held = true;
            holder->pid = pid != NULL ? strtol(pid + 1, NULL, 10) : 0;
        }
        mjs_buffer_free(&path);
        mjs_buffer_free(&text);
        if (!read)
            break;
    }
    if (!held || free_found) {
        *holder = (struct mjs_devices_holder){0};
        return false;
    }
    if (holder->pid > 0)
        name_program(paths, holder);
    return true;
}

// SPDX-License-Identifier: MIT
// Opens the devices, and reads the kernel's input events.
#include "key_input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "key_terminal.h"

#define INPUT_FOLDER "/dev/input"
#define PATH_BYTES_MAX 64
#define READ_BYTES ((size_t)MJS_KEY_INPUT_EVENT_BYTES * 32)
#define KEY_BITS_BYTES (KEY_MAX / 8 + 1)

_Static_assert(sizeof(struct input_event) == MJS_KEY_INPUT_EVENT_BYTES, "64-bit time");

bool mjs_key_input_on_board(void) {
    return access("/boot/board", F_OK) == 0 || access("/maixapp", F_OK) == 0;
}

// Touch screens, mice and joysticks report their buttons as keys as well; those are none.
static bool is_key(unsigned code) {
    return code > KEY_RESERVED && code <= KEY_MAX && !(code >= BTN_MISC && code < KEY_OK) &&
           !(code >= BTN_DPAD_UP && code <= BTN_DPAD_RIGHT) &&
           !(code >= BTN_TRIGGER_HAPPY && code <= BTN_TRIGGER_HAPPY40);
}

static bool bit_is_set(const uint8_t *bits, unsigned at) {
    return (bits[at / 8] >> (at % 8) & 1) != 0;
}

// musl's ioctl takes an int, glibc's an unsigned long; the requests are 32 bits either way.
static bool ask_bits(int fd, unsigned long request, uint8_t *bits) {
#ifdef __GLIBC__
    return ioctl(fd, request, bits) >= 0;
#else
    return ioctl(fd, (int)request, bits) >= 0;
#endif
}

// What is no input device (a FIFO) cannot be asked, and counts as one that has keys.
static bool has_keys(int fd) {
    uint8_t bits[KEY_BITS_BYTES] = {0};
    if (!ask_bits(fd, EVIOCGBIT(EV_KEY, sizeof bits), bits)) {
        return true;
    }
    for (unsigned code = 0; code <= KEY_MAX; code++) {
        if (is_key(code) && bit_is_set(bits, code)) {
            return true;
        }
    }
    return false;
}

static void add_input(struct mjs_key_inputs *inputs, int fd, bool is_terminal) {
    inputs->list[inputs->count++] = (struct mjs_key_input){.fd = fd, .is_terminal = is_terminal};
}

static mjs_result open_path(struct mjs_key_inputs *inputs, const char *path,
                            struct mjs_error *err) {
    // A FIFO without a writer must not keep us waiting.
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return mjs_result_fail_errno(err, errno, "cannot open the input device %s", path);
    }
    add_input(inputs, fd, false);
    return MJS_OK;
}

static int compare_names(const struct dirent **one, const struct dirent **other) {
    return strcmp((*one)->d_name, (*other)->d_name);
}

static int is_event_device(const struct dirent *entry) {
    return strncmp(entry->d_name, "event", strlen("event")) == 0;
}

// Everything in /dev/input that has keys.
static mjs_result open_board(struct mjs_key_inputs *inputs, struct mjs_error *err) {
    struct dirent **entries = NULL;
    int count = scandir(INPUT_FOLDER, &entries, is_event_device, compare_names);
    mjs_result result = MJS_ENODEV;
    (void)mjs_result_fail(err, result, "no keys: no device in " INPUT_FOLDER " has any");
    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES_MAX];
        int bytes = snprintf(path, sizeof path, INPUT_FOLDER "/%s", entries[i]->d_name);
        if (bytes < 0 || (size_t)bytes >= sizeof path || inputs->count == MJS_KEY_INPUTS_MAX) {
            free(entries[i]);
            continue;
        }
        mjs_result opened = open_path(inputs, path, err);
        if (opened != MJS_OK) {
            result = opened;
        } else if (!has_keys(inputs->list[inputs->count - 1].fd)) {
            (void)close(inputs->list[--inputs->count].fd);
        }
        free(entries[i]);
    }
    free(entries);
    return inputs->count > 0 ? MJS_OK : result;
}

mjs_result mjs_key_input_open(struct mjs_key_inputs *inputs, const char *device, bool no_terminal,
                              struct mjs_error *err) {
    *inputs = (struct mjs_key_inputs){0};
    const char *variable = getenv("MAIXJS_KEY");
    if (device == NULL && variable != NULL && *variable != '\0') {
        device = variable;
    }
    if (device != NULL) {
        return open_path(inputs, device, err);
    }
    if (mjs_key_input_on_board() || no_terminal) {
        return open_board(inputs, err);
    }
    mjs_result result = mjs_key_terminal_enter(err);
    if (result == MJS_OK) {
        add_input(inputs, STDIN_FILENO, true);
    }
    return result;
}

static void close_input(struct mjs_key_input *input) {
    if (input->fd >= 0 && input->is_terminal) {
        mjs_key_terminal_leave();
    } else if (input->fd >= 0) {
        (void)close(input->fd); // only read from: nothing can be lost
    }
    input->fd = -1;
}

void mjs_key_input_close(struct mjs_key_inputs *inputs) {
    for (int i = 0; i < inputs->count; i++) {
        close_input(&inputs->list[i]);
    }
}

// The kernel's queue was full: what came up meanwhile is asked for.
static void resynchronise(int fd, int device, struct mjs_key_states *states, int64_t now_ns) {
    uint8_t bits[KEY_BITS_BYTES] = {0};
    if (!ask_bits(fd, EVIOCGKEY(sizeof bits), bits)) {
        return;
    }
    for (int i = 0; i < states->count; i++) {
        const struct mjs_key_entry *entry = &states->entries[i];
        if (entry->device == device && !bit_is_set(bits, entry->code)) {
            mjs_key_states_set(states, device, entry->code, false, now_ns);
        }
    }
}

static void take_event(const struct input_event *event, int fd, int device,
                       struct mjs_key_states *states, int64_t now_ns) {
    if (event->type == EV_SYN && event->code == SYN_DROPPED) {
        resynchronise(fd, device, states, now_ns);
    }
    // Value 2 is the kernel's repeat; long presses are timed by us.
    if (event->type != EV_KEY || !is_key(event->code) || event->value < 0 || event->value > 1) {
        return;
    }
    // Some boards' user key calls itself so; MaixPy corrects it as well.
    uint16_t code = event->code == KEY_DISPLAYTOGGLE ? KEY_OK : event->code;
    mjs_key_states_set(states, device, code, event->value == 1, now_ns);
}

static void take_bytes(struct mjs_key_input *input, int device, const uint8_t *bytes, size_t count,
                       struct mjs_key_states *states, int64_t now_ns) {
    for (size_t i = 0; i < count; i++) {
        input->partial[input->partial_bytes++] = bytes[i];
        if (input->partial_bytes == sizeof input->partial) {
            struct input_event event;
            memcpy(&event, input->partial, sizeof event);
            input->partial_bytes = 0;
            take_event(&event, input->fd, device, states, now_ns);
        }
    }
}

// A terminal tells presses only: space and Enter stand for the board's key, up at once.
static void take_characters(const uint8_t *bytes, size_t count, int device,
                            struct mjs_key_states *states, int64_t now_ns) {
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\r') {
            mjs_key_states_set(states, device, MJS_KEY_OK, true, now_ns);
            mjs_key_states_set(states, device, MJS_KEY_OK, false, now_ns);
        }
    }
}

bool mjs_key_input_read(struct mjs_key_inputs *inputs, int index, struct mjs_key_states *states,
                        int64_t now_ns) {
    struct mjs_key_input *input = &inputs->list[index];
    uint8_t bytes[READ_BYTES];
    ssize_t count = read(input->fd, bytes, sizeof bytes);
    if (count > 0 && input->is_terminal) {
        take_characters(bytes, (size_t)count, index, states, now_ns);
    } else if (count > 0) {
        take_bytes(input, index, bytes, (size_t)count, states, now_ns);
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR &&
                              !(input->is_terminal && !mjs_key_terminal_is_ours()))) {
        mjs_key_states_release(states, index, now_ns);
        close_input(input);
        return false;
    }
    return true;
}

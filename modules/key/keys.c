// SPDX-License-Identifier: MIT
// The thread that waits for keys.
#include "keys.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "../../runtime/stop.h"
#include "../../runtime/thread.h"
#include "key_input.h"
#include "key_terminal.h"

#define NS_PER_MS 1000000LL
// How often it is looked whether the terminal is ours again.
#define BACKGROUND_NS (200 * NS_PER_MS)

struct mjs_keys {
    struct mjs_key_inputs inputs; // the thread's, once it runs
    void (*on_press)(void);
    int wake_fd;  // ends the thread's wait
    int ready_fd; // mjs_keys_fd
    pthread_t thread;
    pthread_mutex_t lock; // of what follows
    struct mjs_key_states states;
    bool is_lost;
    bool is_ending;
};

static void lock(struct mjs_keys *keys) { MJS_ASSERT(pthread_mutex_lock(&keys->lock) == 0); }
static void unlock(struct mjs_keys *keys) { MJS_ASSERT(pthread_mutex_unlock(&keys->lock) == 0); }

static void raise_fd(int fd) {
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    (void)written; // a full counter is as readable
}

static void lower_fd(int fd) {
    uint64_t count;
    ssize_t bytes = read(fd, &count, sizeof count);
    (void)bytes; // EAGAIN: it was low
}

// Readable exactly while there is something to take. The lock is held.
static void update_ready(struct mjs_keys *keys) {
    if (keys->states.event_count > 0 || keys->is_lost) {
        raise_fd(keys->ready_fd);
    } else {
        lower_fd(keys->ready_fd);
    }
}

// Fills the list for poll(); returns how many inputs are left. `wait_ns` may become shorter.
static int prepare(struct mjs_keys *keys, struct pollfd *fds, int64_t *wait_ns) {
    int left = 0;
    fds[0] = (struct pollfd){.fd = keys->wake_fd, .events = POLLIN};
    for (int i = 0; i < keys->inputs.count; i++) {
        const struct mjs_key_input *input = &keys->inputs.list[i];
        fds[i + 1] = (struct pollfd){.fd = input->fd, .events = POLLIN};
        left += input->fd >= 0;
        if (input->fd >= 0 && input->is_terminal && !mjs_key_terminal_is_ours()) {
            fds[i + 1].fd = -1;
            *wait_ns = *wait_ns < BACKGROUND_NS ? *wait_ns : BACKGROUND_NS;
        }
    }
    return left;
}

// Where the events go to a hook there is nobody who takes them.
static int hand_over(struct mjs_keys *keys) {
    int presses = 0;
    struct mjs_key_event event;
    while (keys->on_press != NULL && mjs_key_states_take(&keys->states, &event)) {
        presses += event.state == MJS_KEY_PRESSED;
    }
    return presses;
}

static void *listen_to_keys(void *argument) {
    struct mjs_keys *keys = argument;
    struct pollfd fds[MJS_KEY_INPUTS_MAX + 1] = {0};
    for (;;) {
        lock(keys);
        int64_t now_ns = mjs_stop_now_ns();
        for (int i = 0; i < keys->inputs.count; i++) {
            if (keys->inputs.list[i].fd >= 0 && fds[i + 1].revents != 0) {
                (void)mjs_key_input_read(&keys->inputs, i, &keys->states, now_ns);
            }
        }
        int64_t next_ns = mjs_key_states_tick(&keys->states, now_ns);
        int64_t wait_ns = next_ns == INT64_MAX ? INT64_MAX : next_ns - now_ns;
        keys->is_lost = prepare(keys, fds, &wait_ns) == 0;
        bool ends = keys->is_ending || keys->is_lost;
        int presses = hand_over(keys);
        update_ready(keys);
        unlock(keys);
        for (; presses > 0; presses--) {
            keys->on_press();
        }
        if (ends) {
            return NULL;
        }
        struct timespec wait = {.tv_sec = (time_t)(wait_ns / (1000 * NS_PER_MS)),
                                .tv_nsec = (long)(wait_ns % (1000 * NS_PER_MS))};
        nfds_t count = (nfds_t)keys->inputs.count + 1;
        if (ppoll(fds, count, wait_ns == INT64_MAX ? NULL : &wait, NULL) < 0) {
            for (nfds_t i = 0; i < count; i++) {
                fds[i].revents = 0; // interrupted: it says nothing
            }
        }
        if (fds[0].revents != 0) {
            lower_fd(keys->wake_fd);
        }
    }
}

static void free_keys(struct mjs_keys *keys) {
    mjs_key_input_close(&keys->inputs);
    if (keys->wake_fd >= 0) {
        (void)close(keys->wake_fd);
    }
    if (keys->ready_fd >= 0) {
        (void)close(keys->ready_fd);
    }
    MJS_ASSERT(pthread_mutex_destroy(&keys->lock) == 0);
    free(keys);
}

mjs_result mjs_keys_open(struct mjs_keys **keys_out, const struct mjs_keys_options *options,
                         struct mjs_error *err) {
    struct mjs_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) {
        return mjs_result_fail(err, MJS_ENOMEM, "out of memory");
    }
    MJS_ASSERT(pthread_mutex_init(&keys->lock, NULL) == 0);
    keys->on_press = options->on_press;
    keys->states.long_ns = options->long_press_ms * NS_PER_MS;
    keys->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    keys->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    mjs_result result = MJS_OK;
    if (keys->wake_fd < 0 || keys->ready_fd < 0) {
        result = mjs_result_fail_errno(err, errno, "cannot create an eventfd");
    }
    if (result == MJS_OK) {
        result = mjs_key_input_open(&keys->inputs, options->device, options->no_terminal, err);
    }
    if (result == MJS_OK) {
        int failed = mjs_thread_start(&keys->thread, listen_to_keys, keys);
        if (failed) {
            result = mjs_result_fail_errno(err, failed, "cannot start the keys' thread");
        }
    }
    if (result != MJS_OK) {
        free_keys(keys);
        return result;
    }
    *keys_out = keys;
    return MJS_OK;
}

void mjs_keys_close(struct mjs_keys *keys) {
    if (keys == NULL) {
        return;
    }
    lock(keys);
    keys->is_ending = true;
    unlock(keys);
    raise_fd(keys->wake_fd);
    MJS_ASSERT(pthread_join(keys->thread, NULL) == 0);
    free_keys(keys);
}

int mjs_keys_fd(const struct mjs_keys *keys) { return keys->ready_fd; }

bool mjs_keys_take(struct mjs_keys *keys, struct mjs_key_event *event) {
    lock(keys);
    bool taken = mjs_key_states_take(&keys->states, event);
    update_ready(keys);
    unlock(keys);
    return taken;
}

bool mjs_keys_is_lost(struct mjs_keys *keys) {
    lock(keys);
    bool is_lost = keys->is_lost;
    unlock(keys);
    return is_lost;
}

bool mjs_keys_ask(struct mjs_keys *keys, uint16_t code) {
    lock(keys);
    bool pressed = mjs_key_states_ask(&keys->states, code);
    unlock(keys);
    return pressed;
}

void mjs_keys_set_long_press(struct mjs_keys *keys, int64_t long_press_ms) {
    lock(keys);
    keys->states.long_ns = long_press_ms * NS_PER_MS;
    unlock(keys);
    raise_fd(keys->wake_fd); // it waits for another moment now
}

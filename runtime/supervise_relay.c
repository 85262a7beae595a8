// SPDX-License-Identifier: MIT
// Between a script's process and whoever watches it.
#include "supervise_relay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "stop.h"

#define MS 1000000LL
#define READ_BYTES 16384
#define READ_BYTES_MIN 4096  // worth a frame
#define RESERVED_BYTES 2048  // of a queue: for notices, credit, the status
#define NOTICE_BYTES_MAX 512 // of one line
#define CREDIT_BYTES_MIN 16384
// Programs that it has started may hold its output open for ever.
#define QUIET_NS (300 * MS)
#define GIVE_UP_NS (500 * MS)

enum poll_slot { SIGNALS, CLIENT, STREAMS, OUTPUTS = STREAMS + 2, INPUT = OUTPUTS + 2, SLOT_COUNT };

void mjs_supervise_relay_init(struct mjs_supervise_relay *relay, bool control) {
    relay->control = control;
    relay->listening = control;
    relay->heard_at_ns = mjs_stop_now_ns();
    mjs_supervise_queue_init(&relay->outputs[0], STDOUT_FILENO);
    mjs_supervise_queue_init(&relay->outputs[1], control ? -1 : STDERR_FILENO);
    mjs_supervise_queue_init(&relay->input, relay->child.input);
    mjs_control_init(&relay->decoder);
}

// Nothing where the client has gone.
static void add_frame(struct mjs_supervise_relay *relay, enum mjs_control_type type,
                      const void *payload, size_t bytes) {
    uint8_t head[MJS_CONTROL_HEAD_BYTES];
    if (relay->outputs[0].fd < 0) {
        return;
    }
    mjs_control_encode_head(head, type, (uint32_t)bytes);
    mjs_supervise_queue_add(&relay->outputs[0], head, sizeof(head));
    mjs_supervise_queue_add(&relay->outputs[0], payload, bytes);
}

static void add_number(struct mjs_supervise_relay *relay, enum mjs_control_type type,
                       uint32_t number) {
    uint8_t bytes[4];
    mjs_control_encode_u32(bytes, number);
    add_frame(relay, type, bytes, sizeof(bytes));
}

static void write_log(struct mjs_supervise_relay *relay, const void *data, size_t bytes) {
    struct mjs_error err;
    if (mjs_runs_log_write(&relay->log, data, bytes, &err) != MJS_OK) {
        mjs_supervise_relay_notice(relay, "%s: the script goes on without it", err.message);
    }
}

void mjs_supervise_relay_notice(struct mjs_supervise_relay *relay, const char *format, ...) {
    static const char prefix[] = "maixjs: ";
    char line[NOTICE_BYTES_MAX];
    va_list args;
    va_start(args, format);
    (void)memcpy(line, prefix, sizeof(prefix));
    int bytes = vsnprintf(line + sizeof(prefix) - 1, sizeof(line) - sizeof(prefix), format, args);
    va_end(args);
    if (bytes < 0) {
        return;
    }
    size_t end = strlen(line);
    for (size_t i = 0; i < end; i++) {
        line[i] = (unsigned char)line[i] < 0x20 || line[i] == 0x7f ? '?' : line[i];
    }
    line[end] = '\n';
    struct mjs_supervise_queue *queue = &relay->outputs[relay->control ? 0 : 1];
    size_t room = mjs_supervise_queue_room(queue);
    if (relay->control && room >= end + RESERVED_BYTES / 4) {
        add_frame(relay, MJS_CONTROL_NOTICE, line + sizeof(prefix) - 1, end - sizeof(prefix) + 1);
    } else if (!relay->control && queue->fd >= 0 && room > end) {
        mjs_supervise_queue_add(queue, line, end + 1);
    }
    write_log(relay, line, end + 1);
}

// The client is gone, or cannot be believed any more.
static void detach(struct mjs_supervise_relay *relay, const char *reason) {
    if (relay->detached) {
        return;
    }
    relay->detached = true;
    relay->input_ended = true;
    relay->progress_at_ns = mjs_stop_now_ns();
    if (!relay->child.ended) {
        mjs_supervise_relay_notice(relay, "%s: the script is asked to stop", reason);
        mjs_supervise_stop_abandon(&relay->stop, &relay->child);
    }
}

// Input of the script that nobody will read is as good as read.
static void add_input(struct mjs_supervise_relay *relay, const struct mjs_control_item *item) {
    if (relay->input.fd >= 0) {
        mjs_supervise_queue_add(&relay->input, item->data, item->data_bytes);
    } else {
        relay->owed_credit_bytes += (uint32_t)item->data_bytes;
    }
}

static void decode(struct mjs_supervise_relay *relay, const uint8_t *bytes, size_t count) {
    struct mjs_control_item item;
    for (;;) {
        switch (mjs_control_decode(&relay->decoder, &bytes, &count, &item)) {
        case MJS_CONTROL_MORE:
            return;
        case MJS_CONTROL_BAD:
            relay->listening = false;
            mjs_supervise_relay_notice(relay, "protocol error: %s", relay->decoder.error);
            detach(relay, "the channel is broken");
            return;
        case MJS_CONTROL_DATA:
            add_input(relay, &item);
            break;
        case MJS_CONTROL_FRAME:
            if (item.type == MJS_CONTROL_STOP) {
                mjs_supervise_stop_ask(&relay->stop, &relay->child);
            } else if (item.type == MJS_CONTROL_FORCE) {
                mjs_supervise_stop_force(&relay->stop, &relay->child);
            } else if (item.type == MJS_CONTROL_INPUT_END) {
                relay->input_ended = true;
            }
            break;
        }
    }
}

static void read_client(struct mjs_supervise_relay *relay) {
    uint8_t bytes[READ_BYTES];
    ssize_t count = read(STDIN_FILENO, bytes, sizeof(bytes));
    if (count > 0) {
        relay->heard_at_ns = mjs_stop_now_ns();
        decode(relay, bytes, (size_t)count);
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
        relay->listening = false;
        detach(relay, "the connection has ended");
    }
}

// The script has had it already: Ctrl-C is for all that the terminal has in the foreground, and
// late from us it would count as the second one.
static bool came_to_all(const struct mjs_supervise_relay *relay,
                        const struct signalfd_siginfo *info) {
    return !relay->child.own_input && info->ssi_signo == SIGINT && info->ssi_code == SI_KERNEL;
}

static void read_signals(struct mjs_supervise_relay *relay) {
    struct signalfd_siginfo info;
    while (read(relay->child.signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGCHLD) {
            relay->detached = relay->detached || relay->child.ended; // it waits for the client only
            mjs_supervise_stop_pass_on(&relay->stop, &relay->child,
                                       came_to_all(relay, &info) ? 0 : (int)info.ssi_signo);
            continue;
        }
        bool ended = relay->child.ended;
        mjs_supervise_child_reap(&relay->child);
        if (!relay->child.ended || ended) {
            continue;
        }
        relay->quiet_at_ns = mjs_stop_now_ns();
        mjs_supervise_queue_end(&relay->input, 0);
        for (int i = 0; i < 2; i++) {
            if (ioctl(relay->child.outputs[i], FIONREAD, &relay->unread_bytes[i]) != 0) {
                relay->unread_bytes[i] = 0;
            }
        }
    }
}

// How much of a stream may be read now; with nobody to wait for, all, which then goes to the log
// only. A stream in which something is missing ends there: better than a hole that cannot be seen.
static size_t stream_room(const struct mjs_supervise_relay *relay, int stream, bool *dropped) {
    const struct mjs_supervise_queue *queue = &relay->outputs[relay->control ? 0 : stream];
    size_t room = mjs_supervise_queue_room(queue);
    *dropped = queue->fd < 0 || (relay->detached && relay->lost);
    if (*dropped) {
        return READ_BYTES;
    }
    if (room < READ_BYTES_MIN + RESERVED_BYTES) {
        *dropped = relay->detached;
        return relay->detached ? READ_BYTES : 0;
    }
    return room - RESERVED_BYTES < READ_BYTES ? room - RESERVED_BYTES : READ_BYTES;
}

static void close_stream(struct mjs_supervise_relay *relay, int stream) {
    close(relay->child.outputs[stream]); // read to its end, or nobody wants it: nothing to lose
    relay->child.outputs[stream] = -1;
    relay->unread_bytes[stream] = 0;
}

static void read_stream(struct mjs_supervise_relay *relay, int stream) {
    uint8_t bytes[READ_BYTES];
    bool dropped;
    size_t room = stream_room(relay, stream, &dropped);
    if (room == 0) {
        return; // a notice has taken it meanwhile
    }
    ssize_t count = read(relay->child.outputs[stream], bytes, room);
    if (count <= 0) {
        if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
            close_stream(relay, stream);
        }
        return;
    }
    if (relay->child.ended && relay->unread_bytes[stream] > 0) {
        int left = relay->unread_bytes[stream] - (int)count;
        relay->unread_bytes[stream] = left > 0 ? left : 0;
        relay->quiet_at_ns = mjs_stop_now_ns();
    }
    write_log(relay, bytes, (size_t)count);
    if (dropped) {
        relay->lost = true;
    } else if (relay->control) {
        add_frame(relay, stream == 0 ? MJS_CONTROL_OUTPUT : MJS_CONTROL_ERRORS, bytes,
                  (size_t)count);
    } else {
        mjs_supervise_queue_add(&relay->outputs[stream], bytes, (size_t)count);
    }
}

// Somebody does not take our output any more.
static void output_failed(struct mjs_supervise_relay *relay, int output) {
    int failed = relay->outputs[output].failed;
    relay->outputs[output].failed = 0;
    if (relay->control) {
        detach(relay, "nobody reads the output any more");
    } else if (failed == EPIPE && relay->child.outputs[output] >= 0) {
        close_stream(relay, output); // the script gets EPIPE itself, and does what it does then
    } else if (failed != EPIPE) {
        mjs_supervise_relay_notice(relay, "the output cannot be written (%s): it is in the log",
                                   strerror(failed));
    }
}

static void flush(struct mjs_supervise_relay *relay) {
    for (int i = 0; i < 2; i++) {
        if (mjs_supervise_queue_flush(&relay->outputs[i]) > 0) {
            relay->progress_at_ns = mjs_stop_now_ns();
        }
        if (relay->outputs[i].failed) {
            output_failed(relay, i);
        }
    }
    // What the script will not read any more counts as read.
    size_t before = relay->input.bytes;
    mjs_supervise_queue_flush(&relay->input);
    relay->owed_credit_bytes += (uint32_t)(before - relay->input.bytes);
    if (relay->child.input >= 0 &&
        (relay->input.fd < 0 || (relay->input_ended && relay->input.bytes == 0))) {
        close(relay->child.input); // a pipe: nothing to lose
        relay->child.input = -1;
        mjs_supervise_queue_end(&relay->input, 0);
    }
    if (relay->owed_credit_bytes >= CREDIT_BYTES_MIN ||
        (relay->owed_credit_bytes > 0 && relay->input.bytes == 0)) {
        if (mjs_supervise_queue_room(&relay->outputs[0]) >= RESERVED_BYTES / 2) {
            add_number(relay, MJS_CONTROL_CREDIT, relay->owed_credit_bytes);
            mjs_control_add_credit(&relay->decoder, relay->owed_credit_bytes);
            relay->owed_credit_bytes = 0;
        }
    }
}

// Does what is due, and returns when something will be; 0: nothing.
static int64_t look_at_clock(struct mjs_supervise_relay *relay) {
    int64_t now_ns = mjs_stop_now_ns();
    int64_t silent_at_ns = relay->heard_at_ns + MJS_CONTROL_SILENCE_MS * MS;
    bool waits = relay->listening && !relay->detached;
    if (waits && now_ns >= silent_at_ns) {
        // It may be us who were held up: then something has come meanwhile.
        struct pollfd client = {.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(&client, 1, 0) == 0) {
            detach(relay, "nothing was heard from the other side for 6 s");
            waits = false;
        }
    }
    bool killed;
    int64_t due_ns = mjs_supervise_stop_look(&relay->stop, &relay->child, &killed);
    if (killed) {
        mjs_supervise_relay_notice(relay, "the script did not end, and was killed");
    }
    return waits ? mjs_supervise_stop_earlier(due_ns, silent_at_ns) : due_ns;
}

// Waits until something happens, at most until `until_ns` (0: for ever), and does all of it.
static void step(struct mjs_supervise_relay *relay, int64_t until_ns) {
    until_ns = mjs_supervise_stop_earlier(until_ns, look_at_clock(relay)); // it may print
    struct pollfd slots[SLOT_COUNT] = {
        [SIGNALS] = {.fd = relay->child.signal_fd, .events = POLLIN},
        [CLIENT] = {.fd = relay->listening ? STDIN_FILENO : -1, .events = POLLIN},
        [INPUT] = {.fd = relay->input.fd, .events = relay->input.bytes > 0 ? POLLOUT : 0},
    };
    for (int i = 0; i < 2; i++) {
        bool dropped;
        const struct mjs_supervise_queue *queue = &relay->outputs[i];
        bool room = stream_room(relay, i, &dropped) > 0;
        slots[STREAMS + i].fd = room ? relay->child.outputs[i] : -1;
        slots[STREAMS + i].events = POLLIN;
        slots[OUTPUTS + i].fd = queue->fd;
        slots[OUTPUTS + i].events = queue->bytes > 0 ? POLLOUT : 0;
    }
    int64_t left_ns = until_ns - mjs_stop_now_ns();
    struct timespec wait = {0};
    if (until_ns && left_ns > 0) {
        wait.tv_sec = (time_t)(left_ns / 1000000000LL);
        wait.tv_nsec = (long)(left_ns % 1000000000LL);
    }
    if (ppoll(slots, SLOT_COUNT, until_ns ? &wait : NULL, NULL) <= 0) {
        return; // the caller looks at the clock
    }
    if (slots[SIGNALS].revents) {
        read_signals(relay);
    }
    if (slots[CLIENT].revents) {
        read_client(relay);
    }
    for (int i = 0; i < 2; i++) {
        if (slots[STREAMS + i].revents) {
            read_stream(relay, i);
        }
        if (slots[OUTPUTS + i].revents & (POLLERR | POLLHUP | POLLNVAL)) {
            mjs_supervise_queue_end(&relay->outputs[i], EPIPE);
        }
    }
    if (slots[INPUT].revents & (POLLERR | POLLHUP)) {
        relay->owed_credit_bytes += (uint32_t)relay->input.bytes;
        mjs_supervise_queue_end(&relay->input, 0);
    }
    flush(relay);
}

void mjs_supervise_relay_run(struct mjs_supervise_relay *relay) {
    const int *outputs = relay->child.outputs;
    for (;;) {
        int64_t until_ns = 0;
        if (relay->child.ended) {
            if (outputs[0] < 0 && outputs[1] < 0) {
                return;
            }
            if (relay->unread_bytes[0] == 0 && relay->unread_bytes[1] == 0) {
                until_ns = relay->quiet_at_ns + QUIET_NS;
                if (mjs_stop_now_ns() >= until_ns) {
                    return; // what else comes is not the script's
                }
            }
        }
        step(relay, until_ns);
    }
}

void mjs_supervise_relay_finish(struct mjs_supervise_relay *relay) {
    if (relay->child.signal_number) {
        mjs_supervise_relay_notice(relay, "the script was ended by signal %d%s",
                                   relay->child.signal_number,
                                   relay->child.signal_number == SIGKILL && !relay->stop.asked_at_ns
                                       ? " (has the memory run out?)"
                                       : "");
    }
    mjs_runs_log_close(&relay->log);
    if (relay->control) {
        static const char lost[] = "some of the output is only in the log: maixjs logs";
        if (relay->lost) {
            add_frame(relay, MJS_CONTROL_NOTICE, lost, sizeof(lost) - 1);
        }
        add_number(relay, MJS_CONTROL_EXIT, (uint32_t)relay->child.status);
    }
    relay->progress_at_ns = mjs_stop_now_ns();
    flush(relay);
    while ((relay->outputs[0].fd >= 0 && relay->outputs[0].bytes > 0) ||
           (relay->outputs[1].fd >= 0 && relay->outputs[1].bytes > 0)) {
        int64_t until_ns = relay->detached ? relay->progress_at_ns + GIVE_UP_NS : 0;
        if (until_ns && mjs_stop_now_ns() >= until_ns) {
            return;
        }
        step(relay, until_ns);
    }
}

// SPDX-License-Identifier: MIT
// The listener on FIFOs in place of input devices, and on a pseudo-terminal: events, bad data,
// devices that go away, the terminal's settings.
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "../../../modules/key/key_terminal.h"
#include "../../../modules/key/keys.h"
#include "../../support/check.h"

static char folder[] = "/tmp/maixjs-keys-XXXXXX";
static char fifo[sizeof folder + 8];

static void send(int fd, uint16_t type, uint16_t code, int32_t value) {
    struct input_event event = {.type = type, .code = code, .value = value};
    CHECK_EQ_INT(write(fd, &event, sizeof event), sizeof event);
}

static bool is_readable(const struct mjs_keys *keys, int timeout_ms) {
    struct pollfd ready = {.fd = mjs_keys_fd(keys), .events = POLLIN};
    return poll(&ready, 1, timeout_ms) == 1;
}

// Waits for it, as the event loop does.
static void expect(struct mjs_keys *keys, uint16_t code, enum mjs_key_state state) {
    struct mjs_key_event event = {0};
    CHECK(is_readable(keys, -1));
    CHECK(mjs_keys_take(keys, &event));
    CHECK_EQ_UINT(event.code, code);
    CHECK_EQ_UINT(event.state, (unsigned)state);
}

static struct mjs_keys *open_keys(const struct mjs_keys_options *options) {
    struct mjs_keys *keys = NULL;
    struct mjs_error err = {0};
    CHECK_EQ_INT(mjs_keys_open(&keys, options, &err), MJS_OK);
    if (keys == NULL) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return keys;
}

static void test_events(void) {
    struct mjs_keys *keys = open_keys(&(struct mjs_keys_options){.device = fifo});
    int device = open(fifo, O_WRONLY);
    CHECK(!is_readable(keys, 0));
    send(device, EV_MSC, MSC_SCAN, 1);
    send(device, EV_KEY, KEY_OK, 1);
    send(device, EV_SYN, SYN_REPORT, 0);
    send(device, EV_KEY, KEY_OK, 2);    // the kernel's repeat
    send(device, EV_KEY, KEY_OK, 77);   // no state at all
    send(device, EV_KEY, BTN_TOUCH, 1); // a touch screen
    send(device, EV_KEY, 0xffff, 1);    // no key at all
    send(device, EV_KEY, 0, 1);
    send(device, EV_SYN, SYN_DROPPED, 0); // a FIFO cannot be asked: nothing happens
    send(device, EV_KEY, KEY_OK, 0);
    send(device, EV_KEY, KEY_DISPLAYTOGGLE, 1);
    expect(keys, MJS_KEY_OK, MJS_KEY_PRESSED);
    expect(keys, MJS_KEY_OK, MJS_KEY_RELEASED);
    expect(keys, MJS_KEY_OK, MJS_KEY_PRESSED);
    CHECK(mjs_keys_ask(keys, MJS_KEY_OK));
    CHECK(!is_readable(keys, 0));
    // Half an event, and the rest.
    struct input_event event = {.type = EV_KEY, .code = KEY_NEXT, .value = 1};
    CHECK_EQ_INT(write(device, &event, 7), 7);
    CHECK_EQ_INT(write(device, (const uint8_t *)&event + 7, sizeof event - 7), sizeof event - 7);
    expect(keys, KEY_NEXT, MJS_KEY_PRESSED);
    CHECK(!mjs_keys_is_lost(keys));
    close(device);
    expect(keys, MJS_KEY_OK, MJS_KEY_RELEASED);
    expect(keys, KEY_NEXT, MJS_KEY_RELEASED);
    CHECK(is_readable(keys, -1)); // stays so: it is gone
    CHECK(mjs_keys_is_lost(keys));
    struct mjs_key_event none;
    CHECK(!mjs_keys_take(keys, &none));
    CHECK(is_readable(keys, 0));
    mjs_keys_close(keys);
    mjs_keys_close(NULL);
}

static void test_long_press(void) {
    struct mjs_keys *keys =
        open_keys(&(struct mjs_keys_options){.device = fifo, .long_press_ms = 3600000});
    int device = open(fifo, O_WRONLY);
    send(device, EV_KEY, KEY_OK, 1);
    expect(keys, MJS_KEY_OK, MJS_KEY_PRESSED);
    mjs_keys_set_long_press(keys, 1); // while the listener waits for the hour to pass
    expect(keys, MJS_KEY_OK, MJS_KEY_LONG_PRESSED);
    mjs_keys_close(keys);
    close(device);
}

static int pressed_pipe[2];
static void on_press(void) { CHECK_EQ_INT(write(pressed_pipe[1], "p", 1), 1); }

static void test_hook(void) {
    CHECK_EQ_INT(pipe(pressed_pipe), 0);
    struct mjs_keys *keys =
        open_keys(&(struct mjs_keys_options){.device = fifo, .on_press = on_press});
    int device = open(fifo, O_WRONLY);
    send(device, EV_KEY, KEY_OK, 1);
    send(device, EV_KEY, KEY_OK, 0);
    send(device, EV_KEY, KEY_POWER, 1);
    char byte;
    CHECK_EQ_INT(read(pressed_pipe[0], &byte, 1), 1);
    CHECK_EQ_INT(read(pressed_pipe[0], &byte, 1), 1);
    mjs_keys_close(keys);
    close(device);
    close(pressed_pipe[0]);
    close(pressed_pipe[1]);
}

static void test_no_device(void) {
    struct mjs_keys *keys = NULL;
    struct mjs_error err;
    const struct mjs_keys_options nowhere = {.device = "/nonexistent/event0"};
    CHECK_EQ_INT(mjs_keys_open(&keys, &nowhere, &err), MJS_ENOENT);
    // Standard input is no terminal here.
    int null = open("/dev/null", O_RDONLY);
    int old = dup(STDIN_FILENO);
    CHECK_EQ_INT(dup2(null, STDIN_FILENO), STDIN_FILENO);
    CHECK_EQ_INT(mjs_keys_open(&keys, &(struct mjs_keys_options){0}, &err), MJS_ENODEV);
    CHECK_EQ_INT(dup2(old, STDIN_FILENO), STDIN_FILENO);
    close(old);
    close(null);
    CHECK(keys == NULL);
}

static struct termios settings_of(int terminal) {
    struct termios settings = {0};
    CHECK_EQ_INT(tcgetattr(terminal, &settings), 0);
    return settings;
}

// In a session of its own, whose terminal the pseudo-terminal is.
static void test_terminal(void) {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    (void)setsid(); // fails where it is a leader already, which does as well
    int terminal = open(ptsname(master), O_RDWR);
    CHECK_EQ_INT(dup2(terminal, STDIN_FILENO), STDIN_FILENO);
    if (!mjs_key_terminal_is_ours() || isatty(STDIN_FILENO) != 1) {
        CHECK_SKIP("no terminal of our own");
        return;
    }
    struct termios before = settings_of(terminal);
    CHECK((before.c_lflag & (ICANON | ECHO)) != 0);
    struct mjs_keys *keys = open_keys(&(struct mjs_keys_options){0});
    struct termios single = settings_of(terminal);
    CHECK_EQ_UINT(single.c_lflag & (ICANON | ECHO), 0);
    CHECK((single.c_lflag & ISIG) != 0); // Ctrl-C
    struct mjs_keys *second = NULL;
    struct mjs_error err;
    CHECK_EQ_INT(mjs_keys_open(&second, &(struct mjs_keys_options){0}, &err), MJS_EBUSY);
    CHECK_EQ_INT(write(master, "x \r", 3), 3);
    for (int i = 0; i < 2; i++) {
        expect(keys, MJS_KEY_OK, MJS_KEY_PRESSED);
        expect(keys, MJS_KEY_OK, MJS_KEY_RELEASED);
    }
    mjs_keys_close(keys);
    CHECK_EQ_UINT(settings_of(terminal).c_lflag, before.c_lflag);
    // The watchdog's way: the terminal alone, and twice.
    keys = open_keys(&(struct mjs_keys_options){0});
    mjs_key_terminal_leave();
    mjs_key_terminal_leave();
    CHECK_EQ_UINT(settings_of(terminal).c_lflag, before.c_lflag);
    // The window is closed: the listener says so.
    close(master);
    CHECK(is_readable(keys, -1));
    CHECK(mjs_keys_is_lost(keys));
    mjs_keys_close(keys);
    close(terminal);
}

int main(void) {
    signal(SIGHUP, SIG_IGN); // of the terminal that is closed
    unsetenv("MAIXJS_KEY");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(fifo, sizeof fifo, "%s/event0", folder);
    CHECK_EQ_INT(mkfifo(fifo, 0600), 0);
    test_events();
    test_long_press();
    test_hook();
    test_no_device();
    test_terminal();
    unlink(fifo);
    rmdir(folder);
    return check_report();
}

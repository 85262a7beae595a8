// SPDX-License-Identifier: MIT
// The list of devices of made-up machines: cards, abilities, holders, libasound's, the default.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../../../modules/audio/devices.h"
#include "../../support/tree.h"
#include "mixer_card.h"

#define FD_CONTROL 1000
#define FD_PCM 1001

static struct mjs_board_paths paths;

// The kernel: a device of S16_LE and S24_3LE, 1 to 4 channels, 16000 and 48000 Hz.
static struct {
    int open_error; // of PCM devices
    int control_error;
    unsigned pcm_opens;
    unsigned open_fds;
} kernel;

static int fake_open(const char *path, int flags) {
    bool control = strstr(path, "/controlC") != NULL;
    CHECK((flags & O_NONBLOCK) != 0 && (flags & O_CLOEXEC) != 0);
    int error = control ? kernel.control_error : kernel.open_error;
    kernel.pcm_opens += control ? 0 : 1;
    kernel.open_fds += error == 0 ? 1 : 0;
    return error != 0 ? error : control ? FD_CONTROL : FD_PCM;
}

static void fake_close(int fd) {
    CHECK(fd == FD_CONTROL || fd == FD_PCM);
    kernel.open_fds--;
}

static int refine(struct snd_pcm_hw_params *params) {
    struct snd_interval *rate =
        &params->intervals[SNDRV_PCM_HW_PARAM_RATE - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
    struct snd_interval *channels =
        &params->intervals[SNDRV_PCM_HW_PARAM_CHANNELS - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
    struct snd_mask *format =
        &params->masks[SNDRV_PCM_HW_PARAM_FORMAT - SNDRV_PCM_HW_PARAM_FIRST_MASK];
    if (rate->min == rate->max && rate->min != 16000 && rate->min != 48000)
        return -EINVAL;
    format->bits[0] &= 1u << 2;
    format->bits[1] &= 1u << 0; // 32: S24_3LE
    channels->min = channels->min > 0 ? channels->min : 0;
    channels->openmin = 1; // more than 0
    channels->max = 4;
    return 0;
}

static int fake_ioctl(int fd, unsigned long request, void *argument) {
    if (fd == FD_CONTROL)
        return card_control(&card, request, argument);
    CHECK(fd == FD_PCM);
    CHECK_EQ_UINT(request, SNDRV_PCM_IOCTL_HW_REFINE); // nothing that changes the device
    return refine(argument);
}

static const struct mjs_kernel_sys sys = {
    .open = fake_open, .close = fake_close, .ioctl = fake_ioctl};

// ---- libasound's hints ----

static const char *const hints[][3] = {
    {"default", "Default Audio\nPlayback \"and\" capture", NULL},
    {"front:CARD=PCH,DEV=0", "HDA Intel PCH", "Output"},
    {"in\x01put", NULL, "Input"},
};
static void *hint_list[4];
static int hint_error;
static unsigned hint_frees;

static int fake_hint(int number, const char *interface, void ***list) {
    CHECK_EQ_INT(number, -1);
    CHECK_EQ_STR(interface, "pcm");
    for (size_t i = 0; i < 3; i++)
        hint_list[i] = (void *)(uintptr_t)&hints[i];
    *list = hint_error == 0 ? hint_list : NULL;
    return hint_error;
}

static char *fake_hint_get(const void *hint, const char *id) {
    const char *const *texts = hint;
    const char *text = texts[strcmp(id, "NAME") == 0 ? 0 : strcmp(id, "DESC") == 0 ? 1 : 2];
    return text != NULL ? strdup(text) : NULL;
}

static int fake_hint_free(void **list) {
    CHECK(list == hint_list);
    hint_frees++;
    return 0;
}

static const char *fake_strerror(int error) { return strerror(-error); }

static const struct mjs_alsa_lib lib = {
    .strerror = fake_strerror,
    .hint = fake_hint,
    .hint_get = fake_hint_get,
    .hint_free = fake_hint_free,
};

// ---- The tests ----

static struct mjs_devices list(const struct mjs_alsa_lib *with, const char *preferred) {
    const struct mjs_devices_machine machine = {&paths, &sys, with, "libasound is missing"};
    struct mjs_devices devices;
    CHECK_EQ_INT(mjs_devices_list(&devices, &machine, preferred, NULL), MJS_OK);
    CHECK_EQ_UINT(kernel.open_fds, 0);
    return devices;
}

static void expect_table(const struct mjs_devices *devices, const char *expected) {
    struct mjs_buffer text = {0};
    CHECK(mjs_devices_print_table(devices, &text));
    CHECK_EQ_STR(mjs_buffer_text(&text), expected);
    mjs_buffer_free(&text);
}

// The same file is checked against the types of audio.d.ts (devices.test.ts).
static void expect_json(const struct mjs_devices *devices, const char *file) {
    struct mjs_buffer text = {0};
    struct mjs_buffer expected = {0};
    CHECK(mjs_devices_print_json(devices, &text));
    CHECK_EQ_INT(mjs_buffer_read_file(&expected, file, 65536, NULL), MJS_OK);
    CHECK_EQ_STR(mjs_buffer_text(&text), mjs_buffer_text(&expected));
    mjs_buffer_free(&text);
    mjs_buffer_free(&expected);
}

static void test_nothing(void) {
    struct mjs_devices devices = list(NULL, NULL);
    CHECK_EQ_UINT(devices.count, 0);
    CHECK_EQ_STR(devices.default_device, "");
    expect_table(&devices, "There is no sound device.\n\n"
                           "There is no sound card with a microphone. Without one: "
                           "maixjs --mic sim:tone <script>\n"
                           "note: libasound is missing\n");
    mjs_devices_free(&devices);
    devices = list(NULL, "sim:tone"); // the user's choice is no entry of the list
    CHECK_EQ_STR(devices.default_device, "sim:tone");
    mjs_devices_free(&devices);
}

static void test_pc(void) {
    static const struct card_element elements[] = {
        {"Capture Volume", CARD_INTEGER, 2, 0, 63, {5, 5}, 0},
        {"Capture Switch", CARD_BOOLEAN, 2, 0, 1, {1, 1}, 0},
        {"Jack \"x\"", SNDRV_CTL_ELEM_TYPE_BYTES, 1, 0, 0, {0}, SNDRV_CTL_ELEM_ACCESS_READ},
    };
    CARD_SET_UP(elements);
    tree_write("asound/cards", " 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n");
    tree_write("asound/pcm", "00-00: ALC285 Analog : ALC285 Analog : playback 1 : capture 1\n"
                             "00-03: HDMI 0 : HDMI 0 : playback 1\n"
                             "nonsense\n");
    tree_write("asound/card0/pcm3p/sub0/status", "state: RUNNING\nowner_pid   : 123\n");
    tree_write("proc/123/comm", "mpv\n");
    struct mjs_devices devices = list(&lib, NULL);
    CHECK_EQ_UINT(hint_frees, 1);
    CHECK_EQ_UINT(kernel.pcm_opens, 2); // the busy one was left alone
    CHECK_EQ_UINT(devices.count, 6);
    expect_json(&devices, "test/modules/audio/devices_json.txt");
    expect_table(&devices,
                 "  DEVICE        FOR       NAME\n"
                 "  hw:0,0        capture   HDA Intel PCH, ALC285 Analog\n"
                 "                          S16_LE S24_3LE; 1 to 4 channels; 16000 48000 Hz\n"
                 "  hw:0,0        playback  HDA Intel PCH, ALC285 Analog\n"
                 "                          S16_LE S24_3LE; 1 to 4 channels; 16000 48000 Hz\n"
                 "  hw:0,3        playback  HDA Intel PCH, HDMI 0\n"
                 "                          busy: mpv (process 123)\n"
                 "* alsa:default  both      Default Audio, Playback \"and\" capture\n"
                 "  alsa:in?put   capture   in?put\n"
                 "\n"
                 "Mixer of card 0 (HDA Intel PCH):\n"
                 "  Capture Volume: 0 to 63\n"
                 "  Capture Switch: on or off\n"
                 "  Jack \"x\" (read only)\n"
                 "\n"
                 "Recorded from (*): alsa:default\n"
                 "1 more for playback only: --json lists them\n");
    mjs_devices_free(&devices);
    // Without libasound the kernel's device is what is tried.
    devices = list(NULL, NULL);
    CHECK_EQ_STR(devices.default_device, "hw:0,0");
    CHECK(devices.list[0].is_default && devices.list[0].capture);
    CHECK(!devices.list[1].is_default); // its playback half
    mjs_devices_free(&devices);
    devices = list(&lib, "hw:0,0");
    CHECK_EQ_STR(devices.default_device, "hw:0,0");
    mjs_devices_free(&devices);
}

static void test_obstacles(void) {
    kernel.open_error = -EACCES;
    kernel.control_error = -EACCES;
    hint_error = -ENOMEM;
    struct mjs_devices devices = list(&lib, NULL);
    CHECK_EQ_UINT(devices.notes_count, 4); // the mixer, two devices, libasound
    for (size_t i = 0; i < 3; i++)
        CHECK(strstr(devices.notes[i], "group \"audio\"") != NULL);
    CHECK(strstr(devices.notes[3], "libasound lists no devices") != NULL);
    CHECK(!devices.list[0].is_known && !devices.list[0].is_busy);
    CHECK_EQ_UINT(devices.cards[0].controls_count, 0);
    // Taken between looking and opening.
    mjs_devices_free(&devices);
    kernel.open_error = -EBUSY;
    kernel.control_error = 0;
    hint_error = 0;
    devices = list(&lib, NULL);
    CHECK(devices.list[0].is_busy && devices.list[0].holder.pid == 0);
    CHECK_EQ_UINT(devices.notes_count, 0);
    mjs_devices_free(&devices);
    kernel.open_error = -ENODEV;
    devices = list(&lib, NULL);
    CHECK_EQ_UINT(devices.notes_count, 2);
    CHECK(strstr(devices.notes[0], "cannot open") != NULL);
    mjs_devices_free(&devices);
    kernel.open_error = 0;
}

// A MaixCAM: its microphone is described without being opened, which could crash its driver.
static void test_maixcam(void) {
    CARD_SET_UP(card_maixcam);
    kernel.pcm_opens = 0;
    tree_write("asound/cards", TREE_MAIXCAM_CARDS);
    tree_write("asound/pcm", "00-00: cv182xa_adc-0 :  : capture 1\n"
                             "01-00: cv182xa_dac-0 :  : playback 1\n");
    tree_write("asound/card0/pcm0c/sub0/status", "state: RUNNING\nowner_pid   : 99\n");
    struct mjs_devices devices = list(NULL, NULL);
    CHECK_EQ_UINT(kernel.pcm_opens, 0);
    CHECK_EQ_STR(devices.board, "MaixCAM");
    CHECK_EQ_STR(devices.default_device, "hw:0,0");
    CHECK(devices.list[0].is_known && devices.list[0].is_busy);
    CHECK_EQ_INT(devices.list[0].holder.pid, 99);
    CHECK_EQ_STR(devices.list[0].formats, "S16_LE");
    CHECK_EQ_UINT(devices.list[0].rates_count, 7);
    CHECK_EQ_UINT(devices.list[0].channels_max, 2);
    CHECK_EQ_STR(devices.cards[1].controls[0].name, "ADC Capture Volume");
    mjs_devices_free(&devices);
}

// Card after card until the list is full: an error, and nothing leaks.
static void test_too_many(void) {
    struct mjs_buffer text = {0};
    for (int i = 0; i < MJS_DEVICES_MAX + 1; i++)
        (void)mjs_buffer_printf(&text, "09-%02d: a : a : playback 1\n", i);
    tree_write("asound/pcm", text.data);
    mjs_buffer_free(&text);
    const struct mjs_devices_machine machine = {&paths, &sys, NULL, NULL};
    struct mjs_devices devices;
    struct mjs_error err = {0};
    CHECK_EQ_INT(mjs_devices_list(&devices, &machine, NULL, &err), MJS_ENOMEM);
    CHECK_EQ_UINT(devices.count, MJS_DEVICES_MAX);
    mjs_devices_free(&devices);
}

static void test_strange_names(void) {
    struct mjs_devices devices = {0};
    struct mjs_devices_entry *entry = mjs_devices_append(&devices);
    CHECK(entry != NULL);
    if (entry == NULL)
        return;
    entry->capture = true;
    snprintf(entry->device, sizeof entry->device, "alsa:x");
    snprintf(entry->name, sizeof entry->name, "\xc3\xa9\\\"\x1b\xff\xe2\x82\xac\xe2\x82");
    struct mjs_buffer text = {0};
    CHECK(mjs_devices_print_json(&devices, &text));
    CHECK(strstr(mjs_buffer_text(&text),
                 "\"name\":\"\xc3\xa9\\\\\\\"\\u001b\\ufffd\xe2\x82\xac\\ufffd\\ufffd\"") != NULL);
    mjs_buffer_free(&text);
    mjs_devices_free(&devices);
}

int main(void) {
    paths = tree_make();
    test_nothing();
    test_pc();
    test_obstacles();
    test_maixcam();
    test_too_many();
    test_strange_names();
    tree_remove();
    return check_report();
}

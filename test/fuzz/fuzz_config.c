// SPDX-License-Identifier: MIT
// Files of settings: a project's package.json, and a board's /boot/configs, which must keep every
// other byte when a value is set.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../../modules/audio/board_config.h"
#include "../../runtime/config.h"
#include "../../runtime/options.h"
#include "fuzz.h"

#define KEY "maix_audio_input_volume"

// In memory: on a disk, each sync would cost what a hundred inputs do.
static char folder[64] = "/dev/shm/maixjs-fuzz-XXXXXX";
static struct mjs_board_paths paths;
static char configs[96];
static JSContext *ctx;

static void remove_folder(void) {
    (void)unlink(configs);
    (void)unlink("package.json");
    if (chdir("/") == 0)
        (void)rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    FUZZ_CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0);
    (void)snprintf(configs, sizeof configs, "%s/configs", folder);
    paths = *mjs_board_paths(NULL);
    paths.configs = configs;
    ctx = JS_NewContext(JS_NewRuntime());
    FUZZ_CHECK(ctx != NULL);
    (void)atexit(remove_folder);
    return 0;
}

static void write_file(const char *path, const uint8_t *data, size_t bytes) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_CHECK(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes && close(fd) == 0);
}

static void check_package(const uint8_t *data, size_t bytes) {
    write_file("package.json", data, bytes);
    struct mjs_options options = {0};
    if (mjs_config_read(ctx, folder, &options)) {
        FUZZ_CHECK(options.memory_limit_bytes >= 0 && options.stack_bytes >= 0);
        FUZZ_CHECK(options.time_limit_ms >= 0 &&
                   options.time_limit_ms <= MJS_OPTIONS_TIME_LIMIT_MS_MAX);
    }
    FUZZ_CHECK(!JS_HasException(ctx));
}

// What is new stands at one place and is no more than a line of ours; what it replaces is in a
// line.
static void check_kept(const uint8_t *data, size_t bytes, const struct mjs_buffer *now) {
    const uint8_t *text = (const uint8_t *)now->data;
    size_t before = 0;
    size_t behind = 0;
    while (before < bytes && before < now->bytes && data[before] == text[before])
        before++;
    while (behind < bytes - before && behind < now->bytes - before &&
           data[bytes - 1 - behind] == text[now->bytes - 1 - behind])
        behind++;
    FUZZ_CHECK(now->bytes - before - behind <= sizeof "\n" KEY "=70\n");
    size_t replaced = bytes - before - behind;
    FUZZ_CHECK(replaced == 0 || memchr(data + before, '\n', replaced) == NULL);
}

static void check_configs(const uint8_t *data, size_t bytes) {
    write_file(configs, data, bytes);
    char value[MJS_BOARD_CONFIG_VALUE_BYTES];
    if (mjs_board_config_get(&paths, KEY, value))
        FUZZ_CHECK(memchr(value, '\0', sizeof value) != NULL);
    struct mjs_error err = {0};
    if (mjs_board_config_set(&paths, KEY, "70", &err) != MJS_OK) {
        FUZZ_CHECK(err.message[0] != '\0');
        return;
    }
    // A file with NULs is not one that a shell could read.
    if (memchr(data, '\0', bytes) == NULL)
        FUZZ_CHECK(mjs_board_config_get(&paths, KEY, value) && strcmp(value, "70") == 0);
    FUZZ_CHECK(mjs_board_config_set(&paths, KEY, "70", &err) == MJS_OK);
    struct mjs_buffer now = {0};
    FUZZ_CHECK(mjs_buffer_read_file(&now, configs, 1 << 24, &err) == MJS_OK);
    check_kept(data, bytes, &now);
    mjs_buffer_free(&now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes > 0 && data[0] == '{')
        check_package(data, bytes);
    else
        check_configs(data, bytes);
    return 0;
}

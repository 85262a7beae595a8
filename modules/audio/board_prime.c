// SPDX-License-Identifier: MIT
// Once per boot: the marker that says that a card was primed, in a folder that only its user can
// write to.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../runtime/buffer.h"
#include "board.h"

#define BOOT_ID_BYTES_MAX 64
#define MARKER_MODE 0600
#define FOLDER_MODE 0700

// A folder that is ours alone: a marker that somebody else could plant would crash the driver.
static bool is_private(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
           (status.st_mode & 077) == 0;
}

// $XDG_RUNTIME_DIR/maixjs, else /run/user/<uid>/maixjs, else /tmp/maixjs-<uid>; all of them are
// gone after a boot, or at least keyed by it.
static bool find_folder(const struct mjs_board_paths *paths, struct mjs_buffer *folder) {
    unsigned long uid = (unsigned long)geteuid();
    const char *given = mjs_board_paths(paths)->runtime;
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    struct mjs_buffer user = {0};
    bool usable = mjs_buffer_printf(&user, "/run/user/%lu", uid);
    if (given == NULL && runtime != NULL && runtime[0] == '/')
        given = runtime;
    if (given == NULL && usable && is_private(user.data))
        given = user.data;
    usable = usable && (given != NULL ? mjs_buffer_printf(folder, "%s/maixjs", given)
                                      : mjs_buffer_printf(folder, "/tmp/maixjs-%lu", uid));
    mjs_buffer_free(&user);
    return usable;
}

// The marker's path, its folder made where `create`. False: there can be none.
static bool find_marker(const struct mjs_board_paths *paths, const struct mjs_board_card *card,
                        bool create, struct mjs_buffer *marker) {
    struct mjs_buffer id = {0};
    struct mjs_buffer folder = {0};
    bool found = mjs_buffer_read_file(&id, mjs_board_paths(paths)->boot_id, BOOT_ID_BYTES_MAX,
                                      NULL) == MJS_OK &&
                 find_folder(paths, &folder);
    size_t id_bytes = found ? strspn(mjs_buffer_text(&id), "0123456789abcdefABCDEF-") : 0;
    found = found && id_bytes > 0;
    if (found && create && mkdir(folder.data, FOLDER_MODE) != 0 && errno != EEXIST)
        found = false;
    found = found && is_private(folder.data) &&
            mjs_buffer_printf(marker, "%s/primed-%s-%.*s", folder.data, card->id, (int)id_bytes,
                              id.data);
    mjs_buffer_free(&id);
    mjs_buffer_free(&folder);
    return found;
}

static bool is_prime_form(const struct mjs_spec *spec) {
    return spec->format == MJS_FORMAT_S16_LE && spec->channels == 1 &&
           spec->rate_hz == MJS_BOARD_PRIME_RATE_HZ;
}

bool mjs_board_prime_needed(const struct mjs_board_paths *paths, const struct mjs_board_card *card,
                            const struct mjs_spec *wanted) {
    if (card == NULL || !card->prime || (wanted != NULL && is_prime_form(wanted)))
        return false;
    struct mjs_buffer marker = {0};
    bool done = false;
    if (find_marker(paths, card, false, &marker)) {
        int fd = open(marker.data, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        struct stat status;
        done = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
               status.st_uid == geteuid();
        if (fd >= 0)
            (void)close(fd); // opened for reading: nothing to lose
    }
    mjs_buffer_free(&marker);
    return !done;
}

void mjs_board_prime_done(const struct mjs_board_paths *paths, const struct mjs_board_card *card) {
    if (card == NULL || !card->prime)
        return;
    struct mjs_buffer marker = {0};
    if (find_marker(paths, card, true, &marker)) {
        // There already, or cannot be made: then the next program primes again.
        int fd = open(marker.data, O_WRONLY | O_NOFOLLOW | O_CREAT | O_EXCL | O_CLOEXEC,
                      (mode_t)MARKER_MODE);
        if (fd >= 0)
            (void)close(fd); // empty: nothing to lose
    }
    mjs_buffer_free(&marker);
}

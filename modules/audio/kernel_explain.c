// SPDX-License-Identifier: MIT
// Why a device of the kernel cannot be opened.
#include "kernel_explain.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board.h"
#include "devices_holder.h"

#define PATH_BYTES 320
#define LINE_BYTES 128
#define DEVICES_SHOWN_MAX 16
#define PROCESSES_MAX 65536
#define FILES_MAX 4096

// ---- What there is ----

struct found {
    unsigned card;
    unsigned device;
};

static bool comes_before(struct found a, struct found b) {
    return a.card != b.card ? a.card < b.card : a.device < b.device;
}

// The capture devices there are, in order; how many of at most DEVICES_SHOWN_MAX.
static size_t list_devices(const struct mjs_kernel_sys *sys, struct found list[DEVICES_SHOWN_MAX]) {
    size_t count = 0;
    DIR *folder = opendir(sys->dev);
    if (folder == NULL)
        return 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        struct found next = {0};
        char direction = '\0';
        char rest = '\0';
        if (sscanf(entry->d_name, "pcmC%3uD%3u%c%c", &next.card, &next.device, &direction, &rest) !=
                3 ||
            direction != 'c')
            continue;
        size_t at = count < DEVICES_SHOWN_MAX ? count++ : count - 1;
        for (; at > 0 && comes_before(next, list[at - 1]); at--)
            list[at] = list[at - 1];
        list[at] = next;
    }
    (void)closedir(folder);
    return count;
}

static void name_devices(const struct mjs_kernel_sys *sys, char text[LINE_BYTES]) {
    struct found list[DEVICES_SHOWN_MAX];
    size_t count = list_devices(sys, list);
    size_t length = 0;
    (void)snprintf(text, LINE_BYTES,
                   "no card here has a microphone; without one use --mic sim:tone");
    for (size_t i = 0; i < count && length < LINE_BYTES; i++) {
        int written = snprintf(text + length, LINE_BYTES - length, "%s hw:%u,%u",
                               i == 0 ? "there is" : ",", list[i].card, list[i].device);
        length += written > 0 ? (size_t)written : 0;
    }
}

static bool node_exists(const struct mjs_kernel_sys *sys, const char *format, unsigned card,
                        unsigned device) {
    char path[PATH_BYTES];
    char name[LINE_BYTES];
    (void)snprintf(name, sizeof name, format, card, device);
    (void)snprintf(path, sizeof path, "%s/%s", sys->dev, name);
    return access(path, F_OK) == 0;
}

static mjs_result explain_missing(const struct mjs_kernel_sys *sys, unsigned card, unsigned device,
                                  struct mjs_error *err) {
    char devices[LINE_BYTES];
    name_devices(sys, devices);
    if (node_exists(sys, "pcmC%uD%up", card, device) &&
        !node_exists(sys, "pcmC%uD%uc", card, device))
        return mjs_result_fail(err, MJS_ENODEV, "hw:%u,%u is for playback only: %s", card, device,
                               devices);
    if (node_exists(sys, "controlC%u", card, 0))
        return mjs_result_fail(err, MJS_ENODEV, "card %u has no capture device hw:%u,%u: %s", card,
                               card, device, devices);
    return mjs_result_fail(err, MJS_ENODEV, "there is no card %u for hw:%u,%u: %s", card, card,
                           device, devices);
}

// ---- Who has it ----

static bool has_open(const char *folder_path, const char *node) {
    bool found = false;
    unsigned count = 0;
    DIR *folder = opendir(folder_path);
    if (folder == NULL)
        return false; // another user's
    for (const struct dirent *entry = readdir(folder); entry != NULL && !found && count < FILES_MAX;
         entry = readdir(folder), count++) {
        char path[PATH_BYTES + sizeof entry->d_name];
        char target[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%s/%s", folder_path, entry->d_name);
        ssize_t bytes = readlink(path, target, sizeof target - 1);
        if (bytes <= 0)
            continue;
        target[bytes] = '\0';
        found = strcmp(target, node) == 0;
    }
    (void)closedir(folder);
    return found;
}

// Kernels without /proc/asound: whoever has the node open.
static long owner_by_files(const struct mjs_kernel_sys *sys, const char *node) {
    long owner = 0;
    unsigned count = 0;
    DIR *folder = opendir(sys->proc);
    if (folder == NULL)
        return 0;
    for (const struct dirent *entry = readdir(folder);
         entry != NULL && owner == 0 && count < PROCESSES_MAX; entry = readdir(folder), count++) {
        char *end = NULL;
        long pid = strtol(entry->d_name, &end, 10);
        if (pid <= 0 || *end != '\0')
            continue;
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%s/%ld/fd", sys->proc, pid);
        owner = has_open(path, node) ? pid : 0;
    }
    (void)closedir(folder);
    return owner;
}

static mjs_result explain_busy(const struct mjs_kernel_sys *sys, unsigned card, unsigned device,
                               const char *node, struct mjs_error *err) {
    char asound[PATH_BYTES];
    (void)snprintf(asound, sizeof asound, "%s/asound", sys->proc);
    const struct mjs_board_paths paths = {.asound = asound, .snd = sys->dev, .proc = sys->proc};
    struct mjs_devices_holder holder;
    if (!mjs_devices_holder_find(&paths, card, device, true, &holder) || holder.pid == 0)
        holder = (struct mjs_devices_holder){.pid = owner_by_files(sys, node)};
    if (holder.pid == 0)
        return mjs_result_fail(err, MJS_EBUSY, "hw:%u,%u is used by another program", card, device);
    if (holder.pid == (long)getpid())
        return mjs_result_fail(err, MJS_EBUSY,
                               "hw:%u,%u is used by another Recorder of this script", card, device);
    return mjs_result_fail(err, MJS_EBUSY, "hw:%u,%u is used by %s%sprocess %ld%s", card, device,
                           holder.program, holder.program[0] != '\0' ? " (" : "", holder.pid,
                           holder.program[0] != '\0' ? ")" : "");
}

// ---- Who may ----

static mjs_result explain_forbidden(unsigned card, unsigned device, const char *node,
                                    struct mjs_error *err) {
    struct stat status = {0};
    struct group entry;
    struct group *group = NULL;
    char buffer[1024];
    if (stat(node, &status) == 0)
        (void)getgrgid_r(status.st_gid, &entry, buffer, sizeof buffer, &group);
    if (group == NULL)
        return mjs_result_fail(err, MJS_EACCES, "hw:%u,%u: no permission to open %.200s", card,
                               device, node);
    const mode_t wanted = S_IRGRP | S_IWGRP;
    if ((status.st_mode & wanted) != wanted)
        return mjs_result_fail(
            err, MJS_EACCES, "hw:%u,%u: not even the group \"%.60s\" may open %.200s (mode %03o)",
            card, device, group->gr_name, node, (unsigned)status.st_mode & 0777u);
    return mjs_result_fail(err, MJS_EACCES,
                           "hw:%u,%u: only the group \"%.60s\" may open %.200s (sudo usermod -aG "
                           "%.60s $USER, then log in again)",
                           card, device, group->gr_name, node, group->gr_name);
}

mjs_result mjs_kernel_explain_open(const struct mjs_kernel_sys *sys, unsigned card, unsigned device,
                                   int sys_errno, struct mjs_error *err) {
    char node[PATH_BYTES];
    (void)snprintf(node, sizeof node, "%s/pcmC%uD%uc", sys->dev, card, device);
    mjs_result result = MJS_OK;
    switch (sys_errno) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case ESHUTDOWN:
        result = explain_missing(sys, card, device, err);
        break;
    case EBUSY:
    case EAGAIN:
        result = explain_busy(sys, card, device, node, err);
        break;
    case EACCES:
    case EPERM:
        result = explain_forbidden(card, device, node, err);
        break;
    default:
        return mjs_result_fail_errno(err, sys_errno, "hw:%u,%u: cannot open %.200s", card, device,
                                     node);
    }
    if (err != NULL)
        err->sys_errno = sys_errno;
    return result;
}

// SPDX-License-Identifier: MIT
// The elements of a card's control device, through the kernel's ioctls.
#include "mixer_elements.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <sound/asound.h>

#include "../../runtime/buffer.h"
#include "kernel_sys.h"

// ---- The real device ----

static int control_fd(void *opaque, unsigned long request, void *argument) {
    return mjs_kernel_sys_real.ioctl((int)(intptr_t)opaque, request, argument);
}

static void close_fd(void *opaque) { mjs_kernel_sys_real.close((int)(intptr_t)opaque); }

mjs_result mjs_mixer_elements_open(struct mjs_mixer_device *device,
                                   const struct mjs_board_paths *paths, unsigned card,
                                   struct mjs_error *err) {
    struct mjs_buffer path = {0};
    if (!mjs_buffer_printf(&path, "%s/controlC%u", mjs_board_paths(paths)->snd, card)) {
        mjs_buffer_free(&path);
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a path");
    }
    int fd = mjs_kernel_sys_real.open(path.data, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    int failure = fd < 0 ? -fd : 0;
    mjs_result result = MJS_OK;
    if (fd < 0 && (failure == ENOENT || failure == ENODEV || failure == ENXIO))
        result =
            mjs_result_fail(err, MJS_ENODEV, "there is no sound card %u (%.200s)", card, path.data);
    else if (fd < 0 && (failure == EACCES || failure == EPERM))
        result = mjs_result_fail(err, MJS_EACCES,
                                 "no permission for %.200s: be in the group \"audio\"", path.data);
    else if (fd < 0)
        result = mjs_result_fail_errno(err, failure, "cannot open %.200s", path.data);
    mjs_buffer_free(&path);
    *device = (struct mjs_mixer_device){control_fd, close_fd, (void *)(intptr_t)fd};
    return result;
}

// ---- Elements ----

static mjs_result fail_call(int error, const char *what, struct mjs_error *err) {
    if (error == -ENODEV)
        return mjs_result_fail(err, MJS_ELOST, "the sound card is gone: cannot use %s", what);
    return mjs_result_fail_errno(err, -error, "mixer: cannot use %s", what);
}

// How many there are, and the ids of those that `ids` has room for.
static int list_ids(const struct mjs_mixer_device *device, struct snd_ctl_elem_id *ids,
                    unsigned room, unsigned *used) {
    struct snd_ctl_elem_list request = {.space = room, .pids = ids};
    int error = device->control(device->opaque, SNDRV_CTL_IOCTL_ELEM_LIST, &request);
    *used = ids != NULL ? request.used : request.count;
    return error < 0 ? error : 0;
}

// False: the element vanished between listing and asking, or tells nonsense.
static bool describe(const struct mjs_mixer_device *device, const struct snd_ctl_elem_id *id,
                     struct mjs_mixer_element *element) {
    struct snd_ctl_elem_info info = {.id = *id};
    if (device->control(device->opaque, SNDRV_CTL_IOCTL_ELEM_INFO, &info) < 0)
        return false;
    const char *name = (const char *)info.id.name;
    *element = (struct mjs_mixer_element){
        .numid = info.id.numid,
        .index = info.id.index,
        .device = info.id.device,
        .type = MJS_MIXER_OTHER,
        .count = info.count <= MJS_MIXER_VALUES_MAX ? info.count : MJS_MIXER_VALUES_MAX,
        .readable = (info.access & SNDRV_CTL_ELEM_ACCESS_READ) != 0,
        .writable = (info.access & SNDRV_CTL_ELEM_ACCESS_WRITE) != 0 &&
                    (info.access & SNDRV_CTL_ELEM_ACCESS_INACTIVE) == 0,
    };
    (void)snprintf(element->name, sizeof element->name, "%.*s",
                   (int)strnlen(name, sizeof info.id.name), name);
    if (info.type == SNDRV_CTL_ELEM_TYPE_INTEGER) {
        element->type = MJS_MIXER_INTEGER;
        element->min = info.value.integer.min;
        element->max = info.value.integer.max;
    } else if (info.type == SNDRV_CTL_ELEM_TYPE_BOOLEAN) {
        element->type = MJS_MIXER_BOOLEAN;
        element->max = 1;
    }
    return true;
}

mjs_result mjs_mixer_elements_list(const struct mjs_mixer_device *device,
                                   struct mjs_mixer_element **list_out, size_t *count_out,
                                   struct mjs_error *err) {
    unsigned total = 0;
    unsigned used = 0;
    int error = list_ids(device, NULL, 0, &total);
    if (error < 0)
        return fail_call(error, "the list of controls", err);
    total = total < MJS_MIXER_ELEMENTS_MAX ? total : MJS_MIXER_ELEMENTS_MAX;
    // At least one, so that null is always a failure.
    struct snd_ctl_elem_id *ids = calloc(total + 1, sizeof *ids);
    struct mjs_mixer_element *list = calloc(total + 1, sizeof *list);
    size_t count = 0;
    mjs_result result = MJS_OK;
    if (ids == NULL || list == NULL) {
        result = mjs_result_fail(err, MJS_ENOMEM, "no memory for %u controls", total);
    } else if ((error = list_ids(device, ids, total, &used)) < 0) {
        result = fail_call(error, "the list of controls", err);
    } else {
        for (unsigned i = 0; i < used && i < total; i++)
            count += describe(device, &ids[i], &list[count]) ? 1 : 0;
    }
    free(ids);
    if (result != MJS_OK) {
        free(list);
        return result;
    }
    *list_out = list;
    *count_out = count;
    return MJS_OK;
}

mjs_result mjs_mixer_elements_read(const struct mjs_mixer_device *device,
                                   const struct mjs_mixer_element *element,
                                   long values[MJS_MIXER_VALUES_MAX], struct mjs_error *err) {
    struct snd_ctl_elem_value value = {.id = {.numid = element->numid}};
    int error = device->control(device->opaque, SNDRV_CTL_IOCTL_ELEM_READ, &value);
    if (error < 0)
        return fail_call(error, element->name, err);
    for (unsigned i = 0; i < element->count; i++)
        values[i] = value.value.integer.value[i];
    return MJS_OK;
}

mjs_result mjs_mixer_elements_write(const struct mjs_mixer_device *device,
                                    const struct mjs_mixer_element *element, long to,
                                    struct mjs_error *err) {
    struct snd_ctl_elem_value value = {.id = {.numid = element->numid}};
    for (unsigned i = 0; i < element->count; i++)
        value.value.integer.value[i] = to;
    int error = device->control(device->opaque, SNDRV_CTL_IOCTL_ELEM_WRITE, &value);
    return error < 0 ? fail_call(error, element->name, err) : MJS_OK;
}

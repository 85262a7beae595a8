// SPDX-License-Identifier: MIT
// The choice of a capture backend by the device's name.
#include "pcm.h"

#include <stdio.h>
#include <string.h>

#include "alsa_lib.h"
#include "board.h"

#define DEVICE_FORMS "hw:<card>,<device>, alsa:<name>, sim:tone, sim:ramp or sim:file,path=<wav>"

static const struct mjs_pcm_ops *const backends[] = {
    &mjs_pcm_sim_ops,
    &mjs_pcm_alsa_ops,
    &mjs_pcm_kernel_ops,
};

static const char *const default_devices[] = {"alsa:default", "hw:0,0"};
#define DEFAULT_DEVICES_COUNT (sizeof default_devices / sizeof default_devices[0])

static mjs_result open_named(struct mjs_pcm **pcm_out, const char *device,
                             const struct mjs_pcm_want *want, struct mjs_error *err) {
    const char *colon = strchr(device, ':');
    if (colon == NULL || strnlen(device, MJS_DEVICE_NAME_BYTES_MAX) >= MJS_DEVICE_NAME_BYTES_MAX) {
        return mjs_result_fail(err, MJS_EINVAL, "\"%.80s\" is no device name: use " DEVICE_FORMS,
                               device);
    }
    size_t scheme_bytes = (size_t)(colon - device);
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        if (strlen(backends[i]->scheme) == scheme_bytes &&
            memcmp(backends[i]->scheme, device, scheme_bytes) == 0) {
            return backends[i]->open(pcm_out, colon + 1, want, err);
        }
    }
    return mjs_result_fail(err, MJS_ENODEV,
                           "no such device \"%.80s\": there is no \"%.*s:\"; use " DEVICE_FORMS,
                           device, (int)(scheme_bytes < 40 ? scheme_bytes : 40), device);
}

// Why the default devices cannot be had. A device that is there but busy, forbidden or unable to
// do the wanted rate is reported under that code; ENODEV means that there is none.
static mjs_result fail_default(const struct mjs_error tried[DEFAULT_DEVICES_COUNT],
                               struct mjs_error *err) {
    mjs_result code = MJS_ENODEV;
    bool library_missing = mjs_alsa_lib_get(NULL) == NULL;
    for (size_t i = 0; i < DEFAULT_DEVICES_COUNT && code == MJS_ENODEV; i++)
        if (i > 0 || !library_missing)
            code = tried[i].code;
    return mjs_result_fail(err, code, "no capture device: tried %s (%.190s) and %s (%.190s)",
                           default_devices[0], tried[0].message, default_devices[1],
                           tried[1].message);
}

mjs_result mjs_pcm_open(struct mjs_pcm **pcm_out, const char *device,
                        const struct mjs_pcm_want *want, struct mjs_error *err) {
    if (device == NULL)
        device = mjs_board_default_microphone();
    if (device != NULL)
        return open_named(pcm_out, device, want, err);
    struct mjs_error tried[DEFAULT_DEVICES_COUNT];
    for (size_t i = 0; i < DEFAULT_DEVICES_COUNT; i++)
        if (open_named(pcm_out, default_devices[i], want, &tried[i]) == MJS_OK)
            return MJS_OK;
    return fail_default(tried, err);
}

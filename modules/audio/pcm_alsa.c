// SPDX-License-Identifier: MIT
// Capture through libasound: "alsa:<name>".
//
// The time of the last read is kept from CLOCK_BOOTTIME, which goes on while the system sleeps:
// what is lost by an overrun or a sleep can only be estimated from it.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alsa_lib.h"
#include "alsa_negotiate.h"
#include "pcm.h"

#define NS_PER_S UINT64_C(1000000000)
#define POLL_FDS_MAX 16
// A device that only fails is given up after so many attempts without a frame in between.
#define RECOVERIES_MAX 100
// While the device wakes up from a sleep of the system it answers "again".
#define RESUME_POLL_MS 20
#define RESUME_LIMIT_NS (2 * NS_PER_S)

struct alsa {
    struct mjs_pcm pcm;
    const struct mjs_alsa_lib *lib;
    struct mjs_snd_pcm *handle;
    struct pollfd fds[POLL_FDS_MAX + 1]; // the last one is the wake-up's
    unsigned fds_count;
    bool is_hardware;
    uint64_t last_ns;         // of the last frame read, or of the start
    uint64_t resume_since_ns; // 0: not resuming
    bool was_empty;           // a plug-in was ready, yet had nothing to read
    unsigned recoveries;
};

static uint64_t now_ns(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static uint64_t frames_since(const struct alsa *alsa, uint64_t ns) {
    uint64_t now = now_ns();
    uint64_t passed = now > ns ? now - ns : 0;
    uint64_t rate = alsa->pcm.hardware.spec.rate_hz;
    return passed / NS_PER_S * rate + passed % NS_PER_S * rate / NS_PER_S;
}

static int start_handle(struct alsa *alsa) {
    int error = alsa->lib->pcm_prepare(alsa->handle);
    if (error >= 0)
        error = alsa->lib->pcm_start(alsa->handle);
    return error;
}

// ---- Start, read, stop ----

static mjs_result alsa_start(struct mjs_pcm *pcm, struct mjs_error *err) {
    struct alsa *alsa = (struct alsa *)pcm;
    char message[MJS_ALSA_MESSAGE_BYTES];
    mjs_alsa_lib_collect(message);
    int error = start_handle(alsa);
    mjs_alsa_lib_collect(NULL);
    if (error == -ENODEV || error == -EBADFD)
        return mjs_result_fail(err, MJS_ELOST, "%.200s: the device is gone", pcm->hardware.device);
    if (error < 0)
        return mjs_result_fail_errno(err, -error, "%.200s: cannot start (%.100s)",
                                     pcm->hardware.device, message);
    alsa->last_ns = now_ns();
    alsa->resume_since_ns = 0;
    alsa->recoveries = 0;
    alsa->was_empty = false;
    return MJS_OK;
}

static void alsa_stop(struct mjs_pcm *pcm) {
    struct alsa *alsa = (struct alsa *)pcm;
    // It fails when the device is gone, and is stopped then.
    (void)alsa->lib->pcm_drop(alsa->handle);
}

static int half_period_ms(const struct mjs_pcm_hardware *hardware) {
    uint64_t ms = UINT64_C(500) * hardware->period_frames / hardware->spec.rate_hz;
    return ms < RESUME_POLL_MS ? (int)ms + 1 : RESUME_POLL_MS;
}

// For the wake-up alone, and not long.
static void wait_briefly(struct pollfd *wake, int limit_ms, int brief_ms) {
    (void)poll(wake, 1, limit_ms < 0 || limit_ms > brief_ms ? brief_ms : limit_ms);
}

static void alsa_wait(struct mjs_pcm *pcm, int wake_fd, int limit_ms) {
    struct alsa *alsa = (struct alsa *)pcm;
    struct pollfd *wake = &alsa->fds[alsa->fds_count];
    *wake = (struct pollfd){.fd = wake_fd, .events = POLLIN};
    if (alsa->resume_since_ns != 0) {
        wait_briefly(wake, limit_ms, RESUME_POLL_MS);
        return;
    }
    if (alsa->was_empty) {
        // PulseAudio's plug-in leaves its descriptor readable for a while after all was read: the
        // thread would spin at full speed. Half a period later there may be something.
        alsa->was_empty = false;
        wait_briefly(wake, limit_ms, half_period_ms(&pcm->hardware));
        return;
    }
    int error = alsa->lib->poll_descriptors(alsa->handle, alsa->fds, alsa->fds_count);
    if (error < 0 || (unsigned)error != alsa->fds_count) {
        // The state does not allow it; read says why. Not faster than that, whatever it is.
        wait_briefly(wake, limit_ms, RESUME_POLL_MS);
        return;
    }
    if (poll(alsa->fds, alsa->fds_count + 1, limit_ms) > 0) {
        // Plug-ins take their events back here; what they mean shows in read.
        unsigned short revents = 0;
        (void)alsa->lib->poll_descriptors_revents(alsa->handle, alsa->fds, alsa->fds_count,
                                                  &revents);
    }
}

static enum mjs_pcm_read_status fail_gone(struct alsa *alsa, int error, struct mjs_error *err) {
    const char *device = alsa->pcm.hardware.device;
    // A sound server that has ended shows as an input/output error of its plug-in.
    switch (error == -EIO && !alsa->is_hardware ? ENODEV : -error) {
    case ENODEV:
    case ENXIO:
    case EBADFD:
    case EBADF:
    case ESHUTDOWN:
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE: // it overruns, or cannot be started, for ever
        (void)mjs_result_fail(err, MJS_ELOST, "%.200s: the device is gone (%.80s)", device,
                              alsa->lib->strerror(error));
        break;
    default:
        (void)mjs_result_fail_errno(err, -error, "%.200s: cannot read", device);
        break;
    }
    return MJS_PCM_GONE;
}

// The stream runs again, from now on.
static enum mjs_pcm_read_status report_loss(struct alsa *alsa, enum mjs_gap_cause cause,
                                            struct mjs_pcm_loss *loss) {
    uint64_t frames = frames_since(alsa, alsa->last_ns);
    *loss = (struct mjs_pcm_loss){
        .frames = frames > 0 ? frames : 1, // Something was lost, if not measurably.
        .exact = false,
        .cause = cause,
    };
    alsa->last_ns = now_ns();
    return MJS_PCM_LOSS;
}

// After -ESTRPIPE: the system slept. The device may take a while to wake up.
static enum mjs_pcm_read_status resume(struct alsa *alsa, struct mjs_pcm_loss *loss,
                                       struct mjs_error *err) {
    uint64_t now = now_ns();
    if (alsa->resume_since_ns == 0)
        alsa->resume_since_ns = now;
    int error = alsa->lib->pcm_resume(alsa->handle);
    if (error == -EAGAIN && now - alsa->resume_since_ns < RESUME_LIMIT_NS)
        return MJS_PCM_FRAMES; // None yet: wait, then ask again.
    alsa->resume_since_ns = 0;
    // Not all devices can resume, and some that can do not run after it.
    if (error < 0 || alsa->lib->pcm_state(alsa->handle) != MJS_SND_STATE_RUNNING)
        error = start_handle(alsa);
    return error < 0 ? fail_gone(alsa, error, err) : report_loss(alsa, MJS_GAP_SUSPEND, loss);
}

static enum mjs_pcm_read_status recover(struct alsa *alsa, int error, struct mjs_pcm_loss *loss,
                                        struct mjs_error *err) {
    if (++alsa->recoveries > RECOVERIES_MAX)
        return fail_gone(alsa, error, err);
    if (error == -ESTRPIPE)
        return resume(alsa, loss, err);
    if (error != -EPIPE)
        return fail_gone(alsa, error, err);
    error = start_handle(alsa);
    return error < 0 ? fail_gone(alsa, error, err) : report_loss(alsa, MJS_GAP_DEVICE, loss);
}

// Of a stream that has nothing to read: plug-ins do not say by that call that they are asleep or
// gone (BlueALSA's, when a headset goes), and would be waited for for ever.
static long error_of_state(const struct alsa *alsa) {
    switch (alsa->lib->pcm_state(alsa->handle)) {
    case MJS_SND_STATE_SUSPENDED:
        return -ESTRPIPE;
    case MJS_SND_STATE_DISCONNECTED:
        return -ENODEV;
    default:
        return 0;
    }
}

static enum mjs_pcm_read_status alsa_read(struct mjs_pcm *pcm, void *frames_out, size_t frames_max,
                                          size_t *frames, struct mjs_pcm_loss *loss,
                                          struct mjs_error *err) {
    struct alsa *alsa = (struct alsa *)pcm;
    *frames = 0;
    if (alsa->resume_since_ns != 0)
        return resume(alsa, loss, err);
    // Plug-ins look for news only here; the kernel does so when it is read.
    long avail = alsa->is_hardware ? (long)frames_max : alsa->lib->pcm_avail(alsa->handle);
    if (avail == 0)
        avail = error_of_state(alsa);
    if (avail > 0) {
        unsigned long wanted =
            (unsigned long)avail < frames_max ? (unsigned long)avail : frames_max;
        avail = alsa->lib->pcm_readi(alsa->handle, frames_out, wanted);
    }
    if (avail == -EAGAIN || avail == -EINTR || avail == 0) {
        alsa->was_empty = !alsa->is_hardware;
        return MJS_PCM_FRAMES;
    }
    if (avail < 0)
        return recover(alsa, (int)avail, loss, err);
    *frames = (size_t)avail;
    alsa->recoveries = 0;
    alsa->last_ns = now_ns();
    return MJS_PCM_FRAMES;
}

static void alsa_close(struct mjs_pcm *pcm) {
    struct alsa *alsa = (struct alsa *)pcm;
    (void)alsa->lib->pcm_close(alsa->handle);
    free(alsa);
}

// ---- Open ----

static mjs_result fail_open(const char *device, int error, const char *message,
                            const struct mjs_alsa_lib *lib, struct mjs_error *err) {
    // libasound's own line says more than the number.
    const char *reason = message[0] != '\0' ? message : lib->strerror(error);
    switch (-error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case ECONNREFUSED: // no PulseAudio is running
    case EHOSTDOWN:    // no PipeWire is running
        return mjs_result_fail(err, MJS_ENODEV, "no capture device \"%.160s\": %.160s", device,
                               reason);
    case EBUSY:
        return mjs_result_fail(err, MJS_EBUSY, "%.200s is used by another program", device);
    default:
        return mjs_result_fail(err, mjs_result_from_errno(-error), "cannot open %.160s: %.160s",
                               device, reason);
    }
}

static void describe(struct alsa *alsa) {
    struct mjs_pcm_hardware *hardware = &alsa->pcm.hardware;
    struct mjs_snd_info *info = calloc(1, alsa->lib->info_sizeof());
    const char *name = "";
    int card = -1;
    if (info != NULL && alsa->lib->pcm_info(alsa->handle, info) >= 0) {
        name = alsa->lib->info_get_name(info);
        card = alsa->lib->info_get_card(info);
    }
    hardware->has_card = card >= 0;
    hardware->card = card >= 0 ? (uint32_t)card : 0;
    // A plug-in without a card has no name of its own.
    (void)snprintf(hardware->name, sizeof hardware->name, "%.127s",
                   name != NULL && name[0] != '\0' ? name : hardware->device);
    free(info);
}

static mjs_result set_up(struct alsa *alsa, const struct mjs_pcm_want *want,
                         struct mjs_error *err) {
    const char *device = alsa->pcm.hardware.device;
    mjs_result result = mjs_alsa_negotiate(alsa->lib, alsa->handle, want, &alsa->pcm.hardware, err);
    if (result != MJS_OK)
        return result;
    int count = alsa->lib->poll_descriptors_count(alsa->handle);
    if (count < 0 || count > POLL_FDS_MAX)
        return mjs_result_fail(err, MJS_EUNSUPPORTED, "%.200s has %d poll descriptors", device,
                               count);
    alsa->fds_count = (unsigned)count;
    describe(alsa);
    return MJS_OK;
}

// Opens libasound's PCM `name` as our `device`.
static mjs_result open_pcm(struct mjs_pcm **pcm_out, const char *name, const char *device,
                           bool unpaced, const struct mjs_pcm_want *want, struct mjs_error *err) {
    const struct mjs_alsa_lib *lib = mjs_alsa_lib_get(err);
    if (lib == NULL)
        return MJS_EUNSUPPORTED;
    struct alsa *alsa = calloc(1, sizeof *alsa);
    if (alsa == NULL)
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a device");
    alsa->pcm.ops = &mjs_pcm_alsa_ops;
    alsa->lib = lib;
    (void)snprintf(alsa->pcm.hardware.device, sizeof alsa->pcm.hardware.device, "alsa:%s", device);
    char message[MJS_ALSA_MESSAGE_BYTES];
    mjs_alsa_lib_collect(message);
    mjs_result result = MJS_OK;
    int error = lib->pcm_open(&alsa->handle, name, MJS_SND_STREAM_CAPTURE, MJS_SND_NONBLOCK);
    if (error < 0) {
        result = fail_open(alsa->pcm.hardware.device, error, message, lib, err);
    } else {
        int type = lib->pcm_type(alsa->handle);
        alsa->is_hardware = type == MJS_SND_TYPE_HW;
        alsa->pcm.hardware.unpaced =
            unpaced || type == MJS_SND_TYPE_FILE || type == MJS_SND_TYPE_NULL;
        result = set_up(alsa, want, err);
        if (result != MJS_OK)
            (void)lib->pcm_close(alsa->handle);
    }
    mjs_alsa_lib_collect(NULL);
    if (result != MJS_OK) {
        free(alsa);
        return result;
    }
    *pcm_out = &alsa->pcm;
    return MJS_OK;
}

static mjs_result alsa_open(struct mjs_pcm **pcm_out, const char *name,
                            const struct mjs_pcm_want *want, struct mjs_error *err) {
    static const char fast_key[] = ",pace=fast";
    char pcm_name[MJS_DEVICE_NAME_BYTES_MAX];
    size_t bytes = strlen(name);
    size_t key_bytes = sizeof fast_key - 1;
    bool fast = bytes >= key_bytes && strcmp(name + bytes - key_bytes, fast_key) == 0;
    if (fast)
        bytes -= key_bytes;
    if (bytes == 0 || bytes >= sizeof pcm_name)
        return mjs_result_fail(err, MJS_EINVAL, "alsa: needs a name, such as alsa:default");
    (void)memcpy(pcm_name, name, bytes);
    pcm_name[bytes] = '\0';
    return open_pcm(pcm_out, pcm_name, name, fast, want, err);
}

const struct mjs_pcm_ops mjs_pcm_alsa_ops = {
    .scheme = "alsa",
    .open = alsa_open,
    .start = alsa_start,
    .wait = alsa_wait,
    .read = alsa_read,
    .stop = alsa_stop,
    .close = alsa_close,
};

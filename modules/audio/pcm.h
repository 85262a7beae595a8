// SPDX-License-Identifier: MIT
// A capture device behind one interface; the choice of backend by the device's name.
//
// Threads: open and close on the script's thread; start, wait, read, reopen and stop on the capture
// thread (or on the script's while no capture thread runs). Never two at once.
// read and wait allocate nothing, take no lock shared with the script, and never block longer
// than `wait`'s limit.
#ifndef MJS_PCM_H
#define MJS_PCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "format.h"

#define MJS_DEVICE_NAME_BYTES_MAX 512

struct mjs_pcm;

// Why frames are missing.
enum mjs_gap_cause {
    MJS_GAP_OVERRUN = 0, // the ring was full: the script read too slowly
    MJS_GAP_DEVICE = 1,  // the device overran or lost frames itself
    MJS_GAP_SUSPEND = 2, // the system slept
    MJS_GAP_DISK = 3,    // frames that could not be written to the file
};

// Frames lost by the device since the last read.
struct mjs_pcm_loss {
    uint64_t frames;
    bool exact; // false: estimated from clocks
    enum mjs_gap_cause cause;
};

// What becomes of a stream whose device disappears.
enum mjs_on_lost {
    MJS_ON_LOST_THROW, // it ends, with MJS_ELOST
    MJS_ON_LOST_WAIT,  // it goes on when the device is there again; what is missing is a gap
};

// What the caller wants; zeros mean "you choose".
struct mjs_pcm_want {
    struct mjs_spec spec;
    uint32_t period_frames; // default: at most 10 ms
    uint32_t period_count;  // default: 4
};

// What the device runs at.
struct mjs_pcm_hardware {
    struct mjs_spec spec; // rate always equals the wanted one; format and channels may differ
    uint32_t period_frames;
    uint32_t period_count;
    // Demand-driven: data is always there (simulated with pace=fast, libasound's file and null
    // types). The capture thread waits for room in the ring and never overruns.
    bool unpaced;
    bool has_card; // it is a device of the kernel's sound card number `card`
    uint32_t card;
    char device[MJS_DEVICE_NAME_BYTES_MAX]; // the device's full name, e.g. "alsa:default"
    char name[128];                         // for people: the card's name, or what is simulated
};

// What `read` found.
enum mjs_pcm_read_status {
    MJS_PCM_FRAMES, // *frames were read (0: nothing there yet, wait again)
    MJS_PCM_LOSS,   // *loss tells what is missing at this place; the stream runs on
    MJS_PCM_GONE,   // the device is gone or cannot be recovered; err says why (MJS_ELOST, MJS_EIO)
};

struct mjs_pcm_ops {
    const char *scheme; // "sim" for sim:…
    // Opens and negotiates; `name` is what stands behind the scheme's colon. On failure nothing
    // is left open. The rate must be the wanted one: else MJS_EUNSUPPORTED, naming rates it has.
    mjs_result (*open)(struct mjs_pcm **pcm_out, const char *name, const struct mjs_pcm_want *want,
                       struct mjs_error *err);
    mjs_result (*start)(struct mjs_pcm *pcm, struct mjs_error *err);
    // Returns when frames may be there, `wake_fd` is readable, or after limit_ms. Errors show in
    // read.
    void (*wait)(struct mjs_pcm *pcm, int wake_fd, int limit_ms);
    enum mjs_pcm_read_status (*read)(struct mjs_pcm *pcm, void *frames_out, size_t frames_max,
                                     size_t *frames, struct mjs_pcm_loss *loss,
                                     struct mjs_error *err);
    void (*stop)(struct mjs_pcm *pcm);
    void (*close)(struct mjs_pcm *pcm);
    // Capture thread, after MJS_PCM_GONE with MJS_ELOST; null: this backend cannot. One look
    // whether the device is there again: then it runs, with the parameters it had, and *loss tells
    // what is missing. Else it may be tried again. Allocates nothing, waits for nothing.
    mjs_result (*reopen)(struct mjs_pcm *pcm, struct mjs_pcm_loss *loss);
};

// Every backend's struct begins with this.
struct mjs_pcm {
    const struct mjs_pcm_ops *ops;
    struct mjs_pcm_hardware hardware;
};

extern const struct mjs_pcm_ops mjs_pcm_sim_ops;
extern const struct mjs_pcm_ops mjs_pcm_alsa_ops;   // "alsa"
extern const struct mjs_pcm_ops mjs_pcm_kernel_ops; // "hw"

// Opens `device` ("sim:tone", "hw:0,0", "alsa:default"). Null: the default (a board's microphone;
// on a PC alsa:default, then hw:0,0); where there is none, MJS_ENODEV that names what was tried.
MJS_MUST_USE mjs_result mjs_pcm_open(struct mjs_pcm **pcm_out, const char *device,
                                     const struct mjs_pcm_want *want, struct mjs_error *err);

#endif

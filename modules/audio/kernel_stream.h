// SPDX-License-Identifier: MIT
// A running PCM of the kernel: its positions, and its frames, by mapped memory or by system calls.
//
// One thread at a time. Nothing here allocates or waits. Errors are -errno.
//
// Positions count frames and wrap at `setup.boundary`. `hardware` is how far the device has
// written, `ours` how far we have read. An overrun does not stop the stream: `hardware` is then
// more than a buffer ahead of `ours`.
#ifndef MJS_KERNEL_STREAM_H
#define MJS_KERNEL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel_params.h"
#include "kernel_sys.h"

struct snd_pcm_mmap_status;
struct snd_pcm_mmap_control;

struct mjs_kernel_stream {
    const struct mjs_kernel_sys *sys;
    int fd; // -1: closed
    struct mjs_kernel_setup setup;
    uint32_t rate_hz;
    size_t frame_bytes;
    uint8_t *data; // null: frames are read by READI
    size_t data_bytes;
    struct snd_pcm_mmap_status *status;   // null: SYNC_PTR
    struct snd_pcm_mmap_control *control; // likewise

    uint64_t ours;
    uint64_t told; // `ours` as the kernel knows it
    // As of the last sync.
    uint64_t hardware;
    int state; // SNDRV_PCM_STATE_…
    // The device had written up to `stamped` at `stamp_ns` (CLOCK_BOOTTIME, which goes on while the
    // system sleeps).
    uint64_t stamped;
    uint64_t stamp_ns;
    // How far CLOCK_BOOTTIME is ahead of the stamps' clock; it grows while the system sleeps.
    uint64_t asleep_ns;
    bool asleep_known;
};

// Maps what `setup` and the kernel allow. -ENXIO: mapped access was agreed on, but cannot be had.
// `allow_pages` false: SYNC_PTR although the pages could be mapped.
int mjs_kernel_stream_map(struct mjs_kernel_stream *stream, bool allow_pages);
// Unmaps and closes. Idempotent.
void mjs_kernel_stream_close(struct mjs_kernel_stream *stream);

// PREPARE and START, from position `ours` = `hardware`.
int mjs_kernel_stream_start(struct mjs_kernel_stream *stream);

// Asks the device how far it is. On failure `state` and `hardware` are the last that are known.
int mjs_kernel_stream_sync(struct mjs_kernel_stream *stream);
// Tells the kernel `ours`, on which it decides when to wake us.
void mjs_kernel_stream_tell(struct mjs_kernel_stream *stream);

// Frames written and not read, overwritten ones included.
uint64_t mjs_kernel_stream_avail(const struct mjs_kernel_stream *stream);
// Of the frames from position `from` on, those that may be, or are just being, overwritten.
uint64_t mjs_kernel_stream_overrun(const struct mjs_kernel_stream *stream, uint64_t from);
// False: since the last sync the device cannot have come so far as to overwrite what was read.
bool mjs_kernel_stream_in_danger(struct mjs_kernel_stream *stream);

// Skips frames that are lost: told to the kernel where it runs.
int mjs_kernel_stream_skip(struct mjs_kernel_stream *stream, uint64_t frames, bool running);
// Reads up to `frames` (at most avail). The number, or -errno.
int64_t mjs_kernel_stream_read(struct mjs_kernel_stream *stream, void *frames_out, uint64_t frames);
// Gives back the last frames of that read.
int mjs_kernel_stream_unread(struct mjs_kernel_stream *stream, uint64_t frames);

// Frames that would have followed the last one read, until now, by the clock.
uint64_t mjs_kernel_stream_missing(const struct mjs_kernel_stream *stream);

#endif

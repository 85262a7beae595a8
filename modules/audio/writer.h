// SPDX-License-Identifier: MIT
// An audio file that is good at every instant: `.wav`/`.wave` with a header whose sizes are patched
// after every block, `.pcm`/`.raw` with the bare bytes.
//
// Threads: one owner thread calls everything but `mjs_writer_sync_all_for_exit`, which any thread
// may call once, as the last thing the process does. A thread of the writer's own calls fdatasync
// about once a second; neither the owner nor a capture thread waits for it, but in finish. Create
// waits for one sync of its own where it replaces a file. Ownership: created by
// `mjs_writer_create`, freed by `mjs_writer_finish` + `mjs_writer_free`.
#ifndef MJS_WRITER_H
#define MJS_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "format.h"

struct mjs_writer;
struct mjs_claim;

// Checks without touching anything: known extension (.wav .wave .pcm .raw in any case), the folder
// exists and is writable, the target is absent or a writable regular file (symlinks resolved), not
// being written by this process (EBUSY).
MJS_MUST_USE mjs_result mjs_writer_check_path(const char *path, struct mjs_error *err);

// Creates a temporary file in the target's folder, writes the header for no frames, and renames it
// over the target: over an old file only once the new one is on the disk. On failure nothing is
// left behind and an old file is untouched.
MJS_MUST_USE mjs_result mjs_writer_create(struct mjs_writer **writer_out, const char *path,
                                          const struct mjs_spec *spec, struct mjs_error *err);

// The same where nothing has that name, else MJS_EEXIST (MJS_EBUSY: this process is about to).
MJS_MUST_USE mjs_result mjs_writer_create_new(struct mjs_writer **writer_out, const char *path,
                                              const struct mjs_spec *spec, struct mjs_error *err);

// Appends frames in the spec's format. `*frames_written` counts the whole frames that are in the
// file and in its header, also on failure (disk full keeps the whole frames of the short write
// and cuts off the rest). A later call tries again at the same place. MJS_EFBIG before
// the size limit of WAV is passed: what fits is written (see series.h). An error of the background
// sync is reported here, once, after the frames were written (usually MJS_EIO). One call is one
// block: callers cut. A call that converts (BE, S8, unsigned) may be several.
MJS_MUST_USE mjs_result mjs_writer_append(struct mjs_writer *writer, const void *frames_in,
                                          uint64_t frames, uint64_t *frames_written,
                                          struct mjs_error *err);

// Header exact, data synced, file closed, sync thread ended. Idempotent; later appends fail with
// MJS_EFINISHED. The writer stays readable until freed.
MJS_MUST_USE mjs_result mjs_writer_finish(struct mjs_writer *writer, struct mjs_error *err);

// Finishes if need be (a failure there is lost: call finish first) and frees. Null is allowed.
void mjs_writer_free(struct mjs_writer *writer);

uint64_t mjs_writer_frames(const struct mjs_writer *writer);
// How many more fit.
uint64_t mjs_writer_room_frames(const struct mjs_writer *writer);
// The path as given. Valid until free.
const char *mjs_writer_path(const struct mjs_writer *writer);
// The right to this file beyond the writer's end, for the caller to release. Null: given away.
struct mjs_claim *mjs_writer_take_claim(struct mjs_writer *writer);
// The file's path from the root, without symbolic links. Valid until free.
const char *mjs_writer_file(const struct mjs_writer *writer);

// For a forced end of the process: stops every open writer from starting another block (waiting
// at most `limit_ms` in all for blocks under way), syncs what can be synced in that time. The
// files are good without it (see wav.h); it only moves the last block's data to the disk.
void mjs_writer_sync_all_for_exit(int limit_ms);

#endif

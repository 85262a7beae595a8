// SPDX-License-Identifier: MIT
// The inside of a writer. Only for writer.c, and for tests that need a file which is almost full.
#ifndef MJS_WRITER_INTERNAL_H
#define MJS_WRITER_INTERNAL_H

#include <pthread.h>

#include "claim.h"
#include "syncer.h"
#include "target.h"
#include "writer.h"

// What is converted at a time when the file's samples are not the script's (BE, S8, unsigned).
#define MJS_WRITER_SCRATCH_BYTES 16384

struct mjs_writer {
    struct mjs_writer *next; // in `writers`
    struct mjs_claim *claim; // owned; null: none, or given away
    bool finished;
    bool unclean; // the end or the header could not be put right: try again with the next block
    char *path;   // as given
    struct mjs_target target;
    struct mjs_spec spec;        // the script's
    struct mjs_spec stored_spec; // the file's
    int fd;
    size_t header_bytes; // 0: bare PCM
    uint64_t frames;
    uint64_t frames_max;
    bool converts;
    uint8_t scratch[MJS_WRITER_SCRATCH_BYTES]; // only touched if it converts
    // Held from a block's write to its header's. A forced exit takes it and keeps it.
    pthread_mutex_t block_lock;
    struct mjs_syncer syncer;
};

#endif

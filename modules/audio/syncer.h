// SPDX-License-Identifier: MIT
// A thread that brings one file's data to the disk about once a second, so that nobody waits.
//
// Threads: one owner calls start, note, take_error and end; kick and pending may be called by any
// thread between start and end. The syncer's thread blocks all signals.
// Ownership: the struct is the caller's; descriptor and folder must outlive it.
#ifndef MJS_SYNCER_H
#define MJS_SYNCER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../../runtime/result.h"

#define MJS_SYNCER_INTERVAL_MS 1000

struct mjs_syncer {
    pthread_t thread;
    pthread_mutex_t lock; // of the next two; never held during a system call that can wait
    pthread_cond_t wake;
    bool ending;
    bool kicked;
    int fd;
    const char *folder;       // synced once, with the first data: it holds the file's name
    bool folder_done;         // the thread's; the owner's after the thread's end
    _Atomic uint64_t noted;   // changes made to the file
    _Atomic uint64_t synced;  // of them on the disk, or failed and reported
    _Atomic int failed_errno; // 0: none since it was taken
};

// There is nothing to sync until the first note. It must come when the file has its name: the
// folder is synced only once.
MJS_MUST_USE mjs_result mjs_syncer_start(struct mjs_syncer *syncer, int fd, const char *folder,
                                         struct mjs_error *err);
// The file was written to. Wait-free.
void mjs_syncer_note(struct mjs_syncer *syncer);
// The errno of a sync that failed since the last call, or 0.
int mjs_syncer_take_error(struct mjs_syncer *syncer);
// Asks for a sync now; `pending` is true until all that was noted before is done.
void mjs_syncer_kick(struct mjs_syncer *syncer);
bool mjs_syncer_pending(const struct mjs_syncer *syncer);
// Ends the thread, syncs what is left, returns the errno of the first failure not yet taken, or 0.
int mjs_syncer_end(struct mjs_syncer *syncer);

#endif

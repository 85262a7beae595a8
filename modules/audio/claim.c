// SPDX-License-Identifier: MIT
// The files that this process is recording to, or is about to: nobody else here may replace them.
#include "claim.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct mjs_claim {
    struct mjs_claim *next;
    char *file; // as in the target
    bool has_file;
    dev_t device;
    ino_t inode;
};

static pthread_mutex_t claims_lock = PTHREAD_MUTEX_INITIALIZER;
static struct mjs_claim *claims;

static void lock(void) { MJS_ASSERT(pthread_mutex_lock(&claims_lock) == 0); }

static void unlock(void) { MJS_ASSERT(pthread_mutex_unlock(&claims_lock) == 0); }

// By its name, which is known before the file is there; and by the file itself, which may have
// other names: through a bind mount, or in other case on a memory card (FAT).
static bool is_same_file(const struct mjs_claim *claim, const struct mjs_target *target) {
    struct stat now;
    return claim->has_file && target->exists && claim->device == target->device &&
           claim->inode == target->inode &&
           // Somebody may have removed it, and its number be another file's.
           stat(claim->file, &now) == 0 && now.st_dev == claim->device &&
           now.st_ino == claim->inode;
}

static bool is_taken(const struct mjs_target *target) {
    for (const struct mjs_claim *claim = claims; claim != NULL; claim = claim->next) {
        if (strcmp(claim->file, target->file) == 0 || is_same_file(claim, target))
            return true;
    }
    return false;
}

mjs_result mjs_claim_fail(struct mjs_error *err, const char *path) {
    return mjs_result_fail(err, MJS_EBUSY,
                           "cannot write to %s: this program is recording to it already", path);
}

bool mjs_claim_is_taken(const struct mjs_target *target) {
    lock();
    bool taken = is_taken(target);
    unlock();
    return taken;
}

mjs_result mjs_claim_take(struct mjs_claim **claim_out, const struct mjs_target *target,
                          const char *path, struct mjs_error *err) {
    struct mjs_claim *claim = calloc(1, sizeof *claim);
    char *file = strdup(target->file);
    if (claim == NULL || file == NULL) {
        free(claim);
        free(file);
        return mjs_result_fail(err, MJS_ENOMEM, "out of memory for the file %s", path);
    }
    claim->file = file;
    lock();
    bool taken = is_taken(target);
    if (!taken) {
        claim->next = claims;
        claims = claim;
    }
    unlock();
    if (!taken) {
        *claim_out = claim;
        return MJS_OK;
    }
    free(claim);
    free(file);
    return mjs_claim_fail(err, path);
}

void mjs_claim_set_file(struct mjs_claim *claim, int fd) {
    struct stat file;
    lock();
    claim->has_file = fstat(fd, &file) == 0;
    claim->device = claim->has_file ? file.st_dev : 0;
    claim->inode = claim->has_file ? file.st_ino : 0;
    unlock();
}

void mjs_claim_release(struct mjs_claim *claim) {
    if (claim == NULL)
        return;
    lock();
    struct mjs_claim **link = &claims;
    while (*link != claim) {
        MJS_ASSERT(*link != NULL);
        link = &(*link)->next;
    }
    *link = claim->next;
    unlock();
    free(claim->file);
    free(claim);
}

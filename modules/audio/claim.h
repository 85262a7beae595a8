// SPDX-License-Identifier: MIT
// The files that this process is recording to, or is about to: nobody else here may replace them.
//
// Any thread. A claim is owned from `take` to `release`.
#ifndef MJS_CLAIM_H
#define MJS_CLAIM_H

#include <stdbool.h>

#include "../../runtime/result.h"
#include "target.h"

struct mjs_claim;

bool mjs_claim_is_taken(const struct mjs_target *target);

// The error of a path that is taken.
mjs_result mjs_claim_fail(struct mjs_error *err, const char *path);

// MJS_EBUSY where it is taken; `path` is for the message.
MJS_MUST_USE mjs_result mjs_claim_take(struct mjs_claim **claim_out,
                                       const struct mjs_target *target, const char *path,
                                       struct mjs_error *err);
// The file is there: it is known under other names, too.
void mjs_claim_set_file(struct mjs_claim *claim, int fd);
// Null is allowed.
void mjs_claim_release(struct mjs_claim *claim);

#endif

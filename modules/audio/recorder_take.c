// SPDX-License-Identifier: MIT
// One take of a recorder: where its file is, its end, and what it was.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder_internal.h"

mjs_result mjs_recorder_take_init(struct mjs_recorder_take *take, const char *path,
                                  struct mjs_error *err) {
    *take = (struct mjs_recorder_take){0};
    if (path == NULL)
        return MJS_OK;
    char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0);
    if (path[0] != '/' && folder == NULL)
        return mjs_result_fail_errno(err, errno, "cannot tell the current folder for %.200s", path);
    size_t folder_bytes = folder != NULL ? strlen(folder) : 0;
    take->place = malloc(folder_bytes + strlen(path) + 2);
    if (take->place != NULL) {
        char *at = take->place;
        if (folder != NULL) {
            memcpy(at, folder, folder_bytes);
            at += folder_bytes;
            *at++ = '/';
        }
        memcpy(at, path, strlen(path) + 1);
        take->path = at;
    }
    free(folder);
    return take->place != NULL ? MJS_OK : mjs_result_fail(err, MJS_ENOMEM, "no memory for a path");
}

mjs_result mjs_recorder_take_end(struct mjs_recorder_take *take, struct mjs_error *err) {
    return mjs_series_finish(&take->series, err);
}

void mjs_recorder_take_free(struct mjs_recorder_take *take) {
    mjs_series_free(&take->series);
    free(take->place);
    *take = (struct mjs_recorder_take){0};
}

void mjs_recorder_take_summarise(const struct mjs_recorder_take *take,
                                 struct mjs_recorder_summary *summary) {
    *summary = (struct mjs_recorder_summary){
        .path = take->has_file ? take->path : NULL,
        .frames = take->has_file ? mjs_series_frames(&take->series) : take->delivered_frames,
        .lost_frames = take->lost_frames,
        .start_ms = take->start_ms,
    };
}

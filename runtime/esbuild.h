// SPDX-License-Identifier: MIT
// Finds and runs the esbuild executable. Script's thread.
#ifndef MJS_ESBUILD_H
#define MJS_ESBUILD_H

#include <stdbool.h>

#include "buffer.h"

// Finds esbuild: $MAIXJS_ESBUILD, beside this executable, in node_modules from `folder` upwards, in
// PATH. MJS_ENOENT with what to do where there is none.
MJS_MUST_USE mjs_result mjs_esbuild_find(const char *folder, struct mjs_buffer *path,
                                         struct mjs_error *err);

struct mjs_esbuild_job {
    const char *executable;
    const char *entry; // absolute path of the script, or null: `code`
    const char *code;  // TypeScript, for -e; null with an entry
    size_t code_bytes;
    const char *code_name;       // what stands for the file's name, such as "[eval].ts"
    const char *code_folder;     // imports of the code are relative to it
    const char *metafile;        // where esbuild writes its metafile, or null
    const char *outfile;         // where esbuild writes the bundle, or null: to `bundle`
    bool transform;              // no bundle: one piece of TypeScript becomes JavaScript
    struct mjs_buffer *messages; // where esbuild's messages go; null: to stderr
    // Null, or set when the files could not be written. Then nothing is shown: the caller does
    // without them.
    bool *unwritable;
};

// The options that decide what the bundle looks like, as one string: a part of the cache's key.
const char *mjs_esbuild_options_text(void);

// False for names that mean something else on esbuild's command line: such an entry is run all the
// same, but the metafile does not name it.
bool mjs_esbuild_takes_name(const char *path);

// Runs it; the bundle with an inline source map goes to `bundle`. esbuild's messages go to our
// stderr. Returns its exit status, or -1 with `err` when it could not be run.
int mjs_esbuild_run(const struct mjs_esbuild_job *job, struct mjs_buffer *bundle,
                    struct mjs_error *err);

#endif

// SPDX-License-Identifier: MIT
// The files that scripts are: their names, their folders, and the source maps in them. Any thread.
#ifndef MJS_SCRIPT_H
#define MJS_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

#define MJS_SCRIPT_BYTES_MAX ((size_t)256 << 20)

// The real path of the script that the user named. Returns MJS_STATUS_OK, or the status of wrong
// usage; then the reason was shown.
int mjs_script_find(const char *script, struct mjs_buffer *path);

// `endings` ends with null.
bool mjs_script_has_ending(const char *path, const char *const *endings);
bool mjs_script_is_javascript(const char *path);
bool mjs_script_is_bytecode(const char *path);

// Appends the folder that a file is in.
void mjs_script_folder(const char *path, struct mjs_buffer *folder);
void mjs_script_append_cwd(struct mjs_buffer *folder);

// Cuts the source map comment off the code's end, and takes the map from it: inline, or the name of
// a file in `folder`. `map_file` may be null: then only inline.
void mjs_script_split_map(struct mjs_buffer *code, struct mjs_buffer *map,
                          struct mjs_buffer *map_file, const char *folder);

#endif

// SPDX-License-Identifier: MIT
// One count of the memory that a script uses: the engine's, and what native modules take for it
// (the recorder's ring and buffers). Any thread. What libraries allocate themselves (libasound),
// threads' stacks, the engines of workers and SharedArrayBuffers are not counted.
#ifndef MJS_MEMORY_H
#define MJS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// 0: no limit. What is in use already stays, also beyond it.
void mjs_memory_set_limit(int64_t limit_bytes);
int64_t mjs_memory_used_bytes(void);

// Counts memory that is allocated by other means. False: it would pass the limit; nothing counted.
bool mjs_memory_reserve(size_t bytes);
void mjs_memory_release(size_t bytes);

// malloc, calloc, realloc and free, counted, for the engine and for native modules. Null also where
// the limit would be passed; after that small blocks may pass it by up to 256 KiB, for the error.
// Memory of these is freed with mjs_memory_free only.
void *mjs_memory_alloc(size_t bytes);
void *mjs_memory_alloc_zeroed(size_t count, size_t bytes);
void *mjs_memory_resize(void *memory, size_t bytes);
void mjs_memory_free(void *memory);
size_t mjs_memory_usable_size(const void *memory);

// The limit of a board's script where nobody gave one: half of what is available now, at least
// 16 MiB, so that the system keeps room. 0: not a board. `root` is "" (another one in tests).
int64_t mjs_memory_board_limit(const char *root);

#endif

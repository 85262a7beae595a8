// SPDX-License-Identifier: MIT
// What the sanitizers must report: a write beyond a block, an overflow, a leak.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void *volatile kept;

int main(int argc, char **argv) {
    const char *kind = argc > 1 ? argv[1] : "";
    volatile size_t beyond = 10;
    volatile int large = INT_MAX;
    kept = malloc(10);
    if (kept == NULL)
        return 1;
    if (strcmp(kind, "address") == 0)
        ((char *)kept)[beyond] = 1;
    if (strcmp(kind, "undefined") == 0)
        large = large + 1;
    if (strcmp(kind, "leak") != 0)
        free(kept);
    kept = NULL;
    return 0;
}

// SPDX-License-Identifier: MIT
// Preloaded into the program: leaves out what it writes into the middle of a file, so that one of
// 4 GiB is made at the speed of memory and takes no room. What stands at its two ends is real.
//
// MAIXJS_SPARSE_UNTIL  from 1 MiB to here writes only make the file longer
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FROM (1 << 20)

static off_t until;

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("MAIXJS_SPARSE_UNTIL");
    until = text != NULL ? atoll(text) : 0;
}

static int is_left_out(off_t offset, size_t bytes) {
    return bytes > 0 && offset >= FROM && offset + (off_t)bytes <= until;
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (real == NULL)
        real = (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
    if (!is_left_out(offset, bytes))
        return real(fd, data, bytes, offset);
    struct stat status;
    off_t end = offset + (off_t)bytes;
    if (fstat(fd, &status) != 0 || (status.st_size < end && ftruncate(fd, end) != 0))
        return -1;
    return (ssize_t)bytes;
}

// SPDX-License-Identifier: MIT
// The real system calls of the kernel backend.
#include "kernel_sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int real_open(const char *path, int flags) {
    int fd = open(path, flags);
    return fd >= 0 ? fd : -errno;
}

// The descriptor is gone whatever close says.
static void real_close(int fd) { (void)close(fd); }

static int real_ioctl(int fd, unsigned long request, void *argument) {
    int result = 0;
    do {
#ifdef __GLIBC__
        result = ioctl(fd, request, argument);
#else
        result = ioctl(fd, (int)request, argument); // musl's request is an int, as POSIX has it
#endif
    } while (result < 0 && errno == EINTR);
    return result >= 0 ? result : -errno;
}

static void *real_map(int fd, size_t bytes, int protection, uint64_t offset) {
    void *memory = mmap(NULL, bytes, protection, MAP_SHARED, fd, (off_t)offset);
    return memory != MAP_FAILED ? memory : NULL;
}

static void real_unmap(void *memory, size_t bytes) { (void)munmap(memory, bytes); }

static int real_poll(struct pollfd *fds, unsigned count, int limit_ms) {
    int result = poll(fds, count, limit_ms);
    return result >= 0 ? result : -errno;
}

static uint64_t real_now_ns(clockid_t clock) {
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

const struct mjs_kernel_sys mjs_kernel_sys_real = {
    .dev = "/dev/snd",
    .proc = "/proc",
    .open = real_open,
    .close = real_close,
    .ioctl = real_ioctl,
    .map = real_map,
    .unmap = real_unmap,
    .poll = real_poll,
    .now_ns = real_now_ns,
};

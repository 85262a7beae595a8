// SPDX-License-Identifier: MIT
// The system calls that the kernel backend makes, in one table, so that a test can be the kernel.
//
// Any thread. Calls return what the system call does, or -errno; nothing is kept.
#ifndef MJS_KERNEL_SYS_H
#define MJS_KERNEL_SYS_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct mjs_kernel_sys {
    const char *dev;  // folder of the device nodes: /dev/snd
    const char *proc; // /proc
    int (*open)(const char *path, int flags);
    void (*close)(int fd);
    int (*ioctl)(int fd, unsigned long request, void *argument);
    // Shared; null: refused.
    void *(*map)(int fd, size_t bytes, int protection, uint64_t offset);
    void (*unmap)(void *memory, size_t bytes);
    int (*poll)(struct pollfd *fds, unsigned count, int limit_ms);
    uint64_t (*now_ns)(clockid_t clock);
};

extern const struct mjs_kernel_sys mjs_kernel_sys_real;

#endif

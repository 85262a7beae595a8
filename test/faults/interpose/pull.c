// SPDX-License-Identifier: MIT
// A program: pulls the card. `pull <folder>` shuts the ext4 file system down that the folder is on;
// what is not on the disk is lost, and all that follows fails with EIO.
#include <fcntl.h>
#include <linux/ioctl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>

// EXT4_IOC_SHUTDOWN and EXT4_GOING_FLAGS_NOLOGFLUSH, which no header for users has.
#define SHUTDOWN _IOR('X', 125, uint32_t)
#define NO_LOG_FLUSH 2

int main(int argc, char **argv) {
    uint32_t how = NO_LOG_FLUSH;
    int fd = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
    if (fd < 0 || ioctl(fd, SHUTDOWN, &how) != 0) {
        perror("pull");
        return 1;
    }
    return 0;
}

// SPDX-License-Identifier: MIT
// The guest's tool `mixer`: gives the loopback the controls of a microphone, and reads them back.
//
// The loopback has no volume. The kernel lets programs add elements to any card; they stay until
// the card goes. Usage: mixer <control device> add <name> <min> <max> <value> | get <name>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <sound/asound.h>

#include "init.h"

#define SIDES 2

// musl's ioctl takes an int; the requests are wider.
static int control(int fd, unsigned long request, void *argument) {
    return ioctl(fd, (int)request, argument);
}

static struct snd_ctl_elem_id id_of(const char *name) {
    struct snd_ctl_elem_id id = {.iface = SNDRV_CTL_ELEM_IFACE_MIXER};
    (void)snprintf((char *)id.name, sizeof id.name, "%s", name);
    return id;
}

static int add(int fd, const char *name, long min, long max, long value) {
    struct snd_ctl_elem_info info = {
        .id = id_of(name),
        .type = max == 1 ? SNDRV_CTL_ELEM_TYPE_BOOLEAN : SNDRV_CTL_ELEM_TYPE_INTEGER,
        .access = SNDRV_CTL_ELEM_ACCESS_READWRITE | SNDRV_CTL_ELEM_ACCESS_USER,
        .count = SIDES,
        .value.integer = {.min = min, .max = max, .step = 1},
    };
    if (control(fd, SNDRV_CTL_IOCTL_ELEM_ADD, &info) < 0)
        return lab_fail("add", name);
    struct snd_ctl_elem_value values = {.id = id_of(name)};
    for (int side = 0; side < SIDES; side++)
        values.value.integer.value[side] = value;
    return control(fd, SNDRV_CTL_IOCTL_ELEM_WRITE, &values) < 0 ? lab_fail("set", name) : 0;
}

static int get(int fd, const char *name) {
    struct snd_ctl_elem_value values = {.id = id_of(name)};
    if (control(fd, SNDRV_CTL_IOCTL_ELEM_READ, &values) < 0)
        return lab_fail("get", name);
    printf("%ld %ld\n", values.value.integer.value[0], values.value.integer.value[1]);
    return 0;
}

int lab_mixer(int argc, char **argv) {
    bool adds = argc == 6 && strcmp(argv[1], "add") == 0;
    bool gets = argc == 3 && strcmp(argv[1], "get") == 0;
    if (!adds && !gets) {
        fprintf(stderr, "mixer: wrong arguments\n");
        return 2;
    }
    int fd = open(argv[0], O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return lab_fail("open", argv[0]);
    int status = adds ? add(fd, argv[2], strtol(argv[3], NULL, 10), strtol(argv[4], NULL, 10),
                            strtol(argv[5], NULL, 10))
                      : get(fd, argv[2]);
    (void)close(fd);
    return status;
}

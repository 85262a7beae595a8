// SPDX-License-Identifier: MIT
// Measures writing blocks into a WAV file: our writer, bare write + pwrite of a header, libsndfile.
//
// wav_write <folder> <rounds> <block bytes>
// Prints a line a round: nanoseconds a block of each, in turns; 0 where there is no libsndfile.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../modules/audio/wav.h"
#include "../../modules/audio/writer.h"

#define BLOCKS 20000
#define BLOCK_BYTES_MAX 65536
#define HEADER_BYTES 44

// Of libsndfile's interface, as <sndfile.h> documents it.
#define SFM_WRITE 0x20
#define SF_FORMAT_WAV_PCM_16 0x010002
struct sf_info {
    int64_t frames;
    int samplerate, channels, format, sections, seekable;
};
typedef void *sf_open_function(const char *path, int mode, struct sf_info *info);
typedef int64_t sf_write_function(void *file, const void *data, int64_t bytes);
typedef int sf_command_function(void *file, int command, void *data, int bytes);
typedef int sf_close_function(void *file);
#define SFC_SET_UPDATE_HEADER_AUTO 0x1061

static unsigned char block[BLOCK_BYTES_MAX];
static char path[4096];

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static double ours(size_t bytes) {
    struct mjs_spec spec = {.format = MJS_FORMAT_S16_LE, .rate_hz = 48000, .channels = 1};
    struct mjs_error err;
    struct mjs_writer *writer;
    uint64_t written;
    double start = now_ns();
    if (mjs_writer_create(&writer, path, &spec, &err) != MJS_OK) {
        die(err.message);
    }
    for (int i = 0; i < BLOCKS; i++) {
        if (mjs_writer_append(writer, block, bytes / 2, &written, &err) != MJS_OK) {
            die(err.message);
        }
    }
    double ns = now_ns() - start;
    mjs_writer_free(writer);
    return ns / BLOCKS;
}

static double bare(size_t bytes) {
    double start = now_ns();
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0 || write(fd, block, HEADER_BYTES) != HEADER_BYTES) {
        die(path);
    }
    for (int i = 0; i < BLOCKS; i++) {
        if (write(fd, block, bytes) != (ssize_t)bytes ||
            pwrite(fd, block, HEADER_BYTES, 0) != HEADER_BYTES) {
            die(path);
        }
    }
    double ns = now_ns() - start;
    close(fd);
    return ns / BLOCKS;
}

static double sndfile(size_t bytes) {
    static void *library;
    library = library ? library : dlopen("libsndfile.so.1", RTLD_NOW);
    if (!library) {
        return 0;
    }
    sf_open_function *open_file = (sf_open_function *)dlsym(library, "sf_open");
    sf_write_function *write_raw = (sf_write_function *)dlsym(library, "sf_write_raw");
    sf_command_function *command = (sf_command_function *)dlsym(library, "sf_command");
    sf_close_function *close_file = (sf_close_function *)dlsym(library, "sf_close");
    struct sf_info info = {.samplerate = 48000, .channels = 1, .format = SF_FORMAT_WAV_PCM_16};
    double start = now_ns();
    void *file = open_file(path, SFM_WRITE, &info);
    if (!file) {
        die("sf_open");
    }
    command(file, SFC_SET_UPDATE_HEADER_AUTO, NULL, 1); // the same promise
    for (int i = 0; i < BLOCKS; i++) {
        if (write_raw(file, block, (int64_t)bytes) != (int64_t)bytes) {
            die("sf_write_raw");
        }
    }
    double ns = now_ns() - start;
    close_file(file);
    return ns / BLOCKS;
}

int main(int argc, char **argv) {
    int rounds = argc == 4 ? atoi(argv[2]) : 0;
    size_t bytes = argc == 4 ? (size_t)atoi(argv[3]) : 0;
    if (rounds < 1 || bytes < 2 || bytes > BLOCK_BYTES_MAX) {
        fprintf(stderr, "usage: wav_write <folder> <rounds> <block bytes>\n");
        return 2;
    }
    snprintf(path, sizeof(path), "%s/written.wav", argv[1]);
    double (*const writers[])(size_t) = {ours, bare, sndfile};
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < 3; i++) {
            // Who is first must not always be the same one.
            double ns = writers[i](bytes);
            unlink(path);
            printf("%.1f%s", ns, i < 2 ? " " : "\n");
        }
    }
    return 0;
}

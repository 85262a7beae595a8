// SPDX-License-Identifier: MIT
// Measures the ring against JACK's, with two threads; and how long the producer's call takes while
// nobody reads.
//
// ring_speed <rounds> <chunk bytes>
// Prints a line a round: MB/s of ours and of JACK's (0 where it is not installed), in turns; then
// "stopped" and the median, 99.99th percentile and worst of a producer's call in ns, ours and
// JACK's.
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../modules/audio/ring.h"

#define RING_BYTES ((size_t)1 << 18)
#define CHUNK_BYTES_MAX ((size_t)1 << 16)
#define TOTAL_BYTES ((size_t)64 << 20)
#define CALLS 200000

// Of JACK's interface, as <jack/ringbuffer.h> documents it.
struct jack_ring;
static struct jack_ring *(*jack_create)(size_t bytes);
static size_t (*jack_write)(struct jack_ring *ring, const char *data, size_t bytes);
static size_t (*jack_read)(struct jack_ring *ring, char *data, size_t bytes);
static void (*jack_free)(struct jack_ring *ring);

struct run {
    struct mjs_ring *ours; // null: JACK's
    struct jack_ring *jack;
    size_t chunk_bytes;
    size_t total_bytes;
};

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static size_t put(const struct run *run, const void *data, size_t bytes) {
    return run->ours ? mjs_ring_write(run->ours, data, bytes) : jack_write(run->jack, data, bytes);
}

static size_t take(const struct run *run, void *data, size_t bytes) {
    return run->ours ? mjs_ring_read(run->ours, data, bytes) : jack_read(run->jack, data, bytes);
}

static void *consume(void *opaque) {
    const struct run *run = opaque;
    static char data[CHUNK_BYTES_MAX];
    for (size_t done = 0; done < run->total_bytes;) {
        size_t bytes = take(run, data, run->chunk_bytes);
        done += bytes;
        if (bytes == 0) {
            sched_yield();
        }
    }
    return NULL;
}

static double mb_per_s(struct run *run) {
    static char data[CHUNK_BYTES_MAX];
    pthread_t reader;
    double start = now_ns();
    if (pthread_create(&reader, NULL, consume, run) != 0) {
        exit(1);
    }
    for (size_t done = 0; done < run->total_bytes;) {
        size_t left = run->total_bytes - done;
        size_t bytes = put(run, data, left < run->chunk_bytes ? left : run->chunk_bytes);
        done += bytes;
        if (bytes == 0) {
            sched_yield();
        }
    }
    pthread_join(reader, NULL);
    return (double)run->total_bytes / ((now_ns() - start) / 1e9) / 1e6;
}

static int compare(const void *a, const void *b) {
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

// The consumer does not run: the ring is full, and the producer must find that out at once.
static void print_stopped(struct run *run) {
    static char data[CHUNK_BYTES_MAX];
    static double ns[CALLS];
    for (int i = 0; i < CALLS; i++) {
        double start = now_ns();
        (void)put(run, data, run->chunk_bytes);
        ns[i] = now_ns() - start;
    }
    qsort(ns, CALLS, sizeof(ns[0]), compare);
    printf(" %.0f %.0f %.0f", ns[CALLS / 2], ns[CALLS - CALLS / 10000 - 1], ns[CALLS - 1]);
}

static void load_jack(void) {
    void *library = dlopen("libjack.so.0", RTLD_NOW);
    if (library) {
        *(void **)&jack_create = dlsym(library, "jack_ringbuffer_create");
        *(void **)&jack_write = dlsym(library, "jack_ringbuffer_write");
        *(void **)&jack_read = dlsym(library, "jack_ringbuffer_read");
        *(void **)&jack_free = dlsym(library, "jack_ringbuffer_free");
    }
}

int main(int argc, char **argv) {
    int rounds = argc == 3 ? atoi(argv[1]) : 0;
    size_t chunk_bytes = argc == 3 ? (size_t)atoi(argv[2]) : 0;
    if (rounds < 1 || chunk_bytes < 1 || chunk_bytes > CHUNK_BYTES_MAX) {
        fprintf(stderr, "usage: ring_speed <rounds> <chunk bytes>\n");
        return 2;
    }
    load_jack();
    static struct mjs_ring ring;
    void *memory = malloc(RING_BYTES);
    if (!memory) {
        return 1;
    }
    struct run run = {.chunk_bytes = chunk_bytes, .total_bytes = TOTAL_BYTES};
    for (int round = 0; round <= rounds; round++) {
        mjs_ring_init(&ring, memory, 1, RING_BYTES);
        run.ours = &ring;
        double ours = mb_per_s(&run);
        double theirs = 0;
        run.ours = NULL;
        run.jack = jack_create ? jack_create(RING_BYTES) : NULL;
        if (run.jack) {
            theirs = mb_per_s(&run);
            jack_free(run.jack);
        }
        if (round > 0) { // the first one touched the memory
            printf("%.1f %.1f\n", ours, theirs);
        }
    }
    printf("stopped");
    mjs_ring_init(&ring, memory, 1, RING_BYTES);
    run.ours = &ring;
    print_stopped(&run);
    run.ours = NULL;
    run.jack = jack_create ? jack_create(RING_BYTES) : NULL;
    if (run.jack) {
        print_stopped(&run);
        jack_free(run.jack);
    }
    printf("\n");
    free(memory);
    return 0;
}

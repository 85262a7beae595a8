// SPDX-License-Identifier: MIT
// The simulated capture device "sim:…": exact sounds, a clock, and faults on demand.
//
// The device's frame index counts every frame, lost ones included, and goes on over stop and start.
// With pace=real a frame's time is fixed by its index (CLOCK_MONOTONIC); the hardware's buffer has
// no end, so it never overruns by itself. With pace=fast all is there at once. Opening the device
// again gives a new one that behaves the same from index 0.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pcm.h"
#include "sim_options.h"
#include "sim_source.h"

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define DEFAULT_PERIODS_PER_S 100 // 10 ms
#define DEFAULT_PERIOD_COUNT 4
#define PERIOD_FRAMES_MAX (1u << 20)
#define PERIOD_COUNT_MAX 1024
#define SUSPEND_MS 100

struct sim {
    struct mjs_pcm pcm;
    struct mjs_sim_options options;
    struct mjs_sim_source source;
    uint64_t position;      // device index of the next frame
    size_t next_fault;      // in options.faults; those before it have happened
    uint64_t base_ns;       // when the frame `base_frame` began, of this run
    uint64_t base_frame;    // where this run began
    uint64_t stalled_to_ns; // no frame before that time
    bool gone;
};

static uint64_t now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

// Frames in that time, rounded down; seconds and rest apart, so that the product cannot overflow.
static uint64_t frames_in_ns(const struct sim *sim, uint64_t ns) {
    uint64_t rate = sim->source.spec.rate_hz;
    return ns / NS_PER_S * rate + ns % NS_PER_S * rate / NS_PER_S;
}

// When frame `frame` is complete, rounded up.
static uint64_t time_of_frame(const struct sim *sim, uint64_t frame) {
    uint64_t rate = sim->source.spec.rate_hz;
    uint64_t frames = frame - sim->base_frame;
    return sim->base_ns + frames / rate * NS_PER_S + (frames % rate * NS_PER_S + rate - 1) / rate;
}

// The device index up to which the clock has come.
static uint64_t clock_frame(const struct sim *sim) {
    uint64_t now = now_ns();
    if (now < sim->base_ns)
        return sim->base_frame;
    return sim->base_frame + frames_in_ns(sim, now - sim->base_ns);
}

static const struct mjs_sim_fault *upcoming_fault(const struct sim *sim) {
    bool any = sim->next_fault < sim->options.faults_count;
    return any ? &sim->options.faults[sim->next_fault] : NULL;
}

// The index up to which frames flow before the next fault or the end of the file.
static uint64_t edge_frame(const struct sim *sim) {
    const struct mjs_sim_fault *fault = upcoming_fault(sim);
    uint64_t edge = mjs_sim_source_end(&sim->source);
    if (fault != NULL && fault->frame < edge)
        edge = fault->frame;
    return edge > sim->position ? edge : sim->position;
}

// The first index beyond `position` at which something can be read: the period's end or the edge.
static uint64_t next_frame(const struct sim *sim) {
    uint64_t period = sim->pcm.hardware.period_frames;
    uint64_t whole = ((sim->position - sim->base_frame) / period + 1) * period + sim->base_frame;
    uint64_t edge = edge_frame(sim);
    return edge > sim->position && edge < whole ? edge : whole;
}

// Frames that can be read now: whole periods, or up to the edge where the clock has reached it.
static uint64_t readable_frames(const struct sim *sim) {
    uint64_t edge = edge_frame(sim);
    if (sim->options.fast)
        return now_ns() >= sim->stalled_to_ns ? edge - sim->position : 0;
    uint64_t clock = clock_frame(sim);
    if (clock >= edge)
        return edge - sim->position;
    uint64_t period = sim->pcm.hardware.period_frames;
    uint64_t whole = (clock - sim->base_frame) / period * period + sim->base_frame;
    return whole > sim->position ? whole - sim->position : 0;
}

static enum mjs_pcm_read_status fail_gone(struct sim *sim, struct mjs_error *err) {
    sim->gone = true;
    (void)mjs_result_fail(err, MJS_ELOST, "%.200s: the device was unplugged",
                          sim->pcm.hardware.device);
    return MJS_PCM_GONE;
}

static enum mjs_pcm_read_status lose(struct sim *sim, uint64_t frames, bool exact,
                                     enum mjs_gap_cause cause, struct mjs_pcm_loss *loss) {
    sim->position += frames;
    sim->next_fault++;
    *loss = (struct mjs_pcm_loss){.frames = frames, .exact = exact, .cause = cause};
    return MJS_PCM_LOSS;
}

static void begin_stall(struct sim *sim, uint64_t ms) {
    sim->next_fault++;
    if (sim->options.fast) {
        sim->stalled_to_ns = now_ns() + ms * NS_PER_MS;
        return;
    }
    // The device's clock stands still: all later frames come that much later.
    sim->stalled_to_ns = time_of_frame(sim, sim->position) + ms * NS_PER_MS;
    sim->base_ns += ms * NS_PER_MS;
}

// Lets the faults at this place happen. True: the answer of read is `*status`.
static bool meet_faults(struct sim *sim, struct mjs_pcm_loss *loss, struct mjs_error *err,
                        enum mjs_pcm_read_status *status) {
    if (sim->gone || sim->position >= mjs_sim_source_end(&sim->source)) {
        *status = fail_gone(sim, err);
        return true;
    }
    for (;;) {
        const struct mjs_sim_fault *fault = upcoming_fault(sim);
        if (fault == NULL || fault->frame > sim->position)
            return false;
        // A stall under way, and the time of the frames before, come first.
        if (sim->options.fast ? now_ns() < sim->stalled_to_ns : clock_frame(sim) < sim->position)
            return false;
        switch (fault->kind) {
        case MJS_SIM_STALL:
            begin_stall(sim, fault->amount);
            break;
        case MJS_SIM_XRUN:
            *status = lose(sim, fault->amount, true, MJS_GAP_DEVICE, loss);
            return true;
        case MJS_SIM_SUSPEND:
            *status = lose(sim, mjs_format_ms_to_frames(sim->source.spec.rate_hz, SUSPEND_MS),
                           false, MJS_GAP_SUSPEND, loss);
            return true;
        case MJS_SIM_UNPLUG:
            *status = fail_gone(sim, err);
            return true;
        }
    }
}

static enum mjs_pcm_read_status sim_read(struct mjs_pcm *pcm, void *frames_out, size_t frames_max,
                                         size_t *frames, struct mjs_pcm_loss *loss,
                                         struct mjs_error *err) {
    struct sim *sim = (struct sim *)pcm;
    enum mjs_pcm_read_status status = MJS_PCM_FRAMES;
    *frames = 0;
    if (meet_faults(sim, loss, err, &status))
        return status;
    uint64_t readable = readable_frames(sim);
    size_t n = readable < frames_max ? (size_t)readable : frames_max;
    mjs_sim_source_fill(&sim->source, sim->position, frames_out, n);
    sim->position += n;
    *frames = n;
    return MJS_PCM_FRAMES;
}

// When something will be there to be read.
static uint64_t ready_time(const struct sim *sim) {
    if (sim->gone)
        return 0;
    if (sim->options.fast)
        return sim->stalled_to_ns;
    bool at_edge = edge_frame(sim) == sim->position;
    return time_of_frame(sim, at_edge ? sim->position : next_frame(sim));
}

static void sim_wait(struct mjs_pcm *pcm, int wake_fd, int limit_ms) {
    const struct sim *sim = (const struct sim *)pcm;
    uint64_t now = now_ns();
    uint64_t ready = ready_time(sim);
    if (ready <= now || readable_frames(sim) > 0)
        return;
    uint64_t wait_ns = ready - now;
    if (limit_ms >= 0 && wait_ns > (uint64_t)limit_ms * NS_PER_MS)
        wait_ns = (uint64_t)limit_ms * NS_PER_MS;
    struct timespec limit = {.tv_sec = (time_t)(wait_ns / NS_PER_S),
                             .tv_nsec = (long)(wait_ns % NS_PER_S)};
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    // Interrupted or timed out: either way the caller looks again.
    (void)ppoll(&wake, 1, &limit, NULL);
}

static mjs_result sim_start(struct mjs_pcm *pcm, struct mjs_error *err) {
    struct sim *sim = (struct sim *)pcm;
    if (sim->gone)
        return mjs_result_fail(err, MJS_ELOST, "%.200s: the device was unplugged",
                               pcm->hardware.device);
    uint64_t now = now_ns();
    sim->base_ns = now > sim->stalled_to_ns ? now : sim->stalled_to_ns;
    sim->base_frame = sim->position;
    return MJS_OK;
}

// It comes back by its own clock: with pace=fast at the first look. What it would have captured
// meanwhile is missing; that is an estimate, as with every device.
static mjs_result sim_reopen(struct mjs_pcm *pcm, struct mjs_pcm_loss *loss) {
    struct sim *sim = (struct sim *)pcm;
    const struct mjs_sim_fault *fault = upcoming_fault(sim);
    if (fault == NULL || fault->kind != MJS_SIM_UNPLUG || fault->amount == 0)
        return MJS_ENODEV; // The end of a file, or for ever.
    if (!sim->options.fast &&
        now_ns() < time_of_frame(sim, sim->position) + fault->amount * NS_PER_MS)
        return MJS_ENODEV;
    uint64_t frames = mjs_format_ms_to_frames(sim->source.spec.rate_hz, (double)fault->amount);
    (void)lose(sim, frames, false, MJS_GAP_DEVICE, loss);
    sim->gone = false;
    return MJS_OK;
}

static void sim_stop(struct mjs_pcm *pcm) {
    (void)pcm; // The clock is set again by start.
}

static void sim_close(struct mjs_pcm *pcm) {
    struct sim *sim = (struct sim *)pcm;
    mjs_sim_source_free(&sim->source);
    free(sim);
}

static void describe(struct sim *sim, const char *name) {
    struct mjs_pcm_hardware *hardware = &sim->pcm.hardware;
    (void)snprintf(hardware->device, sizeof hardware->device, "sim:%s", name);
    switch (sim->options.kind) {
    case MJS_SIM_TONE:
        (void)snprintf(hardware->name, sizeof hardware->name, "simulated tone, %g Hz, %g dBFS",
                       sim->options.tone_hz, sim->options.tone_dbfs);
        break;
    case MJS_SIM_RAMP:
        (void)snprintf(hardware->name, sizeof hardware->name, "simulated ramp of frame indices");
        break;
    case MJS_SIM_FILE:
        (void)snprintf(hardware->name, sizeof hardware->name, "simulated, from %.100s",
                       sim->options.file_path);
        break;
    }
}

static mjs_result sim_open(struct mjs_pcm **pcm_out, const char *name,
                           const struct mjs_pcm_want *want, struct mjs_error *err) {
    struct sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL)
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a simulated device");
    mjs_result result = mjs_sim_options_parse(&sim->options, name, err);
    if (result == MJS_OK)
        result = mjs_sim_source_init(&sim->source, &sim->options, &want->spec, err);
    if (result != MJS_OK) {
        free(sim);
        return result;
    }
    struct mjs_pcm_hardware *hardware = &sim->pcm.hardware;
    sim->pcm.ops = &mjs_pcm_sim_ops;
    hardware->spec = sim->source.spec;
    hardware->unpaced = sim->options.fast;
    // At least 1 ms: a thousand wake-ups a second are enough.
    uint32_t least = (hardware->spec.rate_hz + 999) / 1000;
    uint32_t period = want->period_frames != 0 ? want->period_frames
                                               : hardware->spec.rate_hz / DEFAULT_PERIODS_PER_S;
    period = period < least ? least : period;
    hardware->period_frames = period < PERIOD_FRAMES_MAX ? period : PERIOD_FRAMES_MAX;
    uint32_t count = want->period_count != 0 ? want->period_count : DEFAULT_PERIOD_COUNT;
    count = count < 2 ? 2 : count;
    hardware->period_count = count < PERIOD_COUNT_MAX ? count : PERIOD_COUNT_MAX;
    describe(sim, name);
    *pcm_out = &sim->pcm;
    return MJS_OK;
}

const struct mjs_pcm_ops mjs_pcm_sim_ops = {
    .scheme = "sim",
    .open = sim_open,
    .start = sim_start,
    .wait = sim_wait,
    .read = sim_read,
    .stop = sim_stop,
    .close = sim_close,
    .reopen = sim_reopen,
};

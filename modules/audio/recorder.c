// SPDX-License-Identifier: MIT
// A recorder's life: open, start, stop, takes, finish, close. Delivery is in recorder_read.c.
#include "recorder.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../runtime/memory.h"
#include "convert.h"
#include "recorder_internal.h"

static double unix_ms(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static mjs_result copy_text(char **copy_out, const char *text, struct mjs_error *err) {
    *copy_out = text != NULL ? strdup(text) : NULL;
    if (text != NULL && *copy_out == NULL)
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a path");
    return MJS_OK;
}

// ---- Open ----

static mjs_result check_options(const struct mjs_recorder_options *options, struct mjs_error *err) {
    const struct mjs_spec *spec = &options->spec;
    if (!mjs_format_valid((int)spec->format))
        return mjs_result_fail(err, MJS_EINVAL, "no such format: %d", (int)spec->format);
    if (spec->channels == 0 || spec->channels > MJS_CHANNELS_MAX)
        return mjs_result_fail(err, MJS_EINVAL, "%u channels: there can be 1 to %d",
                               (unsigned)spec->channels, MJS_CHANNELS_MAX);
    if (spec->rate_hz < MJS_RATE_MIN_HZ || spec->rate_hz > MJS_RATE_MAX_HZ)
        return mjs_result_fail(err, MJS_EINVAL, "a rate of %u Hz: it can be %d to %d",
                               (unsigned)spec->rate_hz, MJS_RATE_MIN_HZ, MJS_RATE_MAX_HZ);
    if (options->buffer_ms == 0 || options->buffer_ms > MJS_RECORDER_BUFFER_MS_MAX)
        return mjs_result_fail(err, MJS_EINVAL, "a buffer of %u ms: it can be 1 to %d",
                               (unsigned)options->buffer_ms, MJS_RECORDER_BUFFER_MS_MAX);
    return options->path != NULL ? mjs_writer_check_path(options->path, err) : MJS_OK;
}

// Opens the device and makes the block that fits its periods; on failure nothing has changed.
static mjs_result open_device(struct mjs_recorder *recorder, struct mjs_pcm **pcm_out,
                              uint32_t period_frames, uint32_t period_count,
                              struct mjs_error *err) {
    const struct mjs_pcm_want want = {recorder->spec, period_frames, period_count};
    struct mjs_pcm *pcm = NULL;
    mjs_result result = mjs_pcm_open(&pcm, recorder->device, &want, err);
    if (result != MJS_OK)
        return result;
    const struct mjs_pcm_hardware *hardware = &pcm->hardware;
    uint64_t block_frames = mjs_format_ms_to_frames(recorder->spec.rate_hz, MJS_RECORDER_BLOCK_MS);
    if (block_frames < hardware->period_frames)
        block_frames = hardware->period_frames;
    size_t block_bytes = 0;
    uint8_t *block = NULL;
    if (!mjs_convert_possible(&hardware->spec, &recorder->spec)) {
        result = mjs_result_fail(
            err, MJS_EUNSUPPORTED,
            "%.200s has %u channels at %u Hz, which cannot become %u at %u Hz", hardware->device,
            (unsigned)hardware->spec.channels, (unsigned)hardware->spec.rate_hz,
            (unsigned)recorder->spec.channels, (unsigned)recorder->spec.rate_hz);
    } else if (recorder->on_lost == MJS_ON_LOST_WAIT && pcm->ops->reopen == NULL) {
        result = mjs_result_fail(
            err, MJS_EUNSUPPORTED,
            "%.200s cannot be waited for (onLost: \"wait\"): use hw:", hardware->device);
    } else {
        if (mjs_format_frames_to_bytes(&recorder->spec, block_frames, &block_bytes))
            block = mjs_memory_alloc(block_bytes);
        if (block == NULL)
            result = mjs_result_fail(err, MJS_ENOMEM, "no memory for a block of %llu frames",
                                     (unsigned long long)block_frames);
    }
    if (result != MJS_OK) {
        pcm->ops->close(pcm);
        return result;
    }
    mjs_memory_free(recorder->block);
    recorder->block = block;
    recorder->block_frames = block_frames;
    *pcm_out = pcm;
    return MJS_OK;
}

static mjs_result open_all(struct mjs_recorder *recorder,
                           const struct mjs_recorder_options *options, struct mjs_error *err) {
    mjs_result result = mjs_recorder_take_init(&recorder->take, options->path, err);
    if (result == MJS_OK)
        result = copy_text(&recorder->device, options->device, err);
    if (result != MJS_OK)
        return result;
    struct mjs_pcm *pcm = NULL;
    result = open_device(recorder, &pcm, options->period_frames, options->period_count, err);
    if (result != MJS_OK)
        return result;
    recorder->hardware = pcm->hardware;
    uint64_t frames = mjs_format_ms_to_frames(recorder->spec.rate_hz, options->buffer_ms);
    // Less than two periods would overrun at each of them.
    if (frames < UINT64_C(2) * pcm->hardware.period_frames)
        frames = UINT64_C(2) * pcm->hardware.period_frames;
    result = mjs_capture_create(&recorder->capture, pcm, frames, recorder->on_lost, err);
    if (result != MJS_OK)
        pcm->ops->close(pcm);
    return result;
}

mjs_result mjs_recorder_open(struct mjs_recorder **recorder_out,
                             const struct mjs_recorder_options *options, struct mjs_error *err) {
    mjs_result result = check_options(options, err);
    if (result != MJS_OK)
        return result;
    struct mjs_recorder *recorder = calloc(1, sizeof *recorder);
    if (recorder == NULL)
        return mjs_result_fail(err, MJS_ENOMEM, "no memory for a recorder");
    recorder->spec = options->spec;
    recorder->period_frames = options->period_frames;
    recorder->period_count = options->period_count;
    recorder->on_overrun = options->on_overrun;
    recorder->on_lost = options->on_lost;
    recorder->cancel_fd = options->cancel_fd;
    recorder->gain = MJS_GAIN_UNITY;
    recorder->state = MJS_RECORDER_PREPARED;
    result = open_all(recorder, options, err);
    if (result != MJS_OK) {
        mjs_recorder_free(recorder);
        return result;
    }
    *recorder_out = recorder;
    return MJS_OK;
}

// ---- Start and stop ----

// Drops all that is buffered, while no thread lives. Gaps in it are listed.
static void discard_buffered(struct mjs_recorder *recorder) {
    recorder->lost_frames_passed += recorder->silence_frames_left;
    recorder->silence_frames_left = 0;
    for (;;) {
        uint64_t frames = mjs_capture_available_before_gap(recorder->capture);
        mjs_capture_consume(recorder->capture, frames);
        recorder->discarded_frames += frames;
        if (!mjs_recorder_pass_gap(recorder, true) && frames == 0)
            return;
    }
}

static void set_failed(struct mjs_recorder *recorder, const struct mjs_error *failure) {
    recorder->state = MJS_RECORDER_ERROR;
    recorder->failure = *failure;
}

// Closes the device and opens it anew. The thread does not live, nothing is buffered.
static mjs_result reopen_device(struct mjs_recorder *recorder, uint32_t period_frames,
                                uint32_t period_count, struct mjs_error *err) {
    // First close: most devices can be opened only once.
    mjs_capture_close_pcm(recorder->capture);
    struct mjs_pcm *pcm = NULL;
    mjs_result result = open_device(recorder, &pcm, period_frames, period_count, err);
    if (result != MJS_OK)
        return result;
    struct mjs_pcm_hardware hardware = pcm->hardware;
    result = mjs_capture_replace_pcm(recorder->capture, pcm, err);
    if (result != MJS_OK) {
        pcm->ops->close(pcm);
        return result;
    }
    recorder->hardware = hardware;
    return MJS_OK;
}

// Starts the device, and makes the file appear. On failure no file was touched.
static mjs_result begin(struct mjs_recorder *recorder, struct mjs_error *err) {
    struct mjs_recorder_take *take = &recorder->take;
    double start_ms = unix_ms();
    mjs_result result = mjs_capture_start(recorder->capture, err);
    if (result != MJS_OK)
        return result;
    if (!take->begun && take->place != NULL) {
        result = mjs_series_create(&take->series, take->place, take->path, &recorder->spec, err);
        if (result != MJS_OK) {
            mjs_capture_stop(recorder->capture);
            discard_buffered(recorder);
            return result;
        }
        take->has_file = true;
    }
    if (!take->begun) {
        take->begun = true;
        take->start_ms = start_ms;
    }
    recorder->state = MJS_RECORDER_RECORDING;
    recorder->failure.code = MJS_OK;
    return MJS_OK;
}

mjs_result mjs_recorder_start(struct mjs_recorder *recorder, struct mjs_error *err) {
    if (recorder->state == MJS_RECORDER_RELEASED)
        return mjs_result_fail(err, MJS_ECLOSED, "the recorder is closed");
    if (recorder->state == MJS_RECORDER_FINISHED)
        return mjs_result_fail(err, MJS_EFINISHED,
                               "the recording is finished: open() starts another one");
    mjs_capture_stop(recorder->capture);
    discard_buffered(recorder);
    struct mjs_error failure = {0};
    mjs_result result = MJS_OK;
    // A thread that ended by itself: the device is gone, though no read has met it yet.
    bool gone = recorder->state == MJS_RECORDER_ERROR ||
                mjs_capture_status(recorder->capture, NULL) != MJS_OK;
    if (gone)
        result = reopen_device(recorder, recorder->period_frames, recorder->period_count, &failure);
    if (result == MJS_OK)
        result = begin(recorder, &failure);
    if (result == MJS_OK)
        return MJS_OK;
    // What was never started can be tried again just so; what ran needs a new device.
    if (gone || recorder->take.begun)
        set_failed(recorder, &failure);
    if (err != NULL)
        *err = failure;
    return result;
}

mjs_result mjs_recorder_stop(struct mjs_recorder *recorder, struct mjs_error *err) {
    switch (recorder->state) {
    case MJS_RECORDER_RELEASED:
        return mjs_result_fail(err, MJS_ECLOSED, "the recorder is closed");
    case MJS_RECORDER_PREPARED:
    case MJS_RECORDER_RECORDING:
        mjs_capture_stop(recorder->capture);
        recorder->state = MJS_RECORDER_STOPPED;
        break;
    case MJS_RECORDER_STOPPED:
    case MJS_RECORDER_FINISHED:
    case MJS_RECORDER_ERROR:
        break;
    }
    return MJS_OK;
}

mjs_result mjs_recorder_set_periods(struct mjs_recorder *recorder, uint32_t period_frames,
                                    uint32_t period_count, struct mjs_error *err) {
    if (recorder->state == MJS_RECORDER_RELEASED)
        return mjs_result_fail(err, MJS_ECLOSED, "the recorder is closed");
    if (recorder->state == MJS_RECORDER_RECORDING)
        return mjs_result_fail(err, MJS_EBUSY, "the period cannot change while recording");
    // A new device buffer would drop it.
    if (mjs_recorder_available(recorder) > 0)
        return mjs_result_fail(err, MJS_EBUSY,
                               "the period cannot change while sound is buffered: read it first");
    period_frames = period_frames != 0 ? period_frames : recorder->hardware.period_frames;
    period_count = period_count != 0 ? period_count : recorder->hardware.period_count;
    mjs_capture_stop(recorder->capture);
    discard_buffered(recorder);
    mjs_result result = reopen_device(recorder, period_frames, period_count, err);
    if (result != MJS_OK) {
        // As it was; if even that fails, there is no device any more.
        struct mjs_error failure = {0};
        if (reopen_device(recorder, recorder->period_frames, recorder->period_count, &failure) !=
            MJS_OK)
            set_failed(recorder, &failure);
        return result;
    }
    recorder->period_frames = period_frames;
    recorder->period_count = period_count;
    return MJS_OK;
}

// ---- Takes ----

// The take goes on as `next`, which has its file, if it is to have one.
static void enter_take(struct mjs_recorder *recorder, struct mjs_recorder_take next) {
    double buffered_ms =
        mjs_format_frames_to_ms(recorder->spec.rate_hz, mjs_capture_available(recorder->capture));
    next.begun = true;
    next.has_file = next.place != NULL;
    // Its first frame was captured before what is buffered.
    next.start_ms = unix_ms() - buffered_ms;
    mjs_recorder_take_free(&recorder->take);
    recorder->take = next;
    mjs_recorder_gaps_end_disk(&recorder->gaps);
}

static mjs_result switch_running(struct mjs_recorder *recorder, struct mjs_recorder_take next,
                                 struct mjs_error *err) {
    if (next.place != NULL) {
        mjs_result result =
            mjs_series_create(&next.series, next.place, next.path, &recorder->spec, err);
        if (result != MJS_OK) {
            mjs_recorder_take_free(&next);
            return result;
        }
    }
    mjs_result result = mjs_recorder_take_end(&recorder->take, err);
    enter_take(recorder, next);
    return result;
}

// A take that has not begun, or a new one after finish: only the path, checked.
static mjs_result switch_idle(struct mjs_recorder *recorder, struct mjs_recorder_take next,
                              struct mjs_error *err) {
    mjs_result result = next.place != NULL ? mjs_writer_check_path(next.place, err) : MJS_OK;
    if (result != MJS_OK) {
        mjs_recorder_take_free(&next);
        return result;
    }
    struct mjs_recorder_take former = recorder->take;
    recorder->take = next;
    if (recorder->state == MJS_RECORDER_FINISHED) {
        bool gone = mjs_capture_status(recorder->capture, NULL) != MJS_OK ||
                    recorder->failure.code != MJS_OK;
        if (gone)
            result = reopen_device(recorder, recorder->period_frames, recorder->period_count, err);
        if (result == MJS_OK)
            result = begin(recorder, err);
    }
    if (result != MJS_OK) {
        mjs_recorder_take_free(&recorder->take);
        recorder->take = former;
        return result;
    }
    mjs_recorder_gaps_end_disk(&recorder->gaps);
    mjs_recorder_take_free(&former);
    return MJS_OK;
}

mjs_result mjs_recorder_switch(struct mjs_recorder *recorder, const char *path,
                               struct mjs_error *err) {
    if (recorder->state == MJS_RECORDER_RELEASED)
        return mjs_result_fail(err, MJS_ECLOSED, "the recorder is closed");
    struct mjs_recorder_take next;
    mjs_result result = mjs_recorder_take_init(&next, path, err);
    if (result != MJS_OK)
        return result;
    bool running = recorder->take.begun && recorder->state != MJS_RECORDER_FINISHED;
    return running ? switch_running(recorder, next, err) : switch_idle(recorder, next, err);
}

// ---- Finish and close ----

mjs_result mjs_recorder_finish(struct mjs_recorder *recorder, struct mjs_recorder_summary *summary,
                               struct mjs_error *err) {
    mjs_result result = MJS_OK;
    if (recorder->state != MJS_RECORDER_FINISHED && recorder->state != MJS_RECORDER_RELEASED) {
        mjs_capture_stop(recorder->capture);
        discard_buffered(recorder);
        result = mjs_recorder_take_end(&recorder->take, err);
        recorder->state = MJS_RECORDER_FINISHED;
    }
    mjs_recorder_take_summarise(&recorder->take, summary);
    return result;
}

mjs_result mjs_recorder_close(struct mjs_recorder *recorder, struct mjs_error *err) {
    if (recorder->state == MJS_RECORDER_RELEASED)
        return MJS_OK;
    struct mjs_recorder_summary summary;
    mjs_result result = mjs_recorder_finish(recorder, &summary, err);
    recorder->counted = mjs_capture_counters(recorder->capture);
    mjs_capture_free(recorder->capture);
    recorder->capture = NULL;
    recorder->state = MJS_RECORDER_RELEASED;
    return result;
}

void mjs_recorder_free(struct mjs_recorder *recorder) {
    if (recorder == NULL)
        return;
    // Without a capture it was never opened to the end.
    if (recorder->capture != NULL)
        (void)mjs_recorder_close(recorder, NULL);
    mjs_recorder_take_free(&recorder->take);
    free(recorder->device);
    mjs_memory_free(recorder->block);
    free(recorder);
}

// ---- Looking at it ----

enum mjs_recorder_state mjs_recorder_state(const struct mjs_recorder *recorder) {
    return recorder->state;
}

struct mjs_recorder_stats mjs_recorder_stats(struct mjs_recorder *recorder) {
    struct mjs_capture_counters counted =
        recorder->capture != NULL ? mjs_capture_counters(recorder->capture) : recorder->counted;
    return (struct mjs_recorder_stats){
        .captured_frames = counted.captured_frames,
        .delivered_frames = recorder->delivered_frames,
        .discarded_frames = recorder->discarded_frames,
        .buffered_frames = counted.captured_frames - counted.consumed_frames,
        .lost_frames = counted.lost_frames,
        .silence_frames = recorder->silence_frames,
        .unwritten_frames = recorder->unwritten_frames,
        .overruns = counted.overruns,
        .high_water_frames = counted.high_water_frames,
        .gaps = recorder->gaps.list,
        .gaps_count = recorder->gaps.count,
        .gaps_omitted = recorder->gaps.omitted,
    };
}

struct mjs_series *mjs_recorder_series(struct mjs_recorder *recorder) {
    return &recorder->take.series;
}

const struct mjs_spec *mjs_recorder_spec(const struct mjs_recorder *recorder) {
    return &recorder->spec;
}

const struct mjs_pcm_hardware *mjs_recorder_hardware(const struct mjs_recorder *recorder) {
    return &recorder->hardware;
}

void mjs_recorder_set_gain(struct mjs_recorder *recorder, float gain) { recorder->gain = gain; }

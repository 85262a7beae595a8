// SPDX-License-Identifier: MIT
// Delivery: frames from the ring to the script and to the file, across gaps.
#include <time.h>

#include "convert.h"
#include "recorder_internal.h"

static const char *cause_text(enum mjs_gap_cause cause) {
    switch (cause) {
    case MJS_GAP_OVERRUN:
        return "the buffer was full: the script read too slowly";
    case MJS_GAP_DEVICE:
        return "the device lost them";
    case MJS_GAP_SUSPEND:
        return "the system slept";
    case MJS_GAP_DISK:
        return "they could not be written";
    }
    return "unknown";
}

struct mjs_recorder_position mjs_recorder_position(const struct mjs_recorder *recorder) {
    struct mjs_capture_counters counted =
        recorder->capture != NULL ? mjs_capture_counters(recorder->capture) : recorder->counted;
    return (struct mjs_recorder_position){
        .frame = counted.consumed_frames + recorder->lost_frames_passed,
        .lost_frames = recorder->lost_frames_passed,
    };
}

struct mjs_recorder_position mjs_recorder_read_position(const struct mjs_recorder *recorder) {
    return recorder->read_position_known ? recorder->read_position
                                         : mjs_recorder_position(recorder);
}

const struct mjs_recorder_gap *mjs_recorder_last_gap(const struct mjs_recorder *recorder) {
    return &recorder->gaps.last;
}

bool mjs_recorder_take_loss_notice(struct mjs_recorder *recorder, struct mjs_recorder_gap *gap) {
    return mjs_recorder_gaps_take_first_loss(&recorder->gaps, gap);
}

// Where the next frame stands in the file, or in what was delivered.
static uint64_t take_position(const struct mjs_recorder *recorder) {
    return recorder->take.delivered_frames - recorder->take.unwritten_frames;
}

bool mjs_recorder_pass_gap(struct mjs_recorder *recorder, bool discarding) {
    struct mjs_capture_gap found;
    if (!mjs_capture_gap(recorder->capture, &found, true))
        return false;
    struct mjs_recorder_gap gap = {
        .frame = mjs_recorder_position(recorder).frame,
        .at = take_position(recorder),
        .frames = found.frames,
        .time_ns = found.time_ns,
        .exact = found.exact,
        .cause = found.cause,
    };
    mjs_recorder_gaps_add(&recorder->gaps, &gap);
    if (!discarding)
        recorder->take.lost_frames += gap.frames;
    if (!discarding && recorder->on_overrun == MJS_ON_OVERRUN_SILENCE)
        recorder->silence_frames_left = gap.frames;
    else
        recorder->lost_frames_passed += gap.frames;
    return true;
}

// Appends a block that was just delivered to the file. What is not in the file is counted, and is
// a gap from `frame` on.
static mjs_result write_block(struct mjs_recorder *recorder, const void *frames_in, uint64_t frames,
                              uint64_t frame, struct mjs_error *err) {
    struct mjs_recorder_take *take = &recorder->take;
    uint64_t written = 0;
    mjs_result result = MJS_OK;
    if (!take->has_file)
        written = frames;
    else
        result = mjs_series_append(&take->series, frames_in, frames, &written, err);
    take->delivered_frames += frames;
    take->unwritten_frames += frames - written;
    recorder->unwritten_frames += frames - written;
    if (written > 0)
        mjs_recorder_gaps_end_disk(&recorder->gaps);
    if (written < frames) {
        struct timespec now = {0};
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        const struct mjs_recorder_gap gap = {
            .frame = frame + written,
            .at = take_position(recorder),
            .frames = frames - written,
            .time_ns = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec,
            .exact = true,
            .cause = MJS_GAP_DISK,
        };
        mjs_recorder_gaps_add(&recorder->gaps, &gap);
    }
    return result;
}

static mjs_result deliver_silence(struct mjs_recorder *recorder, void *frames_out, uint64_t frames,
                                  uint64_t frame, struct mjs_error *err) {
    void *target = frames_out != NULL ? frames_out : recorder->block;
    mjs_format_silence(&recorder->spec, target, (size_t)frames);
    recorder->silence_frames_left -= frames;
    recorder->silence_frames += frames;
    recorder->lost_frames_passed += frames;
    return write_block(recorder, target, frames, frame, err);
}

static bool same_spec(const struct mjs_spec *a, const struct mjs_spec *b) {
    return a->format == b->format && a->rate_hz == b->rate_hz && a->channels == b->channels;
}

static mjs_result deliver_captured(struct mjs_recorder *recorder, const void *captured,
                                   void *frames_out, uint64_t frames, uint64_t frame,
                                   struct mjs_error *err) {
    const void *block = captured;
    bool as_it_is = same_spec(&recorder->hardware.spec, &recorder->spec) &&
                    recorder->gain >= MJS_GAIN_UNITY && recorder->gain <= MJS_GAIN_UNITY;
    // Only for the file and nothing to convert: straight from the ring.
    if (frames_out != NULL || !as_it_is) {
        void *target = frames_out != NULL ? frames_out : recorder->block;
        mjs_convert_frames(&recorder->hardware.spec, captured, &recorder->spec, target,
                           (size_t)frames, recorder->gain);
        block = target;
    }
    recorder->delivered_frames += frames;
    mjs_result result = write_block(recorder, block, frames, frame, err);
    // After writing: until then the block may lie in the ring.
    mjs_capture_consume(recorder->capture, frames);
    return result;
}

// Delivers one block at most. `*delivered` 0: nothing can be delivered at this place.
static mjs_result deliver_block(struct mjs_recorder *recorder, void *frames_out,
                                uint64_t frames_max, uint64_t *delivered, struct mjs_error *err) {
    const struct mjs_recorder_position position = mjs_recorder_position(recorder);
    bool silence = recorder->silence_frames_left > 0;
    const void *captured = NULL;
    uint64_t frames =
        silence ? recorder->silence_frames_left : mjs_capture_peek(recorder->capture, &captured);
    frames = frames < frames_max ? frames : frames_max;
    frames = frames < recorder->block_frames ? frames : recorder->block_frames;
    *delivered = frames;
    if (frames == 0)
        return MJS_OK;
    if (!recorder->read_position_known) {
        recorder->read_position = position;
        recorder->read_position_known = true;
    }
    if (silence)
        return deliver_silence(recorder, frames_out, frames, position.frame, err);
    return deliver_captured(recorder, captured, frames_out, frames, position.frame, err);
}

static mjs_result fail_overrun(const struct mjs_recorder *recorder, struct mjs_error *err) {
    const struct mjs_recorder_gap *gap = mjs_recorder_last_gap(recorder);
    return mjs_result_fail(err, MJS_EOVERRUN, "%s%llu frames were lost at frame %llu: %s",
                           gap->exact ? "" : "about ", (unsigned long long)gap->frames,
                           (unsigned long long)gap->frame, cause_text(gap->cause));
}

// The stream has ended and nothing is left of it: by itself (an error), or on request.
static mjs_result end_of_stream(struct mjs_recorder *recorder, struct mjs_error *err) {
    if (recorder->state != MJS_RECORDER_ERROR) {
        if (mjs_capture_status(recorder->capture, &recorder->failure) == MJS_OK)
            return MJS_OK;
        recorder->state = MJS_RECORDER_ERROR;
    }
    if (err != NULL)
        *err = recorder->failure;
    return recorder->failure.code;
}

// Makes sure that there is a stream to read.
static mjs_result enter_read(struct mjs_recorder *recorder, struct mjs_error *err) {
    switch (recorder->state) {
    case MJS_RECORDER_RELEASED:
        return mjs_result_fail(err, MJS_ECLOSED, "the recorder is closed");
    case MJS_RECORDER_FINISHED:
        return mjs_result_fail(err, MJS_EFINISHED,
                               "the recording is finished: open() starts another one");
    case MJS_RECORDER_PREPARED:
        return mjs_recorder_start(recorder, err);
    case MJS_RECORDER_RECORDING:
    case MJS_RECORDER_STOPPED:
    case MJS_RECORDER_ERROR: // What was captured before is still there to be read.
        break;
    }
    return MJS_OK;
}

mjs_result mjs_recorder_read(struct mjs_recorder *recorder, void *frames_out, uint64_t frames,
                             bool wait, uint64_t *frames_read, struct mjs_error *err) {
    *frames_read = 0;
    mjs_result result = enter_read(recorder, err);
    if (result != MJS_OK)
        return result;
    size_t frame_bytes = mjs_format_frame_bytes(&recorder->spec);
    uint8_t *out = frames_out;
    bool waiting = wait;
    recorder->read_position_known = false;
    for (;;) {
        uint64_t rest = frames - *frames_read;
        uint64_t wanted = rest < recorder->block_frames ? rest : recorder->block_frames;
        // Whole blocks where there is time for them: each piece costs a write and a header.
        // Asked to stop: this turn and the next ones take what is there.
        if (waiting && recorder->silence_frames_left == 0 &&
            mjs_capture_available(recorder->capture) < wanted)
            waiting = !mjs_capture_wait(recorder->capture, wanted, recorder->cancel_fd, -1);
        // Before looking for frames: those that the thread left behind are seen after it.
        bool alive = mjs_capture_running(recorder->capture);
        uint64_t delivered = 0;
        result = deliver_block(recorder, out, rest, &delivered, err);
        *frames_read += delivered;
        out = out != NULL ? out + (size_t)delivered * frame_bytes : NULL;
        if (result != MJS_OK)
            return result;
        bool probing = frames == 0 && !wait && mjs_recorder_available(recorder) == 0;
        if (*frames_read == frames && !probing)
            return MJS_OK;
        if (delivered > 0)
            continue;
        // A call that does not wait returns what it has, and the next one meets what is here.
        bool met_later = *frames_read > 0 && !waiting;
        if (recorder->on_overrun == MJS_ON_OVERRUN_THROW && met_later)
            return MJS_OK;
        if (mjs_recorder_pass_gap(recorder, false)) {
            if (recorder->on_overrun == MJS_ON_OVERRUN_THROW)
                return fail_overrun(recorder, err);
            continue;
        }
        if (!alive)
            return met_later ? MJS_OK : end_of_stream(recorder, err);
        if (!waiting)
            return MJS_OK;
    }
}

uint64_t mjs_recorder_available(const struct mjs_recorder *recorder) {
    if (recorder->capture == NULL)
        return 0;
    const struct mjs_capture *capture = recorder->capture;
    bool before_gap = recorder->on_overrun == MJS_ON_OVERRUN_THROW;
    uint64_t silence = recorder->silence_frames_left;
    if (recorder->on_overrun == MJS_ON_OVERRUN_SILENCE)
        silence += mjs_capture_gap_frames(capture);
    // A night's silence does not fit into memory; who takes all that is there takes it in parts.
    uint64_t most = mjs_capture_capacity(capture);
    silence = silence < most ? silence : most;
    return silence + (before_gap ? mjs_capture_available_before_gap(recorder->capture)
                                 : mjs_capture_available(capture));
}

int mjs_recorder_event_fd(const struct mjs_recorder *recorder) {
    return recorder->capture != NULL ? mjs_capture_event_fd(recorder->capture) : -1;
}

void mjs_recorder_arm(struct mjs_recorder *recorder, uint64_t frames) {
    if (recorder->capture == NULL)
        return;
    uint64_t silence = recorder->silence_frames_left;
    mjs_capture_arm(recorder->capture, frames > silence ? frames - silence : 0);
}

void mjs_recorder_disarm(struct mjs_recorder *recorder) {
    if (recorder->capture != NULL)
        mjs_capture_disarm(recorder->capture);
}

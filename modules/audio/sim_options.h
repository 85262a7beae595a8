// SPDX-License-Identifier: MIT
// What stands behind "sim:": the kind of sound, what the hardware offers, and the faults to inject.
//
// Pure; any thread. The result holds no pointers; nothing to free.
#ifndef MJS_SIM_OPTIONS_H
#define MJS_SIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../runtime/result.h"
#include "format.h"
#include "pcm.h"

#define MJS_SIM_FAULTS_MAX 256
#define MJS_SIM_FRAME_MAX (UINT64_C(1) << 62)
#define MJS_SIM_LOST_FRAMES_MAX (UINT64_C(1) << 32)
#define MJS_SIM_STALL_MS_MAX UINT64_C(86400000)
#define MJS_SIM_AWAY_MS_MAX UINT64_C(86400000)
#define MJS_SIM_SEED_MAX UINT64_C(4294967295)
#define MJS_SIM_HZ_MAX 192000.0
#define MJS_SIM_DBFS_MIN (-200.0)

enum mjs_sim_kind { MJS_SIM_TONE, MJS_SIM_RAMP, MJS_SIM_FILE };
enum mjs_sim_end { MJS_SIM_END_SILENCE, MJS_SIM_END_LOOP, MJS_SIM_END_UNPLUG };
enum mjs_sim_fault_kind { MJS_SIM_XRUN, MJS_SIM_STALL, MJS_SIM_UNPLUG, MJS_SIM_SUSPEND };

struct mjs_sim_fault {
    enum mjs_sim_fault_kind kind;
    uint64_t frame; // device frame index at which it happens
    // xrun: frames that are lost; stall: milliseconds; unplug: milliseconds until it is there
    // again, 0: never; else 0
    uint64_t amount;
};

struct mjs_sim_options {
    enum mjs_sim_kind kind;
    double tone_hz;
    double tone_dbfs;
    enum mjs_sim_end file_end;
    char file_path[MJS_DEVICE_NAME_BYTES_MAX];
    // What the hardware offers; 0 and MJS_FORMAT_NONE: whatever is wanted.
    uint32_t rate_hz;
    uint32_t channels;
    enum mjs_format format;
    bool fast;
    uint64_t seed;
    struct mjs_sim_fault faults[MJS_SIM_FAULTS_MAX]; // by frame, ascending
    size_t faults_count;
};

// Parses "<kind>[,key=value]…". MJS_EINVAL names the key that is unknown, doubled or malformed.
MJS_MUST_USE mjs_result mjs_sim_options_parse(struct mjs_sim_options *options, const char *text,
                                              struct mjs_error *err);

#endif

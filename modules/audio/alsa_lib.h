// SPDX-License-Identifier: MIT
// libasound, loaded when it is first needed: the few functions and constants that we use.
//
// Declared here after its documented binary interface (libasound.so.2), so that building needs none
// of its headers and the executable runs where it is not installed. Script's thread: get. The
// functions themselves: any thread, one at a time for each PCM.
#ifndef MJS_ALSA_LIB_H
#define MJS_ALSA_LIB_H

#include <poll.h>
#include <stddef.h>

#include "../../runtime/result.h"

struct mjs_snd_pcm;
struct mjs_snd_hw_params;
struct mjs_snd_sw_params;
struct mjs_snd_info;
struct mjs_snd_mixer;
struct mjs_snd_mixer_elem;

#define MJS_SND_STREAM_CAPTURE 1
#define MJS_SND_NONBLOCK 1
#define MJS_SND_ACCESS_RW_INTERLEAVED 3
#define MJS_SND_TYPE_HW 0
#define MJS_SND_TYPE_FILE 3
#define MJS_SND_TYPE_NULL 4
#define MJS_SND_STATE_RUNNING 3
#define MJS_SND_STATE_SUSPENDED 7
#define MJS_SND_STATE_DISCONNECTED 8
#define MJS_SND_MIXER_CHANNELS 32

struct mjs_alsa_lib {
    const char *(*strerror)(int error);
    int (*pcm_open)(struct mjs_snd_pcm **pcm, const char *name, int stream, int mode);
    int (*pcm_close)(struct mjs_snd_pcm *pcm);
    int (*pcm_type)(struct mjs_snd_pcm *pcm);
    int (*pcm_state)(struct mjs_snd_pcm *pcm);
    size_t (*info_sizeof)(void);
    int (*pcm_info)(struct mjs_snd_pcm *pcm, struct mjs_snd_info *info);
    const char *(*info_get_name)(const struct mjs_snd_info *info);
    int (*info_get_card)(const struct mjs_snd_info *info); // negative: none
    size_t (*hw_params_sizeof)(void);
    int (*hw_params_any)(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params);
    int (*hw_params_set_access)(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                                int access);
    int (*hw_params_test_format)(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                                 int format);
    int (*hw_params_set_format)(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                                int format);
    int (*hw_params_test_channels)(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                                   unsigned channels);
    int (*hw_params_set_channels)(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                                  unsigned channels);
    int (*hw_params_test_rate)(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                               unsigned rate, int direction);
    int (*hw_params_set_rate)(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                              unsigned rate, int direction);
    int (*hw_params_set_period_size_near)(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                                          unsigned long *frames, int *direction);
    int (*hw_params_set_buffer_size_near)(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params,
                                          unsigned long *frames);
    int (*hw_params)(struct mjs_snd_pcm *pcm, struct mjs_snd_hw_params *params);
    int (*hw_params_get_period_size)(const struct mjs_snd_hw_params *params, unsigned long *frames,
                                     int *direction);
    int (*hw_params_get_buffer_size)(const struct mjs_snd_hw_params *params, unsigned long *frames);
    size_t (*sw_params_sizeof)(void);
    int (*sw_params_current)(struct mjs_snd_pcm *pcm, struct mjs_snd_sw_params *params);
    int (*sw_params_set_avail_min)(struct mjs_snd_pcm *pcm, struct mjs_snd_sw_params *params,
                                   unsigned long frames);
    int (*sw_params)(struct mjs_snd_pcm *pcm, struct mjs_snd_sw_params *params);
    int (*pcm_prepare)(struct mjs_snd_pcm *pcm);
    int (*pcm_start)(struct mjs_snd_pcm *pcm);
    int (*pcm_drop)(struct mjs_snd_pcm *pcm);
    int (*pcm_resume)(struct mjs_snd_pcm *pcm);
    long (*pcm_avail)(struct mjs_snd_pcm *pcm);
    long (*pcm_readi)(struct mjs_snd_pcm *pcm, void *frames_out, unsigned long frames);
    int (*poll_descriptors_count)(struct mjs_snd_pcm *pcm);
    int (*poll_descriptors)(struct mjs_snd_pcm *pcm, struct pollfd *fds, unsigned count);
    int (*poll_descriptors_revents)(struct mjs_snd_pcm *pcm, struct pollfd *fds, unsigned count,
                                    unsigned short *revents);
    // The simple mixer. A channel is 0 to MJS_SND_MIXER_CHANNELS - 1.
    int (*mixer_open)(struct mjs_snd_mixer **mixer, int mode);
    int (*mixer_close)(struct mjs_snd_mixer *mixer);
    int (*mixer_attach)(struct mjs_snd_mixer *mixer, const char *name);
    int (*mixer_register)(struct mjs_snd_mixer *mixer, void *options, void **classp);
    int (*mixer_load)(struct mjs_snd_mixer *mixer);
    struct mjs_snd_mixer_elem *(*mixer_first)(struct mjs_snd_mixer *mixer);
    struct mjs_snd_mixer_elem *(*mixer_next)(struct mjs_snd_mixer_elem *element);
    const char *(*mixer_name)(struct mjs_snd_mixer_elem *element);
    int (*mixer_is_active)(struct mjs_snd_mixer_elem *element);
    int (*mixer_has_channel)(struct mjs_snd_mixer_elem *element, int channel);
    int (*mixer_has_volume)(struct mjs_snd_mixer_elem *element);
    int (*mixer_has_switch)(struct mjs_snd_mixer_elem *element);
    int (*mixer_get_range)(struct mjs_snd_mixer_elem *element, long *min, long *max);
    int (*mixer_get_volume)(struct mjs_snd_mixer_elem *element, int channel, long *value);
    int (*mixer_set_volume_all)(struct mjs_snd_mixer_elem *element, long value);
    int (*mixer_get_switch)(struct mjs_snd_mixer_elem *element, int channel, int *value);
    int (*mixer_set_switch_all)(struct mjs_snd_mixer_elem *element, int value);
    // The list of PCMs ("pcm") that a configuration describes: NAME, DESC, IOID.
    int (*hint)(int card, const char *interface, void ***hints);
    char *(*hint_get)(const void *hint, const char *id); // the caller frees it
    int (*hint_free)(void **hints);
};

// The library, loaded once and kept. Null: MJS_EUNSUPPORTED, naming the package to install.
const struct mjs_alsa_lib *mjs_alsa_lib_get(struct mjs_error *err);

// libasound explains its failures by printing. Instead, the last line that the calling thread's
// calls would have printed goes into `text` (emptied here) until `text` is null again.
#define MJS_ALSA_MESSAGE_BYTES 160
void mjs_alsa_lib_collect(char text[MJS_ALSA_MESSAGE_BYTES]);

#endif

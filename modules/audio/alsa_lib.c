// SPDX-License-Identifier: MIT
// Loads libasound at run time.
#include "alsa_lib.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#ifdef MJS_STATIC

const struct mjs_alsa_lib *mjs_alsa_lib_get(struct mjs_error *err) {
    (void)mjs_result_fail(err, MJS_EUNSUPPORTED,
                          "this executable is static and cannot load libasound: use hw:");
    return NULL;
}

void mjs_alsa_lib_collect(char text[MJS_ALSA_MESSAGE_BYTES]) {
    if (text != NULL)
        text[0] = '\0';
}

#else

#define LIBRARY "libasound.so.2"

#define FUNCTION(member, name) {offsetof(struct mjs_alsa_lib, member), name}

static const struct {
    size_t offset;
    const char *name;
} functions[] = {
    FUNCTION(strerror, "snd_strerror"),
    FUNCTION(pcm_open, "snd_pcm_open"),
    FUNCTION(pcm_close, "snd_pcm_close"),
    FUNCTION(pcm_type, "snd_pcm_type"),
    FUNCTION(pcm_state, "snd_pcm_state"),
    FUNCTION(info_sizeof, "snd_pcm_info_sizeof"),
    FUNCTION(pcm_info, "snd_pcm_info"),
    FUNCTION(info_get_name, "snd_pcm_info_get_name"),
    FUNCTION(info_get_card, "snd_pcm_info_get_card"),
    FUNCTION(hw_params_sizeof, "snd_pcm_hw_params_sizeof"),
    FUNCTION(hw_params_any, "snd_pcm_hw_params_any"),
    FUNCTION(hw_params_set_access, "snd_pcm_hw_params_set_access"),
    FUNCTION(hw_params_test_format, "snd_pcm_hw_params_test_format"),
    FUNCTION(hw_params_set_format, "snd_pcm_hw_params_set_format"),
    FUNCTION(hw_params_test_channels, "snd_pcm_hw_params_test_channels"),
    FUNCTION(hw_params_set_channels, "snd_pcm_hw_params_set_channels"),
    FUNCTION(hw_params_test_rate, "snd_pcm_hw_params_test_rate"),
    FUNCTION(hw_params_set_rate, "snd_pcm_hw_params_set_rate"),
    FUNCTION(hw_params_set_period_size_near, "snd_pcm_hw_params_set_period_size_near"),
    FUNCTION(hw_params_set_buffer_size_near, "snd_pcm_hw_params_set_buffer_size_near"),
    FUNCTION(hw_params, "snd_pcm_hw_params"),
    FUNCTION(hw_params_get_period_size, "snd_pcm_hw_params_get_period_size"),
    FUNCTION(hw_params_get_buffer_size, "snd_pcm_hw_params_get_buffer_size"),
    FUNCTION(sw_params_sizeof, "snd_pcm_sw_params_sizeof"),
    FUNCTION(sw_params_current, "snd_pcm_sw_params_current"),
    FUNCTION(sw_params_set_avail_min, "snd_pcm_sw_params_set_avail_min"),
    FUNCTION(sw_params, "snd_pcm_sw_params"),
    FUNCTION(pcm_prepare, "snd_pcm_prepare"),
    FUNCTION(pcm_start, "snd_pcm_start"),
    FUNCTION(pcm_drop, "snd_pcm_drop"),
    FUNCTION(pcm_resume, "snd_pcm_resume"),
    FUNCTION(pcm_avail, "snd_pcm_avail"),
    FUNCTION(pcm_readi, "snd_pcm_readi"),
    FUNCTION(poll_descriptors_count, "snd_pcm_poll_descriptors_count"),
    FUNCTION(poll_descriptors, "snd_pcm_poll_descriptors"),
    FUNCTION(poll_descriptors_revents, "snd_pcm_poll_descriptors_revents"),
    FUNCTION(mixer_open, "snd_mixer_open"),
    FUNCTION(mixer_close, "snd_mixer_close"),
    FUNCTION(mixer_attach, "snd_mixer_attach"),
    FUNCTION(mixer_register, "snd_mixer_selem_register"),
    FUNCTION(mixer_load, "snd_mixer_load"),
    FUNCTION(mixer_first, "snd_mixer_first_elem"),
    FUNCTION(mixer_next, "snd_mixer_elem_next"),
    FUNCTION(mixer_name, "snd_mixer_selem_get_name"),
    FUNCTION(mixer_is_active, "snd_mixer_selem_is_active"),
    FUNCTION(mixer_has_channel, "snd_mixer_selem_has_capture_channel"),
    FUNCTION(mixer_has_volume, "snd_mixer_selem_has_capture_volume"),
    FUNCTION(mixer_has_switch, "snd_mixer_selem_has_capture_switch"),
    FUNCTION(mixer_get_range, "snd_mixer_selem_get_capture_volume_range"),
    FUNCTION(mixer_get_volume, "snd_mixer_selem_get_capture_volume"),
    FUNCTION(mixer_set_volume_all, "snd_mixer_selem_set_capture_volume_all"),
    FUNCTION(mixer_get_switch, "snd_mixer_selem_get_capture_switch"),
    FUNCTION(mixer_set_switch_all, "snd_mixer_selem_set_capture_switch_all"),
    FUNCTION(hint, "snd_device_name_hint"),
    FUNCTION(hint_get, "snd_device_name_get_hint"),
    FUNCTION(hint_free, "snd_device_name_free_hint"),
};

typedef void error_handler(const char *file, int line, const char *function, int error,
                           const char *format, ...);

// Where this thread's messages go: the caller's memory, or nowhere.
static _Thread_local char *message_sink;

__attribute__((format(printf, 5, 6))) static void collect_message(const char *file, int line,
                                                                  const char *function, int error,
                                                                  const char *format, ...) {
    (void)file;
    (void)line;
    (void)function;
    (void)error;
    if (message_sink == NULL)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message_sink, MJS_ALSA_MESSAGE_BYTES, format, args);
    va_end(args);
    // Some end in a newline; ours are one line.
    message_sink[strcspn(message_sink, "\n")] = '\0';
}

void mjs_alsa_lib_collect(char text[MJS_ALSA_MESSAGE_BYTES]) {
    message_sink = text;
    if (text != NULL)
        text[0] = '\0';
}

static mjs_result fail_missing(struct mjs_error *err) {
    const char *reason = dlerror();
    return mjs_result_fail(err, MJS_EUNSUPPORTED,
                           "libasound is missing (Debian, Ubuntu: apt install libasound2; or "
                           "without a microphone: --mic sim:tone): %.200s",
                           reason != NULL ? reason : LIBRARY);
}

static bool load_functions(void *library, struct mjs_alsa_lib *lib) {
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *function = dlsym(library, functions[i].name);
        if (function == NULL)
            return false;
        // ISO C has no cast from an object pointer to a function pointer; POSIX has the same bytes.
        (void)memcpy((char *)lib + functions[i].offset, &function, sizeof function);
    }
    return true;
}

const struct mjs_alsa_lib *mjs_alsa_lib_get(struct mjs_error *err) {
    // Script's thread only. A failure is not remembered: the package may be installed meanwhile.
    static struct mjs_alsa_lib loaded;
    static bool is_loaded;
    if (is_loaded)
        return &loaded;
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL || !load_functions(library, &loaded)) {
        (void)fail_missing(err);
        if (library != NULL)
            (void)dlclose(library);
        return NULL;
    }
    // What it has to say belongs into our error, not onto the user's terminal.
    int (*set_handler)(error_handler *handler) = NULL;
    void *function = dlsym(library, "snd_lib_error_set_handler");
    (void)memcpy(&set_handler, &function, sizeof function);
    if (set_handler != NULL)
        (void)set_handler(collect_message);
    is_loaded = true;
    return &loaded;
}

#endif

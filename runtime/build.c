// SPDX-License-Identifier: MIT
// Bundles a script into a file of JavaScript (.js, .mjs) or of bytecode (.jsc).
#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bytecode.h"
#include "esbuild.h"
#include "host.h"
#include "js_util.h"
#include "script.h"

static int show(const struct mjs_error *err) {
    mjs_js_warn("%s", err->message);
    return MJS_STATUS_ERROR;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int write_bytecode(const char *bundle, const char *output) {
    struct mjs_buffer code = {0};
    struct mjs_buffer map = {0};
    struct mjs_buffer container = {0};
    struct mjs_error err;
    int status = MJS_STATUS_OK;
    mjs_result result = mjs_buffer_read_file(&code, bundle, MJS_SCRIPT_BYTES_MAX, &err);
    if (result == MJS_OK) {
        mjs_script_split_map(&code, &map, NULL, "");
        // No folder of this machine gets into the file: the same input gives the same bytes.
        result = mjs_bytecode_compile(base_name(output), &code, &map, &container, &err);
    }
    if (result != MJS_OK) {
        status = show(&err);
    } else if (mjs_buffer_write_file(output, container.data, container.bytes, 0644, false, &err) !=
               MJS_OK) {
        mjs_js_warn("%s", err.message);
        status = MJS_STATUS_ENVIRONMENT;
    }
    mjs_buffer_free(&code);
    mjs_buffer_free(&map);
    mjs_buffer_free(&container);
    return status;
}

static int write_javascript(const char *bundle, const char *output) {
    if (rename(bundle, output) == 0) {
        return MJS_STATUS_OK;
    }
    mjs_js_warn("cannot write %s: %s", output, strerror(errno));
    return MJS_STATUS_ENVIRONMENT;
}

static int build(const struct mjs_options *options, const char *esbuild, const char *path) {
    struct mjs_buffer temporary = {0};
    struct mjs_buffer nothing = {0};
    struct mjs_error err;
    // esbuild writes beside the target, so that the map's paths are right.
    mjs_buffer_printf(&temporary, "%s.%d.tmp.js", options->output, (int)getpid());
    struct mjs_esbuild_job job = {
        .executable = esbuild, .entry = path, .outfile = mjs_buffer_text(&temporary)};
    int status = -1;
    if (temporary.failed) {
        (void)mjs_result_fail(&err, MJS_ENOMEM, "out of memory");
    } else {
        status = mjs_esbuild_run(&job, &nothing, &err);
    }
    if (status < 0) {
        status = show(&err);
    } else if (status > 0) {
        status = MJS_STATUS_ERROR;
    } else if (mjs_script_is_bytecode(options->output)) {
        status = write_bytecode(temporary.data, options->output);
    } else {
        status = write_javascript(temporary.data, options->output);
    }
    unlink(mjs_buffer_text(&temporary)); // not there any more where it was renamed
    mjs_buffer_free(&nothing);
    mjs_buffer_free(&temporary);
    return status;
}

int mjs_build_run(const struct mjs_options *options) {
    static const char *const endings[] = {".js", ".mjs", ".jsc", NULL};
    struct mjs_buffer path = {0};
    struct mjs_buffer folder = {0};
    struct mjs_buffer esbuild = {0};
    struct mjs_error err;
    if (!mjs_script_has_ending(options->output, endings)) {
        mjs_js_warn("the output's name must end in .js, .mjs or .jsc: %s", options->output);
        return MJS_STATUS_USAGE;
    }
    int status = mjs_script_find(options->script, &path);
    if (status == MJS_STATUS_OK && mjs_script_is_bytecode(path.data)) {
        mjs_js_warn("%s is built already", options->script);
        status = MJS_STATUS_USAGE;
    }
    if (status == MJS_STATUS_OK) {
        mjs_script_folder(path.data, &folder);
        status = mjs_esbuild_find(mjs_buffer_text(&folder), &esbuild, &err) == MJS_OK
                     ? build(options, esbuild.data, path.data)
                     : show(&err);
    }
    mjs_buffer_free(&path);
    mjs_buffer_free(&folder);
    mjs_buffer_free(&esbuild);
    return status;
}

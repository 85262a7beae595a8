// SPDX-License-Identifier: MIT
// Scripts as the engine runs them.
#include "bundle.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bytecode.h"
#include "cache.h"
#include "esbuild.h"
#include "js_util.h"
#include "loader.h"
#include "manifest.h"
#include "script.h"
#include "stop.h"

#define FILE_TIME_TRIES_MAX 200

static int show(const struct mjs_error *err) {
    mjs_js_warn("%s", err->message);
    return MJS_STATUS_ERROR;
}

// What tells one esbuild from another without running it.
static void esbuild_identity(const char *path, struct mjs_buffer *identity) {
    struct stat status;
    if (stat(path, &status) == 0) {
        mjs_buffer_printf(identity, "%s %lld %lld.%09ld", path, (long long)status.st_size,
                          (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    }
}

static int64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000LL + now.tv_nsec;
}

// Waits (1 to 10 ms) until the clock that file systems stamp with has passed this moment: what was
// written before has an older stamp, whether coarse or fine, and what is written from now on has
// none that is older. 0, which nothing is older than: that clock was set back meanwhile.
static int64_t next_file_time_ns(void) {
    int64_t begin_ns = clock_ns(CLOCK_REALTIME);
    for (int i = 0; i < FILE_TIME_TRIES_MAX; i++) {
        int64_t stamp_ns = clock_ns(CLOCK_REALTIME_COARSE);
        if (stamp_ns > begin_ns) {
            return stamp_ns;
        }
        struct timespec pause = {.tv_nsec = 500000};
        nanosleep(&pause, NULL);
    }
    return 0;
}

// Compiles the bundle. False: the engine does not take it, and will say why when it runs the code.
static bool compile(const char *path, const struct mjs_buffer *code,
                    struct mjs_cache_entry *entry) {
    static const struct mjs_buffer no_map = {0}; // it has a file of its own
    if (mjs_bytecode_compile(path, code, &no_map, &entry->bytecode, NULL) == MJS_OK) {
        return true;
    }
    mjs_buffer_free(&entry->bytecode);
    return false;
}

// Whether this engine can load the entry's bytecode; then only the code of it is left.
static bool unwrap(struct mjs_host *host, const char *path, struct mjs_cache_entry *entry) {
    struct mjs_bytecode found;
    if (mjs_bytecode_check(host->ctx, &entry->bytecode, &found, NULL) != MJS_OK ||
        found.name_bytes != strlen(path) || memcmp(found.name, path, found.name_bytes) != 0) {
        return false;
    }
    mjs_bytecode_unwrap(&entry->bytecode, &found);
    return true;
}

static bool look_up(struct mjs_host *host, struct mjs_cache *cache, const char *key,
                    const char *esbuild, const char *path, struct mjs_cache_entry *entry) {
    if (!mjs_cache_lookup(cache, key, esbuild, entry)) {
        return false;
    }
    if (unwrap(host, path, entry)) {
        return true;
    }
    mjs_cache_entry_free(entry);
    return false;
}

// Runs esbuild on a script and keeps the result: `code` gets the JavaScript, `entry` the rest.
// `cache` may be null. `*unwritable`: there is no room for files in the cache's folder, or no right
// to write them.
static int make_bundle(struct mjs_host *host, const char *path, const char *esbuild,
                       struct mjs_cache *cache, const char *key, struct mjs_cache_entry *entry,
                       struct mjs_buffer *code, bool *unwritable) {
    // esbuild writes a metafile only beside an output file, so both go into the cache's folder.
    struct mjs_buffer metafile = {0};
    struct mjs_buffer outfile = {0};
    struct mjs_error err;
    struct mjs_esbuild_job job = {.executable = esbuild, .entry = path};
    int64_t started_ns = cache ? next_file_time_ns() : 0;
    if (!mjs_esbuild_takes_name(path)) {
        cache = NULL; // esbuild does not name the file among the inputs
    }
    if (cache) {
        mjs_buffer_printf(&metafile, "%s/making.%d.json", cache->folder.data, (int)getpid());
        mjs_buffer_printf(&outfile, "%s/making.%d.js", cache->folder.data, (int)getpid());
        job.metafile = metafile.data;
        job.outfile = outfile.data;
        job.unwritable = unwritable;
    }
    int status = -1;
    if (metafile.failed || outfile.failed) {
        (void)mjs_result_fail(&err, MJS_ENOMEM, "out of memory");
    } else {
        status = mjs_esbuild_run(&job, code, &err);
    }
    if (status < 0) {
        status = show(&err);
    } else if (status > 0) {
        status = mjs_stop_requested() ? MJS_STATUS_OK : MJS_STATUS_ERROR;
    } else if (cache &&
               mjs_buffer_read_file(code, outfile.data, MJS_SCRIPT_BYTES_MAX, &err) != MJS_OK) {
        status = show(&err);
    } else {
        mjs_script_split_map(code, &entry->map, NULL, "");
        if (cache) {
            mjs_buffer_append_text(&entry->base, cache->folder.data);
        } else {
            mjs_script_append_cwd(&entry->base);
        }
        mjs_hash_sha256_hex(mjs_buffer_text(&entry->map), entry->map.bytes, entry->map_hash);
        esbuild_identity(esbuild, &entry->esbuild);
        // A cache that cannot be written is no reason to complain: the script runs without.
        if (compile(path, code, entry) && cache &&
            mjs_manifest_store(host, cache, key, entry, metafile.data, path, started_ns, &err) ==
                MJS_EIO) {
            mjs_js_warn("the bundle could not be cached: %s", err.message);
        }
    }
    if (metafile.bytes && outfile.bytes) {
        unlink(metafile.data); // both are not there where esbuild failed
        unlink(outfile.data);
    }
    mjs_buffer_free(&metafile);
    mjs_buffer_free(&outfile);
    return status;
}

// A script that needs esbuild: from the cache, or made. `code` gets bytecode in both cases, so that
// a script behaves the same the first time.
static int load_bundled(struct mjs_host *host, const char *path, bool no_cache,
                        struct mjs_buffer *code) {
    struct mjs_cache_entry entry = {0};
    struct mjs_cache cache;
    struct mjs_buffer esbuild = {0};
    struct mjs_buffer identity = {0};
    struct mjs_buffer folder = {0};
    struct mjs_error err;
    char key[MJS_HASH_HEX_BYTES];
    const char *node_path = getenv("NODE_PATH");
    const char *const words[] = {MJS_VERSION, JS_GetVersion(), mjs_esbuild_options_text(),
                                 node_path ? node_path : "", path};
    mjs_cache_key(words, sizeof(words) / sizeof(words[0]), key);
    mjs_script_folder(path, &folder);
    bool found = mjs_esbuild_find(mjs_buffer_text(&folder), &esbuild, &err) == MJS_OK;
    if (found) {
        esbuild_identity(esbuild.data, &identity);
    }
    bool cached = !no_cache && mjs_cache_open(&cache, NULL);
    int status = MJS_STATUS_OK;
    bool hit = cached &&
               look_up(host, &cache, key, found ? mjs_buffer_text(&identity) : NULL, path, &entry);
    if (!hit && !found) {
        status = show(&err);
    } else if (!hit) {
        bool unwritable = false;
        status = make_bundle(host, path, esbuild.data, cached ? &cache : NULL, key, &entry, code,
                             &unwritable);
        if (unwritable) {
            mjs_cache_entry_free(&entry);
            mjs_buffer_free(code);
            status = make_bundle(host, path, esbuild.data, NULL, key, &entry, code, NULL);
        }
    }
    if (status == MJS_STATUS_OK) {
        struct mjs_source *source = &host->source;
        if (hit || (entry.bytecode.bytes > 0 && unwrap(host, path, &entry))) {
            mjs_buffer_free(code);
            *code = entry.bytecode;
            source->is_bytecode = true;
        } else {
            mjs_buffer_free(&entry.bytecode);
        }
        source->map = entry.map;
        source->map_file = entry.map_file;
        source->map_base = entry.base;
        memcpy(source->map_hash, entry.map_hash, sizeof(source->map_hash));
        mjs_buffer_free(&entry.esbuild);
    } else {
        mjs_cache_entry_free(&entry);
    }
    if (cached) {
        mjs_cache_close(&cache);
    }
    mjs_buffer_free(&esbuild);
    mjs_buffer_free(&identity);
    mjs_buffer_free(&folder);
    return status;
}

// A container that the user named. What is wrong with it is said in one line: there is no source to
// build it from again. `path`: its file, from which the map is read when it is needed; null: none.
static int load_bytecode(struct mjs_host *host, const char *name, const char *path,
                         struct mjs_buffer *code) {
    struct mjs_source *source = &host->source;
    struct mjs_bytecode found;
    struct mjs_error err;
    if (mjs_bytecode_check(host->ctx, code, &found, &err) != MJS_OK) {
        mjs_js_warn("%s %s", name, err.message);
        return MJS_STATUS_ERROR;
    }
    mjs_buffer_free(&source->name); // stack frames have the name that it was compiled with
    mjs_buffer_append(&source->name, found.name, found.name_bytes);
    memcpy(source->map_hash, found.map_hash, sizeof(source->map_hash));
    if (path && found.map_bytes > 0) {
        mjs_buffer_append_text(&source->map_file, path);
        source->map_offset = found.map_offset;
    } else {
        mjs_buffer_append(&source->map, code->data + found.map_offset,
                          code->bytes - found.map_offset);
    }
    source->is_bytecode = true;
    mjs_bytecode_unwrap(code, &found);
    return MJS_STATUS_OK;
}

static int load_bytecode_file(struct mjs_host *host, const char *path, struct mjs_buffer *code) {
    struct mjs_error err;
    if (mjs_buffer_read_file(code, path, MJS_SCRIPT_BYTES_MAX, &err) != MJS_OK) {
        return show(&err);
    }
    mjs_script_folder(path, &host->source.map_base);
    return load_bytecode(host, path, path, code);
}

// Whether this JavaScript can run as it is: the engine can parse it, and it names no files. What
// only might load a file (import(), require) counts as if it did: bundling is never wrong.
static bool stands_alone(struct mjs_host *host, const struct mjs_buffer *code) {
    const char *text = mjs_buffer_text(code);
    if (strstr(text, "import(") || strstr(text, "import (") || strstr(text, "require(")) {
        return false;
    }
    mjs_loader_probe(host, true);
    // A name of its own: the engine keeps this module, and finds the first of a name.
    JSValue module = JS_Eval(host->ctx, text, code->bytes, "maixjs:probe",
                             JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    bool alone = !JS_IsException(module);
    if (alone && JS_ResolveModule(host->ctx, module) != 0) {
        alone = !host->probe_found_file; // a native module's error is shown when it really runs
    }
    if (!JS_IsException(module)) {
        JS_FreeValue(host->ctx, module);
    }
    JS_FreeValue(host->ctx, JS_GetException(host->ctx));
    mjs_loader_probe(host, false);
    return alone;
}

static int load_javascript(struct mjs_host *host, const char *path, bool no_cache,
                           struct mjs_buffer *code) {
    struct mjs_error err;
    if (mjs_buffer_read_file(code, path, MJS_SCRIPT_BYTES_MAX, &err) != MJS_OK) {
        show(&err);
        return MJS_STATUS_USAGE;
    }
    struct mjs_buffer folder = {0};
    struct mjs_buffer esbuild = {0};
    mjs_script_folder(path, &folder);
    if (stands_alone(host, code)) {
        mjs_script_split_map(code, &host->source.map, &host->source.map_file,
                             mjs_buffer_text(&folder));
        host->source.map_base = folder;
        return MJS_STATUS_OK;
    }
    bool imports_files = host->probe_found_file;
    bool found = mjs_esbuild_find(mjs_buffer_text(&folder), &esbuild, &err) == MJS_OK;
    mjs_buffer_free(&folder);
    mjs_buffer_free(&esbuild);
    if (!found && !imports_files) {
        return MJS_STATUS_OK; // the engine tells what is wrong, or loads what is really imported
    }
    mjs_buffer_free(code);
    return load_bundled(host, path, no_cache, code);
}

// The code of -e: TypeScript where esbuild is there, else JavaScript.
static int load_eval(struct mjs_host *host, const char *text, struct mjs_buffer *code) {
    struct mjs_buffer folder = {0};
    struct mjs_buffer esbuild = {0};
    struct mjs_error err;
    mjs_script_append_cwd(&folder);
    int status = MJS_STATUS_OK;
    if (folder.failed) {
        (void)mjs_result_fail(&err, MJS_ENOMEM, "out of memory");
        status = show(&err);
    } else if (mjs_esbuild_find(mjs_buffer_text(&folder), &esbuild, &err) == MJS_OK) {
        struct mjs_esbuild_job job = {.executable = esbuild.data,
                                      .code = text,
                                      .code_bytes = strlen(text),
                                      .code_name = "[eval].ts",
                                      .code_folder = folder.data};
        status = mjs_esbuild_run(&job, code, &err);
        if (status < 0) {
            status = show(&err);
        } else if (status > 0) {
            status = MJS_STATUS_ERROR;
        } else {
            mjs_script_split_map(code, &host->source.map, NULL, "");
        }
    } else {
        mjs_buffer_append_text(code, text);
        if (!stands_alone(host, code)) {
            status = show(&err);
        }
    }
    host->source.map_base = folder;
    mjs_buffer_free(&esbuild);
    return status;
}

static int load_stdin(struct mjs_host *host, const struct mjs_options *options,
                      struct mjs_buffer *code) {
    struct mjs_error err;
    if (options->bundle) { // it has come through the channel
        host->source.is_foreign = true;
        *code = *options->bundle;
        *options->bundle = (struct mjs_buffer){0};
    } else if (mjs_buffer_read_fd(code, STDIN_FILENO, MJS_SCRIPT_BYTES_MAX, "standard input",
                                  &err) != MJS_OK) {
        return show(&err);
    }
    if (code->bytes == 0) {
        mjs_js_warn("there is no script on standard input");
        return MJS_STATUS_USAGE;
    }
    mjs_script_append_cwd(&host->source.map_base);
    if (mjs_bytecode_is(code->data, code->bytes)) {
        return load_bytecode(host, "standard input", NULL, code);
    }
    mjs_script_split_map(code, &host->source.map, NULL, "");
    return MJS_STATUS_OK;
}

int mjs_bundle_load(struct mjs_host *host, const struct mjs_options *options,
                    struct mjs_buffer *code, struct mjs_buffer *path) {
    if (options->command == MJS_COMMAND_EVAL) {
        mjs_buffer_append_text(&host->source.name, "[eval]");
        return load_eval(host, options->script, code);
    }
    if (options->command == MJS_COMMAND_STDIN) {
        mjs_buffer_append_text(&host->source.name, "[stdin]");
        return load_stdin(host, options, code);
    }
    int status = mjs_script_find(options->script, path);
    if (status != MJS_STATUS_OK) {
        return status;
    }
    mjs_buffer_append_text(&host->source.name, path->data);
    if (mjs_script_is_bytecode(path->data)) {
        return load_bytecode_file(host, path->data, code);
    }
    return mjs_script_is_javascript(path->data)
               ? load_javascript(host, path->data, options->no_cache, code)
               : load_bundled(host, path->data, options->no_cache, code);
}

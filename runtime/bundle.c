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

#include "cache.h"
#include "esbuild.h"
#include "js_util.h"
#include "loader.h"
#include "manifest.h"
#include "stop.h"

#define SCRIPT_BYTES_MAX ((size_t)256 << 20)
#define FILE_TIME_TRIES_MAX 200

static const char map_comment[] = "//# sourceMappingURL=";

static bool has_ending(const char *path, const char *const *endings) {
    const char *dot = strrchr(path, '.');
    for (; dot && *endings; endings++) {
        if (strcmp(dot, *endings) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_javascript(const char *path) {
    static const char *const endings[] = {".js", ".mjs", NULL};
    return has_ending(path, endings);
}

static bool is_script(const char *path) {
    static const char *const endings[] = {".ts", ".mts", ".cts", ".tsx", ".jsx", ".cjs", NULL};
    return is_javascript(path) || has_ending(path, endings);
}

// The real path of a script, or a usage error.
static int find_script(const char *script, struct mjs_buffer *path) {
    struct stat status;
    char *real = realpath(script, NULL);
    if (!real || stat(real, &status) != 0) {
        mjs_js_warn(errno == ENOENT ? "there is no script %s" : "cannot open the script %s: %s",
                    script, strerror(errno));
        free(real);
        return MJS_STATUS_USAGE;
    }
    int result = MJS_STATUS_USAGE;
    if (S_ISDIR(status.st_mode)) {
        mjs_js_warn("%s is a directory, not a script", script);
    } else if (!S_ISREG(status.st_mode)) {
        mjs_js_warn("%s is not a regular file (a bundle can be piped into `maixjs -`)", script);
    } else if (!is_script(real)) {
        mjs_js_warn("%s is not a script: its name must end in .ts, .mts, .cts, .tsx, .js, .mjs, "
                    ".cjs or .jsx",
                    script);
    } else {
        mjs_buffer_append_text(path, real);
        result = MJS_STATUS_OK;
    }
    free(real);
    return result;
}

static void folder_of(const char *path, struct mjs_buffer *folder) {
    const char *slash = strrchr(path, '/');
    size_t bytes = slash && slash > path ? (size_t)(slash - path) : 1;
    mjs_buffer_append(folder, slash ? path : ".", bytes);
}

static int base64_digit(char c) {
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

// Decodes up to the first character that is no digit (the padding, or a broken map).
static void append_base64(struct mjs_buffer *out, const char *text, size_t bytes) {
    unsigned bits = 0;
    int bit_count = 0;
    for (size_t i = 0; i < bytes && base64_digit(text[i]) >= 0; i++) {
        bits = bits << 6 | (unsigned)base64_digit(text[i]);
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            char byte = (char)(bits >> bit_count & 0xff);
            mjs_buffer_append(out, &byte, 1);
        }
    }
}

// Cuts the source map comment off the code's end, and takes the map from it: inline, or the name of
// a file beside the script.
static void split_map(struct mjs_buffer *code, struct mjs_buffer *map, struct mjs_buffer *map_file,
                      const char *folder) {
    static const char inline_prefix[] = "data:application/json;base64,";
    size_t end = code->bytes;
    while (end > 0 && (code->data[end - 1] == '\n' || code->data[end - 1] == '\r')) {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && code->data[begin - 1] != '\n') {
        begin--;
    }
    if (end - begin < sizeof(map_comment) ||
        memcmp(code->data + begin, map_comment, sizeof(map_comment) - 1) != 0) {
        return;
    }
    const char *url = code->data + begin + sizeof(map_comment) - 1;
    size_t url_bytes = (size_t)(code->data + end - url);
    if (url_bytes > sizeof(inline_prefix) &&
        memcmp(url, inline_prefix, sizeof(inline_prefix) - 1) == 0) {
        append_base64(map, url + sizeof(inline_prefix) - 1,
                      url_bytes - (sizeof(inline_prefix) - 1));
    } else if (map_file && !memchr(url, ':', url_bytes) && !memchr(url, '/', url_bytes)) {
        mjs_buffer_printf(map_file, "%s/%.*s", folder, (int)url_bytes, url);
    }
    code->bytes = begin;
    code->data[begin] = '\0';
}

static void append_cwd(struct mjs_buffer *folder) {
    char *cwd = getcwd(NULL, 0);
    mjs_buffer_append_text(folder, cwd ? cwd : "/");
    free(cwd);
}

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

// Runs esbuild on a script and keeps the result. `cache` may be null. `*unwritable`: there is no
// room for files in the cache's folder, or no right to write them.
static int make_bundle(struct mjs_host *host, const char *path, const char *esbuild,
                       struct mjs_cache *cache, const char *key, struct mjs_cache_entry *entry,
                       bool *unwritable) {
    // esbuild writes a metafile only beside an output file, so both go into the cache's folder.
    struct mjs_buffer metafile = {0};
    struct mjs_buffer outfile = {0};
    struct mjs_error err;
    struct mjs_esbuild_job job = {.executable = esbuild, .entry = path};
    struct mjs_buffer text = {0};
    struct mjs_buffer folder = {0};
    int64_t started_ns = cache ? next_file_time_ns() : 0;
    folder_of(path, &folder);
    // A name with = would mean something else on esbuild's command line.
    if (strchr(path, '=')) {
        if (mjs_buffer_read_file(&text, path, SCRIPT_BYTES_MAX, &err) != MJS_OK) {
            mjs_buffer_free(&folder);
            return show(&err);
        }
        job.entry = NULL;
        job.code = mjs_buffer_text(&text);
        job.code_bytes = text.bytes;
        job.code_name = path;
        job.code_folder = folder.data;
        cache = NULL;
    }
    if (cache) {
        mjs_buffer_printf(&metafile, "%s/making.%d.json", cache->folder.data, (int)getpid());
        mjs_buffer_printf(&outfile, "%s/making.%d.js", cache->folder.data, (int)getpid());
        job.metafile = metafile.data;
        job.outfile = outfile.data;
        job.unwritable = unwritable;
    }
    int status = mjs_esbuild_run(&job, &entry->code, &err);
    if (status < 0) {
        status = show(&err);
    } else if (status > 0) {
        status = mjs_stop_requested() ? MJS_STATUS_OK : MJS_STATUS_ERROR;
    } else if (cache &&
               mjs_buffer_read_file(&entry->code, outfile.data, SCRIPT_BYTES_MAX, &err) != MJS_OK) {
        status = show(&err);
    } else {
        split_map(&entry->code, &entry->map, NULL, "");
        if (cache) {
            mjs_buffer_append_text(&entry->base, cache->folder.data);
        } else {
            append_cwd(&entry->base);
        }
        mjs_hash_sha256_hex(mjs_buffer_text(&entry->map), entry->map.bytes, entry->map_hash);
        esbuild_identity(esbuild, &entry->esbuild);
        // A cache that cannot be written is no reason to complain: the script runs without.
        if (cache && mjs_manifest_store(host, cache, key, entry, metafile.data, path, started_ns,
                                        &err) == MJS_EIO) {
            mjs_js_warn("the bundle could not be cached: %s", err.message);
        }
    }
    if (metafile.bytes) {
        unlink(metafile.data); // both are not there where esbuild failed
        unlink(outfile.data);
    }
    mjs_buffer_free(&metafile);
    mjs_buffer_free(&outfile);
    mjs_buffer_free(&text);
    mjs_buffer_free(&folder);
    return status;
}

// A script that needs esbuild: from the cache, or made.
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
    folder_of(path, &folder);
    bool found = mjs_esbuild_find(mjs_buffer_text(&folder), &esbuild, &err) == MJS_OK;
    if (found) {
        esbuild_identity(esbuild.data, &identity);
    }
    bool cached = !no_cache && mjs_cache_open(&cache, NULL);
    int status = MJS_STATUS_OK;
    bool hit =
        cached && mjs_cache_lookup(&cache, key, found ? mjs_buffer_text(&identity) : NULL, &entry);
    if (!hit && !found) {
        status = show(&err);
    } else if (!hit) {
        bool unwritable = false;
        status =
            make_bundle(host, path, esbuild.data, cached ? &cache : NULL, key, &entry, &unwritable);
        if (unwritable) {
            mjs_cache_entry_free(&entry);
            status = make_bundle(host, path, esbuild.data, NULL, key, &entry, NULL);
        }
    }
    if (status == MJS_STATUS_OK) {
        struct mjs_source *source = &host->source;
        *code = entry.code;
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
    if (mjs_buffer_read_file(code, path, SCRIPT_BYTES_MAX, &err) != MJS_OK) {
        show(&err);
        return MJS_STATUS_USAGE;
    }
    struct mjs_buffer folder = {0};
    struct mjs_buffer esbuild = {0};
    folder_of(path, &folder);
    if (stands_alone(host, code)) {
        split_map(code, &host->source.map, &host->source.map_file, mjs_buffer_text(&folder));
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
    append_cwd(&folder);
    int status = MJS_STATUS_OK;
    if (mjs_esbuild_find(mjs_buffer_text(&folder), &esbuild, &err) == MJS_OK) {
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
            split_map(code, &host->source.map, NULL, "");
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

static int load_stdin(struct mjs_host *host, struct mjs_buffer *code) {
    struct mjs_error err;
    if (mjs_buffer_read_fd(code, STDIN_FILENO, SCRIPT_BYTES_MAX, "standard input", &err) !=
        MJS_OK) {
        return show(&err);
    }
    if (code->bytes == 0) {
        mjs_js_warn("there is no script on standard input");
        return MJS_STATUS_USAGE;
    }
    split_map(code, &host->source.map, NULL, "");
    append_cwd(&host->source.map_base);
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
        return load_stdin(host, code);
    }
    int status = find_script(options->script, path);
    if (status != MJS_STATUS_OK) {
        return status;
    }
    mjs_buffer_append_text(&host->source.name, path->data);
    return is_javascript(path->data) ? load_javascript(host, path->data, options->no_cache, code)
                                     : load_bundled(host, path->data, options->no_cache, code);
}

int mjs_bundle_build(const struct mjs_options *options) {
    static const char *const endings[] = {".js", ".mjs", NULL};
    struct mjs_buffer path = {0};
    struct mjs_buffer folder = {0};
    struct mjs_buffer esbuild = {0};
    struct mjs_buffer temporary = {0};
    struct mjs_error err;
    if (!has_ending(options->output, endings)) {
        mjs_js_warn("the output's name must end in .js or .mjs: %s", options->output);
        return MJS_STATUS_USAGE;
    }
    int status = find_script(options->script, &path);
    if (status == MJS_STATUS_OK) {
        folder_of(path.data, &folder);
        if (mjs_esbuild_find(mjs_buffer_text(&folder), &esbuild, &err) != MJS_OK) {
            status = show(&err);
        }
    }
    if (status == MJS_STATUS_OK) {
        // esbuild writes beside the target, so that the map's paths are right, then it is renamed.
        mjs_buffer_printf(&temporary, "%s.%d.tmp.js", options->output, (int)getpid());
        struct mjs_esbuild_job job = {
            .executable = esbuild.data, .entry = path.data, .outfile = temporary.data};
        struct mjs_buffer nothing = {0};
        status = mjs_esbuild_run(&job, &nothing, &err);
        mjs_buffer_free(&nothing);
        if (status < 0) {
            status = show(&err);
        } else if (status > 0) {
            status = MJS_STATUS_ERROR;
        } else if (rename(temporary.data, options->output) != 0) {
            mjs_js_warn("cannot write %s: %s", options->output, strerror(errno));
            status = MJS_STATUS_ENVIRONMENT;
        }
        if (status != MJS_STATUS_OK) {
            unlink(temporary.data);
        }
    }
    mjs_buffer_free(&path);
    mjs_buffer_free(&folder);
    mjs_buffer_free(&esbuild);
    mjs_buffer_free(&temporary);
    return status;
}

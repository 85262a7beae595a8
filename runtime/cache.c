// SPDX-License-Identifier: MIT
// The cache of bundles.
//
// An entry is one file, <key>.entry: lines of text, an empty line, the container of bytecode
// (bytecode.h), which has its own checksum; its map, which is needed only when an error is shown,
// is <key>.map. Line by line:
//   maixjs-cache 2
//   map <sha256>
//   base <folder>
//   esbuild <identity>
//   file <content hash> <path> (as often as needed)
//   absent <path>             (as often as needed)
// In paths and identities, % and control characters are written as %XX.
#include "cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY_BYTES_MAX ((size_t)256 << 20)
#define INPUT_BYTES_MAX ((size_t)256 << 20)
#define HEX_CHARS (MJS_HASH_HEX_BYTES - 1)
#define CONTENT_CHARS (MJS_HASH_CONTENT_HEX_BYTES - 1)
#define PATH_BYTES_MAX 8192

static const char magic[] = "maixjs-cache 2";

bool mjs_cache_make_folders(char *path) {
    for (char *at = path + 1; *at; at++) {
        if (*at == '/') {
            *at = '\0';
            bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
            *at = '/';
            if (!made) {
                return false;
            }
        }
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

bool mjs_cache_open(struct mjs_cache *cache, struct mjs_error *err) {
    *cache = (struct mjs_cache){0};
    static const char *const variables[] = {"MAIXJS_CACHE", "XDG_CACHE_HOME", "HOME"};
    static const char *const below[] = {"", "/maixjs", "/.cache/maixjs"};
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *value = getenv(variables[i]);
        if (value && value[0] == '/') {
            mjs_buffer_printf(&cache->folder, "%s%s", value, below[i]);
            break;
        }
    }
    if (cache->folder.bytes == 0 || cache->folder.failed) {
        (void)mjs_result_fail(err, MJS_ENOENT, "neither MAIXJS_CACHE nor HOME is set");
        return false;
    }
    struct stat status;
    const char *folder = cache->folder.data;
    if (!mjs_cache_make_folders(cache->folder.data) || lstat(folder, &status) != 0) {
        (void)mjs_result_fail_errno(err, errno, "cannot make the cache folder %s", folder);
    } else if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 022)) {
        // Somebody else could put code there that we would run.
        (void)mjs_result_fail(
            err, MJS_EACCES, "the cache folder %s is not a folder that only you can write", folder);
    } else {
        return true;
    }
    mjs_cache_close(cache);
    return false;
}

void mjs_cache_close(struct mjs_cache *cache) { mjs_buffer_free(&cache->folder); }

void mjs_cache_key(const char *const *words, size_t count, char key_out[MJS_HASH_HEX_BYTES]) {
    struct mjs_buffer all = {0};
    for (size_t i = 0; i < count; i++) {
        mjs_buffer_append(&all, words[i], strlen(words[i]) + 1); // NULs keep words apart
    }
    mjs_hash_sha256_hex(mjs_buffer_text(&all), all.bytes, key_out);
    mjs_buffer_free(&all);
}

static void entry_path(const struct mjs_cache *cache, const char *key, const char *ending,
                       struct mjs_buffer *path) {
    mjs_buffer_printf(path, "%s/%s%s", cache->folder.data, key, ending);
}

static void append_escaped(struct mjs_buffer *text, const char *raw) {
    for (; *raw; raw++) {
        unsigned char c = (unsigned char)*raw;
        if (c < 0x20 || c == '%' || c == 0x7f) {
            mjs_buffer_printf(text, "%%%02X", c);
        } else {
            mjs_buffer_append(text, raw, 1);
        }
    }
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Undoes append_escaped. False: not written by us.
static bool unescape(const char *escaped, size_t bytes, char *raw, size_t raw_bytes) {
    size_t length = 0;
    for (size_t i = 0; i < bytes; i++) {
        char c = escaped[i];
        if (c == '%') {
            if (i + 2 >= bytes + 0 || hex_digit(escaped[i + 1]) < 0 ||
                hex_digit(escaped[i + 2]) < 0) {
                return false;
            }
            c = (char)(hex_digit(escaped[i + 1]) * 16 + hex_digit(escaped[i + 2]));
            i += 2;
        }
        if (length + 1 >= raw_bytes) {
            return false;
        }
        raw[length++] = c;
    }
    raw[length] = '\0';
    return true;
}

static bool hash_file(const char *path, char hex[MJS_HASH_CONTENT_HEX_BYTES]) {
    struct mjs_buffer content = {0};
    bool read = mjs_buffer_read_file(&content, path, INPUT_BYTES_MAX, NULL) == MJS_OK;
    if (read) {
        mjs_hash_content_hex(mjs_buffer_text(&content), content.bytes, hex);
    }
    mjs_buffer_free(&content);
    return read;
}

static bool exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

// The rest of the line behind "<word> ", or null where the line is another.
static const char *value_of(const char *line, size_t bytes, const char *word, size_t *value_bytes) {
    size_t word_bytes = strlen(word);
    if (bytes <= word_bytes || memcmp(line, word, word_bytes) != 0 || line[word_bytes] != ' ') {
        return NULL;
    }
    *value_bytes = bytes - word_bytes - 1;
    return line + word_bytes + 1;
}

// One line of the entry; false: the entry is not valid (any more).
static bool check_line(const char *line, size_t bytes, const char *esbuild,
                       struct mjs_cache_entry *entry) {
    size_t value_bytes;
    const char *value;
    char path[PATH_BYTES_MAX];
    if ((value = value_of(line, bytes, "file", &value_bytes))) {
        char hash[MJS_HASH_CONTENT_HEX_BYTES];
        return value_bytes > CONTENT_CHARS + 1 &&
               unescape(value + CONTENT_CHARS + 1, value_bytes - CONTENT_CHARS - 1, path,
                        sizeof(path)) &&
               hash_file(path, hash) && memcmp(hash, value, CONTENT_CHARS) == 0;
    }
    if ((value = value_of(line, bytes, "absent", &value_bytes))) {
        return unescape(value, value_bytes, path, sizeof(path)) && !exists(path);
    }
    if ((value = value_of(line, bytes, "map", &value_bytes)) && value_bytes == HEX_CHARS) {
        memcpy(entry->map_hash, value, HEX_CHARS);
        return true;
    }
    if ((value = value_of(line, bytes, "base", &value_bytes))) {
        return unescape(value, value_bytes, path, sizeof(path)) &&
               mjs_buffer_append_text(&entry->base, path);
    }
    if ((value = value_of(line, bytes, "esbuild", &value_bytes))) {
        return unescape(value, value_bytes, path, sizeof(path)) &&
               (!esbuild || strcmp(path, esbuild) == 0);
    }
    return false;
}

static bool check_entry(const struct mjs_buffer *text, const char *esbuild,
                        struct mjs_cache_entry *entry) {
    const char *at = mjs_buffer_text(text);
    const char *end = at + text->bytes;
    bool first = true;
    for (;;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline) {
            return false;
        }
        size_t bytes = (size_t)(newline - at);
        if (first && (bytes != sizeof(magic) - 1 || memcmp(at, magic, bytes) != 0)) {
            return false;
        }
        if (bytes == 0) {
            at = newline + 1;
            break;
        }
        if (!first && !check_line(at, bytes, esbuild, entry)) {
            return false;
        }
        first = false;
        at = newline + 1;
    }
    return mjs_buffer_append(&entry->bytecode, at, (size_t)(end - at));
}

bool mjs_cache_lookup(struct mjs_cache *cache, const char *key, const char *esbuild,
                      struct mjs_cache_entry *entry) {
    *entry = (struct mjs_cache_entry){0};
    struct mjs_buffer path = {0};
    struct mjs_buffer text = {0};
    entry_path(cache, key, ".entry", &path);
    bool valid = !path.failed &&
                 mjs_buffer_read_file(&text, path.data, ENTRY_BYTES_MAX, NULL) == MJS_OK &&
                 check_entry(&text, esbuild, entry);
    if (valid) {
        entry_path(cache, key, ".map", &entry->map_file);
    } else {
        mjs_cache_entry_free(entry);
    }
    mjs_buffer_free(&path);
    mjs_buffer_free(&text);
    return valid;
}

static bool changed_since(const char *path, int64_t time_ns) {
    struct stat status;
    if (stat(path, &status) != 0) {
        return true;
    }
    int64_t changed_ns = (int64_t)status.st_ctim.tv_sec * 1000000000LL + status.st_ctim.tv_nsec;
    return changed_ns >= time_ns;
}

// The entry's text. False: something changed meanwhile, or memory ran out.
static bool build_entry(const struct mjs_cache_entry *entry, const struct mjs_cache_inputs *inputs,
                        int64_t made_after_ns, struct mjs_buffer *text) {
    char hash[MJS_HASH_CONTENT_HEX_BYTES];
    mjs_buffer_printf(text, "%s\nmap %s\nbase ", magic, entry->map_hash);
    append_escaped(text, mjs_buffer_text(&entry->base));
    mjs_buffer_append_text(text, "\nesbuild ");
    append_escaped(text, mjs_buffer_text(&entry->esbuild));
    mjs_buffer_append_text(text, "\n");
    for (size_t i = 0; i < inputs->files_count; i++) {
        if (changed_since(inputs->files[i], made_after_ns) || !hash_file(inputs->files[i], hash)) {
            return false;
        }
        mjs_buffer_printf(text, "file %s ", hash);
        append_escaped(text, inputs->files[i]);
        mjs_buffer_append_text(text, "\n");
    }
    for (size_t i = 0; i < inputs->absent_count; i++) {
        if (exists(inputs->absent[i])) {
            return false;
        }
        mjs_buffer_append_text(text, "absent ");
        append_escaped(text, inputs->absent[i]);
        mjs_buffer_append_text(text, "\n");
    }
    mjs_buffer_append_text(text, "\n");
    return mjs_buffer_append(text, mjs_buffer_text(&entry->bytecode), entry->bytecode.bytes);
}

mjs_result mjs_cache_store(struct mjs_cache *cache, const char *key,
                           const struct mjs_cache_entry *entry,
                           const struct mjs_cache_inputs *inputs, int64_t made_after_ns,
                           struct mjs_error *err) {
    struct mjs_buffer text = {0};
    struct mjs_buffer path = {0};
    struct mjs_buffer map_path = {0};
    mjs_result result = MJS_OK;
    entry_path(cache, key, ".entry", &path);
    entry_path(cache, key, ".map", &map_path);
    if (path.failed || map_path.failed) {
        result = mjs_result_fail(err, MJS_ENOMEM, "out of memory");
    } else if (build_entry(entry, inputs, made_after_ns, &text)) {
        // The map first: an entry whose map does not match its hash only loses positions.
        result = mjs_buffer_write_file(map_path.data, mjs_buffer_text(&entry->map),
                                       entry->map.bytes, 0600, false, err);
        if (result == MJS_OK) {
            result = mjs_buffer_write_file(path.data, text.data, text.bytes, 0600, false, err);
        }
    }
    mjs_buffer_free(&text);
    mjs_buffer_free(&path);
    mjs_buffer_free(&map_path);
    return result;
}

void mjs_cache_entry_free(struct mjs_cache_entry *entry) {
    mjs_buffer_free(&entry->bytecode);
    mjs_buffer_free(&entry->map);
    mjs_buffer_free(&entry->map_file);
    mjs_buffer_free(&entry->base);
    mjs_buffer_free(&entry->esbuild);
}

// <64 hex digits>.entry or .map, also with the suffix of a temporary file that was left behind; and
// what esbuild was writing.
static bool is_ours(const char *name) {
    if (strncmp(name, "making.", 7) == 0) {
        return true;
    }
    return strspn(name, "0123456789abcdef") == HEX_CHARS &&
           (strncmp(name + HEX_CHARS, ".entry", 6) == 0 ||
            strncmp(name + HEX_CHARS, ".map", 4) == 0);
}

mjs_result mjs_cache_clear(struct mjs_cache *cache, int *removed, struct mjs_error *err) {
    *removed = 0;
    DIR *folder = opendir(cache->folder.data);
    if (!folder) {
        return mjs_result_fail_errno(err, errno, "cannot read %s", cache->folder.data);
    }
    mjs_result result = MJS_OK;
    for (struct dirent *file; (file = readdir(folder));) {
        if (!is_ours(file->d_name)) {
            continue;
        }
        if (unlinkat(dirfd(folder), file->d_name, 0) != 0 && errno != ENOENT) {
            result = mjs_result_fail_errno(err, errno, "cannot remove %s/%s", cache->folder.data,
                                           file->d_name);
            break;
        }
        size_t bytes = strlen(file->d_name);
        *removed += bytes == HEX_CHARS + 6 && strcmp(file->d_name + HEX_CHARS, ".entry") == 0;
    }
    closedir(folder);
    return result;
}

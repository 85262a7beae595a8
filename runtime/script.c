// SPDX-License-Identifier: MIT
// The files that scripts are, and the source maps in them.
#include "script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "js_util.h"

static const char map_comment[] = "//# sourceMappingURL=";

bool mjs_script_has_ending(const char *path, const char *const *endings) {
    const char *dot = strrchr(path, '.');
    for (; dot && *endings; endings++) {
        if (strcmp(dot, *endings) == 0) {
            return true;
        }
    }
    return false;
}

bool mjs_script_is_javascript(const char *path) {
    static const char *const endings[] = {".js", ".mjs", NULL};
    return mjs_script_has_ending(path, endings);
}

bool mjs_script_is_bytecode(const char *path) {
    static const char *const endings[] = {".jsc", NULL};
    return mjs_script_has_ending(path, endings);
}

static bool is_script(const char *path) {
    static const char *const endings[] = {".ts", ".mts", ".cts", ".tsx", ".jsx", ".cjs", NULL};
    return mjs_script_is_javascript(path) || mjs_script_is_bytecode(path) ||
           mjs_script_has_ending(path, endings);
}

int mjs_script_find(const char *script, struct mjs_buffer *path) {
    struct stat status;
    char *real = realpath(script, NULL);
    if (!real || stat(real, &status) != 0) {
        if (errno == ENOENT && !strpbrk(script, "./")) {
            mjs_js_warn("there is no script or command %s (see maixjs --help)", script);
        } else {
            mjs_js_warn(errno == ENOENT ? "there is no script %s" : "cannot open the script %s: %s",
                        script, strerror(errno));
        }
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
                    ".cjs, .jsx or .jsc",
                    script);
    } else if (!mjs_buffer_append_text(path, real)) {
        mjs_js_warn("out of memory");
        result = MJS_STATUS_ERROR;
    } else {
        result = MJS_STATUS_OK;
    }
    free(real);
    return result;
}

void mjs_script_folder(const char *path, struct mjs_buffer *folder) {
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

void mjs_script_split_map(struct mjs_buffer *code, struct mjs_buffer *map,
                          struct mjs_buffer *map_file, const char *folder) {
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

void mjs_script_append_cwd(struct mjs_buffer *folder) {
    char *cwd = getcwd(NULL, 0);
    mjs_buffer_append_text(folder, cwd ? cwd : "/");
    free(cwd);
}

// SPDX-License-Identifier: MIT
// Random changes to texts and bytes; the same seed makes the same ones on every machine.
#ifndef MJS_TEST_MUTATE_H
#define MJS_TEST_MUTATE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../../runtime/buffer.h"

#define MUTATE_BYTES_MAX 16384

struct mutate {
    uint64_t state;
};

// SplitMix64.
static inline uint64_t mutate_next(struct mutate *random) {
    uint64_t z = (random->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline size_t mutate_below(struct mutate *random, size_t limit) {
    return limit ? (size_t)(mutate_next(random) % limit) : 0;
}

static const char *const mutate_words[] = {
    "0",
    "-1",
    "1e9",
    "2**53",
    "4294967295",
    "-0",
    "NaN",
    "1n",
    "2n**64n",
    "''",
    "'\\u{10ffff}'",
    "[]",
    "[,]",
    "{}",
    "null",
    "undefined",
    "this",
    "super",
    "async ",
    "await ",
    "yield ",
    "for(;;)",
    "function*",
    "class extends ",
    "new ",
    "...",
    "=>",
    "?.",
    "??=",
    "**",
    "`${",
    "}`",
    "/(a|b)*?\\1/v",
    "get ",
    "static ",
    "#x",
    "with",
    "delete ",
    "import.meta",
    "import('maix:audio')",
    "export ",
    "Proxy",
    "Reflect.construct",
    "Symbol.iterator",
    ".__proto__",
    ".length=",
    "valueOf",
    "using ",
    "Array(1e7)",
    "new Uint8Array(9).subarray(",
    ".sort()",
    ".splice(",
    "structuredClone(",
    "console.log(",
    "Object.defineProperty(",
    "new WeakRef(",
    ".resize(",
    "Atomics.",
    "Math.",
    "JSON.parse(",
    "eval(",
    "throw ",
    "try{",
    "}finally{",
    "}catch{",
    "switch(",
    "case ",
    "default:",
    "label:",
    "continue ",
};

// Whether a statement of a module's top level begins here: it is not indented, and closes nothing.
static inline bool mutate_begins(const struct mjs_buffer *text, size_t at) {
    char c = text->data[at];
    return (at == 0 || text->data[at - 1] == '\n') &&
           ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '{' || c == '(');
}

// Some whole statements of a text, from a random one on, so that what is taken is often a program.
static inline void mutate_take(struct mutate *random, const struct mjs_buffer *from,
                               struct mjs_buffer *to) {
    size_t at = mutate_below(random, from->bytes);
    while (at > 0 && !mutate_begins(from, at)) {
        at--;
    }
    size_t bytes = 1 + mutate_below(random, MUTATE_BYTES_MAX / 8);
    while (at + bytes < from->bytes && !mutate_begins(from, at + bytes)) {
        bytes++;
    }
    bytes = at + bytes > from->bytes ? from->bytes - at : bytes;
    mjs_buffer_append(to, from->data + at, bytes);
    mjs_buffer_append(to, "\n", 1);
}

// Calls the functions that a text has at its top level.
static inline void mutate_call_all(struct mjs_buffer *text) {
    static const char word[] = "function ";
    struct mjs_buffer calls = {0};
    for (const char *at = mjs_buffer_text(text); (at = strstr(at, word)) != NULL;) {
        bool top = at == text->data || at[-1] == '\n';
        at += sizeof(word) - 1;
        size_t bytes = strcspn(at, "( \n*");
        if (top && bytes > 0 && bytes < 80) {
            mjs_buffer_printf(&calls, "try { %.*s(); } catch {}\n", (int)bytes, at);
        }
    }
    mjs_buffer_append(text, mjs_buffer_text(&calls), calls.bytes);
    mjs_buffer_free(&calls);
}

// Replaces [at, at + cut) with `bytes` bytes.
static inline void mutate_splice(struct mjs_buffer *text, size_t at, size_t cut, const char *with,
                                 size_t bytes) {
    struct mjs_buffer result = {0};
    mjs_buffer_append(&result, text->data, at);
    mjs_buffer_append(&result, with, bytes);
    mjs_buffer_append(&result, text->data + at + cut, text->bytes - at - cut);
    mjs_buffer_free(text);
    *text = result;
}

static inline void mutate_bytes_once(struct mutate *random, struct mjs_buffer *text,
                                     const struct mjs_buffer *other) {
    size_t at = mutate_below(random, text->bytes);
    size_t left = text->bytes - at;
    size_t some = mutate_below(random, left < 40 ? left : 40);
    const size_t words = sizeof(mutate_words) / sizeof(mutate_words[0]);
    const char *word = mutate_words[mutate_below(random, words)];
    size_t from = mutate_below(random, other->bytes);
    size_t taken = mutate_below(random, other->bytes - from < 60 ? other->bytes - from : 60);
    switch (mutate_below(random, 7)) {
    case 0:
        text->data[at] = (char)(text->data[at] ^ (1 << mutate_below(random, 8)));
        break;
    case 1:
        text->data[at] = (char)mutate_next(random);
        break;
    case 2:
        mutate_splice(text, at, some, "", 0);
        break;
    case 3:
        mutate_splice(text, at, some, word, strlen(word));
        break;
    case 4:
        mutate_splice(text, at, 0, word, strlen(word));
        break;
    case 5:
        mutate_splice(text, at, some, other->data + from, taken);
        break;
    default:
        mutate_splice(text, at, 0, other->data + from, taken);
        break;
    }
}

static inline void mutate_bytes(struct mutate *random, struct mjs_buffer *text,
                                const struct mjs_buffer *other) {
    for (size_t count = 1 + mutate_below(random, 5); count > 0 && text->bytes > 0; count--) {
        mutate_bytes_once(random, text, other);
    }
}

static inline bool mutate_is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// A random name or number of a text; 0 bytes: there is none behind the place that was looked at.
static inline size_t mutate_word(struct mutate *random, const struct mjs_buffer *text,
                                 size_t *bytes) {
    size_t at = mutate_below(random, text->bytes);
    while (at < text->bytes && !mutate_is_word(text->data[at])) {
        at++;
    }
    while (at > 0 && mutate_is_word(text->data[at - 1])) {
        at--;
    }
    size_t end = at;
    while (end < text->bytes && mutate_is_word(text->data[end])) {
        end++;
    }
    *bytes = end - at;
    return at;
}

// Without these in their places hardly anything is a program.
static inline bool mutate_is_keyword(const char *word, size_t bytes) {
    static const char keywords[] = " const let var function return if else for while do class new "
                                   "typeof import export from of in try catch finally throw "
                                   "async await switch case break continue extends static get set ";
    char spaced[16];
    if (bytes == 0 || bytes + 3 > sizeof(spaced)) {
        return false;
    }
    spaced[0] = ' ';
    (void)memcpy(spaced + 1, word, bytes);
    spaced[bytes + 1] = ' ';
    spaced[bytes + 2] = '\0';
    return strstr(keywords, spaced) != NULL;
}

// Puts a name or number of the texts, or a value, in the place of another: often still a program.
static inline void mutate_words_of(struct mutate *random, struct mjs_buffer *text,
                                   const struct mjs_buffer *other) {
    static const char *const values[] = {"0",
                                         "(-1)",
                                         "1e9",
                                         "(2**53)",
                                         "4294967295",
                                         "NaN",
                                         "1n",
                                         "(2n**64n)",
                                         "''",
                                         "'\\u{10ffff}'",
                                         "[]",
                                         "({})",
                                         "null",
                                         "undefined",
                                         "globalThis",
                                         "(()=>1)",
                                         "new Proxy({},{})",
                                         "Symbol.iterator",
                                         "new Uint8Array(9)",
                                         "/(a|b)*?/g",
                                         "function(){}"};
    for (size_t count = 1 + mutate_below(random, 3); count > 0 && text->bytes > 0; count--) {
        const struct mjs_buffer *from = mutate_below(random, 3) == 0 ? other : text;
        size_t bytes;
        size_t new_bytes;
        size_t at = mutate_word(random, text, &bytes);
        size_t from_at = mutate_word(random, from, &new_bytes);
        char with[128];
        if (mutate_is_keyword(text->data + at, bytes) ||
            mutate_is_keyword(from->data + from_at, new_bytes)) {
            continue;
        }
        if (mutate_below(random, 2) == 0 && new_bytes < sizeof(with)) {
            (void)memcpy(with, from->data + from_at, new_bytes);
        } else {
            const char *value = values[mutate_below(random, sizeof(values) / sizeof(values[0]))];
            new_bytes = strlen(value);
            (void)memcpy(with, value, new_bytes);
        }
        mutate_splice(text, at, bytes, with, new_bytes);
    }
}

#endif

// SPDX-License-Identifier: MIT
// Walks the base64 numbers of a source map's mappings.
#include "mappings.h"

#define FIELDS_MAX 5 // column in the bundle; source, line, column, name
#define DIGITS_MAX 7 // of a number of 32 bits

// A number's value for a base64 digit; -1: none.
static int digit_value(char c) {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// One number: five bits a digit, the lowest first, the sixth says that more follow; the number's
// lowest bit is its sign. Returns behind it; null: malformed.
static const char *read_number(const char *at, const char *end, int64_t *number) {
    uint64_t bits = 0;
    for (int i = 0; i < DIGITS_MAX && at < end; i++) {
        int value = digit_value(*at++);
        if (value < 0) {
            return NULL;
        }
        bits |= (uint64_t)(value & 31) << (5 * i);
        if (!(value & 32)) {
            *number = bits & 1 ? -(int64_t)(bits >> 1) : (int64_t)(bits >> 1);
            return at;
        }
    }
    return NULL;
}

static void append_number(struct mjs_buffer *out, int64_t number) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint64_t bits = number < 0 ? (uint64_t)-number << 1 | 1 : (uint64_t)number << 1;
    do {
        unsigned digit = (unsigned)(bits & 31);
        bits >>= 5;
        mjs_buffer_append(out, &digits[digit | (bits ? 32 : 0)], 1);
    } while (bits);
}

// One segment: adds its differences to `state`. Returns behind it, the count of its fields in
// `count`; null: malformed.
static const char *read_segment(const char *at, const char *end, int64_t *state, int *count) {
    *count = 0;
    while (at < end && *at != ',' && *at != ';') {
        int64_t difference;
        at = *count < FIELDS_MAX ? read_number(at, end, &difference) : NULL;
        if (!at) {
            return NULL;
        }
        state[(*count)++] += difference;
    }
    return at;
}

bool mjs_mappings_slice(const char *text, size_t text_bytes, const uint32_t *lines, int line_count,
                        size_t bytes_max, struct mjs_buffer *out) {
    const char *at = text;
    const char *end = text + text_bytes;
    int64_t state[FIELDS_MAX] = {0};   // in `text`
    int64_t written[FIELDS_MAX] = {0}; // in `out`
    uint32_t line = 0;
    int next = 0;
    while (at < end && next < line_count) {
        int count;
        at = read_segment(at, end, state, &count);
        if (!at) {
            return false;
        }
        if (line == lines[next]) {
            for (int i = 0; i < count; i++) {
                append_number(out, state[i] - written[i]);
                written[i] = state[i];
            }
        }
        char mark = at < end ? *at++ : ';';
        if (line == lines[next]) {
            mjs_buffer_append(out, &mark, 1);
            next += mark == ';' ? 1 : 0;
        }
        if (mark == ';') {
            line++;
            state[0] = written[0] = 0;
        }
        if (out->failed || out->bytes > bytes_max) {
            return false;
        }
    }
    return !out->failed;
}

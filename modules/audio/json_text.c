// SPDX-License-Identifier: MIT
// Strings in JSON.
#include "json_text.h"

// The bytes of one UTF-8 character, 0 for bytes that are none.
static size_t utf8_bytes(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    size_t more = at[0] < 0x80                    ? 0
                  : at[0] >= 0xc2 && at[0] < 0xe0 ? 1
                  : (at[0] & 0xf0) == 0xe0        ? 2
                  : at[0] >= 0xf0 && at[0] < 0xf5 ? 3
                                                  : 4;
    if (more == 4)
        return 0;
    for (size_t i = 1; i <= more; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return more + 1;
}

// Names come from drivers, programs, files and configuration files: any bytes.
bool mjs_json_text_string(struct mjs_buffer *text, const char *string) {
    bool put = mjs_buffer_append_text(text, "\"");
    while (*string != '\0') {
        size_t bytes = utf8_bytes(string);
        unsigned char c = (unsigned char)*string;
        if (bytes == 0)
            put = mjs_buffer_append_text(text, "\\ufffd");
        else if (c == '"' || c == '\\')
            put = mjs_buffer_printf(text, "\\%c", c);
        else if (c < ' ' || c == 0x7f)
            put = mjs_buffer_printf(text, "\\u%04x", c);
        else
            put = mjs_buffer_append(text, string, bytes);
        string += bytes > 0 ? bytes : 1;
    }
    return put && mjs_buffer_append_text(text, "\"");
}

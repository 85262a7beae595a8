// SPDX-License-Identifier: MIT
// The channel's decoder: every split of the bytes, every limit, and bytes that are no frames.
#include "../../runtime/control.h"

#include <string.h>

#include "../support/check.h"

#define LOG_BYTES 256
#define ROUNDS 20000
#define MUTATED_BYTES 64

// What was decoded, as text: "k s <payload> e"; a payload's bytes are put together again.
struct decoded {
    char text[LOG_BYTES];
    size_t bytes;
    enum mjs_control_event last;
};

static void note(struct decoded *decoded, const void *text, size_t bytes) {
    CHECK(decoded->bytes + bytes < LOG_BYTES);
    memcpy(decoded->text + decoded->bytes, text, bytes);
    decoded->bytes += bytes;
    decoded->text[decoded->bytes] = '\0';
}

static void feed(struct mjs_control_decoder *decoder, struct decoded *decoded, const uint8_t *bytes,
                 size_t count) {
    for (;;) {
        struct mjs_control_item item;
        const uint8_t *before = bytes;
        enum mjs_control_event event = mjs_control_decode(decoder, &bytes, &count, &item);
        decoded->last = event;
        if (event == MJS_CONTROL_MORE || event == MJS_CONTROL_BAD) {
            CHECK(event == MJS_CONTROL_BAD || count == 0);
            return;
        }
        if (event == MJS_CONTROL_DATA) {
            CHECK(item.type == MJS_CONTROL_INPUT && item.data_bytes > 0);
            CHECK(item.data >= before && item.data + item.data_bytes == bytes);
            note(decoded, item.data, item.data_bytes);
        } else {
            char type = (char)item.type;
            note(decoded, &type, 1);
        }
    }
}

static const uint8_t session[] = "k\0\0\0\0"
                                 "i\0\0\0\5Hallo"
                                 "i\0\0\0\0"
                                 "s\0\0\0\0"
                                 "i\0\0\0\3du!"
                                 "e\0\0\0\0"
                                 "e\0\0\0\0"
                                 "f\0\0\0\0"
                                 "k\0\0\0\0";
#define SESSION_BYTES (sizeof(session) - 1)

static void test_splits(void) {
    for (size_t first = 0; first <= SESSION_BYTES; first++) {
        for (size_t second = first; second <= SESSION_BYTES; second++) {
            struct mjs_control_decoder decoder;
            struct decoded decoded = {.text = ""};
            mjs_control_init(&decoder);
            feed(&decoder, &decoded, session, first);
            feed(&decoder, &decoded, session + first, second - first);
            feed(&decoder, &decoded, session + second, SESSION_BYTES - second);
            CHECK_EQ_STR(decoded.text, "kHallosdu!eefk");
            CHECK_EQ_INT(decoded.last, MJS_CONTROL_MORE);
            CHECK_EQ_UINT(decoder.credit_bytes, MJS_CONTROL_CREDIT_BYTES - 8);
        }
    }
    struct mjs_control_decoder decoder;
    struct decoded decoded = {.text = ""};
    mjs_control_init(&decoder);
    for (size_t i = 0; i < SESSION_BYTES; i++) {
        feed(&decoder, &decoded, session + i, 1);
    }
    CHECK_EQ_STR(decoded.text, "kHallosdu!eefk");
}

static void check_bad(const void *bytes, size_t count, const char *before, const char *error) {
    struct mjs_control_decoder decoder;
    struct decoded decoded = {.text = ""};
    mjs_control_init(&decoder);
    feed(&decoder, &decoded, bytes, count);
    CHECK_EQ_INT(decoded.last, MJS_CONTROL_BAD);
    CHECK_EQ_STR(decoded.text, before);
    CHECK_EQ_STR(decoder.error, error);
    feed(&decoder, &decoded, session, SESSION_BYTES); // nothing is believed any more
    CHECK_EQ_INT(decoded.last, MJS_CONTROL_BAD);
    CHECK_EQ_STR(decoded.text, before);
}

static void test_errors(void) {
    check_bad("k\0\0\0\0x\0\0\0\0", 10, "k", "there is no frame of this type");
    check_bad("\0\0\0\0\0", 5, "", "there is no frame of this type");
    check_bad("o\0\0\0\0", 5, "", "there is no frame of this type"); // the board's own
    check_bad("k\0\0\0\1", 5, "", "a frame without payload has some");
    check_bad("s\1\0\0\0", 5, "", "a frame without payload has some");
    check_bad("f\0\0\1\0", 5, "", "a frame without payload has some");
    check_bad("e\0\0\0\1", 5, "", "a frame without payload has some");
    check_bad("i\0\1\0\1", 5, "", "a frame is too long");
    check_bad("i\377\377\377\377", 5, "", "a frame is too long");
    check_bad("e\0\0\0\0i\0\0\0\1a", 11, "e", "there is input behind the end of the input");
    check_bad("i\0\0\0\1ai\0\1\0\0", 11, "a", "there is more input than was asked for");
}

static void test_credit(void) {
    static uint8_t bytes[MJS_CONTROL_PAYLOAD_BYTES_MAX];
    struct mjs_control_decoder decoder;
    mjs_control_init(&decoder);
    for (int round = 0; round < 5; round++) { // all of it, and all that is given back
        uint8_t head[MJS_CONTROL_HEAD_BYTES];
        struct mjs_control_item item;
        size_t count = sizeof(head);
        const uint8_t *at = head;
        mjs_control_encode_head(head, MJS_CONTROL_INPUT, sizeof(bytes));
        CHECK_EQ_INT(mjs_control_decode(&decoder, &at, &count, &item), MJS_CONTROL_MORE);
        at = bytes;
        count = sizeof(bytes);
        CHECK_EQ_INT(mjs_control_decode(&decoder, &at, &count, &item), MJS_CONTROL_DATA);
        CHECK_EQ_UINT(item.data_bytes, sizeof(bytes));
        CHECK_EQ_UINT(decoder.credit_bytes, 0);
        mjs_control_add_credit(&decoder, sizeof(bytes));
    }
    mjs_control_add_credit(&decoder, 1); // more credit is no longer frame
    const uint8_t head[] = "i\0\1\0\1";
    const uint8_t *at = head;
    size_t count = MJS_CONTROL_HEAD_BYTES;
    struct mjs_control_item item;
    CHECK_EQ_INT(mjs_control_decode(&decoder, &at, &count, &item), MJS_CONTROL_BAD);
}

static void test_encode(void) {
    uint8_t head[MJS_CONTROL_HEAD_BYTES];
    uint8_t number[4];
    mjs_control_encode_head(head, MJS_CONTROL_OUTPUT, 0x01020304);
    CHECK_BYTES(head, "o\1\2\3\4", sizeof(head));
    mjs_control_encode_u32(number, 0xfffefdfc);
    CHECK_BYTES(number, "\377\376\375\374", sizeof(number));
    CHECK_EQ_UINT(strlen(MJS_CONTROL_MAGIC), MJS_CONTROL_MAGIC_BYTES);
}

// A small generator of our own: the same bytes on every machine.
static uint32_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(*state >> 33);
}

// Changed sessions: whatever comes, in whatever pieces, the same is decoded as in one piece, no
// byte outside is touched (the tests run under sanitizers, too), and never more than the credit.
static void test_mutations(void) {
    uint64_t random = 5;
    int bad = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t bytes[MUTATED_BYTES];
        memcpy(bytes, session, SESSION_BYTES);
        size_t count = 1 + next_random(&random) % SESSION_BYTES;
        for (uint32_t changes = 1 + next_random(&random) % 3; changes > 0; changes--) {
            bytes[next_random(&random) % count] = (uint8_t)next_random(&random);
        }
        struct mjs_control_decoder whole, pieces;
        struct decoded first = {.text = ""}, second = {.text = ""};
        mjs_control_init(&whole);
        mjs_control_init(&pieces);
        feed(&whole, &first, bytes, count);
        for (size_t at = 0; at < count;) {
            size_t part = 1 + next_random(&random) % 7;
            part = part < count - at ? part : count - at;
            feed(&pieces, &second, bytes + at, part);
            at += part;
        }
        CHECK_EQ_INT(first.last, second.last);
        CHECK_EQ_UINT(first.bytes, second.bytes);
        CHECK_BYTES(first.text, second.text, first.bytes);
        CHECK(whole.credit_bytes <= MJS_CONTROL_CREDIT_BYTES);
        bad += first.last == MJS_CONTROL_BAD;
    }
    CHECK(bad > ROUNDS / 10 && bad < ROUNDS); // both kinds came up
}

int main(void) {
    test_splits();
    test_errors();
    test_credit();
    test_encode();
    test_mutations();
    return check_report();
}

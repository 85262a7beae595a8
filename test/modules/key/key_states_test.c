// SPDX-License-Identifier: MIT
// Presses, releases and long presses, from what devices report.
#include "../../../modules/key/key_states.h"

#include "../../support/check.h"

#define MS 1000000LL

static void expect(struct mjs_key_states *states, uint16_t code, enum mjs_key_state state) {
    struct mjs_key_event event = {0};
    CHECK(mjs_key_states_take(states, &event));
    CHECK_EQ_UINT(event.code, code);
    CHECK_EQ_UINT(event.state, (unsigned)state);
}

static void expect_none(struct mjs_key_states *states) {
    struct mjs_key_event event;
    CHECK(!mjs_key_states_take(states, &event));
}

static void test_press_and_release(void) {
    struct mjs_key_states states = {0};
    mjs_key_states_set(&states, 0, 30, false, 0); // was down before we listened
    expect_none(&states);
    mjs_key_states_set(&states, 0, 30, true, 1);
    mjs_key_states_set(&states, 0, 30, true, 2); // a repeat
    mjs_key_states_set(&states, 1, 30, true, 3); // the same key of another device
    mjs_key_states_set(&states, 0, 30, false, 4);
    expect(&states, 30, MJS_KEY_PRESSED);
    expect(&states, 30, MJS_KEY_PRESSED);
    expect(&states, 30, MJS_KEY_RELEASED);
    expect_none(&states);
}

static void test_ask(void) {
    struct mjs_key_states states = {0};
    CHECK(!mjs_key_states_ask(&states, 0));
    mjs_key_states_set(&states, 0, 30, true, 1);
    CHECK(mjs_key_states_ask(&states, 30));
    CHECK(mjs_key_states_ask(&states, 0)); // it still is
    CHECK(!mjs_key_states_ask(&states, 31));
    mjs_key_states_set(&states, 0, 30, false, 2);
    CHECK(!mjs_key_states_ask(&states, 30)); // that press was told
    mjs_key_states_set(&states, 0, 30, true, 3);
    mjs_key_states_set(&states, 0, 30, false, 4);
    CHECK(mjs_key_states_ask(&states, 0)); // a short one is not missed
    CHECK(!mjs_key_states_ask(&states, 0));
}

static void test_long_press(void) {
    struct mjs_key_states states = {.long_ns = 100 * MS};
    mjs_key_states_set(&states, 0, 30, true, 1000 * MS);
    expect(&states, 30, MJS_KEY_PRESSED);
    CHECK_EQ_INT(mjs_key_states_tick(&states, 1099 * MS), 1100 * MS);
    expect_none(&states);
    CHECK_EQ_INT(mjs_key_states_tick(&states, 1100 * MS), INT64_MAX);
    expect(&states, 30, MJS_KEY_LONG_PRESSED);
    CHECK_EQ_INT(mjs_key_states_tick(&states, 1500 * MS), INT64_MAX); // once
    expect_none(&states);
    mjs_key_states_set(&states, 0, 30, false, 1600 * MS);
    mjs_key_states_set(&states, 0, 30, true, 1700 * MS); // anew
    expect(&states, 30, MJS_KEY_RELEASED);
    expect(&states, 30, MJS_KEY_PRESSED);
    CHECK_EQ_INT(mjs_key_states_tick(&states, 1700 * MS), 1800 * MS);
    states.long_ns = 0;
    CHECK_EQ_INT(mjs_key_states_tick(&states, 9000 * MS), INT64_MAX);
    expect_none(&states);
}

static void test_device_gone(void) {
    struct mjs_key_states states = {.long_ns = 100 * MS};
    mjs_key_states_set(&states, 0, 30, true, 1);
    mjs_key_states_set(&states, 1, 31, true, 1);
    mjs_key_states_release(&states, 1, 2);
    expect(&states, 30, MJS_KEY_PRESSED);
    expect(&states, 31, MJS_KEY_PRESSED);
    expect(&states, 31, MJS_KEY_RELEASED);
    expect_none(&states);
    CHECK_EQ_INT(mjs_key_states_tick(&states, 2), 100 * MS + 1); // the other one stays down
}

static void test_limits(void) {
    struct mjs_key_states states = {0};
    // More keys than entries: those that are up make room, those that are down keep theirs.
    mjs_key_states_set(&states, 0, 1, true, 0);
    for (uint16_t code = 2; code < 2 + 2 * MJS_KEY_CODES_MAX; code++) {
        mjs_key_states_set(&states, 0, code, true, 0);
        mjs_key_states_set(&states, 0, code, false, 0);
    }
    CHECK(mjs_key_states_ask(&states, 1));
    // The newest events are kept.
    struct mjs_key_event event = {0};
    int count = 0;
    while (mjs_key_states_take(&states, &event)) {
        count++;
    }
    CHECK_EQ_INT(count, MJS_KEY_EVENTS_MAX);
    CHECK_EQ_UINT(event.code, 1 + 2 * MJS_KEY_CODES_MAX);
    CHECK_EQ_UINT(event.state, MJS_KEY_RELEASED);
    // All down: one more is ignored, nothing breaks.
    for (uint16_t code = 300; code < 300 + MJS_KEY_CODES_MAX; code++) {
        mjs_key_states_set(&states, 0, code, true, 0);
    }
    CHECK_EQ_INT(states.count, MJS_KEY_CODES_MAX);
    mjs_key_states_release(&states, 0, 1);
    mjs_key_states_set(&states, 0, 500, true, 2);
    CHECK(mjs_key_states_ask(&states, 500));
}

int main(void) {
    test_press_and_release();
    test_ask();
    test_long_press();
    test_device_gone();
    test_limits();
    return check_report();
}

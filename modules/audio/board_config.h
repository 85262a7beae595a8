// SPDX-License-Identifier: MIT
// /boot/configs: the board's settings, a line `key=value` each. Script's thread.
#ifndef MJS_BOARD_CONFIG_H
#define MJS_BOARD_CONFIG_H

#include "board.h"

#define MJS_BOARD_CONFIG_VALUE_BYTES 64

// The value of a key, without the blanks around it; of several lines the last one counts, as in a
// shell. False: no such file, no such line, or longer than a number can be.
bool mjs_board_config_get(const struct mjs_board_paths *paths, const char *key,
                          char value_out[MJS_BOARD_CONFIG_VALUE_BYTES]);

// Changes the value, or appends a line. The file is replaced whole or not at all, and every other
// byte of it stays: comments, order, blanks, line ends, a missing one at the end.
MJS_MUST_USE mjs_result mjs_board_config_set(const struct mjs_board_paths *paths, const char *key,
                                             const char *value, struct mjs_error *err);

// What a card's keys say. The volume, 0 to 100; -1: nothing is set. The scale, 1 to 100 percent of
// the control's range; 100 where nothing (sensible) is set. A null card has neither.
int mjs_board_config_volume(const struct mjs_board_paths *paths, const struct mjs_board_card *card);
int mjs_board_config_scale_percent(const struct mjs_board_paths *paths,
                                   const struct mjs_board_card *card);

#endif

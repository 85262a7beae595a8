// SPDX-License-Identifier: MIT
// What the guest's program and its player share.
#ifndef MJS_LAB_INIT_H
#define MJS_LAB_INIT_H

// Says what failed, with errno's text; gives 1, an exit status.
int lab_fail(const char *what, const char *name);

// The tools `play`, `mixer` and `measure`; give an exit status.
int lab_play(int argc, char **argv);
int lab_mixer(int argc, char **argv);
int lab_measure(char **command); // ends with NULL

#endif

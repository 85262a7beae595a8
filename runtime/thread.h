// SPDX-License-Identifier: MIT
// Starts threads of our own: small stacks, and no signals, which are the script's thread's
// business.
#ifndef MJS_THREAD_H
#define MJS_THREAD_H

#include <pthread.h>

// Starts `main(argument)`. 0, or the errno. The thread is joinable.
int mjs_thread_start(pthread_t *thread, void *(*main)(void *), void *argument);

#endif

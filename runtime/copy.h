// SPDX-License-Identifier: MIT
// Copies bytes: the memcpy of processors that load and store words at aligned places only.
//
// Where the compiler must assume that (baseline riscv64), the memcpy that it brings stores byte by
// byte: 2.4 instructions a byte, and capturing spent an eighth of its time in it. This one takes
// the symbol's name there, for the engine and for libc as well; elsewhere it is only tested. Any
// thread; the places must not overlap.
#ifndef MJS_COPY_H
#define MJS_COPY_H

#include <stddef.h>

#if defined(__riscv) && __riscv_xlen == 64
#define MJS_COPY_SYMBOL __asm__("memcpy")
#else
#define MJS_COPY_SYMBOL
#endif

void *mjs_copy_bytes(void *restrict to, const void *restrict from, size_t bytes) MJS_COPY_SYMBOL;

#endif

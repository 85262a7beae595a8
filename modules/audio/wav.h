// SPDX-License-Identifier: MIT
// The WAVE container's header: built in one function, at open, after every block, and at the end.
//
// Pure functions; any thread.
// - 8 and 16 bit, 1 or 2 channels: the canonical 44 bytes (RIFF 12, fmt 24, data 8).
// - more bits or channels: WAVE_FORMAT_EXTENSIBLE; float: with a `fact` chunk.
// Source: Microsoft, "Multiple channel audio data and WAVE files" (2007).
#ifndef MJS_WAV_H
#define MJS_WAV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"

#define MJS_WAV_HEADER_BYTES_MAX 80

// The format in which samples of `format` stand in a WAV file: little-endian, 8 bit unsigned,
// wider ones signed.
enum mjs_format mjs_wav_stored_format(enum mjs_format format);

// Bytes of the header for this spec.
size_t mjs_wav_header_bytes(const struct mjs_spec *spec);

// Writes the header for `data_bytes` bytes of samples; sizes are exact, the pad byte after odd
// data counted in the RIFF size. `spec` is the script's; the header says what is stored.
// Returns the header's length. data_bytes must be <= mjs_wav_data_bytes_max(spec).
size_t mjs_wav_build_header(const struct mjs_spec *spec, uint64_t data_bytes,
                            uint8_t header_out[MJS_WAV_HEADER_BYTES_MAX]);

// The most whole frames' bytes for which the file, with its pad byte, stays below 4 GiB.
uint64_t mjs_wav_data_bytes_max(const struct mjs_spec *spec);

#endif

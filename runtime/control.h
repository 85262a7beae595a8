// SPDX-License-Identifier: MIT
// The channel between `maixjs run --device` on the PC and the run on the board: what its bytes
// mean. A pure decoder and encoder, without input or output. Any thread; the caller owns all
// memory.
//
// The board's side is started, over ssh and without a terminal, as
//
//     maixjs [options] - --control <bytes> [--cwd <folder>] [--name <script's name>]
//                        [--env NAME=VALUE]... [-- <script's arguments>...]
//
// <bytes>   how long the bundle is: 1 to MJS_CONTROL_BUNDLE_BYTES_MAX
// --cwd     the script's working folder, which must exist; a relative one is below the folder that
//           ssh begins in (the home folder). Default: ~/maixjs, which is made when it is missing
// --name    what the script is called: in process.argv[1], in `maixjs stop`, in messages.
// Printable,
//           at most MJS_CONTROL_NAME_BYTES_MAX bytes. Default: "-"
// --env     is added to the script's environment, or replaces what is there
//
// A wrong command line is one line on stderr and status 2, without a single byte on stdout.
//
// CLIENT TO BOARD: first <bytes> raw bytes, the bundle (JavaScript with its source map inline, or
// .jsc), at once, without waiting for anything; then frames.
// BOARD TO CLIENT: first the 8 bytes MJS_CONTROL_MAGIC; then frames, and `x` is the last of them.
// In front of the magic a login shell may have printed something: the client skips at most
// MJS_CONTROL_NOISE_BYTES_MAX bytes.
//
// A frame is `type: u8, length: u32, payload: length bytes`, the length at most
// MJS_CONTROL_PAYLOAD_BYTES_MAX, all integers big-endian. Client to board:
//   k  (empty) keep-alive, every MJS_CONTROL_KEEP_ALIVE_MS, also while nothing else is sent or the
//      script ends; the first one may come as late as that after the bundle
//   s  (empty) stop: SIGINT to the script; more of them do nothing
//   f  (empty) force: the script is interrupted at once; it still closes its recordings. What does
//      not end within MJS_CONTROL_KILL_MS is killed
//   i  bytes for the script's standard input, never more than the credit that is left. What a
//   script
//      that closed its input does not read is taken and dropped
//   e  (empty) end of the script's standard input; no `i` may follow; a second one does nothing
// Board to client:
//   n  a notice for the user, one line of UTF-8 without its newline: the working folder, warnings
//   o  bytes of the script's standard output
//   r  bytes of its standard error
//   c  u32: that many more `i` bytes may be sent. It begins with MJS_CONTROL_CREDIT_BYTES, without
//      a frame
//   x  u32: the exit status: 0 to 255; a script that was ended by signal n has 128 + n
//
// A stop request is also: the end of the client's input; MJS_CONTROL_SILENCE_MS without a byte from
// it; a frame that is none of these (the protocol error is told in an `n`, and input is not looked
// at any more); an output that nobody reads any more (EPIPE); SIGINT, SIGTERM or SIGHUP to the
// supervisor. After the first four the script is forced if it goes on, and output that the client
// does not take at once goes to the log only: the script never waits for it.
// A bundle that ends early is not run: `n` says so, and `x` has status 1.
// The supervisor's own exit status is that of `x`.
#ifndef MJS_CONTROL_H
#define MJS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MJS_CONTROL_MAGIC "MAIXJS1\n"
#define MJS_CONTROL_MAGIC_BYTES 8
#define MJS_CONTROL_NOISE_BYTES_MAX (64 * 1024)
#define MJS_CONTROL_BUNDLE_BYTES_MAX (64 * 1024 * 1024)
#define MJS_CONTROL_NAME_BYTES_MAX 255
#define MJS_CONTROL_HEAD_BYTES 5
#define MJS_CONTROL_PAYLOAD_BYTES_MAX 65536
#define MJS_CONTROL_CREDIT_BYTES 65536
#define MJS_CONTROL_KEEP_ALIVE_MS 2000
#define MJS_CONTROL_SILENCE_MS 6000
#define MJS_CONTROL_KILL_MS 8000

enum mjs_control_type {
    MJS_CONTROL_KEEP_ALIVE = 'k',
    MJS_CONTROL_STOP = 's',
    MJS_CONTROL_FORCE = 'f',
    MJS_CONTROL_INPUT = 'i',
    MJS_CONTROL_INPUT_END = 'e',
    MJS_CONTROL_NOTICE = 'n',
    MJS_CONTROL_OUTPUT = 'o',
    MJS_CONTROL_ERRORS = 'r',
    MJS_CONTROL_CREDIT = 'c',
    MJS_CONTROL_EXIT = 'x',
};

// The board's reader of the client's frames. Zeroed and given its credit by `init`.
struct mjs_control_decoder {
    uint8_t head[MJS_CONTROL_HEAD_BYTES];
    unsigned head_bytes; // of `head` that have come
    uint32_t left_bytes; // of an `i` frame's payload
    uint32_t credit_bytes;
    bool input_ended;  // `e` has come
    const char *error; // what was wrong; nothing is decoded any more. Static text
};

enum mjs_control_event {
    MJS_CONTROL_MORE,  // everything is taken
    MJS_CONTROL_FRAME, // a whole frame without payload: `type` says which
    MJS_CONTROL_DATA, // bytes of the script's input: `data`, `data_bytes`, a part of the given ones
    MJS_CONTROL_BAD,  // decoder->error says why; stays so
};

struct mjs_control_item {
    enum mjs_control_type type;
    const uint8_t *data;
    size_t data_bytes;
};

void mjs_control_init(struct mjs_control_decoder *decoder);

// Takes bytes off the front of [*bytes, *bytes + *count) until there is something to tell. To be
// called again until it returns MORE (or BAD); the bytes may be split in any way.
enum mjs_control_event mjs_control_decode(struct mjs_control_decoder *decoder,
                                          const uint8_t **bytes, size_t *count,
                                          struct mjs_control_item *item);

// To be called when a `c` frame is sent.
void mjs_control_add_credit(struct mjs_control_decoder *decoder, uint32_t bytes);

// The head of a frame; the payload follows it.
void mjs_control_encode_head(uint8_t head_out[MJS_CONTROL_HEAD_BYTES], enum mjs_control_type type,
                             uint32_t payload_bytes);
void mjs_control_encode_u32(uint8_t bytes_out[4], uint32_t value);

#endif

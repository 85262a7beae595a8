// SPDX-License-Identifier: MIT
// SHA-256 for the C files: the standard library's, so that we keep no crypto of our own.
const std = @import("std");
const Sha256 = std.crypto.hash.sha2.Sha256;

const Content = std.crypto.auth.siphash.SipHash128(1, 3);

export fn mjs_hash_sha256(data: [*]const u8, bytes: usize, digest_out: *[Sha256.digest_length]u8) void {
    Sha256.hash(data[0..bytes], digest_out, .{});
}

export fn mjs_hash_sha256_hex(data: [*]const u8, bytes: usize, hex_out: *[2 * Sha256.digest_length + 1]u8) void {
    var digest: [Sha256.digest_length]u8 = undefined;
    Sha256.hash(data[0..bytes], &digest, .{});
    writeHex(&digest, hex_out);
}

export fn mjs_hash_content_hex(data: [*]const u8, bytes: usize, hex_out: *[2 * Content.mac_length + 1]u8) void {
    var digest: [Content.mac_length]u8 = undefined;
    Content.create(&digest, data[0..bytes], "maixjs's content");
    writeHex(&digest, hex_out);
}

fn writeHex(digest: []const u8, hex_out: []u8) void {
    const digits = "0123456789abcdef";
    for (digest, 0..) |byte, i| {
        hex_out[2 * i] = digits[byte >> 4];
        hex_out[2 * i + 1] = digits[byte & 15];
    }
    hex_out[2 * digest.len] = 0;
}

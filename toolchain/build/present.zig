// SPDX-License-Identifier: MIT
//! While the first files are being written: leaves out the listed ones that are not there yet.

const std = @import("std");

pub fn is(b: *std.Build, file: []const u8) bool {
    b.build_root.handle.access(b.graph.io, file, .{}) catch return false;
    return true;
}

pub fn only(b: *std.Build, files: []const []const u8) []const []const u8 {
    var list: std.ArrayList([]const u8) = .empty;
    for (files) |file| if (is(b, file)) list.append(b.allocator, file) catch @panic("OOM");
    return list.items;
}

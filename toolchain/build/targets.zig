// SPDX-License-Identifier: MIT
//! The targets of toolchain/targets.json, which the command line tools read as well.

const std = @import("std");
const builtin = @import("builtin");

const json = @embedFile("../targets.json");

pub const Target = struct {
    name: []const u8,
    resolved: std.Build.ResolvedTarget,
    /// Static: no dlopen, so no libasound.
    static: bool,
    /// The folder below @esbuild of the esbuild that runs there.
    esbuild: []const u8,
    /// False for the boards.
    is_host: bool,
};

const Entry = struct {
    triple: []const u8,
    cpu: []const u8,
    static: bool,
    host: ?[]const u8,
    esbuild: []const u8,
    boards: []const []const u8,
};

/// The target of the machine that builds. Never Zig's "native": that probes the machine, and gives
/// another executable on each.
pub fn host(b: *std.Build) Target {
    const arch = switch (builtin.cpu.arch) {
        .x86_64 => "x64",
        .aarch64 => "arm64",
        else => |other| std.process.fatal("maixjs builds on x86_64 and aarch64, not on {t}", .{other}),
    };
    const table = parse(b);
    for (table.keys(), table.values()) |name, entry| {
        if (entry.host) |of| if (std.mem.eql(u8, of, arch)) return resolve(b, name, entry);
    }
    std.process.fatal("toolchain/targets.json has no target for the host {s}", .{arch});
}

pub fn named(b: *std.Build, name: []const u8) Target {
    const table = parse(b);
    if (table.get(name)) |entry| return resolve(b, name, entry);
    const known = std.mem.join(b.allocator, ", ", table.keys()) catch @panic("OOM");
    std.process.fatal("unknown target \"{s}\"; toolchain/targets.json has: {s}", .{ name, known });
}

pub fn boards(b: *std.Build) []const Target {
    const table = parse(b);
    var list: std.ArrayList(Target) = .empty;
    for (table.keys(), table.values()) |name, entry| {
        if (entry.host == null) list.append(b.allocator, resolve(b, name, entry)) catch @panic("OOM");
    }
    return list.items;
}

fn resolve(b: *std.Build, name: []const u8, entry: Entry) Target {
    const query = std.Build.parseTargetQuery(.{
        .arch_os_abi = entry.triple,
        .cpu_features = entry.cpu,
    }) catch std.process.fatal("toolchain/targets.json: bad triple or cpu of {s}", .{name});
    return .{
        .name = b.dupe(name),
        .resolved = b.resolveTargetQuery(query),
        .static = entry.static,
        .esbuild = b.dupe(entry.esbuild),
        .is_host = entry.host != null,
    };
}

fn parse(b: *std.Build) std.StringArrayHashMapUnmanaged(Entry) {
    const parsed = std.json.parseFromSliceLeaky(std.json.ArrayHashMap(Entry), b.allocator, json, .{}) catch |err|
        std.process.fatal("toolchain/targets.json: {t}", .{err});
    return parsed.map;
}

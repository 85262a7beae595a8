// SPDX-License-Identifier: MIT
//! QuickJS-ng: where its source is, which version it is, and how it is compiled.

const std = @import("std");

const sources = @import("sources.zig");
const Target = @import("targets.zig").Target;

pub const Source = struct {
    dir: std.Build.LazyPath,
    /// "0.16.2", from its own header.
    version: []const u8,
};

/// The source in `override`, else the pinned package that toolchain/fetch.mjs has put into Zig's
/// cache. Never the network: Zig has no time-out when packets vanish, and a bare machine lacks
/// certificates. Null when Zig is asked again with the package.
pub fn findSource(b: *std.Build, override: ?[]const u8) ?Source {
    const dir: std.Build.LazyPath = if (override) |path| .{ .cwd_relative = path } else dir: {
        if (!isCached()) std.process.fatal(
            "QuickJS-ng's source is not in Zig's cache. `npm run build` fetches it and builds; " ++
                "-Dquickjs=<folder> takes another source.",
            .{},
        );
        const package = b.lazyDependency("quickjs", .{}) orelse return null;
        break :dir package.path(".");
    };
    return .{ .dir = dir, .version = readVersion(b, dir) };
}

fn isCached() bool {
    const dependencies = @import("root").dependencies;
    const hash = comptime hash: for (dependencies.root_deps) |entry| {
        if (std.mem.eql(u8, entry[0], "quickjs")) break :hash entry[1];
    } else @compileError("build.zig.zon has no dependency named quickjs");
    const package = @field(dependencies.packages, hash);
    return !@hasDecl(package, "available") or package.available;
}

fn readVersion(b: *std.Build, dir: std.Build.LazyPath) []const u8 {
    const path = dir.path(b, "quickjs.h").getPath(b);
    const header = std.Io.Dir.cwd().readFileAlloc(b.graph.io, path, b.allocator, .limited(1 << 20)) catch |err|
        std.process.fatal("cannot read {s}: {t}", .{ path, err });
    return b.fmt("{s}.{s}.{s}{s}", .{
        macro(header, "QJS_VERSION_MAJOR"),
        macro(header, "QJS_VERSION_MINOR"),
        macro(header, "QJS_VERSION_PATCH"),
        std.mem.trim(u8, macro(header, "QJS_VERSION_SUFFIX"), "\""),
    });
}

fn macro(header: []const u8, comptime name: []const u8) []const u8 {
    const define = "#define " ++ name ++ " ";
    const start = std.mem.indexOf(u8, header, define) orelse
        std.process.fatal("quickjs.h has no " ++ name ++ ": not QuickJS-ng, or too old", .{});
    const line = std.mem.sliceTo(header[start + define.len ..], '\n');
    return std.mem.trim(u8, line, " \t\r");
}

/// The engine as a static library. Always fast and without UBSan, also below a Debug executable:
/// it is not our code, and it is slow enough to hide our timing bugs otherwise.
pub fn library(b: *std.Build, source: Source, target: Target) *std.Build.Step.Compile {
    const module = b.createModule(.{
        .target = target.resolved,
        .optimize = .ReleaseFast,
        .link_libc = true,
        .sanitize_c = .off,
        .omit_frame_pointer = true,
        .unwind_tables = .none,
        .strip = true,
    });
    const flags: []const []const u8 = if (target.static) &sources.engine_flags_small else &sources.engine_flags_fast;
    module.addCSourceFiles(.{ .root = source.dir, .files = &sources.engine, .flags = flags });
    return b.addLibrary(.{ .name = "quickjs", .linkage = .static, .root_module = module });
}

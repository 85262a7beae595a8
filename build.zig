// SPDX-License-Identifier: MIT
//! Lists the options and the steps of the build; how each is done stands in toolchain/build/.

const std = @import("std");

const engine = @import("toolchain/build/engine.zig");
const program = @import("toolchain/build/program.zig");
const targets = @import("toolchain/build/targets.zig");
const unit_tests = @import("toolchain/build/unit_tests.zig");

/// Everything that `zig build -D…` knows.
const Options = struct {
    target_name: ?[]const u8,
    optimize: ?std.builtin.OptimizeMode,
    quickjs: ?[]const u8,
    esbuild: ?[]const u8,
    test_filter: ?[]const u8,

    fn read(b: *std.Build) Options {
        return .{
            .target_name = b.option([]const u8, "target-name", "A name in toolchain/targets.json (default: this machine)"),
            .optimize = b.option(std.builtin.OptimizeMode, "optimize", "Of the executable (default: ReleaseFast) and of the tests (default: Debug, which has UBSan)"),
            .quickjs = b.option([]const u8, "quickjs", "A folder with QuickJS-ng's source, in place of the pinned one"),
            .esbuild = b.option([]const u8, "esbuild", "The esbuild executable (default: the one in node_modules)"),
            .test_filter = b.option([]const u8, "test-filter", "Only the C tests whose path holds this"),
        };
    }
};

pub fn build(b: *std.Build) void {
    const options: Options = .read(b);
    const host = targets.host(b);
    const target = if (options.target_name) |name| targets.named(b, name) else host;
    const source = engine.findSource(b, options.quickjs) orelse return;
    const optimize = options.optimize orelse .ReleaseFast;

    const context: program.Context = .{
        .b = b,
        .source = source,
        .host = host,
        .embedded = program.embed(b, source, host, options.esbuild),
    };
    const tests: unit_tests.Options = .{
        .host = host,
        .optimize = options.optimize orelse .Debug,
        .filter = options.test_filter,
    };

    program.install(context, target, optimize);

    const steps = [_]struct { []const u8, []const u8, *std.Build.Step }{
        .{ "test", "Run the C unit tests", unit_tests.run(b, tests, .plain) },
        .{ "tsan", "Run the threaded C unit tests under ThreadSanitizer", unit_tests.run(b, tests, .tsan) },
        .{ "check-boards", "Compile and link for every board, install nothing", program.checkBoards(context) },
        .{ "lab", "Install what the kernel lab runs besides the executable", unit_tests.installForLab(b, target) },
        .{ "parts", "Install what a build with another compiler needs into zig-out/parts", program.installParts(context) },
        .{ "fmt-check", "Check the format of the Zig files", &b.addFmt(.{ .paths = &zig_files, .check = true }).step },
        .{ "fmt", "Format the Zig files", &b.addFmt(.{ .paths = &zig_files }).step },
    };
    for (steps) |entry| {
        const name, const description, const step = entry;
        b.step(name, description).dependOn(step);
    }
}

const zig_files = [_][]const u8{ "build.zig", "build.zig.zon", "toolchain", "runtime" };

// SPDX-License-Identifier: MIT
//! The C unit tests: one program each, linked with the C core, without the engine.

const std = @import("std");

const program = @import("program.zig");
const sources = @import("sources.zig");
const Target = @import("targets.zig").Target;

pub const Options = struct {
    host: Target,
    optimize: std.builtin.OptimizeMode,
    filter: ?[]const u8,
};

pub const Mode = enum { plain, tsan };

/// Seconds. For hangs only: no test takes a tenth of it.
const time_limit = "120";

/// A step that runs every test, or under `tsan` those that have threads.
pub fn run(b: *std.Build, options: Options, mode: Mode) *std.Build.Step {
    const step = b.allocator.create(std.Build.Step) catch @panic("OOM");
    step.* = .init(.{ .id = .custom, .name = b.fmt("unit tests ({t})", .{mode}), .owner = b });
    const core = coreLibrary(b, options, mode);
    for (sources.unit_tests) |entry| {
        if (mode == .tsan and !entry.threads) continue;
        if (options.filter) |filter| if (std.mem.indexOf(u8, entry.file, filter) == null) continue;

        const module = program.ourModule(b, options.host, options.optimize, .{ .thread = mode == .tsan });
        module.addCSourceFile(.{ .file = b.path(entry.file), .flags = &sources.flags });
        module.linkLibrary(core);
        const exe = b.addExecutable(.{ .name = std.fs.path.stem(entry.file), .root_module = module });

        // A hang is a failure too.
        const command = b.addSystemCommand(&.{ "timeout", "--signal=ABRT", time_limit });
        command.addArtifactArg(exe);
        command.setName(b.fmt("{s} ({t})", .{ entry.file, mode }));
        command.setCwd(b.path("."));
        command.expectExitCode(0);
        // A test looks at files, threads and clocks: that it passed before proves nothing.
        command.has_side_effects = true;
        step.dependOn(&command.step);
    }
    return step;
}

/// Puts the tests that the kernel lab runs beside the target's maixjs.
pub fn installForLab(b: *std.Build, target: Target) *std.Build.Step {
    const step = b.allocator.create(std.Build.Step) catch @panic("OOM");
    step.* = .init(.{ .id = .custom, .name = "tests for the lab", .owner = b });
    const options: Options = .{ .host = target, .optimize = .ReleaseFast, .filter = null };
    const core = coreLibrary(b, options, .plain);
    for (sources.unit_tests) |entry| {
        if (!entry.lab) continue;
        const module = program.ourModule(b, target, options.optimize, .{});
        module.addCSourceFile(.{ .file = b.path(entry.file), .flags = &sources.flags });
        module.linkLibrary(core);
        const exe = b.addExecutable(.{
            .name = std.fs.path.stem(entry.file),
            .root_module = module,
            .linkage = if (target.static) .static else .dynamic,
        });
        exe.link_gc_sections = true;
        const dir: std.Build.InstallDir = .{ .custom = target.name };
        step.dependOn(&b.addInstallArtifact(exe, .{ .dest_dir = .{ .override = dir } }).step);
    }
    return step;
}

/// A library, so that a test links only what it calls.
fn coreLibrary(b: *std.Build, options: Options, mode: Mode) *std.Build.Step.Compile {
    const module = program.ourModule(b, options.host, options.optimize, .{ .thread = mode == .tsan });
    program.addCore(b, module, options.host, options.optimize);
    return b.addLibrary(.{ .name = "core", .linkage = .static, .root_module = module });
}

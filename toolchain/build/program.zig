// SPDX-License-Identifier: MIT
//! The maixjs executable: our C, the engine, and the TypeScript that is embedded as bytecode.

const std = @import("std");

const engine = @import("engine.zig");
const sources = @import("sources.zig");
const targets = @import("targets.zig");

const Build = std.Build;
const OptimizeMode = std.builtin.OptimizeMode;

pub const Context = struct {
    b: *Build,
    source: engine.Source,
    host: targets.Target,
    /// C files that hold bytecode; the same for every target.
    embedded: []const Build.LazyPath,
};

/// zig-out/bin/maixjs for this machine, zig-out/<target>/maixjs for a board.
pub fn install(context: Context, target: targets.Target, optimize: OptimizeMode) void {
    const b = context.b;
    const exe = executable(context, target, optimize);
    const dir: Build.InstallDir = if (target.is_host) .bin else .{ .custom = target.name };
    const step = b.addInstallArtifact(exe, .{ .dest_dir = .{ .override = dir } });
    b.getInstallStep().dependOn(&step.step);
}

pub fn checkBoards(context: Context) *Build.Step {
    const b = context.b;
    const step = b.allocator.create(Build.Step) catch @panic("OOM");
    step.* = .init(.{ .id = .custom, .name = "check boards", .owner = b });
    for (targets.boards(b)) |board| {
        step.dependOn(&executable(context, board, .ReleaseFast).step);
    }
    return step;
}

fn executable(context: Context, target: targets.Target, optimize: OptimizeMode) *Build.Step.Compile {
    const b = context.b;
    const module = ourModule(b, target, optimize, .{});
    const flags = cFlags(b, optimize);
    addCore(b, module, target, optimize);
    module.addCSourceFiles(.{ .files = &sources.host, .flags = flags });
    for (context.embedded) |file| module.addCSourceFile(.{ .file = file, .flags = flags });
    module.addSystemIncludePath(context.source.dir);
    module.addCMacro("MJS_VERSION", b.fmt("\"{s}\"", .{packageVersion(b)}));
    module.addCMacro("MJS_QUICKJS_VERSION", b.fmt("\"{s}\"", .{context.source.version}));
    module.addCMacro("MJS_TARGET", b.fmt("\"{s}\"", .{target.name}));
    if (target.static) module.addCMacro("MJS_STATIC", "1");
    module.linkLibrary(engine.library(b, context.source, target));

    const exe = b.addExecutable(.{
        .name = "maixjs",
        .root_module = module,
        .linkage = if (target.static) .static else .dynamic,
    });
    exe.link_gc_sections = true;
    return exe;
}

pub const Sanitize = struct { thread: bool = false };

/// A module for C of ours: the options that every program of ours shares.
pub fn ourModule(b: *Build, target: targets.Target, optimize: OptimizeMode, sanitize: Sanitize) *Build.Module {
    const debug = optimize == .Debug;
    return b.createModule(.{
        .target = target.resolved,
        .optimize = optimize,
        .link_libc = true,
        .strip = !debug,
        .omit_frame_pointer = !debug,
        .unwind_tables = if (debug) null else .none,
        .sanitize_c = if (debug and !sanitize.thread) .full else .off,
        .sanitize_thread = sanitize.thread,
    });
}

/// Without the folder that it was built in, the same sources give the same bytes everywhere.
fn cFlags(b: *Build, optimize: OptimizeMode) []const []const u8 {
    if (optimize == .Debug) return &sources.flags; // a debugger wants the folder
    const map = b.fmt("-ffile-prefix-map={s}/=", .{b.pathFromRoot("")});
    return std.mem.concat(b.allocator, []const u8, &.{ &sources.flags_fast, &.{map} }) catch @panic("OOM");
}

/// Adds the C that needs no engine.
pub fn addCore(b: *Build, module: *Build.Module, target: targets.Target, optimize: OptimizeMode) void {
    const flags = cFlags(b, optimize);
    module.addCSourceFiles(.{ .files = &sources.core, .flags = flags });
    for (sources.zig) |file| {
        const zig_module = b.createModule(.{
            .root_source_file = b.path(file),
            .target = target.resolved,
            .optimize = if (optimize == .Debug) .ReleaseSafe else optimize,
            .link_libc = true,
            .strip = true,
            .unwind_tables = .none,
        });
        module.addObject(b.addObject(.{ .name = std.fs.path.stem(file), .root_module = zig_module }));
    }
}

/// zig-out/parts: what a compiler of C alone cannot make, for the build with sanitizers.
pub fn installParts(context: Context) *Build.Step {
    const b = context.b;
    const step = b.allocator.create(Build.Step) catch @panic("OOM");
    step.* = .init(.{ .id = .custom, .name = "install parts", .owner = b });
    for (sources.embedded, context.embedded) |entry, file| {
        step.dependOn(&b.addInstallFile(file, b.fmt("parts/embedded_{s}.c", .{entry.name})).step);
    }
    for (sources.zig) |file| {
        const name = std.fs.path.stem(file);
        const object = b.addObject(.{
            .name = name,
            .root_module = b.createModule(.{
                .root_source_file = b.path(file),
                .target = context.host.resolved,
                .optimize = .ReleaseFast,
                .link_libc = true,
                .strip = true,
            }),
        });
        step.dependOn(&b.addInstallFile(object.getEmittedBin(), b.fmt("parts/{s}.o", .{name})).step);
    }
    return step;
}

/// TypeScript -> one module (esbuild) -> bytecode in a C file (compile_js, run on this machine).
pub fn embed(b: *Build, source: engine.Source, host: targets.Target, esbuild: ?[]const u8) []const Build.LazyPath {
    const compiler = b.addExecutable(.{
        .name = "compile_js",
        .root_module = b.createModule(.{ .target = host.resolved, .optimize = .Debug, .link_libc = true }),
    });
    compiler.root_module.addCSourceFile(.{ .file = b.path("toolchain/build/compile_js.c"), .flags = &sources.flags });
    compiler.root_module.addSystemIncludePath(source.dir);
    compiler.root_module.linkLibrary(engine.library(b, source, host));

    const files = b.allocator.alloc(Build.LazyPath, sources.embedded.len) catch @panic("OOM");
    for (sources.embedded, files) |entry, *file| {
        const bundle = b.addSystemCommand(&.{esbuild orelse defaultEsbuild(b, host)});
        bundle.setName(b.fmt("esbuild {s}", .{entry.entry}));
        bundle.addFileArg(b.path(entry.entry));
        bundle.addArgs(&.{
            "--bundle",
            "--format=esm",
            "--platform=neutral",
            "--main-fields=module,main",
            "--minify-whitespace",
            // A linked node_modules must not show in the names of what is bundled.
            "--preserve-symlinks",
            "--target=es2023",
            "--log-level=warning",
            // What whatwg-url takes from it is done by a file of ours: its tables are large.
            b.fmt("--alias:tr46={s}", .{b.pathFromRoot("ts/runtime/idna.ts")}),
        });
        const module = bundle.addPrefixedOutputFileArg("--outfile=", b.fmt("{s}.js", .{entry.name}));
        for (sources.embedded_inputs) |input| bundle.addFileInput(b.path(input));

        const compile = b.addRunArtifact(compiler);
        compile.addArg(entry.name);
        compile.addFileArg(module);
        file.* = compile.addOutputFileArg(b.fmt("embedded_{s}.c", .{entry.name}));
    }
    return files;
}

/// The native file: the wrapper beside it needs Node and a postinstall that npm may not have run.
fn defaultEsbuild(b: *Build, host: targets.Target) []const u8 {
    return b.pathFromRoot(b.fmt("node_modules/@esbuild/{s}/bin/esbuild", .{host.esbuild}));
}

fn packageVersion(b: *Build) []const u8 {
    const Package = struct { version: []const u8 };
    const package = std.json.parseFromSliceLeaky(
        Package,
        b.allocator,
        @embedFile("../../package.json"),
        .{ .ignore_unknown_fields = true },
    ) catch |err| std.process.fatal("package.json: {t}", .{err});
    return package.version;
}

// SPDX-License-Identifier: MIT
//! Every source file, and the flags it is compiled with. A file that is not listed is not built.

/// Our C that knows no engine: linked into the executable and into every C unit test.
pub const core = [_][]const u8{
    "runtime/buffer.c",
    "runtime/cache.c",
    "runtime/control.c",
    "runtime/memory.c",
    "runtime/mappings.c",
    "runtime/repl_terminal.c",
    "runtime/result.c",
    "runtime/stop.c",
    "runtime/thread.c",
    "modules/app/paths.c",
    "modules/audio/alsa_lib.c",
    "modules/audio/alsa_negotiate.c",
    "modules/audio/board.c",
    "modules/audio/board_config.c",
    "modules/audio/board_prime.c",
    "modules/audio/capture.c",
    "modules/audio/capture_thread.c",
    "modules/audio/convert.c",
    "modules/audio/devices.c",
    "modules/audio/devices_holder.c",
    "modules/audio/devices_kernel.c",
    "modules/audio/devices_print.c",
    "modules/audio/format.c",
    "modules/audio/kernel_explain.c",
    "modules/audio/kernel_params.c",
    "modules/audio/kernel_stream.c",
    "modules/audio/kernel_sys.c",
    "modules/audio/level.c",
    "modules/audio/mixer_alsa.c",
    "modules/audio/mixer_elements.c",
    "modules/audio/mixer_kernel.c",
    "modules/audio/mixer_volume.c",
    "modules/audio/pcm.c",
    "modules/audio/pcm_alsa.c",
    "modules/audio/pcm_kernel.c",
    "modules/audio/pcm_sim.c",
    "modules/audio/recorder.c",
    "modules/audio/recorder_gaps.c",
    "modules/audio/recorder_read.c",
    "modules/audio/recorder_take.c",
    "modules/audio/ring.c",
    "modules/audio/sim_options.c",
    "modules/audio/sim_source.c",
    "modules/audio/syncer.c",
    "modules/audio/target.c",
    "modules/audio/wav.c",
    "modules/audio/wav_reader.c",
    "modules/audio/writer.c",
    "modules/key/exit_key.c",
    "modules/key/key_input.c",
    "modules/key/key_states.c",
    "modules/key/key_terminal.c",
    "modules/key/keys.c",
};

/// Our C that includes quickjs.h, or that needs a file which does.
pub const host = [_][]const u8{
    "runtime/build.c",
    "runtime/bundle.c",
    "runtime/bytecode.c",
    "runtime/config.c",
    "runtime/console.c",
    "runtime/embedded.c",
    "runtime/errors.c",
    "runtime/esbuild.c",
    "runtime/globals.c",
    "runtime/js_util.c",
    "runtime/limits.c",
    "runtime/loader.c",
    "runtime/loop.c",
    "runtime/main.c",
    "runtime/manifest.c",
    "runtime/options.c",
    "runtime/process.c",
    "runtime/repl.c",
    "runtime/repl_host.c",
    "runtime/repl_import.c",
    "runtime/runtime.c",
    "runtime/script.c",
    "runtime/text.c",
    "runtime/timers.c",
    "runtime/tools.c",
    "modules/namespace_js.c",
    "modules/registry.c",
    "modules/app/app_js.c",
    "modules/audio/args_js.c",
    "modules/audio/audio_js.c",
    "modules/audio/chunk_js.c",
    "modules/audio/devices_js.c",
    "modules/audio/recorder_info_js.c",
    "modules/audio/recorder_js.c",
    "modules/audio/recorder_options_js.c",
    "modules/audio/recorder_read_js.c",
    "modules/audio/recorder_volume_js.c",
    "modules/audio/stream_js.c",
    "modules/audio/stream_serve_js.c",
    "modules/audio/writer_js.c",
    "modules/fs/fs_js.c",
    "modules/err/err_js.c",
    "modules/key/key_js.c",
    "modules/log/log_js.c",
    "modules/sys/sys_js.c",
    "modules/time/time_js.c",
};

/// Zig files that export C functions, each with a header of the same name.
pub const zig = [_][]const u8{
    "runtime/hash.zig",
};

/// TypeScript that is compiled to bytecode and embedded as `mjs_embedded_<name>` and
/// `mjs_embedded_<name>_bytes`.
pub const embedded = [_]struct { name: []const u8, entry: []const u8 }{
    .{ .name = "errors", .entry = "ts/runtime/errors.ts" },
    .{ .name = "inspect", .entry = "ts/runtime/console.ts" },
    .{ .name = "maix_log", .entry = "ts/runtime/maix_log.ts" },
    .{ .name = "maix_err", .entry = "ts/runtime/maix_err.ts" },
    .{ .name = "maix_sys", .entry = "ts/runtime/maix_sys.ts" },
    .{ .name = "maix_app", .entry = "ts/runtime/maix_app.ts" },
    .{ .name = "maix_fs", .entry = "ts/runtime/maix_fs.ts" },
    .{ .name = "maix_time", .entry = "ts/runtime/maix_time.ts" },
    .{ .name = "manifest", .entry = "ts/runtime/manifest.ts" },
    .{ .name = "repl", .entry = "ts/runtime/repl.ts" },
    .{ .name = "clone", .entry = "ts/runtime/web_clone.ts" },
    .{ .name = "events", .entry = "ts/runtime/web_events.ts" },
    .{ .name = "url", .entry = "ts/runtime/web_url.ts" },
};

/// What these import from the project: a change bundles them again. npm packages are watched by
/// the lock file.
pub const embedded_inputs = [_][]const u8{
    "package-lock.json",
    "ts/runtime/excerpt.ts",
    "ts/runtime/idna.ts",
    "ts/runtime/inspect.ts",
    "ts/runtime/inspect_lines.ts",
    "ts/runtime/inspect_values.ts",
    "ts/runtime/maix_calendar.ts",
    "ts/runtime/maix_ini.ts",
    "ts/runtime/maix_native.ts",
    "ts/runtime/maix_paths.ts",
    "ts/runtime/maix_sys_parse.ts",
    "ts/runtime/manifest_json.ts",
    "ts/runtime/manifest_probes.ts",
    "ts/runtime/manifest_tsconfig.ts",
    "ts/runtime/paths.ts",
    "ts/runtime/repl_complete.ts",
    "ts/runtime/repl_editor.ts",
    "ts/runtime/repl_source.ts",
    "ts/runtime/width.ts",
};

/// C unit tests: a program each, with its own main(). `threads`: also run under ThreadSanitizer.
/// `lab`: also built for the boards, for the kernel lab.
pub const unit_tests = [_]struct { file: []const u8, threads: bool = false, lab: bool = false }{
    .{ .file = "test/runtime/result_test.c" },
    .{ .file = "test/runtime/control_test.c" },
    .{ .file = "test/runtime/memory_test.c", .threads = true },
    .{ .file = "test/modules/app/paths_test.c" },
    .{ .file = "test/modules/audio/board_config_test.c" },
    .{ .file = "test/modules/audio/board_test.c" },
    .{ .file = "test/modules/audio/devices_holder_test.c" },
    .{ .file = "test/modules/audio/devices_test.c" },
    .{ .file = "test/modules/audio/format_test.c" },
    .{ .file = "test/modules/audio/convert_test.c" },
    .{ .file = "test/modules/audio/level_test.c" },
    .{ .file = "test/modules/audio/mixer_alsa_test.c" },
    .{ .file = "test/modules/audio/mixer_kernel_test.c" },
    .{ .file = "test/modules/audio/mixer_volume_test.c" },
    .{ .file = "test/modules/audio/wav_test.c" },
    .{ .file = "test/modules/audio/target_test.c" },
    .{ .file = "test/modules/audio/syncer_test.c", .threads = true },
    .{ .file = "test/modules/audio/writer_test.c" },
    .{ .file = "test/modules/audio/writer_faults_test.c", .threads = true },
    .{ .file = "test/modules/audio/ring_test.c" },
    .{ .file = "test/modules/audio/ring_threads_test.c", .threads = true },
    .{ .file = "test/modules/audio/pcm_sim_test.c" },
    .{ .file = "test/modules/audio/pcm_contract_test.c", .lab = true },
    .{ .file = "test/modules/audio/pcm_alsa_test.c" },
    .{ .file = "test/modules/audio/pcm_alsa_fake_test.c" },
    .{ .file = "test/modules/audio/pcm_kernel_test.c" },
    .{ .file = "test/modules/audio/kernel_explain_test.c" },
    .{ .file = "test/modules/audio/capture_test.c", .threads = true },
    .{ .file = "test/modules/audio/recorder_test.c", .threads = true },
    .{ .file = "test/modules/audio/recorder_loss_test.c", .threads = true },
    .{ .file = "test/modules/audio/recorder_replug_test.c", .threads = true },
    .{ .file = "test/modules/key/key_states_test.c" },
    .{ .file = "test/modules/key/keys_test.c", .threads = true },
};

pub const engine = [_][]const u8{
    "dtoa.c",
    "libregexp.c",
    "libunicode.c",
    "quickjs-libc.c",
    "quickjs.c",
};

/// The boards' caches and disks are small: -Os is a quarter smaller (1.01 MB against 1.27), and
/// between 5 and 25 % slower on a PC.
pub const engine_flags_small = [_][]const u8{"-Os"} ++ engine_flags;
pub const engine_flags_fast = [_][]const u8{"-O3"} ++ engine_flags;

const engine_flags = [_][]const u8{
    "-std=gnu11",
    "-D_GNU_SOURCE",
    "-DQUICKJS_NG_BUILD",
    "-funsigned-char",
    "-ffunction-sections",
    "-fdata-sections",
    "-w",
};

/// Ours. Zig sets NDEBUG in its release modes; asserts stay.
pub const flags = [_][]const u8{
    "-std=c11",
    "-D_GNU_SOURCE",
    "-UNDEBUG",
    "-ffunction-sections",
    "-fdata-sections",
    "-Werror",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Wconversion",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wvla",
    "-Wundef",
};

/// In front of `flags`, in the release modes: Zig itself passes only -O2.
pub const flags_fast = [_][]const u8{"-O3"} ++ flags;

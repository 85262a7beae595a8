// SPDX-License-Identifier: MIT
// Runs the built executable: on scripts given as text, in temporary folders that go away by
// themselves, with nothing of the user's environment that could change what it does.

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, expect } from "vitest";

import { type Ended, executable, run } from "./process.ts";

export { type Ended, executable };

export interface RunOptions {
    readonly cwd?: string;
    /** Added to the clean environment; undefined takes a variable away. */
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly input?: string;
    /** Behind the script. */
    readonly args?: readonly string[];
    /** Before the script. */
    readonly options?: readonly string[];
    /** Shell commands that run before, in the same process: `ulimit -f 8`. */
    readonly setup?: string;
    /** Sent once `when` is true of what standard output has so far. */
    readonly kill?: { readonly signal: NodeJS.Signals; readonly when: (stdout: string) => boolean };
}

const folders: string[] = [];

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "maixjs-test-")));
    folders.push(folder);
    return folder;
}

afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Runs `maixjs <args>`. */
export function maixjs(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const cwd = options.cwd ?? temporaryFolder();
    const shell = ["-c", `${options.setup} && exec "$0" "$@"`, executable];
    return run(options.setup === undefined ? args : [...shell, ...args], {
        cwd,
        env: { HOME: cwd, XDG_CACHE_HOME: join(cwd, ".cache"), ...options.env },
        ...(options.setup !== undefined && { command: "sh" }),
        ...(options.input !== undefined && { input: options.input }),
        ...(options.kill && { signal: options.kill.signal, stopWhen: options.kill.when }),
    });
}

/** Runs a script given as text (a JavaScript module, so esbuild has nothing to do). */
export function runScript(code: string, options: RunOptions = {}): Promise<Ended> {
    const cwd = options.cwd ?? temporaryFolder();
    // Outside of cwd: a test may look at everything that the program has left there.
    const script = join(temporaryFolder(), "script.mjs");
    writeFileSync(script, code);
    const args = [...(options.options ?? []), script, ...(options.args ?? [])];
    return maixjs(args, { ...options, cwd });
}

/** What every script of `evaluate` begins with. */
const prelude = `
import * as std from "qjs:std";
import { audio, app, time } from "maix";
const { Recorder, WavWriter, Format, level, fmtBits } = audio;
const out = (value) => {
    std.out.puts("=" + JSON.stringify(value) + "\\n");
    std.out.flush();
};
// What a call throws, as plain data; or that it threw nothing.
const thrown = (call) => {
    try {
        call();
    } catch (error) {
        return facts(error);
    }
    return "nothing";
};
const facts = (error) => ({
    name: error.name,
    code: error.code,
    message: error.message,
    frames: error.frames,
    data: error.data && [...error.data],
    gap: error.gap,
});
`;

export interface Thrown {
    readonly name: string;
    readonly code?: string;
    readonly message: string;
    readonly frames?: number;
    readonly data?: number[];
    readonly gap?: { frame: number; at: number; frames: number; exact: boolean; cause: string };
}

/** Runs a script that calls `out(value)`; gives these values. The script must end well. */
export async function evaluate(code: string, options: RunOptions = {}): Promise<unknown[]> {
    const ended = await runScript(prelude + code, options);
    expect(ended.stderr.replaceAll(/^maixjs: .* of sound are missing .*\n/gm, "")).toBe("");
    expect(ended.status).toBe(0);
    return results(ended);
}

/** The values that a script gave to `out`. */
export function results(ended: Ended): unknown[] {
    return ended.stdout
        .split("\n")
        .filter((line) => line.startsWith("="))
        .map((line): unknown => JSON.parse(line.slice(1)));
}

/** `evaluate` for scripts of one value. */
export async function value<T>(code: string, options: RunOptions = {}): Promise<T> {
    const values = await evaluate(code, options);
    expect(values).toHaveLength(1);
    return values[0] as T;
}

/** The same script text with the prelude, for `runScript`. */
export function withPrelude(code: string): string {
    return prelude + code;
}

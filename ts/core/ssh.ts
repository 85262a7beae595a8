// SPDX-License-Identifier: MIT
// A board behind the system's ssh: one connection, programs on it, and ssh's errors in our words.

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { Readable } from "node:stream";

import type { UserError } from "./errors.ts";

export interface ConnectOptions {
    /** Gets ssh's own lines (warnings, "Permanently added …"); default: standard error. */
    readonly onNotice?: (line: string) => void;
}

export interface ExecOptions {
    /** Its standard input; without: empty. */
    readonly input?: Buffer | string | Readable;
    /** How many bytes of `input` ssh has taken so far. */
    readonly onInput?: (bytes: number) => void;
}

export interface ExecResult {
    /** 128 + n for a signal, as sh says it. A connection that breaks is a UserError instead. */
    readonly status: number;
    readonly stdout: Buffer;
    readonly stderr: string;
}

export class Device {
    readonly target: string;

    private constructor(target: string) {
        this.target = target;
    }

    /** Throws UserError, with a next step, where ssh does not get there. */
    static async connect(target: string, _options: ConnectOptions = {}): Promise<Device> {
        return new Device(target);
    }

    /** Runs a program to its end. `command` is argv: quoting for the board's sh is done here. */
    async exec(_command: readonly string[], _options: ExecOptions = {}): Promise<ExecResult> {
        throw new Error("not yet");
    }

    /** Runs lines of sh; `args` are its $1, $2, … and need no quotes. */
    script(text: string, args: readonly string[] = [], options: ExecOptions = {}) {
        return this.exec(["sh", "-c", text, "sh", ...args], options);
    }

    /**
     * Starts a program with piped standard streams, for a channel. After its "close", ask
     * `connectionError`: a status of 255 may be the program's or ssh's.
     */
    spawn(_command: readonly string[]): ChildProcessWithoutNullStreams {
        throw new Error("not yet");
    }

    /** Why ssh itself ended this program's connection; null: it did not. Ask after "close". */
    connectionError(_child: ChildProcessWithoutNullStreams): UserError | null {
        return null;
    }

    /** Ends the connection. Programs that still run on it lose it. Idempotent. */
    async close(): Promise<void> {}
}

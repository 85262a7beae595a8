// SPDX-License-Identifier: MIT
// A board behind the system's ssh: one connection, programs on it, and ssh's errors in our words.
//
// The user's ssh configuration holds: aliases, ports, jump hosts, keys, host key checking. Nothing
// here weakens it. `$MAIXJS_SSH` names another ssh, `$MAIXJS_SSH_CONFIG` another configuration (-F).
//
// One ssh, the master, makes the connection and leaves for the background, where Ctrl-C does not
// reach it; all others pass their program to it through a socket in a private folder. Windows' ssh
// knows no master: there each program has a connection of its own.

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { UserError } from "./errors.ts";
import { say } from "./progress.ts";
import { explainSsh, sshMissing } from "./ssh_errors.ts";
import { readLog, SshFolder } from "./ssh_folder.ts";

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
    /** The end of it, where there is much. */
    readonly stderr: string;
}

/** The status with which ssh says that it failed itself. */
const SSH_FAILED = 255;
const CONNECT_TIMEOUT_S = 10;
// A board that is silent for this time is gone: 15 s.
const ALIVE_INTERVAL_S = 5;
const ALIVE_COUNT = 3;
/** How long the connection outlives a process of ours that was killed. */
const PERSIST_S = 15;
const OUTPUT_BYTES_MAX = 64 << 20;
/** Its end says why. */
const ERRORS_CHARS_MAX = 64 << 10;
const INPUT_CHUNK_BYTES = 64 << 10;

/** The ssh that is run. */
export function sshProgram(): string {
    return process.env.MAIXJS_SSH || "ssh";
}

/** The user's own configuration, where it is said which. */
function configArgs(): string[] {
    const file = process.env.MAIXJS_SSH_CONFIG;
    return file ? ["-F", file] : [];
}

/** One word for the board's shell. */
export function quote(word: string): string {
    if (word.includes("\0")) throw new UserError("a board's command cannot hold a NUL");
    if (/^[\w@%+=:,./-]+$/.test(word)) return word;
    return `'${word.replaceAll("'", "'\\''")}'`;
}

/** What ssh takes as a host and not as an option or several words. */
export function checkTarget(target: string): void {
    if (/^(ssh:\/\/)?[^@/]*:[^@/]*@/.test(target)) {
        throw new UserError("a password does not belong into --device: others could read it", {
            hint: "ssh asks for it; a key saves typing it: ssh-copy-id",
            status: 2,
        });
    }
    if (/^[^\s\p{Cc}-][^\s\p{Cc}]*$/u.test(target)) return;
    throw new UserError(`${JSON.stringify(target)} is no host for ssh`, {
        hint: "say it as ssh takes it: root@maixcam-1234.local, or an alias of your ssh config",
        status: 2,
    });
}

/** ssh asks for passwords and about host keys on the terminal; where there is none, it must not. */
function canAsk(): boolean {
    return (
        process.stdin.isTTY === true ||
        process.stderr.isTTY === true ||
        Boolean(process.env.SSH_ASKPASS)
    );
}

/** ssh's own view of a host: the lines of `ssh -G`, names in small letters. */
export async function sshSettings(target: string): Promise<Map<string, string>> {
    checkTarget(target);
    const { status, stdout, stderr } = await runSsh([...configArgs(), "-G", "--", target]);
    if (status !== 0) throw explainSsh(target, stderr);
    const settings = new Map<string, string>();
    for (const line of stdout.split(/\r?\n/)) {
        const space = line.indexOf(" ");
        const name = line.slice(0, space);
        if (space > 0 && !settings.has(name)) settings.set(name, line.slice(space + 1));
    }
    return settings;
}

interface Ran {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** ssh for a question that needs no connection. */
function runSsh(args: readonly string[]): Promise<Ran> {
    const child = spawn(sshProgram(), args, { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
    });
    return new Promise((resolve, reject) => {
        child.on("error", (error) => reject(startError(error)));
        child.on("close", (status) => resolve({ status, stdout, stderr }));
    });
}

/** Until it is in the background: what it asks, it asks on the terminal itself. */
function runMaster(args: readonly string[]): Promise<number | null> {
    const child = spawn(sshProgram(), args, { stdio: "ignore" });
    return new Promise((resolve, reject) => {
        child.on("error", (error) => reject(startError(error)));
        child.on("exit", resolve);
    });
}

function startError(error: NodeJS.ErrnoException): Error {
    return error.code === "ENOENT" ? sshMissing(sshProgram()) : error;
}

/** What we ask of ssh where the user's configuration does not say. */
function commonArgs(settings: ReadonlyMap<string, string>): string[] {
    const options = [
        "ClearAllForwardings=yes", // a forwarded port would be in use for the second connection
        "ForwardAgent=no",
        "ForwardX11=no",
        "RemoteCommand=none",
        "RequestTTY=no",
    ];
    if (!canAsk()) options.push("BatchMode=yes");
    if ((settings.get("connecttimeout") ?? "none") === "none") {
        options.push(`ConnectTimeout=${CONNECT_TIMEOUT_S}`);
    }
    if ((settings.get("serveraliveinterval") ?? "0") === "0") {
        options.push(
            `ServerAliveInterval=${ALIVE_INTERVAL_S}`,
            `ServerAliveCountMax=${ALIVE_COUNT}`,
        );
    }
    return [...configArgs(), ...options.flatMap((option) => ["-o", option])];
}

interface Master {
    readonly socket: string;
    readonly log: string;
    /** How much of its log is about the beginning; what follows, about the end. */
    logSeen: number;
}

export class Device {
    readonly target: string;
    readonly #args: readonly string[];
    /** Null: every program has a connection of its own, or the user's own master has it. */
    readonly #master: Master | null;
    /** Whether ssh has nothing to ask any more: then it need not see the terminal. */
    readonly #isQuiet: boolean;
    /** What ssh has said of each program; there once it has ended. */
    readonly #said = new WeakMap<object, string>();
    #isClosed = false;

    private constructor(
        target: string,
        args: readonly string[],
        master: Master | null,
        isQuiet: boolean,
    ) {
        this.target = target;
        this.#args = args;
        this.#master = master;
        this.#isQuiet = isQuiet;
        if (master) SshFolder.get().atEnd.add(this.#endMaster);
    }

    /** Throws UserError, with a next step, where ssh does not get there. */
    static async connect(target: string, options: ConnectOptions = {}): Promise<Device> {
        const settings = await sshSettings(target);
        const common = commonArgs(settings);
        const onNotice = options.onNotice ?? ((line) => say(`ssh: ${line}`));
        if (await hasOwnMaster(target, settings)) return new Device(target, common, null, true);
        const folder = SshFolder.get();
        if (folder.holdsSockets) {
            const master = { socket: folder.name("c"), log: folder.name("l"), logSeen: 0 };
            await startMaster(target, common, master, onNotice);
            return new Device(target, [...common, ...muxArgs(master)], master, true);
        }
        const device = new Device(target, common, null, !canAsk());
        await device.exec(["true"]);
        return device;
    }

    /** Runs a program to its end. `command` is argv: quoting for the board's sh is done here. */
    async exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
        const child = this.spawn(command);
        const chunks: Buffer[] = [];
        let bytes = 0;
        child.stdout.on("data", (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes <= OUTPUT_BYTES_MAX) chunks.push(chunk);
            else child.kill();
        });
        let stderr = "";
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
            stderr = (stderr + text).slice(-ERRORS_CHARS_MAX);
        });
        const closed = new Promise<number | null>((resolve, reject) => {
            child.on("error", reject);
            child.on("close", resolve);
        });
        const [status] = await Promise.all([closed, feed(child, options)]);
        const error = this.connectionError(child);
        if (error) throw error;
        if (bytes > OUTPUT_BYTES_MAX) {
            throw new UserError(`${this.target}: ${command[0]} printed more than expected`);
        }
        return { status: status ?? SSH_FAILED, stdout: Buffer.concat(chunks), stderr };
    }

    /** Runs lines of sh; `args` are its $1, $2, … and need no quotes. */
    script(
        text: string,
        args: readonly string[] = [],
        options: ExecOptions = {},
    ): Promise<ExecResult> {
        return this.exec(["sh", "-c", text, "sh", ...args], options);
    }

    /**
     * Starts a program with piped standard streams, for a channel. After its "close", ask
     * `connectionError`: a status of 255 may be the program's or ssh's.
     */
    spawn(command: readonly string[]): ChildProcessWithoutNullStreams {
        if (this.#isClosed) throw new Error("the connection is closed");
        const log = SshFolder.get().name("l");
        const args = ["-E", log, ...this.#args, "--", this.target, command.map(quote).join(" ")];
        // Away from the terminal: its Ctrl-C is for this process, which passes it on.
        const child = spawn(sshProgram(), args, { stdio: "pipe", detached: this.#isQuiet });
        // Before any listener of the caller's.
        child.on("close", () => {
            this.#said.set(child, readLog(log));
            rmSync(log, { force: true });
        });
        // A program that ends early does not read all: its status says so.
        child.stdin.on("error", () => {});
        return child;
    }

    /** Why ssh itself ended this program's connection; null: it did not. Ask after "close". */
    connectionError(child: ChildProcessWithoutNullStreams): UserError | null {
        const said = this.#said.get(child);
        if (said === undefined) throw new Error("this program has not ended");
        if (child.exitCode !== SSH_FAILED) return null;
        const end = this.#master ? readLog(this.#master.log).slice(this.#master.logSeen) : "";
        return said || end ? explainSsh(this.target, `${end}${said}`) : null;
    }

    /** Ends the connection. Programs that still run on it lose it. Idempotent. */
    async close(): Promise<void> {
        if (this.#isClosed) return;
        this.#isClosed = true;
        if (!this.#master) return;
        SshFolder.get().atEnd.delete(this.#endMaster);
        await runSsh(this.#exitArgs());
    }

    #exitArgs(): string[] {
        return [
            ...configArgs(),
            "-S",
            escapePath(this.#master?.socket ?? ""),
            "-O",
            "exit",
            "--",
            this.target,
        ];
    }

    readonly #endMaster = (): void => {
        spawnSync(sshProgram(), this.#exitArgs(), { stdio: "ignore", timeout: 1000 });
    };
}

/** Whether the user's own configuration shares connections, and one is there to be shared. */
async function hasOwnMaster(
    target: string,
    settings: ReadonlyMap<string, string>,
): Promise<boolean> {
    if ((settings.get("controlpath") ?? "none") === "none") return false;
    const { status } = await runSsh([...configArgs(), "-O", "check", "--", target]);
    return status === 0;
}

/** ssh expands % in it. */
function escapePath(path: string): string {
    return path.replaceAll("%", "%%");
}

function muxArgs(master: Master): string[] {
    // Where the master is gone, ssh would connect anew by itself: not silently, and not in vain.
    const never = ["-o", "ProxyCommand=false"];
    return ["-o", "ControlMaster=no", "-S", escapePath(master.socket), ...never];
}

async function startMaster(
    target: string,
    common: readonly string[],
    master: Master,
    onNotice: (line: string) => void,
): Promise<void> {
    const status = await runMaster([
        ...["-E", master.log],
        ...common,
        ...["-M", "-S", escapePath(master.socket), "-o", `ControlPersist=${PERSIST_S}`],
        ...["-f", "-N", "--", target],
    ]);
    const log = readLog(master.log);
    if (status !== 0) throw explainSsh(target, log);
    for (const line of log.split(/\r?\n/)) if (line.trim()) onNotice(line.trim());
    master.logSeen = log.length;
}

/** Gives a program its input; one that stops reading, or loses its connection, ends this quietly. */
async function feed(child: ChildProcessWithoutNullStreams, options: ExecOptions): Promise<void> {
    const { input, onInput } = options;
    if (input === undefined) {
        child.stdin.end();
        return;
    }
    const source = typeof input === "string" ? Buffer.from(input) : input;
    let bytes = 0;
    const chunks = async function* (): AsyncGenerator<Buffer> {
        for await (const chunk of Buffer.isBuffer(source) ? slices(source) : source) {
            yield chunk;
            bytes += chunk.length;
            onInput?.(bytes);
        }
    };
    try {
        await pipeline(chunks, child.stdin);
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== "EPIPE" && code !== "ECONNRESET" && code !== "ERR_STREAM_PREMATURE_CLOSE") {
            child.kill();
            throw error;
        }
    }
}

function* slices(buffer: Buffer): Generator<Buffer> {
    for (let at = 0; at < buffer.length; at += INPUT_CHUNK_BYTES) {
        yield buffer.subarray(at, at + INPUT_CHUNK_BYTES);
    }
}

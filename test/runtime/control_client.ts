// SPDX-License-Identifier: MIT
// A client of `maixjs - --control` over pipes, byte by byte as runtime/control.h has it: it shares
// nothing with the one that users have, so that each tests the other.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { executable } from "../support/process.ts";
import { temporaryFolder } from "../support/run.ts";

export interface ControlOptions {
    /** Everything is in here: `home`, and below it the private folder. */
    readonly folder: string;
    /** Before the `-`. */
    readonly options?: readonly string[];
    /** Behind `--control <bytes>`. */
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    /** The length that is told; default: the bundle's. */
    readonly bytes?: number;
    /** Sends no keep-alives. */
    readonly silent?: boolean;
    /** Looks at nothing that comes until `resume`. */
    readonly paused?: boolean;
}

export interface ControlEnded {
    /** Of the `x` frame; undefined: there was none. */
    readonly status: number | undefined;
    /** Of the process. */
    readonly exit: number | null;
    readonly stdout: Buffer;
    readonly stderr: Buffer;
    readonly notices: readonly string[];
    /** What the process itself wrote to its standard error. */
    readonly plain: string;
}

const MAGIC = "MAIXJS1\n";
const HEAD_BYTES = 5;
const PAYLOAD_BYTES_MAX = 65_536;
const KEEP_ALIVE_MS = 2000;
const PRINTED_CHARS = 1000;

/** The environment of a board: nothing of the user's. */
export function boardEnvironment(folder: string): NodeJS.ProcessEnv {
    const home = join(folder, "home");
    mkdirSync(home, { recursive: true });
    return { PATH: process.env.PATH, HOME: home };
}

export class Control {
    readonly child: ChildProcessWithoutNullStreams;
    readonly notices: string[] = [];
    credit = PAYLOAD_BYTES_MAX;
    status: number | undefined;
    /** What is wrong with what came. */
    broken: string | undefined;
    private readonly out: Buffer[] = [];
    private readonly err: Buffer[] = [];
    /** The end of standard output, to look for short texts in. */
    private printed = "";
    private plain = "";
    private pending = Buffer.alloc(0);
    private isGreeted = false;
    private readonly waiting = new Set<() => void>();
    private readonly keepAlive: NodeJS.Timeout;
    private readonly closed: Promise<number | null>;

    constructor(bundle: string | Uint8Array, options: ControlOptions) {
        const bytes = Buffer.from(bundle);
        const length = String(options.bytes ?? bytes.length);
        const args = [...(options.options ?? []), "-", "--control", length];
        this.child = spawn(executable, [...args, ...(options.args ?? [])], {
            cwd: options.folder,
            env: { ...boardEnvironment(options.folder), ...options.env },
        });
        this.closed = new Promise((resolve, reject) => {
            this.child.on("error", reject);
            this.child.on("close", resolve);
        });
        this.child.stdin.on("error", () => {}); // it ended: its status tells
        this.child.stdout.on("data", (data: Buffer) => this.receive(data));
        if (options.paused === true) this.child.stdout.pause();
        this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
            this.plain += text;
        });
        this.child.stdin.write(bytes);
        this.keepAlive = setInterval(() => {
            if (options.silent !== true) this.send("k");
        }, KEEP_ALIVE_MS);
    }

    /** What came so far. */
    get stdout(): Buffer {
        return Buffer.concat(this.out);
    }

    get stderr(): Buffer {
        return Buffer.concat(this.err);
    }

    /** Begins to read. */
    resume(): void {
        this.child.stdout.resume();
    }

    send(type: string, payload: string | Uint8Array = ""): void {
        const bytes = Buffer.from(payload);
        const head = Buffer.alloc(HEAD_BYTES);
        head.write(type);
        head.writeUInt32BE(bytes.length, 1);
        this.raw(Buffer.concat([head, bytes]));
    }

    raw(bytes: string | Uint8Array): void {
        if (this.child.stdin.writable) this.child.stdin.write(bytes);
    }

    /** Sends input for the script, as its credit allows. */
    async input(data: Uint8Array): Promise<void> {
        for (let at = 0; at < data.length; ) {
            await this.until(() => this.credit > 0);
            const part = data.subarray(at, at + Math.min(this.credit, PAYLOAD_BYTES_MAX));
            this.credit -= part.length;
            at += part.length;
            this.send("i", part);
        }
    }

    /** Waits until it is true of what has come; the end is an error then. */
    until(isTrue: () => boolean): Promise<void> {
        return new Promise((resolve, reject) => {
            const look = (): void => {
                if (!isTrue()) return;
                this.waiting.delete(look);
                resolve();
            };
            this.waiting.add(look);
            look();
            void this.closed.then(() => reject(new Error(`ended early: ${this.describe()}`)));
        });
    }

    /** Waits until the script has printed this, at the end or nearly. */
    untilPrinted(text: string): Promise<void> {
        return this.until(() => this.printed.includes(text));
    }

    /** Waits for the process alone: what it wrote may be lost. */
    async exited(): Promise<number | null> {
        const exit = await new Promise<number | null>((resolve) =>
            this.child.once("exit", resolve),
        );
        clearInterval(this.keepAlive);
        return exit;
    }

    async ended(): Promise<ControlEnded> {
        const exit = await this.closed;
        clearInterval(this.keepAlive);
        if (this.broken !== undefined) throw new Error(this.broken);
        const { status, stdout, stderr, notices, plain } = this;
        return { status, exit, stdout, stderr, notices, plain };
    }

    /** What came, for a message. */
    private describe(): string {
        return JSON.stringify([
            this.status,
            String(this.stdout),
            String(this.stderr),
            this.notices,
        ]);
    }

    private receive(data: Buffer): void {
        this.pending = Buffer.concat([this.pending, data]);
        if (!this.isGreeted && this.pending.length >= MAGIC.length) {
            if (this.pending.toString("latin1", 0, MAGIC.length) !== MAGIC) {
                this.broken ??= "the magic is missing";
            }
            this.isGreeted = true;
            this.pending = this.pending.subarray(MAGIC.length);
        }
        while (this.isGreeted && this.pending.length >= HEAD_BYTES) {
            const length = this.pending.readUInt32BE(1);
            if (this.pending.length < HEAD_BYTES + length) break;
            const type = String.fromCharCode(this.pending[0] ?? 0);
            this.frame(type, this.pending.subarray(HEAD_BYTES, HEAD_BYTES + length));
            this.pending = this.pending.subarray(HEAD_BYTES + length);
        }
        for (const look of this.waiting) look();
    }

    private print(payload: Buffer): void {
        this.out.push(payload);
        this.printed = (this.printed + payload.toString("latin1")).slice(-PRINTED_CHARS);
    }

    private frame(type: string, payload: Buffer): void {
        if (this.status !== undefined) this.broken ??= `a frame ${type} behind the status`;
        if (payload.length > PAYLOAD_BYTES_MAX) this.broken ??= `a frame ${type} is too long`;
        if (type === "o") this.print(payload);
        else if (type === "r") this.err.push(payload);
        else if (type === "n") this.notices.push(payload.toString("utf8"));
        else if (type === "c") this.credit += payload.readUInt32BE(0);
        else if (type === "x") this.status = payload.readUInt32BE(0);
        else this.broken ??= `an unknown frame ${JSON.stringify(type)}`;
    }
}

export type Options = Omit<ControlOptions, "folder"> & { readonly folder?: string };

export function start(bundle: string | Uint8Array, options: Options = {}): Control {
    return new Control(bundle, { folder: temporaryFolder(), ...options });
}

export function runBundle(
    bundle: string | Uint8Array,
    options: Options = {},
): Promise<ControlEnded> {
    return start(bundle, options).ended();
}

/** A script that waits, with what it does before and after. */
export function waiting(before = "", after = ""): string {
    return `
        import { app, audio, time } from "maix";
        import * as std from "qjs:std";
        import * as os from "qjs:os";
        ${before}
        console.log("up", process.pid);
        while (!app.needExit()) time.sleepMs(60_000);
        ${after}
        console.log("finish!");`;
}

/** What `waiting` printed. */
export const finished = /^up \d+\nfinish!\n$/;

export function printedPid(control: Control): number {
    return Number(/up (\d+)/.exec(String(control.stdout))?.[1]);
}

export function isRunning(pid: number): boolean {
    try {
        // A process that has ended and was not waited for is still there.
        return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
        return false;
    }
}

/** Asks again and again; the test's own time limit ends it. */
export async function eventually(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 10));
}

export function logIn(folder: string): string {
    return join(folder, "home/.local/state/maixjs/last.log");
}

export function sha256(bytes: Uint8Array): string {
    return createHash("sha256").update(bytes).digest("hex");
}

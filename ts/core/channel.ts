// SPDX-License-Identifier: MIT
// The client's side of a run on a board: the bundle goes out, output comes in, and the script is
// asked to stop. runtime/control.h says what the bytes mean.

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { Readable } from "node:stream";

import {
    encodeFrame,
    FIRST_CREDIT_BYTES,
    type Frame,
    FrameReader,
    PAYLOAD_BYTES_MAX,
    ProtocolError,
    type SentType,
} from "./channel_frames.ts";
import type { Sink } from "./channel_sink.ts";

const KEEP_ALIVE_MS = 2000;
/** How long the other side's program may take to end behind its last frame. */
const CLOSE_MS = 1000;
const STDERR_KEPT_BYTES = 65536;

export interface ChannelOptions {
    /** `maixjs - --control …`, on the board or here. */
    readonly process: ChildProcessWithoutNullStreams;
    readonly bundle: Uint8Array;
    readonly stdout: Sink;
    readonly stderr: Sink;
    /** The script's standard input; it is not closed. Undefined: there is none. */
    readonly stdin: Readable | undefined;
    /** Gets the lines that the board has for the user. */
    readonly onNotice: (line: string) => void;
}

export type Outcome =
    | { readonly kind: "exit"; readonly status: number }
    /** The connection ended before the script did. */
    | { readonly kind: "lost"; readonly status: number | null; readonly stderr: string }
    /** The other side never answered as `maixjs - --control` does; what it said instead. */
    | {
          readonly kind: "refused";
          readonly status: number | null;
          readonly stdout: string;
          readonly stderr: string;
      }
    | { readonly kind: "garbled"; readonly reason: string };

/** Sends what `source` has, never more than the board has asked for. */
class InputPump {
    readonly #source: Readable;
    readonly #send: (type: SentType, payload?: Uint8Array) => void;
    #credit = FIRST_CREDIT_BYTES;
    #hasEnded = false;

    constructor(source: Readable, send: (type: SentType, payload?: Uint8Array) => void) {
        this.#source = source;
        this.#send = send;
        source.on("readable", this.#pump);
        source.on("end", this.#end);
        source.on("error", this.#end); // such as a terminal that is gone
        if (source.readableEnded || source.destroyed) this.#end();
        else this.#pump();
    }

    addCredit(bytes: number): void {
        // Never more than at the beginning, or what a board does not take would be kept here.
        this.#credit = Math.min(this.#credit + bytes, FIRST_CREDIT_BYTES);
        this.#pump();
    }

    detach(): void {
        this.#hasEnded = true;
        this.#source.removeListener("readable", this.#pump);
        this.#source.removeListener("end", this.#end);
        this.#source.removeListener("error", this.#end);
    }

    readonly #pump = (): void => {
        while (!this.#hasEnded) {
            const ready = this.#source.readableLength;
            // Reading nothing makes the stream go on, and tell its end.
            if (ready === 0) {
                this.#source.read(0);
                return;
            }
            if (this.#credit === 0) return;
            const count = Math.min(ready, this.#credit, PAYLOAD_BYTES_MAX);
            const bytes = this.#source.read(count) as Buffer | null;
            if (bytes === null) return;
            this.#credit -= bytes.length;
            this.#send("i", bytes);
        }
    };

    readonly #end = (): void => {
        if (this.#hasEnded) return;
        this.detach();
        this.#send("e");
    };
}

export class Channel {
    readonly outcome: Promise<Outcome>;
    readonly #options: ChannelOptions;
    readonly #reader = new FrameReader();
    readonly #input: InputPump | undefined;
    #stderr: Buffer = Buffer.alloc(0);
    #isStopped = false;

    constructor(options: ChannelOptions) {
        this.#options = options;
        const { process, bundle, stdin } = options;
        process.stdin.on("error", () => {}); // its output tells why it went
        process.stdin.write(bundle);
        if (stdin === undefined) this.#send("e");
        else this.#input = new InputPump(stdin, (type, payload) => this.#send(type, payload));
        this.outcome = this.#run();
    }

    /** Asks the script to end. Idempotent. */
    stop(): void {
        if (!this.#isStopped) this.#send("s");
        this.#isStopped = true;
    }

    /** Ends it at once; it still closes its recordings. */
    force(): void {
        this.#send("f");
    }

    /** Lets go of the connection, without an answer: that stops the script too. */
    abandon(): void {
        this.#options.process.stdin.destroy();
        this.#options.process.kill("SIGKILL");
    }

    #send(type: SentType, payload?: Uint8Array): void {
        const { stdin } = this.#options.process;
        if (stdin.writable) stdin.write(encodeFrame(type, payload));
    }

    async #run(): Promise<Outcome> {
        const { process } = this.#options;
        const closed = new Promise<number | null>((resolve) => {
            process.on("close", (status) => resolve(status));
            process.on("error", () => resolve(null));
        });
        const keepAlive = setInterval(() => this.#send("k"), KEEP_ALIVE_MS);
        process.stderr.on("data", (bytes: Buffer) => this.#keepStderr(bytes));
        try {
            const outcome = await this.#read();
            if (outcome !== undefined) return outcome;
        } finally {
            clearInterval(keepAlive);
            this.#input?.detach();
            await this.#close(closed);
        }
        const status = await closed;
        const stderr = this.#stderr.toString("utf8");
        if (this.#reader.hasGreeted) return { kind: "lost", status, stderr };
        const stdout = this.#reader.preamble.toString("utf8");
        return { kind: "refused", status, stdout, stderr };
    }

    /** Until the last frame; undefined: the stream ended without it. */
    async #read(): Promise<Outcome | undefined> {
        try {
            for await (const chunk of this.#options.process.stdout) {
                for (const frame of this.#reader.push(chunk as Buffer)) {
                    if (frame.type === "exit") return { kind: "exit", status: frame.status };
                    await this.#take(frame);
                }
            }
        } catch (error) {
            if (error instanceof ProtocolError) return { kind: "garbled", reason: error.message };
            // The pipe broke: as good as its end.
        }
        return undefined;
    }

    async #take(frame: Exclude<Frame, { type: "exit" }>): Promise<void> {
        switch (frame.type) {
            case "notice":
                this.#options.onNotice(frame.text);
                break;
            case "credit":
                this.#input?.addCredit(frame.bytes);
                break;
            case "stderr":
                await this.#options.stderr.write(frame.bytes);
                break;
            case "stdout":
                // Nobody reads it: the script is to end, as behind `| head`.
                if (!(await this.#options.stdout.write(frame.bytes))) this.stop();
        }
    }

    /** What ssh and the board's shell say; it may tell why there was no answer. */
    #keepStderr(bytes: Buffer): void {
        const kept = Buffer.concat([this.#stderr, bytes]);
        this.#stderr = kept.subarray(0, STDERR_KEPT_BYTES);
    }

    async #close(closed: Promise<unknown>): Promise<void> {
        const { process } = this.#options;
        process.stdin.end();
        process.stdout.resume();
        const late = setTimeout(() => process.kill("SIGKILL"), CLOSE_MS);
        await closed;
        clearTimeout(late);
    }
}

// SPDX-License-Identifier: MIT
// Where a script's output goes on this side: written without ever blocking the event loop, because
// a loop that stands still sends no keep-alive, and the board would take us for gone.

import { fstatSync, write as writeFd } from "node:fs";
import type { Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";

const RETRY_MS = 10;

export interface Sink {
    /** Resolves when the bytes are taken: true; false: they never will be. Never rejects. */
    write(bytes: Uint8Array): Promise<boolean>;
    /** Why not, other than that nobody reads any more: a full disk. */
    readonly failure?: Error | undefined;
}

/** Undefined for what is no failure: the reader has had enough. */
function failureOf(error: NodeJS.ErrnoException): Error | undefined {
    return error.code === "EPIPE" || error.code === "ECONNRESET" ? undefined : error;
}

/** A stream, with its backpressure. */
export class StreamSink implements Sink {
    readonly #stream: Writable;
    #isClosed = false;
    failure: Error | undefined;

    constructor(stream: Writable) {
        this.#stream = stream;
        const close = (error?: Error): void => {
            this.#isClosed = true;
            if (error) this.failure ??= failureOf(error);
        };
        stream.on("error", close);
        stream.on("close", close);
    }

    write(bytes: Uint8Array): Promise<boolean> {
        if (this.#isClosed) return Promise.resolve(false);
        return new Promise((resolve) => {
            const end = (): void => resolve(false);
            this.#stream.once("close", end); // then the callback may never come
            this.#stream.write(bytes, (error) => {
                this.#stream.removeListener("close", end);
                resolve(!error);
            });
        });
    }
}

/** A descriptor whose writes may take long: a terminal that was halted with Ctrl-S, a file. */
export class DescriptorSink implements Sink {
    readonly #fd: number;
    #isClosed = false;
    failure: Error | undefined;

    constructor(fd: number) {
        this.#fd = fd;
    }

    async write(bytes: Uint8Array): Promise<boolean> {
        for (let at = 0; at < bytes.length && !this.#isClosed; ) {
            const result = await this.#writeSome(bytes, at);
            if (typeof result === "number") at += result;
            else if (result.code === "EAGAIN") await setTimeout(RETRY_MS);
            else {
                this.#isClosed = true;
                this.failure = failureOf(result);
            }
        }
        return !this.#isClosed;
    }

    #writeSome(bytes: Uint8Array, at: number): Promise<number | NodeJS.ErrnoException> {
        return new Promise((resolve) => {
            writeFd(this.#fd, bytes, at, bytes.length - at, null, (error, count) =>
                resolve(error ?? count),
            );
        });
    }
}

/** Our own standard output or error. Node writes pipes in the background, all else at once. */
export function standardSink(stream: NodeJS.WriteStream & { fd: number }): Sink {
    const status = fstatSync(stream.fd);
    const isPipe = status.isFIFO() || status.isSocket();
    return isPipe || process.platform === "win32"
        ? new StreamSink(stream)
        : new DescriptorSink(stream.fd);
}

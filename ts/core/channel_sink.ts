// SPDX-License-Identifier: MIT
// Where a script's output goes on this side: written without ever blocking the event loop, because
// a loop that stands still sends no keep-alive, and the board would take us for gone.

import { fstatSync, write as writeFd } from "node:fs";
import type { Writable } from "node:stream";

const RETRY_MS = 10;

export interface Sink {
    /** Resolves when the bytes are taken: true; false: nobody reads any more. Never rejects. */
    write(bytes: Uint8Array): Promise<boolean>;
}

/** A stream, with its backpressure. */
export class StreamSink implements Sink {
    readonly #stream: Writable;
    #isClosed = false;

    constructor(stream: Writable) {
        this.#stream = stream;
        const close = (): void => {
            this.#isClosed = true;
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

    constructor(fd: number) {
        this.#fd = fd;
    }

    async write(bytes: Uint8Array): Promise<boolean> {
        for (let at = 0; at < bytes.length && !this.#isClosed; ) {
            const result = await this.#writeSome(bytes, at);
            if (typeof result === "number") at += result;
            else if (result.code !== "EAGAIN") this.#isClosed = true;
            else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
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

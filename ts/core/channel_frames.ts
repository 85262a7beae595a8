// SPDX-License-Identifier: MIT
// The frames of the control channel, as runtime/control.h describes them.

export const GREETING = Buffer.from("MAIXJS1\n");
export const PAYLOAD_BYTES_MAX = 65536;
/** What a login shell may print before the greeting. */
export const PREAMBLE_BYTES_MAX = 65536;
/** How much of the script's standard input may be sent before the board asks for more. */
export const FIRST_CREDIT_BYTES = 65536;

const HEADER_BYTES = 5;
const STATUS_MAX = 255;

export type SentType = "k" | "s" | "f" | "i" | "e";

export type Frame =
    | { readonly type: "notice"; readonly text: string }
    | { readonly type: "stdout" | "stderr"; readonly bytes: Buffer }
    | { readonly type: "credit"; readonly bytes: number }
    | { readonly type: "exit"; readonly status: number };

/** The other side says what the protocol does not know. */
export class ProtocolError extends Error {}

export function encodeFrame(type: SentType, payload: Uint8Array = Buffer.alloc(0)): Buffer {
    if (payload.length > PAYLOAD_BYTES_MAX) throw new RangeError("a frame's payload is too long");
    const frame = Buffer.alloc(HEADER_BYTES + payload.length);
    frame.write(type, "latin1");
    frame.writeUInt32BE(payload.length, 1);
    frame.set(payload, HEADER_BYTES);
    return frame;
}

/** This process's own will be the same, which a larger one could not be: 256 would be 0. */
function status(value: number): number {
    if (value > STATUS_MAX) throw new ProtocolError(`an exit status of ${value}`);
    return value;
}

function decode(type: string, payload: Buffer): Frame {
    const number = (): number => {
        if (payload.length !== 4) throw new ProtocolError(`a frame ${type} of a wrong length`);
        return payload.readUInt32BE(0);
    };
    switch (type) {
        case "n":
            return { type: "notice", text: payload.toString("utf8") };
        case "o":
            return { type: "stdout", bytes: payload };
        case "r":
            return { type: "stderr", bytes: payload };
        case "c":
            return { type: "credit", bytes: number() };
        case "x":
            return { type: "exit", status: status(number()) };
        default:
            throw new ProtocolError(`an unknown frame ${JSON.stringify(type)}`);
    }
}

/** Takes bytes as they arrive, gives frames. What stands before the greeting is kept aside. */
export class FrameReader {
    #rest: Buffer = Buffer.alloc(0);
    #hasGreeted = false;

    get hasGreeted(): boolean {
        return this.#hasGreeted;
    }

    /** What came before the greeting; all that came while there was none. */
    preamble: Buffer = Buffer.alloc(0);

    *push(chunk: Buffer): Generator<Frame> {
        this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
        if (!this.#hasGreeted && !this.#greet()) return;
        let at = 0;
        try {
            while (this.#rest.length - at >= HEADER_BYTES) {
                const length = this.#rest.readUInt32BE(at + 1);
                if (length > PAYLOAD_BYTES_MAX) throw new ProtocolError("a frame is too long");
                const end = at + HEADER_BYTES + length;
                if (this.#rest.length < end) return;
                const type = this.#rest.toString("latin1", at, at + 1);
                const payload = this.#rest.subarray(at + HEADER_BYTES, end);
                at = end;
                yield decode(type, payload);
            }
        } finally {
            this.#rest = this.#rest.subarray(at);
        }
    }

    #greet(): boolean {
        const at = this.#rest.indexOf(GREETING);
        this.preamble = at < 0 ? this.#rest : this.#rest.subarray(0, at);
        if (this.preamble.length > PREAMBLE_BYTES_MAX + GREETING.length) {
            throw new ProtocolError("there is no greeting");
        }
        if (at < 0) return false;
        this.#hasGreeted = true;
        this.#rest = this.#rest.subarray(at + GREETING.length);
        return true;
    }
}

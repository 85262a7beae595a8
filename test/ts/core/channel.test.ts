// SPDX-License-Identifier: MIT
// The client's side of the control channel against a peer in this process, byte for byte; the real
// other side is in test/ts/cli/run.test.ts.

import { execFileSync, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Channel, type ChannelOptions } from "../../../ts/core/channel.ts";
import { encodeFrame, FrameReader, ProtocolError } from "../../../ts/core/channel_frames.ts";
import { DescriptorSink, StreamSink } from "../../../ts/core/channel_sink.ts";
import { createFolder } from "../../support/process.ts";

function frame(type: string, payload: Buffer | string = ""): Buffer {
    const body = Buffer.from(payload);
    const head = Buffer.alloc(5);
    head.write(type, "latin1");
    head.writeUInt32BE(body.length, 1);
    return Buffer.concat([head, body]);
}

function number(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
}

const GREETING = Buffer.from("MAIXJS1\n");

describe("frames", () => {
    const all = Buffer.concat([
        Buffer.from("welcome\r\nMAIXJS"),
        GREETING,
        frame("n", "notiz ä"),
        frame("o", Buffer.from([0, 255, 10, 13])),
        frame("r", ""),
        frame("c", number(70000)),
        frame("x", number(255)),
    ]);

    it("are read alike however they are split", () => {
        const wanted = [...new FrameReader().push(all)];
        expect(wanted).toEqual([
            { type: "notice", text: "notiz ä" },
            { type: "stdout", bytes: Buffer.from([0, 255, 10, 13]) },
            { type: "stderr", bytes: Buffer.alloc(0) },
            { type: "credit", bytes: 70000 },
            { type: "exit", status: 255 },
        ]);
        for (let size = 1; size < 20; size++) {
            const reader = new FrameReader();
            const frames = [];
            for (let at = 0; at < all.length; at += size) {
                frames.push(...reader.push(all.subarray(at, at + size)));
            }
            expect(frames).toEqual(wanted);
            expect(reader.preamble.toString()).toBe("welcome\r\nMAIXJS");
        }
    });

    it("that are none are told", () => {
        const read = (...parts: Buffer[]) => [...new FrameReader().push(Buffer.concat(parts))];
        expect(() => read(GREETING, frame("z"))).toThrow(ProtocolError);
        expect(() => read(GREETING, frame("x", "123"))).toThrow(ProtocolError);
        expect(() => read(GREETING, frame("x", number(256)))).toThrow(ProtocolError);
        expect(() => read(GREETING, Buffer.from("o\0\x01\0\x01"))).toThrow(ProtocolError);
        expect(read(GREETING, frame("o", Buffer.alloc(65536)))).toHaveLength(1);
        expect(read(Buffer.alloc(65536), GREETING)).toEqual([]);
        expect(() => read(Buffer.alloc(65536 + 9))).toThrow(ProtocolError);
    });

    it("go out with type, length, payload", () => {
        expect(encodeFrame("i", Buffer.from("ab"))).toEqual(frame("i", "ab"));
        expect(encodeFrame("k")).toEqual(Buffer.from([0x6b, 0, 0, 0, 0]));
        expect(() => encodeFrame("i", Buffer.alloc(65537))).toThrow(RangeError);
    });
});

/** A program that is only its streams. */
class Peer extends EventEmitter {
    readonly stdin = new PassThrough();
    readonly stdout = new PassThrough();
    readonly stderr = new PassThrough();
    received = Buffer.alloc(0);
    killed: string[] = [];

    constructor() {
        super();
        this.stdin.on("data", (bytes: Buffer) => {
            this.received = Buffer.concat([this.received, bytes]);
            this.emit("received");
        });
    }

    kill(signal: string): void {
        this.killed.push(signal);
        this.end(null);
    }

    end(status: number | null): void {
        this.stdout.end();
        this.stderr.end();
        this.emit("close", status, null);
    }

    async until(wanted: (received: Buffer) => boolean): Promise<void> {
        while (!wanted(this.received)) await once(this, "received");
    }
}

const BUNDLE = Buffer.from("bundle");

function start(options: Partial<ChannelOptions> = {}) {
    const peer = new Peer();
    const output: [string, string][] = [];
    const sink = (name: string) => ({
        write: (bytes: Uint8Array) => {
            output.push([name, Buffer.from(bytes).toString("latin1")]);
            return Promise.resolve(true);
        },
    });
    const channel = new Channel({
        process: peer as unknown as ChannelOptions["process"],
        bundle: BUNDLE,
        stdout: sink("stdout"),
        stderr: sink("stderr"),
        stdin: undefined,
        onNotice: (line) => output.push(["notice", line]),
        ...options,
    });
    return { peer, channel, output };
}

/** How many bytes of input have gone out. */
function inputBytes(received: Buffer): number {
    let sum = 0;
    for (let at = BUNDLE.length; at < received.length; ) {
        const length = received.readUInt32BE(at + 1);
        if (received.toString("latin1", at, at + 1) === "i") sum += length;
        at += 5 + length;
    }
    return sum;
}

describe("a run", () => {
    it("sends the bundle, then the end of an input that is not there", async () => {
        const { peer, channel, output } = start();
        peer.stdout.write(Buffer.concat([GREETING, frame("n", "in ~/maixjs"), frame("o", "1")]));
        peer.stdout.write(Buffer.concat([frame("r", "2"), frame("o", "3"), frame("x", number(7))]));
        peer.stdin.on("finish", () => peer.end(7));
        expect(await channel.outcome).toEqual({ kind: "exit", status: 7 });
        expect(peer.received).toEqual(Buffer.concat([BUNDLE, frame("e")]));
        expect(output).toEqual([
            ["notice", "in ~/maixjs"],
            ["stdout", "1"],
            ["stderr", "2"],
            ["stdout", "3"],
        ]);
    });

    it("is over with the last frame, also where the other program does not go", async () => {
        const { peer, channel } = start();
        peer.stdout.write(Buffer.concat([GREETING, frame("x", number(255))]));
        expect(await channel.outcome).toEqual({ kind: "exit", status: 255 });
        expect(peer.killed).toEqual(["SIGKILL"]);
    });

    it("that ends in the middle is lost", async () => {
        const { peer, channel } = start();
        peer.stdout.write(Buffer.concat([GREETING, frame("o", "1").subarray(0, 5)]));
        peer.stderr.write("client_loop: send disconnect\n");
        peer.end(255);
        expect(await channel.outcome).toEqual({
            kind: "lost",
            status: 255,
            stderr: "client_loop: send disconnect\n",
        });
    });

    it("that does not begin is refused, with all that was said", async () => {
        const { peer, channel } = start();
        peer.stdout.write("maixjs-board missing /usr/bin/maixjs\n");
        peer.stderr.write("sh: no\n");
        peer.end(127);
        expect(await channel.outcome).toEqual({
            kind: "refused",
            status: 127,
            stdout: "maixjs-board missing /usr/bin/maixjs\n",
            stderr: "sh: no\n",
        });
    });

    it("of another protocol is garbled", async () => {
        const { peer, channel } = start();
        peer.stdout.write(Buffer.concat([GREETING, frame("?")]));
        peer.stdin.on("finish", () => peer.end(0));
        expect(await channel.outcome).toMatchObject({ kind: "garbled" });
    });

    it("is stopped once, forced as often as it is said", async () => {
        const { peer, channel } = start();
        channel.stop();
        channel.stop();
        channel.force();
        channel.force();
        const frames = ["e", "s", "f", "f"].map((type) => frame(type));
        expect(peer.received).toEqual(Buffer.concat([BUNDLE, ...frames]));
        peer.end(0);
        await channel.outcome;
    });

    it("is stopped when nobody reads its output, and goes on being read", async () => {
        const { peer, channel } = start({ stdout: { write: () => Promise.resolve(false) } });
        peer.stdout.write(Buffer.concat([GREETING, frame("o", "1"), frame("o", "2")]));
        await peer.until((received) => received.includes(frame("s")));
        peer.stdout.write(frame("x", number(0)));
        expect(await channel.outcome).toEqual({ kind: "exit", status: 0 });
        expect(peer.received).toEqual(Buffer.concat([BUNDLE, frame("e"), frame("s")]));
    });

    it("reads no further while its output is not taken", async () => {
        let take = (_taken: boolean): void => {};
        const seen: number[] = [];
        const { peer, channel } = start({
            stdout: {
                write: (bytes) => {
                    seen.push(bytes.length);
                    return new Promise((resolve) => {
                        take = resolve;
                    });
                },
            },
        });
        peer.stdout.write(Buffer.concat([GREETING, frame("o", "12"), frame("o", "3")]));
        await vi.waitFor(() => expect(seen).toEqual([2]));
        const isFull = !peer.stdout.write(Buffer.alloc(1 << 20));
        expect([isFull, seen]).toEqual([true, [2]]);
        take(true);
        await vi.waitFor(() => expect(seen).toEqual([2, 1]));
        channel.abandon();
        take(true);
        await channel.outcome;
        expect(peer.killed).toContain("SIGKILL");
    });

    it("sends keep-alives while nothing else happens", async () => {
        vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
        try {
            const { peer, channel } = start();
            vi.advanceTimersByTime(5999);
            const sent = [BUNDLE, frame("e"), frame("k"), frame("k")];
            expect(peer.received).toEqual(Buffer.concat(sent));
            peer.end(0);
            await channel.outcome;
            vi.advanceTimersByTime(60_000);
            expect(peer.received).toEqual(Buffer.concat(sent));
        } finally {
            vi.useRealTimers();
        }
    });
});

describe("standard input", () => {
    it("is sent as far as there is credit, and its end behind it", async () => {
        const stdin = new PassThrough({ highWaterMark: 1 << 20 });
        const { peer, channel } = start({ stdin });
        const text = Buffer.alloc(200_000, "abcdefg");
        stdin.end(text);
        await peer.until((received) => inputBytes(received) >= 65536);
        expect(inputBytes(peer.received)).toBe(65536);
        expect(peer.received.includes(frame("e"))).toBe(false);
        peer.stdout.write(Buffer.concat([GREETING, frame("c", number(1)), frame("c", number(9))]));
        await peer.until((received) => inputBytes(received) >= 65546);
        expect(inputBytes(peer.received)).toBe(65546);
        // However much a board says: what it does not take would lie in this machine's memory.
        peer.stdout.write(Buffer.concat([frame("c", number(500_000)), frame("c", number(1))]));
        await peer.until((received) => inputBytes(received) >= 65546 + 65537);
        expect(inputBytes(peer.received)).toBe(65546 + 65537);
        peer.stdout.write(frame("c", number(65536)));
        await peer.until((received) => inputBytes(received) >= 65546 + 65537 + 65536);
        peer.stdout.write(frame("c", number(65536)));
        await peer.until((received) => received.subarray(-5).equals(frame("e")));
        expect(inputBytes(peer.received)).toBe(text.length);
        peer.stdout.write(frame("x", number(0)));
        await channel.outcome;
    });

    it("that has ended before is ended at once; what a run left is for the next", async () => {
        const stdin = new PassThrough();
        const first = start({ stdin });
        stdin.write("one");
        await first.peer.until((received) => inputBytes(received) === 3);
        first.peer.stdout.write(Buffer.concat([GREETING, frame("x", number(0))]));
        await first.channel.outcome;
        stdin.write("two");
        const second = start({ stdin });
        await second.peer.until((received) => inputBytes(received) === 3);
        expect(second.peer.received).toEqual(Buffer.concat([BUNDLE, frame("i", "two")]));
        stdin.end();
        await second.peer.until((received) => received.includes(frame("e")));
        second.peer.end(0);
        await second.channel.outcome;
        const third = start({ stdin });
        expect(third.peer.received).toEqual(Buffer.concat([BUNDLE, frame("e")]));
        third.peer.end(0);
        await third.channel.outcome;
    });
});

describe("a place for output", () => {
    let folder: ReturnType<typeof createFolder>;
    beforeEach(() => {
        folder = createFolder();
    });
    afterEach(() => folder.remove());

    it("says when the reader of a pipe is gone", async () => {
        const child = spawn("head", ["-c1"], { stdio: ["pipe", "ignore", "inherit"] });
        const sink = new StreamSink(child.stdin);
        const ended = once(child, "exit");
        expect(await sink.write(Buffer.from("ab"))).toBe(true);
        await ended;
        expect(await sink.write(Buffer.from("c"))).toBe(false);
        expect(await sink.write(Buffer.from("d"))).toBe(false);
    });

    it("waits for a full descriptor without holding up anything else", async () => {
        const path = join(folder.work, "fifo");
        execFileSync("mkfifo", [path]);
        const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
        const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
        const sink = new DescriptorSink(writer);
        const text = Buffer.alloc(300_000, "0123456");
        const written = sink.write(text);
        const parts: Buffer[] = [];
        for (let left = text.length; left > 0; ) {
            const part = Buffer.alloc(50_000);
            try {
                const count = readSync(reader, part);
                parts.push(part.subarray(0, count));
                left -= count;
            } catch (error) {
                expect((error as NodeJS.ErrnoException).code).toBe("EAGAIN");
                await new Promise((resolve) => setImmediate(resolve));
            }
        }
        expect(await written).toBe(true);
        expect(Buffer.concat(parts).equals(text)).toBe(true);
        closeSync(reader);
        expect(await sink.write(Buffer.from("x"))).toBe(false);
        closeSync(writer);
    });
});

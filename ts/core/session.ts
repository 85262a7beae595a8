// SPDX-License-Identifier: MIT
// A run as the user has it before them: streams, colours, Ctrl-C.

import type { Channel, ChannelOptions } from "./channel.ts";
import { standardSink } from "./channel_sink.ts";
import { say } from "./progress.ts";

/** One Ctrl-C may come twice: from the terminal, and from a parent such as npx. */
const REPEAT_IGNORED_MS = 250;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What Ctrl-C and its kind do, the first time, the second, the third. */
export interface Stops {
    readonly ask: () => void;
    readonly force: () => void;
    readonly leave: () => void;
}

/** Turns signals into steps until `release` is called. */
export class SignalSteps {
    readonly #stops: Stops;
    #count = 0;
    #lastMs = Number.NEGATIVE_INFINITY;

    constructor(stops: Stops) {
        this.#stops = stops;
        for (const name of SIGNALS) process.on(name, this.#step);
    }

    release(): void {
        for (const name of SIGNALS) process.removeListener(name, this.#step);
    }

    readonly #step = (): void => {
        const nowMs = performance.now();
        if (nowMs - this.#lastMs < REPEAT_IGNORED_MS) return;
        this.#lastMs = nowMs;
        this.#count += 1;
        if (this.#count === 1) this.#stops.ask();
        else if (this.#count === 2) this.#stops.force();
        else this.#stops.leave();
    };
}

/** Says what goes on, as the executable does on a terminal. */
export function sayStopping(): void {
    if (process.stderr.isTTY) process.stderr.write("\nmaixjs: stopping (once more: at once)\n");
}

/**
 * Ends this process as the signal does, whatever it waits for: process.exit would wait for a write
 * to a terminal that is halted.
 */
export function leaveNow(): void {
    process.emit("exit", 130); // for those who clean up
    process.removeAllListeners("SIGINT");
    process.kill(process.pid, "SIGINT");
}

/** Whether a script's output is to have colours: it ends on our terminal, all of it. */
export function wantsColor(): boolean {
    const { NO_COLOR, TERM } = process.env;
    const isTerminal = process.stdout.isTTY === true && process.stderr.isTTY === true;
    return isTerminal && !NO_COLOR && TERM !== "dumb";
}

/** The environment that a script gets from its user's terminal. */
export function terminalEnv(): Record<string, string> {
    return wantsColor() ? { FORCE_COLOR: "1" } : {};
}

/** This process's own streams. */
export function ownStreams(): Pick<ChannelOptions, "stdout" | "stderr" | "stdin" | "onNotice"> {
    // What is said to a terminal that is gone is lost; the script is to end all the same.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
    return {
        stdout: standardSink(process.stdout),
        stderr: standardSink(process.stderr),
        stdin: process.stdin,
        onNotice: (line) => say(line),
    };
}

/** Does something that Ctrl-C ends early. */
export async function interruptible<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const steps = new SignalSteps({ ask: abort, force: leaveNow, leave: leaveNow });
    try {
        return await act(controller.signal);
    } finally {
        steps.release();
    }
}

/** Waits for a run's end while Ctrl-C stops it. */
export async function accompany(channel: Channel): Promise<Awaited<Channel["outcome"]>> {
    const steps = new SignalSteps({
        ask: () => {
            sayStopping();
            channel.stop();
        },
        force: () => channel.force(),
        leave: () => {
            channel.abandon();
            leaveNow();
        },
    });
    try {
        return await channel.outcome;
    } finally {
        steps.release();
    }
}

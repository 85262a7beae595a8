// SPDX-License-Identifier: MIT
// The loop of `dev`: a script that is built and started anew whenever what it is made of changes.

import { dirname } from "node:path";

import { Channel, type ChannelOptions } from "./channel.ts";
import type { Sink } from "./channel_sink.ts";
import { type CheckOptions, checkTypes, findTsconfig } from "./check.ts";
import { messageOf, STATUS, UserError } from "./errors.ts";
import { paint, say } from "./progress.ts";
import { leaveNow, SignalSteps, sayStopping } from "./session.ts";
import type { Failure, Place, Request } from "./session_place.ts";
import { type Build, Builder } from "./watch_build.ts";

/** A run ends within 5 s of the request, unless the script took that back. */
const FORCE_MS = 6000;

export interface DevOptions {
    readonly script: string;
    /** Connects anew whenever there is no connection. */
    readonly connect: () => Promise<Place>;
    readonly request: Omit<Request, "bundleBytes">;
    readonly streams: Pick<ChannelOptions, "stdout" | "stderr" | "stdin" | "onNotice">;
    readonly color: boolean;
}

interface Run {
    readonly channel: Channel;
    ended: Promise<void>;
    /** Its end was asked for. */
    isReplaced: boolean;
}

/** tsc in the background, the last change only. */
class TypeCheck {
    #tsconfig: string | null;
    readonly #color: boolean;
    #abort = new AbortController();
    #hadErrors = false;

    constructor(script: string, color: boolean) {
        this.#tsconfig = findTsconfig(dirname(script));
        this.#color = color;
        if (this.#tsconfig === null) say("types are not checked: there is no tsconfig.json");
    }

    start(): void {
        this.stop();
        if (this.#tsconfig === null) return;
        this.#abort = new AbortController();
        const { signal } = this.#abort;
        this.#check(this.#tsconfig, { signal, color: this.#color }).catch((error) => {
            if (signal.aborted) return;
            say(`types are not checked: ${messageOf(error)}`);
            this.#tsconfig = null; // nor will they be: it need not be said at each change
        });
    }

    stop(): void {
        this.#abort.abort();
    }

    async #check(tsconfig: string, options: CheckOptions): Promise<void> {
        const { hasErrors, output } = await checkTypes(tsconfig, options);
        if (options.signal?.aborted) return;
        if (hasErrors) process.stderr.write(`${output.trimEnd()}\n`);
        if (hasErrors) say(paint("yellow", "the types have errors; the script runs all the same"));
        else if (this.#hadErrors) say("the types are right again");
        this.#hadErrors = hasErrors;
    }
}

export class Dev {
    readonly #options: DevOptions;
    readonly #builder: Builder;
    readonly #types: TypeCheck;
    #place: Place | undefined;
    #run: Run | undefined;
    /** The code that runs or ran last. */
    #code: Buffer | undefined;
    #hasStarted = false;
    #folderNotice = "";
    #isStopped = false;
    /** What ends it all. */
    #failure: unknown;

    constructor(options: DevOptions) {
        this.#options = options;
        this.#builder = new Builder(options.script, options.color);
        this.#types = new TypeCheck(options.script, options.color);
    }

    /** Until Ctrl-C. Returns the exit status; throws what no change of a file can mend. */
    async run(): Promise<number> {
        const steps = new SignalSteps({
            ask: () => {
                sayStopping();
                this.#stop();
            },
            force: () => (this.#run ? this.#run.channel.force() : leaveNow()),
            leave: leaveNow,
        });
        try {
            for (;;) {
                const build = await this.#builder.next();
                if (build === undefined) break;
                await this.#take(build);
            }
            await this.#endRun();
        } finally {
            this.#types.stop();
            this.#builder.close();
            steps.release();
        }
        if (this.#failure !== undefined) throw this.#failure;
        return STATUS.done;
    }

    #stop(failure?: unknown): void {
        this.#failure ??= failure;
        this.#isStopped = true;
        this.#run?.channel.stop();
        this.#builder.close();
    }

    async #take(build: Build): Promise<void> {
        process.stderr.write(build.messages);
        const isFirst = this.#code === undefined;
        if (build.code === undefined) {
            const state = this.#run ? "; what was good runs on" : "";
            say(paint("red", `not built${state}; waiting for a change`));
        } else if (this.#code?.equals(build.code)) {
            say("built, and nothing is different");
        } else {
            const { fileCount } = this.#builder;
            if (isFirst) say(`watching ${fileCount} file${fileCount > 1 ? "s" : ""}; Ctrl-C ends`);
            else say(`${describe(build.changed)} changed: starting anew`);
            await this.#endRun();
            await this.#start(build.code);
        }
        this.#types.start();
    }

    async #endRun(): Promise<void> {
        const run = this.#run;
        if (run === undefined) return;
        run.isReplaced = true;
        run.channel.stop();
        const late = setTimeout(() => run.channel.force(), FORCE_MS);
        await run.ended;
        clearTimeout(late);
    }

    async #start(code: Buffer): Promise<void> {
        try {
            this.#place ??= await this.#options.connect();
        } catch (error) {
            if (!this.#hasStarted || !(error instanceof UserError)) throw error;
            say(paint("red", `${error.message}; waiting for a change`));
            return;
        }
        if (this.#isStopped) return;
        const place = this.#place;
        const program = place.start({ ...this.#options.request, bundleBytes: code.length });
        const { streams } = this.#options;
        const stdout = this.#untilClosed(streams.stdout);
        const onNotice = (line: string): void => this.#showNotice(line);
        const channel = new Channel({
            ...streams,
            process: program,
            bundle: code,
            stdout,
            onNotice,
        });
        const run = { channel, ended: Promise.resolve(), isReplaced: false };
        run.ended = channel.outcome.then((outcome) => {
            this.#run = undefined;
            if (outcome.kind !== "exit") this.#fail(outcome.kind, place.explain(outcome, program));
            else if (!run.isReplaced && !this.#isStopped) {
                say(`ended with status ${outcome.status}; waiting for a change`);
            }
        });
        this.#hasStarted = true;
        this.#code = code;
        this.#run = run;
    }

    /** The same folder is not worth a line at each start. */
    #showNotice(line: string): void {
        if (line !== this.#folderNotice) this.#options.streams.onNotice(line);
        if (line.startsWith("working folder")) this.#folderNotice = line;
    }

    #fail(kind: Failure["kind"], reason: UserError): void {
        this.#place = undefined;
        this.#code = undefined; // the next build is started, whatever it is
        if (kind === "refused") this.#stop(reason);
        else say(paint("red", reason.message));
    }

    /** When nobody reads the output any more there is nothing left to do. */
    #untilClosed(sink: Sink): Sink {
        return {
            write: async (bytes) => {
                const isOpen = await sink.write(bytes);
                if (!isOpen) this.#stop();
                return isOpen;
            },
        };
    }
}

function describe(changed: readonly string[]): string {
    const [first = "something", ...more] = changed;
    return more.length === 0 ? first : `${first} and ${more.length} more`;
}

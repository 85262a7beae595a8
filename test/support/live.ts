// SPDX-License-Identifier: MIT
// A command that runs while the test looks on: its output so far, keys pressed, its end.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { dirname, join } from "node:path";

import { projectRoot } from "./process.ts";

export interface LiveEnd {
    readonly status: number | null;
    readonly signal: NodeJS.Signals | null;
}

export interface LiveOptions {
    readonly cwd: string;
    readonly env?: NodeJS.ProcessEnv;
    /** What stands before the command, such as ["sh", "-c", …]; it gets the command's words. */
    readonly prefix?: readonly string[];
}

export class Live {
    readonly child: ChildProcessWithoutNullStreams;
    readonly ended: Promise<LiveEnd>;
    stderr = "";
    readonly #chunks: Buffer[] = [];
    readonly #changed = new EventEmitter();
    #seen = 0;
    #end: LiveEnd | undefined;

    /** `maixjs <args>` of this checkout. */
    constructor(args: readonly string[], options: LiveOptions) {
        const command = [process.execPath, join(projectRoot, "ts/cli/maixjs.js"), ...args];
        const [program = "", ...words] = [...(options.prefix ?? []), ...command];
        // Nothing of the user's: what a run leaves behind is beside its folder.
        const { PATH } = process.env;
        const beside = dirname(options.cwd);
        const env = { PATH, HOME: join(beside, "home"), TMPDIR: beside, ...options.env };
        this.child = spawn(program, words, { cwd: options.cwd, env });
        this.child.stdin.on("error", () => {});
        this.child.stdout.on("data", (chunk: Buffer) => {
            this.#chunks.push(chunk);
            this.#changed.emit("change");
        });
        this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
            this.stderr += text;
            this.#changed.emit("change");
        });
        this.ended = new Promise((resolve) => {
            this.child.on("close", (status, signal) => {
                this.#end = { status, signal };
                this.#changed.emit("change");
                resolve(this.#end);
            });
        });
    }

    get output(): Buffer {
        return Buffer.concat(this.#chunks);
    }

    get stdout(): string {
        return this.output.toString("utf8");
    }

    /** Until this is so. An end that comes first is an error, with all that was said. */
    async until(isSo: () => boolean): Promise<void> {
        while (!isSo()) {
            if (this.#end) {
                const text = `${JSON.stringify(this.#end)}\n${this.stdout}\n${this.stderr}`;
                throw new Error(`it has ended: ${text}`);
            }
            await once(this.#changed, "change");
        }
    }

    /** Until stdout has this, behind what was waited for before. */
    async sees(text: string): Promise<void> {
        await this.until(() => this.stdout.indexOf(text, this.#seen) >= 0);
        this.#seen = this.stdout.indexOf(text, this.#seen) + text.length;
    }

    /** Until stderr has this so many times. */
    says(text: string, times = 1): Promise<void> {
        return this.until(() => this.stderr.split(text).length > times);
    }

    kill(signal: NodeJS.Signals = "SIGINT"): void {
        this.child.kill(signal);
    }
}

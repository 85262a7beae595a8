// SPDX-License-Identifier: MIT
// User, mount and PID namespaces in which a board's sshd runs; nothing of it outlives this process.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";

// The map of users can be written only from outside, once the user namespace is there.
const begin = 'echo made; read -r go; exec unshare -m -p -f --kill-child sh "$0" "$@"';
const userCount = 65536;

export class Namespaces {
    readonly #child: ChildProcessWithoutNullStreams;
    readonly #closed: Promise<void>;
    #isClosed = false;
    #text = "";
    #wake: (() => void)[] = [];

    /** Starts `script` there, a file for sh; it is told lines, and says "ready" first. */
    static async start(script: string, args: readonly string[]): Promise<Namespaces> {
        const made = new Namespaces(script, args);
        try {
            await made.heard(["made\n"]);
            for (const map of ["uid_map", "gid_map"]) {
                writeFileSync(`/proc/${made.pid}/${map}`, `0 0 ${userCount}\n`);
            }
            made.tell("go");
            await made.heard(["ready\n"]);
            return made;
        } catch (error) {
            await made.stop();
            throw error;
        }
    }

    private constructor(script: string, args: readonly string[]) {
        this.#child = spawn("unshare", ["-U", "sh", "-c", begin, script, ...args], {
            stdio: "pipe",
        });
        const hear = (text: string): void => {
            this.#text += text;
            this.#signal();
        };
        this.#child.stdout.setEncoding("utf8").on("data", hear);
        this.#child.stderr.setEncoding("utf8").on("data", hear);
        this.#child.stdin.on("error", () => {});
        this.#child.on("error", (error) => hear(error.message));
        this.#closed = new Promise((resolve) => {
            this.#child.on("close", () => {
                this.#isClosed = true;
                this.#signal();
                resolve();
            });
        });
    }

    #signal(): void {
        for (const wake of this.#wake.splice(0)) wake();
    }

    /** The process whose /proc entry shows the namespaces. */
    get pid(): number {
        return this.#child.pid ?? 0;
    }

    /** All that was said in there. */
    get text(): string {
        return this.#text;
    }

    tell(line: string): void {
        this.#child.stdin.write(`${line}\n`);
    }

    /** Resolves with the index of the first of `texts` that is said at `from` or later. */
    async heard(texts: readonly string[], from = 0): Promise<number> {
        for (;;) {
            const index = texts.findIndex((text) => this.#text.indexOf(text, from) >= 0);
            if (index >= 0) return index;
            if (this.#isClosed) throw new Error(`the board has ended: ${this.#text}`);
            await new Promise<void>((resolve) => this.#wake.push(resolve));
        }
    }

    async stop(): Promise<void> {
        this.#child.kill("SIGKILL");
        await this.#closed;
    }
}

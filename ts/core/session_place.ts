// SPDX-License-Identifier: MIT
// Where a script runs: on a board, or on this PC in the same way; and what it means when it did not.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { FIND_EXECUTABLE } from "./board.ts";
import type { Outcome } from "./channel.ts";
import { STATUS, UserError } from "./errors.ts";
import { findExecutable, packageRoot } from "./native.js";
import type { Device } from "./ssh.ts";

const NAME_BYTES_MAX = 255;

/** What `maixjs - --control` is asked for. */
export interface Request {
    readonly bundleBytes: number;
    /** What the script is called on the other side. */
    readonly name: string;
    /** The script's own arguments. */
    readonly args: readonly string[];
    /** The executable's options, such as ["--mic", "sim:tone"]. */
    readonly options: readonly string[];
    /** The working folder; undefined: the other side's default. */
    readonly cwd: string | undefined;
    readonly env: Readonly<Record<string, string>>;
}

/** What is no end of a script. */
export type Failure = Exclude<Outcome, { kind: "exit" }>;

export interface Place {
    start(request: Request): ChildProcessWithoutNullStreams;
    /** Why there was no run, or no end of it; `process` is what `start` gave. */
    explain(outcome: Failure, process: ChildProcessWithoutNullStreams): UserError;
}

function printable(name: string): string {
    // What has no shape, or could be taken for an end of line.
    const text = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "?");
    const bytes = Buffer.from(text);
    if (bytes.length <= NAME_BYTES_MAX) return text;
    return `…${text.slice(-(NAME_BYTES_MAX >> 2))}`; // the end of a path says most
}

function argumentsOf(request: Request): string[] {
    const { bundleBytes, name, cwd } = request;
    return [
        ...request.options,
        ...["-", "--control", `${bundleBytes}`],
        ...(cwd === undefined ? [] : ["--cwd", cwd]),
        ...["--name", printable(name)],
        ...Object.entries(request.env).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
        ...["--", ...request.args],
    ];
}

/** This package's version. */
export function packageVersion(): string {
    const text = readFileSync(join(packageRoot, "package.json"), "utf8");
    return (JSON.parse(text) as { version: string }).version;
}

// $1: the executable, or "" for its usual place; $2: the version it must have.
const BOARD_SCRIPT = `${FIND_EXECUTABLE}v=$2; shift 2
[ -e "$x" ] || { echo "maixjs-board missing $x"; exit 127; }
have=$("$x" --version 2>&1) || { echo "maixjs-board broken $x: $have"; exit 126; }
case $have in
"maixjs $v" | "maixjs $v "*) exec "$x" "$@" ;;
esac
echo "maixjs-board version $have"
exit 126`;

/** The executable of a board, if it is there and of this version: asked in one connection. */
export class BoardPlace implements Place {
    readonly #device: Device;
    readonly #executable: string | undefined;

    /** `executable`: its path there; undefined: the usual one. */
    constructor(device: Device, executable: string | undefined) {
        this.#device = device;
        this.#executable = executable;
    }

    start(request: Request): ChildProcessWithoutNullStreams {
        return this.run(argumentsOf(request));
    }

    /** The executable on the board with any arguments. */
    run(args: readonly string[]): ChildProcessWithoutNullStreams {
        const own = [this.#executable ?? "", packageVersion()];
        return this.#device.spawn(["sh", "-c", BOARD_SCRIPT, "sh", ...own, ...args]);
    }

    explain(outcome: Failure, process: ChildProcessWithoutNullStreams): UserError {
        const { target } = this.#device;
        const deploy = `maixjs deploy --device ${target}`;
        if (outcome.kind === "garbled") {
            return new UserError(`${target} does not answer as it should: ${outcome.reason}`, {
                hint: deploy,
            });
        }
        const reason = this.#device.connectionError(process);
        if (outcome.kind === "lost") {
            return new UserError(`the connection to ${target} was lost`, {
                hint:
                    "the board stops the script by itself, and its recordings are finalised;\n" +
                    `\`maixjs logs --device ${target}\` shows what it still said`,
                cause: reason,
            });
        }
        if (reason) return reason;
        const said = /^maixjs-board (\w+) (.*)$/m.exec(outcome.stdout);
        const detail = said?.[2] ?? "";
        if (said?.[1] === "missing") {
            return new UserError(`there is no maixjs on ${target} (${detail})`, { hint: deploy });
        }
        if (said?.[1] === "version") {
            const text = `${target} has ${detail}, this is maixjs ${packageVersion()}`;
            return new UserError(text, { hint: deploy });
        }
        if (said?.[1] === "broken") {
            return new UserError(`maixjs does not run on ${target}: ${detail}`, { hint: deploy });
        }
        return refusal(outcome, `${target} did not start the script`);
    }
}

/** The other side's own words, where it has any. */
function refusal(outcome: Extract<Outcome, { kind: "refused" }>, otherwise: string): UserError {
    const [first = "", ...more] = outcome.stderr.trim().split("\n");
    const isUsage = outcome.status === STATUS.usage;
    const status = isUsage ? STATUS.usage : STATUS.failed;
    if (first === "") return new UserError(`${otherwise} (status ${outcome.status})`, { status });
    const hint = more.length > 0 ? { hint: more.join("\n") } : {};
    return new UserError(first.replace(/^maixjs: /, ""), { status, ...hint });
}

/** This machine, through the same channel: so `dev` behaves alike with and without a board. */
export class PcPlace implements Place {
    readonly #executable = findExecutable();

    start(request: Request): ChildProcessWithoutNullStreams {
        // Away from our terminal: its Ctrl-C is ours to pass on.
        return spawn(this.#executable, argumentsOf(request), { detached: true });
    }

    explain(outcome: Failure): UserError {
        if (outcome.kind === "garbled") {
            return new UserError(`the executable does not answer as it should: ${outcome.reason}`);
        }
        if (outcome.kind === "lost") return new UserError("the script's supervisor is gone");
        return refusal(outcome, `${this.#executable} did not start the script`);
    }
}

// SPDX-License-Identifier: MIT
// What a command of the npm package is: data and a function; and the one place that shows errors.
//
// A file of this folder is one command: `export default defineCommand({ name, … })`.
// toolchain/cli.mjs bundles it into dist/cli/<name>.js, and maixjs.js runs that.

import { type ParseArgsConfig, parseArgs } from "node:util";

import { argumentMessage, messageOf, STATUS, UserError, usageError } from "../core/errors.ts";
import { NativeError } from "../core/native.js";
import { harmless, paint } from "../core/progress.ts";

export interface Command {
    /** As it is typed, and the name of its file. */
    readonly name: string;
    /** One line for `maixjs --help`. */
    readonly summary: string;
    /** What `--help` prints: usage, options, an example. */
    readonly help: string;
    /** Returns the exit status; throws UserError for what the user can mend. */
    run(argv: readonly string[]): Promise<number>;
}

/** The options of every command that talks to a board; the choice is `chooseDevice`'s. */
export const deviceOptions = {
    device: { type: "string" },
    local: { type: "boolean" },
} as const;

/** Their lines in a `help`. */
export const deviceHelp = `  --device <ssh>   the board, as ssh takes it: root@maixcam-1234.local, or an alias of
                   your ssh config (else $MAIXJS_DEVICE, else maixjs.config.ts)`;

type Options = NonNullable<ParseArgsConfig["options"]>;

/** node:util's parseArgs, strict; wrong arguments are usage errors that name the command. */
export function parse<T extends Options>(
    command: string,
    argv: readonly string[],
    options: T,
): ReturnType<typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>> {
    try {
        return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
    } catch (error) {
        throw usageError(argumentMessage(error), command);
    }
}

/** For commands that take options only. */
export function refuseExtra(command: string, positionals: readonly string[]): void {
    const [first] = positionals;
    if (first !== undefined) throw usageError(`${command} takes no "${first}"`, command);
}

/** Such as a file that may not be written: nothing that we could have known better. */
function isOfTheSystem(error: unknown): boolean {
    const { code, syscall } = Object(error) as NodeJS.ErrnoException;
    return error instanceof Error && typeof code === "string" && typeof syscall === "string";
}

/** Standard error's form of an error: one line and a hint, or the stack of what is a bug of ours. */
export function showError(error: unknown): number {
    if (error instanceof NativeError) {
        process.stderr.write(`maixjs: ${error.message}\n`);
        return STATUS.failed;
    }
    if (isOfTheSystem(error)) {
        process.stderr.write(`maixjs: ${harmless(messageOf(error))}\n`);
        return STATUS.failed;
    }
    if (!(error instanceof UserError)) {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        process.stderr.write(`maixjs: this is a bug of maixjs:\n${text}\n`);
        return STATUS.failed;
    }
    process.stderr.write(`maixjs: ${paint("red", harmless(error.message))}\n`);
    const hint = error.hint === null ? [] : harmless(error.hint).split("\n");
    for (const line of hint) process.stderr.write(`    ${line}\n`);
    return error.status;
}

/** Adds `--help` and the handling of errors. */
export function defineCommand(command: Command): Command {
    return {
        ...command,
        async run(argv) {
            const end = argv.indexOf("--");
            const own = end < 0 ? argv : argv.slice(0, end);
            if (own.includes("--help") || own.includes("-h")) {
                process.stdout.write(command.help);
                return STATUS.done;
            }
            try {
                return await command.run(argv);
            } catch (error) {
                return showError(error);
            }
        },
    };
}

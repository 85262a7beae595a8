// SPDX-License-Identifier: MIT
// The command lines of `run` and `dev`: our options, the script, and what is the script's own.

import { type ParseArgsConfig, parseArgs } from "node:util";

import { argumentMessage, STATUS, UserError, usageError } from "./errors.ts";

/** Options that go to the executable as they are. */
const passedOn = ["mic", "memory-limit", "stack-size", "timeout"] as const;

export const scriptOptions = {
    cwd: { type: "string" },
    mic: { type: "string" },
    "memory-limit": { type: "string" },
    "stack-size": { type: "string" },
    timeout: { type: "string" },
} as const;

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<T extends Options> = ReturnType<
    typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>
>;

export interface ScriptCommand<T extends Options> {
    readonly values: Parsed<T>["values"];
    /** As it was typed. */
    readonly script: string;
    /** The script's own arguments. */
    readonly args: readonly string[];
}

/** Options may stand on both sides of the script, up to `--`. Throws usage errors. */
export function parseScriptCommand<T extends Options>(
    command: string,
    argv: readonly string[],
    options: T,
): ScriptCommand<T> {
    const end = argv.indexOf("--");
    const own = end < 0 ? argv : argv.slice(0, end);
    const behind = end < 0 ? [] : argv.slice(end + 1);
    const { values, positionals } = parsed(command, own, options);
    const [script, ...args] = positionals;
    if (script === undefined) throw usageError("a script is missing", command);
    return { values, script, args: [...args, ...behind] };
}

function parsed<T extends Options>(
    command: string,
    argv: readonly string[],
    options: T,
): Parsed<T> {
    try {
        return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
    } catch (error) {
        const message = argumentMessage(error);
        const [, unknown] = /^unknown option (.*)$/.exec(message) ?? [];
        if (unknown === undefined) throw usageError(message, command);
        throw new UserError(message, {
            hint: `the script's own options stand behind --: maixjs ${command} <script> -- ${unknown}`,
            status: STATUS.usage,
        });
    }
}

/** The executable's options among ours. */
export function nativeOptions(
    values: Readonly<Partial<Record<(typeof passedOn)[number], string | undefined>>>,
): string[] {
    return passedOn.flatMap((name) => {
        const value = values[name];
        return value === undefined ? [] : [`--${name}`, value];
    });
}

// SPDX-License-Identifier: MIT
// An error that is the user's to mend: shown as one line and a hint, without a stack.

/** Exit statuses that commands share with scripts (`maixjs --help`). */
export const STATUS = {
    done: 0,
    failed: 1,
    usage: 2,
    device: 3,
} as const;

export interface UserErrorOptions {
    /** What to do about it; lines are shown below the message, indented. */
    readonly hint?: string;
    /** The command's exit status; 1 unless said otherwise. */
    readonly status?: number;
    readonly cause?: unknown;
}

export class UserError extends Error {
    override readonly name = "UserError";
    readonly hint: string | null;
    readonly status: number;

    constructor(message: string, options: UserErrorOptions = {}) {
        super(message, options.cause === undefined ? {} : { cause: options.cause });
        this.hint = options.hint ?? null;
        this.status = options.status ?? STATUS.failed;
    }
}

/** A wrong command line: status 2, and where to read the right one. */
export function usageError(message: string, command: string): UserError {
    return new UserError(message, {
        hint: `see \`maixjs ${command} --help\``,
        status: STATUS.usage,
    });
}

/** What node:util's parseArgs has thrown, in the executable's words. */
export function argumentMessage(error: unknown): string {
    const message = messageOf(error);
    const [, name] = /^(?:Unknown o|O)ption '(?:-\w, )?(-[^' ]*)/.exec(message) ?? [];
    if (name === undefined) return message;
    if (message.startsWith("Unknown")) return `unknown option ${name}`;
    return message.includes("not take an argument")
        ? `${name} takes no value`
        : `${name} needs a value`;
}

/** What can be said of anything that was thrown. */
export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

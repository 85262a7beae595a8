// SPDX-License-Identifier: MIT
// An error that is the user's to mend: shown as one line and a hint, without a stack.

/** Exit statuses that commands share; DESIGN's table for scripts is the same. */
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

/** What can be said of anything that was thrown. */
export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

// SPDX-License-Identifier: MIT
// What the host asks the guest to do, and what it gets back: data, so that cases stand on the host.

export type Program = "maixjs" | "init" | "contract";

export type Step =
    /** "init": its tools; "contract": test/modules/audio. `user`: a number; default root. */
    | { start: string; program: Program; args: readonly string[]; user?: number }
    /** Waits until the process has printed the text. */
    | { until: string; says: string }
    | { signal: string; number: number }
    /** Waits for its end. */
    | { wait: string }
    | { sleepMs: number }
    | { rename: string; to: string };

export interface CasePlan {
    readonly name: string;
    readonly steps: readonly Step[];
}

export interface CaseResult {
    readonly name: string;
    /** What went wrong in the driver: a step that never came to its end. */
    readonly problem?: string;
    /** By id: exit status, minus the signal, or null for one that had to be killed at the end. */
    readonly processes: Readonly<Record<string, number | null>>;
    /** Milliseconds of the guest's time. */
    readonly ms: number;
}

/** In front of each file's bytes, as one line of JSON. */
export interface Header {
    readonly path: string;
    readonly bytes: number;
}

// SPDX-License-Identifier: MIT
// What a board is: its core, its image, what is free on it, and where the executable belongs.

import type { Device } from "./ssh.ts";

export interface Board {
    /** `uname -m`, such as "riscv64". */
    readonly machine: string;
    /** A name of targets.json whose executable runs there; null: there is none. */
    readonly target: string | null;
    /** "MaixCAM-Pro", or what else the system calls itself. */
    readonly name: string;
    /** The system's version, such as "maixcam-2025-01-24-maixpy-v4.9.0"; "" unknown. */
    readonly image: string;
    readonly isRoot: boolean;
    readonly home: string;
    /** Where the executable is, or goes: absolute. */
    readonly executable: string;
    /** Its `--version` there; null: it is missing or does not run. */
    readonly version: string | null;
    /** Seconds that the board's clock is ahead of this machine's. */
    readonly clockAheadS: number;
    readonly freeMemoryBytes: number | null;
    /** Free where the executable goes. */
    readonly freeDiskBytes: number | null;
    /** Whether app_store_cli is there. */
    readonly hasAppStore: boolean;
}

/** One question to the board. `executable`: --to or the config's; else its usual place. */
export async function inspectBoard(_device: Device, _executable?: string): Promise<Board> {
    throw new Error("not yet");
}

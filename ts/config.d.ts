// SPDX-License-Identifier: MIT
// The types of a project's maixjs.config.ts.

/**
 * A project's settings, in `maixjs.config.ts` beside its package.json:
 *
 * ```ts
 * import type { Config } from "maixjs/config";
 *
 * export default {
 *     device: "root@maixcam-1234.local",
 * } satisfies Config;
 * ```
 *
 * Options of the command line win, then environment variables. An unknown key is an error.
 */
declare module "maixjs/config" {
    export interface Config {
        /** The board, as ssh takes it: `user@host`, or an alias of your ssh config. */
        readonly device?: string;
        /** Absolute path of the executable on the board; see `maixjs deploy --to`. */
        readonly executable?: string;
        /** Working folder on the board of `run` and `dev`; default `~/maixjs`. */
        readonly cwd?: string;
        /** Added to a script's environment on the board. */
        readonly env?: Readonly<Record<string, string>>;
        /** What `run` brings back from the working folder when the script has ended: `["*.wav"]`. */
        readonly fetch?: readonly string[];
        /** Where `fetch` puts it on the PC; default: the current folder. */
        readonly into?: string;
    }
}

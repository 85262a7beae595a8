// SPDX-License-Identifier: MIT
// The types of `maix:log`: lines with a level.

/**
 * Lines with a level on standard output, as MaixPy prints its own: `-- [I] text`.
 *
 * ```ts
 * import { LogLevel, info, setLogLevel, warn } from "maix:log";
 *
 * setLogLevel(LogLevel.LEVEL_WARN);
 * info("not shown");
 * warn("disk is nearly full:", { free: 12 });
 * ```
 *
 * Arguments are printed as `console.log` prints them. A level that is not shown costs a call and a
 * comparison. `console` has no level: it always prints.
 * TypeError and RangeError for bad levels. Importing this module in a worker throws an Error with
 * `code` `EUNSUPPORTED`.
 */
declare module "maix:log" {
    export const LogLevel: {
        /** Shows nothing. */
        readonly LEVEL_NONE: 0;
        readonly LEVEL_ERROR: 1;
        readonly LEVEL_WARN: 2;
        /** The default: errors, warnings and information. */
        readonly LEVEL_INFO: 3;
        /** Shows all. */
        readonly LEVEL_DEBUG: 4;
        readonly LEVEL_MAX: 5;
    };
    export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

    /**
     * Shows lines of that level and of the more urgent ones.
     * @param color colours the level; default: as before. At first true on a terminal, unless
     * `NO_COLOR` is set.
     */
    export function setLogLevel(level: LogLevel, color?: boolean): void;
    export function getLogLevel(): LogLevel;
    /** Whether the level is coloured. */
    export function getLogUseColor(): boolean;

    /** `-- [E] …` */
    export function error(...values: unknown[]): void;
    /** `-- [W] …` */
    export function warn(...values: unknown[]): void;
    /** `-- [I] …` */
    export function info(...values: unknown[]): void;
    /** `-- [D] …` */
    export function debug(...values: unknown[]): void;
    /** The values alone, if that level is shown. */
    export function print(level: LogLevel, ...values: unknown[]): void;
}

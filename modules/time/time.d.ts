// SPDX-License-Identifier: MIT
// The types of `maix:time`: clocks and sleeping.

/**
 * Clocks and sleeping, as in MaixPy.
 *
 * ```ts
 * import { ticksMs, sleepMs } from "maix:time";
 *
 * const start = ticksMs();
 * sleepMs(50);
 * console.log(ticksMs() - start);
 * ```
 *
 * `time…` is the time of day: on a board without a clock it jumps when the network sets it.
 * `ticks…` is monotonic: use it for intervals. Importing this module in a worker throws an Error
 * with `code` `EUNSUPPORTED`.
 */
declare module "maix:time" {
    /** Seconds since 1970, with fractions. */
    export function time(): number;
    /** Whole milliseconds since 1970. */
    export function timeMs(): number;
    /** Whole seconds since 1970. */
    export function timeS(): number;
    /** Whole microseconds since 1970. */
    export function timeUs(): number;
    /**
     * `now - last`, in seconds.
     * @param last seconds, as `time()` gives them
     * @param now seconds; default `time()`
     * @throws TypeError if one is not a number; RangeError if one is not finite or negative
     */
    export function timeDiff(last: number, now?: number): number;

    /** Whole milliseconds of the monotonic clock. */
    export function ticksMs(): number;
    /** Whole microseconds of the monotonic clock. */
    export function ticksUs(): number;
    /** Seconds of the monotonic clock, with fractions. */
    export function ticksS(): number;
    /**
     * `now - last`, in seconds.
     * @param last seconds, as `ticksS()` gives them
     * @param now seconds; default `ticksS()`
     * @throws TypeError if one is not a number; RangeError if one is not finite or negative
     */
    export function ticksDiff(last: number, now?: number): number;

    /**
     * Waits that many seconds, fractions allowed, 0 to 1e9. The whole script waits; timers do not
     * run. Returns early, or at once, when the program is asked to stop (`app.needExit()`).
     * @throws TypeError if it is not a number; RangeError if it is negative, too large or NaN
     */
    export function sleep(s: number): void;
    /** As `sleep`, in milliseconds, fractions allowed, 0 to 1e12. */
    export function sleepMs(ms: number): void;
    /** As `sleep`, in microseconds, fractions allowed, 0 to 1e15. */
    export function sleepUs(us: number): void;
}

// SPDX-License-Identifier: MIT
// The types of `maix:time`: clocks, sleeping, dates, frames per second.

/**
 * Clocks, sleeping, dates and frames per second, as in MaixPy.
 *
 * ```ts
 * import { fps, localtime, sleepMs, ticksMs } from "maix:time";
 *
 * const start = ticksMs();
 * sleepMs(50);
 * console.log(ticksMs() - start);
 * console.log(localtime().strftime("%Y-%m-%d %H:%M:%S"));
 * for (let i = 0; i < 10; i++) console.log(fps()); // of this loop
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

    // --- Dates: plain fields, in the Gregorian calendar ---

    /** A date and time of day in some zone. The fields may be set; nothing is checked then. */
    export class DateTime {
        /** All 0 by default, as in MaixPy, which is no date. */
        constructor(
            year?: number,
            month?: number,
            day?: number,
            hour?: number,
            minute?: number,
            second?: number,
            microsecond?: number,
            yearday?: number,
            weekday?: number,
            zone?: number,
        );
        year: number;
        /** 1 to 12. */
        month: number;
        /** 1 to 31. */
        day: number;
        /** 0 to 23. */
        hour: number;
        /** 0 to 59. */
        minute: number;
        /** 0 to 59, 61 after `strptime`. */
        second: number;
        /** 0 to 999,999. */
        microsecond: number;
        /** 0 to 365; the 1st of January is 0. Not read by the functions below. */
        yearday: number;
        /** 0 to 6; Monday is 0. Not read by the functions below. */
        weekday: number;
        /** Hours east of UTC, fractions too. */
        zone: number;
        /** `"UTC"`, `"CEST"`, or `""`. */
        zoneName: string;
        /**
         * As text. The directives of C, with English names, and `%f` for microseconds:
         * `% a A b B c C d D e f F g G h H I j m M n p r R s S t T u U V w W x X y Y z Z`.
         * @throws RangeError for another
         */
        strftime(format: string): string;
        /** Seconds since 1970, with fractions; after the fields and `zone`. */
        timestamp(): number;
    }
    /** Now, in UTC. */
    export function now(): DateTime;
    /** In the machine's time zone. Default: now. */
    export function localtime(timestamp?: number): DateTime;
    /** In UTC. @param timestamp seconds since 1970, -8.64e12 to 8.64e12 */
    export function gmtime(timestamp: number): DateTime;
    /**
     * Reads a date. Blanks in the format stand for any number of them; letters are of either case.
     * What the text does not name is that of 1900-01-01 00:00:00 UTC.
     * @param format the directives `% a A b B c d D e f F h H I j m M n p r R S t T x X y Y z Z`
     * @throws RangeError if the text is not of that form, or names no day that there is
     */
    export function strptime(text: string, format: string): DateTime;

    /** The machine's time zone, such as `"Europe/Berlin"`. @throws `EUNSUPPORTED`: nothing names it */
    export function timezone(): string;
    /** The same in two parts: `["Europe", "Berlin"]`; the second is `""` for `"UTC"`. */
    export function timezone2(): [region: string, city: string];
    /** What `/usr/share/zoneinfo` has, by region. @throws `EUNSUPPORTED`: there is none */
    export function listTimezones(): Record<string, string[]>;

    // --- Frames per second ---

    /** Counts calls per second, averaged over the last `buffLen` of them. */
    export class FPS {
        /** @param buffLen 1 to 10,000, default 20 */
        constructor(buffLen?: number);
        /** Counts from now. */
        start(): void;
        /** Calls per second; 1 for the first call without `start()`. */
        fps(): number;
        /** The same as `fps()`. */
        end(): number;
        /** Forgets what was counted. */
        setBuffLen(length: number): void;
    }
    /** `fps()` of an `FPS` that the whole program shares. */
    export function fps(): number;
    /** Its `start()`. */
    export function fpsStart(): void;
    /** Its `setBuffLen()`. */
    export function fpsSetBuffLen(length: number): void;
}

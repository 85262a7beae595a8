// SPDX-License-Identifier: MIT
// The part of maix:time that is TypeScript: dates, time zones, frames per second. The rest, and what
// this calls, is modules/time/time_js.c.

/// <reference path="../../modules/time/time.d.ts" />

import type { DateTime as PublicDateTime } from "maix:time";

import { type Fields, strftime, strptime, utcMs, weekdayOf, yeardayOf } from "./maix_calendar.ts";
import { checkNumber, checkString, checkWhole, type NativeBase } from "./maix_native.ts";

export interface Native extends NativeBase {
    timeUs(): number;
    ticksUs(): number;
    /** Of the local zone at that second: seconds east of UTC, and its name. */
    zoneAt(second: number): [seconds: number, name: string];
    /** What /etc/localtime links to; undefined where it is no link. */
    zoneLink(): string | undefined;
}

const ZONES = "/usr/share/zoneinfo";
const SECONDS_MAX = 8.64e12; // what a Date can hold
const FPS_LENGTH_MAX = 10_000;

class DateTime implements PublicDateTime {
    year: number;
    month: number;
    day: number;
    hour: number;
    minute: number;
    second: number;
    microsecond: number;
    yearday: number;
    weekday: number;
    zone: number;
    zoneName = "";

    constructor(
        year = 0,
        month = 0,
        day = 0,
        hour = 0,
        minute = 0,
        second = 0,
        microsecond = 0,
        yearday = 0,
        weekday = 0,
        zone = 0,
    ) {
        this.year = year;
        this.month = month;
        this.day = day;
        this.hour = hour;
        this.minute = minute;
        this.second = second;
        this.microsecond = microsecond;
        this.yearday = yearday;
        this.weekday = weekday;
        this.zone = zone;
    }

    strftime(format: string): string {
        return strftime(this, checkString(format, "format"));
    }

    timestamp(): number {
        return utcMs(this) / 1000 - this.zone * 3600 + this.microsecond / 1e6;
    }
}

function fromFields(fields: Fields): DateTime {
    const made = Object.assign(new DateTime(), fields);
    made.yearday = yeardayOf(fields);
    made.weekday = weekdayOf(fields);
    return made;
}

/** `us` since 1970, in a zone so many seconds east of UTC. */
function fromMicroseconds(us: number, seconds: number, zoneName: string): DateTime {
    const second = Math.floor(us / 1e6);
    const date = new Date((second + seconds) * 1000);
    return fromFields({
        year: date.getUTCFullYear(),
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
        second: date.getUTCSeconds(),
        microsecond: Math.floor(us - second * 1e6),
        zone: seconds / 3600,
        zoneName,
    });
}

function makeFps(native: Native) {
    return class FPS {
        #intervals: number[] = []; // microseconds, the newest last
        #length: number;
        #last = -1;

        constructor(buffLen = 20) {
            this.#length = checkWhole(buffLen, "buffLen", 1, FPS_LENGTH_MAX);
        }

        start(): void {
            this.#last = native.ticksUs();
        }

        fps(): number {
            const now = native.ticksUs();
            const last = this.#last;
            this.#last = now;
            if (last < 0) return 1;
            this.#intervals.push(now - last);
            if (this.#intervals.length > this.#length) this.#intervals.shift();
            const sum = this.#intervals.reduce((total, us) => total + us, 0);
            return (this.#intervals.length * 1e6) / Math.max(sum, 1);
        }

        end(): number {
            return this.fps();
        }

        setBuffLen(length: number): void {
            this.#length = checkWhole(length, "length", 1, FPS_LENGTH_MAX);
            this.#intervals = [];
        }
    };
}

type Module = typeof import("maix:time");
export type Exports = Pick<
    Module,
    | "DateTime"
    | "FPS"
    | "now"
    | "localtime"
    | "gmtime"
    | "strptime"
    | "timezone"
    | "timezone2"
    | "listTimezones"
    | "fps"
    | "fpsStart"
    | "fpsSetBuffLen"
>;

export function create(native: Native): Exports {
    const FPS = makeFps(native);
    const common = new FPS();

    const checkTime = (timestamp: unknown): number =>
        Math.floor(checkNumber(timestamp, "timestamp", -SECONDS_MAX, SECONDS_MAX) * 1e6);

    function timezone(): string {
        const named = (native.getenv("TZ") ?? "").replace(/^:/, "");
        const link = native.zoneLink() ?? "";
        const at = link.indexOf("zoneinfo/");
        const linked = at < 0 ? "" : link.slice(at + "zoneinfo/".length);
        const file = (native.readText("/etc/timezone") ?? "").trim();
        return (
            named ||
            linked ||
            file ||
            native.fail(
                "EUNSUPPORTED",
                "no TZ, /etc/localtime or /etc/timezone names the time zone",
            )
        );
    }

    return {
        DateTime,
        FPS,
        now: () => fromMicroseconds(native.timeUs(), 0, "UTC"),
        gmtime: (timestamp) => fromMicroseconds(checkTime(timestamp), 0, "UTC"),
        localtime(timestamp) {
            const us = timestamp === undefined ? native.timeUs() : checkTime(timestamp);
            return fromMicroseconds(us, ...native.zoneAt(Math.floor(us / 1e6)));
        },
        strptime: (text, format) =>
            fromFields(strptime(checkString(text, "text"), checkString(format, "format"))),
        timezone,
        timezone2() {
            const [region = "", ...city] = timezone().split("/");
            return [region, city.join("/")];
        },
        listTimezones() {
            const zones: Record<string, string[]> = {};
            const list = (folder: string): string[] | undefined => {
                try {
                    return native.readdir(folder).sort();
                } catch {
                    return undefined; // a file
                }
            };
            for (const region of list(ZONES) ?? []) {
                const cities = list(`${ZONES}/${region}`);
                if (cities && /^[A-Z]/.test(region)) zones[region] = cities;
            }
            if (Object.keys(zones).length === 0) {
                native.fail("EUNSUPPORTED", `this machine has no list of time zones (${ZONES})`);
            }
            return zones;
        },
        fps: () => common.fps(),
        fpsStart: () => common.start(),
        fpsSetBuffLen: (length) => common.setBuffLen(length),
    };
}

// SPDX-License-Identifier: MIT
// maix:time: dates against Node's and the system's `date`, time zones, frames per second.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { type Fields, strftime, strptime } from "../../../ts/runtime/maix_calendar.ts";
import { create, type Native } from "../../../ts/runtime/maix_time.ts";
import { evaluate } from "../../support/run.ts";

const zones = "/usr/share/zoneinfo";

describe("dates", () => {
    it("of a timestamp, in UTC and in the local zone", async () => {
        const [utc, berlin, before] = await evaluate(
            `out(time.gmtime(1718590639.5));
            out([time.localtime(1718590639.25), time.localtime(1718590639.25).timestamp()]);
            out([time.gmtime(-0.5), time.gmtime(-0.5).timestamp()]);`,
            { env: { TZ: "CET-1CEST,M3.5.0,M10.5.0/3" } },
        );
        expect(utc).toEqual({
            year: 2024,
            month: 6,
            day: 17,
            hour: 2,
            minute: 17,
            second: 19,
            microsecond: 500_000,
            yearday: 168,
            weekday: 0,
            zone: 0,
            zoneName: "UTC",
        });
        expect(berlin).toEqual([
            {
                year: 2024,
                month: 6,
                day: 17,
                hour: 4,
                minute: 17,
                second: 19,
                microsecond: 250_000,
                yearday: 168,
                weekday: 0,
                zone: 2,
                zoneName: "CEST",
            },
            1718590639.25,
        ]);
        expect(before).toMatchObject([
            { year: 1969, month: 12, day: 31, second: 59, microsecond: 500_000 },
            -0.5,
        ]);
    });

    it("of now lie between two looks at the clock", async () => {
        const before = Date.now() / 1000;
        const [now, local] = (await evaluate(
            "out(time.now().timestamp()); out(time.localtime().timestamp());",
            { env: { TZ: "X+5:30" } },
        )) as number[];
        const after = Date.now() / 1000;
        for (const seconds of [now, local]) {
            expect(seconds).toBeGreaterThanOrEqual(before - 0.001);
            expect(seconds).toBeLessThanOrEqual(after + 0.001);
        }
    });

    it("are made of fields", async () => {
        const answer = await evaluate(`
            const date = new time.DateTime(2026, 2, 3, 4, 5, 6, 7, 0, 0, 5.5);
            out([date.timestamp(), date.strftime("%F %T.%f %z %a %j"), new time.DateTime().year]);
            date.zone = -3.5;
            out([date.strftime("%z"), date instanceof time.DateTime]);
        `);
        expect(answer).toEqual([
            [
                Date.UTC(2026, 1, 2, 22, 35, 6) / 1000 + 7e-6,
                "2026-02-03 04:05:06.000007 +0530 Tue 034",
                0,
            ],
            ["-0330", true],
        ]);
    });
});

const base: Fields = {
    year: 2026,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    microsecond: 0,
    zone: 0,
    zoneName: "UTC",
};

describe("dates as text", () => {
    it("are what the system's date writes", () => {
        const letters = "a A b B C d D e F g G h H I j m M p R S s T u U V w W y Y z".split(" ");
        const format = letters.map((letter) => `%${letter}`).join("|");
        const days: [number, number, number, number][] = [
            [1970, 1, 1, 0],
            [2024, 2, 29, 12],
            [2024, 12, 30, 11],
            [2025, 12, 31, 23],
            [2026, 1, 4, 13],
            [2027, 1, 1, 1],
            [2000, 12, 31, 9],
            [2021, 1, 3, 0],
            [1999, 6, 6, 6],
            [2033, 1, 2, 3],
        ];
        for (const [year, month, day, hour] of days) {
            const fields = { ...base, year, month, day, hour, minute: 5, second: 9 };
            const when = `${year}-${month}-${day} ${hour}:05:09`;
            const env = { LC_ALL: "C", TZ: "UTC", PATH: process.env.PATH };
            const expected = execFileSync("date", ["-d", when, `+${format}`], {
                env,
                encoding: "utf8",
            });
            expect(strftime(fields, format), when).toBe(expected.trimEnd());
        }
    });

    it("have blanks, percent signs and names of zones", () => {
        expect(strftime({ ...base, microsecond: 42, zoneName: "CET" }, "%%%n%t%Z %f %c %r x")).toBe(
            "%\n\tCET 000042 Thu Jan  1 00:00:00 2026 12:00:00 AM x",
        );
        for (const format of ["%", "%Q", "%E", "100%"]) {
            expect(() => strftime(base, format)).toThrow(RangeError);
        }
    });

    it("are read back", () => {
        const date = {
            ...base,
            year: 2024,
            month: 2,
            day: 29,
            hour: 17,
            minute: 4,
            second: 9,
            microsecond: 120_000,
            zone: -3.5,
        };
        for (const format of [
            "%Y-%m-%d %H:%M:%S.%f %z",
            "%d.%B %Y,%I:%M:%S.%f %p%z",
            "%Y%j T%T.%f%z",
            "%a %b %e %T %Y %f %z",
            "%F [%R:%S] (%f)+%z",
        ]) {
            expect(strptime(strftime(date, format), format), format).toEqual(date);
        }
        expect(strptime(" 6/7/05", " %m/%d/%y")).toMatchObject({ year: 2005, month: 6, day: 7 });
        expect(strptime("70", "%y").year).toBe(1970);
        expect(strptime("12 AM", "%I %p").hour).toBe(0);
        expect(strptime("JANUARY 5", "%B %d")).toEqual({ ...base, year: 1900, month: 1, day: 5 });
        expect(strptime("CET", "%Z").zoneName).toBe("CET");
        expect(strptime("23:59:60", "%T").second).toBe(60);
        expect(strptime("2024-06-17T02:17:19Z", "%FT%T%z").zone).toBe(0);
    });

    it("that are none are RangeErrors", () => {
        const bad: [string, string][] = [
            ["2023-02-29", "%F"],
            ["2024-13-01", "%F"],
            ["24:00", "%R"],
            ["x", "%Y"],
            ["2024 ", "%Y"],
            ["20245", "%Y"],
            ["2024", "%Q"],
            ["2023 366", "%Y %j"],
            ["a(b", "a.b"],
            ["", "%d"],
        ];
        for (const [text, format] of bad)
            expect(() => strptime(text, format), text).toThrow(RangeError);
        // A pattern for each directive, but no run-away backtracking.
        expect(() => strptime("1".repeat(5000), "%d%d%d%d%d%d%d%d")).toThrow(RangeError);
    });

    it("need strings", async () => {
        const [names] = await evaluate(`
            const calls = [() => time.strptime("1"), () => time.strptime(1, "%Y"), () => time.now().strftime(),
                () => time.gmtime(), () => time.gmtime("1"), () => new time.FPS("1"),
                () => time.gmtime(1e13), () => time.gmtime(NaN), () => new time.FPS(0), () => time.fpsSetBuffLen(1e9)];
            out(calls.map((call) => thrown(call).name));
        `);
        expect(names).toEqual([...Array(6).fill("TypeError"), ...Array(4).fill("RangeError")]);
    });
});

/** The module with clocks and files of its own. */
function module(parts: Partial<Native>) {
    return create({
        readText: () => undefined,
        readdir: () => [],
        replace: () => {},
        fail: (code, message) => {
            throw Object.assign(new Error(message), { code });
        },
        getenv: () => undefined,
        timeUs: () => 0,
        ticksUs: () => 0,
        zoneAt: () => [0, "UTC"],
        zoneLink: () => undefined,
        ...parts,
    });
}

describe("time zones", () => {
    it("are named by TZ, by the link, by the file", () => {
        const zoneLink = () => "/usr/share/zoneinfo/America/Argentina/Ushuaia";
        const readText = () => "Asia/Shanghai\n";
        expect(module({ getenv: () => ":Europe/Berlin", zoneLink }).timezone()).toBe(
            "Europe/Berlin",
        );
        expect(module({ zoneLink, readText }).timezone2()).toEqual([
            "America",
            "Argentina/Ushuaia",
        ]);
        expect(module({ readText, zoneLink: () => "/x" }).timezone()).toBe("Asia/Shanghai");
        expect(module({ readText: () => "UTC" }).timezone2()).toEqual(["UTC", ""]);
        expect(() => module({}).timezone()).toThrow(
            expect.objectContaining({ code: "EUNSUPPORTED" }),
        );
        expect(() => module({}).listTimezones()).toThrow(
            expect.objectContaining({ code: "EUNSUPPORTED" }),
        );
    });

    it.skipIf(!existsSync(`${zones}/Europe`))("are listed by region", async () => {
        const [list] = (await evaluate("out(time.listTimezones());")) as Record<string, string[]>[];
        expect(list?.Europe).toEqual(readdirSync(`${zones}/Europe`).sort());
        expect(list).not.toHaveProperty("UTC");
    });
});

describe("frames per second", () => {
    it("are averaged over the last calls", () => {
        let now = 1000;
        const { FPS, fps, fpsStart, fpsSetBuffLen } = module({ ticksUs: () => now });
        const counter = new FPS(2);
        const later = (us: number, call: () => number): number => {
            now += us;
            return call();
        };
        expect(counter.fps()).toBe(1);
        expect(later(100_000, () => counter.fps())).toBe(10);
        expect(later(300_000, () => counter.end())).toBe(5);
        expect(later(100_000, () => counter.fps())).toBe(5);
        expect(later(100_000, () => counter.fps())).toBe(10);
        expect(counter.fps()).toBe(20); // no time has passed since
        expect(counter.fps()).toBe(2e6);
        counter.setBuffLen(1);
        expect(later(1_000_000, () => counter.fps())).toBe(1);
        fpsSetBuffLen(3);
        fpsStart();
        expect(later(250_000, fps)).toBe(4);
    });
});

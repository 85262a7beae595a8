// SPDX-License-Identifier: MIT
// maix:time: units, and sleeps that the exit flag ends. No duration is measured here.

import { describe, expect, it } from "vitest";

import { evaluate, results, runScript, value, withPrelude } from "../../support/run.ts";

describe("clocks", () => {
    it("tell the same time in all units", async () => {
        const before = Date.now();
        const [wall, ticks] = (await evaluate(`
            out([time.time() * 1000, time.timeMs(), time.timeUs() / 1000, time.timeS() * 1000]);
            out([time.ticksS() * 1000, time.ticksMs(), time.ticksUs() / 1000]);
        `)) as number[][];
        const after = Date.now();
        for (const ms of wall?.slice(0, 3) ?? []) {
            expect(ms).toBeGreaterThanOrEqual(before - 1);
            expect(ms).toBeLessThanOrEqual(after + 1);
        }
        const second = wall?.[3] ?? 0;
        expect(second % 1000).toBe(0);
        expect(second).toBeGreaterThanOrEqual(before - 1000);
        expect(second).toBeLessThanOrEqual(after);
        const [s = 0, ms = 0, us = 0] = ticks ?? [];
        expect(ms).toBeGreaterThanOrEqual(Math.floor(s));
        expect(us).toBeGreaterThanOrEqual(ms);
    });

    it("count whole units, fractions only in seconds", async () => {
        const whole = await value<boolean[]>(`
            const { timeMs, timeS, timeUs, ticksMs, ticksUs } = time;
            out([timeMs, timeS, timeUs, ticksMs, ticksUs].map((f) => Number.isSafeInteger(f())));
        `);
        expect(whole).toEqual(Array(5).fill(true));
    });

    it("never run backwards", async () => {
        const backwards = await value<number>(`
            let last = time.ticksUs();
            let count = 0;
            for (let i = 0; i < 10000; i++) { const now = time.ticksUs(); count += now < last; last = now; }
            out(count);
        `);
        expect(backwards).toBe(0);
    });

    it("give differences in seconds, with now as default", async () => {
        const [fixed, sinceNow] = (await evaluate(`
            out([time.timeDiff(1.5, 4), time.ticksDiff(10, 4)]);
            out([time.timeDiff(time.time()) >= 0, time.ticksDiff(time.ticksS()) >= 0]);
        `)) as unknown[];
        expect(fixed).toEqual([2.5, -6]);
        expect(sinceNow).toEqual([true, true]);
    });
});

describe("sleeping", () => {
    it("waits at least as long as asked", async () => {
        const waited = await value<boolean[]>(`
            const check = (call, us) => {
                const start = time.ticksUs();
                call();
                return time.ticksUs() - start >= us;
            };
            out([check(() => time.sleep(0.002), 2000), check(() => time.sleepMs(2), 2000),
                check(() => time.sleepUs(200), 200), check(() => time.sleepMs(0), 0),
                check(() => time.sleepMs(0.5), 500)]);
        `);
        expect(waited).toEqual(Array(5).fill(true));
    });

    it("ends when the exit flag is set, and does not begin after", async () => {
        const ended = await runScript(
            withPrelude(`
                out("sleeping");
                time.sleep(1e9);
                time.sleepMs(1e12);
                time.sleepUs(1e15);
                out(app.needExit());
            `),
            { kill: { signal: "SIGINT", when: (text) => text.includes("sleeping") } },
        );
        expect(results(ended)).toEqual(["sleeping", true]);
        expect(ended.status).toBe(0);
    });
});

describe("bad arguments", () => {
    it("are TypeErrors and RangeErrors", async () => {
        const names = await evaluate(`
            const calls = [
                () => time.sleep(), () => time.sleep("1"), () => time.sleepMs(null),
                () => time.timeDiff(), () => time.timeDiff("1"), () => time.ticksDiff(1, "2"),
                () => time.sleep(-1), () => time.sleepMs(NaN), () => time.sleepUs(Infinity),
                () => time.sleep(1.1e9), () => time.sleepMs(-0.1), () => time.timeDiff(1, -1),
                () => time.ticksDiff(1, -1), () => time.ticksDiff(NaN),
            ];
            out(calls.map((call) => thrown(call).name));
            out(thrown(() => time.ticksDiff(1, -1)).message);
        `);
        expect(names[0]).toEqual([...Array(6).fill("TypeError"), ...Array(8).fill("RangeError")]);
        expect(names[1]).toContain("leave it out");
    });
});

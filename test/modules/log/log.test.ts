// SPDX-License-Identifier: MIT
// maix:log: levels, and where the lines go.

import { describe, expect, it } from "vitest";

import { runScript } from "../../support/run.ts";

async function lines(code: string): Promise<string[]> {
    const ended = await runScript(`import { log } from "maix";\n${code}`);
    expect(ended.stderr).toBe("");
    expect(ended.status).toBe(0);
    return ended.stdout.split("\n").slice(0, -1);
}

describe("lines", () => {
    const all = `log.error("e"); log.warn("w"); log.info("i", 1); log.debug("d");`;

    it("have their level, on standard output", async () => {
        expect(await lines(all)).toEqual(["-- [E] e", "-- [W] w", "-- [I] i 1"]);
    });

    it("are shown up to the level that was set", async () => {
        const shown = await lines(`
            const { LogLevel } = log;
            for (const level of Object.values(LogLevel)) {
                log.setLogLevel(level);
                console.log(log.getLogLevel());
                ${all}
                log.print(LogLevel.LEVEL_WARN, "raw", level);
            }
        `);
        const levels = ["-- [E] e", "-- [W] w", "-- [I] i 1", "-- [D] d"];
        const expected = [0, 1, 2, 3, 4, 5].flatMap((level) => [
            `${level}`,
            ...levels.slice(0, level),
            ...(level >= 2 ? [`raw ${level}`] : []),
        ]);
        expect(shown).toEqual(expected);
    });

    it("show values as the console does", async () => {
        expect(
            await lines(`log.info(); log.info({ a: 1 }, "x"); log.warn(new Uint8Array(2));`),
        ).toEqual(
            await lines(`console.log("-- [I]"); console.log("-- [I]", { a: 1 }, "x");
                console.log("-- [W]", new Uint8Array(2));`),
        );
    });

    it("are coloured when asked, not by themselves where there is no terminal", async () => {
        expect(
            await lines(`
                console.log(log.getLogUseColor());
                log.setLogLevel(log.LogLevel.LEVEL_INFO, true);
                console.log(log.getLogUseColor());
                log.error("e");
                log.setLogLevel(log.LogLevel.LEVEL_INFO, false);
                log.error("e");
            `),
        ).toEqual(["false", "true", "-- \u001B[31m[E]\u001B[0m e", "-- [E] e"]);
    });

    it("need levels that there are", async () => {
        expect(
            await lines(`
                for (const call of [() => log.setLogLevel(), () => log.setLogLevel("info"),
                    () => log.setLogLevel(1, 1), () => log.setLogLevel(6), () => log.print(-1, "x")]) {
                    try { call(); } catch (error) { console.log(error.name); }
                }
            `),
        ).toEqual(["TypeError", "TypeError", "TypeError", "RangeError", "RangeError"]);
    });
});

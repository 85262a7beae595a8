// SPDX-License-Identifier: MIT
// maix:log: lines with a level.

/// <reference path="../../modules/log/log.d.ts" />

import type { LogLevel as Level } from "maix:log";

import { checkBoolean, checkWhole, type NativeBase } from "./maix_native.ts";

export interface Native extends NativeBase {
    /** Whether standard output is a terminal that may be coloured. */
    isColored(): boolean;
}

const LogLevel = {
    LEVEL_NONE: 0,
    LEVEL_ERROR: 1,
    LEVEL_WARN: 2,
    LEVEL_INFO: 3,
    LEVEL_DEBUG: 4,
    LEVEL_MAX: 5,
} as const;

const letters = "-EWID";
const colors = [0, 31, 33, 32, 36];

export function create(native: Native): typeof import("maix:log") {
    let shown: Level = LogLevel.LEVEL_INFO;
    let colored = native.isColored();

    const checkLevel = (level: unknown): Level =>
        checkWhole(level, "level", LogLevel.LEVEL_NONE, LogLevel.LEVEL_MAX) as Level;
    const printer =
        (level: number) =>
        (...values: unknown[]) => {
            if (level > shown) return;
            const tag = `[${letters[level]}]`;
            const prefix = colored ? `-- \u001B[${colors[level]}m${tag}\u001B[0m` : `-- ${tag}`;
            const [first, ...rest] = values;
            // One string in front, so that a format in it counts.
            if (typeof first === "string") console.log(`${prefix} ${first}`, ...rest);
            else console.log(prefix, ...values);
        };

    return {
        LogLevel,
        setLogLevel(level, color) {
            const next = checkLevel(level);
            if (color !== undefined) colored = checkBoolean(color, "color");
            shown = next;
        },
        getLogLevel: () => shown,
        getLogUseColor: () => colored,
        error: printer(LogLevel.LEVEL_ERROR),
        warn: printer(LogLevel.LEVEL_WARN),
        info: printer(LogLevel.LEVEL_INFO),
        debug: printer(LogLevel.LEVEL_DEBUG),
        print(level, ...values) {
            if (checkLevel(level) <= shown) console.log(...values);
        },
    };
}

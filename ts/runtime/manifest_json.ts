// SPDX-License-Identifier: MIT
// JSON as tsconfig.json and package.json have it: comments and trailing commas allowed.

import stripJsonComments from "strip-json-comments";

const DEPTH_MAX = 16;

export type JsonObject = Readonly<Record<string, unknown>>;

/** Undefined unless the text is a JSON object. */
export function readJsonObject(text: string): JsonObject | undefined {
    const bare = text.startsWith("\uFEFF") ? text.slice(1) : text;
    for (const read of [() => bare, () => stripJsonComments(bare, { trailingCommas: true })]) {
        try {
            const value = JSON.parse(read()) as unknown;
            const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
            return isObject ? (value as JsonObject) : undefined;
        } catch {
            // Try the next way of reading it.
        }
    }
    return undefined;
}

/** Every string in a JSON value, keys left out. */
export function stringsOf(value: unknown, depth = 0): string[] {
    if (typeof value === "string") return [value];
    if (typeof value !== "object" || value === null || depth >= DEPTH_MAX) return [];
    return Object.values(value).flatMap((one) => stringsOf(one, depth + 1));
}
